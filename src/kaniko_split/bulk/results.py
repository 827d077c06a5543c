"""What does a run leave for people and for machines, over all of its repositories?

Nothing in these files tells when, how fast or on which machine they were made, so those of joined shards are the
same as those of one run. They are written row by row: their size is not the memory's.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from kaniko_split import __version__
from kaniko_split.bulk import journal
from kaniko_split.bulk.joining import clones_of, joined
from kaniko_split.bulk.journal import Journal

JSON, CSV, SUMMARY, PAGE = "report.json", "report.csv", "summary.md", "report.html"
NAMES = (PAGE, JSON, CSV, SUMMARY)

COLUMNS = (*("repository", "file", "job", "verdict", "code", "builds", "cached", "branch", "merge request", "reason"),)

# What each state is called, and what it says.
SAYING = {
    journal.WAITING: "not looked at yet",
    journal.WORKING: "begun, and not ended",
    journal.CLEAN: "nothing found",
    journal.FOUND: "can be split",
    journal.REFUSED: "findings, none of which can be split",
    journal.SKIPPED: "left alone",
    journal.FAILED: "failed",
    journal.COMMITTED: "committed on a branch",
    journal.PUSHED: "pushed",
    journal.OPENED: "merge request opened",
}


def write_all(book: Journal, folder: Path) -> None:
    """Write the review page, the JSON, the CSV and the summary of a run; each is there whole or as it was.

    Raises:
        OSError: They cannot be written.
    """
    from kaniko_split.report.page import page

    _write(folder / JSON, lambda stream: _json(book, stream))
    _write(folder / CSV, lambda stream: _csv(book, stream))
    _write(folder / SUMMARY, lambda stream: stream.write(summary(book)))
    _write(folder / PAGE, lambda stream: stream.write(page(joined(book), clones_of(book))))


def verdicts(book: Journal) -> Counter[str]:
    """Count the verdicts of all jobs that were found."""
    found: Counter[str] = Counter()
    for row in book.rows():
        found.update(str(one["verdict"]) for one in row.jobs)
    return found


def summary(book: Journal) -> str:
    """Return the summary in Markdown, with the verdicts as a chart that GitLab draws."""
    counts, found = book.counts(), verdicts(book)
    lines = ["# kaniko-split: all repositories", ""]
    if found:
        lines += ["```mermaid", "pie showData", "  title Jobs that build several images"]
        lines += [f'  "{verdict}" : {found[verdict]}' for verdict in sorted(found)]
        lines += ["```", ""]
    lines += ["| repositories | |", "|---|---:|"]
    lines += [f"| {SAYING[state]} | {number} |" for state, number in counts.items()]
    lines += [f"| **all** | **{sum(counts.values())}** |", ""]
    return "\n".join(lines)


def chart(found: Counter[str], width: int) -> Iterator[str]:
    """Yield the verdicts as bars of text, `width` characters for the longest."""
    if not found:
        return
    most = max(found.values())
    name = max(len(verdict) for verdict in found)
    for verdict, number in sorted(found.items(), key=lambda pair: (-pair[1], pair[0])):
        bar = "#" * max(1, round(number / most * width))
        yield f"  {verdict.ljust(name)}  {bar} {number}"


def _json(book: Journal, stream: TextIO) -> None:
    head = {"kind": "bulk", "format": 1, "version": __version__, "states": book.counts(), "verdicts": verdicts(book)}
    text = json.dumps(head, indent=2, sort_keys=True)
    stream.write(text.removesuffix("\n}") + ',\n  "repositories": [')
    comma = "\n    "
    for row in book.rows():
        entry = {
            "repository": row.source.name,
            "state": row.state,
            "reason": row.reason,
            "branch": row.branch if row.commit_id else "",
            "commit": row.commit_id,
            "merge_request": row.merge_request,
            "findings": row.jobs,
        }
        stream.write(comma + json.dumps(entry, sort_keys=True))
        comma = ",\n    "
    stream.write("\n  ]\n}\n")


def _csv(book: Journal, stream: TextIO) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in book.rows():
        branch = row.branch if row.commit_id else ""
        ends = (branch, row.merge_request, row.reason)
        found = row.jobs
        for one in found:
            builds = "" if one["builds"] is None else one["builds"]
            cached = {True: "yes", False: "no"}.get(one["cached"], "perhaps")
            cells = (row.source.name, one["file"], one["job"], one["verdict"], one["code"], builds, cached, *ends)
            writer.writerow([_cell(cell) for cell in cells])
        if not found:
            writer.writerow([_cell(cell) for cell in (row.source.name, "", "", row.state, "", "", "", *ends)])


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _write(path: Path, fill: Callable[[TextIO], object]) -> None:
    # Always the same name, so that the next run takes away what one that was killed has left.
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with part.open("x", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            fill(stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
