"""What is known of a job's script when each of its statements has been followed?"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from kaniko_split.flow.background import BackgroundState
from kaniko_split.flow.builds import ExecutorCall
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.occurrence import Occurrence
from kaniko_split.gitlab.script import ScriptItem
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.locations import NOWHERE, Location
from kaniko_split.shell.nodes import Script, Statement
from kaniko_split.shell.values import Value
from kaniko_split.source.text import Span

if TYPE_CHECKING:
    from kaniko_split.detect.frames import Frame
    from kaniko_split.detect.loops import Loop


class Step(Struct, frozen=True, eq=False):
    """One top-level statement of a job's script.

    Attributes:
        number: Its position among the steps, from 0.
        span: Where it stands in the trace's text.
        item: The index of the script item that it stands in, or where it begins.
        last_item: The index of the item where it ends.
        statement: The statement itself.
        occurrence: The statement as it runs here.
        effects: What it does.
        build: What it builds, where no path through it makes more than one build.
        builds: How many builds a path through it can make.
        folder: The folder that it runs in, from the project's root; None where that is not known.
        leads_to: The folder that it leaves the shell in; None where that is not known.
        values: The words of the command, as far as they are known.
        chained: Whether `&&` joins it to the step before.
        beside: For a build, what the statement writes that is no output of the build.
        inside: For a build, the calls of the executor in the order of the text.
        stops_at_failure: Whether `set -e` is on, as GitLab has it from the start.
        fails_on: Whether it may end with another status than 0 and the script go on, where `set -e` is off.
        frame: The condition or group that it stands in, where that is divided.
        branch: The number of the frame's branch that it stands in.
        in_branch: What it overwrites for certain where its branch runs; `effects` says it only where that is no matter.
        partner: For the build of a later branch, the number of the build of the first one that it stands in for.
        calls: The function that the statement calls, or the path of the script that it runs; else empty.
        given: What that function or script is given.
        running: Whether a build of it may still run when the script goes on.
        second: Where in that script the second build stands: its path, its text and an offset in it.
    """

    number: int
    span: Span
    item: int
    last_item: int
    statement: Statement
    occurrence: Occurrence
    effects: Effects
    build: Build | None
    builds: float
    folder: str | None
    values: tuple[Value, ...]
    leads_to: str | None = None
    chained: bool = False
    beside: frozenset[Location] = NOWHERE
    inside: tuple[ExecutorCall, ...] = ()
    stops_at_failure: bool = True
    fails_on: bool = True
    frame: Frame | None = None
    branch: int = 0
    in_branch: frozenset[Location] = NOWHERE
    partner: int | None = None
    calls: str = ""
    given: tuple[str, ...] = ()
    running: BackgroundState = BackgroundState.NOTHING
    second: tuple[str, str, int] | None = None


class Trace(Struct, frozen=True, eq=False):
    """A job's whole script, joined as GitLab joins it.

    Attributes:
        items: The script items in the order in which they run.
        starts: For each item, the offset in the joined text at which it begins.
        script: The joined text, parsed; a loop over known words that builds is written out in it, turn by turn.
        steps: Its top-level statements.
        exported: The names that the script itself exports.
        builds: The most builds that one run of it makes.
        loop: The loop that is written out.
    """

    items: tuple[ScriptItem, ...]
    starts: tuple[int, ...]
    script: Script
    steps: tuple[Step, ...]
    exported: frozenset[str]
    builds: float = 0
    loop: Loop | None = None

    def item_at(self, offset: int) -> int:
        """Return the index of the item in which the character at `offset` of `script.text` is written."""
        return self.written_item_at(self._written_at(offset))

    def written_item_at(self, offset: int) -> int:
        """Return the index of the item with the character at `offset` of the text as it is written."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def offset_in(self, item: int, offset: int) -> int:
        """Return where in the text of an item the character at `offset` of `script.text` is written."""
        return self._written_at(offset) - self.starts[item]

    def is_divided_between_statements(self, statement: Statement) -> bool:
        """Tell whether each item of the script that begins inside of a statement begins with one of a list in it.

        Args:
            statement: A statement of `script`, at any depth; one within a loop that is written out is in one item.
        """
        span = statement.span
        first, last = self.item_at(span.start), self.item_at(max(span.start, span.end - 1))
        if first == last:
            return True
        if self.loop is not None or self.items[first].section is not self.items[last].section:
            return False
        if any(item.text.rstrip(" ").endswith("\\") for item in self.items[first:last]):
            return False
        from kaniko_split.shell.compounds import InseparableError, is_between_statements, without_comments

        bare = without_comments(self.script)
        try:
            return all(is_between_statements(statement, start, bare) for start in self.starts[first + 1 : last + 1])
        except InseparableError:
            return False

    def turn_of(self, step: Step) -> int | None:
        """Return the turn of the loop that the statement belongs to; None where it is outside of it."""
        return self.loop.turn_at(step.span.start) if self.loop is not None else None

    def _written_at(self, offset: int) -> int:
        return self.loop.written_at(offset) if self.loop is not None else offset
