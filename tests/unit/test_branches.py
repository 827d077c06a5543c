"""Which branch of a `case`, an `if` or a chain is known to run, and which is not?"""

from __future__ import annotations

import pytest

from kaniko_split.flow.lower import lower
from kaniko_split.flow.occurrence import Role
from kaniko_split.flow.positional import with_positional
from kaniko_split.flow.questions import answer_of, possible_branches
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.tables import Variables
from kaniko_split.shell.nodes import Case
from kaniko_split.shell.parse import parse
from kaniko_split.shell.values import Value

CERTAIN = {"NAME": Value("api"), "EMPTY": Value("")}
UNCERTAIN = {"GIVEN": Value("api", given=True), "PARTLY": Value("$CI_COMMIT_TAG-api", exact=False)}


def state_with(script: str) -> ShellState:
    known = Variables({**CERTAIN, **UNCERTAIN})
    return ShellState(script, with_positional(known, (Value("api"), Value("web"))), "")


@pytest.mark.parametrize(
    ("subject", "branches", "possible"),
    [
        ("$NAME", "web) one;; api) two;; *) three;;", ["two"]),
        ('"$1"', "api | web) one;; *) two;;", ["one"]),
        ("$1", "web) one;;", [""]),
        ("$1-$2", "a?i-w*) one;; *) two;;", ["one"]),
        ("$NAME", "'a*') one;; \"$NAME\") two;;", ["two"]),
        ("$NAME", "[a-c]*) one;; api) two;; *) three;;", ["one", "two"]),
        ("$NAME", "$PARTLY) one;; *) two;;", ["one", "two"]),
        ("$NAME", "api) one;& web) two;;", ["one", "two", ""]),
        ("$GIVEN", "api) one;; web) two;;", ["one", "two", ""]),
        ("$UNKNOWN", "api) one;; web) two;;", ["one", "two", ""]),
        ("$PARTLY", "api) one;; *) two;;", ["one", "two"]),
        ("$UNKNOWN", "'*') one;; web) two;;", ["one", "two", ""]),
        ("$UNKNOWN", "api | *) one;; web) two;;", ["one"]),
    ],
)
def test_which_branches_of_a_case_can_run(subject: str, branches: str, possible: list[str]) -> None:
    text = f"case {subject} in {branches} esac\n"
    command = parse(text).statements[0].command
    assert isinstance(command, Case)
    found = possible_branches(command, state_with(text))
    blocks = [() if number is None else command.branches[number] for number in found]
    assert [" ".join(text[one.span.start : one.span.end] for one in block) for block in blocks] == possible


@pytest.mark.parametrize(
    ("test", "answer"),
    [
        ("[ $NAME = api ]", True),
        ("! [ $NAME = api ]", True),
        ('[ "$NAME" != api ]', False),
        ('test "$1" == web', False),
        ('[ -z "$EMPTY" ]', True),
        ('[ -n "$1" ]', True),
        ("[ $# -lt 2 ]", False),
        ("[ $# -eq 2 ]", True),
        ('[ "$GIVEN" = api ]', None),
        ('[ "$UNKNOWN" = api ]', None),
        ("[ -f Dockerfile ]", None),
        ('[ "$NAME" = api -a -f x ]', None),
        ("grep -q api list", None),
    ],
)
def test_what_a_test_answers_before_a_negation(test: str, *, answer: bool | None) -> None:
    assert answer_of(parse(test).statements[0], state_with(test)) is answer


@pytest.mark.parametrize(
    ("chain", "skipped"),
    [("[ $1 = web ] && build", True), ("[ $1 = api ] && build", False), ("[ $1 = api ] || build", True)],
)
def test_what_a_chain_skips(chain: str, *, skipped: bool) -> None:
    (occurrence,) = lower(parse(chain).statements, state_with(chain))
    assert (not list(occurrence.inner(Role.RIGHT))) is skipped


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shift 2", "1"),
        ("getopts ab: NAME", "NAME"),
        ("printf -v NAME %s web", "NAME"),
        ("mapfile -t NAME", "NAME"),
        ("local NAME", "NAME"),
        ("while read -r line; do shift; done", "1"),
    ],
)
def test_what_is_set_anew_is_known_no_longer(text: str, name: str) -> None:
    (occurrence,) = lower(parse(text).statements, state_with(text))
    assert name not in occurrence.after.known


def test_what_set_gives_is_known() -> None:
    (occurrence,) = lower(parse("set -- other").statements, state_with("set -- other"))
    known = occurrence.after.known
    assert (known["1"].text, known["#"].text) == ("other", "1")
    assert "2" not in known
