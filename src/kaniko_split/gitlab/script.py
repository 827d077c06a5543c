"""What does a job run, command by command, and where is each command written?

GitLab runs the items of `before_script` and `script` one after the other in one shell
(https://docs.gitlab.com/ci/yaml/#before_script).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

from msgspec import Struct

from kaniko_split.gitlab.pipeline import Job, Pipeline, PipelineFile
from kaniko_split.gitlab.places import Origin, Provided, located, written
from kaniko_split.gitlab.resolve import UnresolvableError, defaults, inherits, look_up, resolved_job
from kaniko_split.gitlab.values import Reference, is_reference, scalar_value, value_of
from kaniko_split.tree.nodes import Alias, Mapping, Node, Scalar, followed
from kaniko_split.tree.nodes import Sequence as NodeList

__all__ = ["OddScriptError", "Origin", "Provided", "ScriptItem", "Section", "provider", "script_items"]


class Section(Enum):
    """The keyword under which a command stands."""

    BEFORE_SCRIPT = "before_script"
    SCRIPT = "script"


class ScriptItem(Struct, frozen=True, eq=False):
    """One item of a job's script.

    Attributes:
        section: Whether it stands in `before_script` or `script`.
        text: The shell text that GitLab runs for it.
        node: The item's own node in the list; several items share one when it is a `!reference`.
        index: The position of `node` in its list.
        source: The scalar that the text is written in, where aliases and references have been followed; None where
            that is not known.
        file: The file that `source` stands in.
    """

    section: Section
    text: str
    node: Node
    index: int
    source: Scalar | None = None
    file: PipelineFile | None = None


class OddScriptError(Exception):
    """A script that is no text and no list of texts; GitLab rejects it, or nobody can tell what it runs."""

    def __init__(self, node: Node, reason: str) -> None:
        super().__init__(reason)
        self.node = node
        self.reason = reason


def provider(pipeline: Pipeline, job: Job, keyword: str) -> Provided | None:
    """Return where `job` gets `keyword` from, or None where nothing gives it one.

    The nearest wins: the job's own key, a merge key, what it extends from last to first, `default:`, the globals. A
    keyword without a value is as one that is not there.
    """
    nearest = next(written(pipeline, job.name, keyword), None)
    if nearest is not None and nearest.entry is not None and not _is_null(nearest.entry.value):
        return nearest
    try:
        inherited = keyword in defaults(pipeline) and inherits(resolved_job(pipeline, job.name), keyword)
    except UnresolvableError:
        return None
    return _default(pipeline, keyword) if inherited else None


def _default(pipeline: Pipeline, keyword: str) -> Provided | None:
    """Return where `default:` has a keyword, or else the top level of a file, the last file first."""
    for file in reversed(pipeline.files):
        given = file.root.entry("default") if file.root is not None else None
        holder = followed(given.value) if given is not None else None
        entry = holder.effective_entry(keyword) if isinstance(holder, Mapping) else None
        if entry is not None:
            return Provided(Origin.DEFAULT, entry, file, "default")
    for file in reversed(pipeline.files):
        entry = file.root.entry(keyword) if file.root is not None else None
        if entry is not None:
            return Provided(Origin.DEFAULT, entry, file, "default")
    return None


def _is_null(node: Node) -> bool:
    real = followed(node)
    return isinstance(real, Scalar) and scalar_value(real) is None


def script_items(pipeline: Pipeline, provided: Provided | None, section: Section) -> tuple[ScriptItem, ...]:
    """Return the commands of one section, `!reference` looked up and flattened.

    Raises:
        OddScriptError: An item is neither text nor a list of texts.
        UnresolvableError: A `!reference` leads nowhere.
    """
    if provided is None or provided.entry is None:
        return ()
    node, file = followed(provided.entry.value), provided.file
    if isinstance(node, Scalar):
        return (ScriptItem(section, _text(node), node, 0, node, file),)
    if is_reference(node):
        return tuple(_spelled_out(pipeline, node, file, section, 0))
    if isinstance(node, Mapping):
        raise OddScriptError(node, f"`{section.value}` is neither a text nor a list")
    found: list[ScriptItem] = []
    for index, item in enumerate(node.items):
        real = followed(item)
        if isinstance(item, Alias) or not isinstance(real, Scalar):
            found.extend(_spelled_out(pipeline, item, file, section, index))
        else:
            found.append(ScriptItem(section, _text(real), item, index, real, file))
    return tuple(found)


def _text(node: Scalar) -> str:
    if not isinstance(scalar_value(node), str):
        raise OddScriptError(node, f"`{node.value or 'an empty item'}` is no text to YAML")
    return node.value


def _spelled_out(
    pipeline: Pipeline, node: Node, file: PipelineFile | None, section: Section, index: int
) -> Iterator[ScriptItem]:
    """Yield an item for each text that a list, an alias or a `!reference` brings in."""
    found = look_up(pipeline, value_of(node))
    if isinstance(found, Reference):
        raise OddScriptError(node, f"`!reference [{', '.join(found.path)}]` leads into an include that was not read")
    texts = list(_texts(found))
    sources = list(_sources(pipeline, node, file))
    if [one.value if one else None for one, _ in sources] != texts:
        sources = [(None, None)] * len(texts)
    for text, (source, holder) in zip(texts, sources, strict=True):
        if not isinstance(text, str):
            raise OddScriptError(node, "what the item refers to is no text and no list of texts")
        yield ScriptItem(section, text, node, index, source, holder)


def _texts(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    else:
        yield value


def _sources(
    pipeline: Pipeline, node: Node, file: PipelineFile | None, seen: Sequence[Node] = ()
) -> Iterator[tuple[Scalar | None, PipelineFile | None]]:
    """Yield the scalars that a node comes to, with their files; how many there are was bounded by `look_up`."""
    real = followed(node)
    if isinstance(real, Scalar):
        yield real, file
    elif is_reference(real):
        target = located(pipeline, real) if not any(one is real for one in seen) else None
        if target is None:
            yield None, None
        else:
            yield from _sources(pipeline, *target, (*seen, real))
    elif isinstance(real, NodeList):
        for item in real.items:
            yield from _sources(pipeline, item, file, seen)
    else:
        yield None, None
