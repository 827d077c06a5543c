"""Which files may be read for a pipeline, and what bytes do they hold?

A name is a path from the repository's root, with forward slashes. Nothing outside of that root is read.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

from msgspec import Struct, field

from kaniko_split.source.patterns import Pattern

# Folders that hold no configuration of this repository's own, and may be very large.
_SKIPPED_FOLDERS = frozenset({".git", "node_modules", ".venv", "__pycache__"})

_PATTERN = Pattern(r"[*?\[]")

# GitLab takes no configuration of more than 2 MiB ("Maximum size and depth of CI/CD configuration YAML files").
LARGEST = 8 * 1024 * 1024


class NotInRepositoryError(Exception):
    """A path leads out of the repository, or to nothing that may be read; the text says which.

    Attributes:
        advice: What to do about it.
    """

    def __init__(self, text: str, advice: str = "name a file of the repository") -> None:
        super().__init__(text)
        self.advice = advice


class Repository(Struct, frozen=True, eq=False, dict=True):
    """A folder of files.

    Attributes:
        root: The folder.
        given: Files that have no place on disk, such as standard input.
        alone: Whether nothing but `given` may be read.
    """

    root: Path
    given: dict[str, bytes] = field(default_factory=dict)
    alone: bool = False

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        return {}

    def path(self, name: str) -> Path:
        """Return where the file called `name` is on disk.

        Raises:
            NotInRepositoryError: The path leads out of the repository, by `..` or by a symbolic link.
        """
        path = self.root / name
        real_root = os.path.realpath(self.root)
        real = os.path.realpath(path)
        if real != real_root and not real.startswith(real_root.rstrip(os.sep) + os.sep):
            raise NotInRepositoryError(f"`{name}` leads out of the repository")
        return path

    def read(self, name: str) -> bytes:
        """Return the bytes of the file called `name`.

        Raises:
            NotInRepositoryError: It lies outside the repository, is no ordinary file, or is larger than 8 MiB.
            OSError: It cannot be read.
        """
        if name in self.given:
            return self.given[name]
        if self.alone:
            raise NotInRepositoryError(f"`{name}` is not read with standard input")
        path = self.path(name)
        # Asked before it is opened: to open a named pipe is to wait for its writer.
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise NotInRepositoryError(f"`{name}` is a folder", "name a file in it")
        if not stat.S_ISREG(status.st_mode):
            raise NotInRepositoryError(f"`{name}` is a pipe, a socket or a device", "put a file in its place")
        if status.st_size > LARGEST:
            size = LARGEST // 1024 // 1024
            raise NotInRepositoryError(f"`{name}` is larger than {size} MiB", "GitLab takes 2 MiB; divide it")
        return path.read_bytes()

    def has(self, name: str) -> bool:
        """Tell whether there is something called `name`, inside of the repository, that may be read."""
        return name in self.given or (not self.alone and (self.root / name).is_file())

    def present(self, name: str) -> bool:
        """Tell whether anything at all, be it a folder or a link to nowhere, is called `name`."""
        return name in self.given or (not self.alone and os.path.lexists(self.root / name))

    def is_link(self, name: str) -> bool:
        """Tell whether what is called `name` is a symbolic link."""
        return name not in self.given and not self.alone and (self.root / name).is_symlink()

    def text(self, name: str) -> str | None:
        """Return the text of a file of the repository, None where there is none that can be read."""
        try:
            return self.read(name).decode("utf-8", "replace")
        except (OSError, NotInRepositoryError):
            return None

    def small_text(self, name: str, largest: int) -> str | None:
        """Return the text of a file of up to `largest` bytes, with line feeds; None for any other, and no text."""
        path = self.root / name
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
                return None
            data = path.read_bytes()
        except OSError:
            return None
        if b"\0" in data:
            return None
        return data.decode("utf-8", "replace").replace("\r\n", "\n")

    def every_name(self) -> Iterator[str]:
        """Yield the names of all files, those of a folder before those of the folders in it."""
        if self.alone:
            return
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
            here = Path(folder).relative_to(self.root).as_posix()
            within = "" if here == "." else here + "/"
            yield from (within + file for file in sorted(files))

    def shown(self, name: str) -> str:
        """Return the name as people know it: its path from the current folder where it lies under that."""
        if name in self.given:
            return name
        path = Path(os.path.abspath(self.root / name))
        here = Path.cwd()
        return path.relative_to(here).as_posix() if path.is_relative_to(here) else name

    def real(self, name: str) -> str | None:
        """Return the name of what a path leads to where symbolic links are on it; None outside of the repository.

        A pattern of the shell that matches a link may lead to any place in the repository: `.`.
        """
        if self.alone:
            return name
        if _PATTERN.search(name) is not None:
            links = self._links_on(name)
            if links is None or any(self.real(link) is None for link in links):
                return None
            return "." if links else name
        root = os.path.realpath(self.root)
        path = os.path.realpath(self.root / name)
        return os.path.relpath(path, root) if path == root or path.startswith(root + os.sep) else None

    def _links_on(self, pattern: str) -> list[str] | None:
        """Return the symbolic links on the paths that a pattern matches; None where that is not known."""
        parts = posixpath.normpath(pattern).split("/")
        if parts[0] in {"", ".."}:
            return None
        for count in range(1, len(parts) + 1):
            try:
                links = [path for path in self.root.glob("/".join(parts[:count])) if path.is_symlink()]
            except (OSError, ValueError):
                return None
            # What lies behind a link may be outside, and is not looked at.
            if links:
                return [path.relative_to(self.root).as_posix() for path in links]
        return []

    def linked_folders(self) -> frozenset[str]:
        """Return the folders of the repository that are symbolic links, by name."""
        found: set[str] = set()
        if self.alone:
            return frozenset()
        for folder, folders, _ in os.walk(self.root):
            folders[:] = [one for one in folders if one not in _SKIPPED_FOLDERS]
            for one in folders:
                path = Path(folder) / one
                if path.is_symlink():
                    found.add(path.relative_to(self.root).as_posix())
        return frozenset(found)

    def matching(self, pattern: str) -> list[str]:
        """Return the names that the pattern of an `include` matches, sorted."""
        matches = include_pattern(pattern)
        return [name for name in self.names() if matches(name)]

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the YAML files under a folder, sorted; links to folders are not followed.

        Args:
            prefix: The folder's name with a slash at its end; empty for the whole repository.

        Raises:
            OSError: The folder itself cannot be listed.
        """
        found = list(self.given)
        if self.alone:
            return found
        if prefix in self._names:
            return self._names[prefix]
        start = self.root / prefix if prefix else self.root
        os.scandir(start).close()
        for folder, folders, files in os.walk(start):
            folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
            here = Path(folder).relative_to(self.root).as_posix()
            within = "" if here == "." else here + "/"
            found.extend(within + file for file in files if file.endswith((".yml", ".yaml")))
        return self._names.setdefault(prefix, sorted(found))


def include_pattern(pattern: str) -> Callable[[str], bool]:
    """Return a test for names, from the path of an `include:local`.

    `*` stays within a folder and `**` crosses folders; `ci/**/*.yml` means subfolders of `ci` only, as GitLab has it
    (`Repository#search_files_by_wildcard_path`).
    """
    parts = re.split(r"(\*\*|\*)", pattern)
    meanings = {"**": ".*", "*": "[^/]*"}
    compiled = re.compile("".join(meanings.get(part, re.escape(part)) for part in parts), re.DOTALL)
    return lambda name: compiled.fullmatch(name) is not None


def wildcard(pattern: str) -> Callable[[str], bool]:
    """Return a test for names, from a path pattern in which `**` crosses folders and `*` does not."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            parts.append("(?:.*/)?")
            at += 3
        elif pattern.startswith("**", at):
            parts.append(".*")
            at += 2
        elif pattern[at] == "*":
            parts.append("[^/]*")
            at += 1
        else:
            parts.append(re.escape(pattern[at]))
            at += 1
    compiled = re.compile("".join(parts))
    return lambda name: compiled.fullmatch(name) is not None
