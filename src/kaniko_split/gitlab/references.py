"""Where do the files of a pipeline name a job?

The places are those that GitLab's documentation gives: `needs` (also `rules:needs`), `dependencies`, `extends`,
`!reference`, `environment:on_stop` and `trigger:include:job`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.gitlab.parallel import expanded_name
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile
from kaniko_split.gitlab.resolve import look_up
from kaniko_split.gitlab.values import Reference, every_entry, is_reference, reference_path
from kaniko_split.tree.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, followed, walk


class Use(Enum):
    """For what a job is named."""

    NEEDS = "needs"
    DEPENDENCIES = "dependencies"
    EXTENDS = "extends"
    REFERENCE = "!reference"
    SINGLE = "a place for one name"


class JobReference(Struct, frozen=True, eq=False):
    """One mention of a job.

    Attributes:
        use: For what it is named.
        file: The file that it stands in.
        owner: The top-level key under which it stands.
        name: The scalar that is the job's name.
        holder: The list that the mention is an item of; None where it is no item.
        item: The item itself: the name, or the mapping that has it under `job:`.
        path: For a `!reference`, all its words; for a child pipeline that is made of an artifact, the file's path.
        suffix: What follows the job's own name where one of its parallel jobs is named (`: [amd64]`, ` 1/2`).
    """

    use: Use
    file: PipelineFile
    owner: str
    name: Scalar
    holder: Sequence | None
    item: Node
    path: tuple[str, ...] = ()
    suffix: str = ""


def references_to(pipeline: Pipeline, job: str) -> tuple[JobReference, ...]:
    """Return every place in the pipeline's files that names `job`, in the order of the files."""
    found: list[JobReference] = []
    for file in pipeline.files:
        if file.root is None or not _may_name(file.source.text, job):
            continue
        seen: set[tuple[int, bool]] = set()
        for entry in every_entry(file.root):
            for reference in _under(file, entry):
                mention = (id(reference.name), reference.holder is None)
                suffix = _suffix(pipeline, reference, job)
                if suffix is not None and mention not in seen:
                    seen.add(mention)
                    found.append(replace(reference, suffix=suffix))
    return tuple(found)


def _suffix(pipeline: Pipeline, reference: JobReference, job: str) -> str | None:
    """Return what follows the job's name in a mention of it; None where another job is mentioned."""
    name = reference.name.value
    if name == job:
        return ""
    if reference.use not in {Use.NEEDS, Use.DEPENDENCIES} or name in pipeline.value:
        return None
    expanded = expanded_name(name)
    return expanded[1] if expanded is not None and expanded[0] == job else None


def _may_name(text: str, job: str) -> bool:
    """Tell whether a file may hold the name: quotes can escape any character of it, and blanks can be a line break."""
    return job in text or "\\" in text or "'" in job or " " in job


def hidden_mentions(pipeline: Pipeline, job: str) -> Iterator[tuple[PipelineFile, Node]]:
    """Yield each `!reference` under `needs` or `dependencies` that brings in `job` from under another key.

    Such a list is not known for one of job names where it is written, so it cannot be edited there.
    """
    for one in pipeline.jobs:
        for keyword in ("needs", "dependencies", "rules"):
            entry = one.mapping.entry(keyword)
            for node in walk(entry.value) if entry is not None else ():
                path = reference_path(node)
                if path and path[-1] not in {"needs", "dependencies", "rules"}:
                    found = look_up(pipeline, Reference(path))
                    names = [item.get("job") if isinstance(item, dict) else item for item in _flat(found)]
                    expanded = (expanded_name(name) for name in names if isinstance(name, str))
                    if job in names or any(name is not None and name[0] == job for name in expanded):
                        yield one.file, node


def input_mentions(pipeline: Pipeline, job: str) -> Iterator[tuple[PipelineFile, Node]]:
    """Yield each text that is the job's name and is handed to an include as an input, or is an input's default.

    Files name jobs by inputs too (`needs: ["$[[ inputs.after ]]"]`), see https://docs.gitlab.com/ci/inputs/. An input
    whose own name says that it is a stage is not yielded.
    """
    for file in pipeline.files:
        if not _may_name(file.source.text, job):
            continue
        for document in file.documents:
            root = document.root
            for node in walk(root) if root is not None else ():
                entry = node.entry("inputs") if isinstance(node, Mapping) else None
                if entry is not None:
                    yield from ((file, name) for name in _inputs_called(entry, job))


def _inputs_called(entry: Entry, job: str) -> Iterator[Node]:
    """Yield the values and defaults of inputs that are the job's name."""
    given = followed(entry.value)
    for one in given.entries if isinstance(given, Mapping) else ():
        value = followed(one.value)
        if "stage" in one.name:
            continue
        default = value.entry("default") if isinstance(value, Mapping) else None
        for node in walk(default.value if default is not None else value):
            real = followed(node)
            if isinstance(real, Scalar) and (real.value == job or (expanded_name(real.value) or ("",))[0] == job):
                yield real


def _flat(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _under(file: PipelineFile, entry: Entry) -> Iterator[JobReference]:
    value = entry.value
    for node in walk(value):
        if is_reference(node) and isinstance(node, Sequence) and node.items:
            first = followed(node.items[0])
            if isinstance(first, Scalar):
                yield JobReference(Use.REFERENCE, file, entry.name, first, None, node, path=reference_path(node))
    mapping = followed(value)
    if isinstance(mapping, Mapping):
        yield from _of_job(file, entry.name, mapping)


def _of_job(file: PipelineFile, owner: str, mapping: Mapping) -> Iterator[JobReference]:
    for entry in mapping.entries:
        value = followed(entry.value)
        match entry.name:
            case "needs":
                yield from _list(file, owner, value, Use.NEEDS)
            case "dependencies":
                yield from _list(file, owner, value, Use.DEPENDENCIES)
            case "extends" if isinstance(value, Scalar):
                yield JobReference(Use.EXTENDS, file, owner, value, None, value)
            case "extends":
                yield from _list(file, owner, value, Use.EXTENDS)
            case "rules" if isinstance(value, Sequence):
                for rule in map(followed, value.items):
                    needs = rule.entry("needs") if isinstance(rule, Mapping) else None
                    if needs is not None:
                        yield from _list(file, owner, followed(needs.value), Use.NEEDS)
            case "environment" | "trigger":
                yield from _singles(file, owner, value)


def _list(file: PipelineFile, owner: str, value: Node, use: Use) -> Iterator[JobReference]:
    if not isinstance(value, Sequence) or is_reference(value):
        return
    for item in value.items:
        real = followed(item)
        if isinstance(real, Scalar):
            # A name behind an alias is edited where the anchor stands, if at all.
            holder = None if isinstance(item, Alias) else value
            yield JobReference(use, file, owner, real, holder, item)
        elif isinstance(real, Mapping) and use is Use.NEEDS:
            job = real.entry("job")
            # Jobs of other projects and pipelines have names of their own.
            foreign = real.entry("project") or real.entry("pipeline")
            if job is not None and foreign is None and isinstance(name := followed(job.value), Scalar):
                holder = None if isinstance(item, Alias) else value
                yield JobReference(use, file, owner, name, holder, item)
        elif isinstance(real, Sequence) and not is_reference(real):
            yield from _list(file, owner, real, use)


def _singles(file: PipelineFile, owner: str, value: Node) -> Iterator[JobReference]:
    for node in walk(value):
        if isinstance(node, Mapping):
            artifact = node.entry("artifact")
            path = followed(artifact.value) if artifact is not None else None
            for key in ("on_stop", "job"):
                entry = node.entry(key)
                if entry is not None and isinstance(name := followed(entry.value), Scalar):
                    paths = (path.value,) if isinstance(path, Scalar) and entry.value is name and key == "job" else ()
                    yield JobReference(Use.SINGLE, file, owner, name, None, name, path=paths)
