"""Where in the files is a keyword of a job, or what a `!reference` means, written?"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from kaniko_split.gitlab.keywords import GLOBAL_KEYWORDS
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile
from kaniko_split.gitlab.resolve import parents
from kaniko_split.gitlab.values import reference_path
from kaniko_split.tree.nodes import Entry, Mapping, Node, Sequence, followed


class Origin(Enum):
    """How a job comes by a keyword."""

    OWN = "own"
    MERGED = "merged"
    EXTENDED = "extended"
    DEFAULT = "default"


class Provided(Struct, frozen=True, eq=False):
    """Where a job's keyword is written; `entry` and `file` are None where no file that was read has it."""

    origin: Origin
    entry: Entry | None
    file: PipelineFile | None
    job: str


def written(pipeline: Pipeline, name: str, keyword: str) -> Iterator[Provided]:
    """Yield every place that has a keyword for the job called `name`, the one that wins first.

    The pieces of a job that stands in several files are merged before `extends` is worked in, the last file's first;
    in each piece its own key comes before a merge key; then come the jobs that it extends, the last first.
    """
    yield from _written(pipeline, name, keyword, set())


def located(pipeline: Pipeline, reference: Node) -> tuple[Node, PipelineFile] | None:
    """Return the node that a `!reference` leads to, and its file; None where it stands in no file that was read."""
    path = reference_path(reference)
    if not path:
        return None
    for node, file, steps in _starts(pipeline, path):
        found: Node | None = node
        for step in steps:
            found = _step(found, step) if found is not None else None
        if found is not None:
            return found, file
        if not isinstance(followed(node), Mapping):
            return None
    return None


def _written(pipeline: Pipeline, name: str, keyword: str, seen: set[str]) -> Iterator[Provided]:
    first = not seen
    seen.add(name)
    for job in reversed(pipeline.named(name)):
        entry = job.mapping.entry(keyword)
        if entry is not None:
            yield Provided(Origin.OWN if first else Origin.EXTENDED, entry, job.file, name)
        merged = job.mapping.merged_entry(keyword)
        if merged is not None:
            yield Provided(Origin.MERGED if first else Origin.EXTENDED, merged, job.file, name)
    value = pipeline.value.get(name)
    for parent in reversed(parents(value) if isinstance(value, dict) else ()):
        if parent not in seen:
            yield from _written(pipeline, parent, keyword, seen)


def _starts(pipeline: Pipeline, path: tuple[str, ...]) -> Iterator[tuple[Node, PipelineFile, tuple[str, ...]]]:
    """Yield the nodes from which the words of a reference go on, with the words that are left."""
    if path[0] not in GLOBAL_KEYWORDS and len(path) > 1:
        for one in written(pipeline, path[0], path[1]):
            if one.entry is not None and one.file is not None:
                yield one.entry.value, one.file, path[2:]
        return
    for file in reversed(pipeline.files):
        entry = file.root.entry(path[0]) if file.root is not None else None
        if entry is not None:
            yield entry.value, file, path[1:]


def _step(node: Node, step: str) -> Node | None:
    real = followed(node)
    if isinstance(real, Mapping):
        entry = real.effective_entry(step)
        return entry.value if entry is not None else None
    if isinstance(real, Sequence) and step.isdecimal() and int(step) < len(real.items):
        return real.items[int(step)]
    return None
