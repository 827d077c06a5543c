"""What are the template and the new jobs called?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kaniko_split.gitlab.keywords import LONGEST_NAME, RESERVED_JOB_NAMES
from kaniko_split.kaniko.command import Build
from kaniko_split.kaniko.image import image_name, image_registry, image_tag
from kaniko_split.source.patterns import Pattern

DEFAULT_TEMPLATE = ".build-image"
DEFAULT_JOB = "build-{image}"
_SPECIFIC_TEMPLATE = ".build-image-{job}"
_SPECIFIC_JOB = "{job}-{image}"
_PLACEHOLDER = Pattern(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True, eq=False)
class NamePatterns:
    """What the user asked the new names to be; `{job}` and `{image}` stand for the old job and the image."""

    template: str | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """The names of one split: the template's, and one for each build in order."""

    template: str
    jobs: tuple[str, ...]


class NameTakenError(Exception):
    """No name that the user asked for can be given; the text says which and why."""


def wrong_patterns(template: str | None, job: str | None) -> str | None:
    """Return what is wrong with the names that a user asks for, in one sentence; None where nothing is."""
    if template is not None and (not template.startswith(".") or len(template) < 2 or not template.isprintable()):
        return f"--template-name `{template}`: a hidden job's name begins with a dot, as `.build-image` does"
    if job is not None and set(_PLACEHOLDER.findall(job)) - {"{job}", "{image}"}:
        return f"--job-name `{job}`: the pattern knows {{job}} and {{image}} and nothing else in braces"
    if job is not None and ("{image}" not in job or job.startswith(".") or not job.isprintable()):
        return f"--job-name `{job}`: the pattern needs {{image}} and no dot at its start, as `build-{{image}}`"
    return None


def names_for(job: str, builds: Sequence[Build], taken: frozenset[str], patterns: NamePatterns) -> Names:
    """Choose names that no job has.

    Args:
        job: The name of the job that is split.
        builds: Its builds in order.
        taken: Every name of the pipeline, and those given to earlier splits.
        patterns: The user's wishes.

    Raises:
        NameTakenError: A wish cannot be granted.
    """
    old = label(job) or "job"
    wished = [patterns.template] if patterns.template else [DEFAULT_TEMPLATE, _SPECIFIC_TEMPLATE]
    template = _first_free(wished, old, taken)
    tried = (DEFAULT_JOB, _SPECIFIC_JOB, f"{_SPECIFIC_JOB}-image")
    return Names(template, _job_names(old, image_labels(builds), taken, (patterns.job,) if patterns.job else tried))


def names_of_heir(
    job: str, builds: Sequence[Build], taken: frozenset[str], patterns: NamePatterns, *, alone: bool
) -> Names:
    """Choose names for a job that takes its script from elsewhere: it becomes a hidden one of its own name.

    Args:
        job: Its name.
        builds: Its builds in order.
        taken: Every name of the pipeline, and those given so far.
        patterns: The user's wishes.
        alone: Whether no other job has the script; else the job's name must be in those of its builds.

    Raises:
        NameTakenError: A wish cannot be granted.
    """
    old = label(job) or "job"
    template = _first_free([f".{job}", f".{job}-job"], old, taken)
    tried = (*((DEFAULT_JOB,) if alone else ()), _SPECIFIC_JOB, f"{_SPECIFIC_JOB}-image")
    return Names(template, _job_names(old, image_labels(builds), taken, (patterns.job,) if patterns.job else tried))


def names_of_parts(home: str, builds: Sequence[Sequence[Build]], taken: frozenset[str]) -> Names:
    """Choose names for the hidden jobs that hold the parts of a script which several jobs take over.

    Args:
        home: The hidden job that holds it, and keeps its name.
        builds: For each of the jobs that take it over, the builds in order.
        taken: Every name of the pipeline, and those given so far.

    Raises:
        NameTakenError: There is no free name.
    """
    images = _common_labels([image_labels(one) for one in builds])
    tried = (f".{DEFAULT_JOB}", f".{_SPECIFIC_JOB}", f".{_SPECIFIC_JOB}-image", f".{_SPECIFIC_JOB}-part")
    return Names(home, _job_names(label(home) or "images", images, taken, tried))


def name_of_rest(home: str, taken: frozenset[str]) -> str:
    """Choose a name for the hidden job that holds what comes after all builds of a shared script."""
    return _first_free([".after-builds", ".after-builds-{job}"], label(home), taken)


def _common_labels(labels: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what the labels of each build have in common: the words that all of them hold."""
    common: list[str] = []
    for of_build in zip(*labels, strict=True):
        words = [word for word in of_build[0].split("-") if all(word in one.split("-") for one in of_build)]
        common.append("-".join(words))
    if all(common) and len(set(common)) == len(common):
        return tuple(common)
    return tuple(str(number) for number in range(1, len(common) + 1))


def _job_names(old: str, images: tuple[str, ...], taken: frozenset[str], tried: Sequence[str]) -> tuple[str, ...]:
    names: tuple[str, ...] = ()
    for pattern in tried:
        names = tuple(_filled(pattern, old, image) for image in images)
        if all(_allowed(name, taken) for name in names) and len(set(names)) == len(names):
            return names
    wrong = next((name for name in names if not _allowed(name, taken)), names[0])
    raise NameTakenError(f"`{wrong}` is taken, not allowed, or the same for two images")


def image_labels(builds: Sequence[Build]) -> tuple[str, ...]:
    """Return a short word for each build, all of them different.

    The last part of the first destination is asked first, then what tells the builds apart: target,
    Dockerfile, context, tag, registry, the variables in the tag; a number where nothing does. Where only some have
    the same image, these keep its name and get more behind it; where one of them is the plain one, as `app` is beside
    `app:debug`, it gets the image's name alone.
    """
    for ask in (_of_image, _of_target, _of_dockerfile, _of_context, _of_tag, _of_registry):
        found = _all_different(builds, ask) or (_with_more(builds) if ask is _of_image else None)
        if found is not None:
            return found
    shared = {label(_of_image(build) or "") for build in builds}
    stem = f"{shared.pop()}-".lstrip("-") if len(shared) == 1 else ""
    for ask in (_of_target, _of_dockerfile, _of_context, _of_tag):
        marked = _one_plain(builds, ask, stem) if stem else None
        if marked is not None:
            return marked
    named = _all_different(builds, _of_variables_in_tag)
    if named is not None:
        return tuple(f"{stem}{one}" for one in named)
    return tuple(f"{stem}{number}" for number in range(1, len(builds) + 1))


def _one_plain(builds: Sequence[Build], ask: Callable[[Build], str | None], stem: str) -> tuple[str, ...] | None:
    """Return the image's name for the one build that has no answer of its own, and more behind it for the others."""
    found = [label(ask(build) or "") for build in builds]
    marked = [f"{stem}{one}" if one else stem.rstrip("-") for one in found]
    return tuple(marked) if found.count("") == 1 and len(set(marked)) == len(marked) else None


def _with_more(builds: Sequence[Build]) -> tuple[str, ...] | None:
    """Return the names of the images where there are several, with more behind those that are not alone in theirs."""
    names = [label(_of_image(build) or "") for build in builds]
    if not all(names) or len(set(names)) == 1:
        return None
    found = list(names)
    for name in {one for one in names if names.count(one) > 1}:
        alike = [number for number, one in enumerate(names) if one == name]
        for ask in (_of_target, _of_dockerfile, _of_context, _of_tag, _of_registry):
            more = _all_different([builds[number] for number in alike], ask)
            if more is not None:
                for number, one in zip(alike, more, strict=True):
                    found[number] = f"{name}-{one}"
                break
        else:
            return None
    return tuple(found) if len(set(found)) == len(found) else None


def label(text: str) -> str:
    """Return `text` as a part of a job's name: lower case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _all_different(builds: Sequence[Build], ask: Callable[[Build], str | None]) -> tuple[str, ...] | None:
    found = [label(ask(build) or "") for build in builds]
    return tuple(found) if all(found) and len(set(found)) == len(found) else None


def _of_image(build: Build) -> str | None:
    return image_name(build.destinations[0]) if build.destinations else None


def _of_target(build: Build) -> str | None:
    return _known(build.target)


def _of_dockerfile(build: Build) -> str | None:
    path = _known(build.dockerfile)
    if path is None:
        return None
    folder, name = posixpath.split(path.rstrip("/"))
    own = re.sub(r"(?i)^dockerfile[._-]?|[._-]?(?:dockerfile|containerfile)$", "", name)
    return own or _last_folder(folder)


def _of_context(build: Build) -> str | None:
    path = _known(build.context)
    return _last_folder(path) if path is not None else None


def _of_tag(build: Build) -> str | None:
    if not build.destinations:
        return None
    name = build.destinations[0].rpartition("/")[2]
    # Behind a variable stands what tells two tags of one commit apart: `$CI_COMMIT_TAG-alpine`.
    return image_tag(build.destinations[0]) or _behind_variables(name.partition(":")[2])


def _of_variables_in_tag(build: Build) -> str | None:
    """Return a tag with its variables' names in the place of their values, GitLab's own without `CI_`."""
    if not build.destinations:
        return None
    tag = build.destinations[0].rpartition("/")[2].partition(":")[2]
    named = re.sub(r"\$\{(?:CI_)?(\w+)\}|\$(?:CI_)?(\w+)", lambda found: f"-{found[1] or found[2]}-", tag)
    return None if "$" in named or "`" in named else named


def _of_registry(build: Build) -> str | None:
    return image_registry(build.destinations[0]) if build.destinations else None


def _known(text: str | None) -> str | None:
    """Return the part of a path behind its last variable, or None where the end of it is unknown."""
    if text is None:
        return None
    known = re.split(r"\$\{[^}]*\}|\$\w+|\$\(.*\)|`.*`", text)[-1]
    return known if known and (known == text or known.startswith("/")) else None


def _behind_variables(text: str) -> str | None:
    """Return what stands behind the last variable of a text, None where that is nothing."""
    return re.split(r"\$\{[^}]*\}|\$\w+|\$\(.*\)|`.*`", text)[-1] or None


def _last_folder(path: str) -> str | None:
    name = posixpath.basename(path.removeprefix("dir://").rstrip("/"))
    return name if name not in {"", ".", ".."} else None


def _first_free(patterns: Sequence[str], job: str, taken: frozenset[str]) -> str:
    for pattern in patterns:
        name = _filled(pattern, job, "")
        if _allowed(name, taken):
            return name
    if len(patterns) > 1:
        return _numbered(_filled(patterns[-1], job, ""), taken)
    raise NameTakenError(f"`{name}` is taken or not allowed")


def _filled(pattern: str, job: str, image: str) -> str:
    return pattern.replace("{job}", job).replace("{image}", image)


def _numbered(name: str, taken: frozenset[str]) -> str:
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _allowed(name: str, taken: frozenset[str]) -> bool:
    return bool(name) and name not in taken and name not in RESERVED_JOB_NAMES and len(name) <= LONGEST_NAME
