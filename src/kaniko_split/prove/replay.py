"""What does a script give each of its builds, run with symbols for values?

A small interpreter of its own, simple and pessimistic: a variable is the text that its value came from, a file is
the statements that wrote it, and a command that nobody knows reads and changes everything. It knows the syntax tree
and the proof's own claims about commands, and nothing of what the plan was made from. Here are the compound commands,
each in one place; `commands` has the simple ones, and `conditions` what depends on an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from kaniko_split.prove import scripts
from kaniko_split.prove.builds import Names, executor_run, unwrapped
from kaniko_split.prove.claim import EVERYTHING, NOTHING
from kaniko_split.prove.claims import may_be_verdict
from kaniko_split.prove.container import RepositoryFiles
from kaniko_split.prove.events import Event, Run
from kaniko_split.prove.loops import ENDS, Loops, leaves
from kaniko_split.prove.machine import AT_END, HARMLESS, plain_text
from kaniko_split.prove.names import names_in
from kaniko_split.prove.states import DEEPEST
from kaniko_split.prove.symbols import Symbols, is_known, is_text
from kaniko_split.prove.user_programs import configured_claim
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
    Script,
    Statement,
    While,
)


def replay(
    script: Script,
    symbols: Symbols,
    given: dict[str, str | None],
    repository: RepositoryFiles,
    names: Names,
    names_of_job: frozenset[str] = frozenset(),
) -> Run:
    """Run a script with symbols.

    Args:
        script: Its syntax.
        symbols: The symbols, the same for the scripts that are compared.
        given: The variables that the pipeline gives; None for a value that is not known.
        repository: The files of the repository.
        names: The user's own words for the executor and what runs it.
        names_of_job: The variables that hold the name of the job.

    Raises:
        TooComplexError: The script goes beyond a limit.
    """
    machine = _Replay(symbols, given, repository, names)
    machine.names_of_job = names_of_job
    machine.script(script)
    return Run(tuple(machine.events), frozenset(machine.endings), frozenset(given))


class _Replay(Loops):
    """Runs compound commands."""

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

    def statement(self, statement: Statement, *, tail: bool) -> None:
        with self.deeper():
            if statement.background:
                start = len(self.events)
                with self.masked("&"), self.subshell():
                    self._command(replace(statement, background=False), tail=False, background=True)
                keys = (event.key for event in self.events[start:])
                self.shell.values["!"] = self.symbols.of("background", *keys)
                return
            if statement.negated:
                self._note_ending(statement, tail=tail)
                with self.masked("!"):
                    self._command(statement, tail=False)
                return
            if self.shell.options.get("e") != "-" and not isinstance(
                statement.command, Group | If | Case | For | Chain
            ):
                self._note_ending(statement, tail=tail)
            self._command(statement, tail=tail)

    def _note_ending(self, statement: Statement, *, tail: bool) -> None:
        match statement.command:
            case Call(words=words) if not words or words[0].literal in {"exit", "return"}:
                return
            case Call(words=words) if not self._may_be_verdict(tuple(word.literal or "?" for word in words)):
                return
            case Declaration() | Function():
                return
            case _:
                if tail:
                    self.endings.add(plain_text(self.text_of(statement)))

    def _may_be_verdict(self, words: tuple[str, ...]) -> bool:
        claim = configured_claim(words, self.shell.folder, self.names.programs)
        return may_be_verdict(words) if claim is None else claim.gates

    def _command(self, statement: Statement, *, tail: bool, background: bool = False) -> None:
        command = statement.command
        if statement.redirects and not isinstance(command, Call | Declaration | Other | None):
            with self.redirected_to(statement.redirects):
                self._compound(statement, tail=tail)
            return
        match command:
            case None:
                self.run_command(statement, (), EVERYTHING if self._moves_descriptors(statement) else NOTHING)
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
                with self.subshell():
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
                self._branches(
                    self._condition(condition),
                    lambda: self.run(then, tail=tail),
                    lambda: self.run(otherwise, tail=tail),
                )
            case Case() as case:
                self._case(statement, case, tail=tail)
            case For() as loop:
                self.run_for(statement, loop, tail=tail)
            case While():
                self.run_whole(statement)
            case Function(name=name, body=body):
                self.functions[name] = (self.expander.text, body)
            case _:
                self.run_command(statement, (), EVERYTHING)

    def _and(self, left: Statement, right: Statement, *, tail: bool) -> None:
        for name, body in _defined_in(left):
            self.functions.setdefault(name, (self.expander.text, body))
        ends = tail and not self.masks and self.shell.options.get("e") == "-"
        self._links([*_links_of(left), right], tail=tail, ends=ends)

    def _links(self, links: Sequence[Statement], *, tail: bool, ends: bool) -> None:
        """Run the links of a chain; `ends` where a failure of one is how the script ends."""
        first, *rest = links
        if not rest:
            self.statement(first, tail=tail)
            return
        # A failure is passed over, but for one before links that hardly fail and builds: the split says so.
        start = len(self.events)
        mask = AT_END if ends else HARMLESS if all(map(self._is_harmless, rest)) else "&&"
        with self.masked(mask):
            self.statement(first, tail=False)
        if self.ended:
            return
        if first.negated:
            # `! a && b`: b runs where a fails.
            failed = self._failed(self.events[start:])
            self._branches(failed, lambda: self._links(rest, tail=tail, ends=ends), lambda: None)
            return
        builds = any(event.build is not None for event in self.events[start:])
        if builds and leaves(rest, ENDS) and not leaves((first,), ENDS):
            # What comes after the chain runs only where the build fails; `if ! BUILD; then exit 1; fi` says so itself.
            failed = self._failed(self.events[start:])
            self._branches(failed, lambda: None, lambda: self._links(rest, tail=tail, ends=ends))
            return
        inside = self.masks.count("if")
        asked = [
            event
            for event in self.events[start:]
            if event.claim.gates
            and event.build is None
            and event.conditions == inside
            and not self._answers_build(event)
        ]
        if asked and tail:
            self.endings.add(plain_text(self.text_of(first)))
        if asked and not ends:
            condition = self._answer(asked)
            self._branches(condition, lambda: self._links(rest, tail=tail, ends=ends), lambda: None)
            return
        # At the end of the script a failing link is as a failing statement of its own.
        self.events[start:] = [replace(one, gates=one.gates or one in asked) for one in self.events[start:]]
        self._links(rest, tail=tail, ends=ends)

    def _answers_build(self, event: Event) -> bool:
        """Tell whether a command runs only where a build has failed, or only where it has not."""
        return any(condition in self.from_builds for condition, _ in event.guards.difference(self.guards))

    def _or(self, left: Statement, right: Statement, *, tail: bool) -> None:
        start = len(self.events)
        mask = "||" + plain_text(self.expander.text[right.span.start : right.span.end])
        with self.masked(mask):
            self.statement(left, tail=False)
        if self.ended:
            return
        failed = self._failed(self.events[start:])

        def otherwise() -> None:
            self.shell.status = self.symbols.failure(self.shell.status)
            self.statement(right, tail=tail)

        self._branches(failed, otherwise, lambda: None)

    def _pipe(self, left: Statement, right: Statement, *, tail: bool) -> None:
        start = len(self.events)
        carries = self.shell.options.get("pipefail") == "-"
        with self.masked("" if carries else "|"), self.subshell():
            self.statement(left, tail=False)
        inputs = self.symbols.of("stdin", *(event.key for event in self.events[start:]))
        before, self.opaque = self.opaque, self.opaque + inputs
        after_build, self.after_build = self.after_build, any(event.build for event in self.events[start:])
        with self.subshell():
            self.statement(right, tail=tail)
        self.opaque, self.after_build = before, after_build
        self.shell.status = self.symbols.of("pipe", *(event.key for event in self.events[start:]))

    def _is_harmless(self, statement: Statement) -> bool:
        """Tell whether a link of a chain is a build, or a command that hardly ever fails."""
        match statement.command:
            case Chain(operator="&&", left=left, right=right):
                return self._is_harmless(left) and self._is_harmless(right)
            case Call(words=words):
                texts = self.expander.words(words)
                plain, _ = unwrapped(texts, self.names)
                if plain and plain[0] in self.functions and self.depth < DEEPEST:
                    with self.deeper():
                        return self._is_harmless(self.functions[plain[0]][1])
                statements = scripts.statements_of(self, plain)
                if statements is not None and self.depth < DEEPEST:
                    with self.deeper():
                        return all(map(self._is_harmless, statements))
                run = executor_run(plain, self.shell.folder, {}, self.names)
                return run is not None or not self._may_be_verdict(plain)
            case Group(statements=inner) | Other(kind="TimeClause", statements=inner) | For(body=inner):
                return all(map(self._is_harmless, inner))
            case If(then=then, otherwise=otherwise):
                return all(map(self._is_harmless, (*then, *otherwise)))
            case Declaration() | Function():
                return True
            case _:
                return False

    def _case(self, statement: Statement, case: Case, *, tail: bool) -> None:
        subject = self.expander.value(case.subject)
        if any(case.falls_through[:-1]):
            self.run_whole(statement)
            return

        self.run_command(statement, ("case", subject), NOTHING, text=f"case {plain_text(self.text_of(case.subject))}")
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

    def _matches(self, subject: str, patterns: list[str]) -> str:
        if "*" in patterns:
            return "yes"
        plain = [one for one in patterns if is_known(one) and not any(sign in one for sign in "*?[\\")]
        if is_text(subject) and subject in plain:
            return "yes"
        if is_text(subject) and len(plain) == len(patterns):
            return "no"
        symbol = self.symbols.of("case", subject, *patterns)
        if len(patterns) == 1 and plain:
            self.symbols.note_fact(symbol, subject, patterns[0], equal=True)
        return symbol


def _links_of(statement: Statement) -> list[Statement]:
    """Return the links of a chain of `&&`; any other statement is one link."""
    command = statement.command
    plain = not (statement.redirects or statement.negated or statement.background)
    if plain and isinstance(command, Chain) and command.operator == "&&":
        return [*_links_of(command.left), command.right]
    return [statement]


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
