"""How are the mentions of a job replaced by those of the new ones?

Each keeps its list's style, its entry's other keys, its quotes and its comments.
"""

from __future__ import annotations

from kaniko_split.gitlab.references import JobReference, Use
from kaniko_split.plan.outcome import Split
from kaniko_split.rewrite.lines import dash_of, without_comments
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.rewrite.style import name_text
from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Mapping, Node, Scalar


def reference_edits(split: Split, reference: JobReference) -> list[Edit]:
    """Return the edits of the reference's file that put the new names in the place of the old one."""
    if reference.use in {Use.EXTENDS, Use.REFERENCE}:
        return [_replaced(reference.name, split.template or "")]
    if reference.use is Use.SINGLE:
        return [_replaced(reference.name, split.givers[reference.path[0]])]
    first, *others = split.names
    source = reference.file.source
    _check_suffix(reference)
    edits = [_replaced(reference.name, first, reference.suffix)]
    if reference.holder is not None and others:
        if reference.holder.flow:
            edits.extend(_flow_copies(source, reference, others))
        else:
            edits.append(_block_copies(source, reference, others))
    return edits


def _replaced(name: Scalar, new: str, suffix: str = "") -> Edit:
    """Return the edit that puts a new name in the place of an old one and leaves `suffix` behind it as it is."""
    quote = name.style.value[:1] if name.style.value in "'\"" else ""
    text = name_text(new, quote)
    end = _suffix_span(name, suffix).start if suffix else name.span.end
    return Edit(name.span.start, end, (Written(text[: len(text) - len(quote)] if suffix else text),))


def _suffix_span(name: Scalar, suffix: str) -> Span:
    """Return where a suffix stands in the text of a name, with the quote that ends it."""
    quote = len(name.style.value[:1]) if name.style.value in "'\"" else 0
    return Span(name.span.end - quote - len(suffix), name.span.end)


def _check_suffix(reference: JobReference) -> None:
    """Make sure that the suffix of a parallel job's name is written without escapes, so that it can be copied."""
    span = _suffix_span(reference.name, reference.suffix)
    if reference.suffix and not reference.file.source.cut(span).startswith(reference.suffix):
        error = CannotLayOutError("references-unread", reference.name.span.start)
        error.file = reference.file
        raise error


def _flow_copies(source: Source, reference: JobReference, names: list[str]) -> list[Edit]:
    """Put copies of a flow list's item behind it, each on a line of its own where the item has one."""
    item = reference.item
    start = source.line_start(item.span.start)
    line_end = source.line_end(item.span.end)
    behind = source.text[item.span.end : line_end].lstrip(" ")
    alone = not source.text[start : item.span.start].strip() and behind[:1] in {",", "\n", "#"}
    if alone and behind[1:].partition("#")[0].strip():
        alone = False
    copies = [copy_of(source, item, reference.name, name, reference.suffix) for name in names]
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
        pieces.extend(copy_of(source, item, reference.name, name, reference.suffix))
        pieces.append(Written("\n"))
    return Edit(end, end, tuple(pieces))


def copy_of(source: Source, item: Node, name: Scalar | None, new: str, suffix: str = "") -> list[Piece]:
    """Return the item's text, with another name if one is given, without its comments, which stay with the first.

    Args:
        source: The file.
        item: The item of a list.
        name: The name in it; None where it is to stay.
        new: What replaces the name.
        suffix: The end of the name that stays.
    """
    written = _replaced(name, new, suffix).pieces if name is not None else ()
    if name is not None and suffix:
        written = (*written, Copied(_suffix_span(name, suffix)))
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
