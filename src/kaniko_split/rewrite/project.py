"""How does a script read without some of its statements?

The text of a job is the text of the script with the spans of what left taken out, at any depth. A list of statements
loses whole lines where it can, and a separator where statements share a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from kaniko_split.rewrite.cutter import Cutter
from kaniko_split.rewrite.layout import Layout
from kaniko_split.rewrite.projection import Cut, Projection, leaves
from kaniko_split.shell.compounds import Body, InseparableError, without_comments
from kaniko_split.shell.nodes import Script, Statement
from kaniko_split.source.text import Span

__all__ = [
    "Cut",
    "InseparableError",
    "Inserted",
    "Kept",
    "Piece",
    "Projection",
    "cuts_inside",
    "leaves",
    "project",
    "text_of",
]


class Kept(Struct, frozen=True, eq=False):
    """A span of the script's text that stays, in characters."""

    span: Span


class Inserted(Struct, frozen=True, eq=False):
    """Text that the projection writes: `:`, a blank, or what makes a guard an `if`."""

    text: str


Piece = Kept | Inserted


def project(script: Script, projection: Projection, layout: str | None = None) -> tuple[Piece, ...]:
    """Return the text of `script` without the statements that leave, as pieces in order.

    Args:
        script: The script.
        projection: The statements that stay.
        layout: The script's text as its lines are written, of the same length: a folded line break, which is a blank
            to the shell, is a line feed here. None where they are the same.

    Raises:
        InseparableError: What leaves cannot be told apart from what stays.
    """
    text = script.text
    if layout is not None and len(layout) != len(text):
        raise ValueError("the layout has another length than the text")
    cutter = Cutter(script, projection, Layout(layout if layout is not None else text), without_comments(script))
    everything = Body(0, 0, script.statements, len(text), ends_statement=True)
    if not script.statements or not any(map(cutter.keeps, script.statements)):
        return ()
    cutter.cut_list(everything, outermost=True)
    return tuple(_pieces(len(text), cutter.finished()))


def cuts_inside(
    script: Script, statements: Iterable[Statement], projection: Projection, layout: str | None = None
) -> tuple[Cut, ...]:
    """Return what leaves some statements of which each stays, at least in part; not what is between them.

    Args:
        script: The script.
        statements: Some of its statements, at any depth.
        projection: The statements that stay.
        layout: As for `project`.

    Raises:
        InseparableError: What leaves cannot be told apart from what stays.
    """
    cutter = Cutter(script, projection, Layout(layout if layout is not None else script.text), without_comments(script))
    for statement in statements:
        if cutter.keeps(statement):
            cutter.visit(statement)
    return tuple(cutter.finished())


def keeps_end(script: Script, statement: Statement, projection: Projection) -> bool:
    """Tell whether the last statement in `statement` stays, but for those that no text keeps."""
    return Cutter(script, projection, Layout(script.text), script.text).keeps_end(statement)


def text_of(script: Script, pieces: Iterable[Piece]) -> str:
    """Return the text that pieces of `script` make."""
    return "".join(script.text[one.span.start : one.span.end] if isinstance(one, Kept) else one.text for one in pieces)


def _pieces(length: int, cuts: Sequence[Cut]) -> Iterator[Piece]:
    at = 0
    for cut in cuts:
        if at < cut.start:
            yield Kept(Span(at, cut.start))
        if cut.inserted:
            yield Inserted(cut.inserted)
        at = cut.end
    if at < length:
        yield Kept(Span(at, length))
