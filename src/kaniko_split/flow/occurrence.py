"""What is one statement as it runs once, with all that runs inside it?

An occurrence is to flow what a node is to syntax: it stands for a statement at one place of one run, with the state
before and after it. A function's statements occur once for each call.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from kaniko_split.flow.effects import Effects
from kaniko_split.flow.exits import Paths, most_builds
from kaniko_split.flow.state import ShellState
from kaniko_split.kaniko.command import Build, NotABuild
from kaniko_split.shell.nodes import Statement
from kaniko_split.shell.values import Value


class Shape(Enum):
    """How the parts of an occurrence follow one another."""

    COMMAND = "a command, with what it calls and substitutes"
    AND = "the right part runs when the left one succeeds"
    OR = "the right part runs when the left one fails"
    PIPE = "both parts run, each in a subshell"
    GROUP = "its statements run in order"
    TIMED = "its statements run in order, and their time is printed"
    SUBSHELL = "its statements run in order in a shell of their own"
    IF = "a condition decides which branch runs"
    CASE = "a word decides which branch runs"
    LOOP = "its body runs any number of times"
    WHILE = "its condition decides how often its body runs"
    DEFINITION = "nothing runs"
    OPAQUE = "nobody knows what runs"


class Role(Enum):
    """What a part is to its occurrence."""

    SUBSTITUTION = "what a word's value comes from"
    LEFT = "the left side of an operator"
    RIGHT = "the right side of an operator"
    CONDITION = "what is asked"
    BRANCH = "what the answer leads to"
    SKIPPED = "what another answer would lead to"
    BODY = "what runs in it"
    CALLED = "what a function or script runs"


class CallKind(Enum):
    """How a command runs statements that are written elsewhere."""

    FUNCTION = "a function of the shell"
    SOURCED = "a file, in the shell itself"
    PROCESS = "a script, in a process of its own"
    TEXT = "a text, in a process of its own"
    EVALUATED = "a text, in the shell itself"


class Part(Struct, frozen=True, eq=False):
    """Occurrences that run one after the other inside another one; branches count from 0."""

    role: Role
    occurrences: tuple[Occurrence, ...]
    number: int = 0


class Occurrence(Struct, frozen=True, eq=False):
    """A statement as it runs once.

    Attributes:
        statement: The statement; its spans count in `before.script`.
        shape: How its parts follow one another.
        before: The state in which it begins.
        after: The state behind it where it succeeds.
        after_failure: The state behind it where it fails and the script goes on; None where that hardly happens.
        effects: What it does, with all inside it.
        paths: How it can end, with the most builds on each kind of path.
        parts: What runs inside it.
        call: What the executor is asked for, where the command runs it.
        hides: Whether the command is given the executor to run, in a way that is not followed.
        callee: The function that it calls, or the path of the script that it runs; else empty.
        call_kind: How it runs that; None where it calls nothing that is followed.
    """

    statement: Statement
    shape: Shape
    before: ShellState
    after: ShellState
    after_failure: ShellState | None
    effects: Effects
    paths: Paths
    parts: tuple[Part, ...] = ()
    call: Build | NotABuild | None = None
    hides: bool = False
    callee: str = ""
    call_kind: CallKind | None = None

    @property
    def values(self) -> tuple[Value, ...]:
        """The words of a simple command, as far as they are known."""
        from kaniko_split.flow.state import values_of

        return values_of(self.statement, self.before)

    @property
    def builds(self) -> float:
        """The most builds that one path through it makes."""
        return most_builds(self.paths)

    def inner(self, *roles: Role) -> Iterator[Occurrence]:
        """Yield the occurrences right inside it, in order; those of some roles only where these are given.

        What certainly does not run is left out, unless its role is given.
        """
        for part in self.parts:
            if part.role in roles or (not roles and part.role is not Role.SKIPPED):
                yield from part.occurrences

    def walk(self) -> Iterator[Occurrence]:
        """Yield it and all occurrences inside it, in the order in which they run."""
        yield self
        for inner in self.inner():
            yield from inner.walk()
