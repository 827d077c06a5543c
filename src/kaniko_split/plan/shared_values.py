"""Does a statement that several jobs now run give each of them the same?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kaniko_split.detect.findings import Finding
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.commands import FRESH_VARIABLES
from kaniko_split.gitlab.resolve import effective_job
from kaniko_split.gitlab.script import Section
from kaniko_split.plan.slices import CannotSliceError, Slices
from kaniko_split.shell.locations import File, Location, State, Variable, variables_in
from kaniko_split.source.repository import wildcard

# What these do is not done any more the second time.
_SAME_AGAIN = frozenset({"chmod", "chown", "ln", "mkdir", "rm", "touch"})


def check_fresh_values(trace: Trace, slices: Slices) -> None:
    """Make sure that no value which differs from run to run reaches several builds.

    Raises:
        CannotSliceError: One does: the images would no longer carry the same tag or content.
    """
    held: dict[int, int] = {}
    for job in slices.jobs:
        for number in (*slices.before, *slices.prelude, *job.steps):
            held[number] = held.get(number, 0) + 1
    fresh: set[Location] = set()
    reached: dict[Location, int] = {}
    for step in trace.steps:
        shared = held.get(step.number, 0) > 1
        carried = {place for place in fresh if place in step.effects.reads}
        if (step.effects.fresh or carried) and shared and not step.effects.prints:
            fresh |= step.effects.writes
        elif step.effects.overwrites:
            fresh -= step.effects.overwrites
        if step.build is None and step.partner is None:
            continue
        if _reads_fresh(step, fresh):
            raise CannotSliceError("value-differs", step)
        for name in _job_bound_names(trace, step):
            reached[name] = reached.get(name, 0) + 1
            if reached[name] > 1:
                raise CannotSliceError("value-differs", step)


def _reads_fresh(step: Step, fresh: set[Location]) -> bool:
    """Tell whether a build's arguments, files or login hold something of `fresh`."""
    in_files = any(isinstance(place, File) or place is State.FILES for place in fresh)
    named = any(isinstance(place, Variable) and place in step.effects.reads for place in fresh)
    return in_files or named


def _job_bound_names(trace: Trace, step: Step) -> set[Location]:
    """Return the variables of GitLab's in the build's words that have another value in each job."""
    text = trace.script.text[step.span.start : step.span.end] + " ".join(value.text for value in step.values)
    return set(variables_in(text) & set(map(Variable, FRESH_VARIABLES)))


def check_artifacts(finding: Finding, slices: Slices) -> None:
    """Make sure that no file which leaves the job is written by several of the new jobs, each in part.

    Raises:
        CannotSliceError: One is, and the last download would win.
    """
    assert finding.trace is not None  # noqa: S101 (it was sliced)
    _check_reports(finding, slices)
    patterns = leaving(finding)
    if not patterns:
        return
    matches = [wildcard(pattern) for pattern in patterns]
    # What all jobs write alike is the same in each, until one of them writes it once more.
    writers: dict[str, int] = dict.fromkeys(_shared_files(finding.trace, slices), -1)
    for index, job in enumerate(slices.jobs):
        for number in job.steps:
            step = finding.trace.steps[number]
            for place in step.effects.writes:
                if not isinstance(place, File):
                    continue
                path = place.path
                leaves = any(
                    match(path) or path.startswith(pattern.rstrip("/") + "/")
                    for match, pattern in zip(matches, patterns, strict=True)
                )
                if leaves and writers.setdefault(path, index) != index:
                    raise CannotSliceError("artifact-of-several", step, f"`{path}`")
    if slices.jobs[-1].build is None:
        _check_changed_again(finding.trace, slices, matches)


def _shared_files(trace: Trace, slices: Slices) -> Iterator[str]:
    """Yield the files that the statements write which all jobs begin with, but those that are left as they are."""
    for number in (*slices.before, *slices.prelude):
        step = trace.steps[number]
        if not step.values or step.values[0].text not in _SAME_AGAIN:
            yield from (place.path for place in step.effects.writes if isinstance(place, File))


def _check_changed_again(trace: Trace, slices: Slices, matches: Sequence[Callable[[str], bool]]) -> None:
    """A finishing job gets the files of the others to hand them on, and what they all share runs there once more."""
    for number in (*slices.before, *slices.prelude):
        step = trace.steps[number]
        once = bool(step.values) and step.values[0].text in _SAME_AGAIN
        again = frozenset() if once else step.effects.writes & (step.effects.appends | step.effects.reads)
        for place in again:
            if isinstance(place, File) and any(match(place.path) for match in matches):
                raise CannotSliceError("artifact-of-several", step, f"`{place.path}`")


def _check_reports(finding: Finding, slices: Slices) -> None:
    """Lines that are added to a dotenv report add up; a report that is written anew by two jobs does not."""
    artifacts = effective_job(finding.pipeline, finding.job.name).get("artifacts")
    reports = artifacts.get("reports") if isinstance(artifacts, dict) else None
    dotenv = reports.get("dotenv") if isinstance(reports, dict) else None
    if finding.trace is None or dotenv is None:
        return
    tests = [wildcard(str(path)) for path in (dotenv if isinstance(dotenv, list) else [dotenv])]
    writers: set[int] = set()
    anew = False
    for index, job in enumerate(slices.jobs):
        for number in job.steps:
            effects = finding.trace.steps[number].effects
            written = [
                place for place in effects.writes if isinstance(place, File) and any(t(place.path) for t in tests)
            ]
            if written:
                writers.add(index)
                anew = anew or any(place not in effects.appends for place in written)
                if len(writers) > 1 and anew:
                    raise CannotSliceError("artifact-of-several", finding.trace.steps[number], f"`{written[0].path}`")


def leaving(finding: Finding) -> list[str]:
    """Return the path patterns of what the job uploads, but for reports that GitLab adds up."""
    resolved = effective_job(finding.pipeline, finding.job.name)
    found: list[str] = []
    artifacts = resolved.get("artifacts")
    if isinstance(artifacts, dict) and isinstance(artifacts.get("paths"), list):
        found.extend(str(path) for path in artifacts["paths"])
    if isinstance(artifacts, dict) and artifacts.get("untracked") is True:
        found.append("**")
    cache = resolved.get("cache")
    for one in cache if isinstance(cache, list) else [cache]:
        if isinstance(one, dict) and isinstance(one.get("paths"), list):
            found.extend(str(path) for path in one["paths"])
    return [re.sub(r"^(?:\$CI_PROJECT_DIR|\$\{CI_PROJECT_DIR\})/", "", path.removeprefix("./")) for path in found]


def in_before_script(trace: Trace, step: Step) -> bool:
    """Tell whether a statement stands in `before_script`."""
    return trace.items[step.item].section is Section.BEFORE_SCRIPT
