"""Which branches of a `case` or an `if` can run, where what they ask for is certain?

POSIX, "Shell Command Language", 2.9.4.3 and 2.13, and "test". What the pipeline gives is never certain: the project's
settings, or whoever starts the pipeline, may give another value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kaniko_split.shell.knowledge import Surroundings
from kaniko_split.shell.nodes import Call, Case, Chain, If, Literal, Parameter, Statement, Word
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import value_of_word
from kaniko_split.source.patterns import Pattern

Block = tuple[Statement, ...]

_UNDECIDED = Pattern(r"[\[\]()\\]")
_NUMBER = Pattern(r"-?\d{1,18}")


def blocks_of_case(command: Case, here: Surroundings) -> tuple[Block, ...]:
    """Return the branches that can run, `()` among them where it can be that none does.

    One alone is certain to be the one that runs.
    """
    if id(command) in here.assumed.branches:
        number = here.assumed.branches[id(command)]
        return (command.branches[number] if number is not None else (),)
    subject = value_of_word(command.subject, here.script, here.known)
    if any(command.falls_through):
        return (*command.branches, ())
    if not _is_certain(subject) or "nocasematch" in here.script:
        last = next((at for at, patterns in enumerate(command.patterns) if any(map(_takes_all, patterns))), None)
        return (*command.branches, ()) if last is None else command.branches[: last + 1]
    possible: list[Block] = []
    for patterns, block in zip(command.patterns, command.branches, strict=True):
        answers = {_matches(subject.text, pattern, here) for pattern in patterns}
        if answers != {False}:
            possible.append(block)
        if True in answers:
            return tuple(possible)
    return (*possible, ())


def blocks_of_if(command: If, there: Surroundings) -> tuple[Block, ...]:
    """Return the branches that can run, `()` for an `else` that is not there.

    Args:
        command: The `if`.
        there: What is known when its condition has been asked.
    """
    answer = answer_of(command.condition[-1], there) if command.condition else None
    if answer is None:
        return command.then, command.otherwise
    return (command.then,) if answer else (command.otherwise,)


def certainly_skipped(command: Chain, there: Surroundings) -> bool:
    """Tell whether the right side of an `&&` or `||` never runs; `there` is what is known after the left side."""
    answer = answer_of(command.left, there)
    return answer is not None and answer is (command.operator == "||")


def answer_of(statement: Statement, here: Surroundings) -> bool | None:
    """Return what `test` or `[` certainly answers; None where that is not certain, and for any other statement."""
    command = statement.command
    if id(statement) in here.assumed.answers:
        return here.assumed.answers[id(statement)] is not statement.negated
    if not isinstance(command, Call) or command.assignments or not command.words or statement.background:
        return None
    values = here.values(statement)
    match tuple(value.text for value in values):
        case ("[", *_, "]"):
            operands = values[1:-1]
        case ("test", *_):
            operands = values[1:]
        case _:
            return None
    if not all(_is_certain(value) for value in operands):
        return None
    answer = _test(tuple(value.text for value in operands))
    return answer if answer is None else answer is not statement.negated


def _test(texts: tuple[str, ...]) -> bool | None:
    match texts:
        case ("-z", one):
            return not one
        case ("-n", one):
            return bool(one)
        case (one, "=" | "==", other):
            return one == other
        case (one, "!=", other):
            return one != other
        case (one, operator, other) if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
            return _compared(int(one), operator, int(other))
    return None


def _compared(one: int, operator: str, other: int) -> bool | None:
    answers = {
        "-eq": one == other,
        "-ne": one != other,
        "-lt": one < other,
        "-le": one <= other,
        "-gt": one > other,
        "-ge": one >= other,
    }
    return answers.get(operator)


def _is_certain(value: Value) -> bool:
    return value.exact and not value.given


def _matches(text: str, pattern: Word, here: Surroundings) -> bool | None:
    """Tell whether a pattern of plain characters, `*` and `?` takes a text; None where that is not certain."""
    expression = ""
    for part in pattern.parts:
        match part:
            case Literal(text=literal, quoted=True):
                expression += re.escape(literal)
            case Literal(text=literal):
                if _UNDECIDED.search(here.script[pattern.span.start : pattern.span.end]):
                    return None
                expression += "".join(_of_glob(literal))
            case Parameter(quoted=True):
                value = value_of_word(Word(part.span, (part,)), here.script, here.known)
                if not _is_certain(value):
                    return None
                expression += re.escape(value.text)
            case _:
                return None
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _takes_all(pattern: Word) -> bool:
    part = pattern.parts[0] if len(pattern.parts) == 1 else None
    return isinstance(part, Literal) and part.text == "*" and not part.quoted


def _of_glob(literal: str) -> Iterable[str]:
    return ({"*": ".*", "?": "."}.get(character) or re.escape(character) for character in literal)
