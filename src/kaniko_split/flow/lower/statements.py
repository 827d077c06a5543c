"""What do statements do that run one after the other?"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from kaniko_split.flow import effects as algebra
from kaniko_split.flow import exits
from kaniko_split.flow.commands import (
    effects_of_declaration,
    files_asked,
    is_split,
    with_words,
)
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.exits import Exit, Path, Paths
from kaniko_split.flow.joins import join
from kaniko_split.flow.lower.calls import lower_call
from kaniko_split.flow.lower.compounds import (
    lower_and_or,
    lower_case,
    lower_for,
    lower_group,
    lower_if,
    lower_other,
    lower_pipe,
    lower_while,
)
from kaniko_split.flow.lower.lowered import (
    CALM,
    Context,
    Inside,
    LimitError,
    Lowered,
    finished,
    with_substituted,
)
from kaniko_split.flow.occurrence import Occurrence, Shape
from kaniko_split.flow.positional import POSITIONAL
from kaniko_split.flow.redirects import with_redirects
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.status import StatusQuestion, failed_codes, status_kept, status_question
from kaniko_split.flow.transitions import after_declaration, after_definition
from kaniko_split.shell.locations import NOWHERE, Location, State, Variable
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

# How many statements one script may run.
MOST_OCCURRENCES = 20_000


class Statements:
    """Goes down the syntax once, and carries what is known from one statement to the next."""

    def __init__(self) -> None:
        self._count = 0
        self.recursive: set[str] = set()
        # What the bodies of loops may change, whatever is known before them.
        self.changed: dict[int, frozenset[Location]] = {}

    def sequence(self, statements: Iterable[Statement], state: ShellState, context: Context = CALM) -> Lowered:
        """Return what statements do that run one after the other."""
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
            context = Context(codes=_codes_after(statement, context))
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
        context: Context,
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
            lowered = self.sequence(branch, state, Context(failed, codes))
            found.extend(exits.chained({path: count}, lowered.paths))
        return found

    def statement(self, statement: Statement, state: ShellState, context: Context) -> Occurrence:
        """Return what one statement does.

        Raises:
            LimitError: The script runs too many statements.
        """
        self._count += 1
        if self._count > MOST_OCCURRENCES:
            raise LimitError(f"it runs more than {MOST_OCCURRENCES} statements")
        substituted = [
            self.sequence(part.statements, state) for word in words_of(statement) for part in substitutions(word)
        ]
        if isinstance(statement.command, Call):
            return lower_call(self, statement, state, context, substituted)
        inside = self._inside(statement, state, context)
        own = self._own(statement, state)
        own = with_redirects(statement, with_substituted(own, substituted), state)
        if inside.parts:
            both = algebra.joined([replace(own, prints=own.prints and not own.writes), inside.effects])
            done = inside.effects
            own = replace(both, fails=done.fails, leaves=done.leaves, asserts=done.asserts)
        else:
            own = algebra.joined([own, inside.effects]) if inside.shape is not Shape.DEFINITION else inside.effects
        return finished(statement, state, replace(inside, effects=own), substituted)

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

    def _inside(self, statement: Statement, state: ShellState, context: Context) -> Inside:
        match statement.command:
            case None:
                return Inside(Shape.COMMAND, Effects(prints=True), exits.SUCCEEDS, state, None)
            case Declaration() as command:
                after = after_declaration(command, state)
                return Inside(Shape.COMMAND, Effects(prints=True), exits.SUCCEEDS, after, None)
            case Chain(operator="&&" | "||") as command:
                return lower_and_or(self, command, state, context)
            case Chain(left=left, right=right):
                return lower_pipe(self, left, right, state)
            case Group(statements=inner, subshell=subshell):
                return lower_group(self, inner, state, context, subshell=subshell)
            case If() as command:
                return lower_if(self, command, state, context)
            case Case() as command:
                return lower_case(self, command, state, context)
            case For() as command:
                return lower_for(self, statement, command, state)
            case While() as command:
                return lower_while(self, command, state)
            case Function(name=name, body=body):
                place: Location = Variable(f"{name}()")
                written = Effects(writes=frozenset({place}), overwrites=frozenset({place}))
                after = after_definition(name, body, state)
                return Inside(Shape.DEFINITION, written, exits.SUCCEEDS, after, None)
            case Other() as command:
                return lower_other(self, statement, command, state, context)
            case Call():
                raise AssertionError("a simple command is lowered elsewhere")


def _of_arithmetic(reads: Iterable[str], writes: Iterable[str]) -> Effects:
    return Effects(
        reads=frozenset(map(Variable, reads)),
        writes=frozenset(map(Variable, writes)),
    )


def _following(occurrence: Occurrence) -> ShellState:
    """Return the state in which the next statement begins.

    Where a chain may fail in its middle, `set -e` passes over that, and the script goes on from there.
    """
    masked = occurrence.shape is Shape.AND or not occurrence.before.stops_at_failure
    if masked and occurrence.after_failure is not None:
        return join((occurrence.after, occurrence.after_failure))
    return occurrence.after


def _condition_of(statement: Statement) -> tuple[Statement, ...]:
    """Return what a plain `if` asks; nothing for any other statement."""
    plain = not (statement.negated or statement.background or statement.redirects)
    return statement.command.condition if plain and isinstance(statement.command, If) else ()


def _codes_after(statement: Statement, context: Context) -> frozenset[str]:
    """Return the variables that certainly hold a status other than 0 behind a statement, such as `code=$?`."""
    codes = context.codes
    if isinstance(statement.command, Call) and not statement.command.words:
        for one in statement.command.assignments:
            parts = one.value.parts if one.value is not None else ()
            status = len(parts) == 1 and isinstance(parts[0], Parameter) and parts[0].name == "?"
            codes = codes | {one.name} if status and context.failed else codes - {one.name}
    return codes
