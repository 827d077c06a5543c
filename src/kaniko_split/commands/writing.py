"""How does a command write a file of its own: a plan, a report, an undo patch?"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def written_file(path: Path, content: bytes) -> str | None:
    """Write `content` to `path`, whole or not at all; return what went wrong in one sentence, else None.

    A device or a pipe, such as `/dev/stdout`, is written as it is.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return None
        target = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".kaniko-split", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            temporary.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_mask())
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return f"{path}: the file cannot be written ({reason}); check its folder and permissions"
    return None


def _mask() -> int:
    """Return the mask that new files get their permissions by; asking for it means setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
