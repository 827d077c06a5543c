"""What is known of the shell after statements, and where paths meet?"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kaniko_split.flow.joins import join
from kaniko_split.flow.lower import lower_sequence
from kaniko_split.flow.state import PLAIN, ShellState
from kaniko_split.flow.tables import Names, Variables
from kaniko_split.shell.parse import parse
from kaniko_split.shell.values import Value

SCRIPTS = {"lib.sh": "A=lib\ncd web\n", "run.sh": "A=run\ncd web\n"}


def after(script: str) -> ShellState:
    state = ShellState(script, Variables(), "", replace(PLAIN, read=SCRIPTS.get))
    return lower_sequence(parse(script).statements, state).after


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("A=1", "1"),
        ("A=1; B=x$A; A=$B", "x1"),
        ("A=1; unset A", None),
        ("A=1; read A", None),
        ('A=1; read "$N"', None),
        ('A=1; eval "$X"', None),
        ("A=1; . ./unknown.sh", None),
        ("A=1; coproc cat f", None),
        ("A=1; declare -n r=A; r=2", None),
        ("A=1; (A=2)", "1"),
        ("A=1; A=2 | cat", "1"),
        ("A=1; A=2 &", "1"),
        ("A=1; { A=2; }", "2"),
        ("A=1; ((A+=1))", None),
        ("A=1; let A=2", None),
        ("A=1; printf -v A x", None),
        ("A=1; : ${A:=2}", None),
        ("A=1; f() { A=2; }; f", "2"),
        ("A=1; f() { local A=2; }; f", "1"),
        ("A=1; f() ( A=2 ); f", "1"),
        ("A=1; f() { :; }; A=2 f", None),
        ("A=1; A=2 cp a b", "1"),
        ("A=1; A=2 :", None),
        (". ./lib.sh", "lib"),
        ("A=1; sh run.sh", "1"),
        ('A=1; sh -c "A=2"', "1"),
        ('A=1; eval "A=2"', "2"),
        ("A=1; for A in x y; do :; done", None),
        ("A=1; for i in x y; do A=$i; done", None),
        ("A=1; while read l; do A=2; done", None),
        ("A=$(date)", None),
    ],
)
def test_the_value_of_a_variable(script: str, value: str | None) -> None:
    known = after(script).known.get("A")
    assert (known.text if known is not None and known.exact else None) == value


@pytest.mark.parametrize(
    ("script", "choices"),
    [
        ('if [ -n "$X" ]; then A=1; else A=2; fi', ("1", "2")),
        ('A=1; if [ -n "$X" ]; then A=2; fi', ("2", "1")),
        ("case $X in a) A=1;; b) A=2;; *) A=3;; esac", ("1", "2", "3")),
        ('if [ -n "$X" ]; then A=1; else A=1; fi', ()),
        ('A=1; if [ -n "$X" ]; then A=2; exit 1; fi', ()),
        ('if [ -n "$X" ]; then A=1; fi', None),
    ],
)
def test_where_branches_meet_a_variable_has_one_of_their_values(script: str, choices: tuple[str, ...] | None) -> None:
    known = after(script).known.get("A")
    if choices is None:
        assert known is None
    else:
        assert known is not None
        assert set(known.choices) == set(choices)
        assert known.exact is (not choices)


def test_more_than_eight_values_are_any_value() -> None:
    branches = " ".join(f"{number}) A={number};;" for number in range(9))
    assert "A" not in after(f"case $X in {branches} *) A=0;; esac").known


@pytest.mark.parametrize(
    ("script", "folder"),
    [
        ("cd a", "a"),
        ("cd a; cd b", "a/b"),
        ("cd a && cd ..", ""),
        ("cd a; cd -", ""),
        ("cd /tmp", "/tmp"),  # noqa: S108
        ('cd "$CI_PROJECT_DIR/web"', "web"),
        ("cd $X", None),
        ("pushd a; popd", ""),
        ("(cd a)", ""),
        ("cd a | cat", ""),
        ("sh run.sh", ""),
        (". ./lib.sh", "web"),
        ("f() { cd a; }; f", "a"),
        ('if [ -n "$X" ]; then cd a; fi', None),
        ('if [ -n "$X" ]; then cd a; else cd a; fi', "a"),
        ('eval "$X"', None),
        (". /etc/profile", None),
        ("for i in a b; do cd $i; done", None),
        ("coproc cat f", None),
    ],
)
def test_the_working_directory(script: str, folder: str | None) -> None:
    assert after(script).folder == folder


@pytest.mark.parametrize(
    ("script", "on"),
    [
        ("true", True),
        ("set +e", False),
        ("set +e; cp a b; set -e", True),
        ("set +o errexit", False),
        ("set -euo pipefail", True),
        ("(set +e)", True),
        ("f() { set +e; }; f", False),
        ('if [ -n "$X" ]; then set +e; fi', False),
    ],
)
def test_whether_a_failure_ends_the_script(script: str, on: bool) -> None:  # noqa: FBT001  # a column of the table
    assert after(script).stops_at_failure is on


@pytest.mark.parametrize(
    ("script", "exported"),
    [
        ("export A=1", {"A"}),
        ("A=1", set()),
        ("declare -x A=1", {"A"}),
        ("set -a; A=1", {"A"}),
        ("set -a; A=1; set +a; B=1", {"A", "B"}),
        ('if [ -n "$X" ]; then export A=1; fi', {"A"}),
        ("(export A=1)", set()),
        ("f() { export A=1; }; f", {"A"}),
    ],
)
def test_what_is_exported(script: str, exported: set[str]) -> None:
    """After `set +a`, more may count as exported, never less."""
    found = after(script).exported
    assert exported - {"B"} <= found <= exported


@pytest.mark.parametrize(
    ("script", "links"),
    [("ln -s a b", {"b"}), ("(ln -s a b)", {"b"}), ("for i in x; do ln -s a b; done", {"b"}), ("cp a b", set())],
)
def test_the_links_that_a_script_makes(script: str, links: set[str]) -> None:
    assert set(after(script).links) == links


def test_a_function_may_have_two_bodies() -> None:
    script = 'f() { A=1; }; if [ -n "$X" ]; then f() { A=2; }; fi; f'
    state = after(script)
    assert len(state.functions["f"]) == 2
    assert set(state.known["A"].choices) == {"1", "2"}


def test_a_function_that_is_unset_is_a_program() -> None:
    assert "f" not in after("f() { A=1; }; unset -f f").functions


def test_a_join_knows_only_what_both_paths_know() -> None:
    one = ShellState("", Variables({"A": Value("1"), "B": Value("2"), "C": Value("3")}), "web", exported=Names({"A"}))
    other = ShellState("", Variables({"A": Value("1"), "B": Value("3")}), "api", stops_at_failure=False, sourced=True)
    joined = join([one, other])
    assert joined.known["A"].text == "1"
    assert joined.known["B"].choices == ("2", "3")
    assert "C" not in joined.known
    assert joined.folder is None
    assert set(joined.exported) == {"A"}
    assert not joined.stops_at_failure
    assert joined.sourced
