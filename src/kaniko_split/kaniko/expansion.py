"""Which parts of a word stand for something that is not known yet?

A word is cut into units: each literal character by itself, and each expansion whole, so that a `:` or `/`
inside `${TAG:-a/b}`, `$(git describe)`, a backquoted command or GitLab's `$[[ inputs.tag ]]` is nobody's
separator.
"""

from __future__ import annotations

from functools import lru_cache

# Each image is compared with each other one, so that the same texts are cut again and again.
_MOST_TEXTS = 4096
_SPECIAL_PARAMETERS = "@*#?$!-0123456789"
_OPENED_BY = {"${": "}", "$(": ")"}


@lru_cache(maxsize=_MOST_TEXTS)
def units(text: str) -> tuple[str, ...]:
    """Return `text` as units, with `${NAME}` as `$NAME` and no blanks around the inside of `$[[ ... ]]`."""
    result: list[str] = []
    at = 0
    while at < len(text):
        end = _end_of_expansion(text, at)
        result.append(_normal(text[at:end]))
        at = end
    return tuple(result)


def is_expansion(unit: str) -> bool:
    """Return whether `unit` is an expansion; a literal one is a single character."""
    return len(unit) > 1


def _end_of_expansion(text: str, at: int) -> int:
    """Return where the unit at `at` ends; an expansion that is not closed takes the rest."""
    if text[at] == "`":
        return _past(text, at + 1, "`")
    if text[at] != "$" or at + 1 == len(text):
        return at + 1
    if text.startswith("$[[", at):
        end = text.find("]]", at)
        return len(text) if end < 0 else end + 2
    opened = _OPENED_BY.get(text[at : at + 2])
    if opened is not None:
        return _past(text, at + 2, opened)
    if text[at + 1] in _SPECIAL_PARAMETERS:
        return at + 2
    end = at + 1
    while end < len(text) and text[end].isascii() and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return end


def _past(text: str, at: int, closing: str) -> int:
    """Return the offset behind the `closing` that ends what began before `at`, minding quotes and nesting."""
    awaited = [closing]
    while at < len(text):
        character = text[at]
        opened = _OPENED_BY.get(text[at : at + 2])
        if character == awaited[-1]:
            awaited.pop()
            if not awaited:
                return at + 1
        elif character == "\\":
            at += 1
        elif opened is not None:
            awaited.append(opened)
            at += 1
        elif character in '"`':
            awaited.append(character)
        elif character == "(" and awaited[-1] == ")":
            awaited.append(")")
        elif character == "'" and awaited[-1] != '"':
            end = text.find("'", at + 1)
            at = len(text) if end < 0 else end
        at += 1
    return len(text)


def _normal(unit: str) -> str:
    if unit.startswith("$[["):
        return f"$[[{unit[3:].removesuffix(']]').strip()}]]"
    if unit.startswith("${") and unit.endswith("}"):
        name = unit[2:-1]
        if name.isascii() and name.replace("_", "a").isalnum():
            return f"${name}"
    return unit
