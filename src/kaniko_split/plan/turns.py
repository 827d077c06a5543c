"""Can each turn of a loop be a job of its own?

The body stays whole, in the template's `script`: a job has all of one turn, and nothing of another one. Builds outside
of the loop have a script of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from kaniko_split.detect.trace import Trace
from kaniko_split.gitlab.script import Section
from kaniko_split.plan.binding import CannotSliceError
from kaniko_split.shell.locations import State, Variable


def builds_of_turns(trace: Trace) -> dict[int, int]:
    """Return, for each statement of a loop that is written out, the build of its turn, both by number."""
    turns = {step.number: turn for step in trace.steps if (turn := trace.turn_of(step)) is not None}
    builds = {turns[step.number]: step.number for step in trace.steps if step.build and step.number in turns}
    return {number: builds[turn] for number, turn in turns.items()}


def check_turns(
    trace: Trace, sliced: Mapping[int, frozenset[int]], tail: frozenset[int], environment: frozenset[str]
) -> tuple[tuple[int, ...], ...]:
    """Return the statements of each turn, once it is sure that a job can have one alone.

    Args:
        trace: A script with a loop that is written out.
        sliced: What each build needs, by number.
        tail: What the finishing job needs.
        environment: The variables that every command can see.

    Raises:
        CannotSliceError: A turn depends on another one, or something outside of the loop on a turn.
    """
    loop = trace.loop
    assert loop is not None  # noqa: S101 (the caller asked)
    homes = builds_of_turns(trace)
    start, variable = min(homes), Variable(loop.name)
    for step in trace.steps[:start]:
        sees = loop.name in environment or bool({variable, State.VARIABLES} & step.effects.reads)
        # A job's `before_script` stays where it is; it ran before the loop, and does.
        stays = trace.items[step.item].section is Section.BEFORE_SCRIPT
        if variable in step.effects.writes or (sees and not stays):
            raise CannotSliceError("turns-depend", step, f"it sees the loop's variable `{loop.name}`")
    if any(step.frame is not None and variable in step.frame.reads for step in trace.steps):
        raise CannotSliceError("turns-depend", trace.steps[start], f"its condition reads `{loop.name}`")
    needed = [*sliced.items(), *(([(None, tail)]) if tail else [])]
    strange = [number for build, steps in needed for number in sorted(steps) if homes.get(number, build) != build]
    if strange:
        raise CannotSliceError("turns-depend", trace.steps[strange[0]])
    builds = dict.fromkeys(homes.values())
    return tuple(tuple(number for number, home in homes.items() if home == build) for build in builds)
