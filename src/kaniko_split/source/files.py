"""How is a file replaced so that a reader sees the old content or the new one, and never less?"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct


class Replacement(Struct, frozen=True, eq=False):
    """New content for a file, bound to the content that it was made from."""

    path: Path
    before: bytes
    after: bytes


class ChangedFileError(Exception):
    """The file no longer holds what was read from it."""


def replace_all(replacements: Sequence[Replacement]) -> None:
    """Write every replacement, or none when one of the files has changed or cannot be written.

    Each new content is put on disk beside its target, with the target's mode and owner, before the first
    target is replaced by a rename. A symbolic link stays; the file that it leads to is replaced.

    Raises:
        ChangedFileError: A file changed since it was read.
        OSError: A file or its folder cannot be written.
    """
    prepared: list[tuple[Path, Path]] = []
    try:
        for replacement in replacements:
            target = Path(os.path.realpath(replacement.path))
            if target.read_bytes() != replacement.before:
                raise ChangedFileError(str(replacement.path))
            prepared.append((_beside(target, replacement.after), target))
        for replacement in replacements:
            if Path(os.path.realpath(replacement.path)).read_bytes() != replacement.before:
                raise ChangedFileError(str(replacement.path))
        while prepared:
            temporary, target = prepared[0]
            temporary.replace(target)
            prepared.pop(0)
            _flush_folder(target.parent)
    finally:
        for temporary, _ in prepared:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _beside(target: Path, content: bytes) -> Path:
    """Write `content` to a new file beside `target`, as safely on disk as the file system allows."""
    status = target.stat()
    if not os.access(target, os.W_OK) or not status.st_mode & 0o222:
        raise PermissionError(13, "the file is read-only", str(target))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".kaniko-split", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        ours = temporary.stat()
        if (ours.st_uid, ours.st_gid) != (status.st_uid, status.st_gid):
            with contextlib.suppress(PermissionError):
                os.chown(temporary, status.st_uid, status.st_gid)
        temporary.chmod(status.st_mode & 0o7777)
    except BaseException:
        temporary.unlink()
        raise
    return temporary


def _flush_folder(folder: Path) -> None:
    """Ask the file system to remember the rename; some do not offer it."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
