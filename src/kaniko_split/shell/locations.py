"""Which places can a statement read or write, and may two of them be the same?"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

from msgspec import Struct

from kaniko_split.source.patterns import Pattern

_EXPANSION = Pattern(
    r"\$\{[^}]*\}|\$\(.*\)|\$\w+|`[^`]*`|\$[@*#?$!-]|[*?]|\[[^\]]*\]|\{[^{}/]*(?:,|\.\.)[^{}]*\}|[@!+]\([^()]*\)"
)
_NAMED = Pattern(r"\$\{?(\w+)")
_PROJECT = Pattern(r"^(?:\$CI_PROJECT_DIR|\$\{CI_PROJECT_DIR\})(?:/|$)")


class Variable(Struct, frozen=True):
    """A variable of the shell; a function is one too, with `()` behind its name."""

    name: str


class File(Struct, frozen=True):
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
# So many locations are compared faster than they are put into an index.
_FEW = 8


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


class LocationIndex:
    """A set of locations that tells in the time of a look-up whether it holds any that a location may meet."""

    def __init__(self, locations: Iterable[Location] = ()) -> None:
        self._all: set[Location] = set()
        self._paths: set[str] = set()
        self._folders: Counter[str] = Counter()
        self._vague: set[str] = set()
        for one in locations:
            self.add(one)

    def __contains__(self, location: object) -> bool:
        return location in self._all

    def __iter__(self) -> Iterator[Location]:
        return iter(self._all)

    def add(self, location: Location) -> None:
        """Add a location; the index may hold it already."""
        if location in self._all:
            return
        self._all.add(location)
        if isinstance(location, File):
            if _is_plain(location.path):
                self._paths.add(location.path)
                self._folders.update(_folders_of(location.path))
            else:
                self._vague.add(location.path)

    def discard(self, location: Location) -> None:
        """Remove a location where the index holds it."""
        if location not in self._all:
            return
        self._all.discard(location)
        if isinstance(location, File):
            if location.path in self._paths:
                self._paths.discard(location.path)
                self._folders.subtract(_folders_of(location.path))
            else:
                self._vague.discard(location.path)

    def meets(self, location: Location) -> bool:
        """Tell whether a location in the index may be the same, or one inside the other."""
        any_file = State.FILES in self._all and isinstance(location, File)
        return any_file or location in self._all or self.meets_named(location)

    def meets_named(self, location: Location) -> bool:
        """Tell the same of an index without `State.FILES`."""
        if location in self._all and location is not State.FILES:
            return True
        match location:
            case Variable():
                return State.VARIABLES in self._all
            case File(path=path):
                return self._meets_path(path)
            case State.VARIABLES:
                return any(isinstance(one, Variable) for one in self._all)
            case State.FILES:
                return bool(self._paths or self._vague)
            case State.FOLDER | State.OPTIONS:
                return False

    def _meets_path(self, path: str) -> bool:
        if not _is_plain(path):
            return any(_paths_may_meet(path, other) for other in (*self._paths, *self._vague))
        if self._folders[path] > 0 or any(folder in self._paths for folder in _folders_of(path)):
            return True
        return any(_paths_may_meet(path, other) for other in self._vague)


@lru_cache(maxsize=8192)
def _is_plain(path: str) -> bool:
    """Tell whether a path names one place, and each place in it is below it by its text."""
    return path != "." and not path.startswith(UNKNOWN_FOLDER) and not _EXPANSION.search(path)


def _folders_of(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in, the root of an absolute one too."""
    if path.startswith("/") and path != "/":
        yield "/"
    for at, sign in enumerate(path):
        if sign == "/" and at:
            yield path[:at]


def meeting(some: Iterable[Location], others: Iterable[Location]) -> frozenset[Location]:
    """Return those of `some` that may be one of `others`."""
    wanted = others if isinstance(others, LocationIndex) else tuple(others)
    if isinstance(wanted, tuple):
        if len(wanted) <= _FEW:
            return frozenset(one for one in some if any(may_meet(one, other) for other in wanted))
        some = tuple(some)
        if not some:
            return NOWHERE
        wanted = LocationIndex(wanted)
    return frozenset(one for one in some if wanted.meets(one))


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
    (ones, first), (others, second) = _pieces(one), _pieces(other)
    if ones == others and not any(mark in "*?[" for mark in "".join(ones)):
        return _inside(one, other) or _inside(other, one)
    if all(mark in "*?" or mark.startswith("[") for mark in (*ones, *others)) and "**" not in one + other:
        # A pattern matches no slash, but for `**` in some shells.
        return all(map(_parts_may_be_same, one.split("/"), other.split("/")))
    if not ones or not others:
        plain, (head, *_, tail) = (one, second) if not ones else (other, first)
        within = head.startswith(f"{plain}/") or f"{plain}/".startswith(head)
        folders = (plain, *_folders_of(plain))
        return within or any(folder.startswith(head) and folder.endswith(tail) for folder in folders)
    return first[0].startswith(second[0]) or second[0].startswith(first[0])


def _parts_may_be_same(one: str, other: str) -> bool:
    """Tell whether two names in one folder may be the same, where each is a name or a pattern."""
    (ones, first), (others, second) = _pieces(one), _pieces(other)
    if not ones and not others:
        return one == other
    heads = first[0].startswith(second[0]) or second[0].startswith(first[0])
    tails = first[-1].endswith(second[-1]) or second[-1].endswith(first[-1])
    if ones and others:
        return heads and tails
    # The texts of a pattern are in the name, in order.
    name, pieces = (one, second) if not ones else (other, first)
    at = 0
    for piece in pieces:
        at = name.find(piece, at) + len(piece) if piece in name[at:] else len(name) + 1
    return at <= len(name) and name.startswith(pieces[0]) and name.endswith(pieces[-1])


@lru_cache(maxsize=8192)
def _pieces(path: str) -> tuple[list[str], list[str]]:
    """Return the expansions in a path, and the texts between them."""
    return _EXPANSION.findall(path), _EXPANSION.split(path)


def _inside(one: str, other: str) -> bool:
    return one == other or one.startswith(other.rstrip("/") + "/")
