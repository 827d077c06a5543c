"""Which formats are there, which command does each fit, and what writes it?"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module

from kaniko_split.report.document import Document


class Format(StrEnum):
    """A way to tell what was found."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITLAB = "gitlab"
    MARKDOWN = "markdown"
    HTML = "html"
    GITHUB = "github"


# A list of findings is what `check` gives; `diff` is about changes.
_NOT_FOR_DIFF = {
    Format.GITLAB: "a Code Quality report",
    Format.GITHUB: "a list of annotations",
}
_WRITERS = {
    Format.JSON: ("json_report", "json_of"),
    Format.SARIF: ("sarif", "sarif_of"),
    Format.GITLAB: ("code_quality", "code_quality_of"),
    Format.MARKDOWN: ("markdown", "markdown_of"),
    Format.HTML: ("page", "page"),
    Format.GITHUB: ("annotations", "annotations_of"),
}


def misfit(form: Format, command: str) -> str | None:
    """Return why `command` cannot tell what it found in this format, in one sentence; None where it can."""
    if command == "diff" and form in _NOT_FOR_DIFF:
        return f"--format {form} is {_NOT_FOR_DIFF[form]}, which lists what was found; use it with check"
    return None


def written(document: Document, form: Format) -> bytes:
    """Return the document in a format other than text."""
    room, name = _WRITERS[form]
    made = getattr(import_module(f"kaniko_split.report.{room}"), name)(document)
    return made if isinstance(made, bytes) else str(made).encode()
