"""How does a command speak: data on standard output, everything else on standard error?"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from kaniko_split.report.escape import visible
from kaniko_split.report.lines import Line, line
from kaniko_split.report.terminal import show


def say(*lines: Line | str) -> None:
    """Write lines that were asked for, plain."""
    show(_lines(lines), sys.stdout, "never")


def tell(*lines: Line | str, colour: str = "never") -> None:
    """Write lines for the person at the terminal, with nothing in them that could steer that."""
    show(_lines(lines), sys.stderr, colour)


def _lines(given: Iterable[Line | str]) -> Iterator[Line]:
    """Yield texts as lines; those that are lines already hold nothing that is not safe."""
    for one in given:
        if isinstance(one, Line):
            yield one
        else:
            yield from (line(row, hanging=2) for row in visible(one).split("\n"))
