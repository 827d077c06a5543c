"""What does a simple command do: its words, its assignments and its redirects?

The answer errs on the side of more: what is not known reads and writes every file of the job. Only what is certain to
be overwritten counts as overwritten. Statements inside it (a function's body, a substitution) are not its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from kaniko_split.flow.builtins import EVERYTHING, effects_of_builtin
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.programs import effects_of_words
from kaniko_split.flow.redirects import opened_by_exec, opens_connection
from kaniko_split.flow.state import ShellState, values_of
from kaniko_split.flow.transitions import exports_of, makes_references
from kaniko_split.flow.wrappers import behind_wrappers
from kaniko_split.kaniko.command import Build, NotABuild
from kaniko_split.kaniko.leftovers import makes_workspace, removes_leftovers
from kaniko_split.shell.locations import NOWHERE, Location, State, Variable, export_mark, file_at
from kaniko_split.shell.nodes import (
    Assignment,
    Call,
    Declaration,
    Literal,
    Parameter,
    Statement,
    Word,
    words_of,
)
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.words import is_set, names_assigned, names_read, reads_indirectly
from kaniko_split.source.patterns import Pattern

_GLOB = Pattern(r"[*?]|\[[^\]]+\]|[@!+]\(")
_CHANCE = Pattern(r"/dev/u?random|/proc/sys/kernel/random")
# Variables that are another one in each job, or each time they are read (GitLab, "Predefined variables").
FRESH_VARIABLES = frozenset(
    {
        *("RANDOM", "SRANDOM", "SECONDS", "EPOCHSECONDS", "EPOCHREALTIME", "HOSTNAME", "$", "BASHPID"),
        *("CI_JOB_ID", "CI_JOB_STARTED_AT", "CI_JOB_URL", "CI_RUNNER_ID", "CI_RUNNER_DESCRIPTION"),
        *("CI_RUNNER_SHORT_TOKEN", "CI_CONCURRENT_ID", "CI_CONCURRENT_PROJECT_ID"),
    }
)
_CAPTURES = frozenset({">", ">>", "&>", ">|", "&>>"})
_MAKING = frozenset({"local", "declare", "typeset"})
_PLACES = frozenset({"PWD", "OLDPWD"})
_IN_FOLDER: frozenset[Location] = frozenset({State.FOLDER})
# They fail only in ways that nobody plans for.
_HARDLY_FAIL = frozenset({":", "cd", "echo", "export", "printf", "set", "true"})


def effects_of_build(statement: Statement, state: ShellState, call: Build | NotABuild | None) -> Effects | None:
    """Return what a command does that runs the executor to build, or cleans up behind it; None for any other.

    A build reads every file and writes what its flags promise. What the executor has left behind is not there in a
    container of its own, so taking it away does nothing.
    """
    texts = tuple(value.text for value in values_of(statement, state))
    if (removes_leftovers(texts) or makes_workspace(texts)) and not statement.redirects:
        forced = makes_workspace(texts) or any(text.startswith("-") and "f" in text for text in texts[1:])
        # Without `-f` it fails where no build has left anything.
        looked_at = frozenset[Location](file_at(text, state.folder) for text in texts[1:] if not text.startswith("-"))
        return Effects() if forced else Effects(reads=looked_at)
    if not isinstance(call, Build):
        return None
    promised = frozenset[Location](file_at(path, state.folder) for path in call.written)
    names = frozenset[Location](Variable(name) for name in call.inherited_build_arguments)
    everything = frozenset[Location]({State.FILES, State.FOLDER, State.OPTIONS})
    return Effects(reads=everything | names, writes=promised, leaves=state.exec_ends and texts[:1] == ("exec",))


def effects_of_program(statement: Statement, state: ShellState) -> Effects:
    """Return what a command does by its name and words, where it is no build and nothing that can be followed."""
    values = values_of(statement, state)
    if not values:
        return Effects(unknown=True, reads=frozenset({State.FILES}), writes=frozenset({State.FILES}), fails=True)
    texts = tuple(value.text for value in values)
    leaves = texts[0] == "exec"
    at = behind_wrappers(texts, state.setting.wrappers)
    if at >= len(texts) and leaves:
        return _of_exec(statement, state)
    if at >= len(texts):
        # A wrapper without a command does something itself: `env` prints the environment.
        at = 0
    done = effects_of_builtin(texts[at:], state)
    if done is None:
        done = effects_of_words(values[at:], state, captured=_is_captured(statement, state))
    if leaves:
        return replace(done, leaves=True)
    if state.sourced and done.unknown:
        # It may be a function of the sourced file, which sees every variable and may change it.
        every = frozenset[Location]({State.VARIABLES})
        return replace(done, reads=done.reads | every, writes=done.writes | every)
    return done


def _of_exec(statement: Statement, state: ShellState) -> Effects:
    """Return what `exec` alone does: it opens and closes files for the commands behind it, and leaves nothing."""
    table = opened_by_exec(statement, state)
    if table is None:
        # Nobody can say what later commands read and write.
        acts = opens_connection(statement, state)
        return Effects(reads=EVERYTHING, writes=EVERYTHING, acts=acts, fails=acts)
    opened = frozenset[Location](map(Variable, table))
    return Effects(writes=opened, overwrites=opened, prints=not opened)


def _is_captured(statement: Statement, state: ShellState) -> bool:
    """Tell whether a redirect, a pipe or a substitution takes what a command prints."""
    redirected = any(one.operator in _CAPTURES for one in statement.redirects)
    return redirected or state.script[statement.span.end :].lstrip()[:1] in {"|", ")", "`"}


def effects_of_assignments(assignments: Iterable[Assignment]) -> Effects:
    """Return what assignments do that are the whole command."""
    given = tuple(assignments)
    places = frozenset[Location](Variable(one.name) for one in given)
    whole = frozenset[Location](Variable(one.name) for one in given if not (one.appends or one.indexed))
    return Effects(reads=places - whole, writes=places, overwrites=whole)


def effects_of_declaration(command: Declaration) -> Effects:
    """Return what `export`, `local` and the like do."""
    done = effects_of_assignments(one for one in command.assignments if one.value is not None)
    bare = frozenset[Location](Variable(one.name) for one in command.assignments if one.value is None)
    if command.keyword in _MAKING:
        # `local name` makes a variable without a value.
        done = replace(done, writes=done.writes | bare, overwrites=done.overwrites | bare)
        bare = NOWHERE
    exported = exports_of(command)
    options = "".join(word.literal or "" for word in command.options)
    if makes_references(command):
        # From here on, an assignment may change another variable.
        every = frozenset[Location]({State.VARIABLES})
        done = replace(done, reads=done.reads | every, writes=done.writes | every, unknown=True)
    if command.keyword == "export" and "n" in options:
        marks = frozenset[Location](export_mark(one.name) for one in command.assignments)
        done = replace(done, writes=done.writes | marks, overwrites=done.overwrites | marks)
    if "f" in options:
        functions = frozenset[Location](Variable(f"{one.name}()") for one in command.assignments)
        done = replace(done, reads=done.reads | functions)
    if exported:
        # That it is exported is a place of its own: a plain assignment changes the value and leaves that.
        marks = frozenset[Location](export_mark(name) for name in exported)
        done = replace(done, writes=done.writes | marks, overwrites=done.overwrites | marks)
    if any(word.literal is None for word in command.options):
        # `export $(cat file)`: nobody can say which names.
        bare |= {State.VARIABLES}
    return replace(done, reads=done.reads | bare, writes=done.writes | bare, exports=exported)


def with_words(statement: Statement, done: Effects, state: ShellState) -> Effects:
    """Add what the expansions in a statement's own words read and assign."""
    words = tuple(words_of(statement))
    text = state.script[statement.span.start : statement.span.end]
    names = {name for word in words for name in names_read(word)}
    # One status is what the other one tells of the last command.
    names |= {"?"} if "PIPESTATUS" in names else set()
    cleans = removes_leftovers(tuple(value.text for value in values_of(statement, state)))
    matched = NOWHERE if cleans else frozenset(state.place(path) for path in _patterns(words, state))
    written = {name for word in words for name in names_assigned(word)}
    ends = any(_may_end(word, state) for word in words)
    read: set[Location] = {Variable(name) for name in names | written}
    command = statement.command
    divided = (
        command.words if isinstance(command, Call) else command.options if isinstance(command, Declaration) else ()
    )
    if any(map(is_split, divided)):
        read.add(Variable(IFS))
    if any(map(reads_indirectly, words)):
        read.add(State.VARIABLES)
    return replace(
        done,
        reads=done.reads | read | matched | (_IN_FOLDER if matched or names & _PLACES else NOWHERE),
        writes=done.writes | {Variable(name) for name in written},
        fresh=done.fresh or bool(names & FRESH_VARIABLES) or bool(_CHANCE.search(text)),
        prints=done.prints and not written and not ends,
        fails=done.fails or ends,
    )


def is_split(word: Word) -> bool:
    """Tell whether the shell divides what a word becomes by IFS (POSIX, 2.6.5)."""
    return any(not isinstance(part, Literal) and not part.quoted for part in word.parts)


def _may_end(word: Word, state: ShellState) -> bool:
    """Tell whether a word ends the script where a variable is not set, as `${name:?}` does (POSIX, 2.6.2)."""
    for part in word.parts:
        if isinstance(part, Parameter):
            value = state.known.get(part.name)
            if part.may_end and not (value is not None and is_set(value)):
                return True
            if any(_may_end(inner, state) for inner in part.inner):
                return True
    return False


def _patterns(words: Iterable[Word], state: ShellState) -> Iterator[str]:
    """Yield the patterns that the shell matches against the names of files (POSIX, 2.13.3).

    What an expansion without quotes gives is a pattern too.
    """
    for word in words:
        value = state.value(word)
        texts = value.choices or ((value.text,) if value.exact else ())
        expanded = [text for text in texts if is_split(word) and _GLOB.search(text)]
        literals = [part.text for part in word.parts if isinstance(part, Literal) and not part.quoted]
        yield from expanded
        if not expanded and any(map(_GLOB.search, literals)):
            yield value.text


_ASKS_FILES = Pattern(r"\s-(?:[abcdefghkprstuwxGLNOS]|nt|ot|ef)\s")


def files_asked(statement: Statement, state: ShellState) -> frozenset[Location]:
    """Return what `[[ -f x ]]` looks at: every word of a test that asks for files."""
    if _ASKS_FILES.search(state.script[statement.span.start : statement.span.end]) is None:
        return NOWHERE
    return frozenset(state.place(state.value(word).text) for word in words_of(statement)) | _IN_FOLDER


def hardly_fails(texts: tuple[str, ...]) -> bool:
    """Tell whether a command of these words, none for an assignment, fails only in ways that nobody plans for."""
    if not texts or texts[0] in _HARDLY_FAIL:
        return True
    option = texts[1] if len(texts) > 1 else ""
    is_short = option.startswith("-") and not option.startswith("--")
    return is_short and ((texts[0] == "mkdir" and "p" in option) or (texts[0] == "rm" and "f" in option))
