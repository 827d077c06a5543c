"""Which script of the repository does a command run, and what is known inside of it?

Only scripts that a pipeline names are read, and only inside of the repository: `Read` is given by whoever knows it.
"""

from __future__ import annotations

import posixpath
import re
import string
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kaniko_split.shell.commands import base_name, behind_wrappers
from kaniko_split.shell.effects import Effects
from kaniko_split.shell.knowledge import Inside, Kind, Surroundings, follows, forget, with_positional
from kaniko_split.shell.locations import File, Location, file_at, is_exact
from kaniko_split.shell.nodes import Call, Group, Literal, Statement
from kaniko_split.shell.parse import ShellSyntaxError, parse
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import value_of_word
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span

Read = Callable[[str], str | None]
Program = Callable[[Statement, Surroundings], Effects | None]

# Scripts that name scripts are looked into this far.
_DEEPEST = 5
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_SOURCING = frozenset({".", "source"})
_SHEBANG = Pattern(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?\S*?\b(?:sh|bash|ash|dash|busybox)\b")
_MOST_CHARACTERS = 200_000
_ENDINGS = frozenset({"sh", "bash", "ash", "env", "inc", "lib"})
# Where a script may be named: the marks are sought first, since that is fast, and what is around them then.
_MARKS = ("sh ", "source ", ". ", "./", "CI_PROJECT_DIR", *(f".{ending}" for ending in sorted(_ENDINGS)))
_OF_A_PATH = string.ascii_letters + string.digits + "_./-"
_LONGEST_NAME = 200
_BEHIND_SHELL = Pattern(r"[ \t]*(?:-\S+[ \t]+)*[\"']?(?:\$\{?CI_PROJECT_DIR\}?/)?(?P<path>[\w./-]+)")
_BEHIND_PROJECT = Pattern(r"CI_PROJECT_DIR\}?/(?P<path>[\w./-]+)")
_PATH = Pattern(r"[\w./-]*")
_FOLDERS = Pattern(r"(?<![\w./-])cd[ \t]+[\"']?(?:\$\{?CI_PROJECT_DIR\}?/|\./)?(?P<path>[\w.-]+(?:/[\w.-]+)*)")


def nothing(name: str) -> str | None:
    """Give no file, whatever its name."""
    del name
    return None


class UnreadableScriptError(Exception):
    """A script that may build cannot be read.

    Attributes:
        path: Its path, as the job calls it.
        written: Whether that is because the job writes it: `line` is 0 then, and else counts from 1.
    """

    def __init__(self, path: str, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")
        self.path = path
        self.written = not line


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Called:
    """A script that a command runs.

    Attributes:
        path: Its path from the project's root.
        arguments: What it is given.
        sourced: Whether it runs in the shell that calls it, as `.` and `source` have it.
    """

    path: str
    arguments: tuple[Value, ...]
    sourced: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scripts:
    """The scripts of a repository, as the statements of one job run them.

    Attributes:
        read: Gives the text of a file of the repository, by name; None where there is none.
        words: What a script that is of interest holds: the executor's names.
        environment: Gives the names that every process of the job sees.
        written: Gives the files that the job has so far given content, each with the statements that did: such a
            script may be another than the repository's.
        made: Gives the text of those that it has written out as a here-document, by path.
    """

    read: Read
    words: tuple[str, ...]
    environment: Callable[[], Iterable[str]]
    written: Callable[[], Mapping[Location, str]]
    made: Callable[[], Mapping[str, str]]

    def inside(self, statement: Statement, here: Surroundings) -> Inside | None:
        """Return the statements of the script that `statement` runs; None where it runs none that is of interest.

        Raises:
            UnreadableScriptError: It runs one that may build, and that nobody can read.
        """
        if not isinstance(statement.command, Call):
            return None
        found = called(here.values(statement), here.folder, here.wrappers, self.made())
        if found is None or not follows(found.path, here):
            return None
        text = self.made().get(found.path)
        by_job = self.written().get(File(found.path)) if text is None else None
        text = script_text(found.path, self.read) if text is None else text
        if by_job is not None:
            if may_run((by_job, text or ""), self.read, self.words):
                raise UnreadableScriptError(found.path, 0, "the job writes it itself")
            return None
        if text is None:
            return None
        try:
            statements = parse(text).statements
        except ShellSyntaxError as error:
            if may_run((text,), self.read, self.words):
                raise UnreadableScriptError(found.path, error.line, error.problem) from None
            return None
        there = replace(here, script=text, calling=(*here.calling, found.path))
        if found.sourced:
            known = with_positional(here.known, found.arguments) if found.arguments else dict(here.known)
        else:
            given = {
                one.name: value_of_word(one.value, here.script, here.known)
                for one in statement.command.assignments
                if one.value is not None
            }
            names = set(self.environment())
            seen = {name: value for name, value in here.known.items() if name in names} | given
            if IFS in seen:
                # Some shells begin with the one of their environment, others with blanks.
                forget(IFS, seen)
            known = with_positional(seen, found.arguments)
            there = replace(there, functions={}, folder_before=None, pushed=(), program=_without_exec(here.program))
        kind = Kind.SOURCED if found.sourced else Kind.PROCESS
        body = Statement(Span(0, len(text)), Group(statements, subshell=not found.sourced))
        return Inside(body, replace(there, known=known), found.path, kind)


def _without_exec(program: Program | None) -> Program | None:
    """Let `exec` before the executor be nothing: a process of its own ends there, and the job goes on."""
    if program is None:
        return None

    def within(statement: Statement, here: Surroundings) -> Effects | None:
        done = program(statement, here)
        return replace(done, leaves=False) if done is not None else None

    return within


def written_down(statement: Statement, here: Surroundings) -> tuple[str, str] | None:
    """Return the file that `cat > file <<'END'` writes, with its text; None for any other statement.

    Args:
        statement: The statement.
        here: What is known where it stands.
    """
    words = tuple(value.text for value in here.values(statement))
    body = next((one for one in statement.redirects if one.body is not None), None)
    into = next((one for one in statement.redirects if one.operator == ">"), None)
    if words != ("cat",) or body is None or body.body is None or into is None or len(statement.redirects) != 2:
        return None
    place = file_at(value_of_word(into.target, here.script, here.known).text, here.folder)
    parts = [part for part in body.body.parts if isinstance(part, Literal)]
    if not isinstance(place, File) or not is_exact(place) or len(parts) < len(body.body.parts):
        return None
    raw = any(isinstance(part, Literal) and part.quoted for part in body.target.parts)
    span = body.body.span
    if not raw:
        return place.path, "".join(part.text for part in parts)
    # The parser counts the line of the delimiter in.
    written = here.script[span.start : span.end].removesuffix("\n")
    ends = written.rpartition("\n")[2].strip() == (body.target.literal or "")
    return place.path, written.rpartition("\n")[0] + "\n" if ends else written


def called(
    values: Sequence[Value],
    folder: str | None,
    wrappers: Mapping[str, int] | None = None,
    made: Container[str] = (),
) -> Called | None:
    """Return the script that a command runs, or None where it runs none, or one outside of the project.

    Args:
        values: The command's words.
        folder: The folder that it runs in, from the project's root.
        wrappers: Further commands that run the command behind them, with how many words of their own they take.
        made: The scripts that the job has written, by path, which may lie outside.
    """
    at = behind_wrappers(tuple(value.text for value in values), wrappers or {})
    if at >= len(values):
        return None
    name, rest = values[at].text, list(values[at + 1 :])
    sourced = name in _SOURCING
    if sourced or base_name(name) in _SHELLS:
        while rest and rest[0].text.startswith("-"):
            option = rest.pop(0).text
            if "c" in option and not option.startswith("--"):
                return None
            if option.endswith("o") and rest:
                rest.pop(0)
        if not rest:
            return None
        path = rest.pop(0).text
    elif "/" in name:
        path = name
    else:
        return None
    place = file_at(path, folder)
    if not isinstance(place, File) or not is_exact(place):
        return None
    if place.path.startswith(("/", "~", "..")) and place.path not in made:
        return None
    return Called(place.path, tuple(rest), sourced)


def script_text(path: str, read: Read) -> str | None:
    """Return the text of a script for the shell; None where the file is not there or is something else."""
    text = read(path)
    if text is None or len(text) > _MOST_CHARACTERS or "\0" in text:
        return None
    return None if text.startswith("#!") and not _SHEBANG.match(text) else text


def may_run(texts: Iterable[str], read: Read, words: Sequence[str]) -> bool:
    """Tell whether one of `texts` holds one of `words`, or names a script that does, or that names one."""
    own = list(texts)
    if any(word in text for text in own for word in words):
        return True
    return any(word in text for text in texts_run(own, read) for word in words)


def texts_run(texts: Iterable[str], read: Read) -> Iterator[str]:
    """Yield the scripts of the repository that `texts` name, and those that these name in turn."""
    waiting = list(texts)
    seen: set[str] = set()
    for _ in range(_DEEPEST - 1):
        names = {name for text in waiting for name in _names(text)} - seen
        seen |= names
        waiting = [text for name in sorted(names) if (text := script_text(name, read))]
        if not waiting:
            return
        yield from waiting


def _names(text: str) -> Iterator[str]:
    """Yield the paths in a text that may be scripts which it runs, also from the folders that it goes to."""
    folders = _folders(text) if "cd " in text else ()
    for found in _named(text):
        path = posixpath.normpath(found)
        stem, dot, ending = path.rpartition("/")[2].rpartition(".")
        if path.startswith("/") or (dot and stem and ending not in _ENDINGS):
            continue
        yield path
        yield from (posixpath.normpath(f"{folder}/{path}") for folder in folders)


def _folders(text: str) -> tuple[str, ...]:
    """Return the folders that a text goes to: each from the project's root, and from the one that it went to before."""
    targets = [match["path"] for match in _FOLDERS.finditer(text)]
    behind = (f"{before}/{target}" for before, target in pairwise(targets))
    return tuple(dict.fromkeys(posixpath.normpath(path) for path in (*targets, *behind)))


def _named(text: str) -> Iterator[str]:
    for mark in _MARKS:
        at = text.find(mark)
        while at >= 0:
            before = text[max(0, at - _LONGEST_NAME) : at]
            word = before[len(before.rstrip(_OF_A_PATH)) :]
            match: re.Match[str] | None = None
            if mark.endswith(" "):
                if base_name(word + mark[:-1]) in _SHELLS | _SOURCING:
                    match = _BEHIND_SHELL.match(text, at + len(mark))
            elif mark == "CI_PROJECT_DIR":
                match = _BEHIND_PROJECT.match(text, at)
            elif mark != "./" or not word:
                behind = _PATH.match(text, at)
                yield word + (behind[0] if behind is not None else "")
            if match is not None:
                yield match["path"]
            at = text.find(mark, at + 1)
