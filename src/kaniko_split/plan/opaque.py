"""May code that nobody can read, as in `eval "$X"` or `. FILE`, keep its place between the builds?

It may change every variable, end the script and act outside of the job. So one job alone runs it, with all that came
after it, once all builds before it have succeeded, and with all that it may have seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kaniko_split.detect.trace import Step
from kaniko_split.flow.builds import masks_failure
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.shell.locations import Location, State, meeting

_CODE = "unknown-variables"


def is_opaque(step: Step) -> bool:
    """Tell whether a statement runs code that nobody can read in the shell itself."""
    return State.VARIABLES in step.effects.writes and step.effects.leaves


def check_opaque(
    steps: Sequence[Step],
    jobs: Mapping[int, frozenset[int]],
    tail: frozenset[int],
    after: Mapping[int, frozenset[int]],
) -> None:
    """Make sure that code which nobody can read has the place among the statements that it had.

    What comes before the first build is the beginning of each job.

    Args:
        steps: All statements.
        jobs: For each build, by number, all that its job runs.
        tail: All that the finishing job runs, which waits for all builds.
        after: For each build, all builds that its job waits for.

    Raises:
        CannotSliceError: It has not.
    """
    builds = frozenset(jobs)
    runs = [(jobs[build], after[build] | {build}) for build in sorted(builds)]
    runs += [(tail, builds)] if tail else []
    for step in steps:
        if not is_opaque(step) or step.number < min(builds):
            continue
        holders = [(numbers, done) for numbers, done in runs if step.number in numbers]
        later = [numbers for numbers, _ in runs if max(numbers) > step.number]
        if len(holders) != 1 or any(step.number not in numbers for numbers in later):
            raise CannotSliceError(_CODE, step, "several jobs would have to run it")
        numbers, done = holders[0]
        if any(build < step.number and build not in done for build in builds):
            raise CannotSliceError(_CODE, step, "its job would run it before an earlier build")
        seen = _seen_by(step, [one for one in steps[: step.number] if one.number not in numbers], numbers, steps)
        if seen is not None:
            raise CannotSliceError(_CODE, step, "it may see what its job does not run")


def _seen_by(step: Step, absent: Iterable[Step], numbers: frozenset[int], steps: Sequence[Step]) -> Step | None:
    """Return a statement that the job leaves out and of which `step` may see something.

    Args:
        step: The code that nobody can read.
        absent: The statements before it that its job leaves out.
        numbers: All statements of its job.
        steps: All statements.
    """
    for one in absent:
        between = [other for other in steps[one.number + 1 : step.number] if other.number in numbers]
        replaced = frozenset[Location]().union(*(other.effects.overwrites for other in between))
        if meeting((one.effects.writes | one.beside) - replaced, step.effects.reads):
            return one
    # It may ask how the command before it has ended; GitLab prints each item before it runs it.
    before = [one for one in steps[: step.number] if one.last_item == step.item]
    if not before or before[-1].number in numbers:
        return None
    kept = [one for one in before if one.number in numbers]
    return next((one for one in (before[-1], *kept[-1:]) if not _succeeded(one)), None)


def _succeeded(step: Step) -> bool:
    """Tell whether the status is 0 behind a statement, as the script ends where it fails."""
    return step.stops_at_failure and not masks_failure(step.occurrence)
