"""Which files does a script of sed read and write, and does it choose its exit status?

A variable inside of a script is taken for text without the script's delimiters and without line breaks.
"""

from __future__ import annotations

from msgspec import Struct, field

from kaniko_split.source.patterns import Pattern

_NUMBER = Pattern(r"\d+")
_LABEL = Pattern(r"[^;}\n]*")
_BLANK = Pattern(r"[\s;]*")
_FLAGS = Pattern(r"(?:[gpiImM]|\d+)*")
_ALONE = frozenset("=dDgGhHnNpPxzF")
_STANDARD = frozenset({"/dev/stdout", "/dev/stderr", "/dev/stdin"})
_CLOSING = {"(": ")", "{": "}"}


class SedScript(Struct, eq=False):
    """What a script of sed does.

    Attributes:
        reads: Files that `r` names.
        writes: Files that `w` names.
        exits: It chooses its exit status (`q1`).
        reads_input: It reads standard input (`r /dev/stdin`).
    """

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    exits: bool = False
    reads_input: bool = False


def sed_script(text: str) -> SedScript | None:
    """Return what a script of sed does (GNU sed manual, "sed scripts").

    None where it runs a command, or cannot be read.

    Args:
        text: The script; several `-e` are joined by line breaks.
    """
    done = SedScript()
    at = _BLANK.match(text).end()  # type: ignore[union-attr]
    while at < len(text):
        step = _command(text, at, done)
        if step is None:
            return None
        at = _BLANK.match(text, step).end()  # type: ignore[union-attr]
    return done


def _command(text: str, at: int, done: SedScript) -> int | None:
    """Return the offset after the command at `at`, and note its files in `done`."""
    start = _after_addresses(text, at)
    if start is None or start >= len(text):
        return None
    name, at = text[start], start + 1
    if name in _ALONE or name in "{}":
        return at
    match name:
        case "#":
            end = text.find("\n", at)
            return len(text) if end < 0 else end
        case ":" | "b" | "t" | "T" | "v":
            return _LABEL.match(text, at).end()  # type: ignore[union-attr]
        case "a" | "i" | "c":
            return _after_text(text, at)
        case "l" | "L" | "q" | "Q":
            while at < len(text) and text[at] == " ":
                at += 1
            number = _NUMBER.match(text, at)
            unknown = at < len(text) and text[at] in "$`"
            done.exits |= name in "qQ" and (unknown or (number is not None and int(number[0]) != 0))
            return None if unknown else number.end() if number else at
        case "r" | "R" | "w" | "W":
            return _file(text, at, name, done)
        case "s":
            return _substitution(text, at, done)
        case "y":
            middle = _after_part(text, at + 1, text[at : at + 1])
            return None if middle is None else _after_part(text, middle, text[at])
        case _:
            # `e` runs a command; the rest is no command of sed.
            return None


def _after_addresses(text: str, at: int) -> int | None:
    """Return the offset of the command's letter."""
    for _ in range(2):
        end = _after_address(text, at)
        if end is None:
            return None
        at = end
        while text[at : at + 1] in {" ", "\t"}:
            at += 1
        if text[at : at + 1] != ",":
            break
        at += 1
        while text[at : at + 1] in {" ", "\t"}:
            at += 1
        if text[at : at + 1] in {"+", "~"}:
            at += 1
    while text[at : at + 1] in {"!", " ", "\t"} and text[at : at + 1]:
        at += 1
    return at


def _after_address(text: str, at: int) -> int | None:
    first = text[at : at + 1]
    if first == "/" or (first == "\\" and at + 1 < len(text)):
        mark = "/" if first == "/" else text[at + 1]
        end = _after_part(text, at + (1 if first == "/" else 2), mark)
        while end is not None and text[end : end + 1] in {"I", "M"}:
            end += 1
        return end
    if first == "$":
        # `$d` may be the last line or a variable, and `${X}` is a variable.
        following = text[at + 1 : at + 2]
        return None if following.isalnum() or following in {"_", "{", "("} else at + 1
    number = _NUMBER.match(text, at)
    if number is None:
        return at
    at = number.end()
    if text[at : at + 1] == "~":
        step = _NUMBER.match(text, at + 1)
        return step.end() if step else None
    return at


def _after_part(text: str, at: int, mark: str) -> int | None:
    """Return the offset after the next `mark`; a backslash, a bracket or an expansion hides one."""
    if not mark or mark in "\\\n":
        return None
    bracket = False
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 2
            continue
        if character == "$" and text[at + 1 : at + 2] in _CLOSING and mark not in "{(":
            closing = text.find(_CLOSING[text[at + 1]], at)
            # A group at the end of an expression, `\($\)`, is no expansion.
            if closing > 0:
                at = closing + 1
                continue
        if character == mark and not bracket:
            return at + 1
        if character == "[" and not bracket and text.find("]", at + 2) > 0:
            # GNU sed takes the delimiter in a bracket for itself; others do not: where it matters, nobody knows.
            inside = text[at : text.find("]", at + 2)]
            if mark in inside:
                return None
        at += 1
    return None


def _after_text(text: str, at: int) -> int:
    """Return the offset after the text of `a`, `i` or `c`: the end of a line that does not end in a backslash."""
    while True:
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        if text[end - 1] != "\\":
            return end
        at = end + 1


def _file(text: str, at: int, name: str, done: SedScript) -> int | None:
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    path = text[at:end].strip()
    if not path:
        return None
    if path in _STANDARD:
        done.reads_input |= path == "/dev/stdin"
    elif name in "rR":
        done.reads.add(path)
    else:
        done.writes.add(path)
    return end


def _substitution(text: str, at: int, done: SedScript) -> int | None:
    mark = text[at : at + 1]
    middle = _after_part(text, at + 1, mark)
    end = None if middle is None else _after_part(text, middle, mark)
    if end is None:
        return None
    end = _FLAGS.match(text, end).end()  # type: ignore[union-attr]
    following = text[end : end + 1]
    if following == "w":
        return _file(text, end + 1, "w", done)
    return end if following in {"", ";", "\n", "}", " ", "\t", "#"} else None
