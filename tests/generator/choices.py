"""How is each choice about a pipeline made, so that a failing one shrinks to the plainest?"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Draw(Protocol):
    """What hypothesis gives to a composite strategy."""

    def __call__(self, strategy: st.SearchStrategy[int], /) -> int:
        """Draw one value."""


@functools.cache
def _below(limit: int) -> st.SearchStrategy[int]:
    return st.integers(0, limit - 1)


@dataclass
class Choices:
    """Every choice of one pipeline; the first option is always the plainest."""

    draw: Draw
    notes: int = 0

    def number(self, least: int, most: int) -> int:
        """Choose a number; `least` is the plainest."""
        return least if most <= least else least + self.draw(_below(most - least + 1))

    def chance(self, percent: int) -> bool:
        """Say yes in about `percent` of all cases; no is plainer."""
        return self.draw(_below(100)) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of `options`."""
        return options[self.number(0, len(options) - 1)]

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """Choose one of `options`, each a weight and a value."""
        number = self.number(0, sum(weight for weight, _ in options) - 1)
        for weight, value in options:
            if number < weight:
                return value
            number -= weight
        raise AssertionError("the weights are positive")

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Choose `count` different ones of `options`."""
        left = list(options)
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(min(count, len(left)))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Bring all of `options` into some order."""
        return self.some(options, len(options))

    def note(self) -> str:
        """Write a comment that no other place of the pipeline has."""
        self.notes += 1
        said = self.pick(_SAID)
        return f"#{self.pick((' ', ' ', ''))}note {self.notes}: {said}"


_SAID = (
    "why",
    "do not touch",
    "- /kaniko/executor -c old -d old",
    "für später",
    'see "docs": [here], {there}',
    "it's & *that",
    "script:",
    "needs: [images]",
    "# twice",
    "",
)
