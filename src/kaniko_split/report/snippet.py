"""Which lines of a file are shown for a place in it, with the caret where?"""

from __future__ import annotations

from collections.abc import Iterator

from kaniko_split.detect.findings import EXECUTOR
from kaniko_split.report.escape import visible
from kaniko_split.report.lines import Line, line
from kaniko_split.report.terminal import cells
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Source

_AROUND = 2
# What stays to the left of the caret when a line is moved.
_LEFT = 12
_TAB = "    "
_WORD = Pattern(r"\S+")


def snippet(source: Source, offset: int, label: str, width: int | None = None) -> Iterator[Line]:
    """Yield the line of `offset` between its neighbours, and under it a caret with a label.

    Args:
        source: The file.
        offset: The character to point at. Where the executor stands behind it on its line, that is underlined.
        label: What to say of it.
        width: How wide the screen is; lines are moved to the left so that the caret is on it. None for no screen.
    """
    place = source.place(offset)
    rows = source.text.split("\n")[:-1]
    first, last = max(0, place.line - 1 - _AROUND), min(len(rows), place.line + _AROUND)
    start, end = _underlined(rows[place.line - 1], place.column - 1)
    gutter = len(str(last))
    hidden = 0
    if width is not None and gutter + 3 + end + len(label) > width:
        hidden = max(0, min(start - _LEFT, gutter + 3 + end + len(label) - width + 1))
    yield line((f"{'':{gutter}} |", "blue"))
    for number in range(first, last):
        row = rows[number]
        head = (f"{number + 1:{gutter}} | ", "blue")
        if number + 1 != place.line:
            yield line(head, _moved(row, hidden))
            continue
        before, word, behind = _moved(row[:start], hidden), _shown(row[start:end]), _shown(row[end:])
        yield line(head, before, (word, "bold"), behind)
        yield line((f"{'':{gutter}} | ", "blue"), " " * cells(before), ("^" * max(1, cells(word)), "red"), f" {label}")
    yield line((f"{'':{gutter}} |", "blue"))


def _underlined(row: str, column: int) -> tuple[int, int]:
    """Return the word to underline: the executor, else the one that begins at `column`."""
    words = [found.span() for found in _WORD.finditer(row, column)]
    executors = [span for span in words if EXECUTOR in row[slice(*span)]]
    return (executors or words or [(column, column)])[0]


def _moved(text: str, hidden: int) -> str:
    """Return text without its first characters, which an ellipsis stands for."""
    return _shown(text) if not hidden else "…" + _shown(text[hidden:])


def _shown(text: str) -> str:
    return visible(text.replace("\t", _TAB))
