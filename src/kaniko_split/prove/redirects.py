"""Which files does a command read and write by its descriptors?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from kaniko_split.prove.claim import Claim
from kaniko_split.prove.descriptors import (
    GIVEN,
    OUTPUTS,
    Opened,
    behind,
    files_behind,
    is_descriptor,
    is_unchanged,
    name_of,
    names_descriptor,
    numbers_opened,
    opened,
)
from kaniko_split.prove.paths import POSITIONS, is_whole, meets, path_in
from kaniko_split.prove.states import State
from kaniko_split.shell.nodes import Redirect, Statement


def descriptors_read(redirects: Sequence[Opened], table: dict[str, str]) -> frozenset[str]:
    """Return the names of the descriptors that matter to a command.

    Args:
        redirects: Its redirects, which may copy some.
        table: What is behind its descriptors.
    """
    targets = [one.target.rstrip("-") for one in redirects if one.path == ""]
    changed = [number for number in GIVEN if number in table and not is_unchanged(number, table[number])]
    return frozenset(map(name_of, (*changed, *(target for target in targets if target.isdigit()))))


def numbers_of(redirects: Iterable[Opened]) -> frozenset[str]:
    """Return the descriptors that redirects put a file behind."""
    return frozenset(
        number for one in redirects if one.path != "" for number in numbers_opened(one.redirect, one.target)
    )


class Redirects(State):
    """Follows the descriptors of the shell that runs."""

    def _target(self, redirect: Redirect) -> str:
        body = self.expander.value(redirect.body) if redirect.body is not None else ""
        return self.expander.value(redirect.target) + body

    def descriptor(self, number: str) -> str:
        """Return what is behind a descriptor of the shell."""
        name = name_of(number)
        # A command that nobody knows may have opened any but those that the job has.
        given = number in GIVEN and name not in self.shell.values
        return self.symbols.environment(name) if given else self.expander.variable(name)

    def opened(self, redirects: Sequence[Redirect]) -> list[Opened]:
        """Return redirects with the files that they open."""
        return [opened(one, self._target(one), lambda text: path_in(self.shell.folder, text)) for one in redirects]

    @contextmanager
    def redirected_to(self, redirects: Sequence[Redirect]) -> Iterator[None]:
        """Run what is part of a command with redirects, which are opened once."""
        before = self.redirects
        own = self.opened(redirects)
        self.redirects = [*before, *own]
        self.untouched.update(own)
        yield
        self.redirects = before

    def opened_by(self, statement: Statement) -> dict[str, str] | None:
        """Return what `exec` puts behind descriptors with its redirects; None where that is not followed.

        Not followed are a descriptor that the shell chooses, a file that may be any, and what a compound command
        takes back at its end.
        """
        redirects = self.opened(statement.redirects)
        plain = all(one.path is not None and one.redirect.operator != "<>" for one in redirects)
        if not plain or self.redirects or any(names_descriptor(one.path or "") for one in redirects):
            return None
        table = behind(redirects, self.descriptor, lambda text: self.symbols.of("descriptor", text))
        numbered = all(number.isdigit() for number in table)
        known = all(files_behind(one, self.symbols) is not None for one in table.values())
        return table if numbered and known else None

    def behind(self, redirects: Sequence[Opened]) -> dict[str, str]:
        """Return what is behind the descriptors of a command: those that it prints to, and those of its redirects."""
        found = {number: self.descriptor(number) for number in GIVEN}
        return found | behind(redirects, self.descriptor, lambda text: self.symbols.of("descriptor", text))

    @staticmethod
    def redirected(redirects: Sequence[Opened], table: dict[str, str], numbers: Collection[str]) -> list[str]:
        """Return the redirects of a command, and what is behind those descriptors that matter to it."""
        return [
            *(f"{one.redirect.operator}{one.target}" for one in redirects),
            *(f"{number}{table[number]}" for number in sorted(numbers) if not is_unchanged(number, table[number])),
        ]

    def printed_to(self, table: dict[str, str]) -> Iterator[str | None]:
        """Yield the files that a command prints to; None for any file."""
        for number in OUTPUTS:
            files = files_behind(table[number], self.symbols)
            yield from (None,) if files is None else (path for _, path in files)

    def _open_files(self, numbers: Collection[str] = ()) -> frozenset[str] | None:
        """Return the files that descriptors of the shell are open on, but for some; None where it may be any."""
        paths: set[str] = set()
        for _, value in self._descriptors(numbers):
            files = files_behind(value, self.symbols)
            if files is None:
                return None
            paths.update(path for _, path in files)
        return frozenset(paths)

    def positions(self) -> frozenset[str]:
        """Return how far the descriptors of the shell have come that are open on files."""
        opened = (files_behind(value, self.symbols) for _, value in self._descriptors())
        return frozenset(POSITIONS + path for files in opened for _, path in files or ())

    def _descriptors(self, numbers: Collection[str] = ()) -> Iterator[tuple[str, str]]:
        """Yield the descriptors of the shell, but for some, and of those around it, with what is behind each."""
        for shell in (self.shell, *self.outer_shells):
            for name, value in shell.values.items():
                if is_descriptor(name) and not (shell is self.shell and name[1:] in numbers):
                    yield name, value

    def with_redirects(
        self, claim: Claim, redirects: Sequence[Opened], table: dict[str, str], words: tuple[str, ...]
    ) -> Claim:
        """Return a claim with the files that a command reads and writes by its descriptors."""
        read: set[str | None] = set() if claim.reads is None else {*claim.reads}
        written: set[str | None] = set() if claim.writes is None else {*claim.writes}
        replaced = set(claim.replaces)
        # What another descriptor is open on, that one goes on to fill from where it is.
        still_open = self._open_files(tuple(table) if words == ("exec",) else ())
        for one in redirects:
            if one.path == "":
                continue
            (written if one.writes else read).add(one.path)
            if one.redirect.operator == "<>":
                read.add(one.path)
            # What is part of a command adds to what an earlier part has printed.
            whole = one not in self.redirects or one in self.untouched
            if one.path is not None and one.truncates and whole and is_whole(self.shell.folder, one.target):
                replaced.add(one.path)
        self.untouched.difference_update(redirects)
        if words != ("exec",):
            written.update(self.printed_to(table))
        if any(path is not None and names_descriptor(path) for path in (*read, *written)):
            everywhere = self._open_files()
            read |= {None} if everywhere is None else everywhere
            written |= {None} if everywhere is None else everywhere
        if still_open is None:
            replaced.clear()
        # `ln` and `rm` follow no symbolic link.
        follows = words[:1] not in {("ln",), ("rm",)}
        reads = None if claim.reads is None else self._all_followed(read, follows=True)
        writes = None if claim.writes is None else self._all_followed(written, follows=follows)
        kept = {path for path in replaced if any(meets(path, place) for place in still_open or ())}
        return replace(claim, reads=reads, writes=writes, replaces=frozenset(replaced - kept))

    def with_taken(self, claim: Claim, value: str, *, first: bool) -> Claim:
        """Return a claim with what a command reads of a descriptor: the next one does not get what it has read.

        The `first` one after the descriptor was opened reads the file from its start.
        """
        files = files_behind(value, self.symbols)
        if files is None:
            return replace(claim, reads=None, writes=None)
        positions = frozenset(POSITIONS + path for _, path in files)
        read = {path for _, path in files} | (set() if first else positions)
        return replace(
            claim,
            reads=None if claim.reads is None else claim.reads | read,
            takes=claim.takes | (frozenset() if first else positions),
            writes=None if claim.writes is None else claim.writes | positions,
            replaces=claim.replaces | (positions if first else frozenset()),
        )

    def _all_followed(self, paths: set[str | None], *, follows: bool) -> frozenset[str] | None:
        known = frozenset(path for path in paths if path is not None)
        if None in paths:
            return None
        return self.container.followed(known) if follows else known

    def lose_renamed(self, claim: Claim, words: tuple[str, ...]) -> None:
        """Forget where the open files are that a command may rename, or give another name."""
        if claim.writes is not None and words[:1] not in {("mv",), ("ln",), ("cp",), ("rsync",)}:
            return
        for name, value in self.shell.values.items():
            files = files_behind(value, self.symbols) if is_descriptor(name) else None
            touched = (
                claim.writes is None
                or claim.reads is None
                or any(meets(path, place) for _, path in files or () for place in (*claim.reads, *claim.writes))
            )
            if files and touched:
                self.shell.values[name] = self.symbols.of("renamed", value)
