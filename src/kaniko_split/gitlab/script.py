"""What does a job run, command by command, and where is each command written?

GitLab runs the items of `before_script` and `script` one after the other in one shell
(https://docs.gitlab.com/ci/yaml/#before_script).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from kaniko_split.gitlab.pipeline import Job, Pipeline, PipelineFile
from kaniko_split.gitlab.resolve import UnresolvableError, defaults, effective_job, look_up, parents
from kaniko_split.gitlab.values import Reference, is_merge_key, is_reference, value_of
from kaniko_split.tree.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, followed


class Section(Enum):
    """The keyword under which a command stands."""

    BEFORE_SCRIPT = "before_script"
    SCRIPT = "script"


class Origin(Enum):
    """How a job comes by a keyword."""

    OWN = "own"
    MERGED = "merged"
    EXTENDED = "extended"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, eq=False)
class Provided:
    """Where a job's keyword is written; `entry` and `file` are None where no file that was read has it."""

    origin: Origin
    entry: Entry | None
    file: PipelineFile | None
    job: str


@dataclass(frozen=True, slots=True, eq=False)
class ScriptItem:
    """One item of a job's script.

    Attributes:
        section: Whether it stands in `before_script` or `script`.
        text: The shell text that GitLab runs for it.
        node: The item's own node in the list; several items share one when it is a `!reference`.
        index: The position of `node` in its list.
    """

    section: Section
    text: str
    node: Node
    index: int


class OddScriptError(Exception):
    """A script that is no text and no list of texts; GitLab rejects it, or nobody can tell what it runs."""

    def __init__(self, node: Node, reason: str) -> None:
        super().__init__(reason)
        self.node = node
        self.reason = reason


def provider(pipeline: Pipeline, job: Job, keyword: str) -> Provided | None:
    """Return where `job` gets `keyword` from, or None where nothing gives it one.

    The nearest wins: the job's own key, a merge key, what it extends from last to first, `default:`, the globals.
    """
    found = _provider(pipeline, job, keyword, ())
    if found is not None:
        return found
    try:
        inherited = effective_job(pipeline, job.name)
    except UnresolvableError:
        return None
    if keyword in inherited and keyword in defaults(pipeline):
        for file in reversed(pipeline.files):
            given = file.root.entry("default") if file.root is not None else None
            holder = followed(given.value) if given is not None else None
            entry = holder.entry(keyword) if isinstance(holder, Mapping) else None
            if entry is None and file.root is not None:
                entry = file.root.entry(keyword)
            if entry is not None:
                return Provided(Origin.DEFAULT, entry, file, "default")
    return None


def script_items(pipeline: Pipeline, provided: Provided | None, section: Section) -> tuple[ScriptItem, ...]:
    """Return the commands of one section, `!reference` looked up and flattened.

    Raises:
        OddScriptError: An item is neither text nor a list of texts.
        UnresolvableError: A `!reference` leads nowhere.
    """
    if provided is None or provided.entry is None:
        return ()
    node = followed(provided.entry.value)
    if isinstance(node, Scalar):
        return (ScriptItem(section, _text(node), node, 0),)
    if is_reference(node):
        texts = _referenced(pipeline, value_of(node), node)
        return tuple(ScriptItem(section, text, node, 0) for text in texts)
    if isinstance(node, Mapping):
        raise OddScriptError(node, f"`{section.value}` is neither a text nor a list")
    found: list[ScriptItem] = []
    for index, item in enumerate(node.items):
        real = followed(item)
        if isinstance(item, Alias) or not isinstance(real, Scalar):
            texts = _referenced(pipeline, value_of(real), item)
            found.extend(ScriptItem(section, text, item, index) for text in texts)
        else:
            found.append(ScriptItem(section, _text(real), item, index))
    return tuple(found)


def _provider(pipeline: Pipeline, job: Job, keyword: str, chain: tuple[str, ...]) -> Provided | None:
    entry = job.mapping.entry(keyword)
    if entry is not None:
        return Provided(Origin.OWN if not chain else Origin.EXTENDED, entry, job.file, job.name)
    merged = _merged_entry(job.mapping, keyword)
    if merged is not None:
        return Provided(Origin.MERGED if not chain else Origin.EXTENDED, merged, job.file, job.name)
    value = value_of(job.mapping)
    for parent in reversed(parents(value) if isinstance(value, dict) else ()):
        if parent in chain or parent == job.name:
            continue
        for found in reversed(pipeline.named(parent)):
            provided = _provider(pipeline, found, keyword, (*chain, job.name))
            if provided is not None:
                return provided
    return None


def _merged_entry(mapping: Mapping, keyword: str) -> Entry | None:
    for entry in mapping.entries:
        if not is_merge_key(entry.key):
            continue
        target = followed(entry.value)
        for part in target.items if isinstance(target, Sequence) else (target,):
            real = followed(part)
            if isinstance(real, Mapping):
                found = real.entry(keyword) or _merged_entry(real, keyword)
                if found is not None:
                    return found
    return None


def _text(node: Scalar) -> str:
    if not isinstance(value_of(node), str):
        raise OddScriptError(node, f"`{node.value or 'an empty item'}` is no text to YAML")
    return node.value


def _referenced(pipeline: Pipeline, value: Any, node: Node) -> Iterator[str]:
    found = look_up(pipeline, value)
    if isinstance(found, Reference):
        raise OddScriptError(node, f"`!reference [{', '.join(found.path)}]` leads into an include that was not read")
    for text in _texts(found):
        if not isinstance(text, str):
            raise OddScriptError(node, "what the item refers to is no text and no list of texts")
        yield text


def _texts(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    else:
        yield value
