"""In which order are the repositories taken, how many at a time, and what ends a run?"""

from __future__ import annotations

import contextlib
import heapq
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import FrameType
from typing import Protocol, Self

from msgspec import Struct, field

from kaniko_split.bulk import journal
from kaniko_split.bulk.flow import Ended, Flow
from kaniko_split.bulk.journal import Journal, JournalError, Lock, Row
from kaniko_split.bulk.pace import pause_after
from kaniko_split.bulk.settings import Settings

# Seconds in which what a killed run was about to start becomes another program, and lets go of the run's lock.
_A_MOMENT = 0.5
# Seconds to wait for a git that a run left behind when it was killed.
_PATIENCE = 30.0
_BLINK = 0.25
# Seconds in which work trees are taken away after a second Ctrl-C.
_LAST_WORDS = 10.0

# The folder for clones and work trees, within that of the run.
WORK = "work"


class Watcher(Protocol):
    """Is told how a run goes on."""

    def began(self, total: int) -> None:
        """So many repositories are to be worked on."""

    def ended(self, ended: Ended) -> None:
        """Work on a repository ended, for now or for good."""

    def noted(self, sentence: str) -> None:
        """Something else is to be told."""


class Stop(Struct):
    """Whether somebody wants the run to end.

    Attributes:
        asked: How often Ctrl-C was pressed, or an end asked for otherwise.
        at_once: What to do when it was pressed a second time.
        told: What to do when it was pressed the first time.
    """

    at_once: Callable[[], None]
    told: Callable[[], None]
    asked: int = 0
    _before: dict[int, object] = field(default_factory=dict)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._came)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _came(self, _number: int, _frame: FrameType | None) -> None:
        self.asked += 1
        if self.asked == 1:
            self.told()
        else:
            self.at_once()


def pending_states(settings: Settings) -> tuple[str, ...]:
    """Return the states from which a repository is taken further, for what is asked."""
    further = {
        "scan": (),
        "branch": (journal.FOUND,),
        "push": (journal.FOUND, journal.COMMITTED),
        "merge-request": (journal.FOUND, journal.COMMITTED, journal.PUSHED),
    }
    return (journal.WAITING, journal.WORKING, *further[settings.step])


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[int]:
    """Hold the folder of a run against other runs, and wait for what a killed one left; yield a descriptor.

    The descriptor is for every git that is started: the lock on it lasts until the last of them has ended.

    Raises:
        JournalError: Another run is at work in the folder, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        run = Lock(folder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise JournalError(f"{folder}: the folder for the results cannot be used ({reason})") from None
    try:
        if not run.take(_A_MOMENT):
            raise JournalError(f"{folder}: another bulk run is at work in this folder; wait for it, or take another")
        scratch = folder / WORK
        scratch.mkdir(exist_ok=True)
        rest = Lock(scratch)
        try:
            if not rest.take(_PATIENCE):
                raise JournalError(
                    f"{folder}: a git of an earlier run is still at work; wait until it has ended, and try again"
                )
            _empty(scratch)
            yield rest.descriptor
        finally:
            rest.release()
            shutil.rmtree(scratch, ignore_errors=True)
    finally:
        run.release()


def _empty(folder: Path) -> None:
    """Take away what a run that was killed left; the folder itself stays, for it is locked."""
    for one in folder.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)


class Run(Struct):
    """A run over the repositories of a journal.

    A repository that is worth another try is taken again later, and meanwhile keeps nobody waiting.

    Attributes:
        flow: Takes one of them through the steps.
        settings: What is asked for.
        journal: Where they are.
        watcher: Is told how it goes on.
    """

    flow: Flow
    settings: Settings
    journal: Journal
    watcher: Watcher
    _later: list[tuple[float, str]] = field(default_factory=list)
    _tries: dict[str, int] = field(default_factory=dict)
    _running: set[Future[Ended]] = field(default_factory=set)

    def __call__(self) -> int:
        """Take every repository as far as is asked; return how often an end was asked for."""
        states = pending_states(self.settings)
        counts = self.journal.counts()
        self.watcher.began(sum(counts.get(state, 0) for state in states))
        rows = self.journal.rows(states, by="rowid")
        executor = ThreadPoolExecutor(self.settings.jobs, thread_name_prefix="bulk")
        with Stop(self.flow.git.children.end, self._tell_of_the_end) as stop:
            try:
                while self._take_more(executor, rows, stop):
                    self._wait(stop)
            finally:
                executor.shutdown(wait=stop.asked < 2)
            return stop.asked

    def _take_more(self, executor: ThreadPoolExecutor, rows: Iterator[Row], stop: Stop) -> bool:
        """Begin with as many repositories as may be in hand; tell whether there is anything to wait for."""
        if stop.asked > 1:
            wait(self._running, timeout=_LAST_WORDS)
            return False
        while len(self._running) < self.settings.jobs and not stop.asked:
            row = self._next(rows)
            if row is None:
                break
            self._running.add(executor.submit(self.flow.take, row))
        return bool(self._running) or (bool(self._later) and not stop.asked)

    def _next(self, rows: Iterator[Row]) -> Row | None:
        """Return the repository to take next: one whose time has come again, else the next of the journal."""
        if self._later and self._later[0][0] <= time.monotonic():
            _, name = heapq.heappop(self._later)
            return self.journal.row(name)
        return next(rows, None)

    def _wait(self, stop: Stop) -> None:
        """Wait for a repository to end, or for a blink."""
        if not self._running:
            time.sleep(min(_BLINK, max(0.0, self._later[0][0] - time.monotonic())))
            return
        done, _ = wait(self._running, timeout=_BLINK, return_when=FIRST_COMPLETED)
        for future in done:
            self._running.discard(future)
            self._settle(future.result(), stop)

    def _settle(self, ended: Ended, stop: Stop) -> None:
        """Note how work on a repository ended, and when it is tried again."""
        if ended.again is not None:
            if stop.asked:
                # It was ended with the run; it stays as it is, and the next run takes it first.
                return
            count = self._tries[ended.name] = self._tries.get(ended.name, 0) + 1
            if count < self.settings.tries:
                at = time.monotonic() + max(ended.again, pause_after(count))
                heapq.heappush(self._later, (at, ended.name))
                return
            self.journal.set(ended.name, state=journal.FAILED, reason=ended.reason)
        self._tries.pop(ended.name, None)
        self.watcher.ended(ended)

    def _tell_of_the_end(self) -> None:
        self.watcher.noted("ending: what is in hand is finished; press Ctrl-C again to stop at once")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
