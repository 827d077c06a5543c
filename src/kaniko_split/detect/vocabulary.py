"""Which commands of their own does a user describe: executors, wrappers, programs?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from kaniko_split.programs.row import Row

Column = str | bool | tuple[str, ...]


class Vocabulary(Struct, frozen=True, dict=True):
    """Words of the user's own, as a configuration file names them.

    Attributes:
        executors: Further command words that count as the executor.
        wrappers: Further commands that run the command behind them. Each is a command word; words behind it stand
            for those that the command itself takes first (`with-lock NAME`).
        programs: What further programs do, by their first words: the keys of `[programs]` and their values.
    """

    executors: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    programs: Mapping[str, Mapping[str, Column]] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Return a hash of what can be hashed: all but the rows of programs."""
        return hash((self.executors, self.wrappers))

    @cached_property
    def own_words(self) -> Mapping[str, int]:
        """The command word of each wrapper, and how many words of its own stand before the command that it runs."""
        return {words[0]: len(words) - 1 for words in map(str.split, self.wrappers) if words}

    @cached_property
    def rows(self) -> Mapping[str, Row]:
        """The rows of `programs`, as the table of programs has them.

        Raises:
            ValueError: A key or value is wrong.
        """
        from kaniko_split.programs.user_rows import parse_row

        return {name: parse_row(name, columns) for name, columns in self.programs.items()}


NO_WORDS = Vocabulary()
