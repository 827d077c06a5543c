"""What has been done with each repository, such that a run can be killed at any moment and gone on with?

One SQLite file. A row is written before a step that leaves something behind, and after it; whoever opens the file
later asks the world (the branch, the remote) what of a begun step was done. Two runs cannot have it at once: the
one that has it holds a lock on a file beside it, and so does every git that it started, even when it is gone itself.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from kaniko_split.bulk.sources import Source

FILE: Final = "journal.sqlite"
_FORMAT: Final = "1"

# The states of a repository, in the order in which it goes through them; the last of each line are ends.
WAITING: Final = "waiting"
WORKING: Final = "working"
CLEAN: Final = "clean"
FOUND: Final = "found"
REFUSED: Final = "refused"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"
COMMITTED: Final = "committed"
PUSHED: Final = "pushed"
OPENED: Final = "opened"
STATES: Final = (WAITING, WORKING, CLEAN, FOUND, REFUSED, SKIPPED, FAILED, COMMITTED, PUSHED, OPENED)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS repository (
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    facts TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    branch TEXT NOT NULL DEFAULT '',
    base TEXT NOT NULL DEFAULT '',
    commit_id TEXT NOT NULL DEFAULT '',
    asked TEXT NOT NULL DEFAULT '',
    merge_request TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0,
    jobs TEXT NOT NULL DEFAULT '[]',
    document BLOB
);
CREATE INDEX IF NOT EXISTS by_state ON repository (state);
"""


class JournalError(Exception):
    """The journal cannot be used; the text says why and what to do."""


class Row(Struct, frozen=True):
    """What the journal has of one repository.

    Attributes:
        source: What it is.
        state: One of `STATES`.
        reason: Why it is skipped or failed; else what there is to say, or nothing.
        branch: The branch that was made.
        base: The commit that it was made from.
        commit_id: Our commit.
        asked: What the push of our commit asks for: `push`, or `merge request`; noted before it begins.
        merge_request: The address of the merge request; empty where none is known.
        tries: How often it was begun.
        jobs: The jobs that were found, a row of the report each.
    """

    source: Source
    state: str
    reason: str = ""
    branch: str = ""
    base: str = ""
    commit_id: str = ""
    asked: str = ""
    merge_request: str = ""
    tries: int = 0
    jobs: tuple[dict[str, Any], ...] = ()


_COLUMNS = "name, kind, place, facts, state, reason, branch, base, commit_id, asked, merge_request, tries, jobs"


class Lock:
    """Holds a folder for one run, and for the processes that it hands the descriptor to."""

    def __init__(self, folder: Path) -> None:
        self.descriptor: Final = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def take(self, patience: float) -> bool:
        """Take the lock, within `patience` seconds; tell whether that was possible."""
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() >= end:
                    return False
                time.sleep(0.05)
            else:
                return True

    def release(self) -> None:
        """Give it up."""
        os.close(self.descriptor)


class Journal:
    """The journal of a run. Any thread may write; the writes come one after the other."""

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        """Open the journal in `folder`.

        Raises:
            JournalError: There is none, or it is no journal of this version.
        """
        self.path = folder / FILE
        self._lock = threading.Lock()
        if not make and not self.path.is_file():
            raise JournalError(f"{folder}: there is no journal of a bulk run in this folder; name the run's folder")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(self.path, timeout=30, check_same_thread=False, isolation_level=None)
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            if make:
                self._base.executescript(_SCHEMA)
                self._base.execute("INSERT OR IGNORE INTO about VALUES ('format', ?)", (_FORMAT,))
            written = self.about("format")
        except (sqlite3.Error, OSError) as error:
            raise JournalError(f"{self.path}: the journal cannot be opened ({error}); check the disk") from None
        if written != _FORMAT:
            raise JournalError(f"{self.path}: the journal was made by another version; finish that run with it")

    def close(self) -> None:
        """Close the file; nothing else stays beside it."""
        with self._lock:
            self._base.close()

    def about(self, key: str) -> str | None:
        """Return what was noted of the whole run under `key`."""
        with self._lock:
            row = self._base.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def note(self, key: str, value: str) -> None:
        """Note something of the whole run."""
        self._write("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, value))

    def add(self, sources: Iterable[Source]) -> int:
        """Add the repositories that are not known yet; return how many these were."""
        with self._lock:
            before = self._base.total_changes
            self._base.execute("BEGIN IMMEDIATE")
            try:
                self._base.executemany(
                    "INSERT OR IGNORE INTO repository (name, kind, place, facts, state, reason)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        (
                            _storable(one.name),
                            one.kind,
                            _storable(one.where),
                            json.dumps(one.facts),
                            FAILED if one.problem else WAITING,
                            _storable(one.problem),
                        )
                        for one in sources
                    ),
                )
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")
            return self._base.total_changes - before

    def set(self, name: str, **fields: str | int | bytes | None) -> None:
        """Change what is known of a repository; on disk when this returns."""
        assignments = ", ".join(f"{key} = ?" for key in fields)
        values = [_storable(value) if isinstance(value, str) else value for value in fields.values()]
        self._write(f"UPDATE repository SET {assignments} WHERE name = ?", (*values, _storable(name)))  # noqa: S608 (the keys are names of arguments)

    def begin(self, name: str) -> None:
        """Note that work on a repository begins."""
        self._write("UPDATE repository SET state = ?, tries = tries + 1 WHERE name = ?", (WORKING, _storable(name)))

    def move(self, states: Iterable[str], state: str) -> int:
        """Give every repository in one of `states` another state; return how many these were."""
        chosen = tuple(states)
        marks = ", ".join("?" * len(chosen))
        with self._lock:
            done = self._base.execute(
                f"UPDATE repository SET state = ?, tries = 0 WHERE state IN ({marks})"  # noqa: S608 (question marks)
                " AND NOT (place = '' AND kind <> 'project')",
                (state, *chosen),
            )
            return done.rowcount

    def merge(self, row: Row, document: bytes | None) -> None:
        """Add a row of another journal, and its document; of one that is in both, the row that is further stays."""
        source = row.source
        known = self.row(source.name)
        if known is not None and STATES.index(known.state) >= STATES.index(row.state):
            return
        self._write(
            f"INSERT OR REPLACE INTO repository ({_COLUMNS}, document)"  # noqa: S608 (a constant)
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(_storable(source.name), source.kind, _storable(source.where), json.dumps(source.facts)),
                *(row.state, _storable(row.reason), row.branch, row.base, row.commit_id, row.asked),
                *(row.merge_request, row.tries, json.dumps(row.jobs), document),
            ),
        )

    def row(self, name: str) -> Row | None:
        """Return what is known of a repository."""
        with self._lock:
            found = self._base.execute(
                f"SELECT {_COLUMNS} FROM repository WHERE name = ?",  # noqa: S608 (a constant)
                (_storable(name),),
            ).fetchone()
        return _row(found) if found else None

    def found(self, name: str, jobs: Iterable[dict[str, Any]], document: bytes) -> None:
        """Note what was found in a repository: a row of the report for each job, and the document."""
        packed = zlib.compress(document) if document else None
        self.set(name, jobs=json.dumps(list(jobs)), document=packed)

    def packed_document(self, name: str) -> bytes | None:
        """Return the document of a repository as it is kept; None where nothing was found."""
        with self._lock:
            found = self._base.execute("SELECT document FROM repository WHERE name = ?", (_storable(name),)).fetchone()
        return found[0] if found else None

    def document(self, name: str) -> bytes | None:
        """Return the document of a repository; None where nothing was found."""
        packed = self.packed_document(name)
        return zlib.decompress(packed) if packed is not None else None

    def counts(self) -> dict[str, int]:
        """Return how many repositories are in each state."""
        with self._lock:
            rows = self._base.execute("SELECT state, count(*) FROM repository GROUP BY state").fetchall()
        found = dict(rows)
        return {state: found[state] for state in STATES if state in found}

    def rows(self, states: Iterable[str] = STATES, *, by: str = "name") -> Iterator[Row]:
        """Yield the repositories in `states`, by name, or in the order in which they were added (`rowid`)."""
        chosen = tuple(states)
        marks = ", ".join("?" * len(chosen))
        order = {"name": "name", "rowid": "rowid"}[by]
        last: Any = "" if order == "name" else 0
        while True:
            with self._lock:
                page = self._base.execute(
                    f"SELECT {_COLUMNS}, rowid FROM repository WHERE {order} > ? AND state IN ({marks})"  # noqa: S608 (constants and question marks)
                    f" ORDER BY {order} LIMIT 100",
                    (last, *chosen),
                ).fetchall()
            if not page:
                return
            for found in page:
                yield _row(found)
            last = page[-1][0] if order == "name" else page[-1][-1]

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        try:
            with self._lock:
                self._base.execute(statement, values)
        except sqlite3.Error as error:
            raise JournalError(f"{self.path}: the journal cannot be written ({error}); check the disk") from None


def _row(found: tuple[Any, ...]) -> Row:
    name, kind, place, facts, state, reason, branch, base, commit, asked, merge_request, tries, jobs = found[:13]
    return Row(
        source=Source(_restored(name), kind, _restored(place), json.loads(facts)),
        state=state,
        reason=_restored(reason),
        branch=branch,
        base=base,
        commit_id=commit,
        asked=asked,
        merge_request=merge_request,
        tries=tries,
        jobs=tuple(json.loads(jobs)),
    )


def _storable(text: str) -> str | bytes:
    """Return text as SQLite takes it: a path may have bytes that are no UTF-8, and those are kept."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
    return text


def _restored(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
