"""Which formats are there, which command does each fit, and what writes it?"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    Format.GITLAB: "a Code Quality report, which lists what was found",
    Format.GITHUB: "a list of annotations to what was found",
}
_WRITERS = {
    Format.JSON: ("json_report", "json_of"),
    Format.SARIF: ("sarif", "sarif_of"),
    Format.GITLAB: ("code_quality", "code_quality_of"),
    Format.MARKDOWN: ("markdown", "markdown_of"),
    Format.HTML: ("page", "page"),
    Format.GITHUB: ("annotations", "annotations_of"),
}


def misfit(name: str, command: str) -> str | None:
    """Return why `command` cannot tell what it found in this format, in one sentence; None where it can."""
    if name not in list(Format):
        from difflib import get_close_matches

        near = get_close_matches(name, list(Format), n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"the formats are {', '.join(Format)}"
        return f"--format {name}: there is no such format; {hint}"
    form = Format(name)
    if command == "diff" and form in _NOT_FOR_DIFF:
        return f"--format {form} is {_NOT_FOR_DIFF[form]}; use it with check"
    return None


def written(document: Document, form: Format) -> bytes:
    """Return the document in a format other than text."""
    room, name = _WRITERS[form]
    made = getattr(import_module(f"kaniko_split.report.{room}"), name)(document)
    return made if isinstance(made, bytes) else str(made).encode()
