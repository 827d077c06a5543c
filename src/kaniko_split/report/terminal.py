"""May this stream have colour, how wide is it, and what do lines and diffs look like on it?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TextIO

from kaniko_split.report.escape import visible
from kaniko_split.report.lines import Line, line

_STYLES = {"---": "bold", "+++": "bold", "@@": "cyan", "+": "green", "-": "red"}


def has_colour(stream: TextIO, wanted: str = "auto") -> bool:
    """Tell whether `stream` gets colour.

    Args:
        stream: Where the text goes.
        wanted: `always`, `never`, or `auto`: where it is a terminal, unless NO_COLOR (https://no-color.org) says no or
            FORCE_COLOR says yes.
    """
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def show(lines: Iterable[Line], stream: TextIO, wanted: str = "auto") -> None:
    """Write lines, in colour where that is wanted, and no wider than the terminal."""
    _show(lines, stream, wanted, width_of(stream))


def width_of(stream: TextIO) -> int | None:
    """Return how many columns the terminal has; None where the stream leads to none."""
    if not stream.isatty():
        return None
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isascii() and wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None


def _show(lines: Iterable[Line], stream: TextIO, wanted: str, width: int | None) -> None:
    if not has_colour(stream, wanted):
        for one in lines:
            for row in fitted(one, width):
                _write(stream, f"{row}\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, force_terminal=True, no_color=False, highlight=False, soft_wrap=True)
    for one in lines:
        for row in fitted(one, width):
            with console.capture() as captured:
                console.print(Text.assemble(*row.pieces))
            _write(stream, captured.get())


def show_diff(patch: bytes, stream: TextIO, wanted: str = "auto") -> None:
    """Write a patch for a person, with nothing in it that could steer a terminal."""
    text = visible(patch.decode("utf-8", "replace").replace("\r\n", "\n"))
    if not has_colour(stream, wanted):
        _write(stream, text)
        return
    _show((line((row, _style(row))) for row in text.split("\n")[:-1]), stream, "always", None)


def fitted(one: Line, width: int | None) -> Iterator[Line]:
    """Yield a line as rows that are no wider than `width`: wrapped at spaces, or cut off."""
    if width is None or cells(str(one)) <= width:
        yield one
    elif one.hanging is None:
        yield _cut(one, width)
    else:
        yield from _wrapped(one, width, one.hanging)


def _wrapped(one: Line, width: int, hanging: int) -> Iterator[Line]:
    row: list[tuple[str, str]] = []
    length = 0
    for text, style in one.pieces:
        for number, word in enumerate(text.split(" ")):
            space = " " if number else ""
            if row and length + cells(space + word) > width and length > hanging:
                yield Line(tuple(row))
                row, length, space = [(" " * hanging, "")], hanging, ""
            row.append((space + word, style))
            length += cells(space + word)
    yield Line(tuple(row))


def _cut(one: Line, width: int) -> Line:
    row: list[tuple[str, str]] = []
    left = width - 1
    for text, style in one.pieces:
        kept = text
        while cells(kept) > left:
            kept = kept[: max(0, min(left, len(kept) - 1))]
        row.append((kept, style))
        left -= cells(kept)
        if kept != text:
            break
    return Line((*row, ("…", "dim")))


def cells(text: str) -> int:
    """Return how many columns a text takes; wide letters take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _style(row: str) -> str:
    return next((style for mark, style in _STYLES.items() if row.startswith(mark)), "")


def _write(stream: TextIO, text: str) -> None:
    """Write text; what the stream's encoding does not know is written as an escape."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
