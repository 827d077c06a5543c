"""Do the jobs of the new pipeline wait for each other without a circle, and in the order of the old script?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any


def needs_of(jobs: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """Return, for each job of a resolved pipeline, the jobs of it that its `needs` names."""
    found: dict[str, frozenset[str]] = {}
    for name, job in jobs.items():
        items = job.get("needs") if isinstance(job, dict) else None
        named = {_named(item) for item in items} if isinstance(items, list) else set()
        found[name] = frozenset(named & jobs.keys())
    return found


def _named(item: Any) -> str:
    if isinstance(item, dict):
        return "" if {"project", "pipeline"} & item.keys() else str(item.get("job", ""))
    return item if isinstance(item, str) else ""


def waits_of(needs: Mapping[str, frozenset[str]], names: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return, for each of some jobs, those of them that have succeeded before it starts, over any other jobs."""
    found: dict[str, frozenset[str]] = {}
    for name in names:
        ahead: set[str] = set()
        waiting = [*needs.get(name, ())]
        while waiting:
            one = waiting.pop()
            if one not in ahead:
                ahead.add(one)
                waiting.extend(needs.get(one, ()))
        found[name] = frozenset(ahead & set(names))
    return found


def check_order(needs: Mapping[str, frozenset[str]], builds: Sequence[str], finishing: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the order of the new jobs.

    Args:
        needs: For each job of the new pipeline, the jobs that it needs.
        builds: The new jobs with a build, in the order of the old script.
        finishing: The new jobs without a build.
    """
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = " -> ".join(f"`{name}`" for name in error.args[1])
        yield f"the jobs wait for each other in a circle: {circle}"
        return
    waits = waits_of(needs, [*builds, *finishing])
    for number, name in enumerate(builds):
        for later in builds[number + 1 :]:
            if later in waits[name]:
                yield f"`{name}` waits for `{later}`, whose build came after its own"
    for name in finishing:
        for build in builds:
            if build not in waits[name]:
                yield f"`{name}` comes after all builds and does not wait for `{build}`"
