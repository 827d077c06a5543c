"""What becomes of the pipelines in one folder, as data that a process can hand to another?

This is all that runs in a worker process: no network, no git, nothing written.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from kaniko_split.bulk.settings import Settings
from kaniko_split.codemod import Failed, Ignored, Outcome, Result, split_pipeline
from kaniko_split.configuration import BadConfigurationError, configuration_in
from kaniko_split.gitlab.discovery import ROOT, Found, discover
from kaniko_split.plan.names import NamePatterns, wrong_patterns
from kaniko_split.plan.outcome import Refusal
from kaniko_split.plan.request import Request
from kaniko_split.report.asked import Asked
from kaniko_split.report.drawing_up import document_of
from kaniko_split.report.encoding import to_json
from kaniko_split.report.markdown import markdown_of
from kaniko_split.shell.shfmt import MissingParserError
from kaniko_split.source.text import write_source


class Change(Struct, frozen=True):
    """A file that changes: what is in the repository now, and what is to be."""

    path: str
    before: bytes
    after: bytes


class Analysis(Struct, frozen=True):
    """What becomes of one repository.

    Attributes:
        pipelines: How many pipelines there are.
        jobs: The jobs that build several images, a row of the report each.
        document: The document of `report`, as JSON; empty where nothing was found.
        changes: The files that change.
        description: What to say of the change, in Markdown.
        problems: What cannot be read, a sentence each.
    """

    pipelines: int
    jobs: tuple[dict[str, Any], ...]
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
    shown = _prefixes(folder)
    asked = asked_of(settings, root)
    try:
        asked = _as_configured(asked, settings, folder)
        for found in discover([folder], asked.ci_file or ROOT):
            if not isinstance(found, Found):
                if found.fatal and not _is_absence(found.text):
                    problems.append(found.text)
                continue
            result = split_pipeline(found.pipeline, _wishes(asked, found), asked.words)
            problems.extend(result.problems)
            done.append((found, result))
    except (MissingParserError, BadConfigurationError) as error:
        problems.append(str(error))
    except RecursionError:
        problems.append("the pipeline is nested too deeply to be read")
    outcomes = [outcome for _, result in done for outcome in result.outcomes if not isinstance(outcome, Ignored)]
    changes = _changes(done)
    document = document_of(done, asked, [_without(text, shown) for text in problems])
    return Analysis(
        pipelines=len(done),
        jobs=tuple(_row(one) for one in outcomes),
        document=to_json(document) if outcomes else b"",
        changes=tuple(changes.values()),
        description=markdown_of(document) if changes and settings.merge_request else "",
        problems=document.problems,
    )


def asked_of(settings: Settings, root: str) -> Asked:
    """Return what is asked of the plan."""
    return Asked(
        select=settings.select,
        template_name=settings.template_name,
        job_name=settings.job_name,
        cached_only=settings.cached_only,
        keep_order=settings.keep_order,
        ci_file=root if root != ROOT else None,
    )


def _is_absence(text: str) -> bool:
    """Tell whether a problem is that there is no pipeline at all; of many repositories, some have none."""
    return "there is no GitLab pipeline in this folder" in text or "--ci-file takes a path" in text


def _as_configured(asked: Asked, settings: Settings, folder: Path) -> Asked:
    """Return what is asked of this repository, by the run or else by its own configuration.

    Raises:
        BadConfigurationError: The file cannot be used, or a name in it is none.
    """
    configuration = configuration_in(folder) if settings.configured else None
    if configuration is None:
        return asked
    wrong = wrong_patterns(configuration.template_name, configuration.job_name)
    if wrong:
        raise BadConfigurationError(f"the configuration: {wrong.removeprefix('--')}")
    return asked.or_as_configured(configuration)


def _wishes(asked: Asked, found: Found) -> Request:
    return Request(
        select=asked.select,
        ignore=asked.ignore,
        files=found.meant,
        names=NamePatterns(asked.template_name, asked.job_name),
        cached_only=asked.cached_only,
        keep_order=asked.keep_order,
        links=found.repository.linked_folders,
        read=found.repository.text,
        elsewhere=found.elsewhere,
        mentions=found.mentions,
    )


def _changes(done: Sequence[tuple[Found, Result]]) -> dict[str, Change]:
    """Return the files that change; a pipeline that changes a file otherwise than one before it changes none."""
    changes: dict[str, Change] = {}
    for _, result in done:
        own = {
            one.name: Change(one.name, write_source(one.before), write_source(one.after)) for one in result.rewritten
        }
        if all(changes.get(name, change) == change for name, change in own.items()):
            changes |= own
    return changes


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
