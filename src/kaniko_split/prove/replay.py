"""What does a script give each of its builds, run with symbols for values?

A small interpreter of its own, simple and pessimistic: a variable is the text that its value came from, a file is
the statements that wrote it, and a command that nobody knows reads and changes everything. It knows the syntax tree
and the proof's own claims about commands, and nothing of what the plan was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from kaniko_split.prove.builds import ExecutorRun, Names, executor_run, unwrapped
from kaniko_split.prove.claims import EVERYTHING, NOTHING, Claim, claim_of, may_be_verdict
from kaniko_split.prove.container import Container
from kaniko_split.prove.expansion import ARRAY, Expander, Shell
from kaniko_split.prove.names import names_in, names_written
from kaniko_split.prove.symbols import PROJECT, Guard, Symbols, is_known, is_whole, meets, path_in
from kaniko_split.shell.nodes import (
    Assignment,
    Call,
    Case,
    Chain,
    Declaration,
    For,
    Function,
    Group,
    If,
    Other,
    Redirect,
    Script,
    Statement,
    Substitution,
    While,
    Word,
    nested,
    substitutions,
    words_of,
)
from kaniko_split.shell.parse import ShellSyntaxError, parse

_DEEPEST = 24
_MOST_EVENTS = 20_000
_HARMLESS = "&& harmless"


class TooComplexError(Exception):
    """A script goes beyond a limit of the proof: it is not proved."""


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """What one build is given; two builds with equal records make the same image.

    Attributes:
        words: Its words, with what redirects and assignments add.
        guards: The conditions that it runs under.
        failure: What becomes of its failure.
        folder: The folder that it runs in.
        options: The options of the shell.
        environment: The variables that it can see and that the script changed.
        files: What was written of the files that it reads.
        background: Whether it runs in the background.
        sources: What was written of the scripts that it is called from.
    """

    words: tuple[str, ...]
    guards: frozenset[Guard]
    failure: str
    folder: str
    options: tuple[tuple[str, str], ...]
    environment: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    background: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One command that runs.

    Attributes:
        text: The command as it is written, blanks as one.
        line: The line of the script that it is on, counted from 1.
        words: Its words.
        key: What it does, with all that it reads; equal keys do the same.
        guards: The conditions that it runs under.
        claim: What it does at most.
        gates: Whether its failure ends the script and is a verdict.
        build: What it gives the executor; None for any other command.
        node: The statement.
        script: The text that the statement's span counts in.
        ends: Whether it ends the script with success.
        looks: Whether it reads what a build leaves in the container's root.
        output: Whether what it writes comes from a build.
        names: Further variables that it reads.
        shells: The subshells that it runs in, by number.
    """

    text: str
    line: int
    words: tuple[str, ...]
    key: str
    guards: frozenset[Guard]
    claim: Claim
    gates: bool
    build: BuildRecord | None
    node: Statement | None
    script: str
    ends: bool = False
    looks: bool = False
    output: bool = False
    names: frozenset[str] = frozenset()
    shells: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a whole script does: its commands in order, and the functions that it defines, by name."""

    events: tuple[Event, ...]
    functions: dict[str, tuple[str, Statement]]


def replay(
    script: Script, symbols: Symbols, given: dict[str, str | None], read: Callable[[str], str | None], names: Names
) -> Run:
    """Run a script with symbols.

    Args:
        script: Its syntax.
        symbols: The symbols, the same for the scripts that are compared.
        given: The variables that the pipeline gives; None for a value that is not known.
        read: Gives the text of a file of the repository, by name; None where there is none.
        names: The user's own words for the executor and what runs it.

    Raises:
        TooComplexError: The script goes beyond a limit.
    """
    machine = _Machine(symbols, given, read, names)
    machine.script(script)
    return Run(tuple(machine.events), machine.functions)


class _Machine:
    def __init__(
        self, symbols: Symbols, given: dict[str, str | None], read: Callable[[str], str | None], names: Names
    ) -> None:
        self.symbols = symbols
        self.given = given
        self.read = read
        self.names = names
        self.expander = Expander(symbols, given, self._substituted)
        self.container = Container(symbols)
        self.functions: dict[str, tuple[str, Statement]] = {}
        self.events: list[Event] = []
        self.masks: list[str] = []
        self.depth = 0
        self.ended = False
        self.returns: list[list[tuple[tuple[Guard, ...], Shell]]] = []
        self.redirects: list[Redirect] = []
        self.after_build = False
        self.locals: list[dict[str, str | None]] = []
        self.opaque = ""
        self.root = ""
        self.shells: tuple[int, ...] = ()
        self.subshells = 0
        self.sources: tuple[str, ...] = ()
        self.from_builds: set[str] = set()
        self.build_keys: set[str] = set()

    @property
    def shell(self) -> Shell:
        return self.expander.shell

    @shell.setter
    def shell(self, shell: Shell) -> None:
        self.expander.shell = shell

    @property
    def guards(self) -> tuple[Guard, ...]:
        return self.expander.guards

    @guards.setter
    def guards(self, guards: tuple[Guard, ...]) -> None:
        self.expander.guards = guards

    def script(self, script: Script) -> None:
        before, self.expander.text = self.expander.text, script.text
        self.run(script.statements, tail=True)
        self.expander.text = before

    def run(self, statements: Sequence[Statement], *, tail: bool) -> None:
        """Run statements in order; `tail` where the last one's status is that of the whole script."""
        for number, statement in enumerate(statements):
            if self.ended:
                return
            self.statement(statement, tail=tail and number == len(statements) - 1)

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > _DEEPEST or len(self.events) > _MOST_EVENTS:
            raise TooComplexError("a script is nested too deeply, or runs too many commands, to be proved")
        yield
        self.depth -= 1

    @contextmanager
    def _masked(self, mask: str) -> Iterator[None]:
        if mask:
            self.masks.append(mask)
        yield
        if mask:
            self.masks.pop()

    @contextmanager
    def _scope(self) -> Iterator[None]:
        """Run what an `exit` or `return` of its own may leave early."""
        guards, ended = self.guards, self.ended
        self.returns.append([])
        yield
        for more, shell in reversed(self.returns.pop()):
            if self.ended:
                self.shell, self.ended = shell, False
            else:
                self.shell = self._merged(self._all(more), shell, self.shell)
        self.guards, self.ended = guards, ended

    @contextmanager
    def _subshell(self) -> Iterator[None]:
        shell = self.shell
        self.shell = shell.copy()
        functions = dict(self.functions)
        shells, self.subshells = self.shells, self.subshells + 1
        self.shells = (*shells, self.subshells)
        with self._scope():
            yield
        self.shells = shells
        shell.status = self.shell.status
        self.shell, self.functions = shell, functions

    def _all(self, guards: tuple[Guard, ...]) -> str:
        if len(guards) == 1 and guards[0][1]:
            return guards[0][0]
        return self.symbols.of("all", *(f"{condition}{holds}" for condition, holds in guards))

    def _merged(self, condition: str, then: Shell, otherwise: Shell) -> Shell:
        """Return what is known after one of two ways was gone."""

        def choice(one: str, other: str) -> str:
            under = self.symbols.under
            return self.symbols.choice(condition, under(one, {(condition, True)}), under(other, {(condition, False)}))

        def both(ones: dict[str, str], others: dict[str, str], missing: Callable[[str], str]) -> dict[str, str]:
            names = dict.fromkeys((*others, *ones))
            return {
                name: choice(ones[name] if name in ones else missing(name), others[name] if name in others else missing(name))
                for name in names
            }

        return Shell(
            both(then.values, otherwise.values, self._before),
            then.exported | otherwise.exported,
            choice(then.folder, otherwise.folder),
            both(then.options, otherwise.options, lambda _: ""),
            then.arguments if then.arguments == otherwise.arguments else None,
            choice(then.status, otherwise.status),
            then.folders if then.folders == otherwise.folders else (self.symbols.of("folders", condition),),
        )

    def _before(self, name: str) -> str:
        """Return what a variable holds that the script gave no value."""
        known = self.given.get(name)
        return self.symbols.environment(name) if known is None else known

    def statement(self, statement: Statement, *, tail: bool) -> None:
        with self._deeper():
            if statement.background:
                with self._masked("&"), self._subshell():
                    self._command(replace(statement, background=False), tail=False, background=True)
                return
            if statement.negated:
                with self._masked("!"):
                    self._command(statement, tail=False)
                return
            self._command(statement, tail=tail)

    def _command(self, statement: Statement, *, tail: bool, background: bool = False) -> None:
        command = statement.command
        if statement.redirects and not isinstance(command, Call | Declaration | Other | None):
            self.redirects.extend(statement.redirects)
            self._compound(statement, tail=tail)
            del self.redirects[-len(statement.redirects) :]
            return
        match command:
            case None:
                self._event(statement, (), EVERYTHING if self._moves_descriptors(statement) else NOTHING)
            case Call():
                self._call(statement, command, tail=tail, background=background)
            case Declaration():
                self._declaration(statement, command)
            case Other(kind="TimeClause"):
                self.run(command.statements, tail=tail)
            case Other():
                self._other(statement, command)
            case _:
                self._compound(statement, tail=tail)

    @staticmethod
    def _moves_descriptors(statement: Statement) -> bool:
        return any(one.operator not in {">", ">>", ">|"} for one in statement.redirects)

    def _compound(self, statement: Statement, *, tail: bool) -> None:
        match statement.command:
            case Group(statements=inner, subshell=True):
                with self._subshell():
                    self.run(inner, tail=tail)
            case Group(statements=inner):
                self.run(inner, tail=tail)
            case Chain(operator="&&", left=left, right=right):
                self._and(left, right, tail=tail)
            case Chain(operator="||", left=left, right=right):
                self._or(left, right, tail=tail)
            case Chain(left=left, right=right):
                self._pipe(left, right, tail=tail)
            case If(condition=condition, then=then, otherwise=otherwise):
                symbol = self._condition(condition)
                self._branches(
                    symbol, lambda: self.run(then, tail=tail), lambda: self.run(otherwise, tail=tail)
                )
            case Case() as case:
                self._case(statement, case, tail=tail)
            case For() as loop:
                self._for(statement, loop, tail=tail)
            case While():
                self._whole(statement)
            case Function(name=name, body=body):
                self.functions[name] = (self.expander.text, body)
            case _:
                self._event(statement, (), EVERYTHING)

    def _condition(self, statements: Sequence[Statement]) -> str:
        """Run the statements of a condition, and return what stands for its answer."""
        start = len(self.events)
        with self._masked("if"):
            self.run(statements, tail=False)
        negated = len(statements) == 1 and statements[0].negated
        return self._answer(self.events[start:], negated=negated)

    def _answer(self, events: Sequence[Event], *, negated: bool = False) -> str:
        if len(events) == 1 and (known := _decided(events[0].words)) is not None:
            return "yes" if known is not negated else "no"
        symbol = self.symbols.of("if", str(negated), *(event.key for event in events))
        self._note_builds(symbol, events)
        return symbol

    def _note_builds(self, symbol: str, events: Sequence[Event]) -> None:
        """Note a condition that asks nothing but whether builds have failed."""
        asked = [event for event in events if event.claim.gates or event.build is not None]
        if asked and all(self._asks_build(event) for event in asked):
            self.from_builds.add(symbol)

    def _asks_build(self, event: Event) -> bool:
        if event.build is not None:
            return not event.claim.gates
        return any(self.symbols.sources(word) & {"build"} for word in event.words)

    def _branches(self, condition: str, then: Callable[[], None], otherwise: Callable[[], None]) -> None:
        """Go both ways, or the only one that a condition leaves."""
        holds = dict(self.guards).get(condition)
        if condition == "yes" or holds is True:
            return then()
        if condition == "no" or holds is False:
            return otherwise()
        outer = self.guards
        before = self.shell.copy()
        self.guards = (*outer, (condition, True))
        then()
        after, ended = self.shell, self.ended
        self.shell, self.ended = before, False
        self.guards = (*outer, (condition, False))
        otherwise()
        self.guards = outer
        if ended and self.ended:
            return None
        if ended:
            # What comes after the condition runs only where it does not hold, if that is no failure.
            self.guards = outer if self._failed_in(after) else (*outer, (condition, False))
        elif self.ended:
            self.guards = outer if self._failed_in(self.shell) else (*outer, (condition, True))
            self.shell, self.ended = after, False
        else:
            self.shell = self._merged(condition, after, self.shell)
        return None

    @staticmethod
    def _failed_in(shell: Shell) -> bool:
        return shell.status == "failed"

    def _and(self, left: Statement, right: Statement, *, tail: bool) -> None:
        for name, body in _defined_in(left):
            self.functions.setdefault(name, (self.expander.text, body))
        # A failure of the left side is passed over, but for links that hardly fail and builds: the split says so.
        start = len(self.events)
        harmless = self._is_harmless(right)
        with self._masked(_HARMLESS if harmless else "&&"):
            self.statement(left, tail=False)
        if self.ended:
            return
        asked = [event for event in self.events[start:] if event.claim.gates and event.build is None]
        if not asked:
            self.statement(right, tail=tail)
            return
        condition = self._answer(asked)
        self._branches(condition, lambda: self.statement(right, tail=tail), lambda: None)

    def _or(self, left: Statement, right: Statement, *, tail: bool) -> None:
        start = len(self.events)
        mask = "||" + _plain(self.expander.text[right.span.start : right.span.end])
        with self._masked(mask):
            self.statement(left, tail=False)
        if self.ended:
            return
        failed = self.symbols.of("failed", *(event.key for event in self.events[start:]))
        self._note_builds(failed, self.events[start:])
        self._branches(failed, lambda: self.statement(right, tail=tail), lambda: None)

    def _pipe(self, left: Statement, right: Statement, *, tail: bool) -> None:
        start = len(self.events)
        carries = self.shell.options.get("pipefail") == "-"
        with self._masked("" if carries else "|"), self._subshell():
            self.statement(left, tail=False)
        inputs = self.symbols.of("stdin", *(event.key for event in self.events[start:]))
        before, self.opaque = self.opaque, self.opaque + inputs
        after_build, self.after_build = self.after_build, any(event.build for event in self.events[start:])
        with self._subshell():
            self.statement(right, tail=tail)
        self.opaque, self.after_build = before, after_build
        self.shell.status = self.symbols.of("pipe", *(event.key for event in self.events[start:]))

    def _is_harmless(self, statement: Statement) -> bool:
        """Tell whether a link of a chain is a build, or a command that hardly ever fails."""
        from kaniko_split.prove import builtins

        match statement.command:
            case Chain(operator="&&", left=left, right=right):
                return self._is_harmless(left) and self._is_harmless(right)
            case Call(words=words):
                texts = self.expander.words(words)
                plain, _ = unwrapped(texts, self.names)
                if plain and plain[0] in self.functions and self.depth < _DEEPEST:
                    with self._deeper():
                        return self._is_harmless(self.functions[plain[0]][1])
                statements = builtins.statements_of(self, plain)
                if statements is not None and self.depth < _DEEPEST:
                    with self._deeper():
                        return all(map(self._is_harmless, statements))
                run = executor_run(plain, self.shell.folder, {}, self.names)
                return run is not None or not may_be_verdict(plain)
            case Group(statements=inner):
                return all(map(self._is_harmless, inner))
            case Declaration() | Function():
                return True
            case _:
                return False

    def _case(self, statement: Statement, case: Case, *, tail: bool) -> None:
        subject = self.expander.value(case.subject)
        if any(case.falls_through[:-1]):
            self._whole(statement)
            return

        self._event(statement, ("case", subject), NOTHING, text=f"case {_plain(self._written(case.subject))}")
        names = frozenset(names_in(case.subject))
        self.events[-1] = replace(self.events[-1], names=names)

        def from_branch(number: int) -> None:
            if number == len(case.branches):
                return
            patterns = [self.expander.value(word) for word in case.patterns[number]]
            condition = self._matches(subject, patterns)
            self._branches(
                condition, lambda: self.run(case.branches[number], tail=tail), lambda: from_branch(number + 1)
            )

        from_branch(0)

    def _written(self, word: Word) -> str:
        return self.expander.text[word.span.start : word.span.end]

    def _matches(self, subject: str, patterns: list[str]) -> str:
        if "*" in patterns:
            return "yes"
        plain = [one for one in patterns if is_known(one) and not any(sign in one for sign in "*?[\\")]
        if is_known(subject) and subject in plain:
            return "yes"
        if is_known(subject) and len(plain) == len(patterns):
            return "no"
        return self.symbols.of("case", subject, *patterns)

    def _for(self, statement: Statement, loop: For, *, tail: bool) -> None:
        items = self.shell.arguments if loop.items is None and loop.head is None else None
        if loop.items is not None:
            items = self.expander.listed(loop.items)
        if items is None or loop.selects or _leaves(loop.body):
            self._whole(statement)
            return
        for number, item in enumerate(items):
            self._assign(loop.name, item)
            self._event(statement, ("for", loop.name, item), NOTHING, text=f"{loop.name}={item}")
            with self._scope():
                self.run(loop.body, tail=tail and number == len(items) - 1)

    def _whole(self, statement: Statement) -> None:
        """Run a statement that is not followed: what it may do in any order and any number of times."""
        names = self.expander
        text = names.text[statement.span.start : statement.span.end]
        start = len(self.events)
        before = self.shell.copy()
        written = sorted(_written_within(statement, self.functions, frozenset()))
        loop = statement.command
        given = {loop.name} if isinstance(loop, For) and loop.items else set()
        seen = [f"{name}={value}" for name, value in sorted(self.shell.values.items())] if "" in written else []
        seed = self.symbols.of("loop", _plain(text), *seen, *(f"{name}={names.variable(name)}" for name in written if name and name not in given))
        for name in written:
            if name:
                self._assign(name, seed)
        outer, self.guards = self.guards, (*self.guards, (seed, True))
        with self._masked("loop" if isinstance(statement.command, While | For) else ""):
            with self._subshell():
                folder = self.shell.folder
                for block in nested(statement):
                    self.run(block, tail=False)
                moved = self.shell.folder != folder
        self.guards = outer
        inner = self.events[start:]
        after = self.symbols.of("after", seed, *(event.key for event in inner))
        self.shell = before
        if "" in written:
            self._change_everything(after)
        for name in written:
            if name:
                self._assign(name, self.symbols.of(after, name))
        if moved:
            self.shell.folder = after
        if any(event.ends for event in inner):
            self.guards = (*self.guards, (after, True))

    def _other(self, statement: Statement, command: Other) -> None:
        match command.kind:
            case "TestClause":
                words = tuple(self.expander.value(word) for word in command.words)
                paths: set[str] = set()
                text = self.expander.text[statement.span.start : statement.span.end]
                asks = any(f" -{letter} " in text for letter in "abcdefghkprstuwxGLNOS")
                places = [path_in(self.shell.folder, word) for word in words] if asks else []
                claim = Claim(None if None in places else frozenset(filter(None, places)), gates=True)
                event = self._event(statement, ("[[", _plain(text), *words), claim)
                paths.clear()
                if command.matches:
                    self._assign("BASH_REMATCH", self.symbols.of("match", event.key))
            case "ArithmCmd" | "LetClause":
                arithmetic = command.arithmetic
                reads = [f"{name}={self.expander.variable(name)}" for name in (arithmetic.reads if arithmetic else ())]
                text = _plain(self.expander.text[statement.span.start : statement.span.end])
                event = self._event(statement, ("((", text, *reads), Claim(gates=True))
                for name in arithmetic.writes if arithmetic else ():
                    self._assign(name, self.symbols.of(event.key, name))
            case _:
                for inner in command.statements:
                    self.statement(inner, tail=False)
                self._change_everything(self._event(statement, (), EVERYTHING).key)

    def _declaration(self, statement: Statement, command: Declaration) -> None:
        options = "".join(word.literal or "?" for word in command.options)
        start = len(self.events)
        values = [self._assigned(one) for one in command.assignments]
        del start
        text = [f"{one.name}={value}" for one, value in zip(command.assignments, values, strict=True)]
        self._event(statement, (command.keyword, options, *text), NOTHING)
        if command.keyword == "local" and self.locals:
            for one in command.assignments:
                self.locals[-1].setdefault(one.name, self.shell.values.get(one.name))
        odd = any(letter in options for letter in "niluAa?") and options not in {"-a", "-A", "-f"}
        for one, value in zip(command.assignments, values, strict=True):
            if one.value is not None or command.keyword == "local":
                self._assign(one.name, self.symbols.of(options, value) if odd else value)
            if command.keyword == "export" or "x" in options:
                (self.shell.exported.discard if "n" in options else self.shell.exported.add)(one.name)
        if "n" in options and command.keyword != "export":
            self._change_everything(self.symbols.of("nameref", *text))

    def _assigned(self, one: Assignment) -> str:
        if one.elements is not None:
            words = self.expander.words(one.elements)
            value = "".join(ARRAY + word for word in words)
            before = self.expander.variable(one.name) if one.appends else ""
            return (before if before.startswith(ARRAY) else before and ARRAY + before) + value
        if one.value is None:
            return ""
        value = self.expander.value(one.value)
        before = self.expander.variable(one.name) if one.appends or one.indexed else ""
        if one.indexed or one.is_array:
            index = self.expander.text[one.span.start : one.span.end].partition("=")[0]
            reads = [self.expander.variable(name) for name in (one.index.reads if one.index is not None else ())]
            return self.symbols.of("element", index, *reads, before, value)
        if one.appends and before.startswith(ARRAY):
            return self.symbols.of("appended", before, value)
        return before + value

    def _assign(self, name: str, value: str) -> None:
        self.shell.values[name] = value
        if self.shell.options.get("a") == "-":
            self.shell.exported.add(name)

    def _call(self, statement: Statement, call: Call, *, tail: bool, background: bool = False) -> None:
        start = len(self.events)
        self.expander.matched.clear()
        words = self.expander.words(call.words)
        matched = tuple(self.expander.matched)
        values = [self._assigned(one) for one in call.assignments]
        if not words:
            if call.words:
                # `$EMPTY` runs nothing; the last substitution gives the status.
                self._event(statement, (), NOTHING)
                return
            gates = any(event.claim.gates and not event.gates for event in self.events[start:])
            text = tuple(f"{one.name}={value}" for one, value in zip(call.assignments, values, strict=True))
            fails = Claim(gates=gates) if any(map(_has_substitution, call.assignments)) else NOTHING
            self._event(statement, ("=", *text), fails)
            for one, value in zip(call.assignments, values, strict=True):
                self._assign(one.name, value)
            return
        prefix = {one.name: value for one, value in zip(call.assignments, values, strict=True)}
        plain, more = unwrapped(words, self.names)
        prefix |= {one.partition("=")[0]: one.partition("=")[2] for one in more}
        texts = [text for word in plain for text in self.symbols.alternatives(word)]
        run = executor_run(plain, self.shell.folder, self._environment(prefix), self.names, texts)
        if run is not None:
            self._build(statement, words, prefix, run, tail=tail, background=background)
            return
        from kaniko_split.prove import builtins

        if not builtins.run(self, statement, words, plain, prefix, tail=tail):
            claim = self._claim(plain)
            if matched and claim.reads is not None and plain[0] != "rm":
                paths = {path_in(self.shell.folder, one) for one in matched}
                claim = replace(claim, reads=None if None in paths else claim.reads | {one for one in paths if one})
            self._event(statement, words, claim, prefix=prefix)

    def _claim(self, words: tuple[str, ...]) -> Claim:
        if not words or not is_known(words[0]):
            return EVERYTHING
        return claim_of(words, self.shell.folder)

    def _environment(self, prefix: dict[str, str]) -> dict[str, str]:
        shell = self.shell
        known = {name: value for name, value in self.given.items() if value is not None}
        mine = {
            name: self.symbols.under(value, self.guards)
            for name, value in shell.values.items()
            if name in shell.exported or name in self.given or name.startswith("CI_")
        }
        return known | mine | prefix

    def _seen(self, prefix: dict[str, str]) -> tuple[tuple[str, str], ...]:
        """Return the variables that a program can see and that the script gave another value."""
        return tuple(
            (name, value)
            for name, value in sorted(self._environment(prefix).items())
            if name in prefix or value != self._before(name)
        )

    def _build(
        self,
        statement: Statement,
        words: tuple[str, ...],
        prefix: dict[str, str],
        run: ExecutorRun,
        *,
        tail: bool,
        background: bool,
    ) -> None:
        shell = self.shell
        redirects = (*self.redirects, *statement.redirects)
        if background or "&" in self.masks:
            failure = "&"
        elif masks := [mask for mask in self.masks if mask != _HARMLESS]:
            failure = masks[-1]
        else:
            failure = "ends" if tail or shell.options.get("e") == "-" else "passed over"
        targets = [self._target(one) for one in redirects]
        files = self.container.seen(run.reads, self.guards)
        if self.root and _is_left(run.reads or ()):
            files = (*files, ("the root of the image before", self.root))
        record = BuildRecord(
            (*words, *(f"{one.operator}{target}" for one, target in zip(redirects, targets, strict=True))),
            frozenset(self.guards),
            failure,
            shell.folder,
            tuple(sorted((name, self.symbols.under(value, self.guards)) for name, value in shell.options.items() if value)),
            self._seen(prefix),
            files,
            background or "&" in self.masks,
            self.sources,
        )
        key = self.symbols.of("build", *record.words, record.folder, *map(str, record.environment), *map(str, files))
        claim = Claim(run.reads, frozenset(), gates=run.is_test, environment=True)
        self.symbols.mark(key, "build")
        self._record(statement, words, key, claim, record, gates=run.is_test and not self.masks)
        self.root = key
        for text in (*run.outputs, *(target for one, target in zip(redirects, targets, strict=True) if ">" in one.operator)):
            self.container.write(path_in(shell.folder, text), key, self.guards, output=True)
        shell.status = key
        self._assign_quietly("!", key if background else "")

    def _assign_quietly(self, name: str, value: str) -> None:
        if value:
            self.shell.values[name] = value

    def _target(self, redirect: Redirect) -> str:
        body = self.expander.value(redirect.body) if redirect.body is not None else ""
        return self.expander.value(redirect.target) + body

    def _event(
        self,
        statement: Statement,
        words: tuple[str, ...],
        claim: Claim,
        *,
        prefix: dict[str, str] | None = None,
        text: str = "",
        more: str = "",
    ) -> Event:
        """Run a command that is no build: what it reads is in its key, what it writes holds that key from then on."""
        shell, folder = self.shell, self.shell.folder
        redirects = (*self.redirects, *statement.redirects)
        targets = [self._target(one) for one in redirects]
        inputs: list[str] = [f"{one.operator}{target}" for one, target in zip(redirects, targets, strict=True)]
        if claim.reads is None or claim.reads:
            inputs += map(str, self.container.seen(claim.reads, self.guards, outputs=claim.reads is not None or claim.known, derived=claim.known))
        if claim.reads is None or (claim.reads and not all(is_whole("", word) and word.startswith("/") for word in words[1:])):
            inputs.append(folder)
        for one, target in zip(redirects, targets, strict=True):
            if one.operator.startswith("<") and one.body is None and "<<" not in one.operator:
                place = path_in(folder, target)
                found = None if place is None else frozenset({place})
                inputs += map(str, self.container.seen(found, self.guards, outputs=True))
        own = claim
        claim = self._with_redirects(claim, redirects, targets)
        looks = _is_left(claim.reads or ())
        if looks:
            inputs.append(f"root={self.root}")
        inputs += [f"{name}={value}" for name, value in sorted(shell.options.items()) if _matters(name, value)]
        if claim.environment:
            inputs += map(str, self._seen(prefix or {}))
        elif prefix:
            inputs += [f"{name}={value}" for name, value in prefix.items()]
        key = self.symbols.of(*words, *inputs, self.opaque, more)
        masked = bool(self.masks) or shell.options.get("e") != "-"
        if claim.fresh:
            self.symbols.mark(key, f"`{_plain(self.expander.text[statement.span.start : statement.span.end])}`")
        event = self._record(
            statement, words, key, claim, None, gates=claim.gates and not masked, text=text, looks=looks
        )
        derived = "build" in self.symbols.sources(key)
        if claim.writes is None:
            self.container.write(None, key, self.guards, output=False)
        for path in sorted(own.writes or ()):
            replaces = path in claim.replaces
            mode = words[:1] in {("chmod",), ("chown",)}
            repeats = words[:2] == ("mkdir", "-p")
            self.container.write(
                path, key, self.guards, output=self.after_build, replaces=replaces, mode=mode, repeats=repeats, derived=derived
            )
        for one, target in zip(redirects, targets, strict=True):
            if ">" in one.operator and "&" not in one.operator and target != "/dev/null" and not target.isdigit():
                path = path_in(folder, target)
                whole = path is not None and is_whole(folder, target) and one.operator in {">", ">|", "&>"}
                self.container.write(path, key, self.guards, output=self.after_build, replaces=whole, derived=derived)
                body = statement.redirects[0].body if words == ("cat",) and len(redirects) == 2 else None
                text_written = self.expander.value(redirects[1].body) if redirects[1:] and redirects[1].body else ""
                if body is not None:
                    text_written = self.expander.value(body)
                if whole and path is not None and words == ("cat",) and is_known(text_written) and text_written:
                    self.container.texts[path] = text_written
            elif one.operator == "&>" or (one.operator == "&>>"):
                self.container.write(path_in(folder, target), key, self.guards, output=self.after_build)
        shell.status = key
        return event

    def _with_redirects(self, claim: Claim, redirects: Sequence[Redirect], targets: Sequence[str]) -> Claim:
        """Return a claim with the files that redirects read and write."""
        read, written = set(claim.reads or ()), set(claim.writes or ())
        replaced = set(claim.replaces)
        for one, target in zip(redirects, targets, strict=True):
            if "<<" in one.operator or target == "/dev/null" or (">&" in one.operator or "<&" in one.operator):
                continue
            path = path_in(self.shell.folder, target)
            if path is None:
                return replace(claim, **({"writes": None} if ">" in one.operator else {"reads": None}))
            (written if ">" in one.operator else read).add(path)
            if one.operator == ">" and is_whole(self.shell.folder, target):
                replaced.add(path)
        return replace(
            claim,
            reads=None if claim.reads is None else frozenset(read),
            writes=None if claim.writes is None else frozenset(written),
            replaces=frozenset(replaced),
        )

    def _record(
        self,
        statement: Statement,
        words: tuple[str, ...],
        key: str,
        claim: Claim,
        build: BuildRecord | None,
        *,
        gates: bool,
        text: str = "",
        looks: bool = False,
    ) -> Event:
        script = self.expander.text
        line = script.count("\n", 0, statement.span.start) + 1
        plain = text or _plain(script[statement.span.start : statement.span.end])
        event = Event(
            plain,
            line,
            words,
            key,
            frozenset(self.guards),
            claim,
            gates,
            build,
            statement,
            script,
            looks=looks,
            output=self.after_build,
            shells=self.shells,
        )
        self.events.append(event)
        return event

    def _change_everything(self, key: str) -> None:
        shell = self.shell
        shell.values = {name: self.symbols.of(key, name, value) for name, value in shell.values.items()}
        shell.values[""] = self.symbols.of(key, shell.values.get("", ""))
        shell.folder = self.symbols.of(key, "folder", shell.folder)
        shell.options["?"] = self.symbols.of(key, shell.options.get("?", ""))
        shell.arguments = None
        self.container.write(None, key, self.guards, output=False)

    def _substituted(self, part: Substitution) -> str:
        from kaniko_split.prove import builtins

        start = len(self.events)
        with self._deeper(), self._subshell(), self._masked("$("):
            self.run(part.statements, tail=False)
        events = self.events[start:]
        known = builtins.printed(part, events, self.expander.text)
        return known if known is not None else self.symbols.of("$(", *(event.key for event in events))


# Nothing that a build leaves there, or what is mounted anew in each container.
_STAYS = (PROJECT, "/builds", "/dev", "/proc", "/sys", "/tmp", "/busybox", "/kaniko", "/root", "/workspace")  # noqa: S108
_LEFT = ("/kaniko/0", "/kaniko/1", "/kaniko/stages", "/kaniko/layers", "/kaniko/snapshots", "/kaniko/Dockerfile")


def _is_left(paths: Iterable[str]) -> bool:
    """Tell whether a path lies in the root of the container, which is the image of the build before."""
    return any(meets(path, place) for path in paths for place in _LEFT) or any(
        path != "/" and not any(meets(path, place) for place in _STAYS) for path in paths
    )


def _matters(option: str, setting: str) -> bool:
    return bool(setting) and not option.startswith("trap") and (option, setting) != ("e", "-")


def _plain(text: str) -> str:
    return " ".join(text.split())


def _has_substitution(one: Assignment) -> bool:
    return one.value is not None and any(True for _ in substitutions(one.value))


def _leaves(statements: Sequence[Statement]) -> bool:
    """Tell whether a loop's body may leave the loop: `break` and `continue` are followed nowhere."""
    for statement in statements:
        match statement.command:
            case Call(words=words) if words and words[0].literal in {"break", "continue"}:
                return True
            case Function():
                continue
            case _:
                if any(_leaves(block) for block in nested(statement)):
                    return True
    return False


def _defined_in(statement: Statement) -> Iterator[tuple[str, Statement]]:
    """Yield the functions that the links of a chain define."""
    match statement.command:
        case Chain(left=left, right=right):
            yield from _defined_in(left)
            yield from _defined_in(right)
        case Function(name=name, body=body):
            yield name, body
        case _:
            return


def _written_within(
    statement: Statement, functions: dict[str, tuple[str, Statement]], seen: frozenset[str]
) -> set[str]:
    """Return the names that a statement may change; the empty name stands for all."""
    return names_written(statement, functions, seen)


def _decided(words: tuple[str, ...]) -> bool | None:
    """Return the answer of a test whose words are known; None for any other command."""
    if words[:1] == ("[",) and words[-1:] == ("]",):
        words = ("test", *words[1:-1])
    if words in {("true",), (":",)}:
        return True
    if words == ("false",):
        return False
    if words[:1] != ("test",) or not all(map(is_known, words)):
        return None
    match words[1:]:
        case (one, "=" | "==", other):
            return one == other
        case (one, "!=", other):
            return one != other
        case ("-n", one) | (one,):
            return bool(one)
        case ("-z", one):
            return not one
        case _:
            return None


def words_within(statement: Statement) -> Iterator[Word]:
    """Yield every word of a statement, nested statements included."""
    yield from words_of(statement)
    for block in nested(statement):
        for one in block:
            yield from words_within(one)


__all__ = ["PROJECT", "BuildRecord", "Event", "Run", "TooComplexError", "ShellSyntaxError", "parse", "replay"]
