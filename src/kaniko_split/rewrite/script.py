"""What does a list of script items look like, under another key and with some of its items?"""

from __future__ import annotations

from collections.abc import Sequence as Items

from msgspec import Struct, field
from msgspec.structs import replace

from kaniko_split.detect.trace import Trace
from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.gitlab.script import Section
from kaniko_split.rewrite.comments import comments_of, those_within, without, without_blanks_above
from kaniko_split.rewrite.lines import dash_column, dash_of, entry_lines, item_lines, moved, without_leading_blanks
from kaniko_split.rewrite.projection import Projection
from kaniko_split.rewrite.scalar_splitter import ScalarSplitter, scalar_splitter
from kaniko_split.rewrite.script_items import (
    CannotLayOutError,
    InseparableError,
    ItemPart,
    WrittenScript,
    written_script,
)
from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.comments import comments
from kaniko_split.tree.nodes import Entry, Mapping, Node, Scalar, Sequence


class StandIn(Struct, frozen=True, eq=False):
    """What a new job has in the place of the item that stands for a shared script.

    Attributes:
        text: The `!reference` to its part of that script.
        with_comments: Whether the comments above and beside the old item go with it.
    """

    text: str
    with_comments: bool


class ScriptText(Struct, frozen=True, eq=False):
    """A job's `script` as it is written.

    Attributes:
        written: Its statements, and the file.
        entry: The key with its value.
        lines: All lines of the entry.
        flow: Whether it is a list in brackets.
        item_spans: The lines of each item of a block list.
        dash: The column of its dashes, or where they would stand.
        column: The column that its items' own lines count from: the dashes', or the key's where it is no list.
        taken_over: The position of the item that stands for a shared script; None where there is none.
        comments: Its comments in the file, in order.
        inside: Those inside of its brackets.
        shown: Those that a list has already; each is written once.
        dropped: The statements that no list has.
        guarded: The chains that are written as conditions.
        omits: The spans of the trace's text that leave statements which stay.
    """

    written: WrittenScript
    entry: Entry
    lines: Span
    flow: bool
    item_spans: tuple[Span, ...]
    dash: int
    column: int
    taken_over: int | None = None
    comments: tuple[Span, ...] = ()
    inside: tuple[Span, ...] = ()
    shown: set[Span] = field(default_factory=set)
    dropped: frozenset[int] = frozenset()
    guarded: frozenset[int] = frozenset()
    omits: tuple[Span, ...] = ()

    @property
    def source(self) -> Source:
        """The file."""
        return self.written.source

    def block(
        self, numbers: Items[int], dash: int, part: StandIn | None = None, *, opens_loop: bool = False
    ) -> list[Piece]:
        """Return the items that hold the statements `numbers`, as lines of a list with dashes in column `dash`.

        Args:
            numbers: The statements.
            dash: The column.
            part: What is in the place of the item that stands for a shared script.
            opens_loop: Whether the body of the known loop is kept without the loop.

        Raises:
            CannotLayOutError: An item cannot be divided.
        """
        return self.lines_of(self._projection(numbers, opens_loop=opens_loop), dash, part)

    def lines_of(self, projection: Projection, dash: int, part: StandIn | None = None) -> list[Piece]:
        """Return the items that hold what stays of the script, as lines of a list with dashes in column `dash`.

        Args:
            projection: The statements that stay, at any depth.
            dash: The column.
            part: What is in the place of the item that stands for a shared script.

        Raises:
            CannotLayOutError: An item cannot be divided.
        """
        pieces: list[Piece] = []
        for one in self._parts(projection):
            if one.index == self.taken_over and part is not None:
                pieces.extend(self._stand_in(part, dash))
            elif one.is_empty:
                pieces.extend(self._comments_around(one.index, dash, first=not pieces))
            elif not one.runs and self.item_spans:
                span = self.item_spans[one.index]
                if not pieces:
                    span = without_leading_blanks(self.source, span)
                pieces.extend(moved(self.source, span, dash - self.dash))
            else:
                pieces.extend(self._divided(one, dash, first=not pieces))
        return self._with_new_comments(pieces)

    def inline(
        self,
        numbers: Items[int],
        part: StandIn | None = None,
        *,
        opens_loop: bool = False,
        separator: Piece = Written(", "),  # noqa: B008 (it cannot change)
    ) -> list[Piece]:
        """Return the items that hold the statements `numbers`, as they stand between brackets.

        Args:
            numbers: The statements.
            part: What is in the place of the item that stands for a shared script.
            opens_loop: Whether the body of the known loop is kept without the loop.
            separator: What parts two items that were no neighbours.

        Raises:
            CannotLayOutError: An item cannot be divided.
        """
        if self.inside:
            raise CannotLayOutError("flow-layout", self.inside[0].start, "there is a comment inside of its brackets")
        pieces: list[Piece] = []
        last: int | None = None
        for one in self._parts(self._projection(numbers, opens_loop=opens_loop)):
            if one.is_empty:
                continue
            texts: list[list[Piece]]
            whole = not one.runs
            if one.index == self.taken_over and part is not None:
                texts = [[Written(part.text)]]
                whole = False
            elif whole:
                texts = [[Copied(self._node(one.index).span)]]
            else:
                splitter = self._splitter(one)
                texts = [splitter.inline(run) for run in one.runs]
            for text in texts:
                if pieces:
                    neighbours = whole and last == one.index - 1
                    pieces.append(Copied(self._gap(one.index)) if neighbours else separator)
                pieces.extend(text)
            last = one.index if whole else None
        return pieces

    def in_place(self, numbers: Items[int]) -> Edit:
        """Return the edit that leaves of a script that is no list the statements `numbers`, the known loop opened.

        Raises:
            CannotLayOutError: It cannot be divided.
        """
        value = self.entry.value
        parts = self._parts(self._projection(numbers, opens_loop=True))
        splitter = self._splitter(parts[0])
        if splitter.node.style.is_block:
            return Edit(value.span.start, self.lines.end, tuple(self._with_new_comments(splitter.block(0))))
        if len(parts[0].runs) > 1:
            raise CannotLayOutError("flow-layout", value.span.start)
        return Edit(value.span.start, value.span.end, tuple(splitter.inline(parts[0].runs[0])))

    def _projection(self, numbers: Items[int], *, opens_loop: bool) -> Projection:
        return self.written.projection(numbers, self.dropped, self.guarded, omits=self.omits, opens_loop=opens_loop)

    def _parts(self, projection: Projection) -> tuple[ItemPart, ...]:
        written = self.written
        try:
            return written.parts(projection, self.taken_over)
        except InseparableError as error:
            number = written.trace.written_item_at(error.offset)
            node = written.trace.items[number].node
            raise CannotLayOutError("flow-layout", node.span.start, error.problem) from None

    def _splitter(self, part: ItemPart) -> ScalarSplitter:
        items = self.written.trace.items
        number = next(
            number for number, item in enumerate(items) if item.section is Section.SCRIPT and item.index == part.index
        )
        return scalar_splitter(self.written, number, part, self.column, has_dash=bool(self.item_spans))

    def _with_new_comments(self, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces without the comments that a list has already."""
        held = list(those_within(self.comments, pieces))
        again = [one for one in held if one in self.shown]
        self.shown.update(held)
        return without_blanks_above(self.source, without(self.source, pieces, again)) if again else pieces

    def brackets(self, numbers: Items[int], part: StandIn | None = None, *, opens_loop: bool = False) -> list[Piece]:
        """Return the items in their brackets, on several lines where they were and stay several.

        Raises:
            CannotLayOutError: An item cannot be divided.
        """
        if self.inside:
            return self._lines_in_brackets(self._projection(numbers, opens_loop=opens_loop), part)
        inside, value = self.inline(numbers, part, opens_loop=opens_loop), self.entry.value
        several = sum(isinstance(piece, Copied) and "\n" in self.source.cut(piece.span) for piece in inside)
        if not several or not isinstance(value, Sequence):
            return [Written("["), *inside, Written("]")]
        text, last = self.source.text, value.items[-1].span.end
        opening = Span(value.span.start, value.items[0].span.start)
        closing = Span(value.span.end - 1, value.span.end)
        blanks = text[last : closing.start].rstrip(" ").endswith("\n")
        tail = Span(text.rfind("\n", last, closing.start), closing.end) if blanks else closing
        return [Copied(opening), *inside, Copied(tail)]

    def _lines_in_brackets(self, projection: Projection, part: StandIn | None) -> list[Piece]:
        """Return the items in their brackets, each on its lines with the comments above and beside it.

        Raises:
            CannotLayOutError: An item has no lines of its own, or cannot be divided.
        """
        source, value = self.source, self.entry.value
        assert isinstance(value, Sequence)  # noqa: S101 (it has comments in its brackets)
        closing = source.line_start(value.span.end - 1)
        if source.text[closing : value.span.end - 1].strip():
            raise CannotLayOutError("flow-layout", self.inside[0].start, "there is a comment inside of its brackets")
        pieces: list[Piece] = []
        behind: list[Piece] = []
        for one in self._parts(projection):
            if one.is_empty or (one.index == self.taken_over and part is not None):
                raise CannotLayOutError(
                    "flow-layout", self.inside[0].start, "there is a comment inside of its brackets"
                )
            lines, node = self._lines_of_item(one.index), self._node(one.index)
            texts: list[list[Piece]] = [[Copied(node.span)]]
            if one.runs:
                splitter = self._splitter(one)
                texts = [splitter.inline(run) for run in one.runs]
            margin = Span(source.line_start(node.span.start), node.span.start)
            for number, text in enumerate(texts):
                if pieces:
                    pieces.extend((Written(","), *behind))
                above = not number and (not one.runs or one.runs[0][0] is one.units[0])
                pieces.append(Copied(Span(lines.start if above else margin.start, margin.end)))
                pieces.extend(text)
                behind = [Written("\n")]
            if not one.runs or one.runs[-1][-1] is one.units[-1]:
                behind = [Copied(Span(self._behind_comma(one.index), lines.end))]
        opening = Span(value.span.start, self._lines_of_item(0).start)
        return self._with_new_comments([Copied(opening), *pieces, *behind, Copied(Span(closing, value.span.end))])

    def _lines_of_item(self, index: int) -> Span:
        """Return the lines of an item between brackets, with the comments above it; those at the end with the last.

        Raises:
            CannotLayOutError: Other items share them.
        """
        source, value = self.source, self.entry.value
        assert isinstance(value, Sequence)  # noqa: S101 (it has items)
        node, above = value.items[index], value.items[index - 1].span.end if index else value.span.start + 1
        start, is_last = source.line_end(above), index == len(value.items) - 1
        end = source.line_start(value.span.end - 1) if is_last else source.line_end(node.span.end - 1)
        alone = not source.text[source.line_start(node.span.start) : node.span.start].strip()
        if not alone or node.span.start < start or node.span.end > end:
            raise CannotLayOutError("flow-layout", node.span.start, "there is a comment inside of its brackets")
        return Span(start, end)

    def _behind_comma(self, index: int) -> int:
        """Return where what follows an item between brackets begins, its comma left out.

        Raises:
            CannotLayOutError: The comma is on another line.
        """
        source, end = self.source, self._node(index).span.end
        rest = source.text[end : source.line_end(end - 1)]
        comma = len(rest) - len(rest.lstrip(" \t"))
        if rest[comma : comma + 1] == ",":
            return end + comma + 1
        if self.source.text[end : self.entry.value.span.end].lstrip().startswith(","):
            raise CannotLayOutError("flow-layout", end, "there is a comment inside of its brackets")
        return end

    def before_value(self) -> Span:
        """Return what stands between the key and its value: the colon, and where the value's line begins."""
        return Span(self.entry.key.span.end, self.entry.value.span.start)

    def _gap(self, index: int) -> Span:
        return Span(self._node(index - 1).span.end, self._node(index).span.start)

    def header(self) -> tuple[Span, ...]:
        """Return what follows the key on its line: the colon, and a comment beside it or behind the value."""
        end, value = self.entry.key.span.end, self.entry.value
        colon = self.source.text.find(":", end) + 1
        if isinstance(value, Sequence):
            return (Span(end, colon),) if self.flow else (Span(end, self.source.line_end(end)),)
        tail = Span(value.span.end, self.source.line_end(max(value.span.end - 1, end)))
        if isinstance(value, Scalar) and not value.style.is_block and "#" in self.source.cut(tail):
            return Span(end, colon), tail
        return (Span(end, colon),)

    def _stand_in(self, part: StandIn, dash: int) -> list[Piece]:
        """Return the line that refers to a part of the shared script, with the old item's comments once."""
        assert self.taken_over is not None  # noqa: S101 (the caller asked)
        node, lines = self._node(self.taken_over), self.item_spans[self.taken_over]
        line: list[Piece] = [Written(" " * dash + "- " + part.text)]
        if not part.with_comments:
            return [*line, Written("\n")]
        lead = without_leading_blanks(self.source, Span(lines.start, self.source.line_start(node.span.start)))
        return [*moved(self.source, lead, dash - self.dash), *line, Copied(Span(node.span.end, lines.end))]

    def _comments_around(self, index: int, dash: int, *, first: bool) -> list[Piece]:
        """Return the comments above an item of which nothing else stays, and those that end the list.

        Raises:
            CannotLayOutError: There is a comment beside it.
        """
        if not self.item_spans:
            return []
        start = self._dash_line(index)
        lead = Span(self.item_spans[index].start, start)
        end = self.source.line_end(max(self._node(index).span.end - 1, start))
        if any(Span(start, end).contains(one) for one in self.comments):
            raise CannotLayOutError("flow-layout", start, "a comment is beside a word that leaves")
        lines = [span for span in (lead, Span(end, self.item_spans[index].end)) if self.source.cut(span).strip()]
        if first and lines:
            lines[0] = without_leading_blanks(self.source, lines[0])
        return [piece for span in lines for piece in moved(self.source, span, dash - self.dash)]

    def _divided(self, part: ItemPart, dash: int, *, first: bool) -> list[Piece]:
        splitter = self._splitter(part)
        pieces = splitter.items(dash)
        if self.item_spans and part.runs[0][0] is part.units[0]:
            # The comments above the item go with its first statement, and those behind its dash go above that.
            lead = Span(self.item_spans[part.index].start, self._dash_line(part.index))
            if first:
                lead = without_leading_blanks(self.source, lead)
            pieces = [*moved(self.source, lead, dash - self.dash), *self._behind_dash(part.index, dash), *pieces]
        if self.item_spans and part.runs[-1][-1] is part.units[-1]:
            # The comments that end the list go with the last one.
            tail = Span(self.source.line_end(splitter.node.span.end - 1), self.item_spans[part.index].end)
            if tail.start < tail.end:
                pieces = [*pieces, *moved(self.source, tail, dash - self.dash)]
        return pieces

    def _dash_line(self, index: int) -> int:
        """Return where the line of an item's dash begins, which is divided."""
        value = self.entry.value
        assert isinstance(value, Sequence)  # noqa: S101 (it has items)
        return self.source.line_start(dash_of(self.source, value, index))

    def _behind_dash(self, index: int, column: int) -> list[Piece]:
        """Return the comments between an item's dash and its text, each on a line of its own in `column`."""
        value = self.entry.value
        assert isinstance(value, Sequence)  # noqa: S101 (it has items)
        between = Span(dash_of(self.source, value, index) + 1, value.items[index].span.start)
        inside = [one for one in self.comments if between.contains(one)]
        return [piece for one in inside for piece in (Written(" " * column), Copied(one), Written("\n"))]

    def _node(self, index: int) -> Node:
        value = self.entry.value
        return value.items[index] if isinstance(value, Sequence) else value


def script_text(
    file: PipelineFile, job: Mapping, entry: Entry, trace: Trace, indent: int, taken_over: int | None = None
) -> ScriptText:
    """Read the layout of a job's `script`.

    Args:
        file: The job's file.
        job: The job's mapping.
        entry: Its `script`.
        trace: Its statements.
        indent: By how much a list of this file is indented under its key, for a script that is no list.
        taken_over: The position of the item that stands for a shared script.

    Raises:
        CannotLayOutError: The layout is one that cannot be divided.
    """
    source, value = file.source, entry.value
    lines = entry_lines(source, job, entry)
    if not job.flow and source.text[lines.start : entry.key.span.start].strip():
        raise CannotLayOutError("flow-layout", entry.key.span.start)
    column = entry.key.span.start - lines.start

    written = written_script(source, trace)
    said = comments_of(written, lines, file.documents)

    def text(spans: tuple[Span, ...], dash: int, column: int) -> ScriptText:
        return ScriptText(written, entry, lines, flow, spans, dash, column, taken_over, said)

    flow = isinstance(value, Sequence) and value.flow
    if isinstance(value, Sequence) and not value.flow:
        if source.line_start(value.span.start) == lines.start and value.anchor is None:
            raise CannotLayOutError("flow-layout", value.span.start)
        spans = item_lines(source, value, lines.end)
        dash = dash_column(source, value)
        return text(spans, dash, dash)
    if isinstance(value, Sequence):
        inside = tuple(span for span in comments(source.text, file.documents) if value.span.contains(span))
        return replace(text((), column + indent, column), inside=inside)
    if not isinstance(value, Scalar):
        raise CannotLayOutError("flow-layout", value.span.start)
    return text((), column + indent, column)
