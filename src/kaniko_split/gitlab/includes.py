"""Which files make up a pipeline?

GitLab documents `include` at https://docs.gitlab.com/ci/yaml/#include. Local files are read; what lies in other
projects, on other servers or in GitLab's own templates is known as present and unread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kaniko_split.gitlab.keywords import MOST_INCLUDES
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile, Unread
from kaniko_split.source.repository import NotInRepositoryError, Repository
from kaniko_split.source.text import Place, UnreadableSourceError, read_source
from kaniko_split.tree.compose import BrokenYamlError, compose
from kaniko_split.tree.nodes import Mapping, Node, Scalar, Sequence, followed

_REMOTE_KINDS = ("project", "remote", "template", "component", "file")


class BrokenFileError(Exception):
    """A file that GitLab could not read either; `place` and `reason` make one sentence."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


@dataclass
class _Reading:
    repository: Repository
    files: dict[str, PipelineFile] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)


def read_pipeline(repository: Repository, root: str) -> Pipeline:
    """Read the file called `root` and every local file that it includes.

    Raises:
        BrokenFileError: One of the files is not UTF-8 or not YAML.
        NotInRepositoryError: The root itself is not a file of the repository.
        OSError: The root cannot be read.
    """
    reading = _Reading(repository)
    _read(reading, root)
    return Pipeline(tuple(reading.files.values()), tuple(reading.unread))


def read_file(repository: Repository, name: str) -> PipelineFile:
    """Read one file as YAML.

    Raises:
        BrokenFileError: It is not UTF-8 or not YAML.
        NotInRepositoryError: It lies outside the repository or is no file.
        OSError: It cannot be read.
    """
    try:
        source = read_source(repository.shown(name), repository.read(name))
    except UnreadableSourceError as error:
        raise BrokenFileError(error.place, error.reason) from None
    try:
        return PipelineFile(name, source, compose(source.text))
    except BrokenYamlError as error:
        reason = f"the file is not valid YAML: {error.problem}; mend that line and try again"
        raise BrokenFileError(source.place(error.offset), reason) from None


def _read(reading: _Reading, name: str, seen: frozenset[str] = frozenset()) -> None:
    file = read_file(reading.repository, name)
    seen |= {name}
    for include in _includes(file):
        if isinstance(include, Unread):
            reading.unread.append(include)
            continue
        pattern, place = include
        for target in reading.repository.matching(pattern) if "*" in pattern else [pattern]:
            if target in seen or target in reading.files:
                continue
            if len(reading.files) >= MOST_INCLUDES:
                reading.unread.append(Unread("local", target, place))
                continue
            try:
                _read(reading, target, seen)
            except (OSError, NotInRepositoryError):
                reading.unread.append(Unread("local", target, place))
    reading.files.pop(name, None)
    reading.files[name] = file


def _includes(file: PipelineFile) -> Iterator[Unread | tuple[str, Place]]:
    entry = file.root.entry("include") if file.root is not None else None
    if entry is None:
        return
    value = followed(entry.value)
    for item in value.items if isinstance(value, Sequence) else (value,):
        yield from _include(file, followed(item))


def _include(file: PipelineFile, item: Node) -> Iterator[Unread | tuple[str, Place]]:
    place = file.place(item.span.start)
    if isinstance(item, Scalar) and item.value:
        if "://" in item.value:
            yield Unread("remote", item.value, place)
        else:
            yield item.value.lstrip("/"), place
    elif isinstance(item, Mapping):
        for kind in _REMOTE_KINDS:
            if (given := item.entry(kind)) is not None:
                node = followed(given.value)
                yield Unread(kind, node.value if isinstance(node, Scalar) else kind, place)
                return
        local = item.entry("local")
        target = followed(local.value) if local is not None else None
        if isinstance(target, Scalar):
            yield target.value.lstrip("/"), place
    elif isinstance(item, Sequence):
        yield Unread("unknown", "include", place)
