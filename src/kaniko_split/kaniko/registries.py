"""From where is a base image pulled, when registries are mapped or mirrored?

`--registry-map` and `--registry-mirror`, and the variables `KANIKO_REGISTRY_MAP` and `KANIKO_REGISTRY_MIRROR`, give
further places for the images of a registry. The executor tries them in order and the registry itself last (Kaniko's
README, "Flag --registry-map").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kaniko_split.kaniko.image import image_registry

_HUB = "index.docker.io"
_HUBS = frozenset({_HUB, "docker.io"})


def pulled_as(image: str, maps: Iterable[str]) -> tuple[str, ...]:
    """Return the references under which the executor may pull an image, itself first.

    Args:
        image: A reference, as `FROM` has it.
        maps: Texts such as `index.docker.io=mirror.example.com;gcr.io=127.0.0.1`; one without `=` maps every registry.
    """
    registry = image_registry(image)
    host = registry or _HUB
    path = image.removeprefix(f"{registry}/") if registry else image
    if image.startswith(("$", "`")):
        # It may be of any registry.
        return (image,)
    if host in _HUBS and "/" not in path:
        path = f"library/{path}"
    places = [place for original, place in _pairs(maps) if not original or _same(original, host)]
    return (image, *(f"{_bare(place)}/{path}" for place in dict.fromkeys(places)))


def mirrors(names: Iterable[str]) -> tuple[str, ...]:
    """Return the maps that the values of `--registry-mirror` amount to: mirrors are those of Docker Hub."""
    return tuple(f"{_HUB}={name}" for text in names for name in text.replace(";", ",").split(",") if name)


def _pairs(maps: Iterable[str]) -> Iterator[tuple[str, str]]:
    for text in maps:
        for pair in text.split(";"):
            original, mark, place = pair.strip().partition("=")
            if mark and place:
                yield _bare(original), place
            elif original:
                yield "", original


def _same(one: str, other: str) -> bool:
    one, other = one.lower(), other.lower()
    return one == other or {one, other} <= _HUBS or one.startswith("$")


def _bare(place: str) -> str:
    """Return a place without its scheme and the slash at its end."""
    return place.rpartition("://")[2].rstrip("/")
