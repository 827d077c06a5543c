"""What stands in the description of the merge request?

What changes and why, the pipeline before and after, the table of jobs, what is refused and what to do, and the proof
in short. Names and places come from files, so they are written such that GitLab shows them and does nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kaniko_split.report.document import Document, JobOutcome, PipelineOutcome
from kaniko_split.report.escape import visible
from kaniko_split.report.mermaid import mermaid_of
from kaniko_split.report.wording import UNUSED_IGNORE_TEXT, WHY, every, path_of, shown
from kaniko_split.source.patterns import Pattern

_TO_ESCAPE = Pattern(r"([\\`*_\[\]<>#!|~$@&%])")
_MARKS = {"proved": "Proved", "assumed": "Assumed", "asks you": "Asks you"}


def markdown_of(document: Document) -> str:
    """Return the description as Markdown, as GitLab reads it."""
    return "\n".join(_lines(document)).rstrip("\n") + "\n"


def code(text: str) -> str:
    """Return text as a code span, which may hold anything but would be broken by a line break."""
    flat = " ".join(visible(text).split("\n")).replace("\t", "\\t")
    longest = max((len(run) for run in re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") or not flat else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def cell(text: str) -> str:
    """Return Markdown for a cell of a table, where a bar would end it even within a code span."""
    return text.replace("|", "\\|")


def prose(text: str) -> str:
    """Return one of the tool's own sentences: what stands in backticks is code, all else plain text."""
    parts = re.split(r"`([^`]*)`", visible(text))
    return "".join(code(part) if at % 2 else _TO_ESCAPE.sub(r"\\\1", part) for at, part in enumerate(parts))


def _lines(document: Document) -> Iterator[str]:
    outcomes = list(every(document))
    splits = [outcome for _, outcome in outcomes if outcome.verdict == "split"]
    left = [(pipeline, outcome) for pipeline, outcome in outcomes if outcome.verdict != "split"]
    if splits:
        builds = sum(job.build is not None for outcome in splits for job in outcome.jobs)
        files = sum(bool(file.edits) for file in document.files)
        yield f"Give each of {_count(builds, 'Kaniko image')} a job of its own, in {_count(files, 'file')}."
    elif left:
        needs = "1 job needs" if len(left) == 1 else f"{len(left)} jobs need"
        yield f"No job can be split; {needs} a person."
    else:
        yield "No job runs Kaniko more than once in one container."
    yield ""
    if outcomes:
        yield f"**Why.** {prose(WHY)}"
        yield ""
    for pipeline in document.pipelines:
        if any(outcome.verdict == "split" for outcome in pipeline.outcomes):
            yield from _pipeline(pipeline)
    if left:
        yield "## Left as they are"
        yield ""
        yield "| Job | Where | Why | What to do |"
        yield "|---|---|---|---|"
        yield from (_refusal(pipeline, outcome) for pipeline, outcome in left)
        yield ""
    yield from _unused(document)
    yield from _proof(document)
    yield from _problems(document)
    yield f"Made by kaniko-split {document.version}."


def _pipeline(pipeline: PipelineOutcome) -> Iterator[str]:
    splits = [outcome for outcome in pipeline.outcomes if outcome.verdict == "split"]
    yield f"## {code(path_of(pipeline, pipeline.root))}"
    yield ""
    yield from _graphs(pipeline)
    yield "| Before | Now | Builds | Waits for |"
    yield "|---|---|---|---|"
    for outcome in splits:
        yield from _rows(outcome)
    yield ""
    for outcome in splits:
        yield f"What changes with {code(outcome.job)}:"
        yield ""
        for change in outcome.changes:
            place = f" ({code(shown(pipeline, change.place))})" if change.place is not None else ""
            yield f"- **{_MARKS[change.sureness]}:** {prose(change.text)}{place}"
        yield ""


def _graphs(pipeline: PipelineOutcome) -> Iterator[str]:
    if pipeline.before is None or pipeline.after is None:
        return
    for title, graph in (("Before", pipeline.before), ("After", pipeline.after)):
        text, reduced = mermaid_of(graph)
        yield f"{title}{', without the jobs that are far from the change' if reduced else ''}:"
        yield ""
        yield f"```mermaid\n{text}```"
        yield ""


def _rows(outcome: JobOutcome) -> Iterator[str]:
    if outcome.template is not None:
        yield f"| {cell(code(outcome.job))} | {cell(code(outcome.template))} (template) | | |"
    for job in outcome.jobs:
        images: tuple[str, ...] = ()
        if job.build is not None and job.build < len(outcome.builds):
            build = outcome.builds[job.build]
            images = build.destinations or ((build.context,) if build.context else ())
        built = ", ".join(code(image) for image in images) if job.build is not None else "what comes after the builds"
        waits = ", ".join(code(name) for name in job.needs or ())
        yield f"| {cell(code(outcome.job))} | {cell(code(job.name))} | {cell(built)} | {cell(waits)} |"


def _refusal(pipeline: PipelineOutcome, outcome: JobOutcome) -> str:
    if outcome.refused is not None:
        one = outcome.refused
        place, detail = one.place, f" ({prose(one.detail)})" if one.detail else ""
        why, what = f"{code(one.code)}: {prose(one.summary)}{detail}", prose(one.what_to_do)
    else:
        place, why = outcome.place, "the split could not be proved, which is a bug in kaniko-split"
        what = "report it"
    cells = (code(outcome.job), code(shown(pipeline, place)), why, what)
    return "| " + " | ".join(cell(one) for one in cells) + " |"


def _unused(document: Document) -> Iterator[str]:
    places = [(pipeline, place) for pipeline in document.pipelines for place in pipeline.unused_ignores]
    for pipeline, place in places:
        yield f"- {code(shown(pipeline, place))}: {prose(UNUSED_IGNORE_TEXT)}"
    if places:
        yield ""


def _proof(document: Document) -> Iterator[str]:
    lines = [line for pipeline in document.pipelines for line in pipeline.proof]
    if not lines:
        return
    yield "<details><summary>What was proved</summary>"
    yield ""
    for new in dict.fromkeys(lines):
        yield f"- {prose(new)}"
    yield ""
    yield "</details>"
    yield ""


def _problems(document: Document) -> Iterator[str]:
    for problem in document.problems:
        yield f"- Not read: {prose(problem)}"
    if document.problems:
        yield ""


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
