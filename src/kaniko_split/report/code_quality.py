"""What does the Code Quality report say, which GitLab shows in a merge request?

The members are those of https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. GitLab tells
old findings from new ones by their fingerprints.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from kaniko_split.report.document import Document, PipelineOutcome
from kaniko_split.report.wording import RULE, UNUSED_IGNORE, UNUSED_IGNORE_TEXT, every, fate, headline, path_of
from kaniko_split.source.text import Place


def code_quality_of(document: Document) -> str:
    """Return the report as JSON; an empty list where nothing was found."""
    return json.dumps([*_findings(document), *_unused(document)], indent=2, ensure_ascii=False) + "\n"


def _findings(document: Document) -> Iterator[dict[str, Any]]:
    for pipeline, outcome in every(document):
        yield _entry(
            RULE,
            f"{headline(outcome)}; {fate(pipeline, outcome)}",
            outcome.fingerprint,
            "major" if outcome.cached is False else "critical",
            pipeline,
            outcome.place,
        )


def _unused(document: Document) -> Iterator[dict[str, Any]]:
    taken: set[str] = set()
    for pipeline in document.pipelines:
        for place in pipeline.unused_ignores:
            path = path_of(pipeline, place.path)
            salt = 0
            while (name := hashlib.sha256(f"{UNUSED_IGNORE}\0{path}\0{salt}".encode()).hexdigest()[:32]) in taken:
                salt += 1
            taken.add(name)
            yield _entry(UNUSED_IGNORE, UNUSED_IGNORE_TEXT, name, "info", pipeline, place)


def _entry(
    rule: str, text: str, fingerprint: str, severity: str, pipeline: PipelineOutcome, place: Place
) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": rule,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path_of(pipeline, place.path), "lines": {"begin": place.line}},
    }
