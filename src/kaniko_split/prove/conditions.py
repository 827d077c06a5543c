"""Which ways does a script take, and under which conditions?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kaniko_split.prove.commands import Commands
from kaniko_split.prove.events import Event
from kaniko_split.prove.expansion import Shell
from kaniko_split.prove.questions import answer_of, condition_of, fact_of
from kaniko_split.prove.symbols import Guard
from kaniko_split.shell.nodes import Statement


class Conditions(Commands):
    """Runs what depends on an answer."""

    def _condition(self, statements: Sequence[Statement]) -> str:
        """Run the statements of a condition, and return what stands for its answer."""
        start = len(self.events)
        with self.masked("if"):
            self.run(statements, tail=False)
        negated = len(statements) == 1 and statements[0].negated
        return self._answer(self.events[start:], negated=negated)

    def _answer(self, events: Sequence[Event], *, negated: bool = False) -> str:
        if len(events) == 1 and (known := answer_of(events[0].words, self.symbols)) is not None:
            return "yes" if known is not negated else "no"
        if len(events) == 1 and (anew := condition_of(events[0].words, self.symbols)) is not None:
            condition, holds = anew
            return condition if holds is not negated else self._negation(condition)
        symbol = self.symbols.of("if", str(negated), *(event.key for event in events))
        if len(events) == 1 and (fact := fact_of(events[0].words)) is not None:
            value, other, equal = fact
            self.symbols.note_fact(symbol, value, other, equal=equal is not negated)
        self._note_builds(symbol, events)
        return symbol

    def _negation(self, condition: str) -> str:
        """Return a condition that holds where another one does not."""
        symbol = self.symbols.of("not", condition)
        self.negations[symbol] = condition
        return symbol

    def _branches(self, condition: str, then: Callable[[], None], otherwise: Callable[[], None]) -> None:
        """Go both ways, or the only one that a condition leaves."""
        if condition in self.negations:
            return self._branches(self.negations[condition], otherwise, then)
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
            self._leave_behind(outer, condition, held=True)
        elif self.ended:
            self.guards = outer if self._failed_in(self.shell) else (*outer, (condition, True))
            self.shell, self.ended = after, False
            self._leave_behind(outer, condition, held=False)
        else:
            self.shell = self._merged(condition, after, self.shell)
        return None

    def _leave_behind(self, outer: tuple[Guard, ...], condition: str, *, held: bool) -> None:
        """Forget what holds only on the way that has ended."""
        shell, under = self.shell, self.symbols.under
        left = {(condition, not held)}
        shell.values = {name: under(value, left) for name, value in shell.values.items()}
        shell.options = {name: under(value, left) for name, value in shell.options.items()}
        shell.folder, shell.status = under(shell.folder, left), under(shell.status, left)
        if not self.masks and not self.shells and not self.returns:
            self.container.leave_behind({*outer, (condition, held)})

    @staticmethod
    def _failed_in(shell: Shell) -> bool:
        return shell.status == "failed"

    def _failed(self, events: Sequence[Event]) -> str:
        """Return what stands for the failure of what ran."""
        if len(events) == 1 and (anew := condition_of(events[0].words, self.symbols)) is not None:
            condition, holds = anew
            return self._negation(condition) if holds else condition
        failed = self.symbols.of("failed", *(event.key for event in events))
        self._note_builds(failed, events)
        return failed
