"""What of a script stays, and which characters of its text go?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from kaniko_split.shell.compounds import is_divisible
from kaniko_split.shell.nodes import Statement, nested
from kaniko_split.source.text import Span


class Projection(Struct, frozen=True, eq=False):
    """What of a script stays.

    Attributes:
        stays: The spans of the statements that stay, each with all that is in it.
        opened: The spans of the `for` loops whose body is kept without the loop.
        guarded: The spans of the `&&` chains that become `if LEFT; then RIGHT; fi`.
        comments: The comments that the text shows; None for those of the statements that stay.
        omits: The spans within statements that stay which leave them.
        dropped: The spans of the statements that no text keeps: comments at the end of a compound command go with the
            last one that some text keeps.
    """

    stays: frozenset[Span]
    opened: frozenset[Span] = frozenset()
    guarded: frozenset[Span] = frozenset()
    comments: frozenset[Span] | None = None
    dropped: frozenset[Span] = frozenset()
    omits: frozenset[Span] = frozenset()


class Cut(Struct, frozen=True, order=True):
    """Characters that go, and what is inserted in their place."""

    start: int
    end: int
    inserted: str = ""

    def touches(self, span: Span) -> bool:
        """Tell whether it takes characters of a span, or inserts some in it or at one of its ends."""
        if self.inserted:
            return self.start <= span.end and self.end >= span.start
        return self.start < span.end and self.end > span.start


def merged(cuts: Iterable[Cut]) -> list[Cut]:
    """Return the cuts in order, those that share characters made one."""
    found: list[Cut] = []
    for cut in sorted(cuts):
        last = found[-1] if found else None
        if last is not None and (cut.start < last.end or (cut.start == last.end and not cut.inserted)):
            found[-1] = Cut(last.start, max(last.end, cut.end), last.inserted or cut.inserted)
        else:
            found.append(cut)
    return found


def leaves(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield the statements that are taken out as a whole, in order: commands and pipelines, those of conditions too."""
    for statement in statements:
        if not is_divisible(statement):
            yield statement
            continue
        for block in nested(statement):
            yield from leaves(block)
