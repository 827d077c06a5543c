"""Which `set` and `umask` of a slice change nothing that is run there?

A window such as `set +e; cp a b; set -e` stays whole where the slice has what it guards. Where that is left out, its
two ends have nothing between them: the first is dead, and the second sets what is set already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kaniko_split.detect.trace import Step
from kaniko_split.shell.locations import State


def idle_options(steps: Sequence[Step], chosen: Iterable[int], fixed: frozenset[int]) -> frozenset[int]:
    """Return those of the statements `chosen` that set an option without any effect.

    Args:
        steps: All statements of the script.
        chosen: The numbers of those that a job has.
        fixed: The numbers of those that stay in any case.
    """
    idle: set[int] = set()
    pending: dict[str, int] = {}
    # Whether `set -e` is on, as far as the statements that are kept set it; and before what is pending.
    stops = stopped = True
    for number in sorted(chosen):
        step = steps[number]
        option = _option(step)
        if option is None:
            if not _only_prints(step):
                pending.clear()
            if State.OPTIONS in step.effects.writes:
                stops = step.occurrence.after.stops_at_failure
            continue
        before = pending.pop(option, None)
        if before is not None:
            idle.add(before)
            stops = stopped if option == "errexit" else stops
        wanted = step.occurrence.after.stops_at_failure
        if number in fixed:
            pending.clear()
        elif option == "errexit" and stops == wanted and before is not None:
            idle.add(number)
            continue
        else:
            pending[option] = number
        if option == "errexit":
            stopped, stops = stops, wanted
    return frozenset(idle - fixed)


def _option(step: Step) -> str | None:
    """Return the one option that a statement sets; None for any other statement."""
    texts = tuple(value.text for value in step.values)
    match texts:
        case ("set", "-e" | "+e") | ("set", "-o" | "+o", "errexit"):
            return "errexit"
        case ("set", "-u" | "+u"):
            return "nounset"
        case ("set", "-a" | "+a"):
            return "allexport"
        case ("umask", mask) if mask.isdigit():
            return "umask"
    return None


def _only_prints(step: Step) -> bool:
    return step.effects.prints and not step.effects.writes
