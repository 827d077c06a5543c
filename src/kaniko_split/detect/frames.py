"""Which condition or group is around several builds, and can be around each of them alone?

`if CONDITION; then A; B; fi` does what `if CONDITION; then A; fi` and `if CONDITION; then B; fi` do, as long as
the condition only asks, and A changes nothing that it asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kaniko_split.flow.lower import lower
from kaniko_split.flow.occurrence import Occurrence, Role, Shape
from kaniko_split.shell.locations import Location, Variable
from kaniko_split.shell.nodes import Group, If, Statement

_SET_BY_ASKING = frozenset[Location]({Variable("BASH_REMATCH")})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Frame:
    """What is around statements: `if ...; then` and `fi`, with `else` between them, or braces.

    Attributes:
        statement: The whole.
        conditions: For each branch, its condition; empty for `else` and for a group.
        branches: The statements of each branch.
        reads: What the conditions ask for.
        writes: What they set by asking, as `[[ ... =~ ... ]]` does.
        inside: For each branch, what its statements do.
    """

    statement: Statement
    conditions: tuple[tuple[Statement, ...], ...]
    branches: tuple[tuple[Statement, ...], ...]
    reads: frozenset[Location]
    writes: frozenset[Location] = frozenset()
    inside: tuple[tuple[Occurrence, ...], ...] = ()

    @property
    def is_subshell(self) -> bool:
        """Whether it keeps what its statements change in the shell to itself."""
        return isinstance(self.statement.command, Group) and self.statement.command.subshell


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Branch:
    condition: tuple[Occurrence, ...]
    body: tuple[Occurrence, ...]


def frame_around(occurrence: Occurrence) -> Frame | None:
    """Return an occurrence as a frame, or None where it is none or its condition does more than ask."""
    statement = occurrence.statement
    if statement.negated or statement.background or statement.redirects:
        return None
    match occurrence.shape:
        case Shape.GROUP | Shape.SUBSHELL if isinstance(statement.command, Group):
            branches = [_Branch((), tuple(occurrence.inner(Role.BODY)))]
        case Shape.IF:
            branches = list(_branches(occurrence))
        case _:
            return None
    asked = [one for branch in branches for one in branch.condition]
    if any(map(_does_more_than_ask, asked)) or any(not branch.body for branch in branches):
        return None
    if any(inner.call is not None or inner.hides for one in asked for inner in one.walk()):
        return None
    return Frame(
        statement,
        tuple(tuple(one.statement for one in branch.condition) for branch in branches),
        tuple(tuple(one.statement for one in branch.body) for branch in branches),
        frozenset[Location]().union(*(one.effects.reads for one in asked)),
        frozenset[Location]().union(*(one.effects.writes for one in asked)),
        tuple(branch.body for branch in branches),
    )


def _branches(occurrence: Occurrence) -> Iterator[_Branch]:
    command = occurrence.statement.command
    assert isinstance(command, If)  # noqa: S101 (the caller asked)
    condition = tuple(occurrence.inner(Role.CONDITION))
    bodies = {part.number: part.occurrences for part in occurrence.parts if part.role is Role.BRANCH}
    state = condition[-1].after if condition else occurrence.before
    yield _Branch(condition, bodies[0] if 0 in bodies else lower(command.then, state))
    otherwise = bodies[1] if 1 in bodies else lower(command.otherwise, state)
    script = occurrence.before.script
    if len(otherwise) == 1 and script.startswith("elif", otherwise[0].statement.span.start):
        yield from _branches(otherwise[0])
    elif otherwise:
        yield _Branch((), otherwise)


def _does_more_than_ask(occurrence: Occurrence) -> bool:
    effects = occurrence.effects
    return bool(effects.writes - _SET_BY_ASKING) or effects.acts or effects.unknown or effects.leaves or effects.fresh
