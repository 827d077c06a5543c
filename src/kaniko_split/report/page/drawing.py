"""Where does each job of a graph stand in the picture, and which lines join the jobs?

Stages are columns, from left to right in the order in which they run. A job that waits for another one of its own
stage stands further to the right in its column. Lengths are in the units of the SVG, which are CSS pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from kaniko_split.report.document import Difference, Graph, GraphJob

_CHARACTER = 7.3  # the width of a character of the monospaced font at 12 px, rounded up
_SHORTEST, _LONGEST = 9, 26
_HEIGHT, _GAP, _BETWEEN, _TOP, _EDGE = 26, 8, 44, 26, 2
_MOST = 8  # jobs of a column that nothing happens to; the others are counted


class Box(Struct, frozen=True):
    """A job in the picture.

    Attributes:
        name: The job's name.
        label: As much of it as has room.
        difference: What the change does to it.
        x: Its left edge.
        y: Its upper edge.
        width: Its width.
        job: The job.
    """

    name: str
    label: str
    difference: Difference
    x: int
    y: int
    width: int
    job: GraphJob


class Heading(Struct, frozen=True):
    """The name of a stage above its jobs, or the number of those below that are left out."""

    label: str
    x: int
    y: int


class Line(Struct, frozen=True):
    """A `needs`, as the path of an SVG; `touched` where one of its ends is changed."""

    path: str
    touched: bool


class Drawing(Struct, frozen=True):
    """A graph, laid out."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    headings: tuple[Heading, ...]
    left_out: tuple[Heading, ...]


def drawn(graph: Graph) -> Drawing:
    """Lay out `graph`; where a stage has many jobs that nothing happens to, only the first are in the picture."""
    shown = _shown(graph)
    boxes: dict[str, Box] = {}
    headings: list[Heading] = []
    left_out: list[Heading] = []
    x = _EDGE
    bottom = _TOP
    for stage in graph.stages:
        headings.append(Heading(_cut(stage), x, _TOP - 11))
        jobs = [job for job in graph.jobs if job.stage == stage]
        columns = _columns([job for job in jobs if job.name in shown])
        for column in columns:
            width = _width(column)
            for row, job in enumerate(column):
                y = _TOP + row * (_HEIGHT + _GAP)
                boxes[job.name] = Box(job.name, _cut(job.name), job.difference, x, y, width, job)
                bottom = max(bottom, y + _HEIGHT)
            x += width + _BETWEEN
        missing = sum(job.name not in shown for job in jobs)
        if missing:
            y = _TOP + max((len(column) for column in columns), default=0) * (_HEIGHT + _GAP) + 14
            left_out.append(Heading(f"and {missing} more", headings[-1].x, y))
            bottom = max(bottom, y + 4)
            if not columns:
                x += round(_SHORTEST * _CHARACTER) + _BETWEEN
        x = max(x, headings[-1].x + round(len(headings[-1].label) * _CHARACTER) + _BETWEEN // 2)
    lines = tuple(_lines(boxes))
    return Drawing(x - _BETWEEN + _EDGE, bottom + _EDGE, tuple(boxes.values()), lines, tuple(headings), tuple(left_out))


def _shown(graph: Graph) -> frozenset[str]:
    """Return the jobs that something happens to and their neighbours, and the first few others of each stage."""
    touched = {job.name for job in graph.jobs if job.difference != "none"}
    near = {need for job in graph.jobs if job.name in touched for need in job.needs or ()}
    near |= {job.name for job in graph.jobs if touched & set(job.needs or ())}
    chosen = touched | near
    for stage in graph.stages:
        names = [job.name for job in graph.jobs if job.stage == stage]
        room = _MOST - sum(name in chosen for name in names)
        others = [name for name in names if name not in chosen]
        # One more takes no more room than to say that there is one more.
        chosen.update(others if len(others) <= room + 1 else others[: max(room, 0)])
    return frozenset(chosen)


def _columns(jobs: Sequence[GraphJob]) -> list[list[GraphJob]]:
    """Divide the jobs of one stage by how many of them wait for each other before they start."""
    depths = {job.name: 0 for job in jobs}
    # As many rounds as the longest way has jobs; a circle, which GitLab rejects, ends with them too.
    for _ in jobs:
        known = dict(depths)
        for job in jobs:
            waits = [depths[need] + 1 for need in job.needs or () if need in depths and need != job.name]
            depths[job.name] = min(max(waits, default=0), len(jobs) - 1)
        if depths == known:
            break
    columns: list[list[GraphJob]] = []
    for job in jobs:
        while len(columns) <= depths[job.name]:
            columns.append([])
        columns[depths[job.name]].append(job)
    return [column for column in columns if column]


def _width(jobs: Sequence[GraphJob]) -> int:
    longest = max(len(_cut(job.name)) for job in jobs)
    # The mark of a changed job stands before its name.
    return round((max(longest, _SHORTEST) + 2) * _CHARACTER + 18)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _lines(boxes: Mapping[str, Box]) -> Iterator[Line]:
    for box in boxes.values():
        for need in dict.fromkeys(box.job.needs or ()):
            other = boxes.get(need)
            if other is None or other is box:
                continue
            start, end = other.x + other.width, box.x
            y, to = other.y + _HEIGHT // 2, box.y + _HEIGHT // 2
            bend = max(18, min(40, abs(end - start) // 2))
            path = f"M{start} {y}C{start + bend} {y} {end - bend} {to} {end} {to}"
            yield Line(path, box.difference != "none" or other.difference != "none")
