"""What is known of a word before the job runs?"""

from __future__ import annotations

from msgspec import Struct

# A longer value counts as unknown; so long may a path be (Linux, PATH_MAX).
MOST_CHARACTERS = 4096
# A word that expands to more words counts as one of which nobody knows how many it becomes.
MOST_WORDS = 1000


class Value(Struct, frozen=True, eq=False):
    """A word's value as far as it is known.

    Attributes:
        text: The value; what is not known stands in it as it is written (`$TAG`, `$(cat version)`).
        exact: Whether nothing in it is unknown.
        splits: Whether the shell may make no word or several of it.
        given: Whether it rests on what the pipeline gives, which the project or whoever starts the pipeline can beat.
        array: The elements of an array; its text is the first one, as it is to bash.
        choices: The values that it may have, one for each path that leads here, where these are few and known.
    """

    text: str
    exact: bool = True
    splits: bool = False
    given: bool = False
    array: tuple[Value, ...] | None = None
    choices: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        """Tell whether both are the same value, whoever gave it."""
        return isinstance(other, Value) and self._compared() == other._compared()

    def __hash__(self) -> int:
        """Return a hash of what `==` looks at."""
        return hash(self._compared())

    def _compared(self) -> tuple[object, ...]:
        return (self.text, self.exact, self.splits, self.array, self.choices)
