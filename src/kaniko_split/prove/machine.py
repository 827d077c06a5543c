"""How does one command change the shell and the container that it runs in, with symbols for values?"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from kaniko_split.prove.builds import ExecutorRun, Names
from kaniko_split.prove.claims import EVERYTHING, Claim, claim_of
from kaniko_split.prove.container import Container
from kaniko_split.prove.events import BuildRecord, Event, TooComplexError
from kaniko_split.prove.expansion import Expander, Shell
from kaniko_split.prove.symbols import PROJECT, Guard, Symbols, is_known, is_whole, meets, path_in
from kaniko_split.shell.nodes import Redirect, Statement, Substitution

DEEPEST = 24
"""So deeply may statements, functions and scripts be nested."""
_MOST_EVENTS = 20_000
HARMLESS = "&& harmless"
"""Masks the left side of a chain whose right side is a build or hardly fails."""

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


class Machine(ABC):
    """A shell in a container, and all that has run there so far."""

    def __init__(
        self, symbols: Symbols, given: dict[str, str | None], read: Callable[[str], str | None], names: Names
    ) -> None:
        self.symbols = symbols
        self.given = given
        self.read = read
        self.names = names
        self.expander = Expander(symbols, given, self.substituted)
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
        functions = dict(self.functions)
        shells, self.subshells = self.shells, self.subshells + 1
        self.shells = (*shells, self.subshells)
        with self.scope():
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
        return any(self.symbols.sources(word) & {"build"} for word in event.words)

    def assign(self, name: str, value: str) -> None:
        """Give a variable a value."""
        self.shell.values[name] = value
        if self.shell.options.get("a") == "-":
            self.shell.exported.add(name)

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

    def run_build(
        self,
        statement: Statement,
        words: tuple[str, ...],
        prefix: dict[str, str],
        run: ExecutorRun,
        *,
        tail: bool,
        background: bool,
    ) -> None:
        """Run the executor."""
        shell = self.shell
        redirects = (*self.redirects, *statement.redirects)
        if background or "&" in self.masks:
            failure = "&"
        elif masks := [mask for mask in self.masks if mask != HARMLESS]:
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
            tuple(
                sorted((name, self.symbols.under(value, self.guards)) for name, value in shell.options.items() if value)
            ),
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
        for text in (
            *run.outputs,
            *(target for one, target in zip(redirects, targets, strict=True) if ">" in one.operator),
        ):
            self.container.write(path_in(shell.folder, text), key, self.guards, output=True)
        shell.status = key
        self._assign_quietly("!", key if background else "")

    def _assign_quietly(self, name: str, value: str) -> None:
        if value:
            self.shell.values[name] = value

    def _target(self, redirect: Redirect) -> str:
        body = self.expander.value(redirect.body) if redirect.body is not None else ""
        return self.expander.value(redirect.target) + body

    def run_command(
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
            inputs += map(
                str,
                self.container.seen(
                    claim.reads, self.guards, outputs=claim.reads is not None or claim.known, derived=claim.known
                ),
            )
        if claim.reads is None or (
            claim.reads and not all(is_whole("", word) and word.startswith("/") for word in words[1:])
        ):
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
            self.symbols.mark(key, f"`{plain_text(self.expander.text[statement.span.start : statement.span.end])}`")
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
                path,
                key,
                self.guards,
                output=self.after_build,
                replaces=replaces,
                mode=mode,
                repeats=repeats,
                derived=derived,
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
            elif one.operator in {"&>", "&>>"}:
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
                return replace(claim, writes=None) if ">" in one.operator else replace(claim, reads=None)
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
        written = text or plain_text(script[statement.span.start : statement.span.end])
        event = Event(
            written,
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

    def change_everything(self, key: str) -> None:
        """Leave nothing of the shell and its files as it is known to be; `key` is what changes it."""
        shell = self.shell
        shell.values = {name: self.symbols.of(key, name, value) for name, value in shell.values.items()}
        shell.values[""] = self.symbols.of(key, shell.values.get("", ""))
        shell.folder = self.symbols.of(key, "folder", shell.folder)
        shell.options["?"] = self.symbols.of(key, shell.options.get("?", ""))
        shell.arguments = None
        self.container.write(None, key, self.guards, output=False)


def plain_text(text: str) -> str:
    """Return `text` with one blank for each run of blanks and line breaks."""
    return " ".join(text.split())
