"""How is a job's list of `needs` written, in the habits of its file?"""

from __future__ import annotations

from collections.abc import Sequence as Items

from kaniko_split.plan.needs import Need
from kaniko_split.rewrite.lines import dash_column, moved, without_comments
from kaniko_split.rewrite.parts import CannotLayOutError
from kaniko_split.rewrite.style import Style, name_text
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Alias, Entry, Mapping, Scalar, Sequence, walk


def needs_pieces(source: Source, style: Style, own: Entry | None, needs: Items[Need]) -> list[Piece]:
    """Return the lines of a job's `needs`.

    Args:
        source: The file.
        style: Its habits.
        own: The old job's `needs`, whose entries come first; None where they do not.
        needs: The entries to add.

    Raises:
        CannotLayOutError: An entry of the old list cannot be written twice.
    """
    kept: list[Piece] = []
    if own is not None and isinstance(own.value, Sequence):
        if own.value.flow:
            inside: list[Piece] = []
            for item in own.value.items:
                inside.extend((Copied(item.span), Written(", ")))
            names = ", ".join(_flow_need(need) for need in needs)
            return [Written(f"{style.keys}needs: ["), *inside, Written(f"{names}]\n")]
        kept = _own_needs(source, style, own.value)
    lines = "".join(_block_need(need, style.dashes) for need in needs)
    return [Written(f"{style.keys}needs:\n"), *kept, Written(lines)]


def _own_needs(source: Source, style: Style, value: Sequence) -> list[Piece]:
    """Return the entries of the old job's `needs`, once more, without their comments."""
    by = len(style.dashes) - dash_column(source, value)
    pieces: list[Piece] = []
    for item in value.items:
        anchored = any(not isinstance(node, Alias) and node.anchor is not None for node in walk(item))
        if not isinstance(item, Scalar | Mapping | Alias) or anchored:
            raise CannotLayOutError("needs-written-twice", item.span.start)
        for number, span in enumerate(without_comments(source, item)):
            start = span.start if number else source.line_start(span.start)
            pieces.extend(moved(source, Span(start, span.end), by))
            pieces.append(Written("\n"))
    return pieces


def _block_need(need: Need, dashes: str) -> str:
    if need.artifacts is None and need.optional is None:
        return f"{dashes}- {name_text(need.job)}\n"
    text = f"{dashes}- job: {name_text(need.job)}\n"
    if need.artifacts is not None:
        text += f"{dashes}  artifacts: {str(need.artifacts).lower()}\n"
    if need.optional is not None:
        text += f"{dashes}  optional: {str(need.optional).lower()}\n"
    return text


def _flow_need(need: Need) -> str:
    if need.artifacts is None and need.optional is None:
        return name_text(need.job)
    keys = [f"job: {name_text(need.job)}"]
    if need.artifacts is not None:
        keys.append(f"artifacts: {str(need.artifacts).lower()}")
    if need.optional is not None:
        keys.append(f"optional: {str(need.optional).lower()}")
    return "{" + ", ".join(keys) + "}"
