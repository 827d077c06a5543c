"""Which file is behind each descriptor of a shell?

A descriptor is a name of the shell as a variable is one, `&3`, so that subshells, branches and loops treat it alike.
Its value is how it was opened, with the path (`>/a`); `-` where it is closed; its symbol of the environment where it is
the job's own. Any other value may be any file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from kaniko_split.prove.symbols import Symbols, is_known
from kaniko_split.shell.nodes import Redirect
from kaniko_split.source.patterns import Pattern

OUTPUTS = ("1", "2")
"""What a command prints to."""
GIVEN = ("0", *OUTPUTS)
"""What each command has, with what it reads from."""

CLOSED = "-"
_OPENED = Pattern(r"(>>|>|<)(/.*)")
_COPIES = frozenset({">&", "<&"})
_COPIED = Pattern(r"\d+-?|-")
_MOVED = Pattern(r"(\d+)-")
_OF_PROCESS = Pattern(r"/dev/(?:std(?:in|out|err)|fd/.*)|/proc/(?:self|\d+)/fd/.*")
_NUMBERED = Pattern(r"/(?:dev|proc/self)/fd/(\d+)")
_NAMED = {"/dev/stdin": "0", "/dev/stdout": "1", "/dev/stderr": "2"}


def name_of(number: str) -> str:
    """Return the name of a descriptor among the names of the shell."""
    return f"&{number}"


def is_descriptor(name: str) -> bool:
    """Tell whether a name of the shell is that of a descriptor."""
    return name.startswith("&")


def is_unchanged(number: str, value: str) -> bool:
    """Tell whether there is behind a descriptor what is there when the job starts."""
    return value == Symbols.environment(name_of(number))


def names_descriptor(path: str) -> bool:
    """Tell whether a path is that of a descriptor, as `/dev/stderr` is."""
    return _OF_PROCESS.fullmatch(path) is not None


def number_of(redirect: Redirect) -> str:
    """Return the descriptor that a redirect opens or closes (POSIX, 2.7)."""
    return redirect.number or ("0" if redirect.operator.startswith("<") else "1")


_OWN = frozenset(Symbols.environment(name_of(str(number))) for number in range(10))


def numbers_opened(redirect: Redirect, target: str | None) -> tuple[str, ...]:
    """Return the descriptors that a redirect opens or closes; `&>` and `>&file` are for two (bash).

    Args:
        redirect: The redirect.
        target: The value of its target; None where it is not known.
    """
    if redirect.operator in {"&>", "&>>"} or _is_file(redirect, target):
        return OUTPUTS
    moved = _MOVED.fullmatch(target or "") if redirect.operator in _COPIES else None
    return (number_of(redirect),) if moved is None else (number_of(redirect), moved[1])


def _is_file(redirect: Redirect, target: str | None) -> bool:
    """Tell whether `>&file` may be for a file: the word is neither a descriptor nor `-`."""
    return redirect.operator == ">&" and not redirect.number and (target is None or not _COPIED.fullmatch(target))


class Opened(Struct, frozen=True, eq=False):
    """One redirect, its target expanded.

    Attributes:
        redirect: The redirect.
        target: The value of its target.
        path: The file that it opens; None where that may be any, and empty where it opens none.
    """

    redirect: Redirect
    target: str
    path: str | None

    @property
    def writes(self) -> bool:
        """Whether the file is opened to be written."""
        return ">" in self.redirect.operator

    @property
    def truncates(self) -> bool:
        """Whether nothing of what the file held is left."""
        return self.redirect.operator in {">", ">|", "&>"}


def opened(redirect: Redirect, target: str, path_of: Callable[[str], str | None]) -> Opened:
    """Return a redirect with the file that it opens.

    Args:
        redirect: The redirect.
        target: The value of its target.
        path_of: Gives the path that a text names; None where it may be any.
    """
    copies = redirect.operator in _COPIES and not (is_known(target) and _is_file(redirect, target))
    if "<<" in redirect.operator or copies or target == "/dev/null":
        return Opened(redirect, target, "")
    return Opened(redirect, target, path_of(target))


def behind(redirects: Sequence[Opened], table: Callable[[str], str], unknown: Callable[[str], str]) -> dict[str, str]:
    """Return what redirects put behind descriptors, in their order.

    Args:
        redirects: The redirects.
        table: Gives what is behind a descriptor before them.
        unknown: Gives a symbol for what a text puts there that nobody knows.
    """
    found: dict[str, str] = {}
    for one in redirects:
        moved = _MOVED.fullmatch(one.target)
        source = moved[1] if moved is not None else one.target
        named = _number_named(one.path or "")
        if named is not None:
            value = found.get(named) or table(named)
        elif one.redirect.operator not in _COPIES or one.path != "":
            value = _value(one, unknown)
        elif source == CLOSED:
            value = CLOSED
        else:
            value = found.get(source, table(source)) if source.isdigit() else unknown(source)
        first, *others = numbers_opened(one.redirect, one.target)
        # `3>&4-` closes the second one.
        found |= {first: value} | dict.fromkeys(others, CLOSED if moved is not None else value)
    return found


def _number_named(path: str) -> str | None:
    match = _NUMBERED.fullmatch(path)
    return match[1] if match is not None else _NAMED.get(path)


def _value(one: Opened, unknown: Callable[[str], str]) -> str:
    if one.path == "":
        return CLOSED
    operator = one.redirect.operator
    if one.path is None or operator == "<>" or names_descriptor(one.path):
        return unknown(one.target)
    return ("<" if operator == "<" else ">>" if ">>" in operator else ">") + one.path


def files_behind(value: str, symbols: Symbols) -> frozenset[tuple[str, str]] | None:
    """Return the files that may be behind a descriptor, each after how it was opened; None where it may be any.

    Args:
        value: The value of the descriptor.
        symbols: The symbols that it is made of.
    """
    files: set[tuple[str, str]] = set()
    for text in symbols.possible(value):
        match = _OPENED.fullmatch(text)
        if match is not None:
            files.add((match[1], match[2]))
        elif text != CLOSED and text not in _OWN:
            return None
    return frozenset(files)


def opened_by_exec(words: Sequence[str | None], redirects: Sequence[Redirect]) -> Iterator[str]:
    """Yield the names of the descriptors that `exec` without a command opens or closes (POSIX, 2.14, "exec").

    Args:
        words: The words of the command, as far as they are literal.
        redirects: Its redirects.
    """
    names = list(words)
    while names and names[0] in {"command", "builtin"}:
        del names[0]
    if names == ["exec"]:
        for one in redirects:
            yield from map(name_of, numbers_opened(one, one.target.literal))
