"""Which condition or group stands around several builds, and can stand around each of them alone?

`if CONDITION; then A; B; fi` does what `if CONDITION; then A; fi` and `if CONDITION; then B; fi` do, as long as
the condition only asks, and A changes nothing that it asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kaniko_split.detect.calls import executor_call, hides_executor
from kaniko_split.shell.effects import effects_of
from kaniko_split.shell.knowledge import Surroundings
from kaniko_split.shell.locations import Location
from kaniko_split.shell.nodes import Group, If, Statement
from kaniko_split.shell.walk import walk_all


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Frame:
    """What stands around statements: `if ...; then` and `fi`, with `else` between them, or braces.

    Attributes:
        statement: The whole.
        conditions: For each branch, its condition; empty for `else` and for a group.
        branches: The statements of each branch.
        reads: What the conditions ask for.
    """

    statement: Statement
    conditions: tuple[tuple[Statement, ...], ...]
    branches: tuple[tuple[Statement, ...], ...]
    reads: frozenset[Location]

    @property
    def is_subshell(self) -> bool:
        """Whether it keeps what its statements change in the shell to itself."""
        return isinstance(self.statement.command, Group) and self.statement.command.subshell


def frame_around(statement: Statement, here: Surroundings, extra: Sequence[str] = ()) -> Frame | None:
    """Return `statement` as a frame, or None where it is none or its condition does more than ask.

    Args:
        statement: A statement at the top level of a script.
        here: What is known where it runs.
        extra: Further command words that are to count as the executor.
    """
    if statement.negated or statement.background or statement.redirects:
        return None
    pairs: list[tuple[tuple[Statement, ...], tuple[Statement, ...]]]
    match statement.command:
        case Group(statements=inner):
            pairs = [((), inner)]
        case If():
            pairs = list(_branches(statement, here.script))
        case _:
            return None
    asked = [one for condition, _ in pairs for one in condition]
    if any(_does_more_than_ask(one, here) for one in asked) or any(not body for _, body in pairs):
        return None
    for one, there in walk_all(asked, here):
        if executor_call(one, there, extra) is not None or hides_executor(one, there):
            return None
    reads = frozenset[Location]().union(*(effects_of(one, here).reads for one in asked))
    return Frame(statement, tuple(one for one, _ in pairs), tuple(body for _, body in pairs), reads)


def _branches(statement: Statement, text: str) -> Iterator[tuple[tuple[Statement, ...], tuple[Statement, ...]]]:
    command = statement.command
    assert isinstance(command, If)  # noqa: S101 (the caller asked)
    yield command.condition, command.then
    if len(command.otherwise) == 1 and text.startswith("elif", command.otherwise[0].span.start):
        yield from _branches(command.otherwise[0], text)
    elif command.otherwise:
        yield (), command.otherwise


def _does_more_than_ask(statement: Statement, here: Surroundings) -> bool:
    effects = effects_of(statement, here)
    return bool(effects.writes) or effects.acts or effects.unknown or effects.leaves or effects.fresh
