"""What does each statement of a script do when the script runs?

This package is the one place that knows what `if`, `&&`, a loop, a function, a subshell, a pipe and `set -e` mean. It
goes down the syntax once, carries what is known from one statement to the next, and returns an occurrence for each.
"""

from __future__ import annotations

from collections.abc import Iterable

from kaniko_split.flow.lower.calls import DEEPEST_CALL
from kaniko_split.flow.lower.lowered import Context, LimitError, Lowered
from kaniko_split.flow.lower.statements import MOST_OCCURRENCES, Statements
from kaniko_split.flow.occurrence import Occurrence
from kaniko_split.flow.state import ShellState
from kaniko_split.shell.nodes import Statement

__all__ = ["DEEPEST_CALL", "MOST_OCCURRENCES", "LimitError", "Lowered", "lower", "lower_sequence"]


def lower(
    statements: Iterable[Statement], state: ShellState, codes: frozenset[str] = frozenset()
) -> tuple[Occurrence, ...]:
    """Return an occurrence for each of some statements that run one after the other.

    Args:
        statements: The statements.
        state: The state in which they begin.
        codes: The variables that certainly hold a status other than 0.

    Raises:
        LimitError: They are too deep or too many to be followed.
        UnreadableScriptError: They run a script that may build, and that nobody can read.
    """
    return lower_sequence(statements, state, codes).occurrences


def lower_sequence(statements: Iterable[Statement], state: ShellState, codes: frozenset[str] = frozenset()) -> Lowered:
    """Return what statements do that run one after the other; see `lower`."""
    try:
        return Statements().sequence(statements, state, Context(codes=codes))
    except RecursionError:
        raise LimitError("its statements are nested too deeply") from None
