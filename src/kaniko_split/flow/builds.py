"""Which builds are inside an occurrence, and what else does it do?

An occurrence in which the executor is called within a condition, a pipe, a group or a function goes to its job as a
whole. So it counts as one build as long as each of its paths makes one.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.flow import exits
from kaniko_split.flow.occurrence import CallKind, Occurrence, Role, Shape
from kaniko_split.flow.redirects import redirected_to
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.locations import Location, State, Variable
from kaniko_split.shell.values import Value


class ExecutorCall(Struct, frozen=True, eq=False):
    """One call of the executor.

    Attributes:
        build: What it builds.
        values: Its words, as far as they are known.
        folder: The working directory from the project's root; None where that is not known.
        inherited: What the variables hold that `--build-arg NAME` passes on, as far as that is known.
    """

    build: Build
    values: tuple[Value, ...]
    folder: str | None
    inherited: tuple[str, ...] = ()


def builds_inside(occurrence: Occurrence) -> tuple[ExecutorCall, ...] | None:
    """Return the builds in the order in which they run; None where one may be hidden from us."""
    found: list[ExecutorCall] = []
    for one in occurrence.walk():
        if isinstance(one.call, Build):
            known = one.before.known
            inherited = tuple(known[name].text for name in one.call.inherited_build_arguments if name in known)
            found.append(ExecutorCall(one.call, one.values, one.before.folder, inherited))
        elif one.hides and not one.call_kind:
            return None
    return tuple(found)


def may_build(occurrence: Occurrence) -> bool:
    """Tell whether an executor is called inside an occurrence, whatever it is asked for."""
    return any(one.call is not None or one.hides or one.builds for one in occurrence.walk())


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


def side_writes(occurrence: Occurrence) -> frozenset[Location]:
    """Return what an occurrence that builds writes and the build's output does not hold.

    What the executor writes, what is piped or redirected from it, and the variables that are set when it has succeeded
    or failed, are its output. What is written only where the script ends is of no use to anybody.
    """
    # The process of a build in the background is what tells of it.
    outputs = set[Location]({Variable("!")})
    for one in occurrence.walk():
        if one.call is not None:
            outputs |= one.effects.writes
            continue
        if one.shape is Shape.COMMAND and one.call_kind is None:
            continue
        outputs |= _written_at_the_end(one) | _set_upon_success(one)
        pipes = one.shape is Shape.PIPE
        if (pipes or (one.statement.redirects and one.shape is not Shape.COMMAND)) and builds_inside(one):
            written = one.effects.writes if pipes else redirected_to(one.statement, one.before)
            outputs |= {place for place in written if not isinstance(place, Variable)}
    return occurrence.effects.writes - frozenset(outputs)


def _set_upon_success(occurrence: Occurrence) -> frozenset[Location]:
    """Return the variables that are set because a build has succeeded, or has failed."""
    asked: tuple[Role, ...]
    then: tuple[Role, ...]
    match occurrence.shape:
        case Shape.AND | Shape.OR:
            asked, then = (Role.LEFT,), (Role.RIGHT,)
        case Shape.IF | Shape.WHILE:
            asked, then = (Role.CONDITION,), (Role.BRANCH, Role.BODY)
        case _:
            return frozenset()
    if not any(isinstance(one.call, Build) for first in occurrence.inner(*asked) for one in first.walk()):
        return frozenset()
    written = frozenset(place for one in occurrence.inner(*then) for place in one.effects.writes)
    # A file may lie in the context of a later build; every later statement depends on the folder and the options.
    return frozenset(place for place in written if isinstance(place, Variable) or place is State.VARIABLES)


def _written_at_the_end(occurrence: Occurrence) -> frozenset[Location]:
    """Return what is written on paths that only lead out of the script."""
    written = set[Location]()
    for part in occurrence.parts:
        if part.role not in {Role.RIGHT, Role.BRANCH} or not part.occurrences:
            continue
        if not all(exits.goes_on(one.paths) for one in part.occurrences):
            written |= {place for one in part.occurrences for place in one.effects.writes}
    return frozenset(written)


def masks_failure(occurrence: Occurrence) -> bool:
    """Tell whether an occurrence may end with a status other than 0 that `set -e` passes over.

    POSIX, "set", option `-e`: the shell passes over the failure of a condition, of all of an `&&` or `||` list but its
    end, and of what comes after `!`; a compound command hands such a failure on as its own, and is passed over too.
    """
    if occurrence.statement.negated:
        return True
    match occurrence.shape:
        case Shape.AND:
            return True
        case Shape.OR:
            return any(masks_failure(one) for one in occurrence.inner(Role.RIGHT))
        case Shape.GROUP | Shape.TIMED | Shape.LOOP | Shape.WHILE | Shape.IF | Shape.CASE:
            lasts = [part.occurrences[-1] for part in occurrence.parts if part.occurrences and _is_end(part.role)]
            return any(masks_failure(one) for one in lasts)
    return False


def _is_end(role: Role) -> bool:
    return role in {Role.BODY, Role.BRANCH}


def second_build(occurrence: Occurrence) -> Occurrence | None:
    """Return the second build in a script of the repository that makes several; None where it makes one."""
    if occurrence.call_kind not in {CallKind.SOURCED, CallKind.PROCESS}:
        return None
    made = 0.0
    for one in occurrence.inner(Role.CALLED):
        made += one.builds
        if made > 1:
            return (second_build(one) if one.builds > 1 else None) or one
    return None


def first_command(occurrence: Occurrence) -> Occurrence | None:
    """Return the command that an occurrence begins with for certain; None where it runs in the background."""
    if occurrence.statement.background:
        return None
    match occurrence.shape:
        case Shape.COMMAND:
            return occurrence
        case Shape.AND | Shape.OR:
            inner = next(occurrence.inner(Role.LEFT), None)
        case Shape.IF:
            inner = next(occurrence.inner(Role.CONDITION), None)
        case _:
            return None
    return first_command(inner) if inner is not None else None
