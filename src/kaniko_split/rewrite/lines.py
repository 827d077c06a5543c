"""Which whole lines belong to an entry of a mapping, or to an item of a list?

A line goes with what stands on it; a comment on a line of its own goes with what follows it, and the comments
behind the last item, as long as they are indented like it, with that one.
"""

from __future__ import annotations

from collections.abc import Sequence as Items

from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.comments import comments
from kaniko_split.tree.nodes import Alias, Document, Entry, Mapping, Node, Sequence

# The mark of a block scalar that keeps the blank lines at its end.
_KEPT_BLOCK = Pattern(r"(?:^|[\s:-])[|>]\d?\+\d?[ \t]*(?:#.*)?$")
_PROPERTIES = Pattern(r"(?:[&!]\S*[ \t]+)*(?:[&!]\S*(?=\n))?")


def entry_lines(source: Source, holder: Mapping, entry: Entry) -> Span:
    """Return the lines of `entry`, without the comments above it, with those that end its list.

    Offsets are in characters; the span ends behind the last line's line feed.
    """
    start = source.line_start(entry.key.span.start)
    end = source.line_end(max(entry.value.span.end - 1, entry.key.span.end))
    column = entry.key.span.start - start
    del holder
    return Span(start, _with_deeper_comments(source, end, column))


def lead_start(source: Source, start: int, floor: int) -> int:
    """Return where the comments and blank lines right above the line at `start` begin, not before `floor`."""
    at = start
    while at > floor:
        above = source.line_start(at - 1)
        if above < floor or (source.text[above : at - 1].strip() and not _is_comment(source, above)):
            break
        at = above
    return at


def item_lines(source: Source, sequence: Sequence, end: int) -> tuple[Span, ...]:
    """Return the lines of each item of a block list, the comments and blank lines above each included.

    Args:
        source: The file.
        sequence: A list in block style, whose first dash stands on a line of its own.
        end: Where the lines of the whole list end.
    """
    starts = [source.line_start(dash_of(source, sequence, index)) for index in range(len(sequence.items))]
    spans: list[Span] = []
    at = lead_start(source, starts[0], _line_after(source, sequence.span.start, starts[0]))
    for index, item in enumerate(sequence.items):
        last = index == len(sequence.items) - 1
        stop = end if last else source.line_end(max(item.span.end - 1, starts[index]))
        spans.append(Span(at, stop))
        at = stop
    return tuple(spans)


def without_leading_blanks(source: Source, span: Span) -> Span:
    """Return `span` without the blank lines that it begins with."""
    start = span.start
    while start < span.end:
        stop = source.line_end(start)
        if source.text[start:stop].strip():
            break
        start = stop
    return Span(start, span.end)


def moved(source: Source, span: Span, by: int) -> list[Piece]:
    """Return the lines of `span`, indented by `by` spaces more, or less where it is negative."""
    if by == 0:
        return [Copied(span)] if span.start < span.end else []
    pieces: list[Piece] = []
    at = span.start
    while at < span.end:
        stop = min(source.line_end(at), span.end)
        if not source.text[at:stop].strip():
            pieces.append(Copied(Span(at, stop)))
        elif by > 0:
            pieces.extend((Written(" " * by), Copied(Span(at, stop))))
        else:
            spaces = len(source.text[at:stop]) - len(source.text[at:stop].lstrip(" "))
            pieces.append(Copied(Span(at + min(spaces, -by), stop)))
        at = stop
    return pieces


def laid_out(
    source: Source, span: Span, cuts: Items[tuple[Span, str]], by: int, margin: int | None = None
) -> list[Piece]:
    """Return `span` without `cuts`, each of its lines indented by `by` spaces more, or less where it is negative.

    A line that the span begins within keeps its place.

    Args:
        source: The file.
        span: Where the text is.
        cuts: What is left out of it, in order, each with what is written in its place.
        by: How many spaces more.
        margin: The indentation of all lines but the first, whatever it was; None to go by `by`.
    """
    lines: list[list[Piece]] = [[]]
    at = span.start
    for cut, written in (*cuts, (Span(span.end, span.end), "")):
        start, end = max(at, min(cut.start, span.end)), max(at, min(cut.end, span.end))
        while at < start:
            stop = min(source.line_end(at), start)
            lines[-1].append(Copied(Span(at, stop)))
            if source.text[stop - 1] == "\n":
                lines.append([])
            at = stop
        # What is written beside the span belongs to other text.
        beside = cut.start > span.end or cut.end < span.start
        for number, text in enumerate("" if beside else written.split("\n")):
            if number:
                lines[-1].append(Written("\n"))
                lines.append([])
            if text:
                lines[-1].append(Written(text))
        at = end
    begins_within = source.line_start(span.start) != span.start
    pieces: list[Piece] = []
    for number, line in enumerate(lines):
        if number or not begins_within:
            pieces.extend(_indented_by(source, line, by) if margin is None else _indented_to(source, line, margin))
        else:
            pieces.extend(line)
    return joined(pieces)


def text_of(source: Source, pieces: Items[Piece]) -> str:
    """Return the text that `pieces` make."""
    return "".join(source.cut(piece.span) if isinstance(piece, Copied) else piece.text for piece in pieces)


def joined(pieces: Items[Piece]) -> list[Piece]:
    """Return `pieces` with spans that follow each other in the file made one."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, Copied) and isinstance(last, Copied) and last.span.end == piece.span.start:
            found[-1] = Copied(Span(last.span.start, piece.span.end))
        else:
            found.append(piece)
    return found


def _indented_by(source: Source, line: Items[Piece], by: int) -> list[Piece]:
    """Return one line, indented by `by` spaces more, or less; a blank one as it is."""
    if by == 0 or not text_of(source, line).strip():
        return list(line)
    return [Written(" " * by), *line] if by > 0 else _without_spaces(source, line, -by)


def _indented_to(source: Source, line: Items[Piece], margin: int) -> list[Piece]:
    text = text_of(source, line)
    spaces = len(text) - len(text.lstrip(" "))
    return [Written(" " * margin), *_without_spaces(source, line, spaces)] if text.strip() else list(line)


def _without_spaces(source: Source, line: Items[Piece], most: int) -> list[Piece]:
    """Return one line without the spaces that it begins with, `most` at most."""
    found: list[Piece] = []
    for number, piece in enumerate(line):
        text = text_of(source, (piece,))
        lost = min(len(text) - len(text.lstrip(" ")), most)
        if isinstance(piece, Copied):
            found.append(Copied(Span(piece.span.start + lost, piece.span.end)))
        else:
            found.append(Written(piece.text[lost:]))
        most -= lost
        if lost < len(text):
            return [*found, *line[number + 1 :]]
    return found


def text_without(source: Source, span: Span, edits: Items[Edit]) -> str:
    """Return the text of `span` as it reads after the edits in it."""
    text, at = "", span.start
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        text += source.text[at : edit.start] + text_of(source, edit.pieces)
        at = edit.end
    return text + source.text[at : span.end]


def blank_lines_at_end(text: str) -> int:
    """Return how many blank lines a text ends with."""
    return max(0, len(text) - len(text.rstrip("\n")) - 1)


def without_blank_lines(source: Source, pieces: Items[Piece], below: int) -> list[Piece]:
    """Return `pieces` without those blank lines at the end that stand below as well, where there are `below`."""
    excess = min(blank_lines_at_end(text_of(source, pieces)), below)
    last = pieces[-1]
    if not excess or not isinstance(last, Copied):
        return list(pieces)
    return [*pieces[:-1], Copied(Span(last.span.start, last.span.end - excess))]


def ends_in_kept_block(text: str) -> bool:
    """Tell whether a text of YAML ends in a block scalar with `+`, to which blank lines below it would belong."""
    inside: int | None = None
    for line in reversed(text.splitlines()):
        indent = len(line) - len(line.lstrip(" "))
        if not line.strip() or (inside is not None and indent >= inside):
            continue
        if inside is not None and _KEPT_BLOCK.search(line):
            return True
        inside = indent
    return False


def column(source: Source, offset: int) -> int:
    """Return the column, from 0, of the character at `offset`."""
    return offset - source.line_start(offset)


def dash_column(source: Source, sequence: Sequence) -> int:
    """Return the column of a block list's first dash."""
    return column(source, dash_of(source, sequence, 0))


def dash_of(source: Source, sequence: Sequence, index: int) -> int:
    """Return the offset of the dash of an item: the first one behind the item before it."""
    text = source.text
    at = sequence.items[index - 1].span.end if index else behind_properties(source, sequence)
    while at < sequence.items[index].span.end:
        if text[at] == "#" and (at == 0 or text[at - 1] in " \t\n"):
            at = source.line_end(at)
        elif text[at] == "-":
            return at
        else:
            at += 1
    return sequence.items[index].span.start


def behind_properties(source: Source, node: Node) -> int:
    """Return where a node's own text begins, behind its anchor and tag."""
    if isinstance(node, Alias):
        return node.span.start
    match = _PROPERTIES.match(source.text, node.span.start)
    return match.end() if match is not None and (node.anchor or node.tag) else node.span.start


def without_comments(source: Source, node: Node) -> list[Span]:
    """Return the stretches of a node's lines that are no comment, each without the blanks that end it."""
    skipped = [one for one in comments(source.text, (Document(node, explicit=False),)) if node.span.contains(one)]
    spans: list[Span] = []
    at = node.span.start
    while at < node.span.end:
        stop = min(source.line_end(at), node.span.end)
        cut = next((one.start for one in skipped if at <= one.start < stop), stop)
        text = source.text[at:cut].rstrip()
        if text.strip():
            spans.append(Span(at, at + len(text)))
        at = stop
    return spans


def _line_after(source: Source, offset: int, limit: int) -> int:
    """Return the start of the first line of a list: the line behind its key's."""
    start = source.line_start(offset)
    if start < limit and source.text[start:offset].strip():
        return source.line_end(offset)
    while start > 0 and _is_comment_or_blank(source, source.line_start(start - 1)):
        start = source.line_start(start - 1)
    return start


def _with_deeper_comments(source: Source, end: int, column: int) -> int:
    """Go on over comment lines indented deeper than `column`, and the blank lines between them."""
    at = kept = end
    while at < len(source.text):
        stop = source.line_end(at)
        line = source.text[at:stop]
        if line.strip():
            if not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) <= column:
                break
            kept = stop
        at = stop
    return kept


def _is_comment(source: Source, start: int) -> bool:
    return source.text[start : source.line_end(start)].lstrip().startswith("#")


def _is_comment_or_blank(source: Source, start: int) -> bool:
    return _is_comment(source, start) or not source.text[start : source.line_end(start)].strip()
