"""Which statements can run inside of a statement, and what is known where each of them runs?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kaniko_split.shell.branches import blocks_of_case, blocks_of_if, certainly_skipped
from kaniko_split.shell.effects import effects_of
from kaniko_split.shell.knowledge import Kind, Surroundings, after, inside_of_call, with_own_positional
from kaniko_split.shell.nodes import (
    Call,
    Case,
    Chain,
    For,
    Function,
    If,
    Statement,
    While,
    nested,
    substitutions,
    words_of,
)

Found = tuple[Statement, Surroundings]


def walk(statement: Statement, here: Surroundings) -> Iterator[Found]:
    """Yield `statement` and all that can run inside of it, in the order of the text.

    The body of a function or script stands where it is called; what a substitution runs stands behind its statement.
    """
    yield statement, here
    for word in words_of(statement):
        for part in substitutions(word):
            yield from walk_all(part.statements, here)
    match statement.command:
        case Call():
            inside = inside_of_call(statement, here)
            if inside is not None:
                yield from walk(inside.body, inside.here)
        case Chain(operator="&&" | "||", left=left, right=right) as chain:
            skipped = certainly_skipped(chain, known_after((left,), here))
            yield from walk_all((left,) if skipped else (left, right), here)
        case If(condition=condition) as command:
            yield from walk_all(condition, here)
            there = known_after(condition, here)
            for block in blocks_of_if(command, there):
                yield from walk_all(block, there)
        case Case() as command:
            for block in blocks_of_case(command, here):
                yield from walk_all(block, here)
        case For() | While():
            # In a turn nothing is known of what the loop itself changes.
            turning = after(statement, effects_of(statement, here).writes, here)
            for block in nested(statement):
                yield from walk_all(block, turning)
        case Function():
            return
        case _:
            for block in nested(statement):
                yield from walk_all(block, here)


def walk_all(statements: Iterable[Statement], here: Surroundings) -> Iterator[Found]:
    """Yield what can run inside of statements that stand one after the other, themselves included."""
    for statement in statements:
        yield from walk(statement, here)
        here = after(statement, effects_of(statement, here).writes, here)


def known_after(statements: Iterable[Statement], here: Surroundings) -> Surroundings:
    """Return what is known when `statements` have run one after the other."""
    for statement in statements:
        here = after(statement, effects_of(statement, here).writes, here)
    return here


def known_after_certain(statement: Statement, here: Surroundings) -> Surroundings | None:
    """Return what is known after a statement of which it is certain what runs inside of it; None for any other.

    That is one that sources a file which can be read, and a `case` or `if` of which one branch is sure to run.
    """
    if statement.background:
        return None
    match statement.command:
        case Case() as command:
            blocks = blocks_of_case(command, here)
            return known_after(blocks[0], here) if len(blocks) == 1 else None
        case If(condition=condition) as command:
            there = known_after(condition, here)
            blocks = blocks_of_if(command, there)
            return known_after(blocks[0], there) if len(blocks) == 1 else None
    inside = inside_of_call(statement, here)
    if inside is None or inside.kind is not Kind.SOURCED:
        return None
    there = known_after((inside.body,), inside.here)
    return with_own_positional(there, here)
