"""What is known of the shell and the container at one point of a script?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kaniko_split.prove.builds import Names
from kaniko_split.prove.container import Container, RepositoryFiles
from kaniko_split.prove.descriptors import Opened, is_descriptor
from kaniko_split.prove.events import Event, TooComplexError
from kaniko_split.prove.expansion import Expander, Shell
from kaniko_split.prove.symbols import Guard, Symbols
from kaniko_split.shell.nodes import Statement, Substitution

DEEPEST = 24
"""So deeply may statements, functions and scripts be nested."""

_MOST_EVENTS = 20_000


class State(ABC):
    """A shell in a container, and all that has run there so far."""

    def __init__(
        self, symbols: Symbols, given: dict[str, str | None], repository: RepositoryFiles, names: Names
    ) -> None:
        self.symbols = symbols
        self.given = given
        self.names = names
        self.names_of_job: frozenset[str] = frozenset()
        self.expander = Expander(symbols, given, self.substituted)
        self.container = Container(symbols, repository)
        self.functions: dict[str, tuple[str, Statement]] = {}
        self.events: list[Event] = []
        self.masks: list[str] = []
        self.depth = 0
        self.ended = False
        self.returns: list[list[tuple[tuple[Guard, ...], Shell]]] = []
        # The redirects of the commands that the current one is part of, and those that no command has printed to.
        self.redirects: list[Opened] = []
        self.untouched: set[Opened] = set()
        self.after_build = False
        self.locals: list[dict[str, str | None]] = []
        self.calls: tuple[int, ...] = ()
        self.call_count = 0
        self.callers: tuple[str, ...] = ()
        self.installed: frozenset[str] = frozenset()
        # What the script has written wholly since the last build: no build has left it.
        self.own_files: frozenset[str] = frozenset()
        self.opaque = ""
        self.root = ""
        self.shells: tuple[int, ...] = ()
        self.outer_shells: tuple[Shell, ...] = ()
        self.subshells = 0
        self.endings: set[str] = set()
        self.sources: tuple[str, ...] = ()
        self.from_builds: set[str] = set()
        self.negations: dict[str, str] = {}
        self.build_keys: set[str] = set()

    @property
    def shell(self) -> Shell:
        """The shell that runs now."""
        return self.expander.shell

    @shell.setter
    def shell(self, shell: Shell) -> None:
        self.expander.shell = shell

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The conditions that hold now."""
        return self.expander.guards

    @guards.setter
    def guards(self, guards: tuple[Guard, ...]) -> None:
        self.expander.guards = guards

    @abstractmethod
    def run(self, statements: Sequence[Statement], *, tail: bool) -> None:
        """Run statements in order; `tail` where the last one's status is that of the whole script."""

    @abstractmethod
    def statement(self, statement: Statement, *, tail: bool) -> None:
        """Run one statement."""

    @abstractmethod
    def substituted(self, part: Substitution) -> str:
        """Run the statements of a substitution, and return what they print."""

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Run what is nested one level deeper.

        Raises:
            TooComplexError: A limit is reached.
        """
        self.depth += 1
        if self.depth > DEEPEST or len(self.events) > _MOST_EVENTS:
            raise TooComplexError("a script is nested too deeply, or runs too many commands, to be proved")
        yield
        self.depth -= 1

    @contextmanager
    def masked(self, mask: str) -> Iterator[None]:
        """Run what does not end the script when it fails; `mask` tells why, and is empty where it does end it."""
        if mask:
            self.masks.append(mask)
        yield
        if mask:
            self.masks.pop()

    @contextmanager
    def scope(self) -> Iterator[None]:
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
    def subshell(self) -> Iterator[None]:
        """Run what leaves nothing of the shell but files and the status."""
        shell = self.shell
        self.shell = shell.copy()
        outer_shells, self.outer_shells = self.outer_shells, (*self.outer_shells, shell)
        functions = dict(self.functions)
        shells, self.subshells = self.shells, self.subshells + 1
        self.shells = (*shells, self.subshells)
        local_names, calls = self.locals, self.calls
        self.locals = [dict(names) for names in local_names]
        with self.scope():
            yield
        self.shells, self.outer_shells = shells, outer_shells
        self.locals, self.calls = local_names, calls
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
                name: choice(
                    ones[name] if name in ones else missing(name), others[name] if name in others else missing(name)
                )
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

    def _note_builds(self, symbol: str, events: Sequence[Event]) -> None:
        """Note a condition that asks nothing but whether builds have failed."""
        asked = [event for event in events if event.claim.gates or event.build is not None]
        if asked and all(self._asks_build(event) for event in asked):
            self.from_builds.add(symbol)

    def _asks_build(self, event: Event) -> bool:
        if event.build is not None:
            return not event.claim.gates
        return any("status of a build" in self.symbols.sources(word) for word in event.words)

    def assign(self, name: str, value: str) -> None:
        """Give a variable or a descriptor a value."""
        self.shell.values[name] = value
        if self.shell.options.get("a") == "-" and not is_descriptor(name):
            self.shell.exported.add(name)
