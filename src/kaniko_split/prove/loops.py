"""What does a loop run, turn by turn or as a whole?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from msgspec.structs import replace

from kaniko_split.prove.claim import NOTHING
from kaniko_split.prove.conditions import Conditions
from kaniko_split.prove.events import Event
from kaniko_split.prove.machine import plain_text
from kaniko_split.prove.names import names_written
from kaniko_split.shell.nodes import (
    Call,
    Chain,
    For,
    Function,
    Statement,
    While,
    nested,
)


class Loops(Conditions):
    """Runs loops: over words that are known turn by turn, any other as a whole."""

    def run_for(self, statement: Statement, loop: For, *, tail: bool) -> None:
        """Run a `for` loop turn by turn where its words are known, and as a whole where they are not."""
        items = self.shell.arguments if loop.items is None and loop.head is None else None
        self.expander.matched.clear()
        if loop.items is not None:
            items = self.expander.listed(loop.items)
        if self.expander.matched:
            # Which files there are decides how often it runs.
            written = plain_text(" ".join(map(self.text_of, loop.items or ())))
            self.run_command(statement, ("for", loop.name, written), NOTHING, text=f"for {loop.name} in {written}")
        if items is None or loop.selects or leaves(loop.body, ENDS_TURN):
            self.run_whole(statement)
            return
        for number, item in enumerate(items):
            self.assign(loop.name, item)
            text = f"{loop.name}={item}"
            self.run_command(statement, ("=", text), NOTHING, text=text, reads_options=False)
            # A `return` ends the whole loop of a function.
            returns = bool(self.calls) and leaves(loop.body, frozenset({"return"}))
            with nullcontext() if returns else self.scope():
                self.run(loop.body, tail=tail and number == len(items) - 1)
            if self.ended:
                return

    def run_whole(self, statement: Statement) -> None:
        """Run a statement that is not followed: what it may do in any order and any number of times."""
        names = self.expander
        text = names.text[statement.span.start : statement.span.end]
        start = len(self.events)
        before = self.shell.copy()
        written = sorted(names_written(statement, self.functions))
        loop = statement.command
        given = {loop.name} if isinstance(loop, For) and loop.items else set()
        seen = [f"{name}={value}" for name, value in sorted(self.shell.values.items())] if "" in written else []
        seed = self.symbols.of(
            "loop",
            plain_text(text),
            *seen,
            *(f"{name}={names.variable(name)}" for name in written if name and name not in given),
        )
        for name in written:
            if name:
                self.assign(name, seed)
        outer, self.guards = self.guards, (*self.guards, (seed, True))
        with self.masked("loop" if isinstance(loop, While | For) else ""), self.subshell():
            folder = self.shell.folder
            match loop:
                case While(condition=condition, body=body):
                    self.run_unless_built(condition, body, until=loop.until)
                case For(body=body):
                    self.run_body(body)
                case _:
                    for block in nested(statement):
                        self.run(block, tail=False)
            moved = self.shell.folder != folder
        self.guards = outer
        if isinstance(loop, While | For):
            self.events[start:] = map(_after_loop, self.events[start:])
        inner = self.events[start:]
        after = self.symbols.of("after", seed, *(event.key for event in inner))
        self.shell = before
        if "" in written:
            self.change_everything(after)
        for name in written:
            if name:
                self.assign(name, self.symbols.of(after, name))
        if moved:
            self.shell.folder = after
        if any(event.ends for event in inner):
            self.guards = (*self.guards, (after, True))

    def run_unless_built(self, condition: Sequence[Statement], body: Sequence[Statement], *, until: bool) -> None:
        """Run a condition and the body of a loop, which depends on a build where the condition is one."""
        start = len(self.events)
        self.run(condition, tail=False)
        outer = self.guards
        if len(condition) == 1:
            failed = self._failed(self.events[start:])
            if failed in self.from_builds:
                self.guards = (*outer, (failed, until is not condition[0].negated))
        self.run_body(body)
        self.guards = outer

    def run_body(self, statements: Sequence[Statement]) -> None:
        """Run the body of a loop: what follows `BUILD && break` runs only where that build has failed."""
        outer = self.guards
        for statement in statements:
            start = len(self.events)
            self.run((statement,), tail=False)
            left = _is_left_after(statement)
            if left is not None:
                failed = self._failed([event for event in self.events[start:] if event.build is not None])
                asks = all(event.build is not None or not event.claim.gates for event in self.events[start:-1])
                if asks and failed in self.from_builds:
                    self.guards = (*self.guards, (failed, True))
        self.guards = outer


def _is_left_after(statement: Statement) -> Statement | None:
    """Return what a loop is left after when it succeeds, as in `BUILD && break`; None for any other statement."""
    match statement.command:
        case Chain(operator="&&", left=left, right=Statement(command=Call(words=words))) if not left.negated:
            leaves = bool(words) and words[0].literal in {"break", "continue"}
            return left if leaves and not statement.negated else None
        case _:
            return None


def _after_loop(event: Event) -> Event:
    """Return a command of a loop as what it is for what follows the loop: `break` ends nothing but the loop."""
    leaves = event.words in {("break",), ("continue",)}
    return replace(event, claim=replace(event.claim, gates=False)) if leaves else event


ENDS = frozenset({"exit", "return"})
# They are followed nowhere.
ENDS_TURN = frozenset({"break", "continue"})


def leaves(statements: Sequence[Statement], words_that_leave: frozenset[str]) -> bool:
    """Tell whether one of some commands is among the statements, at any depth."""
    for statement in statements:
        match statement.command:
            case Call(words=words) if words and words[0].literal in words_that_leave:
                return True
            case Function():
                continue
            case _:
                if any(leaves(block, words_that_leave) for block in nested(statement)):
                    return True
    return False
