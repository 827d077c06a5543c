"""What are the template and the new jobs called?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from kaniko_split.gitlab.keywords import INPUT, LONGEST_NAME, RESERVED_JOB_NAMES
from kaniko_split.kaniko.command import Build
from kaniko_split.plan.labels import image_labels
from kaniko_split.plan.traits import label
from kaniko_split.source.patterns import Pattern

DEFAULT_TEMPLATE = ".build-image"
DEFAULT_JOB = "build-{image}"
_SPECIFIC_TEMPLATE = ".build-image-{job}"
_SPECIFIC_JOB = "{job}-{image}"
_PLACEHOLDER = Pattern(r"\{[^{}]*\}")


class NamePatterns(Struct, frozen=True, eq=False):
    """What the user asked the new names to be; `{job}` and `{image}` stand for the old job and the image."""

    template: str | None = None
    job: str | None = None


class Names(Struct, frozen=True, eq=False):
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
        patterns: The user's request.

    Raises:
        NameTakenError: A wish cannot be granted.
    """
    old = label(job) or "job"
    tried: tuple[str, ...] = (DEFAULT_JOB, _SPECIFIC_JOB, f"{_SPECIFIC_JOB}-image")
    defaults = [DEFAULT_TEMPLATE, _SPECIFIC_TEMPLATE]
    if INPUT.search(job):
        # The file may be included several times, and each time an input makes the job another one.
        old, tried = job, tried[1:]
        defaults = [".{job}", _SPECIFIC_TEMPLATE]
    template = _first_free([patterns.template] if patterns.template else defaults, old, taken)
    return Names(template, _job_names(old, image_labels(builds), taken, (patterns.job,) if patterns.job else tried))


def names_of_heir(
    job: str, builds: Sequence[Build], taken: frozenset[str], patterns: NamePatterns, *, alone: bool
) -> Names:
    """Choose names for a job that takes its script from elsewhere: it becomes a hidden one of its own name.

    Args:
        job: Its name.
        builds: Its builds in order.
        taken: Every name of the pipeline, and those given so far.
        patterns: The user's request.
        alone: Whether no other job has the script; else the job's name must be in those of its builds.

    Raises:
        NameTakenError: A wish cannot be granted.
    """
    has_input = INPUT.search(job) is not None
    old = job if has_input else label(job) or "job"
    template = _first_free([f".{job}", f".{job}-job"], old, taken)
    tried = (*((DEFAULT_JOB,) if alone and not has_input else ()), _SPECIFIC_JOB, f"{_SPECIFIC_JOB}-image")
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
    if INPUT.search(name):
        # What the input gives may make it any of these.
        shape = ".+".join(map(re.escape, INPUT.split(name)))
        if any(re.fullmatch(shape, one) for one in taken if one.startswith(".") == name.startswith(".")):
            return False
    return bool(name) and name not in taken and name not in RESERVED_JOB_NAMES and len(name) <= LONGEST_NAME
