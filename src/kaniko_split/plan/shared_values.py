"""Does a statement that several jobs now run give each of them the same?"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from kaniko_split.detect.contexts import lies_outside
from kaniko_split.detect.findings import Finding
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.commands import FRESH_VARIABLES
from kaniko_split.flow.effects import AMBIENT
from kaniko_split.flow.occurrence import Occurrence, Role, Shape
from kaniko_split.gitlab.resolve import effective_job
from kaniko_split.plan.job_slices import Slices
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.shell.locations import File, Location, State, Variable, meeting, variables_in
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
        carried = meeting(fresh, step.effects.reads)
        differs = shared and not _only_prints_fresh(step.occurrence)
        if (differs or carried) and not step.effects.prints:
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


def _only_prints_fresh(occurrence: Occurrence) -> bool:
    """Tell whether each value in it that differs from run to run is printed into the log, and nothing takes it."""
    effects = occurrence.effects
    if not effects.fresh or effects.prints:
        return True
    if occurrence.shape in {Shape.COMMAND, Shape.PIPE, Shape.CASE, Shape.OPAQUE} or occurrence.statement.redirects:
        return False
    writes = any(one.effects.writes for one in occurrence.inner(Role.RIGHT))
    decides = (Role.CONDITION, Role.SUBSTITUTION, *((Role.LEFT,) if writes else ()))
    asked = any(one.effects.fresh for one in occurrence.inner(*decides))
    return not asked and all(map(_only_prints_fresh, occurrence.inner()))


def _reads_fresh(step: Step, fresh: set[Location]) -> bool:
    """Tell whether a build's arguments, files or login hold something of `fresh`."""
    in_files = any(
        place is State.FILES or (isinstance(place, File) and not lies_outside(place, step)) for place in fresh
    )
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
    kept = [wildcard(pattern) for pattern in cached(finding)]
    # What all jobs write alike is the same in each, until one of them writes it once more.
    shared = frozenset(_shared_files(finding.trace, slices))
    writers: dict[str, tuple[Step, ...]] = {}
    for job in slices.jobs:
        for path, steps in _written(finding.trace, job.steps).items():
            leaves = any(
                match(path) or path.startswith(pattern.rstrip("/") + "/")
                for match, pattern in zip(matches, patterns, strict=True)
            )
            first = writers.setdefault(path, steps)
            # The same statements write the same in each job, but not where they find the file in a cache.
            alike = first == steps and job.build is not None and not any(step.effects.fresh for step in steps)
            alike = alike and not any(match(path) for match in kept)
            if leaves and (path in shared or (first is not steps and not alike)):
                raise CannotSliceError("artifact-of-several", steps[0], f"`{path}`")
            if leaves and finding.pipeline.read(path) is not None:
                holders = [one for one in slices.jobs if path in _written(finding.trace, one.steps)]
                if len(holders) < len(slices.jobs):
                    why = f"`{path}`: the jobs that do not write it keep it as it is in the repository"
                    raise CannotSliceError("artifact-of-several", steps[0], why)
    if slices.jobs[-1].build is None:
        _check_changed_again(finding.trace, slices, matches)


def _written(trace: Trace, numbers: Iterable[int]) -> dict[str, tuple[Step, ...]]:
    """Return the statements that write each file, by its path, of those with these numbers."""
    found: dict[str, tuple[Step, ...]] = {}
    for step in (trace.steps[number] for number in numbers):
        for place in step.effects.writes:
            if isinstance(place, File):
                found[place.path] = (*found.get(place.path, ()), step)
    return found


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
    givers: dict[str, set[_Giver]] = {}
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
            giver = _Giver(index, _same_line(finding.trace, step))
            for name in names or (_ANY,):
                givers.setdefault(name, set()).add(giver)
            if index:
                writers.add(index)
                anew = anew or any(place not in step.effects.appends for place in written)
            of_all = set[_Giver]().union(*givers.values())
            clash = next((name for name, found in givers.items() if name != _ANY and _clash(found)), None)
            detail = f"`{written[0].path}`"
            if len(writers) > 1 and anew:
                raise CannotSliceError("artifact-of-several", step, detail)
            if clash is not None:
                raise CannotSliceError("artifact-of-several", step, f"{detail}: several of them give `{clash}` in it")
            if _ANY in givers and _clash(of_all):
                why = f"{detail}: which variables they give in it is not known"
                raise CannotSliceError("artifact-of-several", step, why)


class _Giver(Struct, frozen=True):
    """A job that gives a variable in a report, by its position.

    Attributes:
        index: The position; 0 for what all jobs begin with.
        line: The line, where it says the same in every job; else empty.
    """

    index: int
    line: str


def _clash(givers: Collection[_Giver]) -> bool:
    """Tell whether several jobs may give different values."""
    lines = {giver.line for giver in givers}
    return len({giver.index for giver in givers}) > 1 and (len(lines) > 1 or "" in lines)


def _same_line(trace: Trace, step: Step) -> str:
    """Return a line of a report that is the same wherever it is written; empty where that is not certain.

    It holds nothing but words and variables that no statement sets.
    """
    text = trace.script.text[step.span.start : step.span.end]
    written = frozenset[Location]().union(*(one.effects.writes for one in trace.steps))
    names = step.effects.reads - AMBIENT - step.effects.appends - {State.FOLDER}
    plain = all(isinstance(place, Variable) for place in names) and not names & written and not step.effects.fresh
    known = State.VARIABLES not in written and bool(step.values) and step.values[0].text in _PRINTING
    return " ".join(text.split()) if plain and known and "$(" not in text and "`" not in text else ""


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
    return [*map(from_the_root, found), *cached(finding)]


def cached(finding: Finding) -> list[str]:
    """Return the path patterns of what the job keeps in its cache, where the next job finds it."""
    cache = effective_job(finding.pipeline, finding.job.name).get("cache")
    found: list[str] = []
    for one in cache if isinstance(cache, list) else [cache]:
        if isinstance(one, dict):
            paths = one.get("paths")
            found.extend(map(str, paths) if isinstance(paths, list) else ())
            found.extend(["**"] if one.get("untracked") is True else [])
    return [from_the_root(path) for path in found]


def from_the_root(path: str) -> str:
    """Return a path of the project folder without what leads to that folder."""
    return re.sub(r"^(?:\$CI_PROJECT_DIR|\$\{CI_PROJECT_DIR\})/", "", path.removeprefix("./"))
