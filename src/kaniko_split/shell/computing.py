"""What does a command substitution print that only prints and cuts words which are known?

Known is what bash, dash and busybox, and the programs of GNU and busybox, print alike, down to the options that are
listed here; whatever else a command is told, its output is known only when the job runs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence

from kaniko_split.shell.filters import filtered
from kaniko_split.shell.nodes import Call, Chain, Literal, Statement, Substitution, Word
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

Expand = Callable[[tuple[Word, ...]], tuple[Value, ...]]

COMPUTING = frozenset({"basename", "cut", "dirname", "echo", "head", "printf", "sed", "seq", "sort", "tr"})
ALIASES = "alias()"  # stands among what is known for "some words are aliases"
EXPANDS_ALIASES = "shopt -s expand_aliases"  # and this for "bash expands them in a script too"
_NAMES = "|".join(sorted(COMPUTING))
_REDEFINED = Pattern(rf"\balias\b|\bfunction\s+(?:{_NAMES})\b|(?<![\w$-])(?:{_NAMES})\s*\(\s*\)")
_PLAIN = Pattern(r"[ -~\n\t]*")
_NUMBER = Pattern(r"0|[1-9]\d{0,5}")
_MOST_NUMBERS = 1000


def printed(part: Substitution, script: str, known: Mapping[str, Value], expand: Expand) -> tuple[str, bool] | None:
    """Return what `$(...)` stands for, and whether that rests on what the pipeline gives; None where it is not known.

    Args:
        part: The substitution.
        script: The text that its span counts in.
        known: What is known where it runs, `name()` among it for each function.
        expand: Gives the words that some words become.
    """
    written = script[part.span.start : part.span.end]
    # Between backquotes a backslash has a meaning of its own (POSIX, 2.6.3); `<(...)` stands for a file.
    if len(part.statements) != 1 or not (written.startswith("$(") or (written[0] == "`" and "\\" not in written)):
        return None
    if ALIASES in known or _REDEFINED.search(script):
        return None
    given: list[bool] = []
    text = _output(part.statements[0], known, expand, given)
    # POSIX, "Command Substitution", 2.6.3: line feeds at the end are cut.
    return None if text is None else (text.rstrip("\n"), any(given))


def _output(statement: Statement, known: Mapping[str, Value], expand: Expand, given: list[bool]) -> str | None:
    """Return what a statement prints; to `given` it adds what its words rest on."""
    if statement.redirects or statement.negated or statement.background:
        return None
    match statement.command:
        case Chain(operator="|", left=left, right=right):
            text = _output(left, known, expand, given)
            texts = _words_of_call(right, known, expand, given)
            return filtered(texts, text) if text is not None and texts else None
        case Call():
            texts = _words_of_call(statement, known, expand, given)
            found = _of_command(texts) if texts else None
            return found if found is not None and _PLAIN.fullmatch(found) else None
    return None


def _words_of_call(
    statement: Statement, known: Mapping[str, Value], expand: Expand, given: list[bool]
) -> tuple[str, ...]:
    """Return the words of a command that computes; none where they, or what it is, are not known."""
    command = statement.command
    if not isinstance(command, Call) or command.assignments or not command.words:
        return ()
    if statement.redirects or statement.negated or statement.background or any(map(_begins_at_home, command.words)):
        return ()
    values = expand(command.words)
    if not values or any(value.splits or not value.exact for value in values):
        return ()
    name = values[0].text
    given.extend(value.given for value in values)
    return () if name not in COMPUTING or f"{name}()" in known else tuple(value.text for value in values)


def _begins_at_home(word: Word) -> bool:
    """Tell whether a word begins with a folder that `~` stands for."""
    first = word.parts[0] if word.parts else None
    return isinstance(first, Literal) and not first.quoted and first.text.startswith("~")


def _of_command(texts: tuple[str, ...]) -> str | None:
    """Return what a command prints that reads nothing; None where that is not certain."""
    match texts:
        case ("echo", "-n", *words) if _can_be_echoed(words):
            return " ".join(words)
        case ("echo", *words) if _can_be_echoed(words):
            return " ".join(words) + "\n"
        case ("printf", "%s", one, *more):
            return "".join((one, *more))
        case ("printf", "%s\\n", one, *more):
            return "".join(f"{word}\n" for word in (one, *more))
        case ("seq", last):
            return _counted("1", last)
        case ("seq", first, last):
            return _counted(first, last)
        case ("basename", path):
            return _last_part(path)
        case ("basename", path, suffix):
            return _last_part(path, suffix) if suffix and not suffix.startswith("-") else None
        case ("dirname", path):
            return _folder(path)
    return None


def _can_be_echoed(words: Sequence[str]) -> bool:
    """Tell whether each shell prints these words as they are (POSIX, "echo": a first `-n` and any backslash differ)."""
    return not any("\\" in word for word in words) and not (words and words[0].startswith("-"))


def _counted(first: str, last: str) -> str | None:
    if not (_NUMBER.fullmatch(first) and _NUMBER.fullmatch(last)):
        return None
    numbers = range(int(first), int(last) + 1)
    return "".join(f"{number}\n" for number in numbers) if 0 < len(numbers) <= _MOST_NUMBERS else None


def _is_clear(path: str) -> bool:
    """Tell whether there is but one way to take a path apart (POSIX, "basename", for what is left to the system)."""
    return bool(path.strip("/")) and "//" not in path and "\n" not in path and not path.startswith("-")


def _last_part(path: str, suffix: str = "") -> str | None:
    name = posixpath.basename(path.removesuffix("/"))
    # A name that is all suffix keeps it.
    return f"{name if name == suffix else name.removesuffix(suffix)}\n" if _is_clear(path) else None


def _folder(path: str) -> str | None:
    return f"{posixpath.dirname(path.removesuffix('/')) or '.'}\n" if _is_clear(path) else None
