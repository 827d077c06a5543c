"""What does each statement of a script do when the script runs?

This is the one module that knows what `if`, `&&`, a loop, a function, a subshell, a pipe and `set -e` mean. It goes
down the syntax once, carries what is known from one statement to the next, and returns an occurrence for each one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kaniko_split.flow import effects as algebra
from kaniko_split.flow import exits
from kaniko_split.flow.commands import (
    effects_of_assignments,
    effects_of_build,
    effects_of_declaration,
    effects_of_program,
    files_asked,
    hardly_fails,
    is_split,
    opened_by_exec,
    with_redirects,
    with_words,
)
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.executor import executor_call, hides_executor
from kaniko_split.flow.exits import Exit, Path, Paths
from kaniko_split.flow.lists import is_single_word
from kaniko_split.flow.loops import entries_of
from kaniko_split.flow.occurrence import CallKind, Occurrence, Part, Role, Shape
from kaniko_split.flow.questions import answer_of, possible_branches
from kaniko_split.flow.scripts import (
    InnerRun,
    body_of_script,
    body_of_text,
    called,
    inner_run,
    reads_script,
    run_from_input,
    written_down,
)
from kaniko_split.flow.state import (
    POSITIONAL,
    ShellState,
    WrittenTexts,
    after_assignments,
    after_command,
    after_declaration,
    after_definition,
    assigned,
    behind_call,
    behind_subshell,
    forgetting,
    join,
    known_without,
    values_of,
    with_positional,
)
from kaniko_split.flow.status import StatusQuestion, codes_behind, failed_codes, status_kept, status_question
from kaniko_split.flow.tables import Variables
from kaniko_split.flow.wrappers import mentions_verdict
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.locations import NOWHERE, File, Location, State, Variable
from kaniko_split.shell.nodes import (
    Call,
    Case,
    Chain,
    Declaration,
    For,
    Function,
    Group,
    If,
    Other,
    Parameter,
    Statement,
    While,
    substitutions,
    words_of,
)
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import names_assigned

# How deep calls of functions and scripts are followed, and how many statements one script may run.
DEEPEST_CALL = 60
MOST_OCCURRENCES = 20_000

# POSIX, "Special Built-In Utilities", 2.14: an assignment before one of these stays.
_SPECIAL = frozenset(
    {
        *(".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift"),
        *("times", "trap", "unset"),
    }
)
_BUILTIN_PATHS: dict[str, Paths] = {
    **dict.fromkeys(("true", ":", "echo", "printf", "sleep", "tee"), exits.SUCCEEDS),
    "false": exits.FAILS,
    "break": {Path(Exit.BROKEN): 0},
    "continue": {Path(Exit.CONTINUED): 0},
    **dict.fromkeys((".", "source", "eval"), exits.ANY_EXIT),
}
_PROCESSES = frozenset({CallKind.PROCESS, CallKind.TEXT})
_UNKNOWN_IFS = Value("$IFS", exact=False)


class LimitError(Exception):
    """A script is too deep or too long to be followed to its end."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Context:
    """What is known of the status of the commands before a statement.

    Attributes:
        failed: Whether the command before has certainly failed.
        codes: The variables that certainly hold a status other than 0.
    """

    failed: bool = False
    codes: frozenset[str] = frozenset()

    def calm(self) -> _Context:
        return _Context(codes=self.codes)


_CALM = _Context()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Inside:
    """What a command does, before its words, redirects and `!` are added."""

    shape: Shape
    effects: Effects
    paths: Paths
    after: ShellState
    after_failure: ShellState | None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lowered:
    """Statements that run one after the other.

    Attributes:
        occurrences: One for each statement.
        effects: What they do together.
        paths: How they can end.
        after: The state behind them.
        after_failure: The state behind them where the last one fails and the script goes on.
    """

    occurrences: tuple[Occurrence, ...]
    effects: Effects
    paths: Paths
    after: ShellState
    after_failure: ShellState | None


def lower(
    statements: Iterable[Statement], state: ShellState, codes: frozenset[str] = frozenset()
) -> tuple[Occurrence, ...]:
    """Return an occurrence for each of some statements that run one after the other.

    Args:
        statements: The statements.
        state: The state in which they begin.
        codes: The variables that certainly hold a status other than 0.

    Raises:
        LimitError: They are too deep or too many to be followed.
        UnreadableScriptError: They run a script that may build, and that nobody can read.
    """
    return lower_sequence(statements, state, codes).occurrences


def lower_sequence(statements: Iterable[Statement], state: ShellState, codes: frozenset[str] = frozenset()) -> Lowered:
    """Return what statements do that run one after the other; see `lower`."""
    try:
        return _Lowering().sequence(statements, state, _Context(codes=codes))
    except RecursionError:
        raise LimitError("its statements are nested too deeply") from None


class _Lowering:
    def __init__(self) -> None:
        self._count = 0
        self._recursive: set[str] = set()
        # What the bodies of loops may change, whatever is known before them.
        self._changed: dict[int, frozenset[Location]] = {}

    # Statements and sequences

    def sequence(self, statements: Iterable[Statement], state: ShellState, context: _Context = _CALM) -> Lowered:
        through: Paths = exits.SUCCEEDS
        ended: list[tuple[Path, float]] = []
        # Nobody knows which status there is before the first statement.
        statuses: dict[str, Paths] = {}
        occurrences: list[Occurrence] = []
        after_failure: ShellState | None = None
        for statement in statements:
            question = status_question(_condition_of(statement), statuses)
            occurrence = self.statement(statement, state, context)
            occurrences.append(occurrence)
            if through:
                behind = list(self._behind(occurrence, question, through, statuses, context))
                kept = status_kept(statement) if "?" in statuses else None
                statuses = {kept: statuses["?"]} if kept is not None else {}
                ended.extend(pair for pair in behind if pair[0].exit not in exits.ON)
                through = exits.best(pair for pair in behind if pair[0].exit in exits.ON)
                statuses["?"] = through
            context = _Context(codes=_codes_after(statement, context))
            state = _following(occurrence)
            after_failure = occurrence.after_failure
        done = algebra.in_sequence([one.effects for one in occurrences])
        start = occurrences[0].before.folder if occurrences else None
        back = start is not None and state.folder == start
        writes = done.writes - {State.FOLDER} if back else done.writes
        done = replace(done, writes=writes, fails=any(one.effects.fails for one in occurrences))
        paths = exits.best([*ended, *through.items()])
        after = occurrences[-1].after if occurrences else state
        return Lowered(tuple(occurrences), done, paths, after, after_failure)

    def _behind(
        self,
        occurrence: Occurrence,
        question: StatusQuestion | None,
        through: Paths,
        statuses: dict[str, Paths],
        context: _Context,
    ) -> Iterable[tuple[Path, float]]:
        """Return the paths through what came before and an occurrence, which may ask for the status of that."""
        if question is None:
            return exits.chained(through, occurrence.paths)
        command = occurrence.statement.command
        assert isinstance(command, If)  # noqa: S101 (it asks)
        found: list[tuple[Path, float]] = []
        codes = context.codes | failed_codes(command.condition)
        state = occurrence.before
        for path, count in statuses[question.name].items():
            failed = path.exit is Exit.FALSE
            branch = command.then if failed is question.for_failure else command.otherwise
            lowered = self.sequence(branch, state, _Context(failed, codes))
            found.extend(exits.chained({path: count}, lowered.paths))
        return found

    def statement(self, statement: Statement, state: ShellState, context: _Context) -> Occurrence:
        self._count += 1
        if self._count > MOST_OCCURRENCES:
            raise LimitError(f"it runs more than {MOST_OCCURRENCES} statements")
        substituted = [
            self.sequence(part.statements, state) for word in words_of(statement) for part in substitutions(word)
        ]
        if isinstance(statement.command, Call):
            return self._call(statement, state, context, substituted)
        inside = self._inside(statement, state, context)
        own = self._own(statement, state)
        own = with_redirects(statement, _with_substituted(own, substituted), state)
        if inside.parts:
            both = algebra.joined([replace(own, prints=own.prints and not own.writes), inside.effects])
            done = inside.effects
            own = replace(both, fails=done.fails, leaves=done.leaves, asserts=done.asserts)
        else:
            own = algebra.joined([own, inside.effects]) if inside.shape is not Shape.DEFINITION else inside.effects
        return self._finished(statement, state, replace(inside, effects=own), substituted)

    def _own(self, statement: Statement, state: ShellState) -> Effects:
        """Return what the words of a compound command do."""
        match statement.command:
            case Declaration() as command:
                done = effects_of_declaration(command)
            case For(name=name, items=items, head=None) if name:
                divided = frozenset[Location]({Variable(IFS)} if any(map(is_split, items or ())) else ())
                reads = POSITIONAL if items is None else divided
                done = Effects(reads=reads, writes=frozenset({Variable(name)}))
            case For(head=head) if head is not None:
                done = _of_arithmetic(head.reads, head.writes)
            case Other(arithmetic=arithmetic) if arithmetic is not None:
                # Its status is a verdict on its value: under `set -e`, 0 ends the script.
                done = replace(_of_arithmetic(arithmetic.reads, arithmetic.writes), fails=True)
            case Other(kind="TestClause", matches=matches):
                written = frozenset[Location]({Variable("BASH_REMATCH")}) if matches else NOWHERE
                done = Effects(reads=files_asked(statement, state), writes=written, fails=True)
            case Other() | Chain() | Group() | If() | Case() | For() | While() | Function() | None:
                # What is inside them, `_inside` tells.
                done = Effects(prints=True)
            case Call():
                raise AssertionError("a simple command is lowered elsewhere")
        return with_words(statement, done, state)

    def _finished(
        self,
        statement: Statement,
        state: ShellState,
        inside: _Inside,
        substituted: Sequence[Lowered],
        command: Callable[[Occurrence], Occurrence] | None = None,
    ) -> Occurrence:
        """Return the occurrence, with `!`, `&` and what its words assign seen to."""
        effects, paths = inside.effects, inside.paths
        after, after_failure = inside.after, inside.after_failure
        within = sum(exits.most_builds(one.paths) for one in substituted)
        if statement.background:
            effects = algebra.in_background(effects)
            paths = {Path(Exit.TRUE): exits.most_builds(paths)}
            after = forgetting((Variable("!"),), behind_subshell(after, state))
            after_failure = None
        elif statement.negated:
            paths = exits.negated(paths)
            after, after_failure = after_failure or after, after
        names = frozenset[Location](Variable(name) for word in words_of(statement) for name in names_assigned(word))
        if names:
            after = forgetting(names, after)
            after_failure = forgetting(names, after_failure) if after_failure is not None else None
        if within:
            paths = {path: count + within for path, count in paths.items()}
        parts = (*(Part(Role.SUBSTITUTION, one.occurrences) for one in substituted), *inside.parts)
        if state.references and any(
            isinstance(place, Variable) and place.name in state.references for place in effects.reads | effects.writes
        ):
            # Nobody knows which variable such a name stands for.
            every = frozenset[Location]({State.VARIABLES})
            effects = replace(effects, reads=effects.reads | every, writes=effects.writes | every, prints=False)
            after = forgetting(every, after)
            after_failure = forgetting(every, after_failure) if after_failure is not None else None
        occurrence = Occurrence(statement, inside.shape, state, after, after_failure, effects, paths, parts)
        return command(occurrence) if command is not None else occurrence

    # Compound commands

    def _inside(self, statement: Statement, state: ShellState, context: _Context) -> _Inside:
        match statement.command:
            case None:
                return _Inside(Shape.COMMAND, Effects(prints=True), exits.SUCCEEDS, state, None)
            case Declaration() as command:
                after = after_declaration(command, state)
                return _Inside(Shape.COMMAND, Effects(prints=True), exits.SUCCEEDS, after, None)
            case Chain(operator="&&" | "||") as command:
                return self._and_or(command, state, context)
            case Chain(left=left, right=right):
                return self._pipe(left, right, state)
            case Group(statements=inner, subshell=subshell):
                return self._group(inner, state, context, subshell=subshell)
            case If() as command:
                return self._if(command, state, context)
            case Case() as command:
                return self._case(command, state, context)
            case For() as command:
                return self._for(statement, command, state)
            case While() as command:
                return self._while(command, state)
            case Function(name=name, body=body):
                place: Location = Variable(f"{name}()")
                written = Effects(writes=frozenset({place}), overwrites=frozenset({place}))
                after = after_definition(name, body, state)
                return _Inside(Shape.DEFINITION, written, exits.SUCCEEDS, after, None)
            case Other() as command:
                return self._other(statement, command, state, context)
            case Call():
                raise AssertionError("a simple command is lowered elsewhere")

    def _and_or(self, command: Chain, state: ShellState, context: _Context) -> _Inside:
        is_and = command.operator == "&&"
        left = self.statement(command.left, state, context)
        first = Part(Role.LEFT, (left,))
        answer = _answer(command.left, left.before)
        shape = Shape.AND if is_and else Shape.OR
        if answer is not None and answer is not is_and:
            return _Inside(
                shape, replace(left.effects, fails=False), left.paths, left.after, left.after_failure, (first,)
            )
        entered = left.after if is_and else left.after_failure or left.after
        codes = context.codes | codes_behind(command.left, succeeded=is_and)
        right = self.statement(command.right, entered, _Context(not is_and, codes))
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
        return _Inside(shape, effects, paths, after, after_failure, (first, Part(Role.RIGHT, (right,))))

    def _pipe(self, left: Statement, right: Statement, state: ShellState) -> _Inside:
        sides = [self.statement(one, state, _CALM) for one in (left, right)]
        effects = algebra.joined([algebra.in_subshell(one.effects) for one in sides])
        paths = exits.piped(*(exits.in_subshell(one.paths) for one in sides))
        printed = state.script[left.span.start : left.span.end]
        if "executor" in printed and reads_script(tuple(value.text for value in values_of(right, state))):
            # A shell runs what the left side prints.
            paths = dict.fromkeys(paths, exits.UNBOUNDED)
        after = behind_subshell(sides[1].after, behind_subshell(sides[0].after, state))
        parts = (Part(Role.LEFT, (sides[0],)), Part(Role.RIGHT, (sides[1],)))
        return _Inside(Shape.PIPE, effects, paths, after, after, parts)

    def _group(
        self, statements: tuple[Statement, ...], state: ShellState, context: _Context, *, subshell: bool
    ) -> _Inside:
        body = self.sequence(statements, state, context)
        part = Part(Role.BODY, body.occurrences)
        if not subshell:
            return _Inside(Shape.GROUP, body.effects, body.paths, body.after, body.after_failure, (part,))
        after = behind_subshell(body.after, state)
        done = algebra.in_subshell(body.effects)
        return _Inside(Shape.SUBSHELL, done, exits.in_subshell(body.paths), after, after, (part,))

    def _if(self, command: If, state: ShellState, context: _Context) -> _Inside:
        condition = self.sequence(command.condition, state, context)
        codes = context.codes | failed_codes(command.condition)
        last = condition.occurrences[-1] if condition.occurrences else None
        answer = _answer(last.statement, last.before) if last is not None else None
        failing = bool(command.condition) and not command.condition[-1].negated
        entries = (
            (True, command.then, condition.after, _Context(codes=codes)),
            (False, command.otherwise, condition.after_failure or condition.after, _Context(failing, codes)),
        )
        paths = [pair for pair in condition.paths.items() if pair[0].exit not in exits.ON]
        parts = [Part(Role.CONDITION, condition.occurrences)]
        branches: list[Lowered] = []
        for number, (holds, statements, entered, known) in enumerate(entries):
            branch = self.sequence(statements, entered, known)
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
        return _Inside(Shape.IF, done, exits.best(paths), after, after_failure, tuple(parts))

    def _case(self, command: Case, state: ShellState, context: _Context) -> _Inside:
        parts: list[Part] = []
        branches: list[Lowered] = []
        for number in possible_branches(command, state):
            branch = self.sequence(tuple(_block(command, number)), state, context.calm())
            branches.append(branch)
            parts.append(Part(Role.BRANCH, branch.occurrences, -1 if number is None else number))
        done = algebra.either([one.effects for one in branches])
        paths = exits.best(pair for one in branches for pair in one.paths.items())
        after, after_failure = _joined(branches)
        return _Inside(Shape.CASE, done, paths, after, after_failure, tuple(parts))

    def _for(self, statement: Statement, command: For, state: ShellState) -> _Inside:
        name = frozenset[Location]({Variable(command.name)}) if command.name else NOWHERE
        head = frozenset[Location](map(Variable, command.head.writes)) if command.head is not None else NOWHERE
        written = self._written(statement, command.body, state) | name | head
        turning = forgetting(written, state)
        entries = entries_of(command, state)
        if entries is not None and len(entries) == 1 and is_single_word(entries[0]):
            known_entry = turning.known.copy()
            known_entry[command.name] = entries[0]
            turning = replace(turning, known=known_entry)
        turn = self.sequence(command.body, turning)
        done = algebra.maybe(replace(turn.effects, reads=turn.effects.reads - name))
        known = entries is not None and all(map(is_single_word, entries)) and not command.selects
        paths = exits.repeated(turn.paths, len(entries) if entries is not None and known else None)
        after = forgetting(written, behind_subshell(turn.after, state))
        return _Inside(Shape.LOOP, done, paths, after, None, (Part(Role.BODY, turn.occurrences),))

    def _while(self, command: While, state: ShellState) -> _Inside:
        written = self._written(command.condition, (*command.condition, *command.body), state)
        turning = forgetting(written, state)
        condition = self.sequence(command.condition, turning)
        turn = self.sequence(command.body, condition.after)
        effects = algebra.joined([algebra.maybe(condition.effects), algebra.maybe(turn.effects)])
        done = replace(effects, fails=turn.effects.fails)
        stops, goes = (Exit.TRUE, Exit.FALSE) if command.until else (Exit.FALSE, Exit.TRUE)
        paths = list(exits.chained(exits.taking(condition.paths, goes), turn.paths))
        paths.extend(
            (Path(Exit.BROKEN, path.build_failed), count)
            for path, count in exits.taking(condition.paths, stops).items()
        )
        paths.extend(pair for pair in condition.paths.items() if pair[0].exit not in exits.ON)
        after = forgetting(written, behind_subshell(turn.after, state))
        parts = (Part(Role.CONDITION, condition.occurrences), Part(Role.BODY, turn.occurrences))
        return _Inside(Shape.WHILE, done, exits.repeated(exits.best(paths), None, endless=True), after, None, parts)

    def _written(self, key: object, statements: tuple[Statement, ...], state: ShellState) -> frozenset[Location]:
        """Return what the body of a loop may change in any of its iterations."""
        found = self._changed.get(id(key))
        if found is None:
            blank = replace(state, known=Variables(), folder=None)
            found = self._changed[id(key)] = self.sequence(statements, blank).effects.writes
        return found

    def _other(self, statement: Statement, command: Other, state: ShellState, context: _Context) -> _Inside:
        answer = answer_of(statement, state)
        if answer is not None:
            decided = exits.SUCCEEDS if answer else exits.FAILS
            return _Inside(Shape.COMMAND, Effects(prints=True), decided, state, state)
        match command.kind:
            case "TestClause":
                after = forgetting((Variable("BASH_REMATCH"),), state) if command.matches else state
                return _Inside(Shape.COMMAND, Effects(prints=True), exits.EITHER, after, after)
            case "ArithmCmd" | "LetClause" if command.arithmetic is not None:
                after = forgetting(map(Variable, command.arithmetic.writes), state)
                return _Inside(Shape.COMMAND, Effects(prints=True), exits.EITHER, after, after)
            case "TimeClause":
                body = self.sequence(command.statements, state, context)
                part = (Part(Role.BODY, body.occurrences),)
                return _Inside(Shape.TIMED, body.effects, body.paths, body.after, body.after_failure, part)
        return self._opaque(command.statements, state)

    def _opaque(self, statements: tuple[Statement, ...], state: ShellState) -> _Inside:
        """Return what an unknown kind of command does: everything, and what is inside it any number of times."""
        everything = frozenset[Location]({State.FILES, State.FOLDER, State.VARIABLES, State.OPTIONS})
        body = self.sequence(statements, forgetting(everything, state))
        done = Effects(
            reads=everything, writes=everything, acts=body.effects.acts, fails=True, leaves=True, unknown=True
        )
        after = forgetting(everything, state)
        repeated = exits.repeated(body.paths, None) if statements else exits.SUCCEEDS
        paths = exits.best([*repeated.items(), *exits.ANY_EXIT.items()])
        return _Inside(Shape.OPAQUE, done, paths, after, after, (Part(Role.BODY, body.occurrences),))

    # Simple commands

    def _call(
        self, statement: Statement, state: ShellState, context: _Context, substituted: Sequence[Lowered]
    ) -> Occurrence:
        command = statement.command
        assert isinstance(command, Call)  # noqa: S101 (the caller asked)
        if not command.words:
            done = with_words(statement, effects_of_assignments(command.assignments), state)
            done = with_redirects(statement, _with_substituted(done, substituted), state)
            if state.exports_all:
                done = replace(done, reads=done.reads | {State.OPTIONS})
            after = after_assignments(command.assignments, state)
            # The status is that of the last substitution (POSIX, "Simple Commands", 2.9.1).
            last = exits.in_subshell(substituted[-1].paths) if substituted else exits.SUCCEEDS
            paths: Paths = dict.fromkeys(last, 0)
            inside = _Inside(Shape.COMMAND, done, paths, after, after if substituted else None)
            return self._finished(statement, state, inside, substituted)
        call = executor_call(statement, state)
        hides = call is None and hides_executor(statement, state)
        effects = effects_of_build(statement, state, call)
        followed = self._followed(statement, state) if effects is None or call is None else None
        parts: tuple[Part, ...] = ()
        if effects is not None and call is None:
            followed = None
        if effects is None and followed is not None:
            bodies, _, _, _ = followed
            effects = self._of_bodies(followed)
            parts = tuple(Part(Role.CALLED, one.occurrences, number) for number, one in enumerate(bodies))
        effects = self._of_command(statement, state) if effects is None else effects
        effects = with_redirects(
            statement, _with_substituted(with_words(statement, effects, state), substituted), state
        )
        if not effects.prints or effects.writes:
            # Umask, `set -e` and the like decide what each command does.
            effects = replace(effects, reads=effects.reads | {State.OPTIONS})
        paths = self._paths_of_call(statement, state, context, call, followed, hides=hides)
        after = self._state_behind(statement, state, effects, followed)
        stays = _may_stay(statement, followed)
        if stays:
            effects = replace(effects, writes=effects.writes | stays)
            after = forgetting(stays, after)
        texts = tuple(value.text for value in values_of(statement, state))
        hardly = isinstance(call, Build) or hardly_fails(texts)
        after_failure = None if hardly else state if texts[:1] in {("cd",), ("pushd",)} else after
        inside = _Inside(Shape.COMMAND, effects, paths, after, after_failure, parts)

        def as_call(occurrence: Occurrence) -> Occurrence:
            name, kind = (followed[2], followed[3]) if followed is not None else ("", None)
            return replace(occurrence, call=call, hides=hides, callee=name, call_kind=kind)

        return self._finished(statement, state, inside, substituted, as_call)

    def _of_command(self, statement: Statement, state: ShellState) -> Effects:
        """Return what a command does that runs nothing which can be followed; a trap acts when the script ends."""
        done = effects_of_program(statement, state)
        if not _is_trap(values_of(statement, state)):
            return done
        lowered = self._trapped(values_of(statement, state), state)
        if lowered is None:
            return replace(done, unknown=True)
        later = lowered.effects
        return replace(done, reads=done.reads | later.reads, acts=later.acts or later.unknown, prints=False)

    def _trapped(self, values: tuple[Value, ...], state: ShellState) -> Lowered | None:
        """Return what a trap runs; None where its text is no script."""
        script = body_of_text(InnerRun(values[:1], often=False, text=values[1].text, exact=True), state)
        if script is None:
            return None
        return self.sequence(script.statements, replace(script.state, functions=state.functions))

    def _followed(
        self, statement: Statement, state: ShellState
    ) -> tuple[list[Lowered], frozenset[str], str, CallKind] | None:
        """Return the bodies that a command may run, their local variables, what they are called, and how they run."""
        command = statement.command
        values = values_of(statement, state)
        name = values[0].text if values else ""
        if len(state.calling) > DEEPEST_CALL:
            raise LimitError(f"it calls functions and scripts more than {DEEPEST_CALL} deep")
        if name in state.functions and isinstance(command, Call):
            if name in state.calling:
                self._recursive.add(name)
                return None
            own = replace(state, known=assigned(command.assignments, state))
            known = with_positional(own.known, values[1:])
            bodies: list[Lowered] = []
            local: set[str] = set()
            for one in state.functions[name]:
                there = replace(own, script=one.script, known=known, calling=(*state.calling, name))
                bodies.append(self.sequence((one.body,), there))
                local |= set(_locals(one.body))
            return bodies, frozenset(local), name, CallKind.FUNCTION
        script = body_of_script(statement, state)
        if script is None:
            again = called(values, state.folder, state.setting.wrappers, state.made)
            if again is not None and again.path in state.calling:
                self._recursive.add(again.path)
                return None
            return self._evaluated(statement, values, state)
        body = self.sequence(script.statements, script.state)
        kind = CallKind.SOURCED if script.sourced else CallKind.PROCESS
        return [body], frozenset(), script.path, kind

    def _evaluated(
        self, statement: Statement, values: tuple[Value, ...], state: ShellState
    ) -> tuple[list[Lowered], frozenset[str], str, CallKind] | None:
        """Return what a text does that a command gives to a shell, as `sh -c` and `eval` do."""
        run = run_from_input(statement, state) or inner_run(values, state)
        if run.text is None:
            return None
        script = body_of_text(run, state)
        if script is None:
            return None
        body = self.sequence(script.statements, script.state)
        if run.often:
            body = replace(body, effects=algebra.maybe(body.effects), paths=exits.repeated(body.paths, None))
        if not run.exact:
            body = _with_unknown_text(body, state, sourced=script.sourced)
        return [body], frozenset(), run.text, CallKind.EVALUATED if script.sourced else CallKind.TEXT

    def _of_bodies(self, followed: tuple[list[Lowered], frozenset[str], str, CallKind]) -> Effects:
        """Return what a call does, without the callee's own parameters and local variables."""
        bodies, local, name, kind = followed
        done = algebra.either([one.effects for one in bodies])
        if kind in _PROCESSES:
            done = algebra.in_subshell(done)
        own = {
            place
            for place in done.reads | done.writes
            if isinstance(place, Variable) and (place.name.isdigit() or place.name in "@*#")
        }
        changed = done.writes - {Variable(name) for name in local} - own
        called = frozenset[Location]({Variable(f"{name}()")} if kind is CallKind.FUNCTION else {File(name)})
        if kind in {CallKind.TEXT, CallKind.EVALUATED}:
            called = NOWHERE
        return replace(
            done,
            reads=done.reads - own | called,
            writes=changed,
            overwrites=done.overwrites & changed,
            exports=done.exports - local,
            prints=kind is CallKind.FUNCTION and done.prints and not changed,
            # A script of tests ends the job at what its commands find, whichever they are.
            fails=done.fails or mentions_verdict(name) or any(exits.gives_up(one.paths) for one in bodies),
        )

    def _paths_of_call(
        self,
        statement: Statement,
        state: ShellState,
        context: _Context,
        call: object,
        followed: tuple[list[Lowered], frozenset[str], str, CallKind] | None,
        *,
        hides: bool,
    ) -> Paths:
        texts = tuple(value.text for value in values_of(statement, state))
        if isinstance(call, Build) or (hides and followed is None):
            if hides and inner_run(values_of(statement, state), state).often:
                return {Path(Exit.TRUE): exits.UNBOUNDED, Path(Exit.FALSE, build_failed=True): exits.UNBOUNDED}
            leaves = {Path(Exit.LEFT): 1.0} if texts[:1] == ("exec",) else {}
            return {Path(Exit.TRUE): 1, Path(Exit.FALSE, build_failed=True): 0, **leaves}
        if followed is not None:
            bodies, _, name, kind = followed
            paths = exits.best(pair for one in bodies for pair in one.paths.items())
            if kind in _PROCESSES:
                paths = exits.in_subshell(paths)
            paths = exits.of_function(paths)
            if name in self._recursive and exits.most_builds(paths):
                return dict.fromkeys(paths, exits.UNBOUNDED)
            return paths
        if not texts:
            return exits.EITHER
        answer = answer_of(statement, state)
        if answer is not None:
            return exits.SUCCEEDS if answer else exits.FAILS
        if texts[0] == "exit":
            return {Path(Exit.DIED if _exits_with_failure(statement.command, context) else Exit.LEFT): 0}
        if texts[0] == "return":
            return {Path(Exit.GAVE_UP if _exits_with_failure(statement.command, context) else Exit.RETURNED): 0}
        if texts[0] == "exec" and len(texts) > 1:
            return {Path(Exit.LEFT): 0}
        if _is_trap(values_of(statement, state)):
            trapped = self._trapped(values_of(statement, state), state)
            # What it builds counts here, though it is built when the script ends.
            return dict.fromkeys(exits.EITHER, exits.most_builds(trapped.paths) if trapped is not None else 0)
        return _BUILTIN_PATHS.get(texts[0], exits.EITHER)

    def _state_behind(
        self,
        statement: Statement,
        state: ShellState,
        effects: Effects,
        followed: tuple[list[Lowered], frozenset[str], str, CallKind] | None,
    ) -> ShellState:
        texts = tuple(value.text for value in values_of(statement, state))
        if followed is not None:
            bodies, local, _, kind = followed
            ends = [behind_call(one.after, state, local) for one in bodies]
            if kind in _PROCESSES:
                ends = [behind_subshell(one.after, state) for one in bodies]
            return join(ends)
        if texts == ("exec",):
            known = state.known.copy()
            known.update(opened_by_exec(statement, state))
            return replace(state, known=known)
        ifs = _ifs_behind(texts, statement, effects, state)
        after = after_command(values_of(statement, state), effects.writes, state, ifs)
        return _with_written(statement, effects, state, after)


def _with_unknown_text(body: Lowered, state: ShellState, *, sourced: bool) -> Lowered:
    """Return what a text does of which a part is not known, as in `eval "$X"`: everything besides what is known.

    Args:
        body: The text as far as it is known.
        state: The state in which it runs.
        sourced: Whether it runs in the shell itself; else a process runs it, which changes files alone.
    """
    if not sourced:
        own = Effects(
            reads=frozenset({State.FILES, State.FOLDER}) | state.environment(),
            writes=frozenset({State.FILES}),
            fails=True,
            unknown=True,
        )
        return replace(body, effects=algebra.joined([body.effects, own]))
    everything = frozenset[Location]({State.FILES, State.FOLDER, State.VARIABLES, State.OPTIONS})
    own = Effects(reads=everything, writes=everything, fails=True, leaves=True, unknown=True)
    after = forgetting(everything, body.after)
    paths = exits.best([*body.paths.items(), *exits.ANY_EXIT.items()])
    return replace(
        body,
        effects=algebra.maybe(algebra.joined([body.effects, own])),
        paths=paths,
        after=after,
        after_failure=after,
    )


def _with_substituted(done: Effects, substituted: Sequence[Lowered]) -> Effects:
    """Add what substitutions do: each runs in a shell of its own, so of what it changes only files outlive it."""
    if not substituted:
        return done
    parts = [one.effects for body in substituted for one in body.occurrences]
    kept = [
        # `$(grep ...)` asks for a value, and is no test of anything that was built.
        replace(
            algebra.outside_of_subshell(part),
            prints=done.prints and part.prints,
            fails=part.fails and (State.FILES in part.reads or part.acts),
        )
        for part in parts
    ]
    joined = algebra.joined([done, *kept])
    return replace(joined, prints=done.prints and all(part.prints for part in parts))


def _is_trap(values: tuple[Value, ...]) -> bool:
    """Tell whether a command sets a trap that runs something."""
    return len(values) > 2 and values[0].text == "trap" and not values[1].text.startswith("-")


def _may_stay(
    statement: Statement, followed: tuple[list[Lowered], frozenset[str], str, CallKind] | None
) -> frozenset[Location]:
    """Return the variables assigned before a command that may keep their values after it.

    Before a special builtin they do, and before a function they may (POSIX, 2.9.1 and 2.14).
    """
    command = statement.command
    if not isinstance(command, Call) or not command.assignments:
        return NOWHERE
    stays = command.words[0].literal in _SPECIAL or (followed is not None and followed[3] not in _PROCESSES)
    return frozenset(Variable(one.name) for one in command.assignments) if stays else NOWHERE


def _of_arithmetic(reads: Iterable[str], writes: Iterable[str]) -> Effects:
    return Effects(
        reads=frozenset(map(Variable, reads)),
        writes=frozenset(map(Variable, writes)),
    )


def _with_written(statement: Statement, effects: Effects, before: ShellState, after: ShellState) -> ShellState:
    """Return the state with the files that a command gives content, and what it writes out in full."""
    places = [place for place in effects.alters if isinstance(place, File)]
    made = written_down(statement, before)
    texts_ = tuple(value.text for value in values_of(statement, before))
    if texts_[:1] == ("ln",) and places:
        after = replace(after, links=after.links.adding(place.path for place in places))
    if not places and made is None:
        return after
    spans = [statement.span, *(one.body.span for one in statement.redirects if one.body is not None)]
    text = "\n".join(before.script[span.start : span.end] for span in spans)
    written, texts = after.written.copy(), after.made.copy()
    for place in places:
        written[place.path] = WrittenTexts(text, written.get(place.path))
        texts.pop(place.path, None)
    if made is not None:
        path, content = made
        texts[path] = content
    return replace(after, written=written, made=texts)


def _following(occurrence: Occurrence) -> ShellState:
    """Return the state in which the next statement begins.

    Where a chain may fail in its middle, `set -e` passes over that, and the script goes on from there.
    """
    masked = occurrence.shape is Shape.AND or not occurrence.before.stops_at_failure
    if masked and occurrence.after_failure is not None:
        return join((occurrence.after, occurrence.after_failure))
    return occurrence.after


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


def _condition_of(statement: Statement) -> tuple[Statement, ...]:
    """Return what a plain `if` asks; nothing for any other statement."""
    plain = not (statement.negated or statement.background or statement.redirects)
    return statement.command.condition if plain and isinstance(statement.command, If) else ()


def _answer(statement: Statement, state: ShellState) -> bool | None:
    """Return what a statement certainly answers, `!` counted in; None where that is not certain."""
    answer = answer_of(statement, state)
    return answer if answer is None else answer is not statement.negated


def _exits_with_failure(command: Call | object, context: _Context) -> bool:
    """Tell whether `exit` certainly has a status other than 0: a number, or that of what has just failed."""
    if not isinstance(command, Call) or len(command.words) < 2:
        return context.failed
    parts = command.words[1].parts
    if len(parts) == 1 and isinstance(parts[0], Parameter) and parts[0].plain:
        return parts[0].name in context.codes or (parts[0].name == "?" and context.failed)
    status = command.words[1].literal or ""
    return status.isdigit() and int(status) % 256 != 0


def _codes_after(statement: Statement, context: _Context) -> frozenset[str]:
    """Return the variables that certainly hold a status other than 0 behind a statement, such as `code=$?`."""
    codes = context.codes
    if isinstance(statement.command, Call) and not statement.command.words:
        for one in statement.command.assignments:
            parts = one.value.parts if one.value is not None else ()
            status = len(parts) == 1 and isinstance(parts[0], Parameter) and parts[0].name == "?"
            codes = codes | {one.name} if status and context.failed else codes - {one.name}
    return codes


def _ifs_behind(texts: tuple[str, ...], statement: Statement, effects: Effects, state: ShellState) -> Value | None:
    """Return what IFS holds behind a command; None where nobody has set it.

    Assignments before a special builtin or a function may stay (POSIX, 2.9.1 and 2.14), and `unset` lets the shell
    divide at blanks again (2.6.5).
    """
    if texts[:1] == ("unset",) and IFS in texts and "-f" not in texts:
        return None
    command = statement.command
    stays = bool(texts) and (texts[0] in _SPECIAL or texts[0] in state.functions)
    if stays and isinstance(command, Call) and any(one.name == IFS for one in command.assignments):
        return _UNKNOWN_IFS
    return known_without(effects.writes, state).get(IFS)


def _locals(body: Statement) -> Iterator[str]:
    """Yield the local variables that a function declares in its body's own statements."""
    statements = body.command.statements if isinstance(body.command, Group) else (body,)
    for statement in statements:
        if isinstance(statement.command, Declaration) and statement.command.keyword == "local":
            yield from (one.name for one in statement.command.assignments)
