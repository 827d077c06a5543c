"""Which files may be read for a pipeline, and what bytes do they hold?

A name is a path from the repository's root, with forward slashes. Nothing outside of that root is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# Folders that hold no configuration of this repository's own, and may be very large.
_SKIPPED_FOLDERS = frozenset({".git", "node_modules", ".venv", "__pycache__"})


class NotInRepositoryError(Exception):
    """A path leads out of the repository, or to something that is no file; the text says which."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder of files.

    Attributes:
        root: The folder.
        given: Files that have no place on disk, such as standard input.
        alone: Whether nothing but `given` may be read.
    """

    root: Path
    given: dict[str, bytes] = field(default_factory=dict)
    alone: bool = False

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
            NotInRepositoryError: It lies outside the repository or is no ordinary file.
            OSError: It cannot be read.
        """
        if name in self.given:
            return self.given[name]
        if self.alone:
            raise NotInRepositoryError(f"`{name}` is not read with standard input")
        path = self.path(name)
        if path.exists() and not path.is_file():
            raise NotInRepositoryError(f"`{name}` is not a file")
        return path.read_bytes()

    def text(self, name: str) -> str | None:
        """Return the text of a file of the repository, None where there is none that can be read."""
        try:
            return self.read(name).decode("utf-8", "replace")
        except (OSError, NotInRepositoryError):
            return None

    def shown(self, name: str) -> str:
        """Return the name as people know it: its path from the current folder where it lies under that."""
        if name in self.given:
            return name
        path = Path(os.path.abspath(self.root / name))
        here = Path.cwd()
        return path.relative_to(here).as_posix() if path.is_relative_to(here) else name

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
        """Return the names that a GitLab wildcard path matches: `*` within a folder, `**` across folders."""
        matches = wildcard(pattern)
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
        start = self.root / prefix if prefix else self.root
        os.scandir(start).close()
        for folder, folders, files in os.walk(start):
            folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
            here = Path(folder).relative_to(self.root).as_posix()
            within = "" if here == "." else here + "/"
            found.extend(within + file for file in files if file.endswith((".yml", ".yaml")))
        return sorted(found)


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
