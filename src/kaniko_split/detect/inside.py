"""What does a statement build, and what does it do beside that?

A statement in which the executor is called within a condition, a pipe, a group or a function goes to its job as a
whole. So it counts as one build as long as each of its paths makes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kaniko_split.detect.calls import executor_call, hides_executor
from kaniko_split.detect.paths import Counting, End, ways_through_all
from kaniko_split.kaniko.command import Build
from kaniko_split.kaniko.leftovers import makes_workspace, removes_leftovers
from kaniko_split.shell.effects import Effects, effects_of
from kaniko_split.shell.knowledge import Surroundings
from kaniko_split.shell.locations import Location, State, Variable, file_at
from kaniko_split.shell.nodes import Call, Chain, If, Statement, While
from kaniko_split.shell.values import Value
from kaniko_split.shell.walk import known_after, walk, walk_all

_ON = frozenset({End.TRUE, End.FALSE})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Found:
    """One call of the executor inside of a statement.

    Attributes:
        build: What it builds.
        values: Its words, as far as they are known.
        folder: The folder that it runs in, from the project's root; None where that is not known.
        inherited: What the variables hold that `--build-arg NAME` passes on, as far as that is known.
    """

    build: Build
    values: tuple[Value, ...]
    folder: str | None
    inherited: tuple[str, ...] = ()


def builds_inside(statement: Statement, here: Surroundings, extra: Sequence[str] = ()) -> tuple[Found, ...] | None:
    """Return the builds in the order of the text; None where one may be hidden from us."""
    found: list[Found] = []
    for one, there in walk(statement, here):
        call = executor_call(one, there, extra)
        if isinstance(call, Build):
            known = tuple(there.known[name].text for name in call.inherited_build_arguments if name in there.known)
            found.append(Found(call, there.values(one), there.folder, known))
        elif call is None and hides_executor(one, there) and not _calls_function(one, there):
            return None
    return tuple(found)


def _calls_function(statement: Statement, here: Surroundings) -> bool:
    values = here.values(statement)
    return bool(values) and values[0].text in here.functions


def merged(builds: Sequence[Build]) -> Build:
    """Return several builds of which one run makes one, as one: the first gives its name, all give their effects."""
    first, *others = builds
    if not others:
        return first
    caches = {one.cache for one in builds}
    return replace(
        first,
        destinations=tuple(dict.fromkeys(place for one in builds for place in one.destinations)),
        build_arguments=tuple(dict.fromkeys(text for one in builds for text in one.build_arguments)),
        written=tuple(dict.fromkeys(path for one in builds for path in one.written)),
        flags=tuple(dict.fromkeys(flag for one in builds for flag in one.flags)),
        cache=True if True in caches else None if None in caches else False,
        no_push=False if any(one.no_push is False for one in builds) else first.no_push,
        asks_no_push=all(one.asks_no_push for one in builds),
        registry_maps=tuple(dict.fromkeys(text for one in builds for text in one.registry_maps)),
        context=first.context if len({one.context for one in builds}) == 1 else None,
    )


def effects_of_kaniko(statement: Statement, here: Surroundings, extra: Sequence[str] = ()) -> Effects | None:
    """Return what a statement does that runs the executor to build, or cleans up behind it; None for any other.

    A build reads every file and writes what its flags promise. What the executor has left behind is not there in a
    container of its own, so taking it away does nothing.
    """
    texts = tuple(value.text for value in here.values(statement))
    if (removes_leftovers(texts) or makes_workspace(texts)) and not statement.redirects:
        return Effects()
    build = executor_call(statement, here, extra)
    if not isinstance(build, Build):
        return None
    promised = frozenset[Location](file_at(path, here.folder) for path in build.written)
    names = frozenset[Location](Variable(one) for one in build.inherited_build_arguments)
    everything = frozenset[Location]({State.FILES, State.FOLDER, State.OPTIONS})
    return Effects(reads=everything | names, writes=promised, leaves=texts[:1] == ("exec",))


def written_beside(statement: Statement, here: Surroundings, extra: Sequence[str] = ()) -> frozenset[Location]:
    """Return what a statement that builds writes and the build's output does not hold.

    What the executor writes, what is piped or redirected from it, and what is written when it has succeeded or
    failed, is its output. What is written only where the script ends is of no use to anybody.
    """
    # The process of a build in the background is what it is told by.
    outputs = set[Location]({Variable("!")})
    for one, there in walk(statement, here):
        if isinstance(one.command, Call):
            if executor_call(one, there, extra) is not None:
                outputs |= effects_of(one, there).writes
            continue
        outputs |= _written_at_the_end(one, there, extra) | _written_upon_it(one, there, extra)
        piped = isinstance(one.command, Chain) and one.command.operator in {"|", "|&"}
        if (piped or one.redirects) and builds_inside(one, there, extra):
            written = effects_of(one, there).writes if piped else _redirected(one, there)
            outputs |= {place for place in written if not isinstance(place, Variable)}
    return effects_of(statement, here).writes - frozenset(outputs)


def _written_upon_it(statement: Statement, here: Surroundings, extra: Sequence[str]) -> frozenset[Location]:
    """Return what is written because a build has succeeded, or has failed."""
    first: tuple[Statement, ...] = ()
    then: tuple[Statement, ...] = ()
    match statement.command:
        case Chain(operator="&&" | "||", left=left, right=right):
            first, then = (left,), (right,)
        case If(condition=condition, then=one, otherwise=other):
            first, then = condition, (*one, *other)
        case While(condition=condition, body=body):
            first, then = condition, body
    if not any(isinstance(executor_call(one, there, extra), Build) for one, there in walk_all(first, here)):
        return frozenset()
    there = known_after(first, here)
    written = frozenset(place for one in _effects(then, there) for place in one.writes)
    # In which folder the shell is left, and how it is set, is no output: every later statement depends on it.
    return written - {State.FOLDER, State.OPTIONS}


def _redirected(statement: Statement, here: Surroundings) -> frozenset[Location]:
    return effects_of(replace(statement, command=None), here).writes


def _written_at_the_end(statement: Statement, here: Surroundings, extra: Sequence[str]) -> frozenset[Location]:
    """Return what is written on ways that only lead out of the script."""
    counting = Counting(here, extra)
    written = set[Location]()
    match statement.command:
        case Chain(operator="&&" | "||", left=left, right=right):
            there = known_after((left,), here)
            if _never_goes_on((right,), replace(counting, here=there, failed=True)):
                written |= effects_of(right, there).writes
        case If(condition=condition, then=then, otherwise=otherwise):
            there = known_after(condition, here)
            for branch in (then, otherwise):
                if branch and _never_goes_on(branch, replace(counting, here=there, failed=True)):
                    written |= {place for one in _effects(branch, there) for place in one.writes}
    return frozenset(written)


def _effects(statements: Iterable[Statement], here: Surroundings) -> Iterator[Effects]:
    for statement in statements:
        yield effects_of(statement, here)
        here = known_after((statement,), here)


def _never_goes_on(statements: tuple[Statement, ...], counting: Counting) -> bool:
    ways = ways_through_all(statements, counting)
    return not any(way.end in _ON for way in ways)
