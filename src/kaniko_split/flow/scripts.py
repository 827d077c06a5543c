"""Which script of the repository does a command run, and what is known inside of it?

Only scripts that a pipeline names are read, and only inside of the repository: `Read` is given by whoever knows it.
"""

from __future__ import annotations

import posixpath
import re
import string
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.flow.joins import forget
from kaniko_split.flow.positional import with_positional, without_positional
from kaniko_split.flow.programs import as_table_word, as_written
from kaniko_split.flow.state import Read, ShellState, values_of
from kaniko_split.flow.tables import SharedTable, Variables
from kaniko_split.flow.wrappers import base_name, behind_wrappers
from kaniko_split.programs.table import effect_of
from kaniko_split.shell.locations import File, file_at, is_exact
from kaniko_split.shell.nodes import Call, Literal, Redirect, Statement
from kaniko_split.shell.parse import ShellSyntaxError, parse
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

# Scripts that name scripts are looked into this far.
_DEEPEST = 5
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_SOURCING = frozenset({".", "source"})
_SHEBANG = Pattern(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?\S*?\b(?:sh|bash|ash|dash|busybox)\b")
_MOST_CHARACTERS = 200_000
# GitLab's own variables whose values hold no character that means something to a shell.
_PLAIN_NAME = Pattern(
    r"\$\{?CI_(?!\w*(?:MESSAGE|TITLE|DESCRIPTION|AUTHOR|USER|NAME\b|TOKEN|PASSWORD))\w+\}?|\$\{?CI_PROJECT_NAME\b\}?"
)
_UNKNOWN = Pattern(r"[$`]")
_ENDINGS = frozenset({"sh", "bash", "ash", "env", "inc", "lib"})
# Where a script may be named: the marks are sought first, since that is fast, and what is around them then.
_MARKS = ("sh ", "source ", ". ", "./", "CI_PROJECT_DIR", *(f".{ending}" for ending in sorted(_ENDINGS)))
_OF_A_PATH = string.ascii_letters + string.digits + "_./-"
_LONGEST_NAME = 200
_BEHIND_SHELL = Pattern(r"[ \t]*(?:-\S+[ \t]+)*[\"']?(?:\$\{?CI_PROJECT_DIR\}?/)?(?P<path>[\w./-]+)")
_BEHIND_PROJECT = Pattern(r"CI_PROJECT_DIR\}?/(?P<path>[\w./-]+)")
_PATH = Pattern(r"[\w./-]*")
_FOLDERS = Pattern(r"(?<![\w./-])cd[ \t]+[\"']?(?:\$\{?CI_PROJECT_DIR\}?/|\./)?(?P<path>[\w.-]+(?:/[\w.-]+)*)")


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


class Called(Struct, frozen=True, eq=False):
    """A script that a command runs.

    Attributes:
        path: Its path from the project's root.
        arguments: What it is given.
        sourced: Whether it runs in the shell that calls it, as `.` and `source` have it.
    """

    path: str
    arguments: tuple[Value, ...]
    sourced: bool


class ScriptBody(Struct, frozen=True, eq=False):
    """What a called script runs.

    Attributes:
        path: Its path from the project's root.
        statements: Its statements.
        state: What is known where they begin.
        sourced: Whether it runs in the shell that calls it, as `.` and `source` have it.
    """

    path: str
    statements: tuple[Statement, ...]
    state: ShellState
    sourced: bool


class InnerRun(Struct, frozen=True, eq=False):
    """What a program runs that is told to it by its words.

    Attributes:
        words: The command in the end.
        often: Whether it may run more than once, as behind `xargs`.
        text: The text that a shell runs; None where there is none.
        exact: Whether that text is known to the last character.
    """

    words: tuple[Value, ...]
    often: bool
    text: str | None
    exact: bool


def inner_run(values: tuple[Value, ...], state: ShellState) -> InnerRun:
    """Return what a command runs in the end: behind `timeout`, `xargs` or `find -exec`, and in `sh -c`.

    Args:
        values: Its words as far as they are known.
        state: The state in which it runs.
    """
    often = False
    while values:
        values = values[behind_wrappers(tuple(value.text for value in values), state.setting.wrappers) :]
        texts = tuple(value.text for value in values)
        if texts[:1] == ("eval",):
            text = " ".join(texts[1:])
            exact = all(value.exact for value in values[1:]) or _is_known_text(text)
            return InnerRun(values, often, text, exact)
        effect = effect_of(tuple(map(as_table_word, values)), state.setting.programs) if texts else None
        if effect is None or not (effect.runs or effect.runs_text is not None):
            # To the table, a text that is not known may be an option.
            return InnerRun(values, often, _text_of_shell(texts), exact=False)
        often = often or effect.runs_often
        if effect.runs_text is not None:
            text = as_written(effect.runs_text)
            exact = any(value.text == text and value.exact for value in values) or _is_known_text(text)
            return InnerRun(values, often, text, exact)
        values = tuple(Value(as_written(text), exact="$" not in text) for text in effect.runs)
    return InnerRun(values, often, None, exact=False)


def _text_of_shell(texts: tuple[str, ...]) -> str | None:
    """Return the word after the option `-c` of a shell; None for any other command."""
    if not texts or base_name(texts[0]) not in _SHELLS:
        return None
    at = 1
    while at < len(texts) - 1 and texts[at].startswith(("-", "+")) and texts[at] != "--":
        if texts[at].endswith("c") and not texts[at].startswith("--"):
            return texts[at + 1]
        # `-o pipefail`
        at += 2 if texts[at].endswith("o") else 1
    return None


def _is_known_text(text: str) -> bool:
    """Tell whether nothing of a text is unknown but variables of GitLab's own, which are words without signs."""
    return not _UNKNOWN.search(_PLAIN_NAME.sub("", text))


def body_of_script(statement: Statement, state: ShellState) -> ScriptBody | None:
    """Return the statements of the script that a command runs; None where it runs none that can be read.

    Raises:
        UnreadableScriptError: It runs one that may build, and that nobody can read.
    """
    command = statement.command
    if not isinstance(command, Call):
        return None
    found = called(values_of(statement, state), state.folder, state.setting.wrappers, state.made)
    if found is None or found.path in state.calling:
        return None
    text = state.made.get(found.path)
    by_job = state.written.get(found.path) if text is None else None
    text = script_text(found.path, state.setting.read) if text is None else text
    words = ("executor", *state.setting.executors)
    if by_job is not None:
        if may_run((by_job.all(), text or ""), state.setting.read, words):
            raise UnreadableScriptError(found.path, 0, "the job writes it itself")
        return None
    if text is None:
        return None
    try:
        statements = parse(text).statements
    except ShellSyntaxError as error:
        if may_run((text,), state.setting.read, words):
            raise UnreadableScriptError(found.path, error.line, error.problem) from None
        return None
    there = replace(state, script=text, calling=(*state.calling, found.path))
    if found.sourced:
        known = with_positional(state.known, found.arguments) if found.arguments else state.known
        return ScriptBody(found.path, statements, replace(there, known=known), sourced=True)
    given = {one.name: state.value(one.value) for one in command.assignments if one.value is not None}
    seen = _in_environment(state)
    seen.update(given)
    if IFS in seen:
        # Some shells begin with the one of their environment, others with blanks.
        forget(IFS, seen)
    known = with_positional(seen, found.arguments)
    return ScriptBody(found.path, statements, _in_process(there, known), sourced=False)


def _in_environment(state: ShellState) -> Variables:
    """Return what is known of the variables and descriptors that a process sees."""
    opened = (name for name in state.known if name.startswith("&"))
    names = sorted({*state.exported, *state.setting.given, *opened})
    return Variables({name: state.known[name] for name in names if name in state.known})


def _in_process(state: ShellState, known: Variables) -> ShellState:
    """Return the state in which a process begins that knows of the shell no more than its environment."""
    return replace(
        state,
        known=known,
        functions=SharedTable(),
        folder_before=None,
        pushed=(),
        exec_ends=False,
        stops_at_failure=False,
        sourced=False,
    )


def body_of_text(run: InnerRun, state: ShellState) -> ScriptBody | None:
    """Return the statements of a text that a shell is given to run; None where it is no shell script.

    Raises:
        UnreadableScriptError: It is none, and may build all the same: a shell runs the lines above the fault.
    """
    if run.text is None or run.text in state.calling:
        return None
    try:
        statements = parse(run.text).statements
    except ShellSyntaxError as error:
        if may_run((run.text,), state.setting.read, ("executor", *state.setting.executors)):
            shell = run.words[0].text if run.words else "sh"
            raise UnreadableScriptError(f"a text for `{shell}`", error.line, error.problem) from None
        return None
    there = replace(state, script=run.text, calling=(*state.calling, run.text))
    if run.words and run.words[0].text == "eval":
        return ScriptBody(run.text, statements, there, sourced=True)
    seen = _in_environment(state)
    if IFS in seen:
        forget(IFS, seen)
    return ScriptBody(run.text, statements, _in_process(there, without_positional(seen)), sourced=False)


def written_down(statement: Statement, state: ShellState) -> tuple[str, str] | None:
    """Return the file that `cat > file <<'END'` writes, with its text; None for any other statement.

    Args:
        statement: The statement.
        state: What is known where it runs.
    """
    words = tuple(value.text for value in values_of(statement, state))
    body = next((one for one in statement.redirects if one.body is not None), None)
    into = next((one for one in statement.redirects if one.operator == ">"), None)
    if words != ("cat",) or body is None or body.body is None or into is None or len(statement.redirects) != 2:
        return None
    place = file_at(state.value(into.target).text, state.folder)
    text, exact = _here_document(body, state)
    if not isinstance(place, File) or not is_exact(place) or not exact:
        return None
    return place.path, text


def _here_document(redirect: Redirect, state: ShellState) -> tuple[str, bool]:
    """Return the text of a here-document, and whether no expansion is in it."""
    body = redirect.body
    if body is None:
        return "", False
    parts = [part for part in body.parts if isinstance(part, Literal)]
    exact = len(parts) == len(body.parts)
    span = body.span
    if exact and not any(isinstance(part, Literal) and part.quoted for part in redirect.target.parts):
        return "".join(part.text for part in parts), True
    # The parser counts the line of the delimiter in.
    written = state.script[span.start : span.end].removesuffix("\n")
    ends = written.rpartition("\n")[2].strip() == (redirect.target.literal or "")
    return written.rpartition("\n")[0] + "\n" if ends else written, exact


def run_from_input(statement: Statement, state: ShellState) -> InnerRun | None:
    """Return what a shell runs that reads a here-document or here-string; None for any other command."""
    values = values_of(statement, state)
    values = values[behind_wrappers(tuple(value.text for value in values), state.setting.wrappers) :]
    if not reads_script(tuple(value.text for value in values)):
        return None
    for redirect in statement.redirects:
        if redirect.operator in {"<<", "<<-"}:
            text, exact = _here_document(redirect, state)
            return InnerRun(values, often=False, text=text, exact=exact)
        if redirect.operator == "<<<":
            value = state.value(redirect.target)
            return InnerRun(values, often=False, text=value.text, exact=value.exact)
    return None


def reads_script(texts: tuple[str, ...]) -> bool:
    """Tell whether a command is a shell that reads its script from standard input: only options are behind it."""
    if not texts or base_name(texts[0]) not in _SHELLS or _text_of_shell(texts) is not None:
        return False
    if "-s" in texts:
        return True
    # The word after `-o` is no operand.
    pairs = pairwise(texts)
    return all(text.startswith(("-", "+")) or (before[:1] in "-+" and before.endswith("o")) for before, text in pairs)


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
    # Where the working directory is not known, it is most likely the project's.
    place = file_at(path, folder or "")
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
