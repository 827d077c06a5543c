"""What is an image called, and does a text speak of it?

References are read as go-containerregistry's `name` package, which the executor uses, reads them: the tag
stands behind the last colon after the last slash, the digest behind `@`. The fork's `--destination
stage=reference` is cut to the reference. Where a part depends on something unknown, nothing is guessed: the
answer is None.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from string import ascii_letters, digits

from msgspec import Struct

from kaniko_split.kaniko.definitions import canonical, in_lower_case
from kaniko_split.kaniko.expansion import is_expansion, units

_Units = tuple[str, ...]

_TAG_CHARACTERS = frozenset(ascii_letters + digits + "._-")
_DIGEST_CHARACTERS = frozenset(ascii_letters + digits + ":+._-")
_REPOSITORY_CHARACTERS = _TAG_CHARACTERS | {"/"}
_NO_START_AFTER = _REPOSITORY_CHARACTERS | {":", "@"}
LATEST = tuple("latest")
_DOCKER_HUB = ("index.docker.io/library/", "index.docker.io/", "docker.io/library/", "docker.io/", "library/")


class Reference(Struct, frozen=True, eq=False):
    """An image reference in units; `tag` and `digest` are empty where there is none."""

    repository: _Units
    tag: _Units
    digest: _Units


def image_name(destination: str) -> str | None:
    """Return the last path part of `destination` without tag and digest; None where it is not all known."""
    repository = split_reference(destination).repository
    return literal(repository[_after_last(repository, "/") :])


def image_path(destination: str) -> tuple[tuple[str, ...], ...]:
    """Return the parts of `destination` between slashes, in units, without tag and digest."""
    parts: list[_Units] = [()]
    for unit in split_reference(destination).repository:
        if unit == "/":
            parts.append(())
        else:
            parts[-1] += (unit,)
    return tuple(parts)


def image_tag(destination: str) -> str | None:
    """Return the tag of `destination`, or None where it has none or one that is not all known."""
    return literal(split_reference(destination).tag)


def image_registry(destination: str) -> str | None:
    """Return the registry of `destination`: its first part where that has a dot or colon or is `localhost`.

    None stands for a registry that is not all known as well as for Docker Hub left unsaid.
    """
    repository = split_reference(destination).repository
    if "/" not in repository:
        return None
    first = literal(repository[: repository.index("/")])
    return first if first and (first == "localhost" or "." in first or ":" in first) else None


def same_image(reference: str, destination: str) -> bool:
    """Return whether the text `reference` mentions the repository of `destination` with its tag or digest.

    `reference` may hold more than that (`BASE=registry.example.com/base:1`, a Dockerfile); no tag means
    `latest`; `${X}` and `$X` are the same. A mention by digest alone matches only the same digest: see
    `same_repository`.
    """
    wanted = split_reference(destination)
    return any(_same_version(mention, wanted) for mention in _mentions(units(reference), wanted.repository))


def same_repository(reference: str, destination: str) -> bool:
    """Return whether the text `reference` mentions the repository of `destination`, under any tag or digest.

    What begins with the repository and goes on with something unknown (`$IMAGE$SUFFIX`) may be it, and
    counts.
    """
    return any(True for _ in _mentions(units(reference), split_reference(destination).repository))


@lru_cache(maxsize=4096)
def split_reference(destination: str) -> Reference:
    """Return the repository, tag and digest of a reference; of the fork's `stage=reference`, those of the reference."""
    whole = units(destination)
    whole = whole[whole.index("=") + 1 :] if "=" in whole else whole
    digest: _Units = ()
    if "@" in whole:
        at = whole.index("@")
        whole, digest = whole[:at], whole[at + 1 :]
    last_part = _after_last(whole, "/")
    colon = _after_last(whole, ":")
    if colon > last_part:
        return Reference(whole[: colon - 1], whole[colon:], digest)
    return Reference(whole, (), digest)


def _after_last(whole: _Units, separator: str) -> int:
    """Return the index behind the last `separator`, or 0 where there is none."""
    return next((at + 1 for at in range(len(whole) - 1, -1, -1) if whole[at] == separator), 0)


def literal(part: _Units) -> str | None:
    """Return the text of a part of a reference; None where it is empty or not all known."""
    return "".join(part) if part and not any(map(is_expansion, part)) else None


def _mentions(text: _Units, repository: _Units) -> Iterator[Reference | None]:
    """Yield each mention of `repository` in `text`; None where something unknown follows it at once."""
    (text, lower, joined), wanted = _text_to_search(text), _repository_to_find(repository)
    if not wanted or "".join(wanted) not in joined:
        return
    for at in range(len(text) - len(wanted) + 1):
        end = at + len(wanted)
        if lower[at:end] == wanted and _may_start(text[:at]):
            if end < len(text) and is_expansion(text[end]):
                yield None
            elif end == len(text) or text[end] not in _REPOSITORY_CHARACTERS:
                tag, end = _run(text, end, ":", _TAG_CHARACTERS)
                digest, _ = _run(text, end, "@", _DIGEST_CHARACTERS)
                yield Reference(wanted, tag, digest)


@lru_cache(maxsize=4096)
def _text_to_search(text: _Units) -> tuple[_Units, _Units, str]:
    """Return the units of a text with GitLab's variables written out, those in lower case, and these joined."""
    written_out = canonical(text)
    lower = in_lower_case(written_out)
    return written_out, lower, "".join(lower)


@lru_cache(maxsize=4096)
def _repository_to_find(repository: _Units) -> _Units:
    return in_lower_case(_without_docker_hub(canonical(repository)))


def _run(text: _Units, at: int, mark: str, characters: frozenset[str]) -> tuple[_Units, int]:
    """Return what follows the `mark` at `at`, as long as `characters` and expansions last, and its end."""
    if at == len(text) or text[at] != mark:
        return (), at
    end = at + 1
    while end < len(text) and (is_expansion(text[end]) or text[end] in characters):
        end += 1
    return text[at + 1 : end], end


def _same_version(mention: Reference | None, wanted: Reference) -> bool:
    if mention is None:
        return False
    if mention.digest and wanted.digest:
        return mention.digest == wanted.digest
    if (mention.digest and not mention.tag) or (wanted.digest and not wanted.tag):
        return False
    return (mention.tag or LATEST) == (wanted.tag or LATEST)


def _may_start(before: _Units) -> bool:
    """Return whether a reference can begin behind `before`: not in the middle of another one."""
    for hub in _DOCKER_HUB:
        if before[-len(hub) :] == tuple(hub):
            before = before[: -len(hub)]
            break
    if not before or before[-3:] == (":", "/", "/"):
        return True
    return not is_expansion(before[-1]) and before[-1] not in _NO_START_AFTER


def _without_docker_hub(repository: _Units) -> _Units:
    for hub in _DOCKER_HUB:
        if repository[: len(hub)] == tuple(hub):
            return repository[len(hub) :]
    return repository
