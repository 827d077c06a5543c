"""What keeps a script from being divided, whatever its builds need?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from kaniko_split.detect.trace import Step, is_answered_build, is_guard
from kaniko_split.flow.background import BackgroundState
from kaniko_split.flow.builds import masks_failure
from kaniko_split.flow.occurrence import Shape
from kaniko_split.plan.opaque import is_opaque
from kaniko_split.plan.ownership import CannotSliceError

_COMPOUND = frozenset({Shape.IF, Shape.CASE, Shape.LOOP, Shape.WHILE, Shape.GROUP, Shape.SUBSHELL})


def refuse_what_cannot_be_followed(
    steps: Sequence[Step], first: int, before: Collection[int], turns: Collection[int]
) -> None:
    """Make sure that a division can follow each statement.

    Args:
        steps: All statements, by number.
        first: The number of the first build.
        before: The statements of `before_script`.
        turns: The statements of a loop that becomes a job for each turn.

    Raises:
        CannotSliceError: One builds in `before_script`, acts before the first build, ends the script early, is a gate
            in a chain, or runs in the background.
    """
    for step in steps:
        if step.build is not None and step.number in before:
            raise CannotSliceError("build-in-before-script", step)
        if step.effects.acts and step.number < first and step.number not in turns:
            raise CannotSliceError("effect-before-builds", step)
        if step.effects.leaves and (step.number > first or step.build is not None):
            if not is_opaque(step):
                raise CannotSliceError("ends-early", step)
            if step.build is not None:
                raise CannotSliceError("unknown-variables", step)
        if _is_gate_in_chain(steps, step):
            raise CannotSliceError("build-in-control-flow", step, "it is a link of a chain and may end the job")
        if step.running is BackgroundState.LOST or (step.statement.background and not step.builds):
            raise CannotSliceError("build-in-control-flow", step, "it runs in the background")


def _is_gate_in_chain(steps: Sequence[Step], step: Step) -> bool:
    """Tell whether a condition or loop that may end the job is a link of a chain: alone it is another gate."""
    linked = step.chained or any(one.chained for one in steps[step.number + 1 : step.number + 2])
    compound = step.occurrence.shape in _COMPOUND
    return linked and compound and step.build is None and (step.effects.fails or step.effects.leaves)


def check_effects(steps: Sequence[Step], jobs: Iterable[Iterable[int]]) -> None:
    """Make sure that nothing has its effect outside the container in several jobs, given by their statements.

    Raises:
        CannotSliceError: Something has.
    """
    held = Counter(number for job in jobs for number in job)
    for step in steps:
        if step.effects.acts and held[step.number] > 1:
            raise CannotSliceError("effect-before-builds", step, "several builds need what it gives")


def ends_with_guard(steps: Sequence[Step], end: Step) -> bool:
    """Tell whether a job ends with a chain whose failure was passed over, and which a condition can be."""
    if end is steps[-1] or end.frame is not None or end.build is None:
        return False
    return is_guard(end.occurrence) or is_answered_build(end.occurrence)


def check_end(steps: Sequence[Step], end: Step) -> None:
    """What ends a job decides how it ends; make sure that its failure did not mean nothing in the middle.

    Raises:
        CannotSliceError: It did: a chain hides it, or `set +e` is on.
    """
    if end is steps[-1]:
        return
    if masks_failure(end.occurrence):
        raise CannotSliceError("chain-hides-failure", end)
    if not end.stops_at_failure and end.fails_on:
        raise CannotSliceError("chain-hides-failure", end, "`set +e` is on")
