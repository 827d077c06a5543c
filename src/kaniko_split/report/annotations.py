"""What are the workflow commands by which GitHub Actions shows findings beside the lines?

A mirrored repository may be checked there. The rules of escaping are those of `@actions/core`:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from kaniko_split.report.document import Document, PipelineOutcome
from kaniko_split.report.escape import visible
from kaniko_split.report.wording import RULE, UNUSED_IGNORE, UNUSED_IGNORE_TEXT, every, fate, headline, path_of
from kaniko_split.source.text import Place

_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = _IN_MESSAGE | {":": "%3A", ",": "%2C"}


def annotations_of(document: Document) -> str:
    """Return one line for each finding; empty where nothing was found."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    for pipeline, outcome in every(document):
        text = f"{headline(outcome)}; {fate(pipeline, outcome)}"
        yield _command("warning" if outcome.cached is False else "error", pipeline, outcome.place, RULE, text)
    for pipeline in document.pipelines:
        for place in pipeline.unused_ignores:
            yield _command("notice", pipeline, place, UNUSED_IGNORE, UNUSED_IGNORE_TEXT)


def _command(level: str, pipeline: PipelineOutcome, place: Place, rule: str, text: str) -> str:
    properties = {
        "file": path_of(pipeline, place.path),
        "line": str(place.line),
        "col": str(place.column),
        "title": f"kaniko-split: {rule}",
    }
    given = ",".join(f"{key}={_escaped(value, _IN_PROPERTY)}" for key, value in properties.items())
    return f"::{level} {given}::{_escaped(text, _IN_MESSAGE)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in visible(text))
