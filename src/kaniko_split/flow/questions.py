"""What does a test certainly answer, and which branches of a `case` can run?

POSIX, "Shell Command Language", 2.9.4.3 and 2.13, and "test". What the pipeline gives is never certain: the project's
settings, or whoever starts the pipeline, may give another value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kaniko_split.flow.state import ShellState, values_of
from kaniko_split.shell.nodes import Call, Case, Literal, Parameter, Statement, Word
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

_UNDECIDED = Pattern(r"[\[\]()\\]")
_NUMBER = Pattern(r"-?\d{1,18}")


def possible_branches(command: Case, state: ShellState) -> tuple[int | None, ...]:
    """Return the branches that can run, by number; None among them where it can be that none does.

    One alone is certain to be the one that runs.
    """
    assumed = state.setting.assumed.branches
    if id(command) in assumed:
        return (assumed[id(command)],)
    subject = state.value(command.subject)
    numbers = range(len(command.branches))
    if any(command.falls_through):
        return (*numbers, None)
    if not _is_certain(subject) or "nocasematch" in state.script:
        last = next((at for at, patterns in enumerate(command.patterns) if any(map(_takes_all, patterns))), None)
        return (*numbers, None) if last is None else tuple(numbers[: last + 1])
    possible: list[int | None] = []
    for number, patterns in enumerate(command.patterns):
        answers = {_matches(subject.text, pattern, state) for pattern in patterns}
        if answers != {False}:
            possible.append(number)
        if True in answers:
            return tuple(possible)
    return (*possible, None)


def answer_of(statement: Statement, state: ShellState) -> bool | None:
    """Return what `test` or `[` certainly answers, `!` before it left out.

    None where that is not certain, and for any other statement.
    """
    assumed = state.setting.assumed.answers
    if id(statement) in assumed:
        return assumed[id(statement)]
    command = statement.command
    if not isinstance(command, Call) or command.assignments or not command.words or statement.background:
        return None
    values = values_of(statement, state)
    match tuple(value.text for value in values):
        case ("[", *_, "]"):
            operands = values[1:-1]
        case ("test", *_):
            operands = values[1:]
        case _:
            return None
    return _test(tuple(value.text for value in operands)) if all(map(_is_certain, operands)) else None


def _test(texts: tuple[str, ...]) -> bool | None:
    match texts:
        case ("-z", text):
            return not text
        case ("-n", text):
            return bool(text)
        case (left, "=" | "==", right):
            return left == right
        case (left, "!=", right):
            return left != right
        case (left, operator, right) if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
            return _compared(int(left), operator, int(right))
    return None


def _compared(left: int, operator: str, right: int) -> bool | None:
    answers = {
        "-eq": left == right,
        "-ne": left != right,
        "-lt": left < right,
        "-le": left <= right,
        "-gt": left > right,
        "-ge": left >= right,
    }
    return answers.get(operator)


def _is_certain(value: Value) -> bool:
    return value.exact and not value.given


def _matches(text: str, pattern: Word, state: ShellState) -> bool | None:
    """Tell whether a pattern of plain characters, `*` and `?` takes a text; None where that is not certain."""
    expression = ""
    for part in pattern.parts:
        match part:
            case Literal(text=literal, quoted=True):
                expression += re.escape(literal)
            case Literal(text=literal):
                if _UNDECIDED.search(state.script[pattern.span.start : pattern.span.end]):
                    return None
                expression += "".join(_of_glob(literal))
            case Parameter(quoted=True):
                value = state.value(Word(part.span, (part,)))
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
