"""What does `--format json` write?

The report says what the plan says, but for what is needed only to carry it out.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from kaniko_split.report.contents import source_after, source_before
from kaniko_split.report.document import FORMAT, Document, File, PipelineOutcome
from kaniko_split.report.patch import patch_between
from kaniko_split.source.text import Place, write_source

__all__ = ["Counts", "Place", "Report", "ReportedFile", "json_of", "report_of"]


class Counts(Struct, frozen=True):
    """How many there are.

    Attributes:
        files: The files that were read.
        changed: The files that change.
        split: The jobs that are split.
        refused: The jobs that are left as they are, for a reason.
        failed: The jobs whose split was not proved.
        ignored: The jobs that a comment leaves out.
    """

    files: int
    changed: int
    split: int
    refused: int
    failed: int
    ignored: int


class ReportedFile(Struct, frozen=True):
    """A file that was read.

    Attributes:
        repository: As in a plan.
        path: Its path from the repository's root.
        sha256_before: The SHA-256 of its bytes as they were read.
        sha256_after: The SHA-256 of its bytes with the change made; null where it does not change.
        patch: The change as a unified diff; null where it does not change.
    """

    repository: str
    path: str
    sha256_before: str
    sha256_after: str | None
    patch: str | None


class Report(Struct, frozen=True, kw_only=True):
    """What one run found.

    Attributes:
        kind: Always `report`.
        format: The version of this format.
        version: The version of kaniko-split that wrote it.
        counts: How many there are of each.
        files: Every file that was read for one of the pipelines, once.
        pipelines: The pipelines, in the order in which they were found.
        problems: What could not be read, a sentence each.
    """

    kind: Literal["report"] = "report"
    format: Literal[1] = FORMAT
    version: str
    counts: Counts
    files: tuple[ReportedFile, ...]
    pipelines: tuple[PipelineOutcome, ...]
    problems: tuple[str, ...] = ()


def report_of(document: Document) -> Report:
    """Return the report of a document."""
    verdicts = [outcome.verdict for pipeline in document.pipelines for outcome in pipeline.outcomes]
    return Report(
        version=document.version,
        counts=Counts(
            files=len(document.files),
            changed=sum(bool(file.edits) for file in document.files),
            split=verdicts.count("split"),
            refused=verdicts.count("refused"),
            failed=verdicts.count("failed"),
            ignored=verdicts.count("ignored"),
        ),
        files=tuple(_file(file) for file in document.files),
        pipelines=document.pipelines,
        problems=document.problems,
    )


def json_of(document: Document) -> bytes:
    """Return the report of a document as indented JSON, in UTF-8, with a line feed at its end."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(report_of(document)), indent=2) + b"\n"


def _file(file: File) -> ReportedFile:
    return ReportedFile(
        file.repository, file.path, file.sha256_before, file.sha256_after, patch_of(file) if file.edits else None
    )


def patch_of(file: File) -> str:
    """Return a changed file's unified diff as text."""
    before, after = write_source(source_before(file)), write_source(source_after(file))
    return patch_between(before, after, file.path).decode()
