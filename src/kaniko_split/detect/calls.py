"""Does a command run the executor, also behind another command, and what is it asked to build?"""

from __future__ import annotations

from collections.abc import Sequence

from kaniko_split.kaniko.command import (
    ENVIRONMENT,
    Argument,
    Build,
    NotABuild,
    is_executor,
    read_command,
    with_environment,
)
from kaniko_split.shell.commands import Kind, base_name, behind_wrappers, kind_of
from kaniko_split.shell.knowledge import Surroundings
from kaniko_split.shell.nodes import Call, Statement
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import value_of_word


def executor_call(statement: Statement, here: Surroundings, extra: Sequence[str] = ()) -> Build | NotABuild | None:
    """Return what the executor is asked for where `statement` itself runs it; None where it does not.

    Args:
        statement: One statement; what stands inside of it is not looked at.
        here: What is known where it runs: the variables assigned so far, by which `$KANIKO` may be the executor.
        extra: Further command words that are to count as the executor.
    """
    if not isinstance(statement.command, Call) or not statement.command.words:
        return None
    values = here.values(statement)
    at = _command_word(values, here, extra)
    if at is None:
        return None
    found = read_command(tuple(Argument(value.text, value.exact, value.splits) for value in values[at + 1 :]))
    return with_environment(found, _environment(statement, values[:at], here)) if isinstance(found, Build) else found


def _environment(statement: Statement, wrappers: Sequence[Value], here: Surroundings) -> dict[str, Argument]:
    """Return the variables that the executor looks at: those set so far, before the command, or behind `env`.

    Whether a variable is exported is not asked: it counts where it may be.
    """
    found = {name: Argument(here.known[name].text, here.known[name].exact) for name in ENVIRONMENT & here.known.keys()}
    for one in statement.command.assignments if isinstance(statement.command, Call) else ():
        if one.name in ENVIRONMENT and one.value is not None:
            value = value_of_word(one.value, here.script, here.known)
            found[one.name] = Argument(value.text, value.exact)
    for word in wrappers:
        name, mark, text = word.text.partition("=")
        if mark and name in ENVIRONMENT:
            found[name] = Argument(text, word.exact)
    return found


def hides_executor(statement: Statement, here: Surroundings) -> bool:
    """Tell whether a command that is no plain call of the executor is given it to run, by itself or in a text."""
    if not isinstance(statement.command, Call) or not statement.command.words:
        return False
    values = here.values(statement)
    texts = tuple(value.text for value in values)
    at = behind_wrappers(texts, here.wrappers)
    if at >= len(texts):
        return False
    if not values[at].exact and "executor" in texts[at]:
        return True
    shell = base_name(texts[at]) in {"sh", "bash", "ash", "dash", "busybox", "eval", "xargs"}
    if shell and any("executor" in text for text in texts[at + 1 :]):
        return True
    runs = kind_of(texts[at:]) is Kind.UNKNOWN
    return runs and any("/" in text and is_executor(text) for text in texts[at + 1 :])


def _command_word(values: Sequence[Value], here: Surroundings, extra: Sequence[str]) -> int | None:
    """Return the index of the executor among the words of a command, its wrappers passed over.

    A path that begins at the working folder is one from the root where that folder is outside of the project.
    """
    at = behind_wrappers(tuple(value.text for value in values), here.wrappers)
    if at >= len(values):
        return None
    text = values[at].text
    if "/" in text and not text.startswith("/") and (here.folder or "").startswith("/"):
        text = f"{here.folder}/{text}"
    moved = here.known.get("KANIKO_DIR")
    if moved is not None and moved.text and text == f"{moved.text.rstrip('/')}/executor":
        return at
    # A pattern (`/kaniko*/executor`) is known well enough.
    certain = values[at].exact or text.rpartition("/")[2] == "executor"
    return at if certain and is_executor(text, extra) else None
