"""How does an item read that holds a condition or group around some of its statements, and not around others?

Each list gets `if ...; then` and `fi` around its own statements, as they are written. The comments beside and above
these words go with the first list that has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kaniko_split.detect.frames import Frame
from kaniko_split.detect.trace import Step
from kaniko_split.rewrite.lines import moved
from kaniko_split.rewrite.parts import CannotLayOutError, Divider
from kaniko_split.rewrite.style import is_plain
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span
from kaniko_split.tree.nodes import Style

_OPENS = Pattern(r"\b(?:then|else)\b|[{(]")
_PARTS = Pattern(r"\b(?:elif|else)\b")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Atom:
    """A statement, or a word that stands around statements.

    Attributes:
        span: Where it stands in the trace's text.
        step: The statement; None for a word of the frame.
        frame: The frame that it belongs to.
        branch: The branch that it stands in or opens; one past the last for the word that closes the frame.
    """

    span: Span
    step: Step | None
    frame: Frame | None
    branch: int


def has_frames(cutter: Divider) -> bool:
    """Tell whether the item holds a condition or group that is divided."""
    return any(step.frame is not None for step in cutter.steps)


def framed_items(
    cutter: Divider,
    runs: Sequence[Sequence[Step]],
    dash: int,
    told: set[Span],
    dropped: frozenset[int] = frozenset(),
) -> list[Piece]:
    """Return the statements of `runs`, with what stands around them, as one item of a list, lines ended.

    Args:
        cutter: The item.
        runs: The statements that are wanted.
        dash: The column of the list's dashes.
        told: Which comments have been written already; those written now are added.
        dropped: The statements that no list has.

    Raises:
        CannotLayOutError: The item is laid out so that it cannot be divided.
    """
    if not cutter.node.style.is_block:
        ends = runs[-1][-1] is cutter.steps[-1]
        text = framed_inline(cutter, runs, dash - cutter.column)
        return [Written(" " * dash + "- "), *text, *(cutter.comment_beside() if ends else []), Written("\n")]
    source = cutter.source
    header = source.text[cutter.node.span.start : source.line_end(cutter.node.span.start)]
    if "#" in header or "+" in header:
        raise CannotLayOutError("flow-layout", cutter.node.span.start, "there is more than `|` or `>` above it")
    head = Span(cutter.node.span.start, cutter.node.span.start + len(header.rstrip()))
    pieces: list[Piece] = [Written(" " * dash + "- "), Copied(head), Written("\n")]
    by = dash - cutter.column
    atoms = _atoms(cutter)
    wanted = _wanted(cutter, atoms, runs)
    before: int | None = None
    line_open = False
    for number, atom in enumerate(atoms):
        if number not in wanted:
            continue
        start, end = _territory(cutter, atoms, number)
        fresh_line = source.line_start(start) == start
        if line_open and fresh_line:
            pieces[-1:] = [*_without_blanks_behind(cutter, pieces[-1]), Written("\n")]
        if before is None or (before != number - 1 and atoms[before].step is None):
            # Blank lines below `then` stood there for what is left out.
            start = _behind_blanks(cutter, start, end) if fresh_line else cutter.place(atom.span).start
        # What stands above and beside `fi` goes with the last statement, where any list has that.
        closes = atom.frame is not None and atom.branch == len(atom.frame.branches)
        if not fresh_line and not line_open:
            pieces.append(Written(" " * (_indent(cutter) + by)))
            start = cutter.place(_closing_word(atom.span, atom.frame) if closes and atom.frame else atom.span).start
        last = atoms[number - 1].step if closes else None
        quiet = closes and number - 1 not in wanted and (last is None or last.number not in dropped)
        for span in _untold(cutter, atom, Span(start, end), told, quiet=quiet):
            if source.line_start(span.start) == span.start:
                pieces.extend(moved(source, span, by))
            else:
                pieces.extend(_moved_behind_first(cutter, span, by))
        line_open = source.text[end - 1] != "\n"
        before = number
    if line_open:
        pieces.append(Written("\n"))
    return pieces


def framed_inline(cutter: Divider, runs: Sequence[Sequence[Step]], by: int = 0) -> list[Piece]:
    """Return the statements of `runs`, with what stands around them, as a scalar on the item's line.

    Its further lines are indented by `by` spaces more than they were.

    Raises:
        CannotLayOutError: The item is laid out so that it cannot be divided.
    """
    trace, source = cutter.trace, cutter.source
    if any(trace.item_at(comment.start) == cutter.item for comment in trace.script.comments):
        raise CannotLayOutError("flow-layout", cutter.node.span.start, "a comment stands in its text")
    atoms = _atoms(cutter)
    wanted = sorted(_wanted(cutter, atoms, runs))
    pieces: list[Piece] = []
    for before, number in zip([None, *wanted], wanted, strict=False):
        atom = atoms[number]
        # A frame's own words hold what parts them from its statements; what stands beside a frame is parted from it.
        within = before is not None and atom.frame is not None and atoms[before].frame is atom.frame
        glued = within and before is not None and (atoms[before].step is None or atom.step is None)
        start = atoms[number - 1].span.end if before is not None and not glued else atom.span.start
        pieces.extend(_with_its_lines(cutter, cutter.place(Span(start, atom.span.end)), by))
    if cutter.node.style in {Style.SINGLE, Style.DOUBLE}:
        quote = cutter.node.style.value
        return [Written(quote), *pieces, Written(quote)]
    text = "".join(source.cut(piece.span) for piece in pieces if isinstance(piece, Copied))
    if not is_plain(" ".join(text.split())):
        raise CannotLayOutError("flow-layout", cutter.node.span.start)
    return pieces


def _with_its_lines(cutter: Divider, span: Span, by: int) -> list[Piece]:
    """Return a part of a scalar with its line breaks, also one at its end, where the next part begins a line."""
    source = cutter.source
    head, broken, blanks = source.cut(span).rpartition("\n")
    if not broken or blanks.strip():
        return _moved_behind_first(cutter, span, by)
    # Of a folded line break only the first character counts as the text's.
    line = source.text[span.end - len(blanks) : source.line_end(span.end)]
    last = Written("\n" + " " * max(len(line) - len(line.lstrip(" ")) + by, 0))
    return [*_moved_behind_first(cutter, Span(span.start, span.start + len(head)), by), last]


def _atoms(cutter: Divider) -> list[_Atom]:
    """Return the statements of the item and the words around them, in order."""
    atoms: list[_Atom] = []
    steps = cutter.steps
    for number, step in enumerate(steps):
        if step.chained:
            raise CannotLayOutError("flow-layout", cutter.node.span.start, "a chain stands beside its condition")
        before = steps[number - 1] if number else None
        frame = step.frame
        if frame is not None and (before is None or before.frame is not frame):
            atoms.append(_Atom(_opening(cutter, frame.statement.span.start, step.span.start), None, frame, 0))
        elif frame is not None and before is not None and before.branch != step.branch:
            start = _parting(cutter, before.span.end, step.span.start)
            atoms.append(_Atom(_opening(cutter, start, step.span.start), None, frame, step.branch))
        atoms.append(_Atom(step.span, step, frame, step.branch))
        following = steps[number + 1] if number + 1 < len(steps) else None
        if frame is not None and (following is None or following.frame is not frame):
            atoms.append(_Atom(_closing(cutter, step.span.end, frame), None, frame, len(frame.branches)))
    return atoms


def _opening(cutter: Divider, start: int, stop: int) -> Span:
    """Return the words from `start` to the one before the statement at `stop`; on its line, with the blanks there."""
    text = _without_comments(cutter, start, stop)
    found = list(_OPENS.finditer(text))
    if not found:
        raise CannotLayOutError("flow-layout", cutter.node.span.start)
    end = start + found[-1].end()
    beside = "\n" not in text[found[-1].end() :] or not cutter.node.style.is_block
    return Span(start, stop if beside and _same_line(cutter, end, stop) else end)


def _parting(cutter: Divider, start: int, stop: int) -> int:
    found = _PARTS.search(_without_comments(cutter, start, stop))
    if found is None:
        raise CannotLayOutError("flow-layout", cutter.node.span.start)
    at = start + found.start()
    return start if _same_line(cutter, start, at) else at


def _closing(cutter: Divider, start: int, frame: Frame) -> Span:
    """Return `fi` or the brace; on the last statement's line, with what stands between them."""
    word = _closing_word(frame.statement.span, frame)
    return Span(start if _same_line(cutter, start, word.start) else word.start, word.end)


def _closing_word(span: Span, frame: Frame) -> Span:
    """Return the `fi` or the brace that a text ends with."""
    return Span(span.end - (2 if any(frame.conditions) else 1), span.end)


def _same_line(cutter: Divider, start: int, stop: int) -> bool:
    """Tell whether nothing parts the two but blanks on one line; in a flow scalar lines do not count."""
    if not cutter.node.style.is_block:
        return True
    return "\n" not in cutter.source.cut(cutter.place(Span(max(start - 1, 0), stop)))


def _without_comments(cutter: Divider, start: int, stop: int) -> str:
    """Return the text with blanks in the place of comments, as long as it was."""
    text = cutter.trace.script.text
    for comment in cutter.trace.script.comments:
        if start <= comment.start and comment.end <= stop:
            text = text[: comment.start] + " " * (comment.end - comment.start) + text[comment.end :]
    return text[start:stop]


def _wanted(cutter: Divider, atoms: Sequence[_Atom], runs: Sequence[Sequence[Step]]) -> set[int]:
    """Return the numbers of the atoms that stand for `runs`: their statements, and the words around them."""
    chosen = {step.number for run in runs for step in run}
    wanted = {number for number, atom in enumerate(atoms) if atom.step is not None and atom.step.number in chosen}
    held = {id(atoms[number].frame): set[int]() for number in wanted}
    for number in wanted:
        held[id(atoms[number].frame)].add(atoms[number].branch)
    for number, atom in enumerate(atoms):
        branches = held.get(id(atom.frame))
        if atom.step is not None or atom.frame is None or branches is None:
            continue
        if atom.branch == len(atom.frame.branches) or atom.branch in branches:
            wanted.add(number)
        elif atom.branch < max(branches):
            at = cutter.place(atom.span).start
            raise CannotLayOutError("build-in-control-flow", at, "a branch of it would be left with nothing in it")
    return wanted


def _territory(cutter: Divider, atoms: Sequence[_Atom], number: int) -> tuple[int, int]:
    """Return where in the file the text of an atom begins and ends: its comments with it, and whole lines if it can."""
    source = cutter.source
    own = cutter.place(atoms[number].span)
    start = source.line_end(cutter.node.span.start)
    if number:
        start = min(_end(cutter, atoms, number - 1), own.start)
    return start, _end(cutter, atoms, number)


def _end(cutter: Divider, atoms: Sequence[_Atom], number: int) -> int:
    source = cutter.source
    own = cutter.place(atoms[number].span)
    line_end = source.line_end(own.end - 1)
    if number + 1 == len(atoms):
        return source.line_end(cutter.node.span.end - 1)
    following = cutter.place(atoms[number + 1].span)
    return line_end if following.start >= line_end else own.end


def _untold(cutter: Divider, atom: _Atom, span: Span, told: set[Span], *, quiet: bool) -> Iterator[Span]:
    """Yield the parts of `span` but for the comments that another list has already, or all of them if `quiet`."""
    source = cutter.source
    places = [cutter.place(one) for one in cutter.trace.script.comments if _is_here(cutter, one)]
    inside = [place for place in places if span.start <= place.start < span.end]
    own = cutter.place(atom.span)
    cuts = [place for place in inside if (quiet or place in told) and (atom.step is None or not own.contains(place))]
    told.update(place for place in inside if place not in cuts)
    at = span.start
    for place in cuts:
        line_start = source.line_start(place.start)
        if not source.text[line_start : place.start].strip():
            if at < line_start:
                yield Span(at, line_start)
            at = source.line_end(place.end - 1)
            continue
        stop = len(source.text[: place.start].rstrip(" \t"))
        if at < stop:
            yield Span(at, stop)
        at = place.end
    if at < span.end:
        yield Span(at, span.end)


def _is_here(cutter: Divider, comment: Span) -> bool:
    return cutter.trace.item_at(comment.start) == cutter.item


def _behind_blanks(cutter: Divider, start: int, end: int) -> int:
    source = cutter.source
    while start < end and not source.text[start : source.line_end(start)].strip():
        start = source.line_end(start)
    return start


def _moved_behind_first(cutter: Divider, span: Span, by: int) -> list[Piece]:
    """Return a text that begins within a line, its further lines moved."""
    stop = min(cutter.source.line_end(span.start), span.end)
    return [Copied(Span(span.start, stop)), *moved(cutter.source, Span(stop, span.end), by)]


def _without_blanks_behind(cutter: Divider, piece: Piece) -> list[Piece]:
    """Return what opens a frame without the blanks that parted it from a statement on its line."""
    if not isinstance(piece, Copied):
        return [piece]
    length = len(cutter.source.cut(piece.span).rstrip(" "))
    return [Copied(Span(piece.span.start, piece.span.start + length))]


def _indent(cutter: Divider) -> int:
    return cutter.offsets[0] - cutter.source.line_start(cutter.offsets[0])
