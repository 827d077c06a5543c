"""How does a command speak: data on standard output, everything else on standard error?"""

from __future__ import annotations

import sys
from typing import TextIO

from kaniko_split.report.escape import visible


def say(line: str) -> None:
    """Write a line that was asked for."""
    _write_line(sys.stdout, line)


def tell(line: str) -> None:
    """Write a line for the person at the terminal, with nothing in it that could steer that."""
    _write_line(sys.stderr, visible(line))


def _write_line(stream: TextIO, line: str) -> None:
    """Write a line; what the stream's encoding does not know is written as an escape."""
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
