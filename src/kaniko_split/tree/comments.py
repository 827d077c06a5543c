"""Where are the comments of a YAML text?"""

from __future__ import annotations

from collections.abc import Sequence as Items

from kaniko_split.source.text import Span
from kaniko_split.tree.nodes import Alias, Document, Mapping, Scalar, walk


def comments(text: str, documents: Items[Document]) -> tuple[Span, ...]:
    """Return the span of every comment, from its `#` to the end of its line, in order.

    A `#` starts a comment at the start of a line or after white space, outside of every scalar (YAML 1.1,
    section 4.1.1). What looks like a comment inside a block scalar is the shell's and not listed, but one on
    a block scalar's header line is.
    """
    found: list[Span] = []
    for start, end in gaps(text, documents):
        at = text.find("#", start, end)
        while at >= 0:
            stop = text.find("\n", at, end)
            stop = end if stop < 0 else stop
            if at == 0 or text[at - 1] in " \t\n":
                found.append(Span(at, stop))
                at = text.find("#", stop, end)
            else:
                at = text.find("#", at + 1, end)
    return tuple(found)


def gaps(text: str, documents: Items[Document]) -> list[tuple[int, int]]:
    """Return the start and end of each stretch of text that is in no scalar and no alias, in order."""
    taken: list[tuple[int, int]] = []
    for document in documents:
        if document.root is None:
            continue
        for node in walk(document.root):
            if isinstance(node, Alias):
                taken.append((node.span.start, node.span.end))
            elif isinstance(node, Scalar):
                taken.extend(_scalar_parts(text, node))
            elif isinstance(node, Mapping) and not node.entries:
                continue
    gaps: list[tuple[int, int]] = []
    at = 0
    for start, end in sorted(taken):
        if start > at:
            gaps.append((at, start))
        at = max(at, end)
    gaps.append((at, len(text)))
    return gaps


def _scalar_parts(text: str, node: Scalar) -> list[tuple[int, int]]:
    """Return a scalar's span; for a block scalar its header's comment is left out of it."""
    start, end = node.span.start, node.span.end
    if not node.style.is_block:
        return [(start, end)]
    line_end = text.find("\n", start, end)
    line_end = end if line_end < 0 else line_end
    mark = text.find("#", start, line_end)
    while mark > start and text[mark - 1] not in " \t":
        mark = text.find("#", mark + 1, line_end)
    if mark < 0:
        return [(start, end)]
    return [(start, mark), (line_end, end)]
