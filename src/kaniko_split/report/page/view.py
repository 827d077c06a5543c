"""What does the page say of each pipeline, and in which order?"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from markupsafe import Markup
from msgspec import Struct

from kaniko_split.report.contents import source_after
from kaniko_split.report.document import (
    Document,
    File,
    Graph,
    ImageBuild,
    JobOutcome,
    PipelineOutcome,
    PlannedJob,
    WhatChanges,
)
from kaniko_split.report.page.command import path_of, selecting
from kaniko_split.report.page.drawing import Box, Drawing, drawn
from kaniko_split.report.page.listing import Listing, Side, excerpt
from kaniko_split.source.text import Place, Span

# Up to here the page holds the changed files whole; beyond, so that a browser can open it, what is near a change.
_MOST_LINES = 30_000
# Up to here a browser makes all elements as it reads the page; beyond, the page's script makes most of them later.
_MOST_AT_ONCE = 5_000

_Files = Mapping[tuple[str, str], File]


class Linked(Struct, frozen=True):
    """A place, and the name of its line on the page; None where the page does not have that line."""

    place: Place
    target: str | None


class Fact(Struct, frozen=True):
    """One thing that is different afterwards, and where that comes from."""

    change: WhatChanges
    place: Linked | None


class Card(Struct, frozen=True):
    """An image, or what comes after all of them, and the job that makes it; with what changes for this job alone."""

    job: PlannedJob
    build: ImageBuild | None
    target: str | None
    changes: tuple[Fact, ...]


class Item(Struct, frozen=True):
    """One outcome: what `j` and `k` go to, and what has a check box where it can be applied.

    Attributes:
        name: Its name on the page.
        outcome: The outcome itself.
        select: The words that select it on a command line; None where there is nothing to apply.
        file: The words that name its file there.
        together: The names of the items that are applied with it or not at all.
        place: Where the second build stands.
        cards: The images that it builds, one job each.
        changes: What is different afterwards, but for what is so for one of the new jobs alone.
        refused_at: The place to look at, of a refusal.
        excerpt: The lines around that place.
    """

    name: str
    outcome: JobOutcome
    select: str | None
    file: str
    together: tuple[str, ...]
    place: Linked
    cards: tuple[Card, ...]
    changes: tuple[Fact, ...]
    refused_at: Linked | None
    excerpt: Markup | None


class Changed(Struct, frozen=True):
    """A file that changes."""

    name: str
    path: str
    added: int
    removed: int
    notes: tuple[str, ...]
    lines: Markup


class Picture(Struct, frozen=True):
    """A graph laid out, with the name of each job's line."""

    title: str
    drawing: Drawing
    boxes: tuple[tuple[Box, str | None], ...]


class Section(Struct, frozen=True):
    """One pipeline.

    Attributes:
        name: Its name on the page.
        path: The path of its root, from the folder in which the command is to be run.
        paths: All files that the page speaks of.
        items: What was found.
        pictures: Its graphs, before and after.
        files: The files that change.
        outcome: What it is drawn from.
    """

    name: str
    path: str
    paths: tuple[str, ...]
    items: tuple[Item, ...]
    pictures: tuple[Picture, ...]
    files: tuple[Changed, ...]
    outcome: PipelineOutcome


class View(Struct, frozen=True):
    """The whole page.

    Attributes:
        document: What it is drawn from.
        sections: The pipelines in which something was found.
        quiet: How many pipelines there are besides.
        verdicts: How many outcomes there are of each verdict.
        codes: How many refusals there are of each code.
        alone: Whether all paths lead from the root of one repository.
        later: Whether most parts are kept as text, of which the page's script makes elements when they are wanted.
    """

    document: Document
    sections: tuple[Section, ...]
    quiet: int
    verdicts: Counter[str]
    codes: Counter[str]
    alone: bool
    later: bool


def view_of(document: Document) -> View:
    """Return what the page says of a document."""
    files = {(file.repository, file.path): file for file in document.files}
    told = [one for one in document.pipelines if one.outcomes or one.changed or one.unused_ignores]
    texts = (files[one.repository, path].text or "" for one in told for path in one.changed)
    lines = sum(text.count("\n") for text in texts)
    whole = lines <= _MOST_LINES
    sections = tuple(_section(number, one, files, whole=whole) for number, one in enumerate(told, 1))
    outcomes = [item.outcome for section in sections for item in section.items]
    return View(
        document,
        sections,
        len(document.pipelines) - len(told),
        Counter(one.verdict for one in outcomes),
        Counter(one.refused.code for one in outcomes if one.refused is not None),
        all(one.repository == "." for one in document.pipelines),
        lines > _MOST_AT_ONCE,
    )


def _section(number: int, pipeline: PipelineOutcome, files: _Files, *, whole: bool) -> Section:
    name = f"p{number}"
    names = {outcome.job: f"{name}c{count}" for count, outcome in enumerate(pipeline.outcomes, 1)}
    listings = {
        path: _listing(f"{name}f{count}", files[pipeline.repository, path], names)
        for count, path in enumerate(pipeline.changed, 1)
    }
    linker = _Linker(pipeline, files, listings, names)
    items = tuple(linker.item(outcome) for outcome in pipeline.outcomes)
    graphs: tuple[tuple[str, Side, Graph | None], ...] = (
        ("Before", "old", pipeline.before),
        ("After", "new", pipeline.after),
    )
    pictures = tuple(linker.picture(title, side, graph) for title, side, graph in graphs if graph is not None)
    # The listings are written out last: by then it is known which of their lines are linked to.
    changed = tuple(_changed(files[pipeline.repository, path], one, whole=whole) for path, one in listings.items())
    path = posixpath.normpath(posixpath.join(pipeline.repository, pipeline.root))
    places = [place for one in pipeline.outcomes for place in (one.job_place, one.place)]
    paths = dict.fromkeys((path, *pipeline.changed, *(place.path for place in places)))
    return Section(name, path, tuple(paths), items, pictures, changed, pipeline)


def _listing(name: str, file: File, items: Mapping[str, str]) -> Listing:
    """Compare a file before and after.

    Args:
        name: What the names of its lines begin with.
        file: The file.
        items: The name on the page of each job's outcome.
    """
    owners = [(Span(one.start, one.end), [items[job] for job in one.jobs if job in items]) for one in file.edits]
    return Listing(name, file.text or "", source_after(file).text, owners if len(items) > 1 else ())


def _changed(file: File, listing: Listing, *, whole: bool) -> Changed:
    return Changed(
        listing.name,
        posixpath.normpath(posixpath.join(file.repository, file.path)),
        listing.added,
        listing.removed,
        tuple(_notes(file)),
        listing.html(whole=whole),
    )


def _notes(file: File) -> Iterator[str]:
    """Yield what the lines of a file cannot show of its bytes."""
    if file.newline == "crlf":
        yield "lines end in CRLF"
    if file.odd_breaks:
        yield "line endings are mixed, and stay so"
    if file.bom:
        yield "begins with a byte order mark"
    if not file.final_newline:
        yield "no newline at the end of the file"


class _Linker:
    """Finds the lines of one pipeline that the page speaks of."""

    def __init__(
        self, pipeline: PipelineOutcome, files: _Files, listings: Mapping[str, Listing], names: Mapping[str, str]
    ) -> None:
        self._pipeline = pipeline
        self._names = names
        self._files = files
        self._listings = listings

    def item(self, outcome: JobOutcome) -> Item:
        refused = outcome.refused
        at = refused.place if refused is not None else outcome.place
        text = self._text(at) if refused is not None else None
        own = {job.name: [one for one in outcome.changes if _is_of(one, job, outcome)] for job in outcome.jobs}
        told = [id(one) for changes in own.values() for one in changes]
        return Item(
            name=self._names[outcome.job],
            outcome=outcome,
            select=selecting(outcome.job) if outcome.verdict == "split" and self._pipeline.changed else None,
            file=path_of(self._pipeline, outcome),
            together=tuple(self._names[job] for job in outcome.together if job in self._names),
            place=self._linked(outcome.place),
            cards=tuple(self._card(outcome, job, own[job.name]) for job in outcome.jobs),
            changes=self._facts(one for one in outcome.changes if id(one) not in told),
            refused_at=self._linked(refused.place) if refused is not None else None,
            excerpt=excerpt(text, at.line, at.column) if text is not None else None,
        )

    def picture(self, title: str, side: Side, graph: Graph) -> Picture:
        drawing = drawn(graph)
        boxes = tuple((box, self._target(box.job.place, side)) for box in drawing.boxes)
        return Picture(title, drawing, boxes)

    def _card(self, outcome: JobOutcome, job: PlannedJob, changes: Iterable[WhatChanges]) -> Card:
        build = outcome.builds[job.build] if job.build is not None else None
        target = self._target(job.place, "new") if job.place is not None else None
        return Card(job, build, target, self._facts(changes))

    def _facts(self, changes: Iterable[WhatChanges]) -> tuple[Fact, ...]:
        return tuple(Fact(one, self._linked(one.place) if one.place is not None else None) for one in changes)

    def _linked(self, place: Place) -> Linked:
        return Linked(place, self._target(place, "old"))

    def _target(self, place: Place, side: Side) -> str | None:
        listing = self._listings.get(place.path)
        return listing.link(side, place.line) if listing is not None else None

    def _text(self, place: Place) -> str | None:
        file = self._files.get((self._pipeline.repository, place.path))
        return file.text if file is not None else None


def _is_of(change: WhatChanges, job: PlannedJob, outcome: JobOutcome) -> bool:
    """Tell whether a change names this one of the new jobs and no other."""
    return [one.name for one in outcome.jobs if f"`{one.name}`" in change.text] == [job.name]
