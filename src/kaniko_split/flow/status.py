"""What does a condition ask about the exit status of a command?

`[ $? -ne 0 ]` right after a build asks whether it has failed, and so does `[ $code -ne 0 ]` after `code=$?`.
"""

from __future__ import annotations

from collections.abc import Container

from msgspec import Struct

from kaniko_split.shell.nodes import Call, Other, Parameter, Statement

_UNEQUAL = ("-ne", "-gt", "!=")
_EQUAL = ("-eq", "=", "==")


class StatusQuestion(Struct, frozen=True, eq=False):
    """A condition on an exit status.

    Attributes:
        name: The variable that holds it.
        for_failure: Whether the branch behind `then` is for another status than 0.
    """

    name: str
    for_failure: bool


def status_question(condition: tuple[Statement, ...], names: Container[str]) -> StatusQuestion | None:
    """Return what a condition asks of one of the variables `names`, each of which holds a status; else None."""
    if len(condition) != 1:
        return None
    for signs, for_failure in ((_UNEQUAL, True), (_EQUAL, False)):
        name = _compared_with_zero(condition, signs)
        if name is not None and name in names:
            return StatusQuestion(name, for_failure)
    return None


def status_kept(statement: Statement) -> str | None:
    """Return the variable that `code=$?` keeps the status in; None for any other statement."""
    command = statement.command
    if not isinstance(command, Call) or command.words or len(command.assignments) != 1:
        return None
    value = command.assignments[0].value
    parts = value.parts if value is not None else ()
    is_status = len(parts) == 1 and isinstance(parts[0], Parameter) and parts[0].plain and parts[0].name == "?"
    return command.assignments[0].name if is_status and not command.assignments[0].appends else None


def failed_codes(condition: tuple[Statement, ...]) -> frozenset[str]:
    """Return the variable that a condition like `[ $code -ne 0 ]` finds to be another status than 0."""
    name = _compared_with_zero(condition, _UNEQUAL)
    return frozenset() if name is None else frozenset({name})


def codes_behind(statement: Statement, *, succeeded: bool) -> frozenset[str]:
    """Return the variable that is another status than 0 where a test such as `[ $rc -eq 0 ]` has failed.

    Args:
        statement: The statement that tests.
        succeeded: Whether it has succeeded.
    """
    name = _compared_with_zero((statement,), _UNEQUAL if succeeded else _EQUAL)
    return frozenset() if name is None else frozenset({name})


def _compared_with_zero(condition: tuple[Statement, ...], signs: tuple[str, ...]) -> str | None:
    command = condition[-1].command if condition and not condition[-1].negated else None
    words = command.words if isinstance(command, Call | Other) else ()
    parts = [word.parts[0] for word in words if len(word.parts) == 1]
    names = [part.name for part in parts if isinstance(part, Parameter) and part.plain]
    texts = [word.literal for word in words]
    whole = len(words) in {2, 3, 4, 5} and "0" in texts and len(names) == 1
    return names[0] if whole and any(sign in texts for sign in signs) else None
