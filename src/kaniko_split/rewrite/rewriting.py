"""Which edits does each file need, to carry out the splits of a pipeline?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from kaniko_split.plan.inheritance import Way
from kaniko_split.plan.outcome import Split
from kaniko_split.rewrite.jobs import job_edits
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.source.edits import Edit, apply
from kaniko_split.source.text import Source


class Rewritten(Struct, frozen=True, eq=False):
    """A file before and after, with the edits between the two."""

    name: str
    before: Source
    after: Source
    edits: tuple[Edit, ...]


def rewrite(splits: Sequence[Split]) -> tuple[Rewritten, ...]:
    """Return the files that the splits of one pipeline change, each with all of its edits.

    Raises:
        CannotLayOutError: A job's text cannot be divided.
        OverlappingEditsError: Two splits want the same characters.
    """
    edits: dict[str, list[Edit]] = {}
    sources: dict[str, Source] = {}
    names = {split.finding.job.name: split.names for split in splits}
    # Several jobs may have one shared script, which is divided once.
    for one in {id(one): one for split in splits for one in split.every}.values():
        file = one.finding.job.file
        sources[file.name] = file.source
        edits.setdefault(file.name, []).extend(_own_edits(one, names))
    for split in splits:
        for reference in split.references:
            from kaniko_split.rewrite.references import reference_edits

            sources[reference.file.name] = reference.file.source
            edits.setdefault(reference.file.name, []).extend(reference_edits(split, reference))
    return tuple(
        Rewritten(name, sources[name], apply(sources[name], edits[name]), tuple(edits[name])) for name in edits
    )


def _own_edits(split: Split, names: Mapping[str, Sequence[str]]) -> list[Edit]:
    """Return the edits of the job itself, in its own file."""
    whole = split.home is not None and split.home.way is not Way.ITEM
    try:
        if split.finding.script.entry is split.finding.job.entry:
            from kaniko_split.rewrite.lists import list_edits

            return list_edits(split)
        if whole:
            from kaniko_split.rewrite.heirs import heir_edits

            return heir_edits(split, names)
        if split.finding.job.mapping.flow:
            from kaniko_split.rewrite.flow_jobs import flow_job_edits

            return flow_job_edits(split, names)
        return job_edits(split, names)
    except CannotLayOutError as error:
        error.file = split.finding.job.file
        raise
