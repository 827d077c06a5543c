"""What does a command give the executor, and what is known of each command that runs?"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.prove.claim import Claim
from kaniko_split.prove.symbols import Guard
from kaniko_split.shell.nodes import Statement

ROOT = "the root of a build"
"""Marks what is made of what a build has left in the container's root."""


class TooComplexError(Exception):
    """A script goes beyond a limit of the proof: it is not proved."""


class BuildRecord(Struct, frozen=True):
    """What one build is given; two builds with equal records make the same image.

    Attributes:
        words: Its words, with what redirects and assignments add.
        guards: The conditions that it runs under.
        failure: What becomes of its failure.
        folder: The folder that it runs in.
        options: The options of the shell.
        environment: The variables that it can see and that the script changed.
        files: What was written of the files that it reads.
        background: Whether it runs in the background.
        sources: What was written of the scripts that it is called from.
    """

    words: tuple[str, ...]
    guards: frozenset[Guard]
    failure: str
    folder: str
    options: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    background: bool
    sources: tuple[str, ...]


class Event(Struct, frozen=True, eq=False):
    """One command that runs.

    Attributes:
        text: The command as it is written, blanks as one.
        line: The line of the script that it is on, counted from 1.
        words: Its words.
        key: What it does, with all that it reads; equal keys do the same.
        guards: The conditions that it runs under.
        claim: What it does at most.
        gates: Whether its failure ends the script and is a verdict.
        build: What it gives the executor; None for any other command.
        node: The statement.
        script: The text that the statement's span counts in.
        ends: Whether it ends the script with success.
        looks: Whether it reads what a build leaves in the container's root.
        output: Whether what it writes comes from a build.
        names: Further variables that it reads.
        inner: Whether it runs for a value, in a substitution.
        shells: The subshells that it runs in, by number.
        passed_over: Whether a chain lets the script go on where this build fails.
        calls: The calls of functions that it runs in, by number.
        callers: The statements that call these functions, and the scripts that it is part of, as written.
        found: What was written of the files that it reads, by path.
        is_part: Whether it prints a part of what the command of the old job printed.
        locals: The variables that are local to one of these calls, with its number.
        conditions: How many conditions of `if` it is part of, which ask for its status.
        changes_nothing: Whether it sets options alone that are set already.
    """

    text: str
    line: int
    words: tuple[str, ...]
    key: str
    guards: frozenset[Guard]
    claim: Claim
    gates: bool
    build: BuildRecord | None
    node: Statement | None
    script: str
    ends: bool = False
    looks: bool = False
    output: bool = False
    names: frozenset[str] = frozenset()
    shells: tuple[int, ...] = ()
    inner: bool = False
    passed_over: bool = False
    calls: tuple[int, ...] = ()
    callers: tuple[str, ...] = ()
    found: tuple[tuple[str, str], ...] = ()
    is_part: bool = False
    locals: frozenset[tuple[str, int]] = frozenset()
    conditions: int = 0
    changes_nothing: bool = False

    @property
    def does_nothing(self) -> bool:
        """Whether it is `:` without a word that could do something: what is left of an emptied branch."""
        return self.words == (":",) and self.text == ":"


class Run(Struct, frozen=True, eq=False):
    """What a whole script does.

    Attributes:
        events: Its commands in order.
        endings: The statements that it may end with and whose failure would be passed over anywhere else.
        given: The variables that the pipeline gives it.
    """

    events: tuple[Event, ...]
    endings: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()


def as_in_chain(new: Run, old: Run) -> Run:
    """Return what a new job runs, a build that is a condition as what it was in a chain that let the script go on."""
    passed = {event.build for event in old.events if event.passed_over}
    return replace(new, events=tuple(_as_passed_over(event, passed) for event in new.events))


def _as_passed_over(event: Event, passed: Collection[BuildRecord | None]) -> Event:
    if event.build is None or event.build.failure != "if":
        return event
    for build in passed:
        if build is not None and replace(event.build, failure=build.failure) == build:
            return replace(event, build=build, passed_over=True)
    return event


_LONGEST = 80


def short_text(event: Event) -> str:
    """Return a command as it is written, cut where it is long."""
    text = " ".join(event.text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
