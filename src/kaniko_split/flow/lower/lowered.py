"""What is carried from one statement of a script to the next, and what is known of each?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.flow import effects as algebra
from kaniko_split.flow import exits
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.exits import Exit, Path, Paths
from kaniko_split.flow.joins import forgetting
from kaniko_split.flow.occurrence import CallKind, Occurrence, Part, Role, Shape
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.transitions import behind_subshell
from kaniko_split.shell.locations import Location, State, Variable
from kaniko_split.shell.nodes import (
    Statement,
    words_of,
)
from kaniko_split.shell.words import names_assigned

PROCESSES = frozenset({CallKind.PROCESS, CallKind.TEXT})


class LimitError(Exception):
    """A script is too deep or too long to be followed to its end."""


class Context(Struct, frozen=True, eq=False):
    """What is known of the status of the commands before a statement.

    Attributes:
        failed: Whether the command before has certainly failed.
        codes: The variables that certainly hold a status other than 0.
    """

    failed: bool = False
    codes: frozenset[str] = frozenset()

    def calm(self) -> Context:
        """Return what is known where nothing has failed for certain."""
        return Context(codes=self.codes)


CALM = Context()


class Inside(Struct, frozen=True, eq=False):
    """What a command does, before its words, redirects and `!` are added."""

    shape: Shape
    effects: Effects
    paths: Paths
    after: ShellState
    after_failure: ShellState | None
    parts: tuple[Part, ...] = ()


class Lowered(Struct, frozen=True, eq=False):
    """Statements that run one after the other.

    Attributes:
        occurrences: One for each statement.
        effects: What they do together.
        paths: How they can end.
        after: The state behind them.
        after_failure: The state behind them where the last one fails and the script goes on.
    """

    occurrences: tuple[Occurrence, ...]
    effects: Effects
    paths: Paths
    after: ShellState
    after_failure: ShellState | None


class Followed(Struct, frozen=True, eq=False):
    """What a command runs that can be read: a function, a script, or a text for a shell.

    Attributes:
        bodies: What may run; one of them does.
        local: The names that are local to it.
        name: The function's name, the script's path, or the text.
        kind: How it runs.
    """

    bodies: tuple[Lowered, ...]
    local: frozenset[str]
    name: str
    kind: CallKind


class Lowering(Protocol):
    """Goes down the syntax; what it does for a kind of command stands in a module of its own.

    Attributes:
        recursive: The functions and scripts that call themselves.
        changed: What the bodies of loops may change, whatever is known before them, by the identity of their nodes.
    """

    recursive: set[str]
    changed: dict[int, frozenset[Location]]

    def sequence(self, statements: Iterable[Statement], state: ShellState, context: Context = ...) -> Lowered:
        """Return what statements do that run one after the other."""

    def statement(self, statement: Statement, state: ShellState, context: Context) -> Occurrence:
        """Return what one statement does."""


def finished(
    statement: Statement,
    state: ShellState,
    inside: Inside,
    substituted: Sequence[Lowered],
    command: Callable[[Occurrence], Occurrence] | None = None,
) -> Occurrence:
    """Return the occurrence, with `!`, `&` and what its words assign seen to."""
    effects, paths = inside.effects, inside.paths
    after, after_failure = inside.after, inside.after_failure
    within = sum(exits.most_builds(one.paths) for one in substituted)
    if statement.background:
        effects = algebra.in_background(effects)
        paths = {Path(Exit.TRUE): exits.most_builds(paths)}
        after = forgetting((Variable("!"),), behind_subshell(after, state))
        after_failure = None
    elif statement.negated:
        paths = exits.negated(paths)
        after, after_failure = after_failure or after, after
    names = frozenset[Location](Variable(name) for word in words_of(statement) for name in names_assigned(word))
    if names:
        after = forgetting(names, after)
        after_failure = forgetting(names, after_failure) if after_failure is not None else None
    if within:
        paths = {path: count + within for path, count in paths.items()}
    parts = (*(Part(Role.SUBSTITUTION, one.occurrences) for one in substituted), *inside.parts)
    if state.references and any(
        isinstance(place, Variable) and place.name in state.references for place in effects.reads | effects.writes
    ):
        # Nobody knows which variable such a name stands for.
        every = frozenset[Location]({State.VARIABLES})
        effects = replace(effects, reads=effects.reads | every, writes=effects.writes | every, prints=False)
        after = forgetting(every, after)
        after_failure = forgetting(every, after_failure) if after_failure is not None else None
    occurrence = Occurrence(statement, inside.shape, state, after, after_failure, effects, paths, parts)
    return command(occurrence) if command is not None else occurrence


# They find a value in files, and fail where there is none.
_GIVE_VALUES = frozenset({"grep", "egrep", "fgrep", "awk", "sed", "jq", "yq", "test", "[", "expr", "cmp", "diff"})


def _gives_value(occurrence: Occurrence) -> bool:
    """Tell whether each command in it whose failure may be a verdict looks for a value in a file."""
    checks = [one for one in occurrence.walk() if one.shape is Shape.COMMAND and one.effects.fails]
    return all(one.values and one.values[0].text.rpartition("/")[2] in _GIVE_VALUES for one in checks)


def with_substituted(done: Effects, substituted: Sequence[Lowered]) -> Effects:
    """Add what substitutions do: each runs in a shell of its own, so of what it changes only files outlive it."""
    if not substituted:
        return done
    occurrences = [one for body in substituted for one in body.occurrences]
    parts = [one.effects for one in occurrences]
    kept = [
        # `$(grep ...)` asks for a value, and is no test of anything that was built.
        replace(
            algebra.outside_of_subshell(one.effects),
            # Whether a print shows less under other options stops nothing.
            reads=one.effects.reads - {State.OPTIONS} if done.prints and one.effects.prints else one.effects.reads,
            prints=done.prints and one.effects.prints,
            fails=one.effects.fails and (State.FILES in one.effects.reads or one.effects.acts or not _gives_value(one)),
        )
        for one in occurrences
    ]
    joined = algebra.joined([done, *kept])
    return replace(joined, prints=done.prints and all(part.prints for part in parts))
