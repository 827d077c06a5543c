"""Which files and variables does a program of awk use, and does it choose its exit status?

The answer errs on the side of more: a word of awk that reads, writes or runs counts wherever it is, also in a comment.
"""

from __future__ import annotations

from msgspec import Struct

from kaniko_split.source.patterns import Pattern

# They run commands or load code (GNU awk manual, "I/O Functions", "Extensions").
_RUNS = Pattern(r"\bsystem\s*\(|\bgetline\b|\|&|@(?:include|load)\b|\bARG[VC]\b|\binplace\b|\bclose\s*\(")
_DIFFERS = Pattern(r"\b(?:srand|rand|systime|strftime)\b|PROCINFO")
_ENVIRON = Pattern(r"\bENVIRON\b(?:\s*\[\s*\"(\w+)\"\s*\])?")
_STANDARD = frozenset({"/dev/stdout", "/dev/stderr", "/dev/null", "-"})
_STRING = Pattern(r'"(?:[^"\\\n]|\\.)*"')
_REDIRECT = Pattern(r">>?\s*(?:\x00(\d+)\x00)?")
_PIPE = Pattern(r"(?<!\|)\|(?!\|)")
_EXITS = Pattern(r"\bexit\b\s*(?![\s;}]|$)(?!0\s*(?:[;}\n]|$))")
_PRINTS = Pattern(r"\bprintf?\b[^;\n}]*>")


class AwkProgram(Struct, frozen=True, eq=False):
    """What a program of awk does.

    Attributes:
        writes: Files that it writes; None where no literal names one.
        names: Variables of the environment that it reads; None where that may be any.
        differs: It draws by chance, or asks for the time.
        exits: It chooses its exit status.
    """

    writes: frozenset[str] | None
    names: frozenset[str] | None
    differs: bool
    exits: bool


def awk_program(text: str) -> AwkProgram | None:
    """Return what a program of awk does; None where it may run a command or read files that no word names."""
    if _RUNS.search(text):
        return None
    strings: list[str] = []
    kept = _without_strings(text, strings)
    if '"' in kept or _PIPE.search(kept):
        return None
    found = list(_ENVIRON.finditer(text))
    names = None if any(match[1] is None for match in found) else frozenset(match[1] for match in found)
    writes: frozenset[str] | None = frozenset()
    if _PRINTS.search(kept):
        targets = [match[1] for match in _REDIRECT.finditer(kept)]
        known = [strings[int(target)] for target in targets if target is not None]
        writes = frozenset(known) - _STANDARD if len(known) == len(targets) else None
    return AwkProgram(writes, names, bool(_DIFFERS.search(text)), bool(_EXITS.search(kept)))


def _without_strings(text: str, strings: list[str]) -> str:
    """Return `text` with a mark in the place of each string, and nothing in that of each regular expression.

    Where a quote may belong to a regular expression that is not told apart from a division, it stays.
    """
    kept: list[str] = []
    at = 0
    while at < len(text):
        before = "".join(kept[-1:])
        if text[at] == '"':
            match = _STRING.match(text, at)
            if match is None:
                return text
            kept.append(f"\x00{len(strings)}\x00")
            strings.append(match[0][1:-1])
            at = match.end()
        elif text[at] == "/" and _begins_regex(kept):
            end = at + 1
            while end < len(text) and text[end] != "/":
                end += 2 if text[end] == "\\" else 1
            at = end + 1
            kept.append("/")
        elif text[at] == "/" and before == ")" and '"' in text[at:]:
            return text
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _begins_regex(kept: list[str]) -> bool:
    last = next((piece for piece in reversed(kept) if piece not in {" ", "\t"}), "")
    return last in {"", "(", ",", "~", "!", "&", "|", "{", "}", ";", "\n"}
