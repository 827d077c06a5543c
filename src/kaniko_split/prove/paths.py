"""Which files may a path name, where parts of it are a pattern or not known?

A path is absolute and names all that lies below it too. A component with `*`, `?` or `[` is a pattern of the shell
(POSIX, 2.13): it may be any name that it matches. A name that begins with a dot is taken to match too, as it does
with `dotglob`, and `[` is taken to match any name, since quotes may have made it a character.
"""

from __future__ import annotations

import posixpath
from functools import lru_cache

from kaniko_split.prove.symbols import is_known
from kaniko_split.source.patterns import Pattern

POSITIONS = "/proc/positions"
"""Stands before a path for how far its descriptor has come; only what may read that descriptor asks for it."""

_PATTERN = Pattern(r"[*?\[]")
# A symbol, what may match a `/` too (`**`, extended patterns), and what is several words (`{a,b}`, bash).
_VAGUE = Pattern(r"\x02|\*\*|[@!+*?]\(|\{[^{}/]*(?:,|\.\.)|\\\\")
_MOST_SIGNS = 200


def path_in(folder: str, text: str) -> str | None:
    """Return the absolute path that `text` names in `folder`; None where it may be any.

    A component that is not known stands for all that lies below the folder before it.
    """
    if not text.startswith("/"):
        if text.startswith("\x02") or not folder.startswith("/"):
            return None
        text = f"{folder}/{text}"
    vague = _VAGUE.search(text)
    first = min((match.start() for match in (vague, _PATTERN.search(text)) if match is not None), default=-1)
    if first >= 0 and "/.." in text[first:]:
        return None
    if vague is not None:
        text = text[: text.rfind("/", 0, vague.start()) + 1]
    path = posixpath.normpath(text)
    return "/" + path.lstrip("/")


def is_whole(folder: str, text: str) -> bool:
    """Tell whether `path_in` gives just the one file that `text` names."""
    return is_known(text) and is_known(folder) and not _PATTERN.search(text) and not _VAGUE.search(text)


@lru_cache(maxsize=8192)
def is_pattern(path: str) -> bool:
    """Tell whether a path may name several files that are in none of each other."""
    return _PATTERN.search(path) is not None


def folder_before(path: str) -> str:
    """Return the last folder of a path that is known, where it is a pattern; else the path."""
    match = _PATTERN.search(path)
    return path if match is None else path[: path.rfind("/", 0, match.start())] or "/"


def below(path: str, folder: str) -> str:
    """Return what of a path comes below a folder that it leads through: nothing where it ends there."""
    parts = path.strip("/").split("/")[len(folder.strip("/").split("/")) :]
    return "".join(f"/{part}" for part in parts)


def meets(path: str, other: str) -> bool:
    """Tell whether one of two paths may be the other, or lie below it."""
    if path == other:
        return True
    if path.startswith(other.rstrip("/") + "/") or other.startswith(path.rstrip("/") + "/"):
        return True
    return (is_pattern(path) or is_pattern(other)) and _may_meet(path, other)


def leads_through(path: str, folder: str) -> bool:
    """Tell whether a path may be a folder, or lie below it."""
    return meets(path, folder) and path.rstrip("/").count("/") >= folder.rstrip("/").count("/")


@lru_cache(maxsize=8192)
def _may_meet(path: str, other: str) -> bool:
    pairs = zip(path.strip("/").split("/"), other.strip("/").split("/"), strict=False)
    return "/" in {path, other} or all(_may_be_equal(one, second) for one, second in pairs)


def _may_be_equal(one: str, other: str) -> bool:
    """Tell whether a name may match two components."""
    if not is_pattern(one) and not is_pattern(other):
        return one == other
    if "[" in one + other or len(one) * len(other) > _MOST_SIGNS * _MOST_SIGNS:
        return True
    # The ends of `other` that may be left where a beginning of `one` is matched.
    ends = _over_stars({0}, other)
    for sign in one:
        if sign == "*":
            ends = set(range(min(ends), len(other) + 1))
            continue
        ends = {end + 1 for end in ends if end < len(other) and (sign == "?" or other[end] in {"?", sign})} | {
            end for end in ends if end < len(other) and other[end] == "*"
        }
        ends = _over_stars(ends, other)
        if not ends:
            return False
    return len(other) in ends


def _over_stars(ends: set[int], text: str) -> set[int]:
    """Return places in a pattern with those that are reached where a `*` matches nothing."""
    found = set(ends)
    for end in ends:
        at = end
        while at < len(text) and text[at] == "*":
            at += 1
            found.add(at)
    return found
