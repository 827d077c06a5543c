"""Can each turn of a loop be a job of its own?

The body stays whole, in the template's `script`: a job has all of one turn, and nothing of another one. Builds outside
of the loop have a script of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from kaniko_split.detect.loops import Loop
from kaniko_split.detect.trace import Trace
from kaniko_split.flow.occurrence import Role, Shape
from kaniko_split.gitlab.script import Section
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.shell.locations import Location, State, Variable


def builds_of_turns(trace: Trace) -> dict[int, int]:
    """Return, for each statement of a loop that is written out, the build of its turn, both by number."""
    turns = {step.number: turn for step in trace.steps if (turn := trace.turn_of(step)) is not None}
    builds = {turns[step.number]: step.number for step in trace.steps if step.build and step.number in turns}
    return {number: builds[turn] for number, turn in turns.items()}


def check_turns(
    trace: Trace, sliced: Mapping[int, frozenset[int]], tail: frozenset[int]
) -> tuple[tuple[int, ...], ...]:
    """Return the statements of each turn, once it is sure that a job can have one alone.

    Args:
        trace: A script with a loop that is written out.
        sliced: What each build needs, by number.
        tail: What the finishing job needs.

    Raises:
        CannotSliceError: A turn depends on another one, or something outside of the loop on a turn.
    """
    loop = trace.loop
    assert loop is not None  # noqa: S101 (the caller asked)
    _check_chain(trace, loop)
    homes = builds_of_turns(trace)
    start, variables = min(homes), frozenset[Location](map(Variable, loop.names))
    names = "`, `".join(loop.names)
    if any(step.frame is not None and variables & step.frame.reads for step in trace.steps):
        raise CannotSliceError("turns-depend", trace.steps[start], f"its condition reads `{names}`")
    needed = [*sliced.items(), *(([(None, tail)]) if tail else [])]
    strange = [number for build, steps in needed for number in sorted(steps) if homes.get(number, build) != build]
    if strange:
        raise CannotSliceError("turns-depend", trace.steps[strange[0]])
    builds = dict.fromkeys(homes.values())
    return tuple(tuple(number for number, home in homes.items() if home == build) for build in builds)


def _check_chain(trace: Trace, loop: Loop) -> None:
    """Make sure that a chain which ends with the loop is no condition of it: `TEST && for ...`.

    A single command before the loop is shared by all jobs, and ends each of them when it fails. A check may do so where
    its failure ends the old job, too: at the end of the script.
    """
    last = trace.turn_of(trace.steps[-1]) is not None
    for step in trace.steps:
        if step.statement.span.start < loop.turns[0] < step.statement.span.end:
            heads = tuple(step.occurrence.inner(Role.LEFT))
            decides = any(one.effects.fails or one.effects.unknown for one in heads) and not last
            if decides or any(one.shape is Shape.AND for one in heads):
                raise CannotSliceError("build-in-control-flow", step, "a chain decides whether the loop runs")


def touches_loop_variable(trace: Trace, environment: frozenset[str]) -> int | None:
    """Return the first statement before a loop that sees or sets the loop's variable, by number.

    The job assigns that variable before what the template's script holds, so that such a statement has no place there.
    A job's `before_script` stays where it is: it ran before the loop, and does.

    Args:
        trace: A script with a loop that is written out.
        environment: The variables that every command can see.
    """
    loop = trace.loop
    assert loop is not None  # noqa: S101 (the caller asked)
    variables = frozenset[Location](map(Variable, loop.names))
    for step in trace.steps[: min(builds_of_turns(trace))]:
        if trace.items[step.item].section is Section.BEFORE_SCRIPT:
            continue
        touched = variables & (step.effects.reads | step.effects.writes) or State.VARIABLES in step.effects.reads
        if touched or not environment.isdisjoint(loop.names):
            return step.number
    return None
