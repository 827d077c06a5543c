"""May this stream have colour, and what does a diff look like on it?"""

from __future__ import annotations

import os
from typing import TextIO

from kaniko_split.report.escape import visible

_STYLES = {"---": "bold", "+++": "bold", "@@": "cyan", "+": "green", "-": "red"}


def has_colour(stream: TextIO) -> bool:
    """Tell whether `stream` is a terminal and nobody asked for plain text (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show_diff(patch: bytes, stream: TextIO) -> None:
    """Write a patch to a terminal, in colour where that is wanted, with nothing that could steer it."""
    text = patch.decode("utf-8", "replace").replace("\r\n", "\n")
    if not has_colour(stream):
        stream.write(visible(text))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in text.splitlines():
        style = next((found for mark, found in _STYLES.items() if line.startswith(mark)), "")
        console.print(Text(visible(line), style=style))
