"""Which of a script's questions cannot all have the answer that leads to a build?

`[ "$BRANCH" = main ]` in one place and `!= main` in another ask for the same variable, and nothing between them
changes it: one run of the script comes to one of the two builds. Every value that makes a difference is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product

from msgspec import Struct

from kaniko_split.flow.changed_names import ANYTHING, names_changed
from kaniko_split.flow.state import Assumed
from kaniko_split.shell.nodes import Call, Case, Other, Script, Statement, nested, substitutions, words_of
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

# More would take longer than it is worth; then every question may have any answer.
_MOST_TRIES = 256

# A pipeline is one of a tag or one of a branch (https://docs.gitlab.com/ci/variables/predefined_variables/).
_TAG, _BRANCH = "CI_COMMIT_TAG", "CI_COMMIT_BRANCH"
_ON_DEFAULT = f"{_BRANCH} = CI_DEFAULT_BRANCH"

_BUILD_ARGUMENT = Pattern(r"--(?:build-arg|label)[ =][\"']?\w+=")
_CHANGE = Pattern(
    r"(?<![\w$])(?:(?P<before>[A-Za-z_]\w*)(?:\+\+|--|:?=(?![=~])|[-+*/%&|^]=)|(?:\+\+|--)(?P<after>[A-Za-z_]\w*))"
)
# The shell itself changes these.
_OF_THE_SHELL = Pattern(
    r"BASH\w*|COMP_\w+|DIRSTACK|EPOCH\w+|FUNCNAME|LINENO|MAPFILE|OLDPWD|OPTARG|OPTIND|PIPESTATUS|PWD|RANDOM|REPLY|SECONDS|SRANDOM|_"
)

_ANOTHER = "\0"  # stands for a value that nothing in the script names
_VARIABLE = r"(?:\"\$\{?(?P<name>[A-Za-z_]\w*)(?:(?::?-)?\})?\"|\$\{?(?P<bare>[A-Za-z_]\w*)\}?)"
_LITERAL = r"(?:(?P<plain>[\w./@:+-]+)|\"(?P<double>[\w./@:+ -]*)\"|'(?P<single>[\w./@:+ -]*)')"
_SIGN = r"\s+(?P<sign>==?|!=)\s+"
_OTHER = r"\"?\$\{?(?P<other>[A-Za-z_]\w*)\}?\"?"
_QUESTIONS = tuple(
    Pattern(rf"(?P<word>\[\[?|test)\s+{question}(?:\s+\]\]?)?")
    for question in (
        rf"(?:(?P<sign>(?:!\s+)?-[nz])\s+)?{_VARIABLE}",
        _VARIABLE + _SIGN + _LITERAL,
        _LITERAL + _SIGN + _VARIABLE,
        _VARIABLE + _SIGN + _OTHER,
    )
)
_SUBJECT = Pattern(_VARIABLE)
_PATTERN = Pattern(rf"{_LITERAL}|(?P<start>[\w./@:+-]*)\*")


class _Question(Struct, frozen=True, eq=False):
    """A test or `case` that asks for one variable.

    Attributes:
        number: The `id` of the statement, or of the command of a `case`.
        name: What it asks for: a variable, or whether two of them are equal.
        reads: The variables.
        values: The values that it tells from others.
        answer: What it answers where the variable has a value: of a `case`, the number of the branch, or None.
    """

    number: int
    name: str
    reads: tuple[str, ...]
    values: tuple[str, ...]
    answer: Callable[[str], bool | int | None]
    is_case: bool = False


def most_builds_of_one_run(
    script: Script, known: Mapping[str, Value], written: Iterable[str], count: Callable[[Assumed], float]
) -> float:
    """Return the most builds that one run of a script makes, where its questions are asked of the same values.

    Args:
        script: The script.
        known: The variables that are known where it begins.
        written: The variables that it changes itself.
        count: Gives the most builds of a run in which some answers are assumed.
    """
    changed = {*written, *names_changed(script.statements), *_mentioned(script.text)}
    questions = [
        one
        for one in _questions(script.statements, script.text)
        if not changed & {*one.reads, ANYTHING} and not any(map(_OF_THE_SHELL.fullmatch, one.reads))
    ]
    by_name: dict[str, list[_Question]] = {}
    for one in questions:
        by_name.setdefault(one.name, []).append(one)
    # A pipeline that gives one of them itself knows better.
    both = not known.keys() & {_TAG, _BRANCH} and _TAG in by_name
    asked = {
        name: ones for name, ones in by_name.items() if len(ones) > 1 or (both and name in {_TAG, _BRANCH, _ON_DEFAULT})
    }
    choices = [
        list(dict.fromkeys(["", _ANOTHER, *(value for one in ones for value in one.values)])) for ones in asked.values()
    ]
    tries = 1
    for values in choices:
        tries *= len(values)
    if not asked or tries > _MOST_TRIES:
        return count(Assumed())
    every = (dict(zip(asked, values, strict=True)) for values in product(*choices))
    return max(
        count(_assumed(asked, values))
        for values in every
        if not (both and values.get(_TAG) and (values.get(_BRANCH) or values.get(_ON_DEFAULT) == "="))
    )


def _assumed(asked: Mapping[str, list[_Question]], values: Mapping[str, str]) -> Assumed:
    answers: dict[int, bool] = {}
    branches: dict[int, int | None] = {}
    for name, questions in asked.items():
        for one in questions:
            answer = one.answer(values[name])
            if one.is_case:
                branches[one.number] = answer
            else:
                answers[one.number] = bool(answer)
    return Assumed(answers, branches)


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


def _mentioned(text: str) -> Iterator[str]:
    """Yield what reads like a change of a variable anywhere in a text, as in `trap 'X=1' EXIT` or `${x[Y++]}`."""
    if "nocasematch" in text:
        yield ANYTHING
    for found in _CHANGE.finditer(_BUILD_ARGUMENT.sub(" ", text)):
        yield found["before"] or found["after"]


def _of_test(statement: Statement, script: str) -> _Question | None:
    if not isinstance(statement.command, Call | Other) or statement.redirects or statement.background:
        return None
    written = script[statement.span.start : statement.span.end].removeprefix("!").strip(" \t;")
    found = next((one for question in _QUESTIONS if (one := question.fullmatch(written))), None)
    if found is None:
        return None
    name = found["name"] or found["bare"]
    sign = found["sign"].replace(" ", "") if found["sign"] else "-n"
    # Without quotes `[` is left with too few words where the value is empty, and takes `-n` for a text.
    careless = found["name"] is None and found["word"] != "[["
    if sign.endswith(("-n", "-z")):
        there = sign in {"-n", "!-z"}
        return _Question(id(statement), name, (name,), (), lambda value: bool(value) is there) if not careless else None
    equal = sign != "!="
    other = found.groupdict().get("other")
    if other is not None:
        # Whether two variables are equal is asked as a question of its own, whatever else is asked of them.
        pair = (name, other)
        return _Question(id(statement), " = ".join(pair), pair, ("=",), lambda value: (value == "=") is equal)
    literal = max(found.start(group) for group in ("plain", "double", "single"))
    if found["word"] == "[[" and literal < found.start("bare"):
        # Without quotes the right side is a pattern.
        return None
    text = _literal_of(found)
    return _Question(
        id(statement), name, (name,), (text,), lambda value: (value == text) is equal and not (careless and not value)
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
    name = subject["name"] or subject["bare"]
    return _Question(id(command), name, (name,), values, branch, is_case=True)


def _takes(pattern: re.Match[str], value: str) -> bool:
    start = pattern["start"]
    return value == _literal_of(pattern) if start is None else value.startswith(start)


def _values_of(pattern: re.Match[str]) -> tuple[str, ...]:
    """Return a value for each way in which a pattern can be met: in full, or with more behind its beginning."""
    start = pattern["start"]
    return (_literal_of(pattern),) if start is None else (start, start + _ANOTHER)


def _literal_of(found: re.Match[str]) -> str:
    return next(text for text in found.group("plain", "double", "single") if text is not None)
