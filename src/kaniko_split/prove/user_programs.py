"""What does a program of the user's own do at most, as the proof reads `[programs]`?

The plan reads the same tables with the rows of its own. The proof reads fewer keys, and takes each the worse way: a
key that is not there says everything, and `maybe` says yes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from kaniko_split.prove.claim import EVERYTHING, Claim, paths_of
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.symbols import is_known
from kaniko_split.source.patterns import Pattern

Column = str | bool | tuple[str, ...]
Programs = Mapping[str, Mapping[str, Column]]
"""For each program, by its first words, the keys of its table as they are written."""

_ROLE_OF_OPTION = Pattern(r"(?<=:)[a-z]+")
_ROLE_OF_OPERAND = Pattern(r"[a-z]+(?=\.\.\.|\s|$)")
_NO_PATHS = frozenset({"text", "name"})
_READS = _NO_PATHS | {"read", "search", "image"}
_WRITES = _READS | {"write", "new", "change", "gone", "move", "target"}
_FOLDERS = frozenset({"/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/local/sbin", "/busybox"})


def configured_claim(words: tuple[str, ...], folder: str, programs: Programs) -> Claim | None:
    """Return what a command does at most whose program the user describes; None for any other.

    Args:
        words: Its words, symbols in them.
        folder: The folder that it runs in.
        programs: The programs that the user describes.
    """
    keys = _keys(words, programs)
    if keys is None:
        return None
    operands = keys.get("operands", "change...")
    roles = set(_ROLE_OF_OPERAND.findall(str(operands).partition("else:")[0]))
    roles |= set(_ROLE_OF_OPTION.findall(f"{keys.get('options', '')} {operands}"))
    acts = (
        _is_possible(keys, "acts") or _is_possible(keys, "reads-network") or bool(roles - _WRITES) or "image" in roles
    )
    acts = acts or bool(keys.get("images"))
    named = paths_of(words[1:], folder) if roles - _NO_PATHS else frozenset[str]()
    reads = None if _is_possible(keys, "reads-files") else _joined(named, _own_paths(keys, folder, "reads", "searches"))
    writes: frozenset[str] | None = None
    if not (_is_possible(keys, "writes-files") or _is_possible(keys, "logs-in")):
        writes = _joined(named if roles - _READS else frozenset(), _own_paths(keys, folder, "writes"))
    if acts and reads is None and writes is None:
        return EVERYTHING
    return Claim(
        reads,
        writes,
        gates=_is_possible(keys, "failure"),
        acts=acts,
        environment=_is_possible(keys, "reads-environment") or bool(keys.get("names")) or "name" in roles,
        fresh=_is_possible(keys, "differs"),
    )


def _keys(words: tuple[str, ...], programs: Programs) -> Mapping[str, Column] | None:
    """Return the keys of the longest name that a command begins with; None where there is none."""
    if not words or not programs or not is_known(words[0]):
        return None
    folder, name = posixpath.split(words[0])
    firsts = (words[0], name) if folder in _FOLDERS else (words[0],)
    for count in range(len(words), 0, -1):
        for first in firsts:
            keys = programs.get(" ".join((first, *words[1:count])))
            if keys is not None:
                return keys
    return None


def _is_possible(keys: Mapping[str, Column], key: str) -> bool:
    return keys.get(key, True) not in {False, "no"}


def _own_paths(keys: Mapping[str, Column], folder: str, *names: str) -> frozenset[str] | None:
    """Return the paths that a table names for every command of its program; None where one is not known."""
    values = [keys.get(name, ()) for name in names]
    paths = [path_in(folder, text) for value in values if isinstance(value, tuple) for text in value]
    return None if None in paths else frozenset(path for path in paths if path is not None)


def _joined(some: frozenset[str] | None, more: frozenset[str] | None) -> frozenset[str] | None:
    return None if some is None or more is None else some | more
