"""Which chains of `&&` may be divided, although the shell passes over a failure in them?

Where commands follow a chain, `set -e` does not stop at the failure of any link but its last. A build that becomes
a command of its own does end its job when it fails: the split says so, and asks. A link that may well fail and is no
build (a test, a copy, a download) may be meant as a condition, or be needed by other builds that did go on without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.commands import hardly_fails
from kaniko_split.flow.occurrence import Shape
from kaniko_split.plan.ownership import CannotSliceError


def check_chains(trace: Trace) -> None:
    """Make sure that each link of a chain with builds, where commands follow it, is a build or hardly ever fails.

    A condition or group that is a link is not followed into, so none of them may hold a build.

    Raises:
        CannotSliceError: One is neither.
    """
    for chain in _chains(trace):
        for step in chain if len(chain) > 1 else ():
            if step.build is not None and _holds_several(step):
                raise CannotSliceError("build-in-control-flow", step, "it is a link of an `&&` chain")
    for chain in _chains(trace)[:-1]:
        building = len(chain) > 1 and any(step.build is not None for step in chain)
        if building and any(step.build is None and not _hardly_fails(step) for step in chain):
            raise CannotSliceError("chain-hides-failure", chain[0])


def heeded_now(trace: Trace, jobs: Sequence[tuple[int, Sequence[int]]]) -> tuple[int, ...]:
    """Return the builds, by number, whose failure a chain passed over and which ends the job that they now have.

    Args:
        trace: The script.
        jobs: For each job, its build and its statements.
    """
    found: list[int] = []
    for chain in _chains(trace)[:-1]:
        passed_over = {step.number for step in (*_turns_before(chain, trace), *chain[:-1]) if step.build is not None}
        ended = [build for build, numbers in jobs if not _stays_within(chain, numbers)]
        found.extend(build for build in ended if build in passed_over)
    return tuple(found)


def check_waits(
    trace: Trace, jobs: Sequence[tuple[int, Sequence[int]]], after: Mapping[int, frozenset[int]], *, finishes: bool
) -> None:
    """Make sure that no other job rests on the success of a build whose failure a chain passed over.

    Args:
        trace: The script.
        jobs: For each job, its build and its statements.
        after: For each build, the builds that its job waits for.
        finishes: Whether a finishing job waits for all of them.

    Raises:
        CannotSliceError: A job waits for it, where the old one went on and ended well when that build failed; or a
            later build has a link of the chain, which ran only when that build succeeded.
    """
    for chain in _chains(trace)[:-1]:
        builds = [step.number for step in chain if step.build is not None]
        links = {step.number for step in chain if builds and step.number > builds[0]}
        for build, numbers in jobs:
            # A loop is one link, whichever of its turns the build is in.
            apart = build not in builds and trace.turn_of(trace.steps[build]) is None
            taken = links.intersection(numbers) if apart else None
            if taken:
                detail = "a later build needs what it does only when a build before it has succeeded"
                raise CannotSliceError("chain-hides-failure", trace.steps[min(taken)], detail)
    waited = frozenset[int]().union(*after.values())
    for build in heeded_now(trace, jobs):
        if finishes or build in waited:
            raise CannotSliceError("chain-hides-failure", trace.steps[build], "a later job would wait for it")


def _turns_before(chain: list[Step], trace: Trace) -> list[Step]:
    """Return the steps of the loop that is the first link of a chain: `set -e` stops in none of its turns."""
    is_link = trace.turn_of(chain[0]) is not None and trace.turn_of(chain[-1]) is None
    return [step for step in trace.steps if is_link and trace.turn_of(step) is not None and step not in chain]


def _stays_within(chain: list[Step], job: Sequence[int]) -> bool:
    """Tell whether a chain stays what it was in the new job: whole, with commands behind it."""
    behind = any(number > chain[-1].number for number in job)
    return behind and {step.number for step in chain} <= set(job)


def _chains(trace: Trace) -> list[list[Step]]:
    chains: list[list[Step]] = []
    for step in trace.steps:
        if step.chained and chains:
            chains[-1].append(step)
        else:
            chains.append([step])
    return chains


def _holds_several(step: Step) -> bool:
    """Tell whether a compound link has several statements, among which `set -e` stops where it stands alone."""
    shape = step.occurrence.shape
    several = any(len(part.occurrences) > 1 for part in step.occurrence.parts)
    return shape in {Shape.IF, Shape.GROUP, Shape.SUBSHELL} and several


def _hardly_fails(step: Step) -> bool:
    plain = step.occurrence.shape is Shape.COMMAND and not step.statement.negated
    effects = step.effects
    judges = effects.fails or effects.unknown or effects.acts
    return plain and (not judges or hardly_fails(tuple(value.text for value in step.occurrence.values)))
