"""Which edits does each file need, to carry out the splits of a pipeline?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kaniko_split.plan.outcome import Split
from kaniko_split.rewrite.jobs import job_edits
from kaniko_split.rewrite.references import reference_edits
from kaniko_split.source.edits import Edit, apply
from kaniko_split.source.text import Source


@dataclass(frozen=True, slots=True)
class Rewritten:
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
    for split in splits:
        file = split.finding.job.file
        sources[file.name] = file.source
        edits.setdefault(file.name, []).extend(job_edits(split))
        for reference in split.references:
            sources[reference.file.name] = reference.file.source
            edits.setdefault(reference.file.name, []).extend(reference_edits(split, reference))
    return tuple(
        Rewritten(name, sources[name], apply(sources[name], edits[name]), tuple(edits[name])) for name in edits
    )
