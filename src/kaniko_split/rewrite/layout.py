"""Where do the lines of a script begin and end, as they are written?"""

from __future__ import annotations

from msgspec import Struct


class Layout(Struct, frozen=True, eq=False):
    """A script's text as its lines are written.

    A folded line break, which is a blank to the shell, is a line feed here. Offsets are characters of the text.
    """

    text: str

    def line_start(self, offset: int) -> int:
        """Return where the line of `offset` begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return the offset behind the line feed that ends the line of `offset`."""
        at = self.text.find("\n", offset)
        return len(self.text) if at < 0 else at + 1

    def is_first(self, offset: int) -> bool:
        """Tell whether nothing but blanks is before `offset` on its line."""
        return not self.text[self.line_start(offset) : offset].strip()

    def share_line(self, end: int, start: int) -> bool:
        """Tell whether what ends at `end` and what begins at `start` have a line in common."""
        return "\n" not in self.text[end:start]

    def without_blanks(self, offset: int) -> int:
        """Return where the blanks before `offset` begin, on its line."""
        line = self.line_start(offset)
        return line + len(self.text[line:offset].rstrip(" \t"))

    def indentation(self, offset: int) -> str:
        """Return the blanks that the line of `offset` begins with."""
        line = self.text[self.line_start(offset) : self.line_end(offset)].rstrip("\n")
        return line[: len(line) - len(line.lstrip())]

    def behind_blank_lines(self, start: int, stop: int) -> int:
        """Return where the first line that is not blank begins, between the line at `start` and `stop`."""
        while start < stop and not self.text[start : self.line_end(start)].strip():
            start = self.line_end(start)
        return min(start, stop)
