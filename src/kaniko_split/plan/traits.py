"""What does one build say of itself that a job could be called after?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from kaniko_split.kaniko.command import Build
from kaniko_split.kaniko.expansion import is_expansion, units
from kaniko_split.kaniko.image import image_path, image_registry, image_tag
from kaniko_split.source.patterns import Pattern

Trait = Callable[[Sequence[Build]], list[str]]
"""A question to several builds: a label for each, empty where a build has no answer."""

# GitLab's own name for the image that has no path behind the project's: "Root image" in its container registry.
ROOT = "root"
# Folders that say where something lies, and not what it is.
_PLACES = frozenset(
    {"build", "builds", "ci", "context", "deploy", "docker", "dockerfiles", "src", "stdin", "workspace"}
)
# Words of a variable's name that say what kind of thing it holds, and not which.
_KINDS = frozenset(
    {"dest", "destination", "host", "image", "images", "name", "path", "project", "registry", "repo", "repository"}
    | {"server", "slug", "tag", "url"}
)
_VARIABLE = Pattern(r"\$\{?(\w+).*|\$\[\[\s*inputs\.([\w-]+).*")
_EXPANSION = Pattern(r"\$\{[^}]*\}|\$\w+|\$\(.*\)|`.*`")


def label(text: str) -> str:
    """Return `text` as a part of a job's name: lower case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def names_something(text: str) -> bool:
    """Tell whether a label is more than a number."""
    return any(character.isalpha() for character in text)


def image_word(build: Build) -> str:
    """Return the last part of the image's path, without the variables in it; empty where nothing is left."""
    if not build.destinations:
        return ""
    last = image_path(build.destinations[0])[-1]
    known = label("".join("-" if is_expansion(unit) else unit for unit in last))
    return known if names_something(known) or not any(map(is_expansion, last)) else ""


def variable_word(build: Build) -> str:
    """Return what a variable says in whose value the image's name is: `api` for `$API_IMAGE`.

    What GitLab's own variables hold, as well as a variable that is the whole path, is the root image.
    """
    if not build.destinations:
        return ""
    path = image_path(build.destinations[0])
    found = [_name_of(unit) for unit in path[-1] if is_expansion(unit)]
    words = [_which(name) for name in found]
    if any(words):
        return label("-".join(words))
    return ROOT if found and (len(path) == 1 or all(name.startswith("CI_") for name in found)) else ""


def targets(builds: Sequence[Build]) -> list[str]:
    """Ask for the stage."""
    return [label(_known(build.target) or "") for build in builds]


def dockerfiles(builds: Sequence[Build]) -> list[str]:
    """Ask for the Dockerfile's own name, or else its folder."""
    return [label(_of_dockerfile(build)) for build in builds]


def contexts(builds: Sequence[Build]) -> list[str]:
    """Ask for the context's folder."""
    return [label(_of_context(build)) for build in builds]


def tags(builds: Sequence[Build]) -> list[str]:
    """Ask for the tag, or for what stands behind the variables in it."""
    return [label(_of_tag(build)) for build in builds]


def registries(builds: Sequence[Build]) -> list[str]:
    """Ask for the registry, or for the variable that holds it; GitLab's own needs no word."""
    return [label(_of_registry(build)) for build in builds]


def folders(builds: Sequence[Build]) -> list[str]:
    """Ask for the parts of the images' paths that differ."""
    paths = [_folders_of(build) for build in builds]
    while all(paths) and len({path[0] for path in paths}) == 1:
        paths = [path[1:] for path in paths]
    while all(paths) and len({path[-1] for path in paths}) == 1:
        paths = [path[:-1] for path in paths]
    return [label("-".join(map(_without_kinds, path))) for path in paths]


def not_pushed(builds: Sequence[Build]) -> list[str]:
    """Ask what is done with an image that is not pushed: it is kept as a tar, or no more than a check."""
    return [_unpushed(build) for build in builds]


def variables_in_tags(builds: Sequence[Build]) -> list[str]:
    """Ask for the variables in the tags that not all of them have."""
    return _not_of_all([_words_of(units(_whole_tag(build))) for build in builds])


def variables_in_paths(builds: Sequence[Build]) -> list[str]:
    """Ask for the variables in the images' paths that not all of them have."""
    paths = [image_path(build.destinations[0]) if build.destinations else () for build in builds]
    return _not_of_all([[word for part in path for word in _words_of(part)] for path in paths])


def _of_dockerfile(build: Build) -> str:
    path = _known(build.dockerfile)
    if path is None:
        return ""
    folder, name = posixpath.split(path.rstrip("/"))
    own = re.sub(r"(?i)^dockerfile[._-]?|[._-]?(?:dockerfile|containerfile)$", "", name)
    return own or _last_folder(folder)


def _of_context(build: Build) -> str:
    for path in (build.context_sub_path, build.context):
        known = _known(path)
        if known is not None:
            return _last_folder(known)
    return ""


def _of_tag(build: Build) -> str:
    found = [image_tag(one) for one in build.destinations]
    if build.destinations and not any(found):
        # Behind a variable stands what tells two tags of one commit apart: `$CI_COMMIT_TAG-alpine`.
        found.append(_EXPANSION.split(_whole_tag(build))[-1])
    tag = next(filter(None, found), "")
    # What is not pushed is nobody's latest.
    return "" if build.no_push and tag == "latest" else tag


def _whole_tag(build: Build) -> str:
    return build.destinations[0].rpartition("/")[2].partition(":")[2] if build.destinations else ""


def _of_registry(build: Build) -> str:
    if not build.destinations:
        return ""
    known = image_registry(build.destinations[0])
    path = image_path(build.destinations[0])
    first = path[0] if len(path) > 1 else ()
    return known or "-".join(_which(_name_of(unit)) for unit in first if is_expansion(unit))


def _folders_of(build: Build) -> tuple[tuple[str, ...], ...]:
    if not build.destinations:
        return ()
    path = image_path(build.destinations[0])[:-1]
    return path[1:] if image_registry(build.destinations[0]) else path


def _unpushed(build: Build) -> str:
    if not build.no_push:
        return ""
    return "tar" if any(name == "tar-path" for name, _ in build.flags) else "check"


def _without_kinds(part: Sequence[str]) -> str:
    """Return a part of a path with each variable as the word that says which it is."""
    return "".join(f"-{_which(_name_of(unit))}-" if is_expansion(unit) else unit for unit in part)


def _which(name: str) -> str:
    """Return what a variable's name says of its value but for the kind; nothing for GitLab's name of the project."""
    words = label(name.removeprefix("CI_")).split("-")
    return "-".join(word for word in words if word not in _KINDS)


def _name_of(unit: str) -> str:
    """Return the name of the variable, or input, that an expansion gives the value of."""
    found = _VARIABLE.fullmatch(unit)
    return (found[1] or found[2]) if found is not None else ""


def _words_of(text: Sequence[str]) -> list[str]:
    """Return a text, in units, as words, GitLab's own variables without `CI_`."""
    named = [f"-{_name_of(unit).removeprefix('CI_')}-" if is_expansion(unit) else unit for unit in text]
    return label("".join(named)).split("-")


def _not_of_all(found: Sequence[list[str]]) -> list[str]:
    shared = set(found[0]).intersection(*found)
    return ["-".join(word for word in words if word not in shared) for words in found]


def _known(text: str | None) -> str | None:
    """Return the part of a path behind its last variable, or None where the end of it is unknown."""
    if text is None:
        return None
    known = _EXPANSION.split(text)[-1]
    return known if known and (known == text or known.startswith("/")) else None


def _last_folder(path: str) -> str:
    """Return the folder that a path or address leads to, where that says what it holds."""
    address = path.removeprefix("dir://").partition("#")[0].rstrip("/")
    name = re.sub(r"\.(?:git|tar|tar\.gz|tgz)$", "", posixpath.basename(address))
    return "" if label(name) in _PLACES or name in {".", ".."} else name
