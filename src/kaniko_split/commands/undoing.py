"""Which patch gives back what `apply` replaces, and when is it on disk?

It is written before the first file is replaced, so that there is no moment at which a change could not be undone.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from msgspec import Struct, field

from kaniko_split.commands.writing import written_file
from kaniko_split.report.patch import patch_between
from kaniko_split.source.files import Replacement


class Undo(Struct):
    """The undo patch of one call.

    Attributes:
        path: Where it is kept; None where none is asked for.
    """

    path: Path | None
    _parts: list[bytes] = field(default_factory=list)

    def refusal(self) -> str | None:
        """Return why the patch cannot be kept there, in one sentence; None where it can."""
        if self.path is not None and (self.path.exists() or self.path.is_symlink()):
            return f"{self.path}: there is such a file already; name another, so that no older undo patch is lost"
        return None

    def before(self, replacements: list[tuple[Replacement, str]]) -> str | None:
        """Add what is about to be replaced, each with the path to show; return what went wrong, in one sentence."""
        if self.path is None:
            return None
        self._parts.append(b"".join(patch_between(one.after, one.before, shown) for one, shown in replacements))
        problem = written_file(self.path, b"".join(self._parts))
        if problem:
            self._parts.pop()
        return problem

    def take_back(self) -> None:
        """Leave out what was added last: it was not replaced after all."""
        if self.path is None or not self._parts:
            return
        self._parts.pop()
        if self._parts:
            written_file(self.path, b"".join(self._parts))
        else:
            with contextlib.suppress(OSError):
                self.path.unlink()
