"""Which repositories do the folders and the list mean?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TextIO

from msgspec import Struct, field

from kaniko_split.bulk.addresses import BadAddressError, address_of, without_secrets

# Folders that hold no repositories of the user's, and may be very large.
_SKIPPED_FOLDERS = frozenset({".git", "node_modules", ".venv", "__pycache__"})


class Source(Struct, frozen=True):
    """A repository to work on.

    Attributes:
        name: How it is called everywhere; no two have the same.
        kind: `checkout` for a clone of the user's, `url` for one that is fetched, `project` for one of a group.
        where: The folder, or the address that git fetches from; empty where nothing can be done.
        facts: What a server said of a project.
        problem: Why nothing can be done with it.
    """

    name: str
    kind: Literal["checkout", "url", "project"]
    where: str
    facts: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


class Chosen(Struct, frozen=True):
    """Which names are worked on.

    Attributes:
        include: A name must have one of these in it, where there are any.
        exclude: A name must have none of these in it.
    """

    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()

    def __call__(self, name: str) -> bool:
        """Tell whether the repository called `name` is meant."""
        if self.include and not any(one.search(name) for one in self.include):
            return False
        return not any(one.search(name) for one in self.exclude)


def in_folders(folders: Sequence[Path]) -> Iterator[Source]:
    """Yield the repositories in and below each folder, by path; none is sought inside another.

    A folder without one is yielded with its problem.
    """
    for folder in folders:
        name = Path(os.path.normpath(folder)).as_posix()
        if not folder.is_dir():
            problem = "it is no folder" if folder.exists() else "there is no such folder"
            yield Source(name, "checkout", "", problem=f"{problem}; check the path")
            continue
        found = False
        for one in _below(folder):
            found = True
            yield one
        if not found:
            yield Source(name, "checkout", "", problem="there is no git repository in this folder")


def in_list(lines: TextIO) -> Iterator[Source]:
    """Yield the repository of each line: a folder, or an address of git's; `#` begins a comment.

    A line that is neither is yielded with its problem, under a name that gives away no password.
    """
    for number, raw in enumerate(lines, 1):
        line = re.sub(r"(?:^|\s)#.*", "", raw.removeprefix("\ufeff")).strip()
        if not line:
            continue
        try:
            address = address_of(line)
        except BadAddressError as error:
            shown = "".join(char if char.isprintable() else "?" for char in without_secrets(line))
            yield Source(shown[:200], "url", "", problem=f"line {number} of the list: {error}")
            continue
        if address.kind == "url":
            yield Source(address.name, "url", address.text)
        elif is_repository(Path(address.text)):
            yield Source(address.name, "checkout", address.text)
        else:
            reason = "is no git repository" if Path(address.text).exists() else "does not exist"
            yield Source(address.name, "checkout", "", problem=f"line {number} of the list: the folder {reason}")


def is_repository(folder: Path) -> bool:
    """Tell whether a folder looks like a clone, bare or not, without asking git."""
    if (folder / ".git").exists():
        return True
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _below(folder: Path) -> Iterator[Source]:
    if is_repository(folder):
        yield Source(Path(os.path.normpath(folder)).as_posix(), "checkout", str(folder))
        return
    try:
        with os.scandir(folder) as entries:
            inner = sorted(
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and entry.name not in _SKIPPED_FOLDERS
            )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        yield Source(folder.as_posix(), "checkout", "", problem=f"the folder cannot be listed ({reason})")
        return
    for name in inner:
        yield from _below(folder / name)
