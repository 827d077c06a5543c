"""What does `apply --plan` do?

It makes the very edits of the plan, file by file, and refuses what has moved. Before it writes, the pipeline is read
and proved once more; where that does not give the same text again, to the byte, nothing is believed of the plan.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from kaniko_split.codemod import Result, split_pipeline
from kaniko_split.commands.apply import tell_what_was_done, write
from kaniko_split.commands.groups import asked_of
from kaniko_split.commands.options import NOTHING, SOMETHING, TROUBLE, Options
from kaniko_split.commands.running import Run, wishes_of
from kaniko_split.commands.telling import tell
from kaniko_split.commands.undoing import Undo
from kaniko_split.gitlab.discovery import ROOT, Found, discover, root_of
from kaniko_split.report.asked import Asked
from kaniko_split.report.document import Document, PipelineOutcome
from kaniko_split.report.encoding import UnreadableDocumentError, from_json
from kaniko_split.report.soundness import flaws
from kaniko_split.shell.shfmt import MissingParserError
from kaniko_split.source.repository import NotInRepositoryError, Repository
from kaniko_split.source.text import write_source


class _Moved(Struct, frozen=True, eq=False):
    """A file that is not as the plan found it."""

    path: str
    reason: str


class Reading(Struct, frozen=True, eq=False):
    """A pipeline of the plan, read again where nothing of it has moved."""

    pipeline: PipelineOutcome
    repository: Repository
    moved: tuple[_Moved, ...]
    again: tuple[Found, Result] | None

    def reasons(self) -> Iterator[tuple[str, str]]:
        """Yield, for each file of the pipeline that is left as it is, its path and why."""
        if self.again is not None:
            return
        shown = self.repository.shown
        names = ", ".join(shown(one.path) for one in self.moved)
        for one in self.moved:
            yield shown(one.path), one.reason
        for path in self.pipeline.changed:
            if path not in {one.path for one in self.moved}:
                yield shown(path), f"its change belongs together with {names}" if names else _NOT_THE_SAME


def run_planned(
    plan: Path, options: Options, *, interactive: bool = False, allow_refusals: bool = False, undo: Path | None = None
) -> int:
    """Carry out a plan; return the exit code: 1 where a file has moved.

    Args:
        plan: The file that `diff --plan` wrote.
        options: What else is asked for; its path, if any, is the folder that the plan's paths begin in.
        interactive: Whether the user wants to be asked, which a plan has no place for.
        allow_refusals: Whether a file that has moved is told of and counts for nothing.
        undo: Where to leave the patch that gives back what was there.
    """
    run, kept = Run(options), Undo(undo)
    wrong = _wrong_usage(options, interactive=interactive) or kept.refusal() or options.wrong_colour()
    if wrong:
        run.complain(wrong)
        return TROUBLE
    document = _read(run, plan)
    if document is None:
        return TROUBLE
    base = options.paths[0] if options.paths else Path()
    readings = carry_out(run, document, base, kept)
    for reading in readings:
        tell(*(f"{path}: left as it is [moved]: {reason}" for path, reason in reading.reasons()))
    refused = any(reading.again is None for reading in readings)
    if not options.quiet:
        tell_what_was_done(run.results, options.colour)
    return TROUBLE if run.troubled else SOMETHING if refused and not allow_refusals else NOTHING


def carry_out(run: Run, document: Document, base: Path, undo: Undo) -> list[Reading]:
    """Make the edits of a sound plan; return what each pipeline was when it was read again.

    Args:
        run: Takes what is done, and what goes wrong.
        document: The plan.
        base: The folder that it was made in, or a copy of that.
        undo: Takes what gives back what was there.
    """
    places = _Places(document, base)
    readings: list[Reading] = []
    try:
        # All are read before the first is written: two pipelines may share a file.
        readings.extend(_read_again(document, one, places) for one in document.pipelines if one.changed)
    except MissingParserError as error:
        run.complain(str(error))
    for reading in readings:
        if reading.again is not None and write(run, *reading.again, undo):
            run.results.append(reading.again)
    return readings


def _wrong_usage(options: Options, *, interactive: bool) -> str | None:
    if interactive:
        return "what a plan holds was reviewed as a whole; give --plan without --interactive"
    if Asked() != asked_of(options) or options.baseline is not None:
        return "a plan says which jobs are split and how they are called; give --plan without such options"
    if len(options.paths) > 1 or options.reads_stdin or (options.paths and not options.paths[0].is_dir()):
        return "with --plan there is at most one path: the folder that the plan was made in"
    return None


def _read(run: Run, path: Path) -> Document | None:
    try:
        document = from_json(path.read_bytes())
    except UnreadableDocumentError as error:
        run.complain(f"{path}: {error}")
        return None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        run.complain(f"{path}: the plan cannot be read ({reason}); check the path")
        return None
    flaw = next(flaws(document), None)
    if flaw:
        run.complain(f"{path}: the plan is damaged: {flaw}; make it anew")
        return None
    return document


def _read_again(document: Document, pipeline: PipelineOutcome, places: _Places) -> Reading:
    repository = Repository(places.root(pipeline.repository))
    moved = tuple(_moved(document, pipeline, repository))
    return Reading(pipeline, repository, moved, None if moved else _made_again(document, pipeline, places))


_NOT_THE_SAME = (
    "read again, the repository no longer gives the change that the plan holds, because a file that it rests on, such "
    "as a Dockerfile, is another one; make the plan anew"
)


def _moved(document: Document, pipeline: PipelineOutcome, repository: Repository) -> Iterator[_Moved]:
    """Yield the files of a pipeline that do not hold what the plan was made from."""
    for path in pipeline.files:
        file = document.file(pipeline.repository, path)
        try:
            there = hashlib.sha256(repository.read(path)).hexdigest()
        except NotInRepositoryError as error:
            yield _Moved(path, f"{error}; a plan stays inside")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            yield _Moved(path, f"the file cannot be read ({reason}); the plan was made in another folder or state")
        else:
            if there == file.sha256_after:
                yield _Moved(path, "the plan's change is in it already")
            elif there != file.sha256_before:
                yield _Moved(path, "the file has changed since the plan was made; make the plan anew")


class _Places(Struct):
    """The repositories of a plan, each read once."""

    document: Document
    base: Path
    _found: dict[str, dict[str, Found]] = field(default_factory=dict)

    def root(self, repository: str) -> Path:
        """Return the folder of a repository."""
        return root_of(self.base, self._ci_file) if repository == "." else self.base / repository

    def pipeline(self, repository: str, root: str) -> Found | None:
        """Return the pipeline with that root as it is now; None where there is none any more."""
        if repository not in self._found:
            folder = Path(os.path.relpath(self.root(repository)))
            roots = [one.root for one in self.document.pipelines if one.repository == repository]
            paths = [folder, *(path for one in roots if (path := folder / one).is_file())]
            everything = [one for one in discover(paths, self._ci_file) if isinstance(one, Found)]
            self._found[repository] = {one.pipeline.root.name: one for one in reversed(everything)}
        return self._found[repository].get(root)

    @property
    def _ci_file(self) -> str:
        return self.document.asked.ci_file or ROOT


def _made_again(document: Document, pipeline: PipelineOutcome, places: _Places) -> tuple[Found, Result] | None:
    """Read, split and prove the pipeline as the plan did; None where that does not give the plan's text."""
    found = places.pipeline(pipeline.repository, pipeline.root)
    if found is None:
        return None
    request = wishes_of(document.asked, found, None if pipeline.meant is None else frozenset(pipeline.meant))
    result = split_pipeline(found.pipeline, request, document.asked.words)
    made = {one.name: hashlib.sha256(write_source(one.after)).hexdigest() for one in result.rewritten}
    promised = {path: document.file(pipeline.repository, path).sha256_after for path in pipeline.changed}
    return (found, result) if made == promised else None
