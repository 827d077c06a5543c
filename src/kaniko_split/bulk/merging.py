"""How do the journals of several machines become one?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kaniko_split.bulk.journal import Journal, JournalError


def merge(folders: Sequence[Path], into: Journal) -> int:
    """Add the rows of the journals in `folders`; return how many these journals have.

    A repository that is in two of them stays as it is in the one that is further.

    Raises:
        JournalError: One of the folders holds no journal.
    """
    number = 0
    for folder in folders:
        book = Journal(folder)
        try:
            settings = book.about("settings")
            if settings is not None and into.about("settings") is None:
                into.note("settings", settings)
            for row in book.rows():
                into.merge(row, book.packed_document(row.source.name))
                number += 1
        finally:
            book.close()
    return number


def folders_below(folders: Sequence[Path]) -> list[Path]:
    """Return the folders that hold a journal: those named, or those in one that is named and has none itself.

    Raises:
        JournalError: There is no journal in or below one of them.
    """
    from kaniko_split.bulk.journal import FILE

    found: list[Path] = []
    for folder in folders:
        if (folder / FILE).is_file():
            found.append(folder)
            continue
        below = sorted(path.parent for path in folder.glob(f"**/{FILE}")) if folder.is_dir() else []
        if not below:
            raise JournalError(f"{folder}: there is no journal of a bulk run in this folder; name the run's folder")
        found.extend(below)
    return found
