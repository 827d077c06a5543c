"""Does a command run the executor, also behind another command, and what is it asked to build?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kaniko_split.kaniko.command import Argument, Build, NotABuild, is_executor, read_command
from kaniko_split.shell.nodes import Call, Statement
from kaniko_split.shell.words import Value, values_of_words

# Commands that run the command behind them; the number says how many words of their own stand before it.
_WRAPPERS = {
    "command": 0,
    "env": 0,
    "exec": 0,
    "ionice": 0,
    "nice": 0,
    "nohup": 0,
    "retry": 0,
    "stdbuf": 0,
    "sudo": 0,
    "time": 0,
    "timeout": 1,
}
# Their options that take the next word with them.
_OPTIONS_WITH_VALUE = frozenset({"-n", "-c", "-k", "-s", "-u", "-t", "-d", "--signal", "--kill-after", "--tries"})


def executor_call(
    statement: Statement, script: str, known: Mapping[str, Value], extra: Sequence[str] = ()
) -> Build | NotABuild | None:
    """Return what the executor is asked for where `statement` itself runs it; None where it does not.

    Args:
        statement: One statement; what stands inside of it is not looked at.
        script: The text that its spans count in.
        known: The variables assigned so far, by which `$KANIKO` may be the executor.
        extra: Further command words that are to count as the executor.
    """
    if not isinstance(statement.command, Call) or not statement.command.words:
        return None
    values = values_of_words(statement.command.words, script, known)
    at = _command_word(values, extra)
    if at is None:
        return None
    return read_command([Argument(value.text, value.exact, value.splits) for value in values[at + 1 :]])


def _command_word(values: Sequence[Value], extra: Sequence[str]) -> int | None:
    """Return the index of the executor among the words of a command, its wrappers passed over."""
    at = 0
    while at < len(values):
        word = values[at]
        if word.exact and is_executor(word.text, extra):
            return at
        name = word.text.rsplit("/", 1)[-1]
        if name not in _WRAPPERS:
            return None
        at = _behind_wrapper(values, at + 1, _WRAPPERS[name])
    return None


def _behind_wrapper(values: Sequence[Value], at: int, own_words: int) -> int:
    """Return the index of the command that a wrapper runs, its options and words passed over."""
    while at < len(values):
        text = values[at].text
        if text in _OPTIONS_WITH_VALUE:
            at += 2
        elif text.startswith("-") or ("=" in text and "/" not in text.partition("=")[0]) or text.isdigit():
            at += 1
            own_words -= text.isdigit()
        elif own_words > 0:
            own_words -= 1
            at += 1
        else:
            return at
    return at
