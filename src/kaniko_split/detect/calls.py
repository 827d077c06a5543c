"""Does a command run the executor, also behind another command, and what is it asked to build?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaniko_split.kaniko.command import Argument, Build, NotABuild, is_executor, read_command
from kaniko_split.shell.commands import Kind, base_name, behind_wrappers, kind_of
from kaniko_split.shell.knowledge import Surroundings
from kaniko_split.shell.nodes import Call, Statement
from kaniko_split.shell.values import Value


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
    at = _command_word(values, here.wrappers, extra)
    if at is None:
        return None
    return read_command(tuple(Argument(value.text, value.exact, value.splits) for value in values[at + 1 :]))


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


def _command_word(values: Sequence[Value], wrappers: Mapping[str, int], extra: Sequence[str]) -> int | None:
    """Return the index of the executor among the words of a command, its wrappers passed over."""
    at = behind_wrappers(tuple(value.text for value in values), wrappers)
    found = at < len(values) and values[at].exact and is_executor(values[at].text, extra)
    return at if found else None
