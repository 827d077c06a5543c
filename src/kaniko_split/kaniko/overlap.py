"""May an image be one that a build pushes, where parts of the two names are not known?

A part that is not known may be anything, but for what GitLab says of its own variables. Official images of Docker Hub
(`alpine:3.20`, which is `index.docker.io/library/alpine`) are pushed by nobody but Docker.
"""

from __future__ import annotations

from kaniko_split.kaniko.definitions import canonical, in_lower_case
from kaniko_split.kaniko.expansion import is_expansion
from kaniko_split.kaniko.image import LATEST, Reference, literal, split_reference

_HUB = "index.docker.io"
_OFFICIAL = tuple(f"{_HUB}/library/")
# Those of GitLab's own variables that may be a part of an image's name begin so.
_IN_NAMES = (
    "$CI_COMMIT",
    "$CI_DEFAULT_BRANCH",
    "$CI_MERGE",
    "$CI_PROJECT",
    "$CI_REGISTRY",
    "$CI_TEMPLATE_REGISTRY_HOST",
)
_FOLDERS = frozenset({"$CI_PROJECT_DIR", "$CI_BUILDS_DIR", "$HOME", "$PWD", "$OLDPWD", "$TMPDIR", "$(pwd)", "`pwd`"})
# Each holds one part of a path, and no slash.
_WITHOUT_SLASH = frozenset({"$CI_REGISTRY", "$CI_PROJECT_NAME"})
# No GitLab has its registry at one of these.
_PUBLIC = (_HUB, "gcr.io", "ghcr.io", "mcr.microsoft.com", "public.ecr.aws", "quay.io", "registry.access.redhat.com")
_MOST_UNITS = 300


def may_be_image(image: str, destination: str) -> bool:
    """Return whether `image` may be what is pushed to `destination`.

    So may `registry.gitlab.com/group/project/base:1` be `$CI_REGISTRY_IMAGE/base:1`, and `$REGISTRY/base` too. An image
    that is a variable and no more (`$BASE`) may be any. Where both tags are known and differ, the answer is no.

    Args:
        image: A reference, as `FROM` or a build argument has it.
        destination: What a build pushes to; a single expansion where that is not known at all.
    """
    found, wanted = split_reference(image), split_reference(destination)
    if not found.repository or not wanted.repository or not _may_begin(found.repository):
        return False
    tags = _tag(found), _tag(wanted)
    if None not in tags and tags[0] != tags[1]:
        return False
    one, other = _whole(found.repository), _whole(wanted.repository)
    if one[: len(_OFFICIAL)] == _OFFICIAL:
        return False
    if len(one) + len(other) > _MOST_UNITS:
        return True
    public = any(one[: len(host) + 1] == tuple(f"{host}/") for host in _PUBLIC)
    if public and other[:1] == ("$CI_REGISTRY",):
        return False
    return _meet(one, other)


def looks_like_image(text: str) -> bool:
    """Tell whether a text by itself looks like the name of an image in a registry: it has a host, or a variable."""
    repository = split_reference(text).repository
    if "/" not in repository or any(part.isspace() for part in repository):
        return False
    first = repository[: repository.index("/")]
    return _may_begin(repository) and bool(first) and (_is_host(first) or any(map(is_expansion, first)))


def _tag(reference: Reference) -> str | None:
    """Return the tag of a reference; None where it is not known, also since the name's end may hold it."""
    if not reference.tag and (reference.digest or is_expansion(reference.repository[-1])):
        return None
    return literal(reference.tag or LATEST)


def _may_begin(repository: tuple[str, ...]) -> bool:
    first = repository[0]
    if not is_expansion(first):
        return first.isalnum()
    return first not in _FOLDERS and (not first.startswith("$CI_") or first.startswith(_IN_NAMES))


def _is_host(part: tuple[str, ...]) -> bool:
    text = literal(part)
    return text is not None and text[0].isalnum() and ("." in text or ":" in text or text == "localhost")


def _whole(repository: tuple[str, ...]) -> tuple[str, ...]:
    """Return a repository with the host that is meant where none is written."""
    parts = in_lower_case(canonical(repository))
    first = parts[: parts.index("/")] if "/" in parts else ()
    if literal(first) == "docker.io":
        parts, first = parts[len("docker.io/") :], ()
        parts = parts if "/" in parts or is_expansion(parts[0]) else (*"library/", *parts)
        return (*f"{_HUB}/", *parts)
    if is_expansion(parts[0]) or _is_host(first):
        return parts
    return (*f"{_HUB}/", *(() if "/" in parts else "library/"), *parts)


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether the units of two texts, in which an expansion is any text, may be the same text."""
    # Row by row: whether what is left of `one` from a unit on may be what is left of `other` from each of its units.
    ends = len(other)
    below = [False] * (ends + 2)
    for at in range(len(one), -1, -1):
        row = [False] * (ends + 2)
        for there in range(ends, -1, -1):
            if at == len(one) and there == ends:
                row[there] = True
                continue
            left, right = one[at : at + 1], other[there : there + 1]
            met = bool(left) and left == right and below[there + 1]
            if left and is_expansion(left[0]):
                met = met or below[there] or (_holds(left[0], right) and row[there + 1])
            if right and is_expansion(right[0]):
                met = met or row[there + 1] or (_holds(right[0], left) and below[there])
            row[there] = met
        below = row
    return below[0]


def _holds(expansion: str, unit: tuple[str, ...]) -> bool:
    """Tell whether an expansion may hold a unit of a text, which is empty at the text's end."""
    return bool(unit) and not (unit == ("/",) and expansion in _WITHOUT_SLASH)
