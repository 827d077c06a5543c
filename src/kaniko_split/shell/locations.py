"""Which places can a statement read or write, and may two of them be the same?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from kaniko_split.source.patterns import Pattern

_EXPANSION = Pattern(r"\$\{[^}]*\}|\$\(.*\)|\$\w+|`[^`]*`|\$[@*#?$!-]|[*?]|\[[^\]]*\]")
_NAMED = Pattern(r"\$\{?(\w+)")
_PROJECT = Pattern(r"^(?:\$CI_PROJECT_DIR|\$\{CI_PROJECT_DIR\})(?:/|$)")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the shell; a function is one too, with `()` behind its name."""

    name: str


@dataclass(frozen=True, slots=True)
class File:
    """A file or folder; `path` counts from the project's folder unless it begins with `/`."""

    path: str


class State(Enum):
    """What there is once in a shell: all its files, the folder it stands in, its options, all variables."""

    FILES = "files"
    FOLDER = "folder"
    OPTIONS = "options"
    VARIABLES = "variables"


Location = Variable | File | State

# Stands for a working directory that is not known: a path below it may be any file of the project.
UNKNOWN_FOLDER = "$(pwd)"
NOWHERE: frozenset[Location] = frozenset()


def variables_in(text: str) -> frozenset[Location]:
    """Return the variables that a text names behind a `$`."""
    return frozenset(map(Variable, _NAMED.findall(text)))


def export_mark(name: str) -> Variable:
    """Return the place where the shell keeps that a variable is exported."""
    return Variable(f"export {name}")


def file_at(path: str, folder: str | None) -> Location:
    """Return the location of `path` for a command that runs in `folder`.

    Args:
        path: The path as the command has it; unknown parts stand in it as written.
        folder: The folder from the project's root, `""` for that root, None where it is not known.
    """
    project = _PROJECT.sub("", path)
    if project != path:
        return File(posixpath.normpath(project or "."))
    if path.startswith(("/", "~")):
        return File(posixpath.normpath(path))
    if folder is None:
        return File(f"{UNKNOWN_FOLDER}/{posixpath.normpath(path)}")
    return File(posixpath.normpath(posixpath.join(folder, path)))


def is_exact(location: Location) -> bool:
    """Tell whether the location names one thing and not any of several."""
    if isinstance(location, File):
        return _EXPANSION.search(location.path) is None
    return isinstance(location, Variable)


def may_meet(one: Location, other: Location) -> bool:
    """Tell whether the two locations may be the same, or one inside the other."""
    if isinstance(one, Variable) or isinstance(other, Variable):
        if isinstance(one, Variable) and isinstance(other, Variable):
            return one == other
        return State.VARIABLES in (one, other)
    if isinstance(one, File) and isinstance(other, File):
        return _paths_may_meet(one.path, other.path)
    if isinstance(one, File) or isinstance(other, File):
        return State.FILES in (one, other)
    return one is other


def is_any_file(location: Location) -> bool:
    """Tell whether nobody can say which file of the project a place is."""
    return location is State.FILES or (isinstance(location, File) and location.path.startswith(UNKNOWN_FOLDER))


def meeting(some: Iterable[Location], others: Iterable[Location]) -> frozenset[Location]:
    """Return those of `some` that may be one of `others`."""
    wanted = tuple(others)
    return frozenset(one for one in some if any(may_meet(one, other) for other in wanted))


# What the executor leaves alone, or what is mounted into the container: a build does not replace it. Kaniko's own list
# is `defaultIgnoreList` in its `pkg/util/fs_util.go`; mounts are added to it (`DetectFilesystemIgnoreList`).
_KEPT_BY_BUILDS = tuple(
    f"/{name}"
    for name in (
        *("builds", "dev", "proc", "sys", "tmp", "busybox", "root", "home", "cache", "certs", "workspace", "secrets"),
        *("kaniko/.docker", "kaniko/.config", "kaniko/ssl", "kaniko/cache", "var/run", "run"),
        *("etc/hosts", "etc/hostname", "etc/resolv.conf", "etc/mtab"),
    )
)


def is_in_root(location: Location) -> bool:
    """Tell whether a place belongs to the container's root, which each build replaces with its image."""
    if not isinstance(location, File) or not location.path.startswith("/"):
        return False
    return not any(_inside(location.path, kept) for kept in _KEPT_BY_BUILDS)


def _paths_may_meet(one: str, other: str) -> bool:
    if UNKNOWN_FOLDER in (one[: len(UNKNOWN_FOLDER)], other[: len(UNKNOWN_FOLDER)]):
        return not (one.startswith("/") or other.startswith("/"))
    if "." in (one, other):
        return not (one.startswith("/") and other == ".") and not (other.startswith("/") and one == ".")
    ones, others = _EXPANSION.findall(one), _EXPANSION.findall(other)
    if ones == others and not any(mark in "*?[" for mark in "".join(ones)):
        return _inside(one, other) or _inside(other, one)
    first, second = _EXPANSION.split(one), _EXPANSION.split(other)
    heads = first[0].startswith(second[0]) or second[0].startswith(first[0])
    tails = first[-1].endswith(second[-1]) or second[-1].endswith(first[-1])
    return heads and tails


def _inside(one: str, other: str) -> bool:
    return one == other or one.startswith(other.rstrip("/") + "/")
