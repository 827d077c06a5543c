"""Which comments has a script, and how does a text read without some of them?

A statement that several jobs need is written into each; a comment about it is written once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from kaniko_split.gitlab.script import Section
from kaniko_split.rewrite.script_items import WrittenScript
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.comments import comments
from kaniko_split.tree.nodes import Document, Scalar
from kaniko_split.tree.scalars import value_offsets


def comments_of(written: WrittenScript, lines: Span, documents: tuple[Document, ...]) -> tuple[Span, ...]:
    """Return the comments of a script in order: those of YAML among its lines, and the shell's in its blocks.

    In any other text a comment of the shell cannot be left out without its line.

    Args:
        written: The script.
        lines: Its lines in the file.
        documents: The file as YAML.
    """
    source = written.source
    yaml = (one for one in comments(source.text, documents) if lines.contains(one))
    outside = (Span(one.start, one.start + len(source.cut(one).rstrip())) for one in yaml)
    return tuple(sorted({*outside, *_of_shell(written)}))


def _of_shell(written: WrittenScript) -> Iterator[Span]:
    text = written.source.text
    for number, item in enumerate(written.trace.items):
        node = item.node
        if item.section is not Section.SCRIPT or not isinstance(node, Scalar) or not node.style.is_block:
            continue
        window = written.window(number)
        inside = [one for one in written.script.comments if window.contains(one)]
        offsets = value_offsets(text, node) if inside else None
        if offsets is not None:
            for one in inside:
                yield Span(offsets[one.start - window.start], offsets[one.end - 1 - window.start] + 1)


def those_within(ordered: Sequence[Span], pieces: Iterable[Piece]) -> Iterator[Span]:
    """Yield the spans that the copied pieces hold, of those in order."""
    starts = [one.start for one in ordered]
    for piece in pieces:
        if isinstance(piece, Copied):
            at = bisect_left(starts, piece.span.start)
            while at < len(ordered) and ordered[at].start < piece.span.end:
                if ordered[at].end <= piece.span.end:
                    yield ordered[at]
                at += 1


def without(source: Source, pieces: Iterable[Piece], unsaid: Sequence[Span]) -> list[Piece]:
    """Return `pieces` without these comments: without the whole line of one that stands alone on it."""
    found: list[Piece] = []
    for piece in pieces:
        if not isinstance(piece, Copied):
            found.append(piece)
            continue
        at = piece.span.start
        for span in unsaid:
            if not (piece.span.start <= span.start and span.end <= piece.span.end):
                continue
            start, end = _with_its_blanks(source, span)
            if start <= piece.span.start and found and _is_indent(found[-1]):
                # The line was moved: its new indentation goes too.
                found.pop()
            start, end = max(start, at), min(end, piece.span.end)
            if at < start:
                found.append(Copied(Span(at, start)))
            at = end
        if at < piece.span.end:
            found.append(Copied(Span(at, piece.span.end)))
    return found


def _with_its_blanks(source: Source, span: Span) -> tuple[int, int]:
    """Return the comment's whole line, or where it stands beside something, the comment and the blanks before it."""
    line = source.line_start(span.start)
    if not source.text[line : span.start].strip():
        return line, source.line_end(span.start)
    return line + len(source.text[line : span.start].rstrip(" \t")), span.end


def without_blanks_above(source: Source, pieces: Sequence[Piece]) -> list[Piece]:
    """Return `pieces` without the blank lines that they begin with."""
    found = list(pieces)
    while found and isinstance(found[0], Copied):
        span = found[0].span
        start = span.start
        while start < span.end and not source.text[start : source.line_end(start)].strip():
            start = source.line_end(start)
        found[:1] = [Copied(Span(start, span.end))] if start < span.end else []
        if start < span.end:
            break
    return found


def _is_indent(piece: Piece) -> bool:
    return isinstance(piece, Written) and not piece.text.strip(" ")
