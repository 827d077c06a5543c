"""How is the document of a run drawn up from what became of its pipelines?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from kaniko_split import __version__
from kaniko_split.codemod import Failed, Ignored, Outcome, Result, together
from kaniko_split.detect.findings import Finding, source_offset
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.gitlab.discovery import Found
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile
from kaniko_split.gitlab.script import Section
from kaniko_split.plan.outcome import NewJob, Refusal, Split
from kaniko_split.plan.refusals import REFUSALS
from kaniko_split.report import document as data
from kaniko_split.report.asked import Asked
from kaniko_split.report.fingerprints import Fingerprints
from kaniko_split.report.graph import graph_of
from kaniko_split.rewrite.rewriting import Rewritten, rewrite
from kaniko_split.source.edits import Copied, Edit, ordered
from kaniko_split.source.text import Place, Source, Span, write_source


def document_of(results: Sequence[tuple[Found, Result]], asked: Asked, problems: Sequence[str] = ()) -> data.Document:
    """Return the document of a run.

    Args:
        results: The pipelines, with what becomes of each.
        asked: What the user asked for.
        problems: What could not be read, a sentence each.
    """
    folders = folders_of([found.repository.root for found, _ in results])
    drawn = _Drawn(problems=list(problems))
    for found, result in results:
        drawn.add(folders[found.repository.root], found, result)
    files = tuple(drawn.files.values())
    return data.Document(
        version=__version__,
        asked=asked,
        files=files,
        pipelines=tuple(drawn.pipelines),
        problems=tuple(drawn.problems),
    )


def folders_of(roots: Sequence[Path]) -> dict[Path, str]:
    """Return how each repository's root is called: from the current folder, or from the one that holds them all."""
    real = {root: Path(os.path.abspath(root)) for root in roots}
    if len(set(real.values())) < 2:
        return dict.fromkeys(roots, ".")
    here = Path.cwd()
    if not all(path.is_relative_to(here) for path in real.values()):
        here = Path(os.path.commonpath(list(real.values())))
    return {root: path.relative_to(here).as_posix() for root, path in real.items()}


class _Drawn(Struct):
    """What has been put down so far."""

    problems: list[str]
    files: dict[tuple[str, str], data.File] = field(default_factory=dict)
    pipelines: list[data.PipelineOutcome] = field(default_factory=list)
    fingerprints: Fingerprints = field(default_factory=Fingerprints)

    def add(self, repository: str, found: Found, result: Result) -> None:
        pipeline = result.pipeline
        rewritten = self._without_clash(repository, result)
        told = {one.name for one in rewritten} | {name for one in result.outcomes for name in _names_in(one)}
        for file in pipeline.files:
            drawn = _file(repository, file, file.name in told)
            self.files.setdefault((repository, file.name), drawn)
            if drawn.text is not None and self.files[repository, file.name].text is None:
                self.files[repository, file.name] = drawn
        for one in rewritten:
            key = (repository, one.name)
            self.files[key] = replace(self.files[key], sha256_after=_sha256(one.after), edits=_edits(result, one))
        after = result.proof.after if rewritten and result.proof is not None else None
        self.pipelines.append(self._pipeline(repository, found, result, after))

    def _without_clash(self, repository: str, result: Result) -> tuple[Rewritten, ...]:
        """Return what changes; nothing where another pipeline, which shares a file, changes that otherwise."""
        for one in result.rewritten:
            other = self.files.get((repository, one.name))
            if other is not None and other.edits and other.edits != _edits(result, one):
                root = result.pipeline.root.name
                self.problems.append(
                    f"{one.name}: another pipeline than that of {root} changes it too; apply that, and run this again"
                )
                return ()
        return result.rewritten

    def _pipeline(self, repository: str, found: Found, result: Result, after: Pipeline | None) -> data.PipelineOutcome:
        pipeline = result.pipeline
        before_graph = after_graph = None
        if after is not None:
            before_graph = graph_of(pipeline, _differences_before(result.splits))
            after_graph = graph_of(after, _differences_after(result.splits))
        return data.PipelineOutcome(
            repository=repository,
            root=pipeline.root.name,
            files=tuple(file.name for file in pipeline.files),
            meant=tuple(sorted(found.meant)) if found.meant is not None else None,
            changed=tuple(one.name for one in result.rewritten) if after is not None else (),
            outcomes=tuple(self._outcome(repository, result, one, after, after_graph) for one in result.outcomes),
            before=before_graph,
            after=after_graph,
            proof=result.proof.lines if result.proof is not None and after is not None else (),
            unread=tuple(
                data.UnreadInclude(one.kind, one.what, _named(one.place, pipeline)) for one in pipeline.unread
            ),
            unused_ignores=tuple(_named(place, pipeline) for place in result.unused_ignores),
        )

    def _outcome(
        self, repository: str, result: Result, outcome: Outcome, after: Pipeline | None, graph: data.Graph | None
    ) -> data.JobOutcome:
        finding = finding_of(outcome)
        drawn = data.JobOutcome(
            job=finding.job.name,
            verdict=_verdict(outcome),
            fingerprint=self.fingerprints.name(repository, finding.job.file.name, finding.job.name),
            place=_at(finding.file, finding.offset),
            job_place=_at(finding.job.file, finding.job.entry.key.span.start),
            build_count=None if finding.builds == float("inf") else int(finding.builds),
            cached=finding.cached,
            builds=tuple(_builds(finding)),
        )
        if isinstance(outcome, Split):
            others = tuple(one.finding.job.name for one in together(result, outcome) if one is not outcome)
            return replace(_with_split(drawn, outcome, after, graph), together=others)
        if isinstance(outcome, Refusal):
            code = REFUSALS[outcome.code]
            place = _at(outcome.file, outcome.offset)
            return replace(drawn, refused=data.Refused(code.code, place, code.summary, code.by_hand, outcome.detail))
        if isinstance(outcome, Failed):
            return replace(drawn, differences=outcome.differences)
        return drawn


def finding_of(outcome: Outcome) -> Finding:
    """Return what was found in the job of an outcome."""
    return outcome.split.finding if isinstance(outcome, Failed) else outcome.finding


def _names_in(outcome: Outcome) -> Iterator[str]:
    """Yield the names of the files that an outcome points into."""
    finding = finding_of(outcome)
    yield from (finding.job.file.name, finding.file.name)
    if isinstance(outcome, Refusal):
        yield outcome.file.name


def _verdict(outcome: Outcome) -> data.Verdict:
    match outcome:
        case Split():
            return "split"
        case Refusal():
            return "refused"
        case Failed():
            return "failed"
        case Ignored():
            return "ignored"


def _with_split(
    drawn: data.JobOutcome, split: Split, after: Pipeline | None, graph: data.Graph | None
) -> data.JobOutcome:
    pipeline = split.finding.pipeline
    changes = tuple(
        data.WhatChanges(one.mark.value, one.text, _named(one.place, pipeline) if one.place is not None else None)
        for one in split.changes
    )
    shared = (*split.slices.before, *split.slices.prelude)
    return replace(
        drawn,
        template=split.template,
        shared=tuple(_statements(split.finding, shared)),
        jobs=tuple(_job(split, job, after, graph) for job in split.jobs),
        changes=changes,
    )


def _job(split: Split, job: NewJob, after: Pipeline | None, graph: data.Graph | None) -> data.PlannedJob:
    trace = split.finding.trace
    numbers = [step.number for step in trace.steps if step.build is not None] if trace is not None else []
    written = after.named(job.name) if after is not None else ()
    needs = None if job.needs is None else tuple(need.job for need in job.needs)
    if needs is not None and graph is not None:
        needs = next((one.needs for one in graph.jobs if one.name == job.name), needs)
    return data.PlannedJob(
        name=job.name,
        build=numbers.index(job.build) if job.build in numbers else None,
        statements=tuple(_statements(split.finding, job.steps, job.omits)),
        needs=needs,
        place=_at(written[-1].file, written[-1].entry.key.span.start) if written else None,
    )


def _statements(finding: Finding, numbers: Sequence[int], omits: Sequence[Span] = ()) -> Iterator[str]:
    if finding.trace is not None:
        for number in numbers:
            span = finding.trace.steps[number].span
            text, end = "", span.end
            for omitted in sorted(filter(span.contains, omits), key=lambda one: one.start, reverse=True):
                text, end = finding.trace.script.text[omitted.end : end] + text, omitted.start
            yield finding.trace.script.text[span.start : end] + text


def _builds(finding: Finding) -> Iterator[data.ImageBuild]:
    if finding.trace is None:
        return
    for step in finding.trace.steps:
        build = step.build
        if build is not None:
            yield data.ImageBuild(
                place=_step_place(finding, finding.trace, step),
                destinations=build.destinations,
                context=build.context,
                dockerfile=build.dockerfile,
                target=build.target,
                cached=build.cache,
                no_push=build.no_push,
            )


def _step_place(finding: Finding, trace: Trace, step: Step) -> Place:
    """Return where a statement is written, in the file that its part of the script stands in."""
    item = trace.items[step.item]
    provided = finding.before_script if item.section is Section.BEFORE_SCRIPT else finding.script
    file = provided.file if provided is not None and provided.file is not None else finding.job.file
    return _at(file, source_offset(file, item, trace.offset_in(step.item, step.span.start)))


def _differences_before(splits: Sequence[Split]) -> Mapping[str, data.Difference]:
    changed: dict[str, data.Difference] = {
        reference.owner: "changed" for split in splits for one in split.every for reference in one.references
    }
    return changed | {split.finding.job.name: "split" for split in splits}


def _differences_after(splits: Sequence[Split]) -> Mapping[str, data.Difference]:
    changed: dict[str, data.Difference] = {
        reference.owner: "changed" for split in splits for one in split.every for reference in one.references
    }
    return changed | {job.name: "new" for split in splits for job in split.jobs}


def _file(repository: str, file: PipelineFile, told: bool) -> data.File:  # noqa: FBT001 (one caller)
    source = file.source
    return data.File(
        repository=repository,
        path=file.name,
        sha256_before=_sha256(source),
        text=source.text if told else None,
        newline="crlf" if source.newline == "\r\n" else "lf",
        odd_breaks=tuple(sorted(source.odd_breaks)),
        bom=source.bom,
        final_newline=source.final_newline,
    )


def _sha256(source: Source) -> str:
    return hashlib.sha256(write_source(source)).hexdigest()


def _edits(result: Result, rewritten: Rewritten) -> tuple[data.TextEdit, ...]:
    owners = _owners(result, rewritten.name)
    return tuple(
        _edit(rewritten.before, edit, owners.get((edit.start, edit.end), ())) for edit in ordered(rewritten.edits)
    )


def _owners(result: Result, name: str) -> dict[tuple[int, int], tuple[str, ...]]:
    """Return, for the span of each edit of a file, the jobs whose splits ask for it."""
    owners: dict[tuple[int, int], tuple[str, ...]] = {}
    units = dict.fromkeys(together(result, split) for split in result.splits)
    for unit in units:
        jobs = tuple(split.finding.job.name for split in unit)
        for one in result.rewritten if len(units) == 1 else rewrite(unit):
            for edit in one.edits if one.name == name else ():
                span = edit.start, edit.end
                owners[span] = (*owners.get(span, ()), *jobs)
    return owners


def _edit(source: Source, edit: Edit, jobs: tuple[str, ...]) -> data.TextEdit:
    """Return an edit with its pieces put together."""
    text = ""
    odd: list[int] = []
    for piece in edit.pieces:
        if isinstance(piece, Copied):
            start, end = piece.span.start, piece.span.end
            odd.extend(at - start + len(text) for at in sorted(source.odd_breaks) if start <= at < end)
            text += source.text[start:end]
        else:
            text += piece.text
    return data.TextEdit(edit.start, edit.end, text, jobs, tuple(odd))


def _at(file: PipelineFile, offset: int) -> Place:
    place = file.place(offset)
    return Place(file.name, place.line, place.column)


def _named(place: Place, pipeline: Pipeline) -> Place:
    """Return a place with the file's path from the repository's root, not as it is shown to people."""
    names = {file.source.path: file.name for file in pipeline.files}
    return Place(names.get(place.path, place.path), place.line, place.column)
