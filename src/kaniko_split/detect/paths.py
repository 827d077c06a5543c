"""How many builds can one run of these statements make, and how can it end?

Branches exclude each other, a build that failed and is tried again is one build, a loop over known words runs
once for each, and a function runs where it is called. What has no bound that the script tells is `UNBOUNDED`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from kaniko_split.detect.calls import executor_call, hides_executor
from kaniko_split.detect.loops import is_one_word
from kaniko_split.detect.statuses import Asked, failed_codes, status_asked, status_kept
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.branches import answer_of, blocks_of_case
from kaniko_split.shell.effects import effects_of
from kaniko_split.shell.knowledge import Surroundings, after, inside_of_call
from kaniko_split.shell.nodes import (
    Call,
    Case,
    Chain,
    Command,
    For,
    Group,
    If,
    Other,
    Parameter,
    Statement,
    While,
    Word,
    substitutions,
    words_of,
)
from kaniko_split.shell.words import values_of_words

UNBOUNDED = math.inf


class End(Enum):
    """Where a path through a statement leads."""

    TRUE = "on, with status 0"
    FALSE = "on, with another status"
    LEFT = "out of the script, perhaps with status 0"
    DIED = "out of the script, with another status"
    BROKEN = "out of the loop"
    CONTINUED = "to the next turn of the loop"
    RETURNED = "out of the function"


@dataclass(frozen=True, slots=True)
class Way:
    """A way through statements: where it leads, and whether a build has failed on it."""

    end: End
    build_failed: bool = False


# For each way, the most builds that succeed on a path that goes it.
Ways = Mapping[Way, float]

_ON = (End.TRUE, End.FALSE)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Counting:
    """What is known while a script is counted.

    Attributes:
        here: What is known where the statement runs.
        extra: Further command words that are to count as the executor.
        failed: Whether the command before has certainly failed.
        codes: The variables that certainly hold a status other than 0.
    """

    here: Surroundings
    extra: Sequence[str] = ()
    failed: bool = False
    codes: frozenset[str] = frozenset()


def ways_through(statement: Statement, counting: Counting) -> Ways:
    """Return how one run of `statement` can end, with the most builds on each way."""
    within = sum(
        most_builds(_sequence(part.statements, counting))
        for word in words_of(statement)
        for part in substitutions(word)
    )
    found = _of_command(statement, counting)
    if statement.background:
        found = {Way(End.TRUE): most_builds(found)}
    if statement.negated:
        turned = {End.TRUE: End.FALSE, End.FALSE: End.TRUE}
        found = _best((Way(turned.get(way.end, way.end), way.build_failed), made) for way, made in found.items())
    return {way: made + within for way, made in found.items()} if within else found


def ways_through_all(statements: Iterable[Statement], counting: Counting) -> Ways:
    """Return how one run of statements can end that stand one after the other, with the most builds on each way."""
    return _sequence(statements, counting)


def most_builds(ways: Ways) -> float:
    """Return the most builds that one path makes."""
    return max(ways.values(), default=0)


def _of_command(statement: Statement, counting: Counting) -> Ways:
    match statement.command:
        case Call():
            return _of_call(statement, counting)
        case Chain(operator="&&" | "||" as operator, left=left, right=right):
            return _of_chain(operator, left, right, counting)
        case Chain(left=left, right=right):
            sides = [_in_subshell(ways_through(one, counting)) for one in (left, right)]
            return _piped(sides[0], sides[1])
        case Group(statements=inner, subshell=subshell):
            found = _sequence(inner, counting)
            return _in_subshell(found) if subshell else found
        case Other(statements=inner):
            answer = answer_of(statement, counting.here)
            if answer is not None:
                return {Way(End.TRUE if answer is not statement.negated else End.FALSE): 0}
            return _sequence(inner, counting) if inner else {Way(End.TRUE): 0, Way(End.FALSE): 0}
        case If(condition=condition, then=then, otherwise=otherwise):
            return _of_if(condition, then, otherwise, counting)
        case Case() as command:
            blocks = _with_what_follows(command) or blocks_of_case(command, counting.here)
            return _best(pair for block in blocks for pair in _sequence(block, _calm(counting)).items())
        case For(items=items, body=body):
            return _of_for(statement, items, body, counting)
        case While(condition=condition, body=body, until=until):
            return _of_while(condition, body, _in_loop(statement, counting), until=until)
    return {Way(End.TRUE): 0}


def _with_what_follows(command: Case) -> tuple[tuple[Statement, ...], ...]:
    """Return the branches of a `case` in which `;&` or `;;&` leads on, each with all that may follow; else none."""
    if not any(command.falls_through):
        return ()
    blocks: list[tuple[Statement, ...]] = [()]
    for number, falls in enumerate(command.falls_through):
        last = len(command.branches) if falls else number + 1
        blocks.append(tuple(one for block in command.branches[number:last] for one in block))
    return tuple(blocks)


def _of_call(statement: Statement, counting: Counting) -> Ways:
    here = counting.here
    call = executor_call(statement, here, counting.extra)
    values = here.values(statement)
    texts = tuple(value.text for value in values)
    if isinstance(call, Build) or (call is None and hides_executor(statement, here)):
        leaves = {Way(End.LEFT): 1.0} if texts[:1] == ("exec",) else {}
        return {Way(End.TRUE): 1, Way(End.FALSE, build_failed=True): 0, **leaves}
    inside = inside_of_call(statement, here)
    if inside is not None:
        return _of_function(inside.body, Counting(inside.here, counting.extra))
    if not texts:
        asks = any(True for word in words_of(statement) for _ in substitutions(word))
        return {Way(End.TRUE): 0, Way(End.FALSE): 0} if asks else {Way(End.TRUE): 0}
    answer = answer_of(statement, here)
    if answer is not None:
        # `!` is seen to by the caller.
        return {Way(End.TRUE if answer is not statement.negated else End.FALSE): 0}
    if texts[0] == "exit":
        return {Way(End.DIED if _exits_with_failure(statement.command, counting) else End.LEFT): 0}
    return _of_word(texts)


def _of_word(texts: tuple[str, ...]) -> Ways:
    match texts:
        case ("true" | ":" | "echo" | "printf" | "sleep" | "tee", *_):
            return {Way(End.TRUE): 0}
        case ("false",):
            return {Way(End.FALSE): 0}
        case ("return", *_):
            return {Way(End.RETURNED): 0}
        case ("break", *_):
            return {Way(End.BROKEN): 0}
        case ("continue", *_):
            return {Way(End.CONTINUED): 0}
        case ("exec", _, *_):
            return {Way(End.LEFT): 0}
        case ("." | "source" | "eval", *_):
            return {Way(End.TRUE): 0, Way(End.FALSE): 0, Way(End.LEFT): 0}
    return {Way(End.TRUE): 0, Way(End.FALSE): 0}


def _exits_with_failure(command: Command | None, counting: Counting) -> bool:
    """Tell whether `exit` certainly has a status other than 0: a number, or that of what has just failed."""
    if not isinstance(command, Call) or len(command.words) < 2:
        return counting.failed
    parts = command.words[1].parts
    if len(parts) == 1 and isinstance(parts[0], Parameter) and parts[0].plain:
        return parts[0].name in counting.codes or (parts[0].name == "?" and counting.failed)
    status = command.words[1].literal or ""
    return status.isdigit() and int(status) % 256 != 0


def _of_function(body: Statement, counting: Counting) -> Ways:
    """Return the ways through the body of a function; `return` ends it, with a status that is not followed."""
    found = ways_through(body, counting)
    return _best(
        (Way(end, way.build_failed), made)
        for way, made in found.items()
        for end in (_ON if way.end is End.RETURNED else (way.end,))
    )


def _of_chain(operator: str, left: Statement, right: Statement, counting: Counting) -> Ways:
    first = ways_through(left, counting)
    there = _knowing(left, counting)
    goes_on = End.TRUE if operator == "&&" else End.FALSE
    entered = Counting(there.here, there.extra, operator == "||", counting.codes)
    second = ways_through(right, entered)
    stays = {way: made for way, made in first.items() if way.end is not goes_on}
    taken = {way: made for way, made in first.items() if way.end is goes_on}
    return _best([*stays.items(), *_joined(taken, second)])


def _of_if(
    condition: tuple[Statement, ...],
    then: tuple[Statement, ...],
    otherwise: tuple[Statement, ...],
    counting: Counting,
) -> Ways:
    asked = _sequence(condition, counting)
    there = _calm(_after_all(condition, counting))
    there = replace(there, codes=there.codes | failed_codes(condition))
    # In the branch for a failure, `$?` is that failure's, unless `!` has turned it.
    failing = Counting(there.here, there.extra, bool(condition) and not condition[-1].negated, there.codes)
    found = [pair for pair in asked.items() if pair[0].end not in _ON]
    for end, branch, known in ((End.TRUE, then, there), (End.FALSE, otherwise, failing)):
        taken = {way: made for way, made in asked.items() if way.end is end}
        found.extend(_joined(taken, _sequence(branch, known)))
    return _best(found)


def _of_for(
    statement: Statement, items: tuple[Word, ...] | None, body: tuple[Statement, ...], counting: Counting
) -> Ways:
    turn = _sequence(body, _in_loop(statement, counting))
    values = values_of_words(items, counting.here.script, counting.here.known) if items is not None else ()
    known = items is not None and all(map(is_one_word, values))
    return _turns(turn, len(values) if known else None)


def _of_while(
    condition: tuple[Statement, ...], body: tuple[Statement, ...], counting: Counting, *, until: bool
) -> Ways:
    asked = _sequence(condition, counting)
    stops, goes = (End.TRUE, End.FALSE) if until else (End.FALSE, End.TRUE)
    turn = list(_joined({way: made for way, made in asked.items() if way.end is goes}, _sequence(body, counting)))
    ended = {Way(End.BROKEN, way.build_failed): made for way, made in asked.items() if way.end is stops}
    turn.extend(pair for pair in asked.items() if pair[0].end not in _ON)
    return _turns(_best([*turn, *ended.items()]), None, endless=True)


def _turns(turn: Ways, count: int | None, *, endless: bool = False) -> Ways:
    """Return the ways through a loop of `count` turns, None where that is not known.

    Args:
        turn: The ways through one turn.
        count: How many turns there are.
        endless: Whether nothing but what stands in `turn` ends the loop.
    """
    again = {way: made for way, made in turn.items() if way.end in {*_ON, End.CONTINUED}}
    each = max(again.values(), default=0)
    tried = any(way.build_failed for way in again)
    before = each and (UNBOUNDED if count is None else each * (count - 1) if count > 1 else 0)
    if count == 0:
        return {Way(End.TRUE): 0}
    found: list[tuple[Way, float]] = []
    for way, made in turn.items():
        if way in again and endless:
            continue
        end = End.TRUE if way.end in {End.BROKEN, End.CONTINUED} else way.end
        found.append((Way(end, way.build_failed or (tried and way in again)), before + made))
    if count is None and not endless:
        found.append((Way(End.TRUE), 0))
    return _best(found)


def _sequence(statements: Iterable[Statement], counting: Counting) -> Ways:
    through: Ways = {Way(End.TRUE): 0}
    found: list[tuple[Way, float]] = []
    # Nobody knows which status there is before the first statement.
    statuses: dict[str, Ways] = {}
    for statement in statements:
        own = ways_through(statement, counting)
        asked = status_asked(statement, statuses)
        ended = _joined(through, own) if asked is None else _by_status(statement, asked, statuses[asked.name], counting)
        done = list(ended)
        held = status_kept(statement) if "?" in statuses else None
        statuses = {held: statuses["?"]} if held is not None else {}
        found.extend(pair for pair in done if pair[0].end not in _ON)
        through = _best(pair for pair in done if pair[0].end in _ON)
        statuses["?"] = through
        folder = _folder_behind_chain(statement, counting) if most_builds(own) else None
        counting = _knowing(statement, counting)
        if folder is not None:
            counting = replace(counting, here=replace(counting.here, folder=folder))
        if not through:
            break
    return _best([*found, *through.items()])


def _by_status(statement: Statement, asked: Asked, through: Ways, counting: Counting) -> Iterator[tuple[Way, float]]:
    """Yield the ways through a condition on the status with which what stands before it has ended."""
    command = statement.command
    assert isinstance(command, If)  # noqa: S101 (it asks)
    for way, made in through.items():
        failed = way.end is End.FALSE
        branch = command.then if failed is asked.for_failure else command.otherwise
        known = Counting(counting.here, counting.extra, failed, counting.codes | failed_codes(command.condition))
        yield from _joined({way: made}, _sequence(branch, known))


def _knowing(statement: Statement, counting: Counting) -> Counting:
    """Return what is known when `statement` has run; `code=$?` keeps the status of what failed right before it."""
    here = counting.here
    codes = counting.codes
    if isinstance(statement.command, Call) and not statement.command.words:
        for one in statement.command.assignments:
            parts = one.value.parts if one.value is not None else ()
            status = len(parts) == 1 and isinstance(parts[0], Parameter) and parts[0].name == "?"
            codes = codes | {one.name} if status and counting.failed else codes - {one.name}
    return Counting(after(statement, effects_of(statement, here).writes, here), counting.extra, codes=codes)


def _folder_behind_chain(statement: Statement, counting: Counting) -> str | None:
    """Return where `cd api && build` leads: where its links lead one after the other; None for anything else."""
    command = statement.command
    if statement.negated or statement.background or not isinstance(command, Chain) or command.operator != "&&":
        return None
    left = _folder_behind_chain(command.left, counting)
    there = _knowing(command.left, counting).here
    there = replace(there, folder=left) if left is not None else there
    return _knowing(command.right, replace(counting, here=there)).here.folder


def _after_all(statements: Iterable[Statement], counting: Counting) -> Counting:
    for statement in statements:
        counting = _knowing(statement, counting)
    return counting


def _calm(counting: Counting) -> Counting:
    return Counting(counting.here, counting.extra, codes=counting.codes)


def _in_loop(statement: Statement, counting: Counting) -> Counting:
    """Return what is known in every turn of a loop."""
    here = after(statement, effects_of(statement, counting.here).writes, counting.here)
    return Counting(here, counting.extra)


def _in_subshell(ways: Ways) -> Ways:
    ends = {End.LEFT: _ON, End.DIED: (End.FALSE,), End.RETURNED: _ON, End.BROKEN: _ON, End.CONTINUED: _ON}
    return _best(
        (Way(end, way.build_failed), made) for way, made in ways.items() for end in ends.get(way.end, (way.end,))
    )


def _piped(left: Ways, right: Ways) -> Ways:
    """Return the ways through a pipe: it ends as its right side does, or fails with its left one (`pipefail`)."""
    found: list[tuple[Way, float]] = []
    for one, made in left.items():
        for other, more in right.items():
            failed = one.build_failed or other.build_failed
            found.append((Way(other.end, failed), made + more))
            if one.end is End.FALSE:
                found.append((Way(End.FALSE, failed), made + more))
    return _best(found)


def _joined(first: Ways, second: Ways) -> Iterable[tuple[Way, float]]:
    """Yield the ways through two parts of which the second follows the first."""
    for before, made in first.items():
        for way, more in second.items():
            yield Way(way.end, before.build_failed or way.build_failed), made + more


def _best(pairs: Iterable[tuple[Way, float]]) -> Ways:
    found: dict[Way, float] = {}
    for way, made in pairs:
        found[way] = max(made, found.get(way, made))
    return found
