"""What does a compound command do: a chain, a pipe, a group, a condition or a loop?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from kaniko_split.flow import effects as algebra
from kaniko_split.flow import exits
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.exits import Exit, Path
from kaniko_split.flow.joins import forgetting, join
from kaniko_split.flow.lists import is_single_word
from kaniko_split.flow.loops import entries_of
from kaniko_split.flow.lower.lowered import (
    CALM,
    Context,
    Inside,
    Lowered,
    Lowering,
)
from kaniko_split.flow.occurrence import Occurrence, Part, Role, Shape
from kaniko_split.flow.questions import answer_of, possible_branches
from kaniko_split.flow.scripts import (
    reads_script,
)
from kaniko_split.flow.state import ShellState, values_of
from kaniko_split.flow.status import codes_behind, failed_codes
from kaniko_split.flow.tables import Variables
from kaniko_split.flow.transitions import behind_subshell
from kaniko_split.shell.locations import NOWHERE, Location, State, Variable
from kaniko_split.shell.nodes import (
    Case,
    Chain,
    For,
    If,
    Other,
    Statement,
    While,
)
from kaniko_split.source.patterns import Pattern

# A variable at the start of a line, which is none of those that differ from job to job.
_PICKED = Pattern(r"\^(?!CI_JOB|CI_RUNNER|CI_CONCURRENT)[A-Za-z_]\w*")
_LISTINGS = frozenset({"env", "printenv"})


def lower_and_or(lowering: Lowering, command: Chain, state: ShellState, context: Context) -> Inside:
    """Return what `A && B` or `A || B` does."""
    is_and = command.operator == "&&"
    left = lowering.statement(command.left, state, context)
    first = Part(Role.LEFT, (left,))
    answer = _answer(command.left, left.before)
    shape = Shape.AND if is_and else Shape.OR
    if answer is not None and answer is not is_and:
        return Inside(shape, replace(left.effects, fails=False), left.paths, left.after, left.after_failure, (first,))
    entered = left.after if is_and else left.after_failure or left.after
    codes = context.codes | codes_behind(command.left, succeeded=is_and)
    right = lowering.statement(command.right, entered, Context(not is_and, codes))
    exit_ = Exit.TRUE if is_and else Exit.FALSE
    paths = exits.best(
        [*exits.leaving(left.paths, exit_).items(), *exits.chained(exits.taking(left.paths, exit_), right.paths)]
    )
    effects = algebra.in_sequence([left.effects, algebra.maybe(right.effects)])
    effects = replace(effects, fails=right.effects.fails)
    if not is_and and not exits.goes_on(right.paths):
        asserted = codes_behind(command.left, succeeded=False)
        effects = replace(effects, asserts=frozenset(map(Variable, asserted)))
    skipped = left.after_failure if is_and else left.after
    if is_and:
        failures = [one for one in (skipped, right.after_failure) if one is not None]
        after, after_failure = right.after, join(failures) if failures else None
    else:
        ends = [one for one, paths_ in ((skipped, left.paths), (right.after, right.paths)) if exits.goes_on(paths_)]
        after = join([one for one in ends if one is not None] or [right.after])
        after_failure = right.after_failure
    return Inside(shape, effects, paths, after, after_failure, (first, Part(Role.RIGHT, (right,))))


def lower_pipe(lowering: Lowering, left: Statement, right: Statement, state: ShellState) -> Inside:
    """Return what `A | B` does: each side runs in a shell of its own."""
    sides = [lowering.statement(one, state, CALM) for one in (left, right)]
    effects = algebra.joined([algebra.in_subshell(one.effects) for one in sides])
    if effects.fresh and _picks_variables(*sides):
        effects = replace(effects, fresh=False)
    paths = exits.piped(*(exits.in_subshell(one.paths) for one in sides))
    printed = state.script[left.span.start : left.span.end]
    if "executor" in printed and reads_script(tuple(value.text for value in values_of(right, state))):
        # A shell runs what the left side prints.
        paths = dict.fromkeys(paths, exits.UNBOUNDED)
    after = behind_subshell(sides[1].after, behind_subshell(sides[0].after, state))
    parts = (Part(Role.LEFT, (sides[0],)), Part(Role.RIGHT, (sides[1],)))
    return Inside(Shape.PIPE, effects, paths, after, after, parts)


def lower_group(
    lowering: Lowering, statements: tuple[Statement, ...], state: ShellState, context: Context, *, subshell: bool
) -> Inside:
    """Return what `{ ...; }` or `( ... )` does."""
    body = lowering.sequence(statements, state, context)
    part = Part(Role.BODY, body.occurrences)
    if not subshell:
        return Inside(Shape.GROUP, body.effects, body.paths, body.after, body.after_failure, (part,))
    after = behind_subshell(body.after, state)
    done = algebra.in_subshell(body.effects)
    return Inside(Shape.SUBSHELL, done, exits.in_subshell(body.paths), after, after, (part,))


def lower_if(lowering: Lowering, command: If, state: ShellState, context: Context) -> Inside:
    """Return what a condition does, with the branches that may run."""
    condition = lowering.sequence(command.condition, state, context)
    codes = context.codes | failed_codes(command.condition)
    last = condition.occurrences[-1] if condition.occurrences else None
    answer = _answer(last.statement, last.before) if last is not None else None
    failing = bool(command.condition) and not command.condition[-1].negated
    entries = (
        (True, command.then, condition.after, Context(codes=codes)),
        (False, command.otherwise, condition.after_failure or condition.after, Context(failing, codes)),
    )
    paths = [pair for pair in condition.paths.items() if pair[0].exit not in exits.ON]
    parts = [Part(Role.CONDITION, condition.occurrences)]
    branches: list[Lowered] = []
    for number, (holds, statements, entered, known) in enumerate(entries):
        branch = lowering.sequence(statements, entered, known)
        if answer is not None and answer is not holds:
            parts.append(Part(Role.SKIPPED, branch.occurrences, number))
            continue
        branches.append(branch)
        parts.append(Part(Role.BRANCH, branch.occurrences, number))
        taken = exits.taking(condition.paths, Exit.TRUE if holds else Exit.FALSE)
        paths.extend(exits.chained(taken, branch.paths))
    done = algebra.in_sequence([condition.effects, algebra.either([one.effects for one in branches])])
    done = replace(done, fails=any(one.effects.fails for one in branches))
    if len(branches) > 1 and not exits.goes_on(branches[0].paths):
        asserted = failed_codes(command.condition)
        done = replace(done, asserts=frozenset(map(Variable, asserted)))
    after, after_failure = _joined(branches)
    return Inside(Shape.IF, done, exits.best(paths), after, after_failure, tuple(parts))


def lower_case(lowering: Lowering, command: Case, state: ShellState, context: Context) -> Inside:
    """Return what a `case` does, with the branches that may run."""
    parts: list[Part] = []
    branches: list[Lowered] = []
    for number in possible_branches(command, state):
        branch = lowering.sequence(tuple(_block(command, number)), state, context.calm())
        branches.append(branch)
        parts.append(Part(Role.BRANCH, branch.occurrences, -1 if number is None else number))
    done = algebra.either([one.effects for one in branches])
    paths = exits.best(pair for one in branches for pair in one.paths.items())
    after, after_failure = _joined(branches)
    return Inside(Shape.CASE, done, paths, after, after_failure, tuple(parts))


def lower_for(lowering: Lowering, statement: Statement, command: For, state: ShellState) -> Inside:
    """Return what a `for` does: one iteration, with what may change in any of them."""
    name = frozenset[Location]({Variable(command.name)}) if command.name else NOWHERE
    head = frozenset[Location](map(Variable, command.head.writes)) if command.head is not None else NOWHERE
    written = _written(lowering, statement, command.body, state) | name | head
    turning = forgetting(written, state)
    entries = entries_of(command, state)
    if entries is not None and len(entries) == 1 and is_single_word(entries[0]):
        known_entry = turning.known.copy()
        known_entry[command.name] = entries[0]
        turning = replace(turning, known=known_entry)
    turn = lowering.sequence(command.body, turning)
    done = algebra.maybe(replace(turn.effects, reads=turn.effects.reads - name))
    known = entries is not None and all(map(is_single_word, entries)) and not command.selects
    paths = exits.repeated(turn.paths, len(entries) if entries is not None and known else None)
    after = forgetting(written, behind_subshell(turn.after, state))
    return Inside(Shape.LOOP, done, paths, after, None, (Part(Role.BODY, turn.occurrences),))


def lower_while(lowering: Lowering, command: While, state: ShellState) -> Inside:
    """Return what a `while` or `until` does: one iteration, with what may change in any of them."""
    written = _written(lowering, command.condition, (*command.condition, *command.body), state)
    turning = forgetting(written, state)
    condition = lowering.sequence(command.condition, turning)
    turn = lowering.sequence(command.body, condition.after)
    effects = algebra.joined([algebra.maybe(condition.effects), algebra.maybe(turn.effects)])
    done = replace(effects, fails=turn.effects.fails)
    stops, goes = (Exit.TRUE, Exit.FALSE) if command.until else (Exit.FALSE, Exit.TRUE)
    paths = list(exits.chained(exits.taking(condition.paths, goes), turn.paths))
    paths.extend(
        (Path(Exit.BROKEN, path.build_failed), count) for path, count in exits.taking(condition.paths, stops).items()
    )
    paths.extend(pair for pair in condition.paths.items() if pair[0].exit not in exits.ON)
    after = forgetting(written, behind_subshell(turn.after, state))
    parts = (Part(Role.CONDITION, condition.occurrences), Part(Role.BODY, turn.occurrences))
    return Inside(Shape.WHILE, done, exits.repeated(exits.best(paths), None, endless=True), after, None, parts)


def lower_other(
    lowering: Lowering, statement: Statement, command: Other, state: ShellState, context: Context
) -> Inside:
    """Return what a test, an arithmetic command, `time` or an unknown kind of command does."""
    answer = answer_of(statement, state)
    if answer is not None:
        decided = exits.SUCCEEDS if answer else exits.FAILS
        return Inside(Shape.COMMAND, Effects(prints=True), decided, state, state)
    match command.kind:
        case "TestClause":
            after = forgetting((Variable("BASH_REMATCH"),), state) if command.matches else state
            return Inside(Shape.COMMAND, Effects(prints=True), exits.EITHER, after, after)
        case "ArithmCmd" | "LetClause" if command.arithmetic is not None:
            after = forgetting(map(Variable, command.arithmetic.writes), state)
            return Inside(Shape.COMMAND, Effects(prints=True), exits.EITHER, after, after)
        case "TimeClause":
            body = lowering.sequence(command.statements, state, context)
            part = (Part(Role.BODY, body.occurrences),)
            return Inside(Shape.TIMED, body.effects, body.paths, body.after, body.after_failure, part)
    return _opaque(lowering, command.statements, state)


def _opaque(lowering: Lowering, statements: tuple[Statement, ...], state: ShellState) -> Inside:
    """Return what an unknown kind of command does: everything, and what is inside it any number of times."""
    everything = frozenset[Location]({State.FILES, State.FOLDER, State.VARIABLES, State.OPTIONS})
    body = lowering.sequence(statements, forgetting(everything, state))
    done = Effects(reads=everything, writes=everything, acts=body.effects.acts, fails=True, leaves=True, unknown=True)
    after = forgetting(everything, state)
    repeated = exits.repeated(body.paths, None) if statements else exits.SUCCEEDS
    paths = exits.best([*repeated.items(), *exits.ANY_EXIT.items()])
    return Inside(Shape.OPAQUE, done, paths, after, after, (Part(Role.BODY, body.occurrences),))


def _written(
    lowering: Lowering, key: object, statements: tuple[Statement, ...], state: ShellState
) -> frozenset[Location]:
    """Return what the body of a loop may change in any of its iterations."""
    found = lowering.changed.get(id(key))
    if found is None:
        blank = replace(state, known=Variables(), folder=None)
        found = lowering.changed[id(key)] = lowering.sequence(statements, blank).effects.writes
    return found


def _joined(branches: Sequence[Lowered]) -> tuple[ShellState, ShellState | None]:
    """Return the states behind branches of which one runs, where it succeeds and where it fails."""
    on = [one for one in branches if exits.goes_on(one.paths)] or list(branches)
    failures = [one.after_failure for one in on if one.after_failure is not None]
    return join([one.after for one in on]), join(failures) if failures else None


def _block(command: Case, number: int | None) -> Iterator[Statement]:
    """Yield the statements of a branch; of one that ends with `;&` or `;;&`, with all that may follow it."""
    if number is None:
        return
    last = len(command.branches) if command.falls_through[number] else number + 1
    for block in command.branches[number:last]:
        yield from block


def _answer(statement: Statement, state: ShellState) -> bool | None:
    """Return what a statement certainly answers, `!` counted in; None where that is not certain."""
    answer = answer_of(statement, state)
    return answer if answer is None else answer is not statement.negated


def _picks_variables(left: Occurrence, right: Occurrence) -> bool:
    """Tell whether a pipe keeps some variables alone of all that `env` prints: `env | sort | grep ^VERSION=`."""
    words = [value.text for value in right.values]
    picks = len(words) == 2 and words[0] in {"grep", "egrep"} and _PICKED.match(words[1]) is not None
    fresh = [one for one in left.walk() if one.effects.fresh and one.shape is Shape.COMMAND]
    return picks and not right.effects.fresh and all(one.values and one.values[0].text in _LISTINGS for one in fresh)
