"""Which files make up a pipeline?

GitLab documents `include` at https://docs.gitlab.com/ci/yaml/#include and
https://docs.gitlab.com/ci/yaml/includes/. Local files are read; what lies in other projects, on other servers or in
GitLab's own templates is known as present and unread.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NoReturn

from msgspec import Struct, field

from kaniko_split.gitlab.keywords import MOST_INCLUDES
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile, Unread
from kaniko_split.gitlab.values import is_reference, value_of
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.repository import NotInRepositoryError, Repository
from kaniko_split.source.text import Place, UnreadableSourceError, read_source
from kaniko_split.tree.compose import BrokenYamlError, TooMuchYamlError, compose
from kaniko_split.tree.nodes import Mapping, Node, Scalar, Sequence, followed

_REMOTE_KINDS = ("project", "remote", "template", "component", "artifact", "file")

# A component of this very project at this very commit ("Use a CI/CD component in the same project").
_OWN_COMPONENT = Pattern(
    r"\$\{?CI_SERVER_(?:FQDN|HOST)\}?/\$\{?CI_PROJECT_PATH\}?/(?P<name>[\w./-]+)@\$\{?CI_COMMIT_SHA\}?"
)
_YAML_ENDING = Pattern(r".+\.ya?ml", re.IGNORECASE | re.DOTALL)


class BrokenFileError(Exception):
    """A file that GitLab could not read either; `place` and `reason` make one sentence."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class _Wanted(Struct, frozen=True, eq=False):
    """A local include: the path or pattern as it is written, and whether `rules` may leave it out."""

    path: str
    place: Place
    perhaps: bool = False
    component: bool = False


class _Reading(Struct, eq=False):
    """What has been read on the way from a root.

    Attributes:
        strict: Whether a local include that cannot be read is an error, as it is to GitLab.
        order: The files in the order in which GitLab merges them; one that is included twice is merged twice.
        perhaps: The files that an include with `rules` brings in, and where that stands.
    """

    repository: Repository
    strict: bool
    known: dict[str, PipelineFile]
    order: list[str] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    perhaps: dict[str, Place] = field(default_factory=dict)
    always: set[str] = field(default_factory=set)
    count: int = 0

    def pipeline(self) -> Pipeline:
        last = {name: number for number, name in enumerate(self.order)}
        names = sorted(last, key=lambda name: last[name])
        perhaps = {name: place for name, place in self.perhaps.items() if name not in self.always}
        return Pipeline(
            tuple(self.known[name] for name in names),
            tuple(self.unread),
            perhaps=perhaps,
            read=self.repository.text,
            real=self.repository.real,
        )


def read_pipeline(
    repository: Repository, root: str, *, strict: bool = False, known: dict[str, PipelineFile] | None = None
) -> Pipeline:
    """Read the file called `root` and every local file that it includes.

    Args:
        repository: Where the files are.
        root: The file that GitLab starts from.
        strict: Whether an include that cannot be read is an error; else it is known as unread.
        known: Files that were read before; what is read now is added.

    Raises:
        BrokenFileError: One of the files is not UTF-8 or not YAML; an include leads to no file, out of the repository
            or back to itself; there are more than 150.
        NotInRepositoryError: The root itself is not a file of the repository.
        OSError: The root cannot be read.
    """
    reading = _Reading(repository, strict, {} if known is None else known)
    if root not in reading.known:
        reading.known[root] = read_file(repository, root)
    reading.always.add(root)
    _read(reading, root, ())
    return reading.pipeline()


def read_child(repository: Repository, file: PipelineFile, include: Node, known: dict[str, PipelineFile]) -> Pipeline:
    """Read the pipeline that a `trigger:include` starts: the local files that it names, merged in their order.

    Args:
        repository: Where the files are.
        file: The file in which the trigger stands.
        include: The value of its `include`.
        known: Files that were read before; what is read now is added.

    Raises:
        BrokenFileError: One of the files is not UTF-8 or not YAML, or leads back to itself.
    """
    reading = _Reading(repository, strict=False, known=known)
    _read_includes(reading, file, include, ())
    return reading.pipeline()


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
    except TooMuchYamlError as error:
        reason = f"{error.problem}, which is more than GitLab reads; say the same with less"
        raise BrokenFileError(source.place(error.offset), reason) from None
    except BrokenYamlError as error:
        reason = f"the file is not valid YAML: {error.problem}; mend that line and try again"
        raise BrokenFileError(source.place(error.offset), reason) from None


def _read(reading: _Reading, name: str, chain: tuple[str, ...]) -> None:
    """Put the file called `name`, and before it all that it includes, at the end of the order."""
    file = reading.known[name]
    entry = file.root.effective_entry("include") if file.root is not None else None
    if entry is not None:
        _read_includes(reading, file, entry.value, (*chain, name))
    reading.order.append(name)


def _read_includes(reading: _Reading, file: PipelineFile, include: Node, chain: tuple[str, ...]) -> None:
    value = followed(include)
    single = not isinstance(value, Sequence) or is_reference(value)
    for item in (value,) if single or isinstance(value, Mapping | Scalar) else value.items:
        wanted = _wanted(file, followed(item))
        if isinstance(wanted, Unread):
            reading.unread.append(wanted)
        elif wanted is not None:
            for target in _targets(reading, wanted):
                _read_target(reading, target, wanted, chain)


def _read_target(reading: _Reading, target: str, wanted: _Wanted, chain: tuple[str, ...]) -> None:
    if target in chain:
        way = " -> ".join(f"`{one}`" for one in (*chain[chain.index(target) :], target))
        reason = f"the include leads back to its own file, {way}; take one of these includes out"
        raise BrokenFileError(wanted.place, reason)
    reading.count += 1
    if reading.count > MOST_INCLUDES:
        reason = f"this is one include more than the {MOST_INCLUDES} that GitLab takes; include fewer files"
        raise BrokenFileError(wanted.place, reason)
    perhaps = wanted.perhaps or any(name in reading.perhaps and name not in reading.always for name in chain)
    if not _fetched(reading, target, wanted, must=reading.strict and not perhaps):
        return
    if perhaps:
        reading.perhaps.setdefault(target, wanted.place)
    else:
        reading.always.add(target)
    _read(reading, target, chain)


def _targets(reading: _Reading, wanted: _Wanted) -> list[str]:
    """Return the names of the files that an include means; a name that leads nowhere is returned as it is."""
    repository = reading.repository
    if wanted.component:
        names = [f"templates/{wanted.path}.yml", f"templates/{wanted.path}/template.yml"]
        return [next((name for name in names if repository.has(name)), names[0])]
    if "*" not in wanted.path or repository.alone:
        return [wanted.path]
    return repository.matching(wanted.path) or [wanted.path]


def _fetched(reading: _Reading, target: str, wanted: _Wanted, *, must: bool) -> bool:
    """Read a file unless it is known; where it cannot be read, and need not be, it is known as unread."""
    if target in reading.known:
        return True
    try:
        _check_path(reading.repository, target, wanted)
        reading.known[target] = _included(reading.repository, target, wanted)
    except BrokenFileError as error:
        if error.place is not wanted.place:
            raise
        # A variable in the path is GitLab's to fill in, and what standard input includes is not read.
        if must and "$" not in target and not reading.repository.alone:
            raise
        reading.unread.append(Unread("local", target, wanted.place))
        return False
    return True


def _included(repository: Repository, target: str, wanted: _Wanted) -> PipelineFile:
    try:
        return read_file(repository, target)
    except NotInRepositoryError as error:
        _stop(wanted, f"the include {error}; {error.advice}")
    except FileNotFoundError:
        _stop(wanted, f"the include `{target}` is not in the repository; add the file or take the include out")
    except OSError as error:
        _stop(wanted, f"the include `{target}` cannot be read ({(error.strerror or str(error)).lower()})")


def _stop(wanted: _Wanted, reason: str) -> NoReturn:
    raise BrokenFileError(wanted.place, reason)


def _check_path(repository: Repository, target: str, wanted: _Wanted) -> None:
    """Make sure that a path is one that GitLab would look up.

    Raises:
        BrokenFileError: It is not.
    """
    if {".", ".."} & set(target.split("/")):
        plain = posixpath.normpath(target)
        if plain.startswith(".."):
            reason = f"the include `{target}` leads out of the repository; use `project:` for a file of another one"
        else:
            reason = f"GitLab follows no `.` and `..` as in the include `{target}`; write `{plain}`"
        _stop(wanted, reason)
    if "*" in target:
        _stop(wanted, f"no file of the repository is called as `{target}` says; mend the pattern or take it out")
    if not _YAML_ENDING.fullmatch(target) and repository.has(target):
        _stop(wanted, f"GitLab includes only files that end in .yml or .yaml, and not `{target}`; rename it")


def _wanted(file: PipelineFile, item: Node) -> _Wanted | Unread | None:
    """Return what one item of an `include` asks for; None where it is empty, or its rules always leave it out."""
    place = file.place(item.span.start)
    if isinstance(item, Sequence):
        return Unread("unknown", "include", place)
    if isinstance(item, Scalar):
        if "://" in item.value:
            return Unread("remote", item.value, place)
        return _Wanted(item.value.lstrip("/"), place) if item.value.strip("/") else None
    return _wanted_by(item, place) if isinstance(item, Mapping) else None


def _wanted_by(item: Mapping, place: Place) -> _Wanted | Unread | None:
    chance = _chance(item)
    if chance == {False}:
        return None
    perhaps = chance != {True}
    local = _text_of(item, "local")
    if local is not None:
        return _Wanted(local.lstrip("/"), place, perhaps)
    for kind in _REMOTE_KINDS:
        if item.effective_entry(kind) is not None:
            what = _text_of(item, kind) or kind
            own = _OWN_COMPONENT.fullmatch(what)
            if kind == "component" and own is not None:
                return _Wanted(own["name"], place, perhaps, component=True)
            files = ", ".join(_files_of(item)) if kind == "project" else ""
            return Unread(kind, f"{what}: {files}" if files else what, place)
    return None


def _text_of(item: Mapping, key: str) -> str | None:
    entry = item.effective_entry(key)
    node = followed(entry.value) if entry is not None else None
    return node.value if isinstance(node, Scalar) and node.value else None


def _files_of(item: Mapping) -> Iterator[str]:
    entry = item.effective_entry("file")
    node = followed(entry.value) if entry is not None else None
    for part in node.items if isinstance(node, Sequence) else (node,):
        real = followed(part) if part is not None else None
        if isinstance(real, Scalar):
            yield real.value


def _chance(item: Mapping) -> set[bool]:
    """Return what the `rules` of an include can come to, whatever the variables are ("include:rules")."""
    entry = item.effective_entry("rules")
    rules = value_of(entry.value) if entry is not None else None
    if not isinstance(rules, list):
        return {True}
    found: set[bool] = set()
    for rule in rules:
        if isinstance(rule, dict):
            found.add(rule.get("when") != "never")
            if not {"if", "exists", "changes"} & rule.keys():
                return found
    return found | {False}
