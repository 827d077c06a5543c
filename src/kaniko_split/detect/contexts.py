"""Which files can a build see?"""

from __future__ import annotations

import re

from kaniko_split.detect.steps import Step
from kaniko_split.shell.locations import File, Location, file_at, is_exact, may_meet


def context_of(step: Step) -> File:
    """Return the folder that a build reads: its context, or the whole project where that is not known."""
    places = {file_at((one.build.context or ".").removeprefix("dir://"), one.folder) for one in step.inside}
    place = places.pop() if len(places) == 1 else None
    return place if isinstance(place, File) and is_exact(place) else File(".")


def login_of(step: Step) -> Location | None:
    """Return the folder with the registry login that a build reads; None where that is not known.

    `DOCKER_CONFIG` names it (https://docs.docker.com/reference/cli/docker/#environment-variables).
    """
    state = step.occurrence.before
    if "DOCKER_CONFIG" not in state.assigned:
        return File("/kaniko/.docker")
    value = state.known.get("DOCKER_CONFIG")
    place = state.place(value.text) if value is not None else None
    return place if place is not None and is_exact(place) else None


def lies_outside(place: Location, step: Step) -> bool:
    """Tell whether a build certainly does not see a file: it lies beside its context, and no argument names it."""
    context = context_of(step).path
    if not isinstance(place, File) or not is_exact(place) or place.path.startswith(("/", "~", "..")):
        return False
    if context == "." or context.startswith(("/", "~", "..")):
        return False
    login = login_of(step)
    if login is None or may_meet(place, login):
        return False
    # What is put into a folder above it may lie in the context too.
    if f"{place.path}/".startswith(f"{context}/") or f"{context}/".startswith(f"{place.path}/"):
        return False
    # Beside a Dockerfile may lie a list of its own of what is ignored.
    path = re.escape(place.path.removesuffix(".dockerignore"))
    named = re.compile(rf"(?:^(?:-[a-zA-Z])?|[^\w./-]|\./|CI_PROJECT_DIR\}}?/|PWD\}}?/){path}(?![\w-])")
    return not any(named.search(value.text) for value in step.values)
