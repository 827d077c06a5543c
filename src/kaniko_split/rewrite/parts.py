"""Which part of a script item goes to which list, and what text stands for it there?

An item whose statements all go the same way moves as it is. One whose statements part is divided inside its
scalar: a block stays a block with its own lines, a chain's links become items of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kaniko_split.detect.trace import Step, Trace
from kaniko_split.gitlab.script import Section
from kaniko_split.rewrite.lines import moved
from kaniko_split.rewrite.style import is_plain
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Node, Scalar, Style
from kaniko_split.tree.scalars import value_offsets


class CannotLayOutError(Exception):
    """The text is laid out so that it cannot be divided without writing it anew."""

    def __init__(self, code: str, offset: int, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.offset = offset
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Part:
    """What of one item goes to one list.

    Attributes:
        index: The item's position in the script's list.
        runs: Its statements, in runs of neighbours; empty where the whole item goes.
    """

    index: int
    runs: tuple[tuple[Step, ...], ...] = ()


def parts_for(trace: Trace, numbers: Iterable[int]) -> tuple[Part, ...]:
    """Return the parts of the script's items that hold the statements `numbers`, in order.

    Raises:
        CannotLayOutError: A `!reference` would have to be divided.
    """
    wanted = set(numbers)
    of_item: dict[int, list[Step]] = {}
    nodes: dict[int, Node] = {}
    for item_number, item in enumerate(trace.items):
        if item.section is Section.SCRIPT:
            of_item.setdefault(item.index, []).extend(step for step in trace.steps if step.item == item_number)
            nodes[item.index] = item.node
    parts: list[Part] = []
    silent: list[int] = []
    last_index = max(of_item, default=0)
    for index, steps in of_item.items():
        chosen = [step for step in steps if step.number in wanted]
        if not steps:
            # An item without a statement (a comment of the shell) goes with the next one, or the one before.
            if index == last_index and parts and parts[-1].index == index - 1 - len(silent):
                parts.extend(Part(one) for one in (*silent, index))
            silent.append(index)
            continue
        if chosen:
            parts.extend(Part(one) for one in silent)
            if len(chosen) == len(steps):
                parts.append(Part(index))
            elif not isinstance(nodes[index], Scalar):
                raise CannotLayOutError("script-inherited", nodes[index].span.start, "its parts go to several jobs")
            else:
                parts.append(Part(index, _runs(chosen)))
        silent = []
    return tuple(parts)


def _runs(steps: Sequence[Step]) -> tuple[tuple[Step, ...], ...]:
    runs: list[list[Step]] = []
    for step in steps:
        if runs and runs[-1][-1].number == step.number - 1:
            runs[-1].append(step)
        else:
            runs.append([step])
    return tuple(tuple(run) for run in runs)


@dataclass(frozen=True, slots=True)
class Divider:
    """Divides one scalar item of a script.

    Attributes:
        source: The file.
        node: The scalar.
        trace: The script's statements.
        item: The item's number among the trace's items.
        steps: All statements of the item.
        offsets: For each character of the scalar's value, its offset in the file.
        column: The column of the item's dash; of the key, for a script that is no list.
    """

    source: Source
    node: Scalar
    trace: Trace
    item: int
    steps: tuple[Step, ...]
    offsets: tuple[int, ...]
    column: int

    def inline(self, run: Sequence[Step]) -> list[Piece]:
        """Return a run's text as a scalar on the item's line, in the item's own style where that will do."""
        span = self._span(run)
        if self.node.style in {Style.SINGLE, Style.DOUBLE}:
            quote = self.node.style.value
            return [Written(quote), Copied(span), Written(quote)]
        if not is_plain(self.source.cut(span)):
            raise CannotLayOutError("flow-layout", span.start)
        return [Copied(span)]

    def items(self, runs: Sequence[Sequence[Step]], dash: int) -> list[Piece]:
        """Return the runs as items of a block list whose dashes stand in column `dash`, lines ended."""
        if not self.node.style.is_block:
            pieces: list[Piece] = []
            for run in runs:
                pieces.append(Written(" " * dash + "- "))
                if self.node.style is Style.PLAIN and not is_plain(self.source.cut(self._span(run))):
                    pieces.extend((Written(">-\n" + " " * (dash + 2)), Copied(self._span(run))))
                else:
                    pieces.extend(self.inline(run))
                pieces.append(Written("\n"))
            return pieces
        header = self.source.text[self.node.span.start : self.source.line_end(self.node.span.start)]
        if "#" in header:
            raise CannotLayOutError("flow-layout", self.node.span.start, "there is a comment beside its `|` or `>`")
        if len(runs) == 1 and len(runs[0]) == 1 and self._stands_alone(runs[0][0]):
            return [Written(" " * dash + "- "), Copied(self._span(runs[0])), Written("\n")]
        return self._block(runs, dash)

    def holds_nothing_but(self, span: Span) -> bool:
        """Tell whether nothing else stands in the block: no other command, and no comment."""
        text = self.source.text
        before = text[self.source.line_end(self.node.span.start) : span.start]
        return not before.strip() and not text[span.end : self.node.span.end].strip()

    def _span(self, run: Sequence[Step]) -> Span:
        return self.place(Span(run[0].span.start, run[-1].span.end))

    def place(self, span: Span) -> Span:
        """Return where in the file a span of the trace's text is written."""
        return self.placed(*(self.trace.offset_in(self.item, at) for at in (span.start, span.end - 1)))

    def placed(self, first: int, last: int) -> Span:
        """Return where in the file the item's text is written, from its character `first` to `last`."""
        start, end = (self.offsets[min(at, len(self.offsets) - 1)] for at in (first, last))
        quote = {Style.DOUBLE: "\\", Style.SINGLE: "'"}.get(self.node.style)
        if quote is not None and self.source.text[end] == quote:
            # One character of the value is two of the file.
            return Span(start, self.offsets[last + 1] if last + 1 < len(self.offsets) else self.node.span.end - 1)
        return Span(start, end + 1)

    def _stands_alone(self, step: Step) -> bool:
        """Tell whether a statement is one short line that plain YAML can hold, without a comment."""
        text = self.source.cut(self._span((step,)))
        lead = self.source.text[self._lead(step) : self._span((step,)).start]
        line_end = self.source.line_end(self._span((step,)).end - 1)
        behind = self.source.text[self._span((step,)).end : line_end]
        return "\n" not in text and "#" not in lead and "#" not in behind and is_plain(text)

    def _block(self, runs: Sequence[Sequence[Step]], dash: int) -> list[Piece]:
        """Return the runs as one block scalar with the old one's header and its lines."""
        header = self.source.text[self.node.span.start : self.source.line_end(self.node.span.start)]
        if "+" in header:
            raise CannotLayOutError("flow-layout", self.node.span.start, "its block keeps blank lines (`+`)")
        bare = header.partition(" #")[0].rstrip()
        header_span = Span(self.node.span.start, self.node.span.start + len(bare))
        pieces: list[Piece] = [Written(" " * dash + "- "), Copied(header_span), Written("\n")]
        first = True
        for run in runs:
            start, end, ended = self._lines(run)
            if first:
                start = _behind_blanks(self.source, start, end)
            if self.source.line_start(start) != start:
                pieces.append(Written(" " * (self._indent() + dash - self.column)))
                start_of_rest = min(self.source.line_end(start), end)
                pieces.append(Copied(Span(start, start_of_rest)))
                start = start_of_rest
            pieces.extend(moved(self.source, Span(start, end), dash - self.column))
            if not ended:
                pieces.append(Written("\n"))
            first = False
        return pieces

    def _indent(self) -> int:
        """Return by how much the block's lines are indented."""
        return self.offsets[0] - self.source.line_start(self.offsets[0])

    def _lines(self, run: Sequence[Step]) -> tuple[int, int, bool]:
        """Return where a run's text begins and ends in the file, and whether its last line feed is in it."""
        start = self._lead(run[0])
        stop = self._span(run).end
        following = next((step for step in self.steps if step.number == run[-1].number + 1), None)
        if following is None:
            return start, self.source.line_end(self.node.span.end - 1), True
        line_end = self.source.line_end(stop - 1)
        if following.chained or self._span((following,)).start < line_end:
            return start, stop, False
        return start, line_end, True

    def _lead(self, step: Step) -> int:
        """Return where the comments above a statement begin, or its own first character behind another one."""
        own = self._span((step,)).start
        before = next((one for one in self.steps if one.number == step.number - 1), None)
        if before is None:
            return self.source.line_end(self.node.span.start)
        behind = self.source.line_end(self._span((before,)).end - 1)
        return min(behind, own)


def divider(source: Source, trace: Trace, index: int, column: int) -> Divider:
    """Return what divides the script's item at `index`, whose dash (or key) stands in `column`.

    Raises:
        CannotLayOutError: The scalar's characters cannot be found in the file.
    """
    number = next(
        number for number, item in enumerate(trace.items) if item.section is Section.SCRIPT and item.index == index
    )
    node = trace.items[number].node
    offsets = value_offsets(source.text, node) if isinstance(node, Scalar) else None
    if not isinstance(node, Scalar) or offsets is None or node.anchor is not None or node.tag is not None:
        raise CannotLayOutError("flow-layout", node.span.start)
    steps = tuple(step for step in trace.steps if step.item == number)
    return Divider(source, node, trace, number, steps, offsets, column)


def _behind_blanks(source: Source, start: int, end: int) -> int:
    while start < end:
        stop = source.line_end(start)
        if source.text[start:stop].strip():
            break
        start = stop
    return start
