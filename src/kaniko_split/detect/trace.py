"""What does each statement of a job do, in the order in which they run?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kaniko_split.detect.calls import executor_call
from kaniko_split.detect.loops import Loop, written_out
from kaniko_split.detect.paths import Counting, builds_in
from kaniko_split.gitlab.script import ScriptItem, Section
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.effects import Effects, Surroundings, effects_of
from kaniko_split.shell.locations import Location, State, Variable, file_at
from kaniko_split.shell.nodes import Assignment, Call, Chain, Declaration, For, Function, Script, Statement
from kaniko_split.shell.parse import parse
from kaniko_split.shell.words import Value, value_of_word, values_of_words
from kaniko_split.source.text import Span

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
        build: What it builds, where it is a simple command that runs the executor.
        builds: How many builds a path through it can make.
        folder: The folder that it runs in, from the project's root; None where that is not known.
        values: The words of the command, as far as they are known.
        chained: Whether `&&` joins it to the step before.
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


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A job's whole script, joined as GitLab joins it.

    Attributes:
        items: The script items in the order in which they run.
        starts: For each item, the offset in the joined text at which it begins.
        script: The joined text, parsed; a loop over known words that builds is written out in it, turn by turn.
        steps: Its top-level statements.
        exported: The names that the script itself exports.
        loop: The loop that is written out.
    """

    items: tuple[ScriptItem, ...]
    starts: tuple[int, ...]
    script: Script
    steps: tuple[Step, ...]
    exported: frozenset[str]
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
    return replace(found, steps=steps, exported=frozenset(follower.exported))


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
        self._known = known
        self._counting = Counting(script.text, known, extra=extra)
        self._folder: str | None = ""
        self._folder_before: str | None = None
        self._functions: dict[str, Effects] = {}
        self.exported: set[str] = set()
        self.lists: dict[int, tuple[Value, ...]] = {}
        self._sourced = False
        self._exports_all = False

    def step(self, number: int, statement: Statement, found: Trace) -> Step:
        here = Surroundings(self._text, self._known, self._folder, self._functions)
        effects = effects_of(statement, here)
        if self._sourced and effects.unknown:
            # It may be a function of the sourced file, which sees every variable and may change it.
            every = frozenset[Location]({State.VARIABLES})
            effects = replace(effects, reads=effects.reads | every, writes=effects.writes | every)
        build = executor_call(statement, self._text, self._known, self._counting.extra)
        folder = self._folder
        values: tuple[Value, ...] = ()
        if isinstance(statement.command, Call):
            values = values_of_words(statement.command.words, self._text, self._known)
        if isinstance(build, Build):
            effects = _build_effects(effects, build, folder)
        made = builds_in((statement,), self._counting)
        if made and isinstance(statement.command, For) and statement.command.items is not None:
            self.lists[number] = values_of_words(statement.command.items, self._text, self._known)
        self._learn(statement, effects, values)
        return Step(
            number=number,
            span=statement.span,
            item=found.item_at(statement.span.start),
            last_item=found.item_at(max(statement.span.start, statement.span.end - 1)),
            statement=statement,
            effects=effects,
            build=build if isinstance(build, Build) else None,
            builds=made,
            folder=folder,
            values=values,
        )

    def _learn(self, statement: Statement, effects: Effects, values: tuple[Value, ...]) -> None:
        self.exported |= effects.exports
        texts = tuple(value.text for value in values)
        if texts[:1] == ("set",) and any(_EXPORTS_ALL.match(text) for text in texts[1:]):
            self._exports_all = True
        match statement.command:
            case Call(assignments=assignments, words=()):
                self._assign(assignments)
                return
            case Declaration(assignments=assignments):
                self._assign(one for one in assignments if one.value is not None)
                return
            case Function(name=name, body=body):
                # Where and with which values it will be called, nobody knows yet.
                anywhere = Surroundings(self._text, {}, None, self._functions)
                self._functions[name] = effects_of(body, anywhere)
                return
        if State.VARIABLES in effects.writes:
            self._known.clear()
            self._sourced = True
        for place in effects.writes:
            if isinstance(place, Variable):
                self._known.pop(place.name, None)
        if State.FOLDER in effects.writes:
            self._move(values)

    def _assign(self, assignments: Iterable[Assignment]) -> None:
        for one in assignments:
            self._assign_one(one)

    def _assign_one(self, one: Assignment) -> None:
        if self._exports_all:
            self.exported.add(one.name)
        for name, value in list(self._known.items()):
            # What was known in terms of the old value is known no longer.
            if not value.exact and re.search(rf"\$\{{?{re.escape(one.name)}\b", value.text):
                del self._known[name]
        if one.appends or one.indexed or one.value is None:
            self._known.pop(one.name, None)
            return
        value = value_of_word(one.value, self._text, self._known)
        # A value that names itself (`X=$X-1`) or a command's output is known by its name only.
        if value.exact or not ("$(" in value.text or "`" in value.text or f"${one.name}" in value.text):
            self._known[one.name] = replace(value, splits=not value.exact and value.splits)
        else:
            self._known.pop(one.name, None)

    def _move(self, values: tuple[Value, ...]) -> None:
        texts = tuple(value.text for value in values)
        target: str | None = None
        if texts == ("cd", "-"):
            target = self._folder_before
        elif len(texts) == 2 and texts[0] == "cd":
            place = file_at(texts[1], self._folder)
            path: str | None = getattr(place, "path", None)
            target = None if path is None or "$" in path or path.startswith("~") else posixpath.normpath(path)
            target = "" if target == "." else target
        self._folder_before, self._folder = self._folder, target


def _build_effects(effects: Effects, build: Build, folder: str | None) -> Effects:
    """Return what running the executor does: it reads every file and writes what its flags promise."""
    promised = frozenset[Location](file_at(path, folder) for path in build.written)
    names = frozenset[Location](Variable(one) for one in build.inherited_build_arguments)
    everything: frozenset[Location] = frozenset({State.FILES, State.FOLDER, State.OPTIONS})
    return replace(
        effects,
        reads=effects.reads - {State.FILES} | everything | names,
        writes=effects.writes - {State.FILES} | promised,
        unknown=False,
        prints=False,
        acts=False,
        fails=False,
    )
