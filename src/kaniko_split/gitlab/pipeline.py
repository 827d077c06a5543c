"""Which jobs do the files of a pipeline define, and in which file does each stand?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from msgspec import Struct, field

from kaniko_split.gitlab.keywords import GLOBAL_KEYWORDS, JOB_KEYWORDS
from kaniko_split.gitlab.values import every_entry, value_of
from kaniko_split.source.text import Place, Source
from kaniko_split.tree.nodes import Document, Entry, Mapping, followed


class PipelineFile(Struct, frozen=True, eq=False, dict=True):
    """One YAML file that takes part in a pipeline.

    Attributes:
        name: The file's path from the repository's root, with forward slashes.
        source: Its text.
        documents: What libyaml reads from it.
    """

    name: str
    source: Source
    documents: tuple[Document, ...]

    @cached_property
    def root(self) -> Mapping | None:
        """The mapping of jobs and keywords; behind a `spec:` header it is the second document."""
        candidates = [doc.root for doc in self.documents if isinstance(doc.root, Mapping)]
        if len(candidates) > 1 and candidates[0].entry("spec") is not None:
            return candidates[1]
        return candidates[0] if candidates else None

    @cached_property
    def value(self) -> dict[str, Any]:
        """The file's content as GitLab reads it, aliases and merge keys expanded."""
        found = value_of(self.root) if self.root is not None else {}
        return found if isinstance(found, dict) else {}

    def place(self, offset: int) -> Place:
        """Return the line and column of the character at `offset`."""
        return self.source.place(offset)


class Job(Struct, frozen=True, eq=False):
    """A job, hidden or not, at the place where it is written."""

    name: str
    file: PipelineFile
    entry: Entry
    mapping: Mapping

    @property
    def hidden(self) -> bool:
        """Whether GitLab runs it only through others ("Hide jobs")."""
        return self.name.startswith(".")


class Unread(Struct, frozen=True, eq=False):
    """An include whose content is out of reach: another project's, a template, a missing file."""

    kind: str
    what: str
    place: Place


def _nothing(name: str) -> str | None:
    del name
    return None


def _itself(name: str) -> str | None:
    return name


class Pipeline(Struct, frozen=True, eq=False, dict=True):
    """The files of one pipeline, in the order in which GitLab merges them: the root comes last.

    Attributes:
        files: The files.
        unread: The includes that lead out of reach.
        included_by: An include of another file that computes its path, so that it may mean this pipeline's root.
        perhaps: The files that come in by includes with `rules` alone, by name, and where that include stands. They
            are taken for included.
        read: Gives the text of a file of the repository, by name; None where there is none.
        real: Gives the name of what a path of the repository leads to over symbolic links; None for a place outside.
        partial: Whether GitLab does not start from the root here: other projects may include it.
        memo: What has been worked out of the files so far (`gitlab.resolve`).
    """

    files: tuple[PipelineFile, ...]
    unread: tuple[Unread, ...] = ()
    included_by: Unread | None = None
    perhaps: dict[str, Place] = field(default_factory=dict)
    read: Callable[[str], str | None] = _nothing
    partial: bool = False
    real: Callable[[str], str | None] = _itself
    memo: dict[Any, Any] = field(default_factory=dict)

    @property
    def root(self) -> PipelineFile:
        """The file that includes the others."""
        return self.files[-1]

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """Every job as it is written; a name that stands in several files is listed for each."""
        return tuple(job for file in self.files for job in _jobs_of(file))

    def named(self, name: str) -> tuple[Job, ...]:
        """Return all places where the job called `name` is written."""
        return self._places.get(name, ())

    @cached_property
    def _places(self) -> dict[str, tuple[Job, ...]]:
        found: dict[str, tuple[Job, ...]] = {}
        for job in self.jobs:
            found[job.name] = (*found.get(job.name, ()), job)
        return found

    @cached_property
    def value(self) -> dict[str, Any]:
        """All files merged; what a later file says wins, mapping by mapping (GitLab, "include")."""
        merged: dict[str, Any] = {}
        for file in self.files:
            for key, value in file.value.items():
                merged[key] = deep_merge(merged[key], value) if key in merged else value
        return merged

    @cached_property
    def refers(self) -> bool:
        """Whether a `!reference` stands anywhere in the files."""
        return any("!reference" in file.source.text for file in self.files)


def deep_merge(base: Any, over: Any) -> Any:
    """Merge two values as GitLab does: mappings key by key, anything else is replaced."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    result = dict(base)
    for key, value in over.items():
        result[key] = deep_merge(base[key], value) if key in base else value
    return result


def is_pipeline(file: PipelineFile) -> bool:
    """Tell whether a YAML file looks like GitLab CI configuration rather than anything else."""
    root = file.root
    if root is None:
        return False
    names = {entry.name for entry in root.entries}
    if names & {"stages", "workflow"} or "include" in names or "default" in names:
        return True
    for entry in root.entries:
        value = followed(entry.value)
        if entry.name not in GLOBAL_KEYWORDS and isinstance(value, Mapping):
            keys = {inner.name for inner in value.entries}
            if keys & JOB_KEYWORDS:
                return True
    return False


def _jobs_of(file: PipelineFile) -> Iterator[Job]:
    """Yield the jobs of one file, those that a merge key brings included.

    Of a key that stands twice, the last is yielded, as GitLab reads it.
    """
    if file.root is None:
        return
    counts = file.root.effective_entries()
    for entry in every_entry(file.root):
        value = followed(entry.value)
        if entry.name not in GLOBAL_KEYWORDS and isinstance(value, Mapping) and counts.get(entry.name) is entry:
            yield Job(entry.name, file, entry, value)
