"""What does each statement of a job do, in the order in which they run?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from math import prod

from kaniko_split.detect.calls import executor_call
from kaniko_split.detect.frames import Frame, frame_around
from kaniko_split.detect.inside import builds_inside, effects_of_kaniko, merged, written_beside
from kaniko_split.detect.loops import Level, Loop, levels_of, written_out
from kaniko_split.detect.partners import with_partners
from kaniko_split.detect.paths import (
    UNBOUNDED,
    Counting,
    End,
    Ways,
    most_builds,
    ways_through,
    ways_through_all,
)
from kaniko_split.detect.remembered import Remembered, given_of
from kaniko_split.detect.running import Running, running_after
from kaniko_split.detect.scripts import Read, Scripts, may_run, nothing, written_down
from kaniko_split.detect.statuses import failed_codes
from kaniko_split.detect.steps import Step, Trace
from kaniko_split.detect.vocabulary import NO_WORDS, Vocabulary
from kaniko_split.gitlab.script import ScriptItem, Section
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.branches import answer_of
from kaniko_split.shell.effects import Effects, effects_of
from kaniko_split.shell.knowledge import Inside, Kind, Surroundings, after, inside_of_call
from kaniko_split.shell.locations import NOWHERE, File, Location, State, Variable, meeting
from kaniko_split.shell.nodes import Call, Chain, Declaration, For, Group, If, Script, Statement
from kaniko_split.shell.parse import parse
from kaniko_split.shell.values import Value
from kaniko_split.shell.walk import known_after, known_after_certain
from kaniko_split.source.patterns import Pattern

__all__ = ["Step", "Trace", "opened", "trace"]

_STOPS_AT_FAILURE = Pattern(r"[-+][a-z]*e[a-z]*$")
_EXPORTS_ALL = Pattern(r"-[a-z]*a[a-z]*$|allexport$")
_ASK = ("[ ", "test ", "case ")
_remembered = Remembered()


def trace(
    items: Sequence[ScriptItem],
    variables: Mapping[str, Value],
    words: Vocabulary = NO_WORDS,
    read: Read = nothing,
    *,
    opened: bool = False,
) -> Trace:
    """Follow the statements of a job's script from the first to the last.

    Args:
        items: `before_script` and `script`, in that order.
        variables: What the pipeline's `variables:` give the job.
        words: The user's own words for the executor, and for what runs it.
        read: Gives the text of a file of the repository, by name; None where there is none.
        opened: Whether every condition and group is to be opened, not only those around several builds.

    Raises:
        ShellSyntaxError: The joined text is no shell script; its lines count from the first item's.
        MissingParserError: shfmt is not installed.
    """
    given = given_of(items, variables, words, opened=opened)
    known = _remembered.find(given, read)
    if known is not None:
        return replace(known, items=tuple(items))
    answers: dict[str, str | None] = {}

    def asked(name: str) -> str | None:
        answers[name] = read(name)
        return answers[name]

    made = _made(items, variables, words, asked, opened=opened)
    _remembered.keep(given, answers, made)
    return made


def _made(
    items: Sequence[ScriptItem], variables: Mapping[str, Value], words: Vocabulary, read: Read, *, opened: bool
) -> Trace:
    starts: list[int] = []
    text = ""
    for item in items:
        starts.append(len(text))
        text += item.text if item.text.endswith("\n") else item.text + "\n"
    found = Trace(tuple(items), tuple(starts), parse(text), (), frozenset())
    follower = _Follower(found.script, dict(variables), words, read)
    followed = _followed(found, follower, opened=opened)
    loop = _only_loop(followed, follower)
    if loop is None and not opened and any(1 < step.builds < UNBOUNDED for step in followed.steps):
        # It may stand in a condition.
        follower = _Follower(found.script, dict(variables), words, read)
        loop = _only_loop(_followed(found, follower, opened=True), follower)
    if loop is None:
        return followed
    turned = replace(found, script=parse(loop.text), loop=loop)
    return _followed(turned, _Follower(turned.script, dict(variables), words, read), opened=opened)


def opened(found: Trace, variables: Mapping[str, Value], words: Vocabulary = NO_WORDS, read: Read = nothing) -> Trace:
    """Return a trace with every condition and group opened: the very same where there is none.

    Args:
        found: What `trace` returned.
        variables: What it was given.
        words: What it was given.
        read: What it was given.
    """
    if not any(isinstance(one.command, Group | If) for one in found.script.statements):
        return found
    return trace(found.items, variables, words, read, opened=True)


def _followed(found: Trace, follower: _Follower, *, opened: bool) -> Trace:
    """Return the trace with its steps."""
    steps: list[Step] = []
    for statement in found.script.statements:
        frame = follower.frame(statement, found, opened=opened)
        if frame is not None:
            inside = copy(follower)
            framed = inside.steps_in(frame, len(steps), found, paired=not opened)
            if framed is not None:
                follower = inside
                steps.extend(framed)
                continue
        for one, chained in _links(statement, follower):
            steps.append(replace(follower.step(len(steps), one, found), chained=chained))
    steps = steps if opened else _less_certain(steps)
    counting = Counting(follower.start, follower.extra)
    builds = most_builds(ways_through_all(found.script.statements, counting)) if any(s.builds for s in steps) else 0
    written = frozenset[Location]().union(*(step.effects.writes for step in steps))
    asks = any(word in found.script.text for word in _ASK)
    if asks and 1 < builds < UNBOUNDED and State.VARIABLES not in written:
        from kaniko_split.detect.exclusive import most_builds_of_one_run

        names = (place.name for place in written if isinstance(place, Variable))
        builds = most_builds_of_one_run(found.script, counting, names)
    return replace(found, steps=tuple(steps), exported=frozenset(follower.exported), builds=builds)


def _less_certain(steps: list[Step]) -> list[Step]:
    """Return the steps, those of a frame as what may not run at all where anything but them depends on it."""
    return [
        replace(step, effects=replace(step.effects, overwrites=NOWHERE), in_branch=step.effects.overwrites)
        if step.frame is not None and (len(step.frame.branches) > 1 or _is_used_behind(step, steps))
        else step
        for step in steps
    ]


def _is_used_behind(step: Step, steps: list[Step]) -> bool:
    """Tell whether a statement behind the frame may use what one in it has set."""
    return any(
        one.frame is not step.frame and (not one.effects.prints or meeting(step.effects.overwrites, one.effects.reads))
        for one in steps[step.number :]
    )


def _only_loop(found: Trace, follower: _Follower) -> Loop | None:
    """Return the only loop that builds, one image in each turn, where it can be written out.

    The script's other builds stand outside of it, each a command by itself.
    """
    building = [step for step in found.steps if step.builds]
    loops = [step for step in building if step.number in follower.lists]
    if len(loops) != 1:
        return None
    step, levels = loops[0], follower.lists[loops[0].number]
    turns = prod(len(level.values) for level in levels)
    alone = found.items[step.item].section is Section.SCRIPT and found.is_divided_between_statements(step.statement)
    if step.frame is not None and (len(step.frame.branches) > 1 or step.frame.is_subshell or len(building) > 1):
        return None
    if any(one is not step and (one.build is None or one.frame) for one in building):
        return None
    if not alone or turns < 2 or step.builds != turns:
        return None
    return written_out(found.script, step.statement, levels)


def _links(statement: Statement, follower: _Follower) -> list[tuple[Statement, bool]]:
    """Return a chain of `&&` with builds as its links, each with whether `&&` stands before it.

    Any other statement stays whole: in `[ -n "$X" ] && Y=1` the two belong together.
    """
    command = statement.command
    plain = not (statement.negated or statement.background or statement.redirects)
    if plain and isinstance(command, Chain) and command.operator == "&&" and follower.may_build(statement):
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

    def __init__(self, script: Script, known: dict[str, Value], words: Vocabulary, read: Read) -> None:
        self._text = script.text
        self.extra = extra = words.executors
        self.exported: set[str] = set()
        self._written: dict[Location, str] = {}
        self._made: dict[str, str] = {}
        exported, written, made = self.exported, self._written, self._made
        self._scripts = Scripts(read, ("executor", *extra), lambda: {*known, *exported}, lambda: written, lambda: made)
        self.start = self._here = Surroundings(
            script.text,
            known,
            "",
            program=lambda one, here: effects_of_kaniko(one, here, extra),
            scripts=self._scripts.inside,
            through=known_after_certain,
            wrappers=words.own_words,
        )
        self.lists: dict[int, tuple[Level, ...]] = {}
        self._sourced = False
        self._exports_all = False
        self._stops_at_failure = True
        self._built = False
        self._codes: frozenset[str] = frozenset()

    def step(self, number: int, statement: Statement, found: Trace) -> Step:
        here = self._here
        effects = effects_of(statement, here)
        if self._sourced and effects.unknown:
            # It may be a function of the sourced file, which sees every variable and may change it.
            every = frozenset[Location]({State.VARIABLES})
            effects = replace(effects, reads=effects.reads | every, writes=effects.writes | every)
        ways = ways_through(statement, Counting(here, self.extra, codes=self._codes))
        made = most_builds(ways)
        inside = builds_inside(statement, here, self.extra) if made == 1 else None
        called = inside_of_call(statement, here) if isinstance(statement.command, Call) else None
        values = here.values(statement)
        beside = NOWHERE
        if inside:
            beside = written_beside(statement, here, self.extra)
            if len(inside) > 1 or not isinstance(executor_call(statement, here, self.extra), Build):
                values = tuple(value for one in inside for value in one.values)
        if made or self._built:
            effects = _with_endings(effects, ways)
        self._built = self._built or bool(made)
        if made and isinstance(statement.command, For) and statement.command.items is not None:
            self.lists[number] = levels_of(statement, self._text, here.known)
        self._learn(statement, effects, values)
        self._note_written(statement, effects, here)
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
            leads_to=self._here.folder,
            values=values,
            beside=beside,
            inside=inside or (),
            stops_at_failure=self._stops_at_failure,
            calls=called.name if called is not None else "",
            given=tuple(value.text for value in here.values(statement)[1:]) if called is not None else (),
            running=running_after(statement, here, self.extra) if made else Running.NOTHING,
            second=self._second_of(called) if called is not None and made > 1 else None,
            fails_on=any(way.end is End.FALSE for way in ways),
        )

    def _note_written(self, statement: Statement, effects: Effects, here: Surroundings) -> None:
        """Keep which files a statement gives content, and what it writes out in full."""
        spans = [statement.span, *(one.body.span for one in statement.redirects if one.body)]
        for place in effects.alters:
            if isinstance(place, File):
                texts = [self._text[span.start : span.end] for span in spans]
                self._written[place] = "\n".join((self._written.get(place, ""), *texts))
                self._made.pop(place.path, None)
        if (made := written_down(statement, here)) is not None:
            path, text = made
            self._made[path] = text

    def may_build(self, statement: Statement) -> bool:
        """Tell whether a statement may hold a build, from its text alone or from where it runs."""
        text = self._text[statement.span.start : statement.span.end]
        named = may_run((text,), self._scripts.read, self._scripts.words)
        return named or most_builds(ways_through(statement, Counting(self._here, self.extra))) > 0

    def _second_of(self, called: Inside) -> tuple[str, str, int] | None:
        """Return where the second build stands in a script that makes several."""
        command = called.body.command
        if called.kind is Kind.FUNCTION or not isinstance(command, Group):
            return None
        made, here = 0.0, called.here
        for one in command.statements:
            more = most_builds(ways_through(one, Counting(here, self.extra)))
            made += more
            if made > 1:
                deeper = inside_of_call(one, here) if more > 1 else None
                found = self._second_of(deeper) if deeper is not None else None
                return found or (called.name, here.script, one.span.start)
            here = after(one, effects_of(one, here).writes, here)
        return None

    def frame(self, statement: Statement, found: Trace, *, opened: bool) -> Frame | None:
        """Return the statement as a frame that is to be opened.

        What a subshell changes is gone after it; where nothing comes after it, that makes no difference.
        """
        first, last = (found.item_at(at) for at in (statement.span.start, statement.span.end - 1))
        if self._is_decided(statement) or (first != last and not found.is_divided_between_statements(statement)):
            return None
        if not opened:
            if found.items[first].section is not Section.SCRIPT:
                return None
            confined = isinstance(statement.command, Group) and statement.command.subshell
            made = most_builds(ways_through(statement, Counting(self._here, self.extra)))
            if made < 2 or (confined and statement is not found.script.statements[-1]):
                return None
        return frame_around(statement, self._here, self.extra)

    def _is_decided(self, statement: Statement) -> bool:
        """Tell whether a condition without builds has an answer that is certain: it does what that branch does."""
        command = statement.command
        if not isinstance(command, If) or not command.condition:
            return False
        there = known_after(command.condition[:-1], self._here)
        return answer_of(command.condition[-1], there) is not None and not self.may_build(statement)

    def steps_in(self, frame: Frame, number: int, found: Trace, *, paired: bool) -> list[Step] | None:
        """Return the statements of a frame, or None where its builds cannot be told apart.

        Args:
            frame: The frame.
            number: The number of the first step.
            found: The trace that is made.
            paired: Whether the builds of later branches are to be those of the first one in other clothes.
        """
        entry = self._here
        there = known_after((one for condition in frame.conditions for one in condition), self._here)
        steps: list[Step] = []
        for branch, body in enumerate(frame.branches):
            self._here, self._codes = there, failed_codes(frame.conditions[branch])
            for one in body:
                step = self.step(number + len(steps), one, found)
                effects = replace(step.effects, reads=step.effects.reads | frame.reads)
                steps.append(replace(step, effects=effects, frame=frame, branch=branch))
        self._here, self._codes = after(frame.statement, effects_of(frame.statement, entry).writes, entry), frozenset()
        return with_partners(steps) if paired else steps

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
