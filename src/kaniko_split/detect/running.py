"""Does a build still run when a statement has ended, and can anything wait for it?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from kaniko_split.detect.paths import Counting, most_builds, ways_through
from kaniko_split.shell.background import waits, waits_for_all
from kaniko_split.shell.effects import effects_of
from kaniko_split.shell.knowledge import Kind, Surroundings, after, inside_of_call
from kaniko_split.shell.nodes import Call, Function, Group, Statement, nested


class Running(Enum):
    """What has become of the builds of a statement."""

    NOTHING = "all have ended"
    HERE = "one may still run in the background of this shell, which can wait for it"
    LOST = "one may still run in the background of a shell that has ended, so that nothing can wait for it"


def running_after(statement: Statement, here: Surroundings, extra: Sequence[str] = ()) -> Running:
    """Return what has become of the builds of `statement` when the shell goes on behind it.

    Args:
        statement: The statement.
        here: What is known where it runs.
        extra: Further command words that are to count as the executor.
    """
    if statement.background:
        return Running.HERE if most_builds(ways_through(statement, Counting(here, extra))) else Running.NOTHING
    match statement.command:
        case Function():
            return Running.NOTHING
        case Call():
            inside = inside_of_call(statement, here)
            if inside is None:
                return Running.NOTHING
            found = running_after(inside.body, inside.here, extra)
            return _ended(found) if inside.kind is Kind.PROCESS else found
        case Group(statements=inner, subshell=subshell):
            found = _behind(inner, here, extra)
            return _ended(found) if subshell else found
    return _worst(_behind(block, here, extra) for block in nested(statement))


def _behind(statements: Iterable[Statement], here: Surroundings, extra: Sequence[str]) -> Running:
    """Return what runs behind statements that stand one after the other: a `wait` among them has ended it."""
    found: list[Running] = []
    for statement in statements:
        if waits_for_all(statement) or (waits(statement) and found.count(Running.HERE) == 1):
            found = [one for one in found if one is not Running.HERE]
        found.append(running_after(statement, here, extra))
        here = after(statement, effects_of(statement, here).writes, here)
    return _worst(found)


def _ended(found: Running) -> Running:
    """Return what is left of it when the shell has ended that it was in the background of."""
    return Running.LOST if found is Running.HERE else found


def _worst(found: Iterable[Running]) -> Running:
    every = set(found)
    return next((one for one in (Running.LOST, Running.HERE) if one in every), Running.NOTHING)
