"""Which items of a script hold what a list of statements keeps, and which of them stay whole?

An item whose statements all stay is copied as it is. Any other one is divided inside of its scalar: see
`scalar_splitter`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from kaniko_split.detect.trace import Trace
from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.gitlab.script import Section
from kaniko_split.rewrite.projection import Cut, Projection
from kaniko_split.shell.compounds import InseparableError
from kaniko_split.shell.nodes import Chain, For, Script, Statement, nested
from kaniko_split.shell.parse import parse
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Scalar, Style
from kaniko_split.tree.scalars import value_offsets


class CannotLayOutError(Exception):
    """The text cannot be divided without writing it anew.

    Attributes:
        code: The refusal's code.
        file: The file that `offset` counts in; None until the caller that knows it adds it.
        offset: A character of the file.
        detail: What is in the way; may be empty.
    """

    def __init__(self, code: str, offset: int, detail: str = "") -> None:
        super().__init__(detail)
        self.file: PipelineFile | None = None
        self.code = code
        self.offset = offset
        self.detail = detail


class Unit(Struct, frozen=True, eq=False):
    """A statement at the top level of a script, or a link of a chain that is divided.

    Attributes:
        statement: The statement.
        stays: Whether anything of it stays.
        chained: Whether `&&` joins it to the unit before.
    """

    statement: Statement
    stays: bool
    chained: bool = False

    @property
    def span(self) -> Span:
        """Its place in the script's text, in characters."""
        return self.statement.span


class ItemPart(Struct, frozen=True, eq=False):
    """What of an item goes to a list.

    Attributes:
        index: The item's position in the script's list.
        units: All units of the item, in order; empty where the item goes whole.
        runs: Those that stay, in runs of neighbours.
        cuts: What leaves the units that stay.
        opened: The spans of the loops whose body stays without the loop.
        keeps_end: Whether the last statement of the item stays that any list keeps.
        is_empty: Whether the item holds no more than words that leave, such as `done`: its comments alone stay.
    """

    index: int
    units: tuple[Unit, ...] = ()
    runs: tuple[tuple[Unit, ...], ...] = ()
    cuts: tuple[Cut, ...] = ()
    opened: frozenset[Span] = frozenset()
    keeps_end: bool = True
    is_empty: bool = False


class WrittenScript(Struct, frozen=True, eq=False):
    """The script of a job as it is written, `before_script` first.

    Attributes:
        source: The file that its items are in.
        trace: Its statements, a known loop written out.
        script: Its text, joined from the items, no loop written out.
    """

    source: Source
    trace: Trace
    script: Script

    def window(self, number: int) -> Span:
        """Return where the text of the item with this number among the trace's items is."""
        start = self.trace.starts[number]
        return Span(start, start + len(self.trace.items[number].text))

    def projection(
        self,
        numbers: Iterable[int],
        dropped: Iterable[int] = (),
        guarded: Iterable[int] = (),
        *,
        omits: Iterable[Span] = (),
        opens_loop: bool = False,
    ) -> Projection:
        """Return what stays of the script.

        Args:
            numbers: The statements that stay, by number.
            dropped: Those that no list keeps.
            guarded: The chains that are written as conditions.
            omits: The spans of the trace's text that leave statements which stay.
            opens_loop: Whether the body of the known loop is kept without the loop.
        """
        loop = self.trace.loop
        opened = frozenset(self._loops(loop.statement, len(loop.names))) if loop is not None and opens_loop else ()
        stays, gone, guards = (frozenset(map(self._span, one)) for one in (numbers, dropped, guarded))
        inner = frozenset(map(self._written, omits))
        return Projection(stays, frozenset(opened), guarded=guards, dropped=gone, omits=inner)

    def _span(self, number: int) -> Span:
        """Return where in the written text a statement is."""
        return self._written(self.trace.steps[number].span)

    def _written(self, span: Span) -> Span:
        loop = self.trace.loop
        return span if loop is None else Span(loop.written_at(span.start), loop.written_at(span.end - 1) + 1)

    def _loops(self, span: Span, depth: int) -> Iterator[Span]:
        """Yield the loop at `span`, and those that end each other's bodies, `depth` in all."""
        statement = next(one for one in _everything(self.script.statements) if one.span == span)
        for _ in range(depth):
            yield statement.span
            assert isinstance(statement.command, For)  # noqa: S101 (detect found it to be one)
            statement = statement.command.body[-1]

    def parts(self, projection: Projection, taken_over: int | None = None) -> tuple[ItemPart, ...]:
        """Return what of each item of `script` goes to a list, in order.

        Args:
            projection: The statements that stay.
            taken_over: The position of the item that stands for a shared script, which is divided elsewhere.

        Raises:
            CannotLayOutError: A `!reference` or an alias would have to be divided.
            InseparableError: What leaves cannot be told apart from what stays.
        """
        indexes: dict[int, list[int]] = {}
        for number, item in enumerate(self.trace.items):
            if item.section is Section.SCRIPT:
                indexes.setdefault(item.index, []).append(number)
        units = self._units(projection)
        ends = [unit.span.end for unit in units]
        parts: list[ItemPart] = []
        silent: list[int] = []
        last_index = max(indexes, default=0)
        for index, numbers in indexes.items():
            window = Span(self.window(numbers[0]).start, self.window(numbers[-1]).end)
            inside = _overlapping(units, ends, window)
            if not inside:
                # An item without a statement (a comment of the shell) goes with the next one, or the one before.
                if index == last_index and parts and parts[-1].index == index - 1 - len(silent):
                    parts.extend(ItemPart(one) for one in (*silent, index))
                silent.append(index)
                continue
            part = self._part(index, numbers, inside, projection, whole=index == taken_over)
            if part is not None:
                parts.extend(ItemPart(one) for one in silent)
                parts.append(part)
            silent = []
        return tuple(parts)

    def _part(
        self, index: int, numbers: Sequence[int], units: tuple[Unit, ...], projection: Projection, *, whole: bool
    ) -> ItemPart | None:
        kept = [unit for unit in units if unit.stays]
        if not kept:
            return None
        window = Span(self.window(numbers[0]).start, self.window(numbers[-1]).end)
        divided = [one.statement for one in kept if not _stays_whole(one.statement, projection)]
        cuts: tuple[Cut, ...] = ()
        if divided:
            from kaniko_split.rewrite.project import cuts_inside

            found = cuts_inside(self.script, divided, projection, layout_of(self))
            cuts = tuple(one for one in found if one.touches(window) and not self._begins_next(one, window))
        if whole or (len(kept) == len(units) and not cuts and not any(unit.chained for unit in units)):
            return ItemPart(index)
        if len(numbers) > 1 or not isinstance(self.trace.items[numbers[0]].node, Scalar):
            node = self.trace.items[numbers[0]].node
            raise CannotLayOutError("script-inherited", node.span.start, "its parts go to several jobs")
        if not self._is_left(window, cuts):
            # A branch that leaves is in another list, with its comments; a loop that is opened is in none.
            return ItemPart(index, units, is_empty=True) if projection.opened else None
        from kaniko_split.rewrite.project import keeps_end

        ends = keeps_end(self.script, units[-1].statement, projection)
        return ItemPart(index, units, tuple(_runs(units)), cuts, projection.opened, ends)

    def _begins_next(self, cut: Cut, window: Span) -> bool:
        """Tell whether a cut begins behind the line feed that ends a window: in the next item."""
        return cut.start == window.end and self.script.text[window.end - 1] == "\n"

    def _is_left(self, window: Span, cuts: Sequence[Cut]) -> bool:
        """Tell whether anything but blanks is left of a window."""
        at = window.start
        for cut in (*cuts, Cut(window.end, window.end)):
            own = cut.inserted if cut.start >= window.start else ""
            if own.strip() or self.script.text[at : max(at, cut.start)].strip():
                return True
            at = max(at, cut.end)
        return False

    def _units(self, projection: Projection) -> tuple[Unit, ...]:
        stays = sorted(projection.stays)
        starts = [span.start for span in stays]

        def keeps(statement: Statement) -> bool:
            at = bisect_left(starts, statement.span.start)
            return at < len(starts) and starts[at] < statement.span.end

        found: list[Unit] = []
        for statement in self.script.statements:
            links = tuple(_links(statement))
            kept = [keeps(one) for one in links]
            if len(links) == 1 or statement.span in projection.stays or all(kept) or not any(kept):
                found.append(Unit(statement, any(kept)))
            else:
                units = (
                    Unit(link, stays, chained=n > 0) for n, (link, stays) in enumerate(zip(links, kept, strict=True))
                )
                found.extend(units)
        return tuple(found)


def written_script(source: Source, trace: Trace) -> WrittenScript:
    """Return the script of a job in the file `source` as it is written."""
    if trace.loop is None:
        return WrittenScript(source, trace, trace.script)
    texts = (item.text if item.text.endswith("\n") else item.text + "\n" for item in trace.items)
    return WrittenScript(source, trace, parse("".join(texts)))


@lru_cache(maxsize=8)
def layout_of(written: WrittenScript) -> str:
    """Return the script's text with a line feed for each blank that a folded line break stands for."""
    characters = list(written.script.text)
    text = written.source.text
    for number, item in enumerate(written.trace.items):
        node = item.node
        if item.section is not Section.SCRIPT or not isinstance(node, Scalar) or node.style is Style.LITERAL:
            continue
        start = written.window(number).start
        for at, offset in enumerate((value_offsets(text, node) or ())[:-1]):
            if text[offset] == "\n":
                characters[start + at] = "\n"
    return "".join(characters)


def _overlapping(units: Sequence[Unit], ends: Sequence[int], window: Span) -> tuple[Unit, ...]:
    """Return the units that have characters in a window, of those in order."""
    at = bisect_left(ends, window.start + 1)
    found: list[Unit] = []
    while at < len(units) and units[at].span.start < window.end:
        found.append(units[at])
        at += 1
    return tuple(found)


def _links(statement: Statement) -> Iterator[Statement]:
    """Yield the links of a chain of `&&`; any other statement alone."""
    command = statement.command
    plain = not (statement.negated or statement.background or statement.redirects)
    if plain and isinstance(command, Chain) and command.operator == "&&":
        yield from _links(command.left)
        yield command.right
    else:
        yield statement


def _stays_whole(statement: Statement, projection: Projection) -> bool:
    span = statement.span
    changed = span in projection.guarded or any(map(span.contains, projection.omits))
    return span in projection.stays and not changed


def _runs(units: Sequence[Unit]) -> Iterator[tuple[Unit, ...]]:
    """Yield the units that stay in runs of neighbours; each link of a divided chain is a run."""
    run: list[Unit] = []
    for unit in units:
        if run and (not unit.stays or unit.chained):
            yield tuple(run)
            run = []
        if unit.stays:
            run.append(unit)
    if run:
        yield tuple(run)


def _everything(statements: Iterable[Statement]) -> Iterator[Statement]:
    for statement in statements:
        yield statement
        for block in nested(statement):
            yield from _everything(block)


__all__ = ["CannotLayOutError", "InseparableError", "ItemPart", "Unit", "WrittenScript", "written_script"]
