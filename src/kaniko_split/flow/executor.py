"""Does a command run the executor, also behind another command, and what is it asked to build?"""

from __future__ import annotations

from collections.abc import Sequence

from kaniko_split.flow.state import ShellState, values_of
from kaniko_split.flow.wrappers import base_name, behind_wrappers
from kaniko_split.kaniko.command import (
    ENVIRONMENT,
    Argument,
    Build,
    NotABuild,
    is_executor,
    read_command,
    with_environment,
)
from kaniko_split.programs.table import effect_of, row_name
from kaniko_split.shell.computing import EXPANDS_ALIASES
from kaniko_split.shell.nodes import Call, Statement
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

# Whoever gives the variable gives the executor another place.
_DEFAULT = Pattern(r"\$\{\w+:?-(?P<word>[^\s${}]+)\}")
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "busybox", "eval", "xargs"})


def executor_call(statement: Statement, state: ShellState) -> Build | NotABuild | None:
    """Return what the executor is asked for where a simple command runs it; None where it does not."""
    if not isinstance(statement.command, Call) or not statement.command.words:
        return None
    values = values_of(statement, state)
    at = _command_word(values, state)
    if at is None or _may_be_no_alias(statement.command, state):
        return None
    found = read_command(tuple(Argument(value.text, value.exact, value.splits) for value in values[at + 1 :]))
    return with_environment(found, _environment(statement, values[:at], state)) if isinstance(found, Build) else found


def _environment(statement: Statement, wrappers: Sequence[Value], state: ShellState) -> dict[str, Argument]:
    """Return the variables that the executor looks at: those set so far, before the command, or behind `env`.

    Whether a variable is exported is not asked: it counts where it may be.
    """
    known = state.known
    found = {name: Argument(known[name].text, known[name].exact) for name in ENVIRONMENT & known.keys()}
    for one in statement.command.assignments if isinstance(statement.command, Call) else ():
        if one.name in ENVIRONMENT and one.value is not None:
            value = state.value(one.value)
            found[one.name] = Argument(value.text, value.exact)
    for word in wrappers:
        name, mark, text = word.text.partition("=")
        if mark and name in ENVIRONMENT:
            found[name] = Argument(text, word.exact)
    return found


def hides_executor(statement: Statement, state: ShellState) -> bool:
    """Tell whether a command that is no plain call of the executor is given it to run, as a word or in a text."""
    if not isinstance(statement.command, Call) or not statement.command.words:
        return False
    values = values_of(statement, state)
    texts = tuple(value.text for value in values)
    at = behind_wrappers(texts, state.setting.wrappers)
    if at >= len(texts):
        return False
    if texts[at] == "alias":
        # What an alias runs is told where it is used.
        return False
    if _command_word(values, state) is not None and _may_be_no_alias(statement.command, state):
        return True
    if not values[at].exact and ("executor" in texts[at] or _may_be_executor(values[at], state)):
        return True
    if base_name(texts[at]) in _SHELLS and any("executor" in text for text in texts[at + 1 :]):
        return True
    programs = state.setting.programs
    effect = effect_of(texts[at:], programs)
    # A user's row says what a program does with files, and nothing of what it runs.
    runs = not effect.known or bool(effect.runs) or row_name(texts[at:], programs) is not None
    return runs and any("/" in text and is_executor(text) for text in texts[at + 1 :])


def _may_be_no_alias(command: Call, state: ShellState) -> bool:
    """Tell whether a command's name is an alias to `sh` alone: bash expands none in a script that does not say so.

    Bash Reference Manual, "Aliases". `shopt` fails in a shell that has no such option, and that expands them always.
    """
    return command.words[0].literal in state.aliases and EXPANDS_ALIASES not in state.known


def _by_default(text: str) -> str:
    """Return what `${NAME:-WORD}` is where nothing gives the variable; any other text as it is."""
    match = _DEFAULT.fullmatch(text)
    return match["word"] if match is not None else text


def _may_be_executor(value: Value, state: ShellState) -> bool:
    """Tell whether one of the values that branches give a variable is the executor."""
    return any(is_executor(choice.split(" ")[0], state.setting.executors) for choice in value.choices if choice)


def _command_word(values: Sequence[Value], state: ShellState) -> int | None:
    """Return the index of the executor among the words of a command, its wrappers passed over.

    A path that begins at the working directory is one from the root where that lies outside of the project.
    """
    at = behind_wrappers(tuple(value.text for value in values), state.setting.wrappers)
    if at >= len(values):
        return None
    text = _by_default(values[at].text)
    if "/" in text and not text.startswith("/") and (state.folder or "").startswith("/"):
        text = f"{state.folder}/{text}"
    moved = state.known.get("KANIKO_DIR")
    if moved is not None and moved.text and text == f"{moved.text.rstrip('/')}/executor":
        return at
    # A pattern (`/kaniko*/executor`) is known well enough.
    certain = values[at].exact or text.rpartition("/")[2] == "executor"
    return at if certain and is_executor(text, state.setting.executors) else None
