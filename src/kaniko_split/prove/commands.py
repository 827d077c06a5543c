"""What does a simple command, a declaration or an expression do to the shell?"""

from __future__ import annotations

from kaniko_split.prove import scripts, shell_commands
from kaniko_split.prove.builds import executor_run, unwrapped
from kaniko_split.prove.claim import EVERYTHING, NOTHING, Claim
from kaniko_split.prove.claims import gives_text
from kaniko_split.prove.expansion import ARRAY
from kaniko_split.prove.machine import Machine, plain_text
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.printing import printed
from kaniko_split.prove.symbols import is_known
from kaniko_split.shell.nodes import (
    Assignment,
    Call,
    Declaration,
    Other,
    Parameter,
    Statement,
    Substitution,
    Word,
    substitutions,
)

# The elements of a longer array are not told apart.
_LONGEST_ARRAY = 20_000


class Commands(Machine):
    """Runs what holds no other statements but those of substitutions."""

    def _other(self, statement: Statement, command: Other) -> None:
        match command.kind:
            case "TestClause":
                words = tuple(self.expander.value(word) for word in command.words)
                paths: set[str] = set()
                text = self.expander.text[statement.span.start : statement.span.end]
                asks = any(f" -{letter} " in text for letter in "abcdefghkprstuwxGLNOS")
                places = [path_in(self.shell.folder, word) for word in words] if asks else []
                claim = Claim(None if None in places else frozenset(filter(None, places)), gates=True)
                event = self.run_command(statement, ("[[", plain_text(text), *words), claim)
                paths.clear()
                if command.matches:
                    self.assign("BASH_REMATCH", self.symbols.of("match", event.key))
            case "ArithmCmd" | "LetClause":
                arithmetic = command.arithmetic
                reads = [f"{name}={self.expander.variable(name)}" for name in (arithmetic.reads if arithmetic else ())]
                text = plain_text(self.expander.text[statement.span.start : statement.span.end])
                event = self.run_command(statement, ("((", text, *reads), Claim(gates=True))
                for name in arithmetic.writes if arithmetic else ():
                    self.assign(name, self.symbols.of(event.key, name))
            case _:
                for inner in command.statements:
                    self.statement(inner, tail=False)
                self.change_everything(self.run_command(statement, (), EVERYTHING).key)

    def _declaration(self, statement: Statement, command: Declaration) -> None:
        options = "".join(word.literal or "?" for word in command.options)
        self.expander.matched.clear()
        values = [self._assigned(one) for one in command.assignments]
        text = [f"{one.name}={value}" for one, value in zip(command.assignments, values, strict=True)]
        # In a function `declare` and `typeset` are `local` (Bash Reference Manual, "Bash Builtin Commands").
        is_local = command.keyword == "local" or (command.keyword in {"declare", "typeset"} and "g" not in options)
        if is_local and self.locals:
            for one in command.assignments:
                self.locals[-1].setdefault(one.name, self.shell.values.get(one.name))
        self.run_command(statement, (command.keyword, options, *text), NOTHING, reads_options=False)
        odd = any(letter in options for letter in "niluAa?") and options not in {"-a", "-A", "-f"}
        for one, value in zip(command.assignments, values, strict=True):
            if one.value is not None or command.keyword == "local":
                self.assign(one.name, self.symbols.of(options, value) if odd else value)
            if command.keyword == "export" or "x" in options:
                (self.shell.exported.discard if "n" in options else self.shell.exported.add)(one.name)
        if "n" in options and command.keyword != "export":
            self.change_everything(self.symbols.of("nameref", *text))

    def _assigned(self, one: Assignment) -> str:
        if one.elements is not None:
            words = self.expander.words(one.elements)
            value = "".join(ARRAY + word for word in words)
            before = self.expander.variable(one.name) if one.appends else ""
            array = (before if before.startswith(ARRAY) else before and ARRAY + before) + value
            return array if len(array) <= _LONGEST_ARRAY else self.symbols.of("array", before, *words)
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
        return before + value if len(before) <= _LONGEST_ARRAY else self.symbols.of("appended", before, value)

    def _call(self, statement: Statement, call: Call, *, tail: bool, background: bool = False) -> None:
        start = len(self.events)
        self.expander.matched.clear()
        words = self.expander.words(call.words)
        values = [self._assigned(one) for one in call.assignments]
        if words[:1] == ("rm",):
            # What it removes is all that it asks for.
            self.expander.matched.clear()
        if not words:
            if call.words:
                # `$EMPTY` runs nothing; the last substitution gives the status.
                self.run_command(statement, (), NOTHING)
                return
            gates = any(
                event.claim.gates and not event.gates and not gives_text(event.words) for event in self.events[start:]
            )
            text = tuple(f"{one.name}={value}" for one, value in zip(call.assignments, values, strict=True))
            fails = Claim(gates=gates) if any(map(_has_substitution, call.assignments)) else NOTHING
            self.run_command(statement, ("=", *text), fails, reads_options=fails is not NOTHING)
            for one, value in zip(call.assignments, values, strict=True):
                self.assign(one.name, value)
            return
        prefix = {one.name: value for one, value in zip(call.assignments, values, strict=True)}
        plain, more = unwrapped(words, self.names)
        prefix |= {one.partition("=")[0]: one.partition("=")[2] for one in more}
        texts = [text for word in plain for text in self.symbols.alternatives(word)]
        default = _default_of(call.words[0]) if plain == words and not is_known(plain[0]) else None
        named = plain if default is None else (default, *plain[1:])
        run = executor_run(named, self.shell.folder, self._environment(prefix), self.names, texts)
        if run is not None:
            self.run_build(statement, words, prefix, run, tail=tail, background=background)
            return
        handler = shell_commands.handler_of(plain) if plain[0] not in self.functions else None
        if handler is not None:
            # `command exit` ends the shell as `exit` does.
            handler(self, statement, plain)
        elif not scripts.run(self, statement, words, plain, prefix, tail=tail):
            claim = self._claim(plain)
            self.run_command(statement, words, claim, prefix=prefix, program=plain[0] not in self.functions)

    def substituted(self, part: Substitution) -> str:
        """Run the statements of a substitution, and return what they print."""
        start = len(self.events)
        matched = tuple(self.expander.matched)
        with self.deeper(), self.subshell(), self.masked("$("):
            self.run(part.statements, tail=False)
        self.expander.matched[:] = matched
        events = self.events[start:]
        known = printed(part, events, self.expander.text)
        return known if known is not None else self.symbols.of("$(", *(event.key for event in events))


def _default_of(word: Word) -> str | None:
    """Return the word that `${NAME:-WORD}` is where nothing gives the variable; None for any other word."""
    match word.parts:
        case (Parameter(operator=":-" | "-", inner=(default,)),):
            return default.literal
        case _:
            return None


def _has_substitution(one: Assignment) -> bool:
    return one.value is not None and any(True for _ in substitutions(one.value))
