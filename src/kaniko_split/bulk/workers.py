"""How are pipelines read on several processors, and by processes that never outlive the run?"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path

from kaniko_split.bulk import analysis, looking
from kaniko_split.bulk.failures import FailedError
from kaniko_split.bulk.secrets import VARIABLES
from kaniko_split.bulk.settings import Settings

# A worker is replaced after so many repositories; what libraries keep for ever does not add up then.
_REPOSITORIES_A_WORKER = 500


class Inline:
    """Reads pipelines in the thread that asks."""

    def analyse(self, folder: Path, settings: Settings, root: str) -> analysis.Analysis:
        """Return what becomes of the pipelines in a folder."""
        return analysis.analyse(folder, settings, root)

    def look(self, folder: Path, root: str) -> looking.Looked:
        """Return what is known of a pipeline."""
        return looking.look(folder, root)


class Pool:
    """Reads pipelines in processes of their own, and goes on when one of them dies."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None

    def analyse(self, folder: Path, settings: Settings, root: str) -> analysis.Analysis:
        """Return what becomes of the pipelines in a folder."""
        with self._watched() as executor:
            return executor.submit(analysis.analyse, folder, settings, root).result()

    def look(self, folder: Path, root: str) -> looking.Looked:
        """Return what is known of a pipeline."""
        with self._watched() as executor:
            return executor.submit(looking.look, folder, root).result()

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            if self._executor is not None:
                self._executor.shutdown(wait=True, cancel_futures=True)
                self._executor = None

    @contextlib.contextmanager
    def _watched(self) -> Iterator[Executor]:
        executor = self._running()
        try:
            yield executor
        except BrokenProcessPool:
            with self._lock:
                if self._executor is executor:
                    self._executor = None
            raise FailedError(
                "the process that read the pipeline died; perhaps there was no memory", passing=True
            ) from None

    def _running(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._executor is None:
                self._executor = ProcessPoolExecutor(
                    self._processes,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_begin,
                    max_tasks_per_child=_REPOSITORIES_A_WORKER,
                )
            return self._executor


def _begin() -> None:
    """Prepare a worker: no secrets, no word at Ctrl-C, and an end when the run has one."""
    for variable in VARIABLES:
        os.environ.pop(variable, None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
