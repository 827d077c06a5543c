"""How are the mentions of a job replaced by those of the new ones?

Each keeps its list's style, its entry's other keys, its quotes and its comments.
"""

from __future__ import annotations

from kaniko_split.gitlab.references import JobReference, Use
from kaniko_split.plan.outcome import Split
from kaniko_split.rewrite.lines import dash_of, without_comments
from kaniko_split.rewrite.style import name_text
from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Mapping, Node, Scalar


def reference_edits(split: Split, reference: JobReference) -> list[Edit]:
    """Return the edits of the reference's file that put the new names in the place of the old one."""
    if reference.use in {Use.EXTENDS, Use.REFERENCE}:
        return [_replaced(reference.name, split.template or "")]
    first, *others = split.names
    edits = [_replaced(reference.name, first)]
    source = reference.file.source
    if reference.holder is not None and others:
        if reference.holder.flow:
            edits.extend(_flow_copies(source, reference, others))
        else:
            edits.append(_block_copies(source, reference, others))
    return edits


def _replaced(name: Scalar, new: str) -> Edit:
    return Edit(
        name.span.start,
        name.span.end,
        (Written(name_text(new, name.style.value[:1] if name.style.value in "'\"" else "")),),
    )


def _flow_copies(source: Source, reference: JobReference, names: list[str]) -> list[Edit]:
    """Put copies of a flow list's item behind it, each on a line of its own where the item has one."""
    item = reference.item
    start = source.line_start(item.span.start)
    line_end = source.line_end(item.span.end)
    behind = source.text[item.span.end : line_end].lstrip(" ")
    alone = not source.text[start : item.span.start].strip() and behind[:1] in {",", "\n", "#"}
    if alone and behind[1:].partition("#")[0].strip():
        alone = False
    copies = [copy_of(source, item, reference.name, name) for name in names]
    if not alone:
        return [Edit(item.span.end, item.span.end, tuple(p for copy in copies for p in (Written(", "), *copy)))]
    indent = Copied(Span(start, item.span.start))
    ended = behind.startswith(",")
    pieces: list[Piece] = []
    for number, copy in enumerate(copies, 1):
        comma = "," if ended or number < len(copies) else ""
        pieces.extend((indent, *copy, Written(comma + "\n")))
    edits = [] if ended else [Edit(item.span.end, item.span.end, (Written(","),))]
    return [*edits, Edit(line_end, line_end, tuple(pieces))]


def _block_copies(source: Source, reference: JobReference, names: list[str]) -> Edit:
    """Put copies of a block list's item on the lines behind it."""
    item, holder = reference.item, reference.holder
    assert holder is not None  # noqa: S101 (the caller saw it)
    index = next(number for number, one in enumerate(holder.items) if one is item)
    dash = dash_of(source, holder, index)
    end = source.line_end(max(item.span.end - 1, item.span.start))
    before: list[Piece] = [Copied(Span(source.line_start(dash), item.span.start))]
    if "\n" in source.text[dash : item.span.start]:
        # A comment is between the dash and the item, and stays with the first.
        before = [Copied(Span(source.line_start(dash), dash + 1)), Written(" ")]
    pieces: list[Piece] = []
    for name in names:
        pieces.extend(before)
        pieces.extend(copy_of(source, item, reference.name, name))
        pieces.append(Written("\n"))
    return Edit(end, end, tuple(pieces))


def copy_of(source: Source, item: Node, name: Scalar | None, new: str) -> list[Piece]:
    """Return the item's text, with another name if one is given, without its comments, which stay with the first."""
    written = _replaced(name, new).pieces if name is not None else ()
    if not isinstance(item, Mapping):
        return list(written)
    pieces: list[Piece] = []
    at = item.span.start
    for span in without_comments(source, item):
        if at < span.start and "\n" in source.text[at : span.start]:
            pieces.append(Written("\n"))
        if name is not None and span.contains(name.span):
            pieces.extend((Copied(Span(span.start, name.span.start)), *written, Copied(Span(name.span.end, span.end))))
        else:
            pieces.append(Copied(span))
        at = span.end
    return [piece for piece in pieces if not (isinstance(piece, Copied) and piece.span.start >= piece.span.end)]
