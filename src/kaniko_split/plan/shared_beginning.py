"""Which statements do all jobs begin with?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaniko_split.detect.trace import Step
from kaniko_split.shell.locations import State, meeting


def shared_beginning(
    steps: Sequence[Step], sliced: Mapping[int, frozenset[int]], tail: frozenset[int] | None
) -> frozenset[int]:
    """Return what stands before the first build, in every slice, and may run before what does not.

    Where one end of a window of options is not shared, neither is the other.

    Args:
        steps: The statements of `script`, by number, up to the first build.
        sliced: The slice of each build.
        tail: The slice of a finishing job, which begins with it too; None where there is none.
    """
    shared = _without(steps, sliced, tail, frozenset())
    options = frozenset(step.number for step in steps if State.OPTIONS in step.effects.writes)
    held = frozenset[int]().union(*sliced.values())
    return shared if options & held <= shared else _without(steps, sliced, tail, options)


def _without(
    steps: Sequence[Step], sliced: Mapping[int, frozenset[int]], tail: frozenset[int] | None, parted: frozenset[int]
) -> frozenset[int]:
    """Return what all jobs may begin with, without the statements `parted`."""
    shared: list[int] = []
    own: list[Step] = []
    kept = (tail or frozenset[int]()).union(*sliced.values())
    for step in steps:
        if step.number not in kept:
            continue
        everywhere = step.number not in parted and all(step.number in numbers for numbers in sliced.values())
        # The finishing job may not be led into another folder.
        led = tail is not None and State.FOLDER in step.effects.writes and step.number not in tail
        if everywhere and not led and not _is_asked_anew(step) and not any(_conflict(other, step) for other in own):
            shared.append(step.number)
        else:
            own.append(step)
    return frozenset(shared)


def _is_asked_anew(step: Step) -> bool:
    """Tell whether a condition around the statement that is asked again does not find what it found before."""
    frame = step.frame
    return frame is not None and (
        len(frame.branches) > 1
        or frame.is_subshell
        or State.FOLDER in step.effects.writes
        or bool(meeting(step.effects.writes, frame.reads))
    )


def _conflict(one: Step, other: Step) -> bool:
    """Tell whether the two statements may not change places."""
    first, second = one.effects, other.effects
    return bool(
        meeting(first.writes, second.reads | second.writes)
        or meeting(first.reads, second.writes)
        or first.leaves
        or second.leaves
    )
