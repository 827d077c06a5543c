"""What does kaniko-split do with a drawn repository, and what is wrong with that by itself?

What the judges have against it is asked elsewhere, for many repositories at once.
"""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import yaml

from generator.pipelines import Drawn
from kaniko_split.codemod import Failed, Outcome, split_pipeline
from kaniko_split.gitlab.discovery import Found, Problem, discover
from kaniko_split.plan.outcome import Refusal, Split
from kaniko_split.plan.refusals import REFUSALS
from kaniko_split.plan.request import Request
from kaniko_split.source.text import write_source

_NOTE = re.compile(rb"note \d+:")
_COMMENT = re.compile(r" #.*")
_QUOTED = re.compile(r"`[^`]*`|\d+", re.DOTALL)


@dataclass(frozen=True)
class Wrong:
    """One thing that should not have happened; `kind` is what a smaller repository must show too."""

    kind: str
    sentence: str


@dataclass
class Trial:
    """What became of one repository.

    Attributes:
        splits: How many jobs were split.
        refusals: The codes of those that were refused.
        alone: How many jobs were left alone, as they build one image.
        unproved: How many stayed as they were, as the proof broke.
        after: All files afterwards.
        wrong: What should not have happened.
    """

    splits: int = 0
    refusals: list[str] = field(default_factory=list)
    alone: int = 0
    unproved: int = 0
    after: dict[str, bytes] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)


@dataclass
class _Run:
    """One run over a folder."""

    outcomes: list[Outcome] = field(default_factory=list)
    changed: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    proved: bool = True


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a repository."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if data.startswith(b"#!"):
            path.chmod(0o755)


def attempt(drawn: Drawn, before: Path, after: Path) -> Trial:
    """Run kaniko-split on a repository that is written to `before`; the result is written to `after`."""
    trial = Trial(after=dict(drawn.files))
    write(drawn.files, before)
    try:
        first = _run(before)
        trial.after |= first.changed
        write(trial.after, after)
        second = _run(after) if first.changed else first
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what we look for)
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.name}"
        trial.wrong.append(Wrong(f"exception {type(error).__name__} in {where}", traceback.format_exc()))
        return trial
    _count(drawn, first, trial)
    trial.wrong += _odd_outcomes(drawn, first)
    trial.wrong += _odd_second_run(first, second)
    splits = [one for one in first.outcomes if isinstance(one, Split)]
    split = frozenset(one.finding.job.name for one in splits)
    made = {name for one in splits for name in (one.template or "", *(job.name for job in one.jobs))}
    for name, data in drawn.files.items():
        trial.wrong += _odd_bytes(name, data, trial.after[name], split, split | made)
    return trial


def _run(folder: Path) -> _Run:
    run = _Run()
    for found in discover([folder]):
        if isinstance(found, Problem):
            run.problems.append(found.text)
            continue
        request = Request(
            files=found.meant,
            links=found.repository.linked_folders,
            read=found.repository.text,
            elsewhere=found.elsewhere,
            mentions=found.mentions,
        )
        _take(found, request, run)
    return run


def _take(found: Found, request: Request, run: _Run) -> None:
    result = split_pipeline(found.pipeline, request)
    run.problems += result.problems
    run.outcomes += result.outcomes
    run.proved = run.proved and bool(result.proof) == bool(result.splits)
    for one in result.rewritten:
        run.changed[one.name] = write_source(one.after)


def _count(drawn: Drawn, run: _Run, trial: Trial) -> None:
    trial.splits = sum(isinstance(one, Split) for one in run.outcomes)
    trial.refusals = [one.code for one in run.outcomes if isinstance(one, Refusal)]
    trial.unproved = sum(isinstance(one, Failed) for one in run.outcomes)
    trial.alone = sum(count == 1 for count in drawn.builds.values())


def _odd_outcomes(drawn: Drawn, run: _Run) -> Iterator[Wrong]:
    for sentence in run.problems:
        yield Wrong("problem", f"GitLab takes the pipeline, and the tool says: {sentence}")
    if not run.proved:
        yield Wrong("unproved", "there is a split without a proof, or a proof without a split")
    found: dict[str, Outcome] = {}
    for one in run.outcomes:
        finding = one.split.finding if isinstance(one, Failed) else one.finding
        found[finding.job.name] = one
        if isinstance(one, Failed):
            yield Wrong(
                f"failed, {_QUOTED.sub('...', one.differences[0])[:60]}",
                f"the proof of {finding.job.name!r} broke: {'; '.join(one.differences)}",
            )
        elif isinstance(one, Refusal) and one.code not in REFUSALS:
            yield Wrong("unknown code", f"{one.code} is no code of a refusal")
        elif not isinstance(one, (Split, Refusal)):
            yield Wrong("outcome", f"{finding.job.name!r} came to {one}")
    for name, count in drawn.builds.items():
        if count > 1 and name not in found:
            yield Wrong("missed", f"{name!r} builds {count} images and is not found")
    for name in found:
        if drawn.builds.get(name, 0) < 2:
            yield Wrong("false finding", f"{name!r} builds at most one image and is found")


def _odd_second_run(first: _Run, second: _Run) -> Iterator[Wrong]:
    before = sorted((one.finding.job.name, one.code) for one in first.outcomes if isinstance(one, Refusal))
    after = sorted((one.finding.job.name, one.code) for one in second.outcomes if isinstance(one, Refusal))
    if second.changed or second.problems or len(after) != len(second.outcomes):
        kinds = [type(one).__name__ for one in second.outcomes]
        yield Wrong("second run", f"run again, it comes to {kinds} {second.problems}")
    elif [name for name, _ in before] != [name for name, _ in after]:
        yield Wrong("second run", f"refused at first: {before}; when run again: {after}")


def _odd_bytes(name: str, old: bytes, new: bytes, split: frozenset[str], named: frozenset[str]) -> Iterator[Wrong]:
    """Compare a file section by section: those of other jobs differ in lines that name a split job, if at all."""
    if not split and old != new:
        yield Wrong("bytes", f"{name} was changed, and no job was split")
    if not name.endswith((".yml", ".yaml")) or old == new:
        return
    notes, notes_after = Counter(_NOTE.findall(old)), Counter(_NOTE.findall(new))
    if notes != notes_after:
        yield Wrong("comments", f"{name}: {notes - notes_after} lost, {notes_after - notes} gained")
    if (old[:3] == b"\xef\xbb\xbf") != (new[:3] == b"\xef\xbb\xbf") or old.endswith(b"\n") != new.endswith(b"\n"):
        yield Wrong("bytes", f"{name}: the mark at its start or the newline at its end has changed")
    if old.count(b"\n") == old.count(b"\r\n") and new.count(b"\n") != new.count(b"\r\n"):
        yield Wrong("bytes", f"{name}: some line endings have changed")
    sections, sections_after = _sections(old), _sections(new)
    for key, lines in sections.items():
        if key in split:
            continue
        lines_after = sections_after.get(key)
        if lines_after is None:
            yield Wrong("bytes", f"{name}: {key!r} is gone")
        elif not _differ_in_names(lines, lines_after, named):
            yield Wrong("bytes", f"{name}: {key!r} has changed:\n{''.join(lines)}\n to\n{''.join(lines_after)}")


def _differ_in_names(old: list[str], new: list[str], named: frozenset[str]) -> bool:
    known = {_COMMENT.sub("", line).strip() for line in old}
    for kind, start, end, start_after, end_after in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, come = old[start:end], new[start_after:end_after]
        # A line may stand again at another place, as `artifacts: false` does in each of several entries.
        if not all(_names_one(line, named) or line in new for line in gone):
            return False
        if not all(_names_one(line, named) or _COMMENT.sub("", line).strip() in known for line in come):
            return False
    return True


def _names_one(line: str, named: frozenset[str]) -> bool:
    plain = line.replace("''", "'").replace('\\"', '"')
    return any(name in plain for name in named)


def _sections(data: bytes) -> dict[str, list[str]]:
    """Cut a file where its top-level keys stand."""
    text = data.decode("utf-8-sig").replace("\r\n", "\n")
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    root = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return {}
    keys = [(key.start_mark.line, str(key.value)) for key, _ in root.value]
    ends = [line for line, _ in keys[1:]] + [len(lines)]
    found = {key: lines[line:end] for (line, key), end in zip(keys, ends, strict=True)}
    return {"": lines[: keys[0][0]], **found}
