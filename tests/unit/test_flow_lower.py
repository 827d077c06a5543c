"""Which occurrences does a statement become: what runs inside it, and how?"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kaniko_split.flow.lower import lower
from kaniko_split.flow.occurrence import CallKind, Occurrence, Role, Shape
from kaniko_split.flow.scripts import UnreadableScriptError
from kaniko_split.flow.state import PLAIN, ShellState
from kaniko_split.flow.tables import Variables
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.parse import parse

BUILD = "/kaniko/executor -d r/api"
SCRIPTS = {
    "lib.sh": "build() { cp a b; }\n",
    "run.sh": "cp a b\n",
    "tool.py": "#!/usr/bin/env python3\nprint()\n",
    "broken.sh": f"if {BUILD}\n",
}


def lowered(script: str) -> Occurrence:
    """Return the occurrence of the last statement of a script."""
    return lower(parse(script).statements, ShellState(script, Variables(), "", replace(PLAIN, read=SCRIPTS.get)))[-1]


@pytest.mark.parametrize(
    ("script", "shape", "roles"),
    [
        ("cp a b", Shape.COMMAND, []),
        ("A=1", Shape.COMMAND, []),
        ("> f", Shape.COMMAND, []),
        ("export A=$(date)", Shape.COMMAND, [Role.SUBSTITUTION]),
        ("a && b", Shape.AND, [Role.LEFT, Role.RIGHT]),
        ("a || b", Shape.OR, [Role.LEFT, Role.RIGHT]),
        ("false && b", Shape.AND, [Role.LEFT, Role.RIGHT]),
        ("[ a = b ] && b", Shape.AND, [Role.LEFT]),
        ("a | b", Shape.PIPE, [Role.LEFT, Role.RIGHT]),
        ("{ a; b; }", Shape.GROUP, [Role.BODY]),
        ("(a; b)", Shape.SUBSHELL, [Role.BODY]),
        ("if a; then b; fi", Shape.IF, [Role.CONDITION, Role.BRANCH, Role.BRANCH]),
        ("if [ a = b ]; then b; else c; fi", Shape.IF, [Role.CONDITION, Role.SKIPPED, Role.BRANCH]),
        ("case $X in a) b;; *) c;; esac", Shape.CASE, [Role.BRANCH, Role.BRANCH]),
        ("case $X in a) b;; esac", Shape.CASE, [Role.BRANCH, Role.BRANCH]),
        ("case a in a) b;; *) c;; esac", Shape.CASE, [Role.BRANCH]),
        ("for i in a b; do c; done", Shape.LOOP, [Role.BODY]),
        ("for ((;;)); do c; done", Shape.LOOP, [Role.BODY]),
        ("select i in a b; do c; done", Shape.LOOP, [Role.BODY]),
        ("while a; do b; done", Shape.WHILE, [Role.CONDITION, Role.BODY]),
        ("until a; do b; done", Shape.WHILE, [Role.CONDITION, Role.BODY]),
        ("f() { a; }", Shape.DEFINITION, []),
        ("f() { a; }; f", Shape.COMMAND, [Role.CALLED]),
        ("time a", Shape.TIMED, [Role.BODY]),
        ("coproc a", Shape.OPAQUE, [Role.BODY]),
        ("[[ a =~ b ]]", Shape.COMMAND, []),
        ("((A+=1))", Shape.COMMAND, []),
        ("let A=1", Shape.COMMAND, []),
        ("sh run.sh", Shape.COMMAND, [Role.CALLED]),
        (". ./lib.sh", Shape.COMMAND, [Role.CALLED]),
        (". ./lib.sh; build", Shape.COMMAND, [Role.CALLED]),
        ('sh -c "a; b"', Shape.COMMAND, [Role.CALLED]),
        ('eval "a; b"', Shape.COMMAND, [Role.CALLED]),
        ("./tool.py", Shape.COMMAND, []),
        ("./unknown.sh", Shape.COMMAND, []),
    ],
)
def test_the_shape_and_the_parts_of_a_statement(script: str, shape: Shape, roles: list[Role]) -> None:
    occurrence = lowered(script)
    assert occurrence.shape is shape
    assert [part.role for part in occurrence.parts] == roles


@pytest.mark.parametrize(
    ("script", "kind", "callee"),
    [
        ("f() { a; }; f", CallKind.FUNCTION, "f"),
        ("sh run.sh", CallKind.PROCESS, "run.sh"),
        ("./run.sh x", CallKind.PROCESS, "run.sh"),
        ("cd web; ../run.sh", CallKind.PROCESS, "run.sh"),
        ("timeout 5 ./run.sh", CallKind.PROCESS, "run.sh"),
        (". ./lib.sh", CallKind.SOURCED, "lib.sh"),
        ("source lib.sh", CallKind.SOURCED, "lib.sh"),
        ('sh -c "a"', CallKind.TEXT, "a"),
        ('timeout 5 bash -ec "a"', CallKind.TEXT, "a"),
        ('env - sh -c "a"', CallKind.TEXT, "a"),
        ('eval "a"', CallKind.EVALUATED, "a"),
        ("cat > made.sh <<E\na\nE\nsh made.sh", CallKind.PROCESS, "made.sh"),
        ("sh <<E\na\nE", CallKind.TEXT, "a\n"),
        ("cp a b", None, ""),
        ("./tool.py", None, ""),
    ],
)
def test_how_a_command_runs_what_is_written_elsewhere(script: str, kind: CallKind | None, callee: str) -> None:
    occurrence = lowered(script)
    assert (occurrence.call_kind, occurrence.callee) == (kind, callee)


@pytest.mark.parametrize(
    "script",
    [
        BUILD,
        f"timeout 5m {BUILD}",
        f"sudo -E {BUILD}",
        "E=/kaniko/executor; $E -d r/api",
        "D=/kaniko; $D/executor -d r/api",
        "shopt -s expand_aliases; alias k=/kaniko/executor; k -d r/api",
        "cd /kaniko && ./executor -d r/api",
        "/usr/bin/executor -d r/api",
        f"A=1 {BUILD}",
        f"{BUILD} > log 2>&1",
        f"{BUILD} &",
    ],
)
def test_a_command_that_builds(script: str) -> None:
    assert any(isinstance(one.call, Build) for one in lowered(script).walk())


@pytest.mark.parametrize(
    "script", ["echo /kaniko/executor", "ls /kaniko/executor", "# /kaniko/executor", "cp executor x"]
)
def test_a_command_that_builds_nothing(script: str) -> None:
    statements = parse(script).statements
    assert all(one.call is None and not one.builds for one in lower(statements, ShellState(script, Variables(), "")))


def test_a_script_that_may_build_and_is_no_shell_is_an_error() -> None:
    with pytest.raises(UnreadableScriptError):
        lowered("./broken.sh")


def test_each_call_of_a_function_is_an_occurrence_of_its_body() -> None:
    script = "f() { cp $1 b; }; f x; f y"
    calls = lower(parse(script).statements, ShellState(script, Variables(), ""))[1:]
    bodies = [one for call in calls for one in call.walk() if one.values and one.values[0].text == "cp"]
    assert [one.values[1].text for one in bodies] == ["x", "y"]
    assert bodies[0].statement.span == bodies[1].statement.span


def test_where_a_folder_may_not_have_been_entered_the_folder_is_not_known() -> None:
    occurrence = lowered("pushd web")
    assert occurrence.after.folder == "web"
    assert occurrence.after_failure is not None
    assert occurrence.after_failure.folder == ""
    assert lowered("pushd web || true; ls").before.folder is None
    assert lowered("set +e; pushd web; ls").before.folder is None
    assert lowered("pushd web; ls").before.folder == "web"


def test_a_chain_that_fails_in_its_middle_leaves_the_script_where_it_was() -> None:
    assert lowered("cd web && npm ci && cd ..; ls").before.folder is None
    assert lowered("cd web && ls && cd ..; ls").before.folder in {None, ""}
    assert lowered("cd web && cd ..; ls").before.folder == ""
