"""To which statement does a comment of a script belong, and how does a text read without it?

A statement that several jobs need is written into each; what is said about it is written with the first one alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kaniko_split.detect.remarks import spoken_of
from kaniko_split.detect.trace import Trace
from kaniko_split.gitlab.script import Section
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.comments import comments
from kaniko_split.tree.nodes import Document, Node, Scalar
from kaniko_split.tree.scalars import value_offsets


def remarks(
    source: Source,
    trace: Trace,
    lines: Sequence[Span],
    documents: tuple[Document, ...],
    taken_over: int | None,
) -> Iterator[tuple[Span, int]]:
    """Yield each comment of a script's items, with the number of the statement that it belongs to.

    Args:
        source: The file.
        trace: The script's statements.
        lines: For each item of the script, its lines and those of the comments above it; empty for no list.
        documents: The file as YAML.
        taken_over: The position of the item that stands for a shared script, which has comments of its own.
    """
    found = (Span(span.start, span.start + len(source.cut(span).rstrip())) for span in comments(source.text, documents))
    outside = tuple(found)
    for number, item in enumerate(trace.items):
        if item.section is not Section.SCRIPT or item.index == taken_over:
            continue
        steps = [step for step in trace.steps if step.item == number]
        if not steps:
            continue
        # Where the script is no list, what stands beside the mark of its block.
        start = item.node.span.start
        around = lines[item.index] if lines else Span(start, source.line_end(start))
        for span in outside:
            if around.start <= span.start < around.end:
                yield span, (steps[-1] if span.start >= item.node.span.end else steps[0]).number
        yield from _of_shell(source, trace, number, item.node)


def _of_shell(source: Source, trace: Trace, item: int, node: Node) -> Iterator[tuple[Span, int]]:
    """Yield the shell's comments inside of a block; in any other text one cannot be left out without its lines."""
    if not isinstance(node, Scalar) or not node.style.is_block:
        return
    offsets = value_offsets(source.text, node)
    if offsets is None:
        return
    for span in trace.script.comments:
        in_loop = trace.loop is not None and trace.loop.turn_at(span.start) is not None
        if trace.item_at(span.start) != item or in_loop:
            continue
        first = offsets[trace.offset_in(item, span.start)]
        last = offsets[trace.offset_in(item, span.end - 1)]
        owner = spoken_of(trace, span)
        if owner is not None:
            yield Span(first, last + 1), owner.number


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
