"""Does a statement that several jobs now run give each of them the same?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kaniko_split.detect.findings import Finding
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.commands import FRESH_VARIABLES
from kaniko_split.gitlab.resolve import effective_job
from kaniko_split.plan.slices import CannotSliceError, Slices
from kaniko_split.shell.locations import File, Location, State, Variable, variables_in
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.repository import wildcard

# What these do is not done any more the second time.
_SAME_AGAIN = frozenset({"chmod", "chown", "ln", "mkdir", "rm", "touch"})

# Stands for the names in a report of which nobody can tell the names.
_ANY = "*"
_ASSIGNMENT = Pattern(r"(?:^|\\n)([\w.-]+)=")
_PRINTING = frozenset({"echo", "printf"})


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
    """Make sure that no two jobs give one variable in a dotenv report: GitLab does not say which of them wins.

    Lines that are added to a report add up. A report that two jobs write anew does not, and neither does one in which
    nobody can tell the names of the variables.

    Raises:
        CannotSliceError: Two jobs do.
    """
    artifacts = effective_job(finding.pipeline, finding.job.name).get("artifacts")
    reports = artifacts.get("reports") if isinstance(artifacts, dict) else None
    dotenv = reports.get("dotenv") if isinstance(reports, dict) else None
    if finding.trace is None or dotenv is None:
        return
    tests = [wildcard(from_the_root(str(path))) for path in (dotenv if isinstance(dotenv, list) else [dotenv])]
    # What all jobs write alike is the same in each, until one of them gives it another value.
    givers: dict[str, set[int]] = {}
    writers: set[int] = set()
    anew = False
    for index, numbers in enumerate(((*slices.before, *slices.prelude), *(job.steps for job in slices.jobs))):
        for number in numbers:
            step = finding.trace.steps[number]
            written = [
                place for place in step.effects.writes if isinstance(place, File) and any(t(place.path) for t in tests)
            ]
            if not written:
                continue
            names = _reported_names(finding.trace, step)
            for name in names or (_ANY,):
                givers.setdefault(name, set()).add(index)
            if index:
                writers.add(index)
                anew = anew or any(place not in step.effects.appends for place in written)
            of_all = set[int]().union(*givers.values())
            clash = next((name for name, found in givers.items() if len(found) > 1), None)
            detail = f"`{written[0].path}`"
            if len(writers) > 1 and anew:
                raise CannotSliceError("artifact-of-several", step, detail)
            if clash is not None:
                raise CannotSliceError("artifact-of-several", step, f"{detail}: several of them give `{clash}` in it")
            if _ANY in givers and len(of_all) > 1:
                why = f"{detail}: which variables they give in it is not known"
                raise CannotSliceError("artifact-of-several", step, why)


def _reported_names(trace: Trace, step: Step) -> tuple[str, ...]:
    """Return the variables that a statement writes into a report; none where they are not known."""
    printing = step.values and step.values[0].text in _PRINTING
    texts = [value.text for value in step.values[1:] if value.text not in {"-e", "-n", "-en", "-ne"}]
    for one in step.statement.redirects:
        if one.body is not None:
            span = one.body.span
            texts.extend(trace.script.text[span.start : span.end].splitlines())
            printing = True
    names = [_ASSIGNMENT.findall(text) for text in texts]
    # The first word begins the line; the words behind it belong to its value.
    return tuple(dict.fromkeys(name for found in names for name in found)) if printing and names and names[0] else ()


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
    return [from_the_root(path) for path in found]


def from_the_root(path: str) -> str:
    """Return a path of the project folder without what leads to that folder."""
    return re.sub(r"^(?:\$CI_PROJECT_DIR|\$\{CI_PROJECT_DIR\})/", "", path.removeprefix("./"))
