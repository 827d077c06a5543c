"""Which part of a script item goes to which list, and what text stands for it there?

An item whose statements all go the same way moves as it is. One whose statements part is divided inside its
scalar: a block stays a block with its own lines, a chain's links become items of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kaniko_split.detect.trace import Step, Trace
from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.gitlab.script import Section
from kaniko_split.rewrite.lines import moved, moved_behind_first
from kaniko_split.rewrite.style import is_plain
from kaniko_split.shell.nodes import Word, nested, words_of
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Node, Scalar, Style
from kaniko_split.tree.scalars import block_indent, value_offsets

# What may stand between two statements and belongs to neither.
_BETWEEN = Pattern(r"(?:[ \t\n]*(?:;|&&|\\(?=\n)))*[ \t]*")


class CannotLayOutError(Exception):
    """The text is laid out so that it cannot be divided without writing it anew.

    `file` is the one that `offset` counts in; None until whoever knows it has said so.
    """

    def __init__(self, code: str, offset: int, detail: str = "") -> None:
        super().__init__(detail)
        self.file: PipelineFile | None = None
        self.code = code
        self.offset = offset
        self.detail = detail


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Part:
    """What of one item goes to one list.

    Attributes:
        index: The item's position in the script's list.
        runs: Its statements, in runs of neighbours; empty where the whole item goes.
    """

    index: int
    runs: tuple[tuple[Step, ...], ...] = ()


def parts_for(trace: Trace, numbers: Iterable[int], taken_over: int | None = None) -> tuple[Part, ...]:
    """Return the parts of the script's items that hold the statements `numbers`, in order.

    Args:
        trace: All statements.
        numbers: Those that are wanted.
        taken_over: The item that stands for a shared script, which is divided elsewhere.

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
            if len(chosen) == len(steps) or index == taken_over:
                parts.append(Part(index))
            elif not isinstance(nodes[index], Scalar):
                raise CannotLayOutError("script-inherited", nodes[index].span.start, "its parts go to several jobs")
            else:
                parts.append(Part(index, _runs(chosen, _divided_chains(steps, wanted))))
        silent = []
    return tuple(parts)


def _divided_chains(steps: Sequence[Step], wanted: set[int]) -> frozenset[int]:
    """Return the links, by number, of the chains of which not every link is wanted."""
    chains: list[list[int]] = []
    for step in steps:
        if step.chained and chains:
            chains[-1].append(step.number)
        else:
            chains.append([step.number])
    return frozenset(number for chain in chains if not wanted.issuperset(chain) for number in chain)


def _runs(steps: Sequence[Step], divided: frozenset[int]) -> tuple[tuple[Step, ...], ...]:
    runs: list[list[Step]] = []
    for step in steps:
        # The links of a chain that was divided are statements of their own.
        if runs and runs[-1][-1].number == step.number - 1 and not (step.chained and step.number in divided):
            runs[-1].append(step)
        else:
            runs.append([step])
    return tuple(tuple(run) for run in runs)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
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

    def inline(self, run: Sequence[Step], by: int = 0) -> list[Piece]:
        """Return a run's text as a scalar on the item's line, in the item's own style where that will do.

        Its further lines are indented by `by` spaces more than they were.
        """
        span = self._with_comments(run)
        pieces = moved_behind_first(self.source, span, by)
        if self.node.style in {Style.SINGLE, Style.DOUBLE}:
            quote = self.node.style.value
            return [Written(quote), *pieces, Written(quote)]
        if not is_plain(self.source.cut(span)):
            raise CannotLayOutError("flow-layout", span.start)
        return pieces

    def items(self, runs: Sequence[Sequence[Step]], dash: int) -> list[Piece]:
        """Return the runs as items of a block list whose dashes stand in column `dash`, lines ended."""
        if not self.node.style.is_block:
            pieces: list[Piece] = []
            for run in runs:
                pieces.append(Written(" " * dash + "- "))
                if self.node.style is Style.PLAIN and not is_plain(self.source.cut(self._span(run))):
                    pieces.append(Written(">-\n" + " " * (dash + 2)))
                    pieces.extend(_indented(self.source, self._span(run), dash + 2))
                else:
                    pieces.extend(self.inline(run, dash - self.column))
                if run[-1] is self.steps[-1]:
                    pieces.extend(self.comment_beside())
                pieces.append(Written("\n"))
            return pieces
        links = all(run[0].chained for run in runs[1:])
        if links and all(len(run) == 1 and self._stands_alone(run[0]) for run in runs):
            lines = [(Written(" " * dash + "- "), Copied(self._span(run)), Written("\n")) for run in runs]
            return [piece for line in lines for piece in line]
        return self._block(runs, dash)

    def comment_beside(self) -> list[Piece]:
        """Return the comment beside the end of an item that is a plain or quoted text, with the blanks before it."""
        start, end = self.node.span.start, self.node.span.end
        if not self.source.text[self.source.line_start(start) : start].lstrip().startswith("-"):
            return []
        line = self.source.text[end : self.source.line_end(end - 1)].rstrip("\n")
        return [Copied(Span(end, end + len(line)))] if line.strip().startswith("#") else []

    def _with_comments(self, run: Sequence[Step]) -> Span:
        """Return where a run of a quoted text stands, with the shell's comments above and beside it."""
        text, start, end = self.trace.script.text, run[0].span.start, run[-1].span.end
        floor = max((one.span.end for one in self.steps if one.number < run[0].number), default=-1)
        ceiling = min((one.span.start for one in self.steps if one.number > run[-1].number), default=len(text))
        for comment in self.trace.script.comments:
            if self.trace.item_at(comment.start) != self.item:
                continue
            if comment.end <= start and comment.start > floor and (floor < 0 or "\n" in text[floor : comment.start]):
                start = comment.start
                break
        for comment in self.trace.script.comments:
            beside = "\n" not in text[end : comment.start] or ceiling == len(text)
            if end <= comment.start < ceiling and beside and self.trace.item_at(comment.start) == self.item:
                end = comment.end
        return self.place(Span(start, end))

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
            # The last offset stands for the end of the text.
            return Span(start, self.offsets[last + 1] if last + 2 < len(self.offsets) else self.node.span.end - 1)
        return Span(start, end + 1)

    def _stands_alone(self, step: Step) -> bool:
        """Tell whether a statement is one short line that plain YAML can hold, without a comment."""
        text = self.source.cut(self._span((step,)))
        lead = self.source.text[self._lead(step) : self._span((step,)).start]
        start, stop, ended = self._lines((step,))
        behind = self.source.text[self._span((step,)).end : stop] if ended else ""
        beside = self.comment_beside_mark() if start == self._first_line() else ""
        return "\n" not in text and "#" not in lead + behind + beside and is_plain(text)

    def comment_beside_mark(self) -> str:
        """Return the comment on the line of the block's `|` or `>`; it goes with the first statement."""
        return "".join(self._header().partition("#")[1:])

    def _header(self) -> str:
        return self.source.text[self.node.span.start : self.source.line_end(self.node.span.start)]

    def _first_line(self) -> int:
        return self.source.line_end(self.node.span.start)

    def _block(self, runs: Sequence[Sequence[Step]], dash: int) -> list[Piece]:
        """Return the runs as one block scalar with the old one's header and its lines."""
        self._check_indent(runs)
        pieces: list[Piece] = [Written(" " * dash + "- "), *self._own_header(runs), Written("\n")]
        by = dash - self.column
        for number, run in enumerate(runs):
            start, end, ended = self._lines(run)
            start = start if number else _behind_blanks(self.source, start, end)
            if self.source.line_start(start) != start:
                pieces.append(Written(" " * (self._indent() + by)))
                pieces.extend(moved_behind_first(self.source, Span(start, end), by - self._hang(run)))
            else:
                pieces.extend(moved(self.source, Span(start, end), by - self._excess(runs)))
            parts = run[-1].statement.background
            if self.node.style is Style.FOLDED and number < len(runs) - 1 and not ended and not parts:
                pieces.extend(self._parted(end))
            if not ended:
                pieces.append(Written("\n"))
        return pieces

    def _parted(self, end: int) -> list[Piece]:
        """Return what parts a run on folded lines from the next: its own semicolon, or else a blank line."""
        text = self.source.text
        at = end + len(text[end : self.node.span.end]) - len(text[end : self.node.span.end].lstrip())
        alone = text[at : at + 1] == ";" and text[at : at + 2] != ";;"
        return [Copied(Span(at, at + 1))] if alone else [Written("\n")]

    def _own_header(self, runs: Sequence[Sequence[Step]]) -> list[Piece]:
        """Return the block's mark with what stands behind it; a comment there only with the first statement."""
        start, header = self.node.span.start, self._header()
        with_comment = runs[0][0] is self.steps[0]
        length = len((header if with_comment else header.partition("#")[0]).rstrip())
        if self.node.style is Style.FOLDED and all(self._is_deeper(run) for run in runs):
            # Lines that are indented more than the block's first are not folded; alone they would be.
            return [Written("|"), Copied(Span(start + 1, start + length))]
        return [Copied(Span(start, start + length))]

    def _is_deeper(self, run: Sequence[Step]) -> bool:
        """Tell whether a run has several lines, all indented more than the block's."""
        lines = self._lines_of(run)
        return len(lines) > 1 and all(line.startswith(" " * (self._indent() + 1)) for line in lines)

    def _check_indent(self, runs: Sequence[Sequence[Step]]) -> None:
        """Make sure that lines which are indented further than the block's may be the first of one."""
        lines = [line for run in runs for line in self._lines_of(run)]
        excess = self._excess(runs)
        alike = all(line.startswith(" " * (self._indent() + excess)) for line in lines)
        tab = lines[0].lstrip(" ").startswith("\t") and not self._says_indent()
        if tab or (excess and not alike) or (excess and self._holds_lines(runs)):
            at = self._span(runs[0]).start
            raise CannotLayOutError("flow-layout", at, "it is indented further than the first line of its block")

    def _excess(self, runs: Sequence[Sequence[Step]]) -> int:
        """Return by how much the first line is indented further than the block; where no number says so, it is lost."""
        return 0 if self._says_indent() else _spaces(self._lines_of(runs[0])[0]) - self._indent()

    def _hang(self, run: Sequence[Step]) -> int:
        """Return by how much the further lines of a run go left with its first one, which began within a line."""
        start = self._lines(run)[0]
        further = [_spaces(line) for line in self._lines_of(run)[1:]]
        if not further or self._holds_lines((run,)):
            return 0
        return max(0, min(start - self.source.line_start(start), *further) - self._indent())

    def _says_indent(self) -> bool:
        return any(char.isdigit() for char in self._header().partition("#")[0])

    def _holds_lines(self, runs: Iterable[Sequence[Step]]) -> bool:
        """Tell whether a word of the runs has several lines, whose blanks are a part of it."""
        text = self.trace.script.text
        return any("\n" in text[word.span.start : word.span.end] for word in _words(runs))

    def _lines_of(self, run: Sequence[Step]) -> list[str]:
        """Return the lines of a run that are not blank; one that began within a line, as if it stood alone."""
        start, end, _ = self._lines(run)
        within = self.source.line_start(start) != start
        text = (" " * self._indent() if within else "") + self.source.text[start:end]
        return [line for line in text.split("\n") if line.strip()]

    def _indent(self) -> int:
        """Return by how much the block's lines are indented."""
        return block_indent(self.source.text, self.node) or 0

    def _lines(self, run: Sequence[Step]) -> tuple[int, int, bool]:
        """Return where a run's text begins and ends in the file, and whether its last line feed is in it."""
        start = self._lead(run[0])
        stop = self._span(run).end
        following = next((step for step in self.steps if step.number == run[-1].number + 1), None)
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

    def _lead(self, step: Step) -> int:
        """Return where the comments above a statement begin, or its own first character behind another one."""
        text, own = self.source.text, self._span((step,)).start
        before = next((one for one in self.steps if one.number == step.number - 1), None)
        if before is None:
            return self._first_line()
        stop = self._span((before,)).end
        loop = self.trace.loop
        if loop is not None and self.trace.turn_of(before) is not None and self.trace.turn_of(step) is None:
            # Between the last statement of the loop and the next one stands `done`.
            first = self.trace.starts[self.item]
            stop = self.placed(loop.statement.start - first, loop.statement.end - 1 - first).end
        match = _BETWEEN.match(text, stop, own)
        at = match.end() if match is not None else own
        if text[at] == "\n":
            return at + 1
        if text[at] == "#":
            # Beside a command it speaks of that; behind `&&` it would be lost with it.
            return at if step.chained else self.source.line_end(at)
        return min(at, own)


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


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _words(runs: Iterable[Sequence[Step]]) -> Iterator[Word]:
    for run in runs:
        for step in run:
            waiting = [step.statement]
            while waiting:
                statement = waiting.pop()
                yield from words_of(statement)
                waiting.extend(one for block in nested(statement) for one in block)


def _indented(source: Source, span: Span, indent: int) -> list[Piece]:
    """Return the lines of `span`, all but the first indented by `indent` spaces, whatever they were."""
    found: list[Piece] = []
    at = span.start
    while at < span.end:
        stop = min(source.line_end(at), span.end)
        text = source.text[at:stop]
        if at > span.start and text.strip():
            found.append(Written(" " * indent))
            at += _spaces(text)
        found.append(Copied(Span(at, stop)))
        at = stop
    return found


def _behind_blanks(source: Source, start: int, end: int) -> int:
    while start < end:
        stop = source.line_end(start)
        if source.text[start:stop].strip():
            break
        start = stop
    return start
