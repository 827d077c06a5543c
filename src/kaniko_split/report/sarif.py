"""What does the SARIF log say, with a fix for each job that can be split?

SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Regions count lines and columns from 1,
in characters; they know nothing of line endings, and a byte order mark is no character (section 3.30).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from kaniko_split.report.contents import source_before
from kaniko_split.report.document import Document, File, JobOutcome, PipelineOutcome, TextEdit
from kaniko_split.report.wording import (
    RULE,
    UNUSED_IGNORE,
    UNUSED_IGNORE_TEXT,
    WHY,
    fate,
    headline,
    listed,
    new_names,
    path_of,
    shown,
)
from kaniko_split.source.text import Place, Source

_ROOT = "SRCROOT"
_RULES = (
    {
        "id": RULE,
        "name": "BuildsShareAContainer",
        "shortDescription": {"text": "A job runs Kaniko more than once in one container."},
        "fullDescription": {"text": WHY},
        "help": {"text": "Give each image a job of its own: kaniko-split apply."},
        "defaultConfiguration": {"level": "error"},
    },
    {
        "id": UNUSED_IGNORE,
        "name": "UnusedIgnore",
        "shortDescription": {"text": "A comment leaves out a job in which nothing was found."},
        "fullDescription": {"text": "It would hide what somebody adds to the job later."},
        "help": {"text": "Remove the comment."},
        "defaultConfiguration": {"level": "note"},
    },
)


def sarif_of(document: Document) -> str:
    """Return the log as JSON. The fixes of one pipeline were proved together."""
    run = {
        "tool": {"driver": {"name": "kaniko-split", "semanticVersion": document.version, "rules": _RULES}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The repository's root."}}},
        "invocations": [
            {
                "executionSuccessful": not document.problems,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": problem}} for problem in document.problems
                ],
            }
        ],
        "results": [*_findings(document), *_unused(document)],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _findings(document: Document) -> Iterator[dict[str, Any]]:
    for pipeline in document.pipelines:
        for outcome in pipeline.outcomes:
            yield _finding(document, pipeline, outcome)


def _finding(document: Document, pipeline: PipelineOutcome, outcome: JobOutcome) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": RULE,
        "ruleIndex": 0,
        "level": "warning" if outcome.cached is False else "error",
        "message": {"text": f"{headline(outcome)}; {fate(pipeline, outcome)}."},
        "locations": [{**_location(pipeline, outcome.place), "logicalLocations": [{"name": outcome.job}]}],
        "partialFingerprints": {"kanikoSplit/v1": outcome.fingerprint},
        "properties": {"verdict": outcome.verdict},
    }
    if outcome.refused is not None:
        result["properties"] |= {"code": outcome.refused.code, "whatToDo": outcome.refused.what_to_do}
        result["relatedLocations"] = [
            {**_location(pipeline, outcome.refused.place), "message": {"text": outcome.refused.summary}}
        ]
    if outcome.verdict == "ignored":
        result["suppressions"] = [{"kind": "inSource"}]
    if outcome.verdict == "split":
        result["properties"]["changes"] = [
            f"{change.sureness}: {change.text}"
            + (f" ({shown(pipeline, change.place)})" if change.place is not None else "")
            for change in outcome.changes
        ]
        changes = list(_artifact_changes(document, pipeline, outcome))
        if changes:
            text = f"Split `{outcome.job}` into {listed(new_names(outcome))}."
            result["fixes"] = [{"description": {"text": text}, "artifactChanges": changes}]
    return result


def _unused(document: Document) -> Iterator[dict[str, Any]]:
    for pipeline in document.pipelines:
        for place in pipeline.unused_ignores:
            yield {
                "ruleId": UNUSED_IGNORE,
                "ruleIndex": 1,
                "level": "note",
                "message": {"text": f"{UNUSED_IGNORE_TEXT}."},
                "locations": [_location(pipeline, place)],
            }


def _artifact_changes(document: Document, pipeline: PipelineOutcome, outcome: JobOutcome) -> Iterator[dict[str, Any]]:
    for path in pipeline.changed:
        file = document.file(pipeline.repository, path)
        edits = [edit for edit in file.edits if outcome.job in edit.jobs]
        if edits:
            yield {
                "artifactLocation": _artifact(pipeline, path),
                "replacements": [_replacement(file, edit) for edit in _joined(edits)],
            }


def _joined(edits: list[TextEdit]) -> list[TextEdit]:
    """Return the edits, those that touch made one."""
    result: list[TextEdit] = []
    for edit in edits:
        if result and result[-1].end == edit.start:
            last = result.pop()
            odd = (*last.odd_breaks, *(at + len(last.text) for at in edit.odd_breaks))
            result.append(TextEdit(last.start, edit.end, last.text + edit.text, edit.jobs, odd))
        else:
            result.append(edit)
    return result


def _replacement(file: File, edit: TextEdit) -> dict[str, Any]:
    """Return an edit as SARIF has it: what is inserted has the file's own line endings."""
    source = source_before(file)
    text = _with_endings(source, edit)
    start, end = edit.start, edit.end
    if end == len(source.text) and not source.final_newline:
        # The line feed that ends the text is not in the file.
        if start == end:
            text, start = source.newline + text, start - 1
        text, end = text.removesuffix(source.newline), end - 1
    first, last = source.place(start), source.place(end)
    region = {
        "startLine": first.line,
        "startColumn": first.column,
        "endLine": last.line,
        "endColumn": last.column,
    }
    return {"deletedRegion": region, "insertedContent": {"text": text}} if text else {"deletedRegion": region}


def _with_endings(source: Source, edit: TextEdit) -> str:
    other = "\n" if source.newline == "\r\n" else "\r\n"
    odd = set(edit.odd_breaks)
    return "".join(
        (other if at in odd else source.newline) if char == "\n" else char for at, char in enumerate(edit.text)
    )


def _location(pipeline: PipelineOutcome, place: Place) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(pipeline, place.path),
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _artifact(pipeline: PipelineOutcome, path: str) -> dict[str, Any]:
    return {"uri": quote(path_of(pipeline, path)), "uriBaseId": _ROOT}
