"""How is told how a run goes on: a bar on a terminal, a line for each repository elsewhere?"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from kaniko_split.bulk import journal
from kaniko_split.bulk.flow import Ended
from kaniko_split.bulk.results import SAYING
from kaniko_split.report.escape import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_TOLD = frozenset({journal.FAILED, journal.SKIPPED, journal.REFUSED})


class Lines:
    """Writes a line for each repository."""

    def __init__(self, stream: TextIO, *, quiet: bool) -> None:
        self._stream = stream
        self._quiet = quiet
        self._total = 0
        self.done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.flush()

    def began(self, total: int) -> None:
        """Keep how many there are."""
        self._total = total

    def ended(self, ended: Ended) -> None:
        """Write the line of a repository."""
        self.done += 1
        if not self._quiet or ended.state == journal.FAILED:
            self.noted(f"[{self.done}/{self._total}] {told(ended)}")

    def noted(self, sentence: str) -> None:
        """Write a line."""
        self._stream.write(_encodable(visible(sentence), self._stream) + "\n")
        self._stream.flush()


class Bar:
    """Draws a bar, with the rate and the time that remains; what needs a person's eye is written above it."""

    def __init__(self, stream: TextIO, *, quiet: bool) -> None:
        self._stream = stream
        self._quiet = quiet
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self.done = 0

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(file=self._stream, highlight=False, markup=False, emoji=False),
        )
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def began(self, total: int) -> None:
        """Begin the bar."""
        if self._progress is not None:
            self._task = self._progress.add_task("", total=total, rate="")

    def ended(self, ended: Ended) -> None:
        """Move the bar on."""
        self.done += 1
        if self._progress is None or self._task is None:
            return
        if ended.state in _TOLD and (not self._quiet or ended.state == journal.FAILED):
            self.noted(told(ended))
        self._progress.advance(self._task)
        task = self._progress.tasks[0]
        speed = task.speed or 0.0
        self._progress.update(self._task, rate=f"{speed:.1f}/s" if speed else "")

    def noted(self, sentence: str) -> None:
        """Write a line above the bar."""
        if self._progress is not None:
            self._progress.console.print(_encodable(visible(sentence), self._stream), soft_wrap=True)


def told(ended: Ended) -> str:
    """Return what there is to say of a repository, in one line."""
    return f"{ended.name}: {SAYING[ended.state]}" + (f": {ended.reason}" if ended.reason else "")


def _encodable(text: str, stream: TextIO) -> str:
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
