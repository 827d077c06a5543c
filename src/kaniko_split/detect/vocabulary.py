"""Which words of the user's own run the executor, besides those that everybody knows?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Vocabulary:
    """Words of the user's own, as a configuration file names them.

    Attributes:
        executors: Further command words that count as the executor.
        wrappers: Further commands that run the command behind them. Each is a command word; words behind it stand
            for those that the command itself takes first (`with-lock NAME`).
    """

    executors: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()

    @cached_property
    def own_words(self) -> Mapping[str, int]:
        """The command word of each wrapper, and how many words of its own stand before the command that it runs."""
        return {words[0]: len(words) - 1 for words in map(str.split, self.wrappers) if words}


NO_WORDS = Vocabulary()
