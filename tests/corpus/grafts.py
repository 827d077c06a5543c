"""What becomes of a pipeline when the article's job is written at its end, and split?"""

from __future__ import annotations

import shutil
import traceback
from dataclasses import dataclass
from pathlib import Path

from corpus.hosts import Host, contents
from judges.judge import ROOT_FILE, SCHEMA, CasePair
from kaniko_split.codemod import Failed, Outcome, split_pipeline
from kaniko_split.gitlab.discovery import Problem, discover
from kaniko_split.plan.outcome import Refusal, Split
from kaniko_split.plan.refusals import REFUSALS
from kaniko_split.plan.request import Request
from kaniko_split.source.text import write_source

ARTICLE = Path(__file__).parents[1] / "cases" / "article" / "before" / ROOT_FILE
JOB, WAITING = "build-images", "waits-for-images"


@dataclass(frozen=True)
class Grafted:
    """What became of one graft.

    Attributes:
        host: The name of the pipeline.
        pair: Both sides, for the judges; None where there is only one.
        refused: The code, and the reason that the host gives.
        wrong: What should not have happened.
    """

    host: str
    pair: CasePair | None = None
    refused: tuple[str, str] | None = None
    wrong: tuple[str, ...] = ()


def graft(host: Host, place: Path, *, schema_takes_it: bool) -> Grafted:
    """Write the article's job, and one that waits for it, at the end of a copy of a pipeline; split that."""
    name = f"{host.folder.name}/{host.file}"
    before, after = place / "before", place / "after"
    ignored = shutil.ignore_patterns(".git", "node_modules", ".venv")
    shutil.copytree(host.folder, before, symlinks=True, ignore=ignored)
    text = _with_graft(host)
    (before / ROOT_FILE).write_bytes(text)
    shutil.copytree(before, after, symlinks=True)
    try:
        outcome, problems = _split(after)
    except Exception:  # noqa: BLE001 (whatever it is, it is what we look for)
        return Grafted(name, wrong=(f"{name}: an exception\n{traceback.format_exc()}",))
    if problems:
        return Grafted(name, wrong=(f"{name}: {problems}",))
    match outcome:
        case Split():
            rejected_by = frozenset[str]() if schema_takes_it else frozenset({SCHEMA})
            wrong = _changed_bytes(name, host, before, after)
            return Grafted(name, CasePair(name, before, after, rejected_by), wrong=tuple(wrong))
        case Refusal():
            reason = outcome.detail or REFUSALS[outcome.code].summary
            return Grafted(name, refused=(outcome.code, f"{outcome.place}: {reason}"))
        case Failed():
            return Grafted(name, wrong=(f"{name}: the proof broke: {outcome.differences}",))
    return Grafted(name, wrong=(f"{name}: the graft came to {outcome}",))


def _with_graft(host: Host) -> bytes:
    data = (host.folder / host.file).read_bytes()
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    every = "\n".join(one.decode(errors="replace") for one in contents(host.folder).values())
    job, waiting = _free(JOB, every), _free(WAITING, every)
    stages = [stage for stage in host.resolved.content.get("stages", []) if stage not in {".pre", ".post"}]
    article = ARTICLE.read_text().replace(JOB, job).replace("stage: build", f"stage: {stages[0]}")
    lines = [
        "",
        *article.splitlines(),
        "",
        f"{waiting}:",
        f"  stage: {stages[-1]}",
        f"  needs: [{job}]",
        "  script: ./wait.sh",
        "",
    ]
    ended = data if data.endswith(b"\n") else data + newline
    return ended + newline.join(line.encode() for line in lines)


def _free(name: str, text: str) -> str:
    number = 1
    free = name
    while free in text:
        number += 1
        free = f"{name}-{number}"
    return free


def _split(folder: Path) -> tuple[Outcome | None, list[str]]:
    """Split the graft where it stands, and write the files; give its outcome, and what the tool complained of."""
    problems: list[str] = []
    for found in discover([folder / ROOT_FILE]):
        if isinstance(found, Problem):
            problems.append(found.text)
            continue
        request = Request(files=found.meant, links=found.repository.linked_folders, read=found.repository.text)
        result = split_pipeline(found.pipeline, request)
        problems += result.problems
        for one in result.rewritten:
            found.repository.path(one.name).write_bytes(write_source(one.after))
        if len(result.outcomes) == 1:
            return result.outcomes[0], problems
        problems.append(f"it has {len(result.outcomes)} outcomes")
    return None, problems


def _changed_bytes(name: str, host: Host, before: Path, after: Path) -> list[str]:
    own = (host.folder / host.file).read_bytes()
    old, new = contents(before), contents(after)
    wrong = [] if new[ROOT_FILE].startswith(own) else [f"{name}: a byte of the host itself has changed"]
    others = [other for other in sorted({*old, *new} - {ROOT_FILE}) if old.get(other) != new.get(other)]
    return wrong + [f"{name}: {other} has changed" for other in others]
