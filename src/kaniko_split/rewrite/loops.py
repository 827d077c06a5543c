"""How does a script read in which the body of a loop stands without the loop?

The item keeps its place, its style and its comments; the lines `for ... do` and `done` go, and what stood between
them moves to where `for` stood.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaniko_split.detect.loops import Loop
from kaniko_split.detect.trace import Trace
from kaniko_split.rewrite.lines import without_leading_blanks
from kaniko_split.rewrite.parts import CannotLayOutError, Divider, divider
from kaniko_split.rewrite.script import ScriptText
from kaniko_split.rewrite.style import is_plain
from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Sequence, Style

# A line of the head of a loop that stands in another one.
_HEAD = Pattern(r"\s*(?:for\s.*|do)\s*")
_OPENS = Pattern(r"(?:^|[;\s])do$")


def loop_edits(script: ScriptText, trace: Trace, loop: Loop) -> list[Edit]:
    """Return the edits that take the loop out of the script that the template keeps.

    Raises:
        CannotLayOutError: The loop is laid out so that its body cannot stand alone.
    """
    item, cutter, edit = _laid_out(script, trace, loop)
    index, edits = trace.items[item].index, [edit]
    if any(step.item == item and step.number >= _first_behind(trace, loop) for step in trace.steps):
        source = script.source
        if not _can_part(source, cutter, trace, loop):
            raise CannotLayOutError("flow-layout", cutter.node.span.start, "a command stands behind `done` in its text")
        last = len(source.text[: cutter.node.span.end].rstrip()) - 1
        edits.append(Edit(edits[0].end, source.line_end(last)))
    if script.item_spans:
        behind = [Edit(span.start, span.end) for span in script.item_spans[index + 1 :]]
        return [*edits, *behind]
    value = script.entry.value
    if isinstance(value, Sequence) and index + 1 < len(value.items):
        edits.append(Edit(value.items[index].span.end, value.items[-1].span.end))
    return edits


def body_lines(script: ScriptText, trace: Trace, loop: Loop) -> list[Piece]:
    """Return the lines of the item that holds a loop, comments included, with the loop's body in its place.

    Raises:
        CannotLayOutError: The loop is laid out so that its body cannot stand alone.
    """
    item, cutter, edit = _laid_out(script, trace, loop)
    if any(trace.turn_of(step) is None for step in trace.steps if step.item == item):
        if not _can_part(script.source, cutter, trace, loop):
            raise CannotLayOutError("flow-layout", cutter.node.span.start, "something stands beside its loop")
        whole, body = _placed(cutter, trace, loop)
        if _is_one_statement(trace, item) and _is_one_line(script.source, whole, body):
            return [Written(" " * script.dash + "- "), Copied(body), Written("\n")]
        return [Written(" " * script.dash + "- |\n"), *edit.pieces]
    lines = without_leading_blanks(script.source, script.item_spans[trace.items[item].index])
    return [Copied(Span(lines.start, edit.start)), *edit.pieces, Copied(Span(edit.end, lines.end))]


def _laid_out(script: ScriptText, trace: Trace, loop: Loop) -> tuple[int, Divider, Edit]:
    """Return the number of the item that holds a loop, what divides it, and the edit that takes the loop out of it."""
    item = trace.item_at(loop.turns[0])
    cutter = divider(script.source, trace, trace.items[item].index, script.column)
    return item, cutter, _without_loop(script, cutter, trace, loop, alone=_stands_alone(trace, item))


def _can_part(source: Source, cutter: Divider, trace: Trace, loop: Loop) -> bool:
    """Tell whether a loop stands on plain lines of its own, in nothing else, so that what is beside it can go."""
    if cutter.node.style is not Style.LITERAL:
        return False
    placed, body = _placed(cutter, trace, loop)
    head, whole = source.text[placed.start : body.start], source.cut(placed)
    framed = any(step.frame is not None for step in trace.steps if trace.turn_of(step) is not None)
    opens = any(_OPENS.search(line.rstrip()) for line in head.splitlines())
    return opens and not framed and "\\\n" not in head and "\t" not in whole


def _first_behind(trace: Trace, loop: Loop) -> int:
    """Return the number of the first statement behind the loop."""
    return next((step.number for step in trace.steps if step.span.start >= loop.end), len(trace.steps))


def _placed(cutter: Divider, trace: Trace, loop: Loop) -> tuple[Span, Span]:
    """Return where a loop stands in the file, and where its body does."""
    first = trace.starts[trace.item_at(loop.turns[0])]
    whole, body = (cutter.placed(span.start - first, span.end - 1 - first) for span in (loop.statement, loop.body))
    return whole, body


def _is_one_statement(trace: Trace, item: int) -> bool:
    """Tell whether the body of the loop in an item is one statement: a turn assigns the variables before it."""
    names = trace.loop.names if trace.loop is not None else ()
    return [trace.turn_of(step) for step in trace.steps if step.item == item].count(0) == len(names) + 1


def _stands_alone(trace: Trace, item: int) -> bool:
    """Tell whether the loop is all that its item runs, and its body is one statement."""
    alone = all(trace.turn_of(step) is not None for step in trace.steps if step.item == item)
    return alone and _is_one_statement(trace, item)


def _without_loop(script: ScriptText, cutter: Divider, trace: Trace, loop: Loop, *, alone: bool) -> Edit:
    source = script.source
    whole, body = _placed(cutter, trace, loop)
    if not cutter.node.style.is_block:
        return _bare_scalar(source, cutter, whole, body)
    first, last = source.line_start(whole.start), source.line_end(whole.end - 1)
    if source.text[first : whole.start].strip() or source.text[whole.end : last].strip():
        raise CannotLayOutError("flow-layout", whole.start, "something stands beside its loop")
    if source.line_start(body.start) == first and source.line_end(body.end - 1) == last:
        lines: tuple[Piece, ...] = (Copied(Span(first, whole.start)), Copied(body), Written("\n"))
    else:
        depth = len(loop.names)
        lines = tuple(_body_lines(source, whole, body, depth, folded=cutter.node.style is Style.FOLDED))
    bare = cutter.holds_nothing_but(whole) and not cutter.comment_beside_mark()
    if alone and script.item_spans and bare and _is_one_line(source, whole, body):
        return Edit(cutter.node.span.start, last, (Copied(body), Written("\n")))
    return Edit(first, last, lines)


def _bare_scalar(source: Source, cutter: Divider, whole: Span, body: Span) -> Edit:
    """Take the loop out of a plain or quoted text."""
    begins = whole.start <= source.line_end(cutter.node.span.start)
    if cutter.node.style is Style.PLAIN and begins and not is_plain(" ".join(source.cut(body).split())):
        raise CannotLayOutError("flow-layout", body.start, "without the loop it would be no plain text to YAML")
    return Edit(whole.start, whole.end, (Copied(body),))


def _body_lines(source: Source, whole: Span, body: Span, depth: int, *, folded: bool) -> Iterator[Piece]:
    """Yield the lines between `do` and `done`, those of `depth` loops in each other, moved to the column of `for`."""
    text = source.text
    start, stop = source.line_end(whole.start), source.line_start(whole.end - 1)
    while start <= body.start and not _OPENS.search(text[source.line_start(start - 1) : start].rstrip()):
        start = source.line_end(start)
    if depth > 1:
        while start < body.start and _HEAD.fullmatch(text[start : source.line_end(start)]):
            start = source.line_end(start)
        while stop > body.end and text[source.line_start(stop - 1) : stop].strip() == "done":
            stop = source.line_start(stop - 1)
    behind = text[body.end : source.line_end(body.end - 1)]
    if start > source.line_start(body.start) or text[stop : whole.end].split() != ["done"] * depth or stop < body.end:
        raise CannotLayOutError("flow-layout", whole.start, "`do` or `done` shares its line with something of its loop")
    if "\\\n" in text[whole.start : start]:
        raise CannotLayOutError("flow-layout", whole.start, "the head of its loop stands on several lines")
    outer = text[source.line_start(whole.start) : whole.start]
    inner = text[source.line_start(body.start) : body.start]
    if not inner.startswith(outer):
        raise CannotLayOutError("flow-layout", body.start, "the body of its loop is indented less than the loop")
    by = inner.removeprefix(outer)
    if folded and by and text.count("\n", start, stop) > 1:
        raise CannotLayOutError("flow-layout", body.start, "its lines are folded, and those of the loop's body not")
    at = start
    while at < stop:
        end = source.line_end(at)
        line = text[at:end]
        lost = len(by) if line.startswith(inner) else len(line) - len(line.lstrip(" ")) - len(outer)
        begin = at + max(0, min(lost, len(by))) if line.strip() else at
        if at <= body.end - 1 < end and behind.strip() == ";":
            # What ends the last statement before `done` on one folded line ends nothing any more.
            yield Copied(Span(begin, body.end))
            yield Written("\n")
        else:
            yield Copied(Span(begin, end))
        at = end


def _is_one_line(source: Source, whole: Span, body: Span) -> bool:
    """Tell whether the loop holds one short line that plain YAML can hold, without a comment."""
    held = source.cut(body)
    header, footer = source.text[whole.start : body.start], source.text[body.end : whole.end]
    return "\n" not in held and "#" not in header + footer and is_plain(held)
