"""From which hidden job does a finding take its script, and which others do so too?

A script may come by `extends`, by a merge key, by an alias or by `!reference`
(https://docs.gitlab.com/ci/yaml/yaml_optimization/). All of them lead to one list in one place, and that is what is
divided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum

from msgspec import Struct

from kaniko_split.detect.findings import Finding
from kaniko_split.gitlab.keywords import DEEPEST_REFERENCE
from kaniko_split.gitlab.pipeline import Job, Pipeline, PipelineFile
from kaniko_split.gitlab.references import Use, references_to
from kaniko_split.gitlab.resolve import parents
from kaniko_split.gitlab.script import Origin, Provided, Section, provider
from kaniko_split.gitlab.values import is_reference, reference_path, value_of
from kaniko_split.tree.nodes import Alias, Entry, Mapping, Node, Scalar, followed, walk
from kaniko_split.tree.nodes import Sequence as NodeList


class Way(Enum):
    """How a job comes by a script that stands elsewhere."""

    OWN = "it is the job's own, and others take it over"
    KEYS = "with all keys, by `extends` or a merge key"
    SCRIPT = "as its whole script, by an alias or `!reference`"
    ITEM = "as one item of its script"


class Home(Struct, frozen=True, eq=False):
    """The place where a script stands that jobs take over.

    Attributes:
        job: The job that holds it.
        entry: The key with the list.
        way: How the finding takes it over.
        index: For an item, its position in the finding's own script.
    """

    job: Job
    entry: Entry
    way: Way
    index: int | None = None


class Group(Struct, frozen=True, eq=False):
    """All findings that take their script from one place, in order; a job that holds it itself comes first."""

    job: Job
    entry: Entry
    findings: tuple[Finding, ...]
    homes: tuple[Home, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names of the jobs."""
        return frozenset(one.job.name for one in self.findings)


def groups_of(findings: Sequence[Finding]) -> tuple[Group, ...]:
    """Return the findings whose script stands in another job, together with those that share it."""
    owners = {id(one.script.entry): one for one in findings if one.script.origin is Origin.OWN}
    found: dict[int, list[tuple[Finding, Home]]] = {}
    for finding in findings:
        home = home_of(finding)
        if home is None or finding.trace is None:
            continue
        owner = owners.get(id(home.entry))
        if not home.job.hidden and (owner is None or owner.trace is None or home_of(owner) is not None):
            continue
        if owner is not None and id(home.entry) not in found:
            found[id(home.entry)] = [(owner, Home(home.job, home.entry, Way.OWN))]
        found.setdefault(id(home.entry), []).append((finding, home))
    return tuple(
        Group(pairs[0][1].job, pairs[0][1].entry, tuple(one for one, _ in pairs), tuple(home for _, home in pairs))
        for pairs in found.values()
    )


def home_of(finding: Finding) -> Home | None:
    """Return the job in which a finding's script stands; None for a script of its own, or one out of reach."""
    entry, file = finding.script.entry, finding.script.file
    if entry is None or file is None:
        return None
    if finding.script.origin in {Origin.EXTENDED, Origin.MERGED}:
        plain = not isinstance(entry.value, Alias) and not is_reference(entry.value)
        job = _holder(finding.pipeline, entry) if plain else None
        reached = job is not None and (job.hidden or finding.script.origin is Origin.EXTENDED)
        return Home(job, entry, Way.KEYS) if job is not None and reached else None
    if finding.script.origin is not Origin.OWN:
        return None
    found = _followed(finding.pipeline, file, entry.value)
    if found is not None:
        return Home(*found, Way.SCRIPT)
    items = entry.value.items if isinstance(entry.value, NodeList) else ()
    elsewhere = [
        (index, found)
        for index in _building_items(finding)
        if index < len(items) and (found := _followed(finding.pipeline, file, items[index])) is not None
    ]
    if len(elsewhere) != 1:
        return None
    index, home = elsewhere[0]
    return Home(*home, Way.SCRIPT) if len(items) == 1 else Home(*home, Way.ITEM, index)


def heirs(pipeline: Pipeline, entry: Entry) -> Iterator[Job]:
    """Yield each job, hidden or not, that has the script of `entry` by `extends` or a merge key."""
    for job in pipeline.jobs:
        provided = provider(pipeline, job, "script")
        if provided is not None and provided.entry is entry and provided.origin is not Origin.OWN:
            yield job


def ancestors(pipeline: Pipeline, name: str) -> frozenset[str]:
    """Return the names of all jobs that the job called `name` extends, near and far."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for job in pipeline.named(waiting.pop()):
            value = value_of(job.mapping)
            new = set(parents(value) if isinstance(value, dict) else ()) - found
            found |= new
            waiting.extend(new)
    return frozenset(found)


def merges(mapping: Mapping, other: Mapping) -> bool:
    """Tell whether a job takes over all keys of another one by a merge key, near or far."""
    parts = (part for entry in mapping.entries for part in entry.merged())
    return any(part is other or merges(part, other) for part in parts)


def aliases_of(job: Job) -> tuple[Alias, ...]:
    """Return the aliases by which others in its file take over all keys of a job, in the order of the text."""
    root, mapping = job.file.root, job.mapping
    return tuple(node for node in walk(root) if isinstance(node, Alias) and node.target is mapping) if root else ()


def unused_merges_of(pipeline: Pipeline, job: Job) -> frozenset[int]:
    """Return those aliases of a job, by their nodes, by which others merge its keys and nobody runs its script.

    There are none where a job that GitLab runs has the script, or one that is hidden hands it on by `!reference`.
    """
    script = job.mapping.entry("script")
    for heir in heirs(pipeline, script) if script is not None else ():
        on = any(one.use is Use.REFERENCE and "script" in one.path[1:2] for one in references_to(pipeline, heir.name))
        if on or not heir.hidden:
            return frozenset()
    found: set[int] = set()
    for entry in (entry for other in pipeline.jobs for entry in other.mapping.entries if entry.merges):
        parts = entry.value.items if isinstance(entry.value, NodeList) else (entry.value,)
        found |= {id(part) for part in parts if isinstance(part, Alias) and part.target is job.mapping}
    return frozenset(found)


def _building_items(finding: Finding) -> tuple[int, ...]:
    """Return the positions of the items of the job's script that run several builds; none for one in before_script."""
    trace = finding.trace
    if trace is None:
        return ()
    items = [trace.items[step.item] for step in trace.steps if step.builds]
    if any(item.section is not Section.SCRIPT for item in items):
        return ()
    counts = Counter(item.index for item in items)
    return tuple(index for index, count in counts.items() if count > 1 or len(counts) == 1)


def _followed(pipeline: Pipeline, file: PipelineFile, node: Node) -> tuple[Job, Entry] | None:
    """Return the job, and its key, where an alias or a `!reference` leads to in the end."""
    entry: Entry | None = None
    for _ in range(DEEPEST_REFERENCE):
        if isinstance(node, Alias):
            entry = _entry_of(file, followed(node))
        elif is_reference(node):
            provided = _target(pipeline, reference_path(node))
            if provided is None or provided.entry is None or provided.file is None:
                return None
            entry, file = provided.entry, provided.file
        else:
            break
        if entry is None:
            return None
        node = entry.value
    if entry is None or isinstance(node, Alias | Mapping) or is_reference(node):
        return None
    job = _holder(pipeline, entry)
    return (job, entry) if job is not None else None


def _target(pipeline: Pipeline, path: Sequence[str]) -> Provided | None:
    """Return where the key stands that a `!reference [job, key]` names."""
    if len(path) == 1:
        return _list_called(pipeline, path[0])
    if len(path) != 2:
        return None
    named = pipeline.named(path[0])
    return provider(pipeline, named[-1], path[1]) if len(named) == 1 else None


def _list_called(pipeline: Pipeline, name: str) -> Provided | None:
    """Return the one list of this name that stands beside the jobs."""
    found = [
        Provided(Origin.OWN, entry, file, name)
        for file in pipeline.files
        for entry in (file.root.entries if file.root is not None else ())
        if entry.name == name
    ]
    return found[0] if len(found) == 1 else None


def _entry_of(file: PipelineFile, node: Scalar | NodeList | Mapping) -> Entry | None:
    """Return the key of a job of this file, or beside the jobs, whose value is the very node."""
    for entry in file.root.entries if file.root is not None else ():
        if entry.value is node and isinstance(node, NodeList):
            return entry
        if isinstance(entry.value, Mapping):
            found = next((inner for inner in entry.value.entries if inner.value is node), None)
            if found is not None:
                return found
    return None


def _holder(pipeline: Pipeline, entry: Entry) -> Job | None:
    """Return the job in whose own mapping `entry` stands."""
    for job in pipeline.jobs:
        if not isinstance(job.entry.value, Alias) and any(one is entry for one in job.mapping.entries):
            return job
    for file in pipeline.files:
        if file.root is not None and any(one is entry for one in file.root.entries):
            # A list beside the jobs is held by nothing but its own name.
            return Job(entry.name, file, entry, Mapping(entry.value.span, (entry,), flow=False))
    return None
