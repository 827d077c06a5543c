"""How does a part of a script's scalar read as items of a list?

A block stays a block with its own lines; of a plain or quoted text, each run of statements becomes an item in the same
style. One short command alone becomes a plain item, where YAML lets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from kaniko_split.rewrite.lines import blank_lines_at_end, laid_out, text_of, without_blank_lines
from kaniko_split.rewrite.projection import Cut
from kaniko_split.rewrite.script_items import CannotLayOutError, ItemPart, Unit, WrittenScript
from kaniko_split.rewrite.style import is_plain
from kaniko_split.shell.nodes import For, Statement, Word, nested, words_of
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Scalar, Style
from kaniko_split.tree.scalars import block_indent, value_offsets

# What may be between two statements and belongs to neither.
_BETWEEN = Pattern(r"(?:[ \t\n]*(?:;|&&|\\(?=\n)))*[ \t]*")

Run = Sequence[Unit]


class ScalarSplitter(Struct, frozen=True, eq=False):
    """Splits one scalar item of a script.

    Attributes:
        written: The script.
        node: The scalar.
        number: The item's number among the trace's items.
        part: What of it goes to the list.
        offsets: For each character of the scalar's value, its offset in the file; then the end of the last one.
        column: The column of the item's dash; of the key, for a script that is no list.
        has_dash: Whether it is an item of a block list.
    """

    written: WrittenScript
    node: Scalar
    number: int
    part: ItemPart
    offsets: tuple[int, ...]
    column: int
    has_dash: bool

    @property
    def source(self) -> Source:
        """The file."""
        return self.written.source

    @property
    def units(self) -> Sequence[Unit]:
        """All units of the item."""
        return self.part.units

    def inline(self, run: Run, by: int = 0) -> list[Piece]:
        """Return a run's text as a scalar on the item's line, in the item's own style.

        Its further lines are indented by `by` spaces more than they were.

        Raises:
            CannotLayOutError: It would mean something else to YAML.
        """
        span = self._with_comments(run)
        pieces = self._laid_out(span, by)
        if self.node.style in {Style.SINGLE, Style.DOUBLE}:
            quote = self.node.style.value
            return [Written(quote), *pieces, Written(quote)]
        if not is_plain(text_of(self.source, pieces)):
            raise CannotLayOutError("flow-layout", span.start)
        return pieces

    def items(self, dash: int) -> list[Piece]:
        """Return the runs as items of a block list whose dashes are in column `dash`, lines ended.

        Raises:
            CannotLayOutError: The item is laid out so that it cannot be divided.
        """
        if not self.node.style.is_block:
            return [piece for run in self.part.runs for piece in self._flow_item(run, dash)]
        runs = self.part.runs
        links = all(run[0].chained for run in runs[1:])
        plain = [self._plain_line(run) for run in runs] if links else [None]
        lines = [[Written(" " * dash + "- "), *line, Written("\n")] for line in plain if line is not None]
        if len(lines) == len(plain):
            return [piece for line in lines for piece in line]
        return [Written(" " * dash + "- "), *self.block(dash - self.column)]

    def _flow_item(self, run: Run, dash: int) -> Iterator[Piece]:
        yield Written(" " * dash + "- ")
        span = self._span(run)
        if self.node.style is Style.PLAIN and not is_plain(text_of(self.source, self._laid_out(span, 0))):
            yield Written(">-\n" + " " * (dash + 2))
            yield from self._laid_out(span, 0, dash + 2)
        else:
            yield from self.inline(run, dash - self.column)
        if run[-1] is self.units[-1] and self.part.keeps_end:
            yield from self.comment_beside()
        yield Written("\n")

    def comment_beside(self) -> list[Piece]:
        """Return the comment beside the end of an item that is a plain or quoted text, with the blanks before it."""
        end = self.node.span.end
        if not self.has_dash:
            return []
        line = self.source.text[end : self.source.line_end(end - 1)].rstrip("\n")
        return [Copied(Span(end, end + len(line)))] if line.strip().startswith("#") else []

    def block(self, by: int) -> list[Piece]:
        """Return the runs as one block scalar with the old one's header and its lines, each indented by `by` more.

        Raises:
            CannotLayOutError: Its first line would be indented more than the others.
        """
        runs = self.part.runs
        self._check_indent(runs)
        pieces: list[Piece] = [*self._own_header(runs), Written("\n")]
        for number, run in enumerate(runs):
            start, end, ended = self._lines(run)
            start = start if number else _behind_blanks(self.source, start, end)
            if self.source.line_start(start) != start:
                pieces.append(Written(" " * (self._indent() + by)))
                pieces.extend(self._laid_out(Span(start, end), by - self._hang(run)))
            else:
                pieces.extend(self._dedented(Span(start, end), by, self._excess(runs)))
            background = run[-1].statement.background
            if self.node.style is Style.FOLDED and number < len(runs) - 1 and not ended and not background:
                pieces.extend(self._parted(end, runs[number + 1]))
            # What leaves the end of an item may take its last line feed along.
            ends = text_of(self.source, pieces[-1:]).endswith("\n")
            if not ends or (not ended and number < len(runs) - 1):
                pieces.append(Written("\n"))
        if "+" in self._header().partition("#")[0]:
            return pieces
        return without_blank_lines(self.source, pieces, blank_lines_at_end(text_of(self.source, pieces)))

    # Places in the file.

    def place(self, span: Span) -> Span:
        """Return where in the file a span of the script's text is written, as far as it is in this item."""
        window = self.written.window(self.number)
        first = max(span.start, window.start) - window.start
        last = min(span.end, window.end) - window.start - 1
        start, end = (self.offsets[min(at, len(self.offsets) - 1)] for at in (first, last))
        quote = {Style.DOUBLE: "\\", Style.SINGLE: "'"}.get(self.node.style)
        if quote is not None and self.source.text[end] == quote:
            # One character of the value is two of the file.
            # The last offset is the end of the text.
            return Span(start, self.offsets[last + 1] if last + 2 < len(self.offsets) else self.node.span.end - 1)
        return Span(start, end + 1)

    def _span(self, run: Run) -> Span:
        return self.place(Span(run[0].span.start, run[-1].span.end))

    def _laid_out(self, span: Span, by: int, margin: int | None = None) -> list[Piece]:
        """Return a span of the file without what leaves it."""
        return laid_out(self.source, span, [self._cut(one) for one in self.part.cuts], by, margin)

    def _dedented(self, span: Span, by: int, excess: str) -> list[Piece]:
        """Return whole lines of the block without what leaves them, and without the blanks `excess` of each line."""
        if "\t" not in excess:
            return self._laid_out(span, by - len(excess))
        # The tabs come behind the spaces of the block, which stay.
        text, lines, at = self.source.text, [], span.start
        while at < span.end:
            start = at + self._indent()
            if text.startswith(excess, start):
                lines.append((Span(start, start + len(excess)), ""))
            at = self.source.line_end(at)
        cuts = sorted((*lines, *map(self._cut, self.part.cuts)), key=lambda cut: cut[0].start)
        return laid_out(self.source, span, cuts, by)

    def _cut(self, cut: Cut) -> tuple[Span, str]:
        """Return where in the file a cut is: whole lines where it is whole lines of the text."""
        window, text = self.written.window(self.number), self.written.script.text
        start, end = max(cut.start, window.start), min(cut.end, window.end)
        if cut.start < start and text.startswith("\n", end):
            # What is left of a line that began in the item before.
            end += 1
        # What is written in the place of a cut is in the item where that begins.
        margin = " " * self._indent() if self.node.style.is_block else ""
        inserted = cut.inserted.replace("\n", f"\n{margin}") if cut.start >= window.start else ""
        end = max(start, min(end, window.end))
        first, stop = (self.offsets[min(at - window.start, len(self.offsets) - 1)] for at in (start, end))
        if start == end:
            return Span(first, first), inserted
        last = self.place(Span(end - 1, end))
        block = self.node.style.is_block
        if inserted.strip():
            return Span(first, last.end - (self.source.text[last.end - 1] == "\n")), inserted
        if self._begins_line(first) and (start > window.start or block):
            if self.source.text[last.end - 1] == "\n" or (end == window.end and block):
                # Whole lines, indentation and all.
                return Span(self.source.line_start(first), self.source.line_end(last.end - 1)), inserted
            self._check_margin(Span(start, end))
            return Span(first, last.end), inserted
        # A line break that is taken out takes the indentation of the next line along.
        return Span(first, stop if self.source.text[last.end - 1] == "\n" else last.end), inserted

    def _check_margin(self, span: Span) -> None:
        """Make sure that no line of a folded block loses blanks that keep it from being folded."""
        text = self.written.script.text[span.start : span.end]
        if self.node.style is Style.FOLDED and not text.strip():
            at = self.place(span).start
            raise CannotLayOutError("flow-layout", at, "its lines are folded, and those of the loop's body not")

    def _begins_line(self, offset: int) -> bool:
        line = self.source.text[self.source.line_start(offset) : offset]
        return not line.strip() and (not self.node.style.is_block or len(line) <= self._indent())

    def _with_comments(self, run: Run) -> Span:
        """Return where a run of a quoted text is, with the shell's comments above and beside it."""
        script, window = self.written.script, self.written.window(self.number)
        text, start, end = script.text, run[0].span.start, run[-1].span.end
        floor = max((one.span.end for one in self.units if one.span.end <= start), default=-1)
        ceiling = min((one.span.start for one in self.units if one.span.start >= end), default=len(text))
        comments = [one for one in script.comments if window.contains(one)]
        for comment in comments:
            if comment.end <= start and comment.start > floor and (floor < 0 or "\n" in text[floor : comment.start]):
                start = comment.start
                break
        for comment in comments:
            beside = "\n" not in text[end : comment.start] or ceiling == len(text)
            if end <= comment.start < ceiling and beside:
                end = comment.end
        return self.place(Span(start, end))

    # Blocks.

    def _plain_line(self, run: Run) -> list[Piece] | None:
        """Return a run that is one short line, which plain YAML can hold, without a comment; None for any other."""
        unit = run[0]
        span = self._span(run)
        pieces = self._laid_out(span, 0)
        text = text_of(self.source, pieces)
        if len(run) > 1 or self._is_divided(unit):
            return None
        lead = self.source.text[self._lead(unit) : span.start]
        start, stop, ended = self._lines(run)
        behind = self.source.text[span.end : stop] if ended else ""
        mark = self.comment_beside_mark() if start == self._first_line() else ""
        if "#" in lead + behind + mark or "\n" in text.strip("\n ") or not is_plain(text.strip("\n ")):
            return None
        if unit.span in self.part.opened:
            outside = "".join(self.source.cut(cut) for cut, _ in map(self._cut, self.part.cuts))
            return None if "#" in outside else _stripped(self.source, pieces)
        return pieces if text == text.strip("\n ") else None

    def _is_divided(self, unit: Unit) -> bool:
        """Tell whether something leaves the unit, and more of it stays than the one statement of a loop's body."""
        if not any(cut.touches(unit.span) for cut in self.part.cuts):
            return False
        statement = unit.statement
        while statement.span in self.part.opened and isinstance(statement.command, For):
            if len(statement.command.body) > 1:
                return True
            statement = statement.command.body[0]
        return statement is unit.statement

    def comment_beside_mark(self) -> str:
        """Return the comment on the line of the block's `|` or `>`; it goes with the first statement."""
        return "".join(self._header().partition("#")[1:])

    def _header(self) -> str:
        return self.source.text[self.node.span.start : self.source.line_end(self.node.span.start)]

    def _first_line(self) -> int:
        return self.source.line_end(self.node.span.start)

    def _parted(self, end: int, following: Run) -> list[Piece]:
        """Return what parts a run on folded lines from the next: its own semicolon, or else a blank line."""
        text, lead = self.source.text, self._lead(following[0])
        at = end + len(text[end : self.node.span.end]) - len(text[end : self.node.span.end].lstrip())
        if text[at : at + 1] == ";" and text[at : at + 2] != ";;":
            return [Copied(Span(at, at + 1))]
        return [Written("\n")] if text[lead : self.source.line_end(lead)].strip() else []

    def _own_header(self, runs: Sequence[Run]) -> list[Piece]:
        """Return the block's mark with what is behind it; a comment there only with the first statement."""
        start, header = self.node.span.start, self._header()
        with_comment = runs[0][0] is self.units[0]
        length = len((header if with_comment else header.partition("#")[0]).rstrip())
        if self.node.style is Style.FOLDED and all(self._is_deeper(run) for run in runs):
            # Lines that are indented more than the block's first are not folded; alone they would be.
            return [Written("|"), Copied(Span(start + 1, start + length))]
        return [Copied(Span(start, start + length))]

    def _is_deeper(self, run: Run) -> bool:
        """Tell whether a run has several lines, all indented more than the block's."""
        lines = self._lines_of(run)
        return len(lines) > 1 and all(line[self._indent() :].startswith((" ", "\t")) for line in lines)

    def _check_indent(self, runs: Sequence[Run]) -> None:
        """Make sure that lines which are indented further than the block's may be the first of one."""
        # A run that begins within a line gets one of its own, at the block's indentation.
        whole = [run for run in runs if self.source.line_start(start := self._lines(run)[0]) == start]
        lines = [line for run in whole for line in self._lines_of(run)]
        excess = self._excess(runs)
        alike = all(line.startswith(" " * self._indent() + excess) for line in lines)
        if excess and (not alike or self._holds_lines(runs)):
            at = self._span(runs[0]).start
            raise CannotLayOutError("flow-layout", at, "it is indented further than the first line of its block")

    def _excess(self, runs: Sequence[Run]) -> str:
        """Return the blanks by which the first line is indented further than the block.

        Where no number says so, spaces would be lost, and not all YAML parsers accept a tab there.
        """
        line = self._lines_of(runs[0])[0][self._indent() :]
        return "" if self._says_indent() else line[: len(line) - len(line.lstrip(" \t"))]

    def _hang(self, run: Run) -> int:
        """Return by how much the further lines of a run go left with its first one, which began within a line."""
        start = self._lines(run)[0]
        further = [_spaces(line) for line in self._lines_of(run)[1:]]
        if not further or self._holds_lines((run,)):
            return 0
        return max(0, min(start - self.source.line_start(start), *further) - self._indent())

    def _says_indent(self) -> bool:
        return any(char.isdigit() for char in self._header().partition("#")[0])

    def _holds_lines(self, runs: Sequence[Run]) -> bool:
        """Tell whether a word of the runs has several lines, whose blanks are a part of it."""
        text = self.written.script.text
        statements = [unit.statement for run in runs for unit in run]
        return any("\n" in text[word.span.start : word.span.end] for word in _words(statements))

    def _lines_of(self, run: Run) -> list[str]:
        """Return the lines of a run that are not blank; one that began within a line, as if it stood alone."""
        start, end, _ = self._lines(run)
        within = self.source.line_start(start) != start
        text = (" " * self._indent() if within else "") + text_of(self.source, self._laid_out(Span(start, end), 0))
        return [line for line in text.split("\n") if line.strip()]

    def _indent(self) -> int:
        """Return by how much the block's lines are indented."""
        return _block_indent(self.source, self.node)

    def _lines(self, run: Run) -> tuple[int, int, bool]:
        """Return where a run's text begins and ends in the file, and whether its last line feed is in it."""
        start = self._lead(run[0])
        stop = self._span(run).end
        following = self._following(run[-1])
        end = self.source.line_end(self.node.span.end - 1 if following is None else stop - 1)
        behind = self.source.text[stop:end].strip()
        if self.node.style is Style.FOLDED and behind in {"", ";"}:
            # What parts two statements on one folded line ends nothing any more.
            return start, stop, False
        if following is not None and (
            following.chained or behind.endswith("\\") or self._span((following,)).start < end
        ):
            return start, stop, False
        return start, end, True

    def _following(self, unit: Unit) -> Unit | None:
        at = next(number for number, one in enumerate(self.units) if one is unit) + 1
        return self.units[at] if at < len(self.units) else None

    def _lead(self, unit: Unit) -> int:
        """Return where the comments above a unit begin, or its own first character behind another one."""
        text, own = self.source.text, self._span((unit,)).start
        at = next(number for number, one in enumerate(self.units) if one is unit)
        if at == 0:
            return self._first_line()
        stop = self._span((self.units[at - 1],)).end
        match = _BETWEEN.match(text, stop, own)
        at = match.end() if match is not None else own
        if text[at] == "\n":
            return at + 1
        if text[at] == "#":
            # Beside a command it is about that; behind `&&` it would be lost with it.
            return at if unit.chained else self.source.line_end(at)
        return min(at, own)


def scalar_splitter(
    written: WrittenScript, number: int, part: ItemPart, column: int, *, has_dash: bool
) -> ScalarSplitter:
    """Return what splits the script's item with this number, whose dash (or key) is in `column`.

    Raises:
        CannotLayOutError: The scalar's characters cannot be found in the file.
    """
    node = written.trace.items[number].node
    offsets = _offsets(written.source, node) if isinstance(node, Scalar) else None
    if not isinstance(node, Scalar) or offsets is None or node.anchor is not None or node.tag is not None:
        raise CannotLayOutError("flow-layout", node.span.start)
    return ScalarSplitter(written, node, number, part, offsets, column, has_dash)


@lru_cache(maxsize=64)
def _offsets(source: Source, node: Scalar) -> tuple[int, ...] | None:
    return value_offsets(source.text, node)


@lru_cache(maxsize=64)
def _block_indent(source: Source, node: Scalar) -> int:
    return block_indent(source.text, node) or 0


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _words(statements: Sequence[Statement]) -> Iterator[Word]:
    for statement in statements:
        yield from words_of(statement)
        for block in nested(statement):
            yield from _words(block)


def _stripped(source: Source, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces without the blanks at both ends of their text."""
    return [
        Copied(Span(piece.span.start + len(text) - len(text.lstrip()), piece.span.start + len(text.rstrip())))
        for piece in pieces
        if isinstance(piece, Copied) and (text := source.cut(piece.span)).strip()
    ]


def _behind_blanks(source: Source, start: int, end: int) -> int:
    while start < end:
        stop = source.line_end(start)
        if source.text[start:stop].strip():
            break
        start = stop
    return start
