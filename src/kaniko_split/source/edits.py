"""How is a text edited so that each of its characters can still be accounted for?

An edit replaces a span by pieces: spans of the old text, and the few words that the tool itself writes.
So a proof can ask of every old character where it went, and of every new one where it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.source.text import Source, Span


class Copied(Struct, frozen=True, eq=False):
    """A span of the old text, to stand again as it was."""

    span: Span


class Written(Struct, frozen=True, eq=False):
    """Text of the tool's own."""

    text: str


Piece = Copied | Written


class Edit(Struct, frozen=True):
    """Put `pieces` in the place of the characters from `start` up to `end`."""

    start: int
    end: int
    pieces: tuple[Piece, ...] = ()


class OverlappingEditsError(Exception):
    """Two edits want the same characters: a fault of the planner, never of the user's file."""


def ordered(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Return `edits` by place.

    Raises:
        OverlappingEditsError: Two of them share a character, or insert at the same offset.
    """
    result = tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))
    for before, after in pairwise(result):
        if after.start < before.end or (after.start == before.start and after.end == before.end):
            raise OverlappingEditsError(f"{before} and {after}")
    return result


def apply(source: Source, edits: Sequence[Edit]) -> Source:
    """Return `source` with all `edits` made; line endings travel with the lines that they end.

    Raises:
        OverlappingEditsError: Two edits share a character.
    """
    parts: list[str] = []
    odd: set[int] = set()
    length = 0

    def copy(start: int, end: int) -> None:
        nonlocal length
        parts.append(source.text[start:end])
        odd.update(at - start + length for at in source.odd_breaks if start <= at < end)
        length += end - start

    at = 0
    for edit in ordered(edits):
        copy(at, edit.start)
        for piece in edit.pieces:
            if isinstance(piece, Copied):
                copy(piece.span.start, piece.span.end)
            else:
                parts.append(piece.text)
                length += len(piece.text)
        at = edit.end
    copy(at, len(source.text))
    return replace(source, text="".join(parts), odd_breaks=frozenset(odd))
