"""How does one command change the shell and the container that it runs in, with symbols for values?"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from kaniko_split.prove.builds import ExecutorRun
from kaniko_split.prove.claim import EVERYTHING, Claim, short_name
from kaniko_split.prove.claims import claim_of
from kaniko_split.prove.container import is_left
from kaniko_split.prove.descriptors import GIVEN, is_descriptor, name_of
from kaniko_split.prove.events import ROOT, BuildRecord, Event
from kaniko_split.prove.installed import installs, with_programs
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.redirects import Redirects, descriptors_read, numbers_of
from kaniko_split.prove.symbols import is_known, shown
from kaniko_split.prove.user_programs import configured_claim
from kaniko_split.shell.nodes import Statement, Word

HARMLESS = "&& harmless"
"""Masks the left side of a chain whose right side is a build or hardly fails."""
AT_END = "&& at the end"
"""Masks the left side of a chain that gives the status of the whole script."""


def _matters(option: str, setting: str) -> bool:
    return bool(setting) and not option.startswith("trap") and (option, setting) != ("e", "-")


class Machine(Redirects):
    """Runs single commands."""

    def _claim(self, words: tuple[str, ...]) -> Claim:
        if not words or not is_known(words[0]):
            return EVERYTHING
        configured = configured_claim(words, self.shell.folder, self.names.programs)
        return claim_of(words, self.shell.folder) if configured is None else configured

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
            if name in prefix or name in self.names_of_job or value != self._before(name)
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
        if background or "&" in self.masks:
            failure = "&"
        elif masks := [mask for mask in self.masks if mask not in {HARMLESS, AT_END}]:
            failure = masks[-1]
        else:
            failure = "ends" if tail or shell.options.get("e") == "-" else "passed over"
        opened = [*self.redirects, *self.opened(statement.redirects)]
        table = self.behind(opened)
        run = replace(run, reads=self.container.followed(run.reads))
        files = self.container.seen(run.reads, self.guards)
        # Kaniko keeps a copy of the Dockerfile in /kaniko; a build that names none means the one of its context.
        if self.root and is_left((run.reads or frozenset()) - {run.default}):
            files = (*files, ("the root of the image before", self.root))
        record = BuildRecord(
            (*words, *self.redirected(opened, table, GIVEN)),
            frozenset(self.guards),
            failure,
            shell.folder,
            self._options(),
            self._seen(prefix),
            files,
            background or "&" in self.masks,
            self.sources,
        )
        key = self.symbols.of("build", *record.words, record.folder, *map(str, record.environment), *map(str, files))
        claim = Claim(run.reads, frozenset(), gates=run.is_test, environment=True)
        self.symbols.mark(key, "build")
        names = descriptors_read(opened, table)
        self._record(statement, words, key, claim, record, gates=run.is_test and not self.masks, names=names)
        self.root, self.own_files = self.symbols.of("root", key), frozenset()
        self.symbols.mark(self.root, ROOT)
        for path in (
            *(path_in(shell.folder, text) for text in run.outputs),
            *(one.path for one in opened if one.path != "" and one.writes),
            *self.printed_to(table),
        ):
            self.container.write(path, key, self.guards, output=True)
        shell.status = key

    def _options(self) -> tuple[tuple[str, str], ...]:
        """Return the options that are set, with IFS, which decides how many words a value becomes."""
        options = dict(self.shell.options)
        separators = self.expander.variable("IFS")
        if separators != " \t\n":
            options["IFS"] = separators
        return tuple(sorted((name, self.symbols.under(value, self.guards)) for name, value in options.items() if value))

    def run_command(
        self,
        statement: Statement,
        words: tuple[str, ...],
        claim: Claim,
        *,
        prefix: dict[str, str] | None = None,
        text: str = "",
        reads_options: bool = True,
        program: bool = False,
        taken: Sequence[str] = (),
    ) -> Event:
        """Run a command that is no build: what it reads is in its key, what it writes holds that key from then on.

        Without `reads_options` it does the same under all options but `set -u`, as an assignment does; and that asks
        for nothing but values. A program of its own, `program`, assigns no variable that `set -a` would export, and
        the umask is for the files that it makes. `taken` are the descriptors that its words tell it to read.
        """
        shell = self.shell
        # An assignment prints nothing.
        own = self.opened(statement.redirects)
        opened = [*(self.redirects if reads_options else ()), *own]
        table = self.behind(opened)
        # A file that it opens itself is read from its start.
        anew, started = numbers_of(own), numbers_of(self.untouched)
        # Only a command that nobody knows looks at more descriptors than those of its kind.
        inputs = self.redirected(opened, table, GIVEN if claim.known and words != ("exec",) else tuple(table))
        if not claim.known:
            inputs += [f"{name}={value}" for name, value in sorted(shell.values.items()) if is_descriptor(name)]
        claim = self._with_matched(claim)
        folder_matters = claim.reads is None or (claim.reads and not all(word.startswith("/") for word in words[1:]))
        # The last word of `cp` may be a folder.
        unsure = frozenset[str]() if short_name(words) in {"rm", "tee"} else claim.replaces
        claim = self.with_redirects(claim, opened, table, words)
        for number in {*taken, *(() if words == ("exec",) else ("0",))} - anew:
            behind = table.get(number) or self.descriptor(number)
            claim = self.with_taken(claim, behind, first=number in started)
        if claim.reads is None:
            claim = replace(claim, takes=claim.takes | self.positions())
        names = descriptors_read(opened, {} if words == ("exec",) else table) | frozenset(map(name_of, taken))
        claim = with_programs(words, claim, self.installed)
        self.installed |= installs(claim)
        looks = is_left((claim.reads or frozenset()) - self.own_files)
        self.own_files |= claim.replaces
        read = None if reads_options else {"?"} if all(map(is_known, words)) else {"u", "?"}
        if program:
            read = self.shell.options.keys() - ({"a"} if claim.writes != frozenset() else {"a", "umask"})
        inputs += self._inputs(claim, prefix or {}, looks=looks, options=read)
        if folder_matters:
            inputs.append(shell.folder)
        key = self.symbols.of(*words, *inputs, self.opaque)
        masked = bool(self.masks) or shell.options.get("e") != "-"
        # What asks for the status of a build is no gate of its own: the builds are independent.
        status = any("status of a build" in self.symbols.sources(word) for word in words)
        gates = claim.gates and not masked and not status
        looks = looks or self.container.is_output(claim.reads)
        found = self.container.seen(claim.reads, self.guards, outputs=True) if claim.reads else ()
        event = self._record(
            statement, words, key, claim, None, gates=gates, text=text, looks=looks, found=found, names=names
        )
        if claim.fresh:
            self.symbols.mark(key, f"`{event.text}`")
        self._write(claim, key, words, whole=claim.replaces - unsure)
        if words[:1] == ("ln",) and len(words) > 2 and claim.writes:
            target = path_in(posixpath.dirname(path_in(shell.folder, words[-1]) or "/"), words[-2])
            self.container.link(path_in(shell.folder, words[-1]) or "/", target)
        self.lose_renamed(claim, words)
        bodies = [self.expander.value(one.body) for one in statement.redirects if one.body is not None]
        if words == ("cat",) and len(bodies) == 1 and is_known(bodies[0]):
            self.container.texts |= dict.fromkeys(claim.replaces, bodies[0])
        shell.status = key
        return event

    def _with_matched(self, claim: Claim) -> Claim:
        """Return a claim with the files that the patterns in a command's words may match."""
        paths = {path_in(self.shell.folder, one) for one in self.expander.matched}
        self.expander.matched.clear()
        if claim.reads is None or not paths:
            return claim
        return replace(claim, reads=None if None in paths else claim.reads | {one for one in paths if one is not None})

    def _inputs(
        self, claim: Claim, prefix: dict[str, str], *, looks: bool, options: Collection[str] | None
    ) -> list[str]:
        """Return what a command finds of all that it reads; `options` are those that matter, None for all."""
        inputs: list[str] = []
        if claim.reads is None or claim.reads:
            outputs = claim.reads is not None or claim.known
            seen = self.container.seen(claim.reads, self.guards, outputs=outputs, derived=claim.known)
            inputs += [f"{path}={symbol}" for path, symbol in seen]
        if claim.reads is None and claim.takes:
            inputs += [f"{path}={symbol}" for path, symbol in self.container.seen(claim.takes, self.guards)]
        if looks:
            inputs.append(f"root={self.root}")
        inputs += [
            f"{name}={value}"
            for name, value in sorted(self.shell.options.items())
            if _matters(name, value) and (options is None or name in options)
        ]
        if claim.environment:
            inputs += [f"{name}={value}" for name, value in self._seen(prefix) if claim.sees(name)]
        else:
            inputs += [f"{name}={value}" for name, value in prefix.items()]
        return inputs

    def _write(self, claim: Claim, key: str, words: tuple[str, ...], *, whole: frozenset[str]) -> None:
        derived = "build" in self.symbols.sources(key)
        for path in (None,) if claim.writes is None else sorted(claim.writes):
            self.container.write(
                path,
                key,
                self.guards,
                output=self._is_output(claim, key) and path is not None,
                replaces=path in claim.replaces,
                whole=path in whole,
                mode=words[:1] in {("chmod",), ("chown",)},
                repeats=words[:2] == ("mkdir", "-p"),
                derived=derived and path is not None,
            )

    def _is_output(self, claim: Claim, key: str) -> bool:
        """Tell whether a command writes what a build leaves; what collects that is as a digest file."""
        sources = self.symbols.sources(key)
        # What an image holds is no result of its build, and every later build sees what is made of it.
        derived = "build" in sources and ROOT not in sources
        return self.after_build or (derived and self.container.is_result(claim.writes))

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
        found: tuple[tuple[str, str], ...] = (),
        names: frozenset[str] = frozenset(),
    ) -> Event:
        script = self.expander.text
        line = script.count("\n", 0, statement.span.start) + 1
        written = text or self.written(statement)
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
            output=self._is_output(claim, key),
            names=names,
            shells=self.shells,
            inner="$(" in self.masks,
            calls=self.calls,
            passed_over=build is not None and HARMLESS in self.masks,
            callers=self.callers,
            found=found,
            locals=frozenset(
                (name, call) for call, names in zip(self.calls, self.locals, strict=True) for name in names
            ),
            conditions=self.masks.count("if"),
        )
        self.events.append(event)
        return event

    def written(self, statement: Statement) -> str:
        """Return a statement as it is written, blanks as one."""
        return shown(plain_text(self.expander.text[statement.span.start : statement.span.end]))

    def text_of(self, node: Statement | Word) -> str:
        """Return a statement or a word as it is written."""
        return self.expander.text[node.span.start : node.span.end]

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
