"""What does each statement of a job do, in the order in which they run?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kaniko_split.detect.calls import executor_call
from kaniko_split.detect.inside import Found, builds_inside, effects_of_build, merged, written_beside
from kaniko_split.detect.loops import Loop, written_out
from kaniko_split.detect.paths import Counting, End, Ways, most_builds, ways_through, ways_through_all
from kaniko_split.gitlab.script import ScriptItem, Section
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.effects import Effects, effects_of
from kaniko_split.shell.knowledge import Surroundings, after
from kaniko_split.shell.locations import NOWHERE, Location, State
from kaniko_split.shell.nodes import Call, Chain, Declaration, For, Script, Statement
from kaniko_split.shell.parse import parse
from kaniko_split.shell.words import Value, values_of_words
from kaniko_split.source.text import Span

_STOPS_AT_FAILURE = re.compile(r"[-+][a-z]*e[a-z]*$")
_EXPORTS_ALL = re.compile(r"-[a-z]*a[a-z]*$|allexport$")


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One top-level statement of a job's script.

    Attributes:
        number: Its position among the steps, from 0.
        span: Where it stands in the trace's text.
        item: The index of the script item that it stands in, or where it begins.
        last_item: The index of the item where it ends.
        statement: The statement itself.
        effects: What it does.
        build: What it builds, where no path through it makes more than one build.
        builds: How many builds a path through it can make.
        folder: The folder that it runs in, from the project's root; None where that is not known.
        values: The words of the command, as far as they are known.
        chained: Whether `&&` joins it to the step before.
        beside: For a build, what the statement writes that is no output of the build.
        inside: For a build, the calls of the executor in the order of the text.
        stops_at_failure: Whether `set -e` is on, as GitLab has it from the start.
    """

    number: int
    span: Span
    item: int
    last_item: int
    statement: Statement
    effects: Effects
    build: Build | None
    builds: float
    folder: str | None
    values: tuple[Value, ...]
    chained: bool = False
    beside: frozenset[Location] = NOWHERE
    inside: tuple[Found, ...] = ()
    stops_at_failure: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
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
        written = self._written_at(offset)
        index = 0
        for number, start in enumerate(self.starts):
            if start <= written:
                index = number
        return index

    def offset_in(self, item: int, offset: int) -> int:
        """Return where in the text of an item the character at `offset` of `script.text` is written."""
        return self._written_at(offset) - self.starts[item]

    def turn_of(self, step: Step) -> int | None:
        """Return the turn of the loop that the statement belongs to; None where it is outside of it."""
        return self.loop.turn_at(step.span.start) if self.loop is not None else None

    def _written_at(self, offset: int) -> int:
        return self.loop.written_at(offset) if self.loop is not None else offset


def trace(items: Sequence[ScriptItem], variables: Mapping[str, Value], extra: Sequence[str] = ()) -> Trace:
    """Follow the statements of a job's script from the first to the last.

    Args:
        items: `before_script` and `script`, in that order.
        variables: What the pipeline's `variables:` give the job.
        extra: Further command words that are to count as the executor.

    Raises:
        ShellSyntaxError: The joined text is no shell script; its lines count from the first item's.
        MissingParserError: shfmt is not installed.
    """
    starts: list[int] = []
    text = ""
    for item in items:
        starts.append(len(text))
        text += item.text if item.text.endswith("\n") else item.text + "\n"
    found = Trace(tuple(items), tuple(starts), parse(text), (), frozenset())
    follower = _Follower(found.script, dict(variables), tuple(extra))
    followed = _followed(found, follower)
    loop = _only_loop(followed, follower)
    if loop is None:
        return followed
    turned = replace(found, script=parse(loop.text), loop=loop)
    return _followed(turned, _Follower(turned.script, dict(variables), tuple(extra)))


def _followed(found: Trace, follower: _Follower) -> Trace:
    """Return the trace with its steps."""
    links = [link for one in found.script.statements for link in _links(one, found.script.text)]
    steps = tuple(
        replace(follower.step(number, one, found), chained=chained) for number, (one, chained) in enumerate(links)
    )
    counting = Counting(follower.start, follower.extra)
    builds = most_builds(ways_through_all(found.script.statements, counting)) if any(s.builds for s in steps) else 0
    return replace(found, steps=steps, exported=frozenset(follower.exported), builds=builds)


def _only_loop(found: Trace, follower: _Follower) -> Loop | None:
    """Return the loop that makes all of a script's builds, one in each turn, where it can be written out."""
    building = [step for step in found.steps if step.builds]
    if len(building) != 1 or building[0].number not in follower.lists:
        return None
    step, values = building[0], follower.lists[building[0].number]
    alone = step.item == step.last_item and found.items[step.item].section is Section.SCRIPT
    if not alone or len(values) < 2 or step.builds != len(values):
        return None
    return written_out(found.script, step.statement, values)


def _links(statement: Statement, text: str) -> list[tuple[Statement, bool]]:
    """Return a chain of `&&` with builds as its links, each with whether `&&` stands before it.

    Any other statement stays whole: in `[ -n "$X" ] && Y=1` the two belong together.
    """
    command = statement.command
    plain = not (statement.negated or statement.background or statement.redirects)
    builds = text.count("executor", statement.span.start, statement.span.end)
    if plain and builds and isinstance(command, Chain) and command.operator == "&&":
        return [*_all_links(command.left), (command.right, True)]
    return [(statement, False)]


def _all_links(statement: Statement) -> list[tuple[Statement, bool]]:
    command = statement.command
    plain = not (statement.negated or statement.background or statement.redirects)
    if plain and isinstance(command, Chain) and command.operator == "&&":
        return [*_all_links(command.left), (command.right, True)]
    return [(statement, False)]


class _Follower:
    """Carries what is known from one statement to the next."""

    def __init__(self, script: Script, known: dict[str, Value], extra: tuple[str, ...]) -> None:
        self._text = script.text
        self.extra = extra
        self.start = self._here = Surroundings(
            script.text, known, "", program=lambda one, here: effects_of_build(one, here, extra)
        )
        self.exported: set[str] = set()
        self.lists: dict[int, tuple[Value, ...]] = {}
        self._sourced = False
        self._exports_all = False
        self._stops_at_failure = True
        self._built = False

    def step(self, number: int, statement: Statement, found: Trace) -> Step:
        here = self._here
        effects = effects_of(statement, here)
        if self._sourced and effects.unknown:
            # It may be a function of the sourced file, which sees every variable and may change it.
            every = frozenset[Location]({State.VARIABLES})
            effects = replace(effects, reads=effects.reads | every, writes=effects.writes | every)
        ways = ways_through(statement, Counting(here, self.extra))
        made = most_builds(ways)
        inside = builds_inside(statement, here, self.extra) if made == 1 else None
        values = here.values(statement)
        beside = NOWHERE
        if inside:
            beside = written_beside(statement, here, self.extra)
            if len(inside) > 1 or not isinstance(executor_call(statement, self._text, here.known, self.extra), Build):
                values = tuple(value for one in inside for value in one.values)
        if made or self._built:
            effects = _with_endings(effects, ways)
        self._built = self._built or bool(made)
        if made and isinstance(statement.command, For) and statement.command.items is not None:
            self.lists[number] = values_of_words(statement.command.items, self._text, here.known)
        self._learn(statement, effects, values)
        return Step(
            number=number,
            span=statement.span,
            item=found.item_at(statement.span.start),
            last_item=found.item_at(max(statement.span.start, statement.span.end - 1)),
            statement=statement,
            effects=effects,
            build=merged([one.build for one in inside]) if inside else None,
            builds=made,
            folder=here.folder,
            values=values,
            beside=beside,
            inside=inside or (),
            stops_at_failure=self._stops_at_failure,
        )

    def _learn(self, statement: Statement, effects: Effects, values: tuple[Value, ...]) -> None:
        self.exported |= effects.exports
        texts = tuple(value.text for value in values)
        if texts[:1] == ("set",):
            self._exports_all = self._exports_all or any(_EXPORTS_ALL.match(text) for text in texts[1:])
            for sign, option in zip(texts[1:], (*texts[2:], ""), strict=True):
                if _STOPS_AT_FAILURE.match(sign) or (sign in {"-o", "+o"} and option == "errexit"):
                    self._stops_at_failure = sign.startswith("-")
        match statement.command:
            case Call(assignments=assignments, words=()) | Declaration(assignments=assignments):
                if self._exports_all:
                    self.exported |= {one.name for one in assignments if one.value is not None}
        self._sourced = self._sourced or State.VARIABLES in effects.writes
        self._here = after(statement, effects.writes, self._here)


def _with_endings(effects: Effects, ways: Ways) -> Effects:
    """Say what a statement's ways say: an `exit 1` ends the job as a failing test does, other ends may be a success.

    What ends the job because a build has failed is no gate of its own.
    """
    ends = {way.end for way in ways}
    gate = any(way.end is End.DIED and not way.build_failed for way in ways)
    return replace(effects, leaves=bool(ends & {End.LEFT, End.RETURNED}), fails=effects.fails or gate)
