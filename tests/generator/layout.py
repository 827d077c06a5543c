"""How is a mapping laid out in lines: indentation, order, brackets, comments, blank lines?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator import scalars
from generator.choices import Choices
from generator.scripts import Item


@dataclass(frozen=True)
class Commands:
    """A value that is a script."""

    items: Sequence[Item]
    whole: bool = False


@dataclass(frozen=True)
class Raw:
    """A value that is written as it stands, such as an alias, and what it means."""

    written: str
    meant: Any


@dataclass(frozen=True)
class Named:
    """A value with an anchor."""

    anchor: str
    value: Any


@dataclass(frozen=True)
class Style:
    """How one person indents.

    Attributes:
        step: By how much a key stands to the right of the one above it.
        flush: Whether dashes stand under the key and not to the right of it.
        gap: How many spaces follow a dash.
        notes: How often there is a comment, in percent.
        odd: Whether there are spaces where nobody needs them.
    """

    step: int
    flush: bool
    gap: int
    notes: int
    odd: bool


def style(choices: Choices) -> Style:
    """Draw how one person indents."""
    return Style(
        step=choices.pick((2, 2, 2, 4, 4, 3)),
        flush=choices.chance(30),
        gap=choices.pick((1, 1, 1, 1, 3, 2)),
        notes=choices.pick((0, 10, 10, 25)),
        odd=choices.chance(15),
    )


@dataclass
class Page:
    """Lines that are being written, in one style."""

    choices: Choices
    style: Style

    def entry(self, key: str, value: Any, column: int, *, first: bool = False) -> tuple[list[str], Any]:
        """Write a key with its value; give the lines and what the value means."""
        head = " " * column + scalars.key(self.choices, key)
        head += " :" if self.style.odd and self.choices.chance(8) else ":"
        if key == "<<":
            head = " " * column + "<<:"
        lines = [] if first else self._above(column)
        if isinstance(value, Named):
            head += f" &{value.anchor}"
            value = value.value
        written, meant = self._value(head, value, column)
        return [*lines, *written], meant

    def mapping(self, value: Mapping[str, Any], column: int, *, inside: bool = False) -> tuple[list[str], Any]:
        """Write all entries of a mapping; `inside` where the first one follows a dash."""
        lines: list[str] = []
        meant: dict[str, Any] = {}
        for number, (key, one) in enumerate(value.items()):
            written, means = self.entry(key, one, column, first=inside and number == 0)
            lines += written
            meant[key] = means
        return lines, meant

    def _value(self, head: str, value: Any, column: int) -> tuple[list[str], Any]:
        if isinstance(value, Raw):
            return [f"{head}{self._gap()}{value.written}{self._beside()}"], value.meant
        if isinstance(value, Commands):
            return self._commands(head, value, column)
        if isinstance(value, (dict, list)) and value and not _is_deep(value):
            one_line = self.choices.chance(35)
            if one_line:
                return [f"{head}{self._gap()}{self.flow(value)}{self._beside()}"], _meant(value)
        if isinstance(value, dict) and value:
            lines, meant = self.mapping(value, column + self.style.step)
            return [head + self._beside(), *lines], meant
        if isinstance(value, list) and value:
            return self._list(head, value, column)
        return [f"{head}{self._gap()}{self.flow(value)}{self._beside()}"], value

    def _list(self, head: str, value: Sequence[Any], column: int) -> tuple[list[str], Any]:
        lines = [head + self._beside()]
        meant: list[Any] = []
        dash = column if self.style.flush else column + self.style.step
        for one in value:
            lines += self._above(dash)
            lead = " " * dash + "-" + " " * self.style.gap
            if isinstance(one, dict) and one and not self.choices.chance(25):
                inside, means = self.mapping(one, len(lead), inside=True)
                lines += [lead + inside[0].lstrip(" "), *inside[1:]]
                meant.append(means)
            elif isinstance(one, Raw):
                lines.append(lead + one.written + self._beside())
                meant.append(one.meant)
            else:
                lines.append(lead + self.flow(one) + self._beside())
                meant.append(_meant(one))
        return lines, meant

    def _commands(self, head: str, value: Commands, column: int) -> tuple[list[str], Any]:
        if value.whole:
            written = scalars.command(self.choices, value.items[0], column)
            return self._joined(head + " ", written.lines, written.beside), written.value
        if self.choices.chance(6):
            parts = [scalars.inline(self.choices, item) for item in value.items]
            given = [part for part in parts if part is not None]
            if len(given) == len(parts):
                inside = ", ".join(part[0] for part in given)
                return [f"{head} [{inside}]{self._beside()}"], [part[1] for part in given]
        lines = [head + self._beside()]
        meant: list[str] = []
        dash = column if self.style.flush else column + self.style.step
        for item in value.items:
            written = scalars.command(self.choices, item, dash)
            lead = " " * dash + "-" + " " * self.style.gap
            lines += self._above(dash)
            lines += self._joined(lead, written.lines, written.beside)
            meant.append(written.value)
        return lines, meant

    def _joined(self, lead: str, lines: Sequence[str], beside: int | None) -> list[str]:
        found = [lead + lines[0], *lines[1:]]
        if beside is not None:
            found[beside] += self._beside()
        return found

    def flow(self, value: Any) -> str:
        """Write a value on one line."""
        inner = " " if self.style.odd and self.choices.chance(50) else ""
        if isinstance(value, Raw):
            return value.written
        if isinstance(value, dict):
            pairs = [f"{scalars.text(self.choices, key, flow=True)}: {self.flow(one)}" for key, one in value.items()]
            return "{" + inner + ", ".join(pairs) + inner + "}"
        if isinstance(value, list):
            return "[" + inner + ", ".join(self.flow(one) for one in value) + inner + "]"
        if isinstance(value, str):
            return scalars.text(self.choices, value, flow=True)
        if isinstance(value, bool):
            return str(value).lower()
        return str(value)

    def _gap(self) -> str:
        return " " * self.choices.pick((1, 1, 3)) if self.style.odd else " "

    def _beside(self) -> str:
        if self.choices.chance(self.style.notes // 2):
            return " " * self.choices.pick((1, 2, 3)) + self.choices.note()
        return " " * self.choices.number(1, 2) if self.style.odd and self.choices.chance(10) else ""

    def _above(self, column: int) -> list[str]:
        if self.choices.chance(self.style.notes):
            return self.comment(column)
        return [""] if self.choices.chance(3) else []

    def comment(self, column: int) -> list[str]:
        """Write a comment of one or two lines, maybe apart from what follows."""
        at = " " * self.choices.pick((column, column, column, 0))
        lines = [at + self.choices.note() for _ in range(self.choices.pick((1, 1, 2)))]
        if self.choices.chance(15):
            lines.append("")
        if self.choices.chance(10):
            lines.insert(0, "")
        return lines


def _is_deep(value: Any) -> bool:
    """Say whether a value holds what has no place between brackets."""
    inside = list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    return isinstance(value, (Commands, Named)) or any(_is_deep(one) for one in inside)


def _meant(value: Any) -> Any:
    if isinstance(value, Raw):
        return value.meant
    if isinstance(value, dict):
        return {key: _meant(one) for key, one in value.items()}
    return [_meant(one) for one in value] if isinstance(value, list) else value
