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
    """A folder of files; `given` holds files that have no place on disk, such as standard input."""

    root: Path
    given: dict[str, bytes] = field(default_factory=dict)

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
        path = self.path(name)
        if path.exists() and not path.is_file():
            raise NotInRepositoryError(f"`{name}` is not a file")
        return path.read_bytes()

    def matching(self, pattern: str) -> list[str]:
        """Return the names that a GitLab wildcard path matches: `*` within a folder, `**` across folders."""
        matches = wildcard(pattern)
        return [name for name in self.names() if matches(name)]

    def names(self) -> list[str]:
        """Return the names of all YAML files of the repository, sorted; links to folders are not followed."""
        found = list(self.given)
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
            here = Path(folder).relative_to(self.root).as_posix()
            prefix = "" if here == "." else here + "/"
            found.extend(prefix + file for file in files if file.endswith((".yml", ".yaml")))
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
