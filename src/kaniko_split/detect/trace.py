"""What does each statement of a job do, in the order in which they run?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kaniko_split.detect.memory import Answers, Remembered, given_of
from kaniko_split.detect.steps import Step, Trace
from kaniko_split.detect.vocabulary import NO_WORDS, Vocabulary
from kaniko_split.flow.background import background_after
from kaniko_split.flow.builds import builds_inside, may_build, merged, second_build, side_writes
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.exits import UNBOUNDED, Exit, Paths, gives_up, most_builds
from kaniko_split.flow.loops import Level, levels_of
from kaniko_split.flow.lower import Lowered, lower_sequence
from kaniko_split.flow.occurrence import Occurrence, Role, Shape
from kaniko_split.flow.state import Assumed, Read, Setting, ShellState, itself, no_file
from kaniko_split.flow.tables import Variables
from kaniko_split.gitlab.script import ScriptItem, Section
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.locations import NOWHERE, File, Location, State, Variable, meeting
from kaniko_split.shell.parse import NestedTooDeepError, parse
from kaniko_split.shell.values import Value

if TYPE_CHECKING:
    from kaniko_split.detect.frames import Frame
    from kaniko_split.detect.loops import Loop

__all__ = ["Step", "Trace", "trace"]

# A loop of more turns is not written out.
_MOST_TURNS = 1000
_ASK = ("[ ", "test ", "case ")
_remembered = Remembered()


def trace(
    items: Sequence[ScriptItem],
    variables: Mapping[str, Value],
    words: Vocabulary = NO_WORDS,
    read: Read = no_file,
    real: Read = itself,
) -> Trace:
    """Follow the statements of a job's script from the first to the last.

    Args:
        items: `before_script` and `script`, in that order.
        variables: What the pipeline's `variables:` give the job.
        words: The user's own words for the executor, and for what runs it.
        read: Gives the text of a file of the repository, by name; None where there is none.
        real: Gives the name of what a path of the repository leads to over symbolic links; None for a place outside.

    Raises:
        ShellSyntaxError: The joined text is no shell script; its lines count from the first item's.
        LimitError: It runs too much to be followed to its end.
        MissingParserError: shfmt is not installed.
    """
    given = given_of(items, variables, words)
    known = _remembered.find(given, read, real)
    if known is not None:
        return replace(known, items=tuple(items))
    answers = Answers({}, {})
    try:
        made = _made(items, variables, words, answers.noting(answers.texts, read), answers.noting(answers.names, real))
    except RecursionError:
        raise NestedTooDeepError from None
    _remembered.keep(given, answers, made)
    return made


def _made(
    items: Sequence[ScriptItem], variables: Mapping[str, Value], words: Vocabulary, read: Read, real: Read
) -> Trace:
    starts: list[int] = []
    text = ""
    for item in items:
        starts.append(len(text))
        text += item.text if item.text.endswith("\n") else item.text + "\n"
    found = Trace(tuple(items), tuple(starts), parse(text), (), frozenset())
    setting = Setting(words.executors, words.own_words, read, frozenset(variables), programs=words.rows, real=real)
    state = ShellState(text, Variables(variables), "", setting)
    followed = _followed(found, state, opened=False)
    loop = _only_loop(followed)
    if loop is None and any(1 < step.builds < UNBOUNDED for step in followed.steps):
        # It may be in a condition.
        loop = _only_loop(_followed(found, state, opened=True))
    if loop is None:
        return followed
    turned = replace(found, script=parse(loop.text), loop=loop)
    return _followed(turned, replace(state, script=loop.text), opened=False)


_OPENED = frozenset({Shape.IF, Shape.GROUP, Shape.SUBSHELL})


def _followed(found: Trace, state: ShellState, *, opened: bool) -> Trace:
    """Return the trace with its steps."""
    run = lower_sequence(found.script.statements, state)
    steps = list(_Stepper(found, opened=opened).steps(run))
    steps = steps if opened else _less_certain(steps)
    builds = most_builds(run.paths)
    written = frozenset[Location]().union(*(step.effects.writes for step in steps))
    asks = any(word in found.script.text for word in _ASK)
    if asks and 1 < builds < UNBOUNDED and State.VARIABLES not in written:
        from kaniko_split.flow.exclusive import most_builds_of_one_run

        def count(assumed: Assumed) -> float:
            setting = replace(state.setting, assumed=assumed)
            return most_builds(lower_sequence(found.script.statements, replace(state, setting=setting)).paths)

        names = (place.name for place in written if isinstance(place, Variable))
        builds = most_builds_of_one_run(found.script, state.known, names, count)
    exported = frozenset[str]().union(*(step.effects.exports for step in steps), run.after.exported)
    return replace(found, steps=tuple(steps), exported=exported, builds=builds)


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


def _only_loop(found: Trace) -> Loop | None:
    """Return the only loop that builds, one image in each iteration, where it can be written out.

    The script's other builds are outside of it, each a command alone.
    """
    building = [step for step in found.steps if step.builds]
    loops = [(step, levels) for step in building if (levels := _levels(step))]
    if len(loops) != 1:
        return None
    step, levels = loops[0]
    turns = prod(len(level.values) for level in levels)
    if turns > _MOST_TURNS:
        return None
    alone = found.items[step.item].section is Section.SCRIPT and found.is_divided_between_statements(step.statement)
    if step.frame is not None and (len(step.frame.branches) > 1 or step.frame.is_subshell or len(building) > 1):
        return None
    if any(one is not step and (one.build is None or one.frame) for one in building):
        return None
    if not alone or turns < 2 or step.builds != turns:
        return None
    from kaniko_split.detect.loops import written_out

    return written_out(found.script, step.statement, levels)


def _levels(step: Step) -> tuple[Level, ...]:
    return levels_of(step.statement, step.occurrence.before) if step.occurrence.shape is Shape.LOOP else ()


class _Stepper:
    """Makes the steps of a script out of the occurrences of its statements."""

    def __init__(self, found: Trace, *, opened: bool) -> None:
        self._found = found
        self._opened = opened
        self._built = False

    def steps(self, run: Lowered) -> Iterator[Step]:
        number = 0
        for occurrence in run.occurrences:
            for step in self._of(occurrence, number, occurrence is run.occurrences[-1]):
                yield step
                number += 1

    def _of(self, occurrence: Occurrence, number: int, last: bool) -> list[Step]:  # noqa: FBT001 (a fact of the place)
        frame = self._frame(occurrence, last=last)
        if frame is not None:
            built = self._built
            framed = self._framed(frame, number)
            if framed is not None:
                return framed
            self._built = built
        links = [occurrence] if not last and self._stays_whole(occurrence) else _links(occurrence)
        return [replace(self._step(number + at, one), chained=at > 0) for at, one in enumerate(links)]

    def _stays_whole(self, occurrence: Occurrence) -> bool:
        """Tell whether a chain with commands behind it is one statement, which becomes a condition at a job's end."""
        return is_guard(occurrence) or (self._found.loop is None and is_answered_build(occurrence))

    def _step(self, number: int, occurrence: Occurrence) -> Step:
        found, statement = self._found, occurrence.statement
        effects, made = occurrence.effects, occurrence.builds
        inside = builds_inside(occurrence) if made == 1 else None
        values = occurrence.values
        if inside and (len(inside) > 1 or not isinstance(occurrence.call, Build)):
            values = tuple(value for one in inside for value in one.values)
        if made or self._built:
            effects = _with_exits(effects, occurrence.paths)
        self._built = self._built or bool(made)
        called = occurrence.call_kind is not None
        second = second_build(occurrence) if made > 1 else None
        return Step(
            number=number,
            span=statement.span,
            item=found.item_at(statement.span.start),
            last_item=found.item_at(max(statement.span.start, statement.span.end - 1)),
            statement=statement,
            occurrence=occurrence,
            effects=effects,
            build=merged([one.build for one in inside]) if inside else None,
            builds=made,
            folder=occurrence.before.folder,
            leads_to=occurrence.after.folder,
            values=values,
            beside=side_writes(occurrence) if inside else NOWHERE,
            inside=inside or (),
            stops_at_failure=occurrence.before.stops_at_failure,
            calls=occurrence.callee,
            given=tuple(value.text for value in occurrence.values[1:]) if called else (),
            running=background_after(occurrence),
            second=_where(second) if second is not None else None,
            fails_on=any(path.exit is Exit.FALSE for path in occurrence.paths),
        )

    def _frame(self, occurrence: Occurrence, *, last: bool) -> Frame | None:
        """Return the occurrence as a frame that is to be opened.

        What a subshell changes is gone after it; where nothing comes after it, that makes no difference.
        """
        if occurrence.shape not in _OPENED:
            return None
        span = occurrence.statement.span
        first, end = (self._found.item_at(at) for at in (span.start, span.end - 1))
        across = first != end and not self._found.is_divided_between_statements(occurrence.statement)
        if across or _is_decided(occurrence):
            return None
        if not self._opened:
            if self._found.items[first].section is not Section.SCRIPT:
                return None
            if occurrence.builds < 2 or (occurrence.shape is Shape.SUBSHELL and not last):
                return None
        from kaniko_split.detect.frames import frame_around

        return frame_around(occurrence)

    def _framed(self, frame: Frame, number: int) -> list[Step] | None:
        """Return the statements of a frame, or None where its builds cannot be told apart."""
        steps: list[Step] = []
        for branch, body in enumerate(frame.inside):
            for one in body:
                step = self._step(number + len(steps), one)
                effects = replace(
                    step.effects, reads=step.effects.reads | frame.reads, writes=step.effects.writes | frame.writes
                )
                steps.append(replace(step, effects=effects, frame=frame, branch=branch))
        if self._opened:
            return steps
        from kaniko_split.detect.variants import with_partners

        return with_partners(steps)


def is_guard(occurrence: Occurrence) -> bool:
    """Tell whether an occurrence is `TEST && BUILD`: where the test fails, there is no build, and the job goes on."""
    if not _is_plain_chain(occurrence):
        return False
    *heads, build = _all_links(occurrence)
    return _is_one_build(build) and _judges(heads) and not any(map(may_build, heads))


def is_answered_build(occurrence: Occurrence) -> bool:
    """Tell whether an occurrence is `BUILD && COMMAND`, with a test before it or none.

    Where the build fails, the job goes on. The command changes nothing that others read but what the build has left.
    """
    if not _is_plain_chain(occurrence):
        return False
    *heads, build, command = _all_links(occurrence)
    if not _is_one_build(build) or any(map(may_build, (*heads, command))) or (heads and not _judges(heads)):
        return False
    effects = command.effects
    plain = command.shape is Shape.COMMAND and not (command.statement.negated or command.statement.background)
    uncertain = effects.fails or effects.unknown or effects.leaves
    own = all(isinstance(place, File) for place in effects.writes) and meeting(effects.reads, build.effects.writes)
    return plain and not uncertain and bool(not effects.writes or own)


def _is_one_build(occurrence: Occurrence) -> bool:
    if occurrence.shape is Shape.TIMED and not occurrence.statement.negated:
        inner = tuple(occurrence.inner())
        return len(inner) == 1 and _is_one_build(inner[0])
    return occurrence.builds == 1 and occurrence.shape is Shape.COMMAND and not occurrence.statement.background


def _judges(occurrences: Sequence[Occurrence]) -> bool:
    return any(one.effects.fails or one.effects.unknown for one in occurrences)


def _where(build: Occurrence) -> tuple[str, str, int]:
    """Return where a build in a script is: the script's path, its text and an offset in it."""
    return build.before.calling[-1], build.before.script, build.statement.span.start


def _is_decided(occurrence: Occurrence) -> bool:
    """Tell whether a condition without builds has an answer that is certain: it does what that branch does."""
    if occurrence.shape is not Shape.IF or may_build(occurrence):
        return False
    return sum(part.role is Role.BRANCH for part in occurrence.parts) < 2


def _links(occurrence: Occurrence) -> list[Occurrence]:
    """Return a chain of `&&` with builds as its links.

    Any other occurrence stays whole: in `[ -n "$X" ] && Y=1` the two belong together.
    """
    return _all_links(occurrence) if _is_plain_chain(occurrence) and may_build(occurrence) else [occurrence]


def _all_links(occurrence: Occurrence) -> list[Occurrence]:
    if not _is_plain_chain(occurrence):
        return [occurrence]
    left, *right = occurrence.inner(Role.LEFT, Role.RIGHT)
    return [*_all_links(left), *right]


def _is_plain_chain(occurrence: Occurrence) -> bool:
    statement = occurrence.statement
    plain = not (statement.negated or statement.background or statement.redirects)
    return occurrence.shape is Shape.AND and plain


def _with_exits(effects: Effects, paths: Paths) -> Effects:
    """Say what a statement's paths say: an `exit 1` ends the job as a failing test does, others may be a success.

    What ends the job because a build has failed is no gate of its own.
    """
    ends = {path.exit for path in paths}
    leaves = bool(ends & {Exit.LEFT, Exit.RETURNED})
    return replace(effects, leaves=leaves, fails=effects.fails or gives_up(paths))
