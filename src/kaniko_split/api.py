"""How does a Python program find, plan and apply splits?

docs/python.md shows it. Nothing is printed. What comes back is data: the classes of `kaniko_split.report.document`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from msgspec import Struct

from kaniko_split.commands.options import Options
from kaniko_split.report.document import Document, JobOutcome

StrPath = str | os.PathLike[str]


class Wanted(TypedDict, total=False):
    """What can be asked for, as by the options of the same names; the configuration file is read besides."""

    select: Sequence[str]
    ignore: Sequence[str]
    template_name: str | None
    job_name: str | None
    ci_file: str | None
    cached_only: bool
    keep_order: bool
    configured: bool


class InputError(ValueError):
    """Nothing could be read: a wrong name, a bad configuration, no pipeline among the paths."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class Finding(Struct, frozen=True):
    """A job that builds several images in one container.

    Attributes:
        path: Its file, from the repository's root.
        outcome: The job, and what would become of it.
    """

    path: str
    outcome: JobOutcome


class LeftAlone(Struct, frozen=True):
    """A file that a plan would change, and that is not as the plan found it.

    Attributes:
        path: The file, from the current folder where it lies under that.
        reason: Why it stays as it is, in one sentence without a full stop.
    """

    path: str
    reason: str


class Applied(Struct, frozen=True):
    """What became of a plan.

    Attributes:
        written: The files that were replaced.
        left_alone: The files that stay as they are.
    """

    written: tuple[Path, ...]
    left_alone: tuple[LeftAlone, ...]


def plan(*paths: StrPath, **wanted: Unpack[Wanted]) -> Document:
    """Return what becomes of each job under `paths`, with the edits; without a path the current folder is meant.

    What could not be read is in the document's `problems`.

    Raises:
        InputError: Nothing could be read.
    """
    from kaniko_split.commands.running import read_all

    run = read_all(_options(paths, wanted))
    if run.problems and not run.results:
        raise InputError(run.problems)
    return run.document()


def scan(*paths: StrPath, **wanted: Unpack[Wanted]) -> tuple[Finding, ...]:
    """Return the jobs under `paths` that build several images in one container.

    Raises:
        InputError: Something could not be read, so that there may be more.
    """
    document = plan(*paths, **wanted)
    if document.problems:
        raise InputError(document.problems)
    return tuple(_findings(document))


def apply(document: Document, folder: StrPath = ".") -> Applied:
    """Make the edits of a plan in the folder that it was made in, or leave alone what has moved since.

    Args:
        document: What `plan` returned, perhaps on another machine.
        folder: The folder; it may be a copy of the one of the plan.

    Raises:
        InputError: The plan is damaged, or a file cannot be written.
    """
    from kaniko_split.commands.planned import carry_out
    from kaniko_split.commands.running import Run
    from kaniko_split.commands.undoing import Undo
    from kaniko_split.report.soundness import flaws

    wrong = list(flaws(document))
    if wrong:
        raise InputError(wrong)
    run = Run(Options(silent=True))
    readings = carry_out(run, document, Path(folder), Undo(None))
    if run.problems:
        raise InputError(run.problems)
    left = (LeftAlone(path, reason) for reading in readings for path, reason in reading.reasons())
    return Applied(tuple(one.path for one in run.written), tuple(left))


def _findings(document: Document) -> Iterator[Finding]:
    for pipeline in document.pipelines:
        for outcome in pipeline.outcomes:
            if outcome.verdict != "ignored":
                yield Finding(outcome.job_place.path, outcome)


def _options(paths: Sequence[StrPath], wanted: Wanted) -> Options:
    return Options(
        paths=tuple(Path(path) for path in paths),
        select=tuple(wanted.get("select", ())),
        ignore=tuple(wanted.get("ignore", ())),
        template_name=wanted.get("template_name"),
        job_name=wanted.get("job_name"),
        ci_file=wanted.get("ci_file"),
        cached_only=wanted.get("cached_only", False),
        keep_order=wanted.get("keep_order", False),
        configured=wanted.get("configured", True),
        silent=True,
    )
