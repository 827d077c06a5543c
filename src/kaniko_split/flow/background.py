"""Does a build still run when an occurrence has ended, and which statement waits for it?

POSIX, "wait": without operands it waits for all of them and succeeds; with a process it ends as that process did.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from kaniko_split.flow.builds import first_command
from kaniko_split.flow.occurrence import CallKind, Occurrence, Role, Shape


class BackgroundState(Enum):
    """What has become of the builds of an occurrence."""

    NOTHING = "all have ended"
    HERE = "one may still run in the background of this shell, which can wait for it"
    LOST = "one may still run in the background of a shell that has ended, so that nothing can wait for it"


def waits(occurrence: Occurrence) -> bool:
    """Tell whether an occurrence begins with `wait`, so that it waits for certain."""
    return _words_of_wait(occurrence) > 0


def waits_for_all(occurrence: Occurrence) -> bool:
    """Tell whether an occurrence begins with a `wait` for all that runs in the background."""
    return _words_of_wait(occurrence) == 1


def _words_of_wait(occurrence: Occurrence) -> int:
    first = first_command(occurrence)
    texts = [value.text for value in first.values] if first is not None else []
    return len(texts) if texts[:1] == ["wait"] else 0


def background_after(occurrence: Occurrence) -> BackgroundState:
    """Return what has become of the builds of an occurrence when the shell goes on."""
    if not occurrence.builds:
        return BackgroundState.NOTHING
    if occurrence.statement.background:
        return BackgroundState.HERE
    found = _worst(_behind(part.occurrences) for part in occurrence.parts if part.role is not Role.SUBSTITUTION)
    ends = occurrence.shape is Shape.SUBSHELL or occurrence.call_kind is CallKind.PROCESS
    return BackgroundState.LOST if ends and found is BackgroundState.HERE else found


def _behind(occurrences: Iterable[Occurrence]) -> BackgroundState:
    """Return what runs behind occurrences that follow one another: a `wait` among them has ended it."""
    found: list[BackgroundState] = []
    for one in occurrences:
        if waits_for_all(one) or (waits(one) and found.count(BackgroundState.HERE) == 1):
            found = [state for state in found if state is not BackgroundState.HERE]
        found.append(background_after(one))
    return _worst(found)


def _worst(found: Iterable[BackgroundState]) -> BackgroundState:
    every = set(found)
    worse = (BackgroundState.LOST, BackgroundState.HERE)
    return next((one for one in worse if one in every), BackgroundState.NOTHING)
