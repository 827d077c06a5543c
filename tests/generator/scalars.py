"""In which ways can a text be written in YAML?"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from generator.choices import Choices
from generator.scripts import Item


@dataclass(frozen=True)
class Scalar:
    """A text as it is written.

    Attributes:
        lines: The first one without indentation, the others with theirs.
        value: What it means.
        beside: The number of the line that a comment may follow; None for no line.
    """

    lines: tuple[str, ...]
    value: str
    beside: int | None


def text(choices: Choices, value: str, *, flow: bool = False) -> str:
    """Write a short text on one line, plain where that means the same."""
    ways = [_single(value), json.dumps(value, ensure_ascii=False)]
    if is_plain(value, flow=flow):
        ways = [value, value, value, *ways]
    return choices.pick(ways)


def key(choices: Choices, value: str) -> str:
    """Write a key, mostly without quotes where it can be."""
    if is_plain(value) and not choices.chance(5):
        return value
    return text(choices, value)


@functools.cache
def is_plain(value: str, *, flow: bool = False) -> bool:
    """Say whether a text can stand without quotes."""
    written = f"[{value}]" if flow else f"- {value}"
    try:
        found = yaml.load(written, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return False
    return bool(found == [value]) and ": " not in value and value == value.strip()


def command(choices: Choices, item: Item, column: int) -> Scalar:
    """Write an item of a script, whose list or key stands in `column`."""
    ways: list[Callable[[], Scalar]] = [lambda: _literal(choices, item, column)]
    if item.joint != "\n" or len(item.statements) == 1:
        line = item.joint.join(one.text for one in item.statements)
        quoted = [
            lambda: Scalar((_single(line),), line, 0),
            lambda: Scalar((json.dumps(line, ensure_ascii=False),), line, 0),
            lambda: _lines(choices, _single_words(item), column, "'", line),
            lambda: _lines(choices, _double_words(item), column, '"', line),
            lambda: _folded(choices, item, column),
            lambda: _folded(choices, item, column),
        ]
        ways = [*ways, *quoted]
        if is_plain(line):
            ways = [
                lambda: Scalar((line,), line, 0),
                lambda: Scalar((line,), line, 0),
                lambda: Scalar((line,), line, 0),
                lambda: _lines(choices, _words(item), column, "", line),
                lambda: _lines(choices, _words(item), column, "", line),
                *ways,
            ]
    elif choices.chance(10):
        ways.append(lambda: _escaped(item))
        ways.append(lambda: _paragraphs(choices, item, column))
    return choices.pick(ways)()


def inline(choices: Choices, item: Item) -> tuple[str, str] | None:
    """Write an item of a script between brackets; None where that would change it."""
    if item.joint == "\n" and len(item.statements) > 1:
        return None
    line = item.joint.join(one.text for one in item.statements)
    return text(choices, line, flow=True), line


def _single(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _words(item: Item) -> list[str]:
    found: list[str] = []
    for number, one in enumerate(item.statements):
        words = list(one.words)
        if number:
            # `&&` begins the next line or ends this one; `;` ends it.
            if item.joint == " && ":
                found.append("&&")
            else:
                found[-1] += item.joint.rstrip()
        found += words
    return found


def _single_words(item: Item) -> list[str]:
    words = [word.replace("'", "''") for word in _words(item)]
    return [f"'{words[0]}", *words[1:-1], f"{words[-1]}'"] if len(words) > 1 else [f"'{words[0]}'"]


def _double_words(item: Item) -> list[str]:
    words = [json.dumps(word, ensure_ascii=False)[1:-1] for word in _words(item)]
    return [f'"{words[0]}', *words[1:-1], f'{words[-1]}"'] if len(words) > 1 else [f'"{words[0]}"']


def _lines(choices: Choices, words: list[str], column: int, quote: str, value: str) -> Scalar:
    """Break a plain or quoted scalar between words."""
    indent = " " * (column + choices.pick((2, 2, 4, 3)))
    broken = _broken(choices, words)
    if not quote and any(line.startswith("#") for line in broken):
        return Scalar((_single(value),), value, 0)
    return Scalar((broken[0], *(indent + line for line in broken[1:])), value, len(broken) - 1)


def _broken(choices: Choices, words: list[str]) -> list[str]:
    """Put each word on a line of its own, or some of them together."""
    lines = [words[0]]
    together = choices.chance(30)
    for word in words[1:]:
        if together and choices.chance(50):
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _folded(choices: Choices, item: Item, column: int) -> Scalar:
    chomp = choices.pick(("-", "", "-"))
    header, indent = _header(choices, ">", chomp, column)
    broken = _broken(choices, _words(item))
    value = " ".join(_words(item)) + ("" if chomp == "-" else "\n")
    return Scalar((header, *(indent + line for line in broken)), value, 0)


def _literal(choices: Choices, item: Item, column: int) -> Scalar:
    chomp = "+" if choices.chance(4) else choices.pick(("", "-"))
    header, indent = _header(choices, "|", chomp, column)
    lines: list[str] = []
    for number, one in enumerate(item.statements):
        if item.joint == "\n":
            if number and choices.chance(10):
                lines.append("")
            if choices.chance(12):
                lines.append(choices.note())
        written = _written(choices, one.words, one.lines)
        if number < len(item.statements) - 1 and item.joint != "\n":
            written[-1] += choices.pick((item.joint.rstrip(), item.joint.rstrip() + " \\"))
            if item.joint == "; " and written[-1].endswith("\\"):
                written[-1] = written[-1][:-2]
        elif item.joint == "\n" and "<<" not in written[0] and choices.chance(6):
            # Behind the end of a here-document, a comment would make it no end.
            written[-1] += " " + choices.note()
        lines += written
    if item.joint == "\n" and choices.chance(5):
        lines.append(choices.note())
    value = "\n".join(lines) + ("" if chomp == "-" else "\n")
    return Scalar((header, *(indent + line if line else "" for line in lines)), value, 0)


def _written(choices: Choices, words: tuple[str, ...], lines: tuple[str, ...]) -> list[str]:
    if lines:
        return list(lines)
    if len(words) == 1 or choices.chance(50):
        return [" ".join(words)]
    broken = _broken(choices, list(words))
    more = choices.pick(("  ", "", "    "))
    return [
        (more if number else "") + line + (" \\" if number < len(broken) - 1 else "")
        for number, line in enumerate(broken)
    ]


def _header(choices: Choices, sign: str, chomp: str, column: int) -> tuple[str, str]:
    """Write the head of a block scalar, and tell how far its lines are indented."""
    more = choices.pick((2, 2, 4, 3))
    told = str(more) if choices.chance(6) else ""
    return sign + choices.pick((told + chomp, chomp + told)), " " * (column + more)


def _escaped(item: Item) -> Scalar:
    value = "\n".join(one.text for one in item.statements)
    return Scalar((json.dumps(value, ensure_ascii=False),), value, 0)


def _paragraphs(choices: Choices, item: Item, column: int) -> Scalar:
    """Write statements in a folded scalar, where a blank line is a line break."""
    header, indent = _header(choices, ">", "-", column)
    lines: list[str] = []
    for one in item.statements:
        lines += ([""] if lines else []) + [indent + one.text]
    return Scalar((header, *lines), "\n".join(one.text for one in item.statements), 0)
