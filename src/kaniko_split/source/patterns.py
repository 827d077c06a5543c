"""How is a regular expression kept from costing time before it is asked?

Some ninety stand in the modules that a run imports, and a run asks less than half of them: to compile all of them is
a tenth of the time that `diff` takes on the article's pipeline. So each is compiled when it is first asked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property


class Pattern:
    """A regular expression as `re.compile` takes it, with `re.Pattern`'s own methods; offsets are in characters.

    Raises:
        re.error: at the first question, where `text` is no regular expression.
    """

    def __init__(self, text: str, flags: int = 0) -> None:
        self.text = text
        self.flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression as Python's own `re` has compiled it."""
        return re.compile(self.text, self.flags)

    def match(self, text: str, start: int = 0, stop: int = sys.maxsize) -> re.Match[str] | None:
        """Return the match that begins at `start` of `text` and ends at `stop` at the latest."""
        return self.compiled.match(text, start, stop)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Return the match that is the whole of `text`."""
        return self.compiled.fullmatch(text)

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Return the first match in `text` from `start` on."""
        return self.compiled.search(text, start)

    def finditer(self, text: str, start: int = 0) -> Iterator[re.Match[str]]:
        """Return each match in `text` from `start` on, one behind the other."""
        return self.compiled.finditer(text, start)

    def findall(self, text: str) -> list[str]:
        """Return the text of each match, or of its only group."""
        return self.compiled.findall(text)

    def split(self, text: str) -> list[str]:
        """Return what stands between the matches, and what their groups hold."""
        return self.compiled.split(text)

    def sub(self, replacement: str | Callable[[re.Match[str]], str], text: str) -> str:
        """Return `text` with `replacement` in the place of each match."""
        return self.compiled.sub(replacement, text)
