"""How many builds can one run of these statements make?

Branches exclude each other, a fallback replaces what failed, a loop over known words runs once for each, and a
function runs where it is called. What has no bound that the script tells is `UNBOUNDED`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kaniko_split.detect.calls import executor_call, hides_executor
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.nodes import (
    Call,
    Case,
    Chain,
    For,
    Function,
    Group,
    If,
    Other,
    Statement,
    While,
    Word,
    substitutions,
    words_of,
)
from kaniko_split.shell.words import Value, values_of_words

UNBOUNDED = math.inf
_DEEPEST_CALL = 20


@dataclass(slots=True)
class Counting:
    """What is known while a script is counted.

    Attributes:
        script: The text that spans count in.
        known: The variables assigned so far.
        functions: The functions defined so far.
        extra: Further command words that are to count as the executor.
        depth: How many function calls deep the counting is.
    """

    script: str
    known: Mapping[str, Value]
    functions: dict[str, Statement] = field(default_factory=dict)
    extra: Sequence[str] = ()
    depth: int = 0


def builds_in(statements: Iterable[Statement], counting: Counting) -> float:
    """Return the most builds that one path through `statements` makes, `UNBOUNDED` where nothing bounds it."""
    return sum(_builds(statement, counting) for statement in statements)


def _builds(statement: Statement, counting: Counting) -> float:
    within = sum(builds_in(part.statements, counting) for word in words_of(statement) for part in substitutions(word))
    return within + _of_command(statement, counting)


def _of_command(statement: Statement, counting: Counting) -> float:
    match statement.command:
        case Call():
            return _of_call(statement, counting)
        case Chain(operator="||", left=left, right=right):
            return max(_builds(left, counting), _builds(right, counting))
        case Chain(left=left, right=right):
            return _builds(left, counting) + _builds(right, counting)
        case Group(statements=inner) | Other(statements=inner):
            return builds_in(inner, counting)
        case If(condition=condition, then=then, otherwise=otherwise):
            return builds_in(condition, counting) + _exclusive(condition, then, otherwise, counting)
        case Case(branches=branches):
            return max((builds_in(branch, counting) for branch in branches), default=0)
        case For(items=items, body=body):
            return _times(items, builds_in(body, counting), counting)
        case While(condition=condition, body=body):
            # `until executor; do sleep 5; done` tries one build again; a body that builds has no bound.
            return builds_in(condition, counting) + (UNBOUNDED if builds_in(body, counting) else 0)
        case Function(name=name, body=body):
            counting.functions[name] = body
    return 0


def _of_call(statement: Statement, counting: Counting) -> float:
    call = executor_call(statement, counting.script, counting.known, counting.extra)
    if isinstance(call, Build):
        return 1
    if call is None and hides_executor(statement, counting.script, counting.known):
        return 1
    if call is None and isinstance(statement.command, Call) and statement.command.words:
        name = statement.command.words[0].literal
        if name in counting.functions and counting.depth < _DEEPEST_CALL:
            counting.depth += 1
            made = _builds(counting.functions[name], counting)
            counting.depth -= 1
            return made
    return 0


def _exclusive(
    condition: tuple[Statement, ...],
    then: tuple[Statement, ...],
    otherwise: tuple[Statement, ...],
    counting: Counting,
) -> float:
    """Return the builds of the longer branch; where the condition builds, trying it again adds nothing."""
    one, other = builds_in(then, counting), builds_in(otherwise, counting)
    if builds_in(condition, counting) and condition[-1].negated:
        return max(0, one - 1) if one else other
    return max(one, other)


def _times(items: tuple[Word, ...] | None, body: float, counting: Counting) -> float:
    if not body:
        return 0
    if items is None:
        return UNBOUNDED
    values = values_of_words(items, counting.script, counting.known)
    return body * len(values) if all(value.exact for value in values) else UNBOUNDED
