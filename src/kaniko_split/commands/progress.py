"""How far is a long run, for the person who waits for it?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence

from kaniko_split.gitlab.discovery import Found
from kaniko_split.report.asked import Asked

# Fewer files are done before anybody could read a bar.
FEW = 50


def watched(pipelines: Sequence[tuple[Found, Asked]]) -> Iterator[tuple[Found, Asked]]:
    """Yield pipelines; past 50 files, and on a terminal only, with a bar on standard error until all are done."""
    files = sum(len(found.pipeline.files) for found, _ in pipelines)
    if files <= FEW or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield from pipelines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("files"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Reading", total=files)
        for pair in pipelines:
            yield pair
            progress.advance(task, len(pair[0].pipeline.files))
