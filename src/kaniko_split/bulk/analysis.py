"""What becomes of the pipelines in one folder, as data that a process can hand to another?

This is all that runs in a worker process: no network, no git, nothing written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaniko_split.bulk.settings import Settings
from kaniko_split.codemod import Failed, Ignored, Outcome, Result, split_pipeline
from kaniko_split.gitlab.discovery import ROOT, Found, discover
from kaniko_split.plan.names import NamePatterns
from kaniko_split.plan.outcome import Refusal
from kaniko_split.plan.wishes import Wishes
from kaniko_split.report.text import check_block
from kaniko_split.shell.parse import MissingParserError
from kaniko_split.source.text import write_source


@dataclass(frozen=True, slots=True)
class Change:
    """A file that changes: what is in the repository now, and what is to be."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Analysis:
    """What becomes of one repository.

    Attributes:
        pipelines: How many pipelines there are.
        findings: How many jobs build several images.
        splits: How many of these are split.
        refusals: How many of these are refused, or not proved.
        document: What the reports need, as JSON.
        changes: The files that change.
        description: What to say of the change, in Markdown.
        problems: What cannot be read, a sentence each.
    """

    pipelines: int
    findings: int
    splits: int
    refusals: int
    document: bytes
    changes: tuple[Change, ...]
    description: str
    problems: tuple[str, ...]


def analyse(folder: Path, settings: Settings, root: str = ROOT) -> Analysis:
    """Find, plan and prove all splits of the pipelines in a folder.

    Args:
        folder: The repository's root.
        settings: What the user asks for.
        root: The file that GitLab starts from.
    """
    problems: list[str] = []
    done: list[tuple[Found, Result]] = []
    try:
        for found in discover([folder], root):
            if not isinstance(found, Found):
                if found.fatal and not _is_absence(found.text):
                    problems.append(found.text)
                continue
            result = split_pipeline(found.pipeline, _wishes(settings, found))
            problems.extend(result.problems)
            done.append((found, result))
    except MissingParserError as error:
        problems.append(str(error))
    except RecursionError:
        problems.append("the pipeline is nested too deeply to be read")
    outcomes = [outcome for _, result in done for outcome in result.outcomes if not isinstance(outcome, Ignored)]
    changes = _changes(done, problems)
    shown = _prefixes(folder)
    return Analysis(
        pipelines=len(done),
        findings=len(outcomes),
        splits=sum(len(result.splits) for _, result in done),
        refusals=sum(isinstance(one, Refusal | Failed) for one in outcomes),
        document=json.dumps({"rows": [_row(one) for one in outcomes]}, sort_keys=True).encode(),
        changes=tuple(changes.values()),
        description=_description(outcomes),
        problems=tuple(_without(text, shown) for text in problems),
    )


def _is_absence(text: str) -> bool:
    """Tell whether a problem is that there is no pipeline at all; of many repositories, some have none."""
    return "there is no GitLab pipeline in this folder" in text or "--ci-file takes a path" in text


def _wishes(settings: Settings, found: Found) -> Wishes:
    return Wishes(
        select=settings.select,
        files=found.meant,
        names=NamePatterns(settings.template_name, settings.job_name),
        cached_only=settings.cached_only,
        links=found.repository.linked_folders,
        read=found.repository.text,
        elsewhere=found.elsewhere,
    )


def _changes(done: Sequence[tuple[Found, Result]], problems: list[str]) -> dict[str, Change]:
    """Return the files that change; none where two pipelines share a file and each changes it in its own way."""
    changes: dict[str, Change] = {}
    for _, result in done:
        for one in result.rewritten:
            change = Change(one.name, write_source(one.before), write_source(one.after))
            if changes.setdefault(one.name, change) != change:
                problems.append(f"{one.name}: two pipelines that share this file change it each in its own way")
                return {}
    return changes


def _description(outcomes: Sequence[Outcome]) -> str:
    """Return what a merge request says of the change."""
    lines: list[str] = []
    for outcome in outcomes:
        lines += ["```text", *map(str, check_block(outcome, brief=True)), "```", ""]
    return "\n".join(lines)


def _row(outcome: Outcome) -> dict[str, Any]:
    finding = outcome.split.finding if isinstance(outcome, Failed) else outcome.finding
    return {
        "file": finding.file.name,
        "line": finding.file.place(finding.offset).line,
        "job": finding.job.name,
        "verdict": {Refusal: "refused", Failed: "failed"}.get(type(outcome), "split"),
        "code": outcome.code if isinstance(outcome, Refusal) else "",
        "builds": None if finding.builds == float("inf") else int(finding.builds),
        "cached": finding.cached,
    }


def _prefixes(folder: Path) -> tuple[str, ...]:
    """Return how paths in the folder may begin when they are shown."""
    absolute = os.path.abspath(folder)
    return tuple(f"{one}/" for one in (absolute, os.path.relpath(absolute)) if one != ".")


def _without(text: str, prefixes: Sequence[str]) -> str:
    for prefix in prefixes:
        text = text.replace(prefix, "")
    return text
