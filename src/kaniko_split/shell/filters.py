"""What do `cut`, `tr`, `sed`, `head` and `sort` make of a text?

A closed list of their uses, in which GNU's, busybox's and POSIX's do the same; of any other use nothing is known.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from kaniko_split.source.patterns import Pattern

_FIELDS = Pattern(r"([1-9]\d?)(?:(-)([1-9]\d?)?)?|-([1-9]\d?)")
_SED = Pattern(r"s(?P<mark>[/|,#:@])(?P<old>[\w ,:/@=-]+)(?P=mark)(?P<new>[\w .,:/@=-]*)(?P=mark)(?P<all>g?)", re.ASCII)
_COUNT = Pattern(r"-n? ?([1-9]\d{0,2})")
# What every language sorts in the same order.
_SORTED_ALIKE = Pattern(r"[a-z0-9]+")
_PLAIN_SET = Pattern(r"[\w ,;:./@=+|#%\"']+", re.ASCII)
_ALPHABETS = {
    **dict.fromkeys(("[:upper:]", "A-Z"), string.ascii_uppercase),
    **dict.fromkeys(("[:lower:]", "a-z"), string.ascii_lowercase),
}
_CASES = frozenset({frozenset({"[:upper:]", "[:lower:]"}), frozenset({"A-Z", "a-z"})})
_CHARACTERS = {"\\n": "\n", "\\t": "\t", "-": "-"}
_SETS = {"[:space:]": " \t\n", "[:blank:]": " \t", **_CHARACTERS, **_ALPHABETS}


def filtered(texts: tuple[str, ...], text: str) -> str | None:
    """Return what a command prints that reads `text`; None where that is not certain.

    Args:
        texts: Its words.
        text: What is piped into it: letters, signs, blanks and line feeds of ASCII.
    """
    match texts:
        case ("cut", *options):
            return _cut(options, text)
        case ("tr", "-d", one):
            gone = _SETS.get(one) or _plain_set(one)
            return text.translate(dict.fromkeys(map(ord, gone))) if gone else None
        case ("tr", one, other):
            return _translated(one, other, text)
        case ("sed", rule) | ("sed", "-e", rule):
            return _replaced(rule, text)
        case ("head", *options):
            found = _COUNT.fullmatch(" ".join(options))
            return "".join(text.splitlines(keepends=True)[: int(found[1])]) if found is not None else None
        case ("sort",):
            lines = _lines(text)
            return _text(sorted(lines)) if all(map(_SORTED_ALIKE.fullmatch, lines)) else None
    return None


def _lines(text: str) -> list[str]:
    """Return the lines of a text, of which the last may lack its end."""
    return text.removesuffix("\n").split("\n") if text else []


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _plain_set(text: str) -> str:
    """Return the characters of a set without ranges, classes and escapes; none for any other, or where one is twice."""
    return text if _PLAIN_SET.fullmatch(text) and len(set(text)) == len(text) else ""


def _translated(one: str, other: str, text: str) -> str | None:
    """Return what `tr` makes of a text with two sets of the same length."""
    if {one, other} & _ALPHABETS.keys():
        alike = frozenset({one, other}) in _CASES
        return text.translate(str.maketrans(_ALPHABETS[one], _ALPHABETS[other])) if alike else None
    old, new = (_CHARACTERS.get(name) or _plain_set(name) for name in (one, other))
    return text.translate(str.maketrans(old, new)) if old and len(old) == len(new) else None


def _replaced(rule: str, text: str) -> str | None:
    """Return what `s/old/new/` makes of each line, where `old` stands for itself and `new`, too."""
    found = _SED.fullmatch(rule)
    if found is None or found["mark"] in found["old"] + found["new"]:
        return None
    count = -1 if found["all"] else 1
    # A last line without an end is printed without one.
    return "\n".join(line.replace(found["old"], found["new"], count) for line in text.split("\n"))


def _cut(options: Sequence[str], text: str) -> str | None:
    """Return what `cut -d X -f LIST` prints, its options in whatever order, each once."""
    found: dict[str, str] = {}
    left = list(options)
    while left:
        option = left.pop(0)
        name, value = option[:2], option[2:] or (left.pop(0) if left else "")
        if name not in {"-d", "-f"} or name in found or not value:
            return None
        found[name] = value
    mark, which = found.get("-d", ""), _FIELDS.fullmatch(found.get("-f", ""))
    if len(mark) != 1 or mark == "\n" or which is None:
        return None
    first = int(which[1] or 1)
    last = int(which[3] or which[4] or 0) or (None if which[2] else first)
    if last is not None and last < first:
        return None
    lines = [_cut_line(line, mark, first, last) for line in _lines(text)]
    return _text([line for line in lines if line is not None]) if None not in lines else None


def _cut_line(line: str, mark: str, first: int, last: int | None) -> str | None:
    """Return the fields of a line; None where it does not have as many. A line without `mark` is printed as it is."""
    fields = line.split(mark)
    if len(fields) == 1:
        return line
    return mark.join(fields[first - 1 : last]) if max(first, last or first) <= len(fields) else None
