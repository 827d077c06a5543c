"""What text does a file hold, and what must be remembered to give back its exact bytes?

Everything after this module works on text whose lines end in a line feed and whose last line is ended.
All offsets in kaniko-split count characters of that text, from 0.
"""

from __future__ import annotations

import codecs
from bisect import bisect_right
from functools import cached_property

from msgspec import Struct

_BOM = codecs.BOM_UTF8
# What libyaml takes for the end of a line besides line feed and carriage return (YAML 1.1, section 4.1.4).
_RARE_BREAKS = "\r\x85\u2028\u2029"


class Span(Struct, frozen=True, order=True):
    """A half-open range of characters, `start` up to and without `end`."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """Tell whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end


class Place(Struct, frozen=True):
    """Where something stands, as people count: file name, line and column from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class UnreadableSourceError(Exception):
    """The bytes are no text that GitLab would read; `place` says where the trouble starts."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class Source(Struct, frozen=True, eq=False, dict=True):
    """One file: its text, and what the text does not tell of the bytes.

    Attributes:
        path: The name to show to people.
        text: The decoded text, every line ended by a line feed.
        bom: Whether the bytes begin with a UTF-8 byte order mark.
        newline: The line ending that most lines have; new lines get it.
        odd_breaks: Offsets of the line feeds in `text` that stand for the other line ending.
        final_newline: Whether the last line was ended in the file itself.
    """

    path: str
    text: str
    bom: bool = False
    newline: str = "\n"
    odd_breaks: frozenset[int] = frozenset()
    final_newline: bool = True

    def place(self, offset: int) -> Place:
        """Return the line and column at which the character at `offset` stands."""
        line = bisect_right(self._line_starts, offset)
        return Place(self.path, line, offset - self._line_starts[line - 1] + 1)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def cut(self, span: Span) -> str:
        """Return the text of `span`."""
        return self.text[span.start : span.end]

    def line_start(self, offset: int) -> int:
        """Return the offset at which the line of `offset` begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return the offset just behind the line feed that ends the line of `offset`."""
        at = self.text.find("\n", offset)
        return len(self.text) if at < 0 else at + 1

    def rare_break(self) -> int | None:
        """Return the offset of the first line break that is neither LF nor CRLF, or None.

        libyaml and the shell disagree on such characters, so a text that has one is not rewritten.
        """
        found = [at for mark in _RARE_BREAKS if (at := self.text.find(mark)) >= 0]
        return min(found) if found else None


def read_source(path: str, data: bytes) -> Source:
    """Decode the bytes of a file as GitLab does, as UTF-8.

    Args:
        path: The name to show to people.
        data: The whole content of the file.

    Raises:
        UnreadableSourceError: The bytes are not UTF-8, or hold a NUL.
    """
    bom = data.startswith(_BOM)
    body = data[len(_BOM) :] if bom else data
    try:
        raw = body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8")
        reason = "the file is not UTF-8 text; save it as UTF-8 and try again"
        raise UnreadableSourceError(_place_of_end(path, before), reason) from None
    if "\0" in raw:
        reason = "the file holds a NUL character; GitLab reads UTF-8 text only, so save it as that"
        raise UnreadableSourceError(_place_of_end(path, raw[: raw.index("\0")]), reason)
    pairs = raw.count("\r\n")
    newline = "\r\n" if pairs * 2 > raw.count("\n") else "\n"
    text = raw.replace("\r\n", "\n")
    final_newline = text.endswith("\n") or not text
    return Source(
        path=path,
        text=text if final_newline else text + "\n",
        bom=bom,
        newline=newline,
        odd_breaks=_odd_breaks(raw, newline) if 0 < pairs < raw.count("\n") else frozenset(),
        final_newline=final_newline,
    )


def write_source(source: Source) -> bytes:
    """Return the bytes of `source`: the inverse of `read_source`, byte for byte."""
    if source.odd_breaks:
        other = "\n" if source.newline == "\r\n" else "\r\n"
        lines = source.text.split("\n")
        ended: list[str] = []
        at = -1
        for line in lines[:-1]:
            at += len(line) + 1
            ended.append(line + (other if at in source.odd_breaks else source.newline))
        text = "".join(ended) + lines[-1]
    elif source.newline == "\n":
        text = source.text
    else:
        text = source.text.replace("\n", source.newline)
    if not source.final_newline:
        text = text.removesuffix(source.newline)
    return (_BOM if source.bom else b"") + text.encode("utf-8")


def _odd_breaks(raw: str, newline: str) -> frozenset[int]:
    """Return the offsets, in the text with line feeds only, of the breaks that are not `newline`."""
    odd: set[int] = set()
    at = -1
    for line in raw.split("\n")[:-1]:
        at += len(line) + 1 - line.endswith("\r")
        if line.endswith("\r") != (newline == "\r\n"):
            odd.add(at)
    return frozenset(odd)


def _place_of_end(path: str, text: str) -> Place:
    line = text.count("\n") + 1
    return Place(path, line, len(text) - text.rfind("\n"))
