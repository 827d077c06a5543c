"""Which condition or group is around several builds, and can be around each of them alone?

`if CONDITION; then A; B; fi` does what `if CONDITION; then A; fi` and `if CONDITION; then B; fi` do, as long as
the condition only asks, and A changes nothing that it asks for.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kaniko_split.flow.occurrence import Occurrence, Role, Shape
from kaniko_split.shell.locations import Location, Variable
from kaniko_split.shell.nodes import Statement

_SET_BY_ASKING = frozenset[Location]({Variable("BASH_REMATCH")})


class Frame(Struct, frozen=True, eq=False):
    """What is around statements: `if ...; then` and `fi`, with `else` between them, or braces.

    Attributes:
        statement: The whole.
        conditions: For each branch, its condition; empty for `else` and for a group.
        branches: The statements of each branch.
        reads: What the conditions ask for.
        writes: What they set by asking, as `[[ ... =~ ... ]]` does.
        inside: For each branch, what its statements do.
        is_subshell: Whether it keeps what its statements change in the shell to itself.
    """

    statement: Statement
    conditions: tuple[tuple[Statement, ...], ...]
    branches: tuple[tuple[Statement, ...], ...]
    reads: frozenset[Location]
    writes: frozenset[Location] = frozenset()
    inside: tuple[tuple[Occurrence, ...], ...] = ()
    is_subshell: bool = False


class _Branch(Struct, frozen=True, eq=False):
    condition: tuple[Occurrence, ...]
    body: tuple[Occurrence, ...]


def frame_around(occurrence: Occurrence) -> Frame | None:
    """Return an occurrence as a frame, or None where it is none or its condition does more than ask."""
    statement = occurrence.statement
    if statement.negated or statement.background or statement.redirects:
        return None
    match occurrence.shape:
        case Shape.GROUP | Shape.SUBSHELL:
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
        is_subshell=occurrence.shape is Shape.SUBSHELL,
    )


def _branches(occurrence: Occurrence) -> Iterator[_Branch]:
    bodies = {part.number: part.occurrences for part in occurrence.parts if part.role in {Role.BRANCH, Role.SKIPPED}}
    yield _Branch(tuple(occurrence.inner(Role.CONDITION)), bodies[0])
    otherwise = bodies[1]
    script = occurrence.before.script
    if len(otherwise) == 1 and script.startswith("elif", otherwise[0].statement.span.start):
        yield from _branches(otherwise[0])
    elif otherwise:
        yield _Branch((), otherwise)


def _does_more_than_ask(occurrence: Occurrence) -> bool:
    effects = occurrence.effects
    return bool(effects.writes - _SET_BY_ASKING) or effects.acts or effects.unknown or effects.leaves or effects.fresh
