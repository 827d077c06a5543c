"""Does each image wait for the image of the old job that it is built on?

A build names its base in the words of the executor (`--build-arg BASE=...`) or in its Dockerfile (`FROM`,
`COPY --from`). Where that is the destination of an earlier build, the new job must wait for the one of that build.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from kaniko_split.kaniko.command import Build
from kaniko_split.kaniko.registries import pulled_as
from kaniko_split.prove.builds import build_of
from kaniko_split.prove.container import RepositoryFiles
from kaniko_split.prove.events import BuildRecord, Run
from kaniko_split.prove.symbols import PROJECT, Symbols, named_variables
from kaniko_split.source.patterns import Pattern

# What GitLab makes of its own variables (https://docs.gitlab.com/ci/variables/predefined_variables/).
_DEFINITIONS = {
    "CI_REGISTRY_IMAGE": "${CI_REGISTRY}/${CI_PROJECT_PATH}",
    "CI_PROJECT_PATH": "${CI_PROJECT_NAMESPACE}/${CI_PROJECT_NAME}",
    "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX": "${CI_DEPENDENCY_PROXY_SERVER}/${CI_PROJECT_ROOT_NAMESPACE}/proxy",
}
_VARIABLE = Pattern(r"\$\{(\w+)\}|\$(\w+)")
_EXPANSION = Pattern(r"\$\{\w+[^}\w][^}]*\}")
_INSTRUCTION = Pattern(r"(?im)^\s*(FROM|COPY|ADD|RUN|ARG)\s+(.*)$")
_FROM_OPTION = Pattern(r"(?:--from=|[,=]from=)([^\s,]+)")
_UNKNOWN = "*"
# Where the flags of an image's own name and cache are concerned, nothing is read.
_OWN_FLAGS = frozenset({"destination", "cache-repo", "label", "digest-file", "image-name-with-digest-file"})


class _Image(Struct, frozen=True, eq=False):
    """An old build: what it is given, its new job, and the references that it pushes."""

    record: BuildRecord
    job: str
    destinations: frozenset[str]


def bases_of(
    old: Run, new: Mapping[str, Run], symbols: Symbols, repository: RepositoryFiles
) -> dict[str, dict[str, str]]:
    """Return, for each new job, the jobs of the earlier builds that it is built on, with the image's name.

    Args:
        old: What the old job runs.
        new: What each new job runs, by name.
        symbols: The symbols of all of them.
        repository: The files of the repository.
    """
    jobs = {event.build: name for name, run in new.items() for event in run.events if event.build is not None}
    found: dict[str, dict[str, str]] = {name: {} for name in new}
    earlier: list[_Image] = []
    for event in old.events:
        record = event.build
        build = build_of(record.words) if record is not None and record in jobs else None
        if record is None or build is None:
            continue
        job = jobs[record]
        mentioned = frozenset(_mentioned(build, record, repository)) if earlier else frozenset()
        for image in earlier:
            if image.job == job or symbols.exclude(image.record.guards, event.guards):
                continue
            names = [name for name in image.destinations if any(_may_be(name, text) for text in mentioned)]
            found[job] |= dict.fromkeys([image.job], min(names)) if names else {}
        if build.no_push is not True:
            pushed = (_normal(text) for word in build.destinations for text in symbols.alternatives(_plain(word)))
            earlier.append(_Image(record, job, frozenset(filter(_says_something, pushed))))
    return found


def check_bases(bases: Mapping[str, Mapping[str, str]], waits: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Yield each new job that does not wait for the job of its base.

    Args:
        bases: For each new job, those that it is built on, with the image's name.
        waits: For each new job, those that have succeeded before it starts.
    """
    for job, images in bases.items():
        for other, image in images.items():
            if other not in waits.get(job, ()):
                yield f"`{job}` is built on `{image}` and does not wait for `{other}`"


def _mentioned(build: Build, record: BuildRecord, repository: RepositoryFiles) -> Iterator[str]:
    """Yield the references that a build names, in the words of the executor and in its Dockerfile."""
    arguments: dict[str, str] = {}
    maps = tuple(map(_plain, build.registry_maps))
    for name, value in build.flags:
        if value is None or name in _OWN_FLAGS:
            continue
        if name == "build-arg":
            key, _, text = _plain(value).partition("=")
            arguments[key] = text
            named = text
        else:
            named = _plain(value)
        yield from map(_normal, pulled_as(named, maps))
    texts = (repository.text(path) for path in _dockerfiles(build, record.folder))
    committed = next((text for text in texts if text is not None), "")
    for image in _named_in(committed, arguments):
        yield from map(_normal, pulled_as(image, maps))


def _dockerfiles(build: Build, folder: str) -> Iterator[str]:
    """Yield where the Dockerfile may be: in the working folder first, then in the context (Kaniko's `root.go`)."""
    name = _plain(build.dockerfile) if build.dockerfile is not None else "Dockerfile"
    context = _plain(build.context or "").removeprefix("dir://")
    for place in (posixpath.join(folder, name), posixpath.join(folder, context, name)):
        path = posixpath.normpath(place)
        if path.startswith(PROJECT + "/"):
            yield path.removeprefix(PROJECT + "/")


def _named_in(text: str, arguments: Mapping[str, str]) -> Iterator[str]:
    """Yield the images that a Dockerfile begins from or copies from, its `ARG`s filled in."""
    values: dict[str, str] = {}
    for match in _INSTRUCTION.finditer(text.replace("\\\n", " ")):
        keyword, rest = match[1].upper(), match[2]
        if keyword == "ARG":
            for word in rest.split():
                name, _, default = word.partition("=")
                values[name] = arguments.get(name, default.strip("\"'"))
            continue
        words = [word for word in rest.split() if not word.startswith("--platform")]
        found = words[:1] if keyword == "FROM" else _FROM_OPTION.findall(rest)
        for word in found:
            yield _VARIABLE.sub(lambda one: values.get(one[1] or one[2], "") or _UNKNOWN, word.strip("\"'"))


def _plain(value: str) -> str:
    """Return a value of the proof with its variables as the shell writes them."""
    return named_variables(value.replace("$\x02", "\x02"), _UNKNOWN)


def _normal(text: str) -> str:
    """Return a reference without its tag, after GitLab's own definitions; what is not known is `*`."""
    text = _EXPANSION.sub(_UNKNOWN, text.strip("\"'").removeprefix("docker://"))
    for _ in _DEFINITIONS:
        text = _VARIABLE.sub(lambda one: _DEFINITIONS.get(one[1] or one[2], f"${{{one[1] or one[2]}}}"), text)
    text = _VARIABLE.sub(lambda one: one[0] if one[1].startswith("CI_") else _UNKNOWN, text)
    head, slash, last = text.rpartition("/")
    cut = re.search(r"[:@]", last)
    return (head + slash + (last[: cut.start()] if cut else last)).lower()


def _says_something(name: str) -> bool:
    """Tell whether the last part of a name is known at all."""
    return bool(name.rpartition("/")[2].strip(_UNKNOWN))


def _may_be(one: str, other: str) -> bool:
    """Tell whether two references may name one image; what is not known may be anything, but a word is no reference."""
    if one == other:
        return True
    if _UNKNOWN not in one + other or "/" not in other or not _says_something(other):
        return False
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split(_UNKNOWN))), text) is not None
        for pattern, text in ((one, other), (other, one))
    )
