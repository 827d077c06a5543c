"""Which of a script's questions cannot all have the answer that leads to a build?

`[ "$BRANCH" = main ]` in one place and `!= main` in another ask for the same variable, and nothing between them
changes it: one run of the script comes to one of the two builds. Every value that makes a difference is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from kaniko_split.detect.paths import Counting, most_builds, ways_through_all
from kaniko_split.shell.knowledge import Assumed
from kaniko_split.shell.nodes import (
    Arithmetic,
    Call,
    Case,
    Declaration,
    For,
    Other,
    Parameter,
    Script,
    Statement,
    nested,
    substitutions,
    words_of,
)

# More would take longer than it is worth; then every question may have any answer.
_MOST_TRIES = 256

# A pipeline is one of a tag or one of a branch (https://docs.gitlab.com/ci/variables/predefined_variables/).
_NEVER_BOTH = frozenset({"CI_COMMIT_BRANCH", "CI_COMMIT_TAG"})

_ANYTHING = "*"
_MAY_CHANGE_ANYTHING = frozenset({"eval", "source", "."})
_CHANGES_NOTHING = frozenset({"echo", "test", "["})

_ANOTHER = "\0"  # stands for a value that nothing in the script names
_VARIABLE = r"(?:\"\$\{?(?P<name>[A-Za-z_]\w*)(?::?-)?\}?\"|\$\{?(?P<bare>[A-Za-z_]\w*)\}?)"
_LITERAL = r"(?:(?P<plain>[\w./@:+-]+)|\"(?P<double>[\w./@:+ -]*)\"|'(?P<single>[\w./@:+ -]*)')"
_SIGN = r"\s+(?P<sign>==?|!=)\s+"
_QUESTIONS = tuple(
    re.compile(rf"(?P<word>\[\[?|test)\s+{question}(?:\s+\]\]?)?")
    for question in (rf"(?P<sign>-[nz])\s+{_VARIABLE}", _VARIABLE + _SIGN + _LITERAL, _LITERAL + _SIGN + _VARIABLE)
)
_SUBJECT = re.compile(_VARIABLE)
_PATTERN = re.compile(rf"{_LITERAL}|(?P<start>[\w./@:+-]*)\*")


@dataclass(frozen=True, slots=True)
class _Question:
    """A test or `case` that asks for one variable.

    Attributes:
        number: The `id` of the statement, or of the command of a `case`.
        name: The variable.
        values: The values that it tells from others.
        answer: What it answers where the variable has a value: of a `case`, the number of the branch, or None.
    """

    number: int
    name: str
    values: tuple[str, ...]
    answer: Callable[[str], bool | int | None]
    is_case: bool = False


def most_builds_of_one_run(script: Script, counting: Counting, written: Iterable[str]) -> float:
    """Return the most builds that one run of a script makes, where its questions are asked of the same values.

    Args:
        script: The script.
        counting: What is known where it begins.
        written: The variables that it changes itself.
    """
    changed = {*written, *_changed(script.statements)}
    questions = [one for one in _questions(script.statements, script.text) if not changed & {one.name, _ANYTHING}]
    by_name: dict[str, list[_Question]] = {}
    for one in questions:
        by_name.setdefault(one.name, []).append(one)
    # A pipeline that gives one of them itself knows better.
    both = by_name.keys() >= _NEVER_BOTH and not counting.here.known.keys() & _NEVER_BOTH
    asked = {name: ones for name, ones in by_name.items() if len(ones) > 1 or (both and name in _NEVER_BOTH)}
    choices = [
        list(dict.fromkeys(["", _ANOTHER, *(value for one in ones for value in one.values)])) for ones in asked.values()
    ]
    tries = 1
    for values in choices:
        tries *= len(values)
    if not asked or tries > _MOST_TRIES:
        return most_builds(ways_through_all(script.statements, counting))
    every = (dict(zip(asked, values, strict=True)) for values in product(*choices))
    return max(
        most_builds(ways_through_all(script.statements, _assuming(counting, asked, values)))
        for values in every
        if not (both and all(values.get(name) for name in _NEVER_BOTH))
    )


def _assuming(counting: Counting, asked: Mapping[str, list[_Question]], values: Mapping[str, str]) -> Counting:
    answers: dict[int, bool] = {}
    branches: dict[int, int | None] = {}
    for name, questions in asked.items():
        for one in questions:
            answer = one.answer(values[name])
            if one.is_case:
                branches[one.number] = answer
            else:
                answers[one.number] = bool(answer)
    return replace(counting, here=replace(counting.here, assumed=Assumed(answers, branches)))


def _questions(statements: Iterable[Statement], text: str) -> Iterator[_Question]:
    for statement in statements:
        found = _of_case(statement.command, text) if isinstance(statement.command, Case) else _of_test(statement, text)
        if found is not None:
            yield found
        for word in words_of(statement):
            for part in substitutions(word):
                yield from _questions(part.statements, text)
        for block in nested(statement):
            yield from _questions(block, text)


def _changed(statements: Iterable[Statement]) -> Iterator[str]:
    """Yield the variables that a statement may change anywhere, in a subshell or function too; `*` for all of them."""
    for statement in statements:
        command = statement.command
        match command:
            case Call(assignments=assignments) | Declaration(assignments=assignments):
                yield from (one.name for one in assignments)
            case For(name=name):
                yield name
            case Other(kind=kind) if kind != "TestClause":
                yield _ANYTHING
        literals = [word.literal for word in words_of(statement)]
        if isinstance(command, Call) and literals and literals[0] not in _CHANGES_NOTHING:
            if literals[0] in _MAY_CHANGE_ANYTHING:
                yield _ANYTHING
            # `read`, `unset`, `printf -v` and their kin are told names.
            yield from (text for text in literals if text is not None)
        for word in words_of(statement):
            for part in word.parts:
                if isinstance(part, Arithmetic) and part.assigns:
                    yield from part.names
                if isinstance(part, Parameter) and part.assigns:
                    yield part.name
            for part in substitutions(word):
                yield from _changed(part.statements)
        for block in nested(statement):
            yield from _changed(block)


def _of_test(statement: Statement, text: str) -> _Question | None:
    if not isinstance(statement.command, Call | Other) or statement.redirects or statement.background:
        return None
    written = text[statement.span.start : statement.span.end].removeprefix("!").strip(" \t;")
    found = next((one for question in _QUESTIONS if (one := question.fullmatch(written))), None)
    if found is None:
        return None
    name, bare = found["name"], found["bare"]
    sign = found["sign"]
    # Without quotes `[` is left with too few words where the value is empty, and takes `-n` for a text.
    careless = name is None and found["word"] != "[["
    if careless and sign in {"-n", "-z"}:
        return None
    if sign in {"-n", "-z"}:
        return _Question(id(statement), name or bare, (), lambda value: bool(value) is (sign == "-n"))
    other = _literal_of(found)
    equal = sign != "!="
    return _Question(
        id(statement),
        name or bare,
        (other,),
        lambda value: (value == other) is equal and not (careless and not value),
    )


def _of_case(command: Case, text: str) -> _Question | None:
    subject = _SUBJECT.fullmatch(text[command.subject.span.start : command.subject.span.end])
    if subject is None or any(command.falls_through):
        return None
    matchers: list[list[re.Match[str]]] = []
    for patterns in command.patterns:
        found = [_PATTERN.fullmatch(text[one.span.start : one.span.end]) for one in patterns]
        matchers.append([one for one in found if one is not None])
        if len(matchers[-1]) < len(patterns):
            return None

    def branch(value: str) -> int | None:
        return next((number for number, ones in enumerate(matchers) if any(_takes(one, value) for one in ones)), None)

    values = tuple(value for ones in matchers for one in ones for value in _values_of(one))
    return _Question(id(command), subject["name"] or subject["bare"], values, branch, is_case=True)


def _takes(pattern: re.Match[str], value: str) -> bool:
    start = pattern["start"]
    return value == _literal_of(pattern) if start is None else value.startswith(start)


def _values_of(pattern: re.Match[str]) -> tuple[str, ...]:
    """Return a value for each way in which a pattern can be met: in full, or with more behind its beginning."""
    start = pattern["start"]
    return (_literal_of(pattern),) if start is None else (start, start + _ANOTHER)


def _literal_of(found: re.Match[str]) -> str:
    return next(text for text in found.group("plain", "double", "single") if text is not None)
