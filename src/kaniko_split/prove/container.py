"""What has a script written into the container so far, as far as anything reads it?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec import Struct

from kaniko_split.prove.events import TooComplexError
from kaniko_split.prove.paths import POSITIONS, below, folder_before, is_pattern, leads_through, meets
from kaniko_split.prove.symbols import PROJECT, Guard, Symbols

# Nothing that a build leaves there, or what is mounted anew in each container.
_STAYS = (PROJECT, "/builds", "/dev", "/proc", "/sys", "/tmp", "/busybox", "/kaniko", "/root", "/workspace")  # noqa: S108
_LEFT = ("/kaniko/0", "/kaniko/1", "/kaniko/stages", "/kaniko/layers", "/kaniko/snapshots", "/kaniko/Dockerfile")


_MOST_LOOKS = 500_000


def _folders_of(path: str) -> Iterator[str]:
    """Yield the folders that an absolute path lies in."""
    if path != "/":
        yield "/"
    for at, sign in enumerate(path):
        if sign == "/" and at:
            yield path[:at]


def is_left(paths: Iterable[str]) -> bool:
    """Tell whether a path lies in the root of the container, which is the image of the build before."""
    paths = tuple(map(folder_before, paths))
    return any(meets(path, place) for path in paths for place in _LEFT) or any(
        path != "/" and not any(meets(path, place) for place in _STAYS) for path in paths
    )


class _Entry(Struct, frozen=True, eq=False):
    """One write: the path (None for every file), what wrote it and what was there, and the conditions it ran under.

    `output` tells that a build wrote it, or what reads a build; `mode` that the content stays; `whole` that a file with
    this very path has new content, or is gone, whatever was there; `number` counts the writes.
    """

    path: str | None
    symbol: str
    guards: tuple[Guard, ...]
    output: bool
    mode: bool
    key: str
    derived: bool
    whole: bool
    number: int


class RepositoryFiles(Struct, frozen=True, eq=False):
    """The files of the repository, before any job runs.

    Attributes:
        text: Gives the text of a file, by name; None where there is none.
        real: Gives the name of what a path leads to over symbolic links; None for a place outside.
        results: The files in which the job collects what its builds leave: its reports, and what the reader is told.
    """

    text: Callable[[str], str | None]
    real: Callable[[str], str | None]
    results: frozenset[str] = frozenset()


class Container:
    """The files that a script wrote, newest last. What a build leaves is kept apart: no other build reads it.

    Attributes:
        texts: The whole text of each file that the script writes out, by path.
    """

    def __init__(self, symbols: Symbols, repository: RepositoryFiles) -> None:
        self._repository = repository
        self._links: dict[str, str | None] = {}
        self._symbols = symbols
        # The writes by path, None for those of every file; and the paths below each folder.
        self._entries: dict[str | None, list[_Entry]] = {}
        self._below: dict[str, dict[str, None]] = {}
        self._patterns: dict[str, None] = {}
        self._looks = 0
        self._writes = 0
        self.texts: dict[str, str] = {}

    def write(
        self,
        path: str | None,
        key: str,
        guards: tuple[Guard, ...],
        *,
        output: bool,
        replaces: bool = False,
        whole: bool = False,
        mode: bool = False,
        repeats: bool = False,
        derived: bool = False,
    ) -> None:
        """Write a file.

        Args:
            path: The file or folder; None for every file.
            key: What writes it.
            guards: The conditions that hold.
            output: Whether a build writes it, or what reads a build.
            replaces: Whether nothing of the old content is left.
            whole: Whether that is so for certain: no folder with this path gets a file.
            mode: Whether the content stays.
            derived: Whether what is written depends on a build.
            repeats: Whether a second time changes nothing (`mkdir -p`).
        """
        if self.texts and not mode and path is not None:
            self.texts = {name: text for name, text in self.texts.items() if not meets(path, name)}
        own = self._entries.setdefault(path, [])
        if repeats and any(one.key == key and set(one.guards) <= set(guards) for one in own):
            return
        if replaces and path is not None and not is_pattern(path):
            held = set(guards)
            own[:] = [one for one in own if not held <= set(one.guards)]
            symbol = key
        else:
            before = () if output else self._met(path, guards, outputs=False)
            symbol = self._symbols.of("written", key, *(f"{one}={text}" for one, text in before))
        self._writes += 1
        own.append(_Entry(path, symbol, guards, output, mode, key, derived, whole, self._writes))
        if path is not None and is_pattern(path):
            self._patterns[path] = None
        elif path is not None:
            for folder in _folders_of(path):
                self._below.setdefault(folder, {})[path] = None

    def seen(
        self, paths: Collection[str] | None, guards: tuple[Guard, ...], *, outputs: bool = False, derived: bool = True
    ) -> tuple[tuple[str, str], ...]:
        """Return what was written of some paths, by path; what builds left is left out without `outputs`.

        Args:
            paths: The paths that are read; None for every file.
            guards: The conditions that hold.
            outputs: Whether what builds left is read too.
            derived: Whether what was made of that is read.
        """
        if paths is None:
            return self._met(None, guards, outputs=outputs, derived=derived)
        found: dict[tuple[str, str], None] = {}
        for path in sorted(paths):
            found |= dict.fromkeys(self._met(path, guards, outputs=outputs))
        return tuple(sorted(found))

    def is_result(self, paths: Collection[str] | None) -> bool:
        """Tell whether paths name nothing but files that collect what builds leave."""
        results = {f"{PROJECT}/{name}" for name in self._repository.results}
        return bool(paths) and paths is not None and set(paths) <= results and not any(map(is_pattern, paths))

    def is_output(self, paths: Collection[str] | None) -> bool:
        """Tell whether a path names just what a build wrote."""
        return any(one.output for path in paths or () for one in self._entries.get(path, ()))

    def leave_behind(self, guards: Collection[Guard]) -> None:
        """Forget what was written under conditions under which the script has ended."""
        ended = set(guards)
        kept = {path: [one for one in found if not ended <= set(one.guards)] for path, found in self._entries.items()}
        self._entries = {path: found for path, found in kept.items() if found}

    def link(self, path: str, target: str | None) -> None:
        """Note a symbolic link that the script makes; `target` is None where it may lead anywhere."""
        self._links[path] = target

    def followed(self, paths: frozenset[str] | None) -> frozenset[str] | None:
        """Return paths with those that they lead to over symbolic links; None where that may be any."""
        found: set[str] = set(paths or ())
        for path in paths or ():
            for link, target in self._links.items():
                if leads_through(path, link):
                    if target is None:
                        return None
                    found.add(target + below(path, link))
            if path.startswith(PROJECT + "/"):
                real = self._repository.real(path.removeprefix(PROJECT + "/"))
                found.add("/" if real is None else f"{PROJECT}/{real}" if real != "." else PROJECT)
        return None if paths is None else frozenset(found)

    def text_of(self, path: str) -> str | None:
        """Return the text of a file of the repository; None where there is none, or it is not known."""
        return self._repository.text(path.removeprefix(PROJECT + "/")) if path.startswith(PROJECT + "/") else None

    def is_changed(self, path: str) -> bool:
        """Tell whether a command that names a file, or a folder that holds it, may have written it."""
        return any(not one.mode and one.path is not None for one in self._that_meet(path))

    def _that_meet(self, path: str | None) -> list[_Entry]:
        """Return the writes that may have changed a path, or any where it is None.

        Raises:
            TooComplexError: Too many writes were looked at so far.
        """
        if path is None:
            found = [
                one
                for place, entries in self._entries.items()
                if place is None or not place.startswith(POSITIONS)
                for one in entries
            ]
        else:
            places = (None, path, *_folders_of(path), *self._below.get(path, ()))
            if is_pattern(path):
                places = (None, *(one for one in self._entries if one is not None and meets(one, path)))
            elif self._patterns:
                places = (*places, *(one for one in self._patterns if one != path and meets(one, path)))
            found = [one for place in places for one in self._entries.get(place, ())]
        self._looks += len(found)
        if self._looks > _MOST_LOOKS:
            raise TooComplexError("a script writes and reads too many files to be proved")
        return found

    def _met(
        self, path: str | None, guards: tuple[Guard, ...], *, outputs: bool, derived: bool = True
    ) -> tuple[tuple[str, str], ...]:
        held = set(guards)
        found: list[tuple[str, str]] = []
        entries = self._that_meet(path)
        # What was written to a folder of a file, or to any file, is gone where the file was written anew since then.
        anew = [one.number for one in entries if one.whole and one.path == path and held.issuperset(one.guards)]
        since = max(anew, default=0)
        for one in entries:
            if (one.output and not outputs) or (one.derived and not derived):
                continue
            if one.number < since and (one.path is None or len(one.path) < len(path or "")):
                continue
            rest = [guard for guard in one.guards if guard not in held]
            if any((condition, not holds) in held for condition, holds in rest):
                continue
            symbol = self._symbols.under(one.symbol, held)
            if rest:
                symbol = self._symbols.of("where", *(f"{condition}{holds}" for condition, holds in rest), symbol)
            found.append((one.path or "any file", symbol))
        return tuple(sorted(found))
