"""Is an image built on another one, as the recorded calls of the executor have it?"""

import posixpath
import re
from collections.abc import Iterator, Mapping

from judges.records import context_files
from judges.sandbox import Record
from judges.surroundings import PREDEFINED

_INSTRUCTION = re.compile(r"^\s*(?:FROM\s+(?:--\S+\s+)*|COPY\s+.*?--from=|ARG\s+)(\S+)", re.MULTILINE | re.IGNORECASE)
_ARGUMENT = re.compile(r"^\s*ARG\s+(\w+)(?:=(\S*))?", re.MULTILINE | re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)")
_TAG = re.compile(r":[^:/@]+$")
_OWN_REGISTRY = PREDEFINED["CI_REGISTRY"]
_HUBS = "docker.io gcr.io ghcr.io index.docker.io mcr.microsoft.com public.ecr.aws quay.io registry.k8s.io"
_PUBLIC = frozenset(_HUBS.split())
_HUB = ("index.docker.io", "docker.io", "registry-1.docker.io", "")


def values_of(record: Record, *names: str) -> list[str]:
    """Give the values of an option, which may be written in several ways."""
    found: list[str] = []
    previous = ""
    for word in record.arguments:
        name, equals, value = word.partition("=")
        if previous in names:
            found.append(word)
        elif equals and name in names:
            found.append(value)
        previous = word
    return found


def leaves_nothing(record: Record) -> bool:
    """Say whether a build leaves nothing but its status."""
    words = record.arguments
    if any(re.match(r"--(?:tar-?path|oci-layout-path|digest-file|image-name)", word, re.IGNORECASE) for word in words):
        return False
    flags = [word for word in words if word == "--no-push" or word.startswith("--no-push=")]
    if flags:
        return flags[-1] not in {"--no-push=false", "--no-push=0"}
    return record.environment.get("KANIKO_NO_PUSH", "").lower() in {"1", "t", "true"}


def is_based_on(image: Record, base: Record) -> bool:
    """Say whether a build's arguments or Dockerfile name what another build pushes."""
    pushed = {_full(one) for one in values_of(base, "-d", "--destination")}
    if not pushed or leaves_nothing(base):
        return False
    own = {_full(one) for one in values_of(image, "-d", "--destination")}
    wanted = {_full(one) for one in _references(image)}
    return any(one == other or _may_be_same(one, other) for one in wanted for other in pushed - own)


def _may_be_same(wanted: str, pushed: str) -> bool:
    """Say whether a written-out reference may be one that is pushed by a variable, whose value the project has."""
    registry, _, rest = wanted.partition("/")
    known = registry in _PUBLIC or "." not in registry or pushed.startswith(f"{registry}/")
    if known or not pushed.startswith(_OWN_REGISTRY):
        return False
    return rest.rpartition("/")[2] == pushed.rpartition("/")[2]


def _references(record: Record) -> Iterator[str]:
    arguments = dict(one.partition("=")[::2] for one in values_of(record, "--build-arg"))
    yield from arguments.values()
    maps = [one.partition("=") for one in values_of(record, "--registry-map")]
    maps += [("index.docker.io", "=", one) for one in values_of(record, "--registry-mirror")]
    for variable in ("KANIKO_REGISTRY_MAP", "KANIKO_REGISTRY_MIRROR"):
        for one in filter(None, re.split(r"[;,]", record.environment.get(variable, ""))):
            maps.append(one.partition("=") if "=" in one else ("index.docker.io", "=", one))
    text = _dockerfile(record)
    given = {name: arguments.get(name, default) for name, default in _ARGUMENT.findall(text)}
    for word in _INSTRUCTION.findall(text):
        reference = _expanded(word, given)
        yield reference
        registry, slash, rest = reference.partition("/")
        if not slash or not re.search(r"[.:]|^localhost$", registry):
            registry, rest = "", reference
        for source, _, target in maps:
            if registry == source or (registry in _HUB and source in _HUB):
                yield f"{target}/{rest}"
                if registry in _HUB and "/" not in rest:
                    yield f"{target}/library/{rest}"


def _dockerfile(record: Record) -> str:
    name = next(iter(values_of(record, "-f", "--dockerfile")), "Dockerfile")
    files = context_files(record)
    here = posixpath.normpath(posixpath.join(record.folder, name))
    for path, content in {**record.files, **files}.items():
        if path == here or (path in files and path.endswith(f"/{name.removeprefix('./')}")):
            return content.decode(errors="replace")
    return ""


def _expanded(word: str, given: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: given.get(found[1] or found[3], found[2] or ""), word)


def _full(reference: str) -> str:
    reference = reference.strip("\"'").removeprefix("docker://").lower()
    return reference if _TAG.search(reference) or "@" in reference else f"{reference}:latest"
