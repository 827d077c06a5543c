"""What do the commands of the shell itself do, and which places does a build replace?"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kaniko_split.flow.builtins import effects_of_builtin
from kaniko_split.flow.positional import POSITIONAL
from kaniko_split.flow.state import PLAIN, ShellState
from kaniko_split.flow.tables import Names, Variables
from kaniko_split.shell.locations import File, Location, State, Variable, export_mark, file_at, is_in_root

_SETTING = replace(PLAIN, real=lambda name: name.replace("web/committed/", "api/", 1))
STATE = ShellState("", Variables(), "web", _SETTING, links=Names({"web/link"}))


def variables(*names: str) -> frozenset[Location]:
    return frozenset(map(Variable, names))


@pytest.mark.parametrize(
    ("command", "writes"),
    [
        ("cd a", {State.FOLDER}),
        ("pushd a", {State.FOLDER}),
        ("popd", {State.FOLDER}),
        ("set +e", {State.OPTIONS}),
        ("set -- a b", POSITIONAL),
        ("set -e a b", {State.OPTIONS} | POSITIONAL),
        ("set -o pipefail", {State.OPTIONS}),
        ("shopt -s globstar", {State.OPTIONS}),
        ("umask 077", {State.OPTIONS}),
        ("ulimit -n 9", {State.OPTIONS}),
        ("alias a=b", {State.OPTIONS}),
        ("trap x EXIT", {State.OPTIONS}),
        ("shift", POSITIONAL),
        ("read A B", variables("A", "B")),
        ("read", variables("REPLY")),
        ("read -r A[1]", variables("A")),
        ("read $N", {State.VARIABLES}),
        ("mapfile -t A", variables("A")),
        ("mapfile", variables("MAPFILE")),
        ("readarray $N", {State.VARIABLES}),
        ("getopts ab: o", variables("o", "OPTIND", "OPTARG")),
        ("getopts ab: $N", {State.VARIABLES, *variables("OPTIND", "OPTARG")}),
        ("printf -v A x", variables("A")),
        ("printf -vA x", variables("A")),
        ("printf -v $N x", {State.VARIABLES}),
        ("unset A", {Variable("A"), export_mark("A")}),
        ("unset -v A", {Variable("A"), export_mark("A")}),
        ("unset A[1]", {Variable("A"), export_mark("A")}),
        ("unset -f f", variables("f()")),
        ("unset $N", {State.VARIABLES}),
        ("wait", set()),
        ("type git", set()),
        ("command -v git", set()),
        ("exit 1", set()),
        (". x", {State.FILES, State.FOLDER, State.VARIABLES, State.OPTIONS}),
        ("eval x", {State.FILES, State.FOLDER, State.VARIABLES, State.OPTIONS}),
    ],
)
def test_what_a_builtin_writes(command: str, writes: set[Location]) -> None:
    done = effects_of_builtin(tuple(command.split()), STATE)
    assert done is not None
    assert done.writes == writes


@pytest.mark.parametrize("command", ["cp a b", "echo a", "printf a", "make", "kill 1"])
def test_what_is_no_builtin(command: str) -> None:
    assert effects_of_builtin(tuple(command.split()), STATE) is None


@pytest.mark.parametrize("command", ["unset A[1]", "unset $N", "read A", "getopts ab o"])
def test_what_is_not_certain_to_be_overwritten(command: str) -> None:
    done = effects_of_builtin(tuple(command.split()), STATE)
    assert done is not None
    assert not done.overwrites


@pytest.mark.parametrize(
    ("command", "fails", "leaves"),
    [
        ("wait", False, False),
        ("wait 1", True, False),
        ("exit 0", False, True),
        ("return", False, True),
        ("cd a", False, False),
    ],
)
def test_which_builtin_may_end_the_script(command: str, fails: bool, leaves: bool) -> None:  # noqa: FBT001  # two columns
    done = effects_of_builtin(tuple(command.split()), STATE)
    assert done is not None
    assert (done.fails, done.leaves) == (fails, leaves)


def test_set_e_does_nothing_where_it_is_on_already() -> None:
    done = effects_of_builtin(("set", "-e"), STATE)
    assert done is not None
    assert not done.writes
    off = effects_of_builtin(("set", "-e"), replace(STATE, script="set +e\ncp a b\nset -e\n"))
    assert off is not None
    assert off.writes == {State.OPTIONS}


@pytest.mark.parametrize(
    ("path", "in_root"),
    [
        ("/out", True),
        ("/usr/bin/tool", True),
        ("/etc/os-release", True),
        ("/kaniko/executor", True),
        ("/kaniko/0", True),
        ("/var/lib/x", True),
        ("/$NAME", True),
        ("/etc/hosts", False),
        ("/builds/group/project/x", False),
        ("/tmp/x", False),  # noqa: S108
        ("/tmpfile", True),  # noqa: S108
        ("/dev/null", False),
        ("/proc/1", False),
        ("/busybox/sh", False),
        ("/root/.docker", False),
        ("/kaniko/.docker/config.json", False),
        ("/kaniko/cache/x", False),
        ("~/.docker", False),
        ("web/x", False),
        ("$CI_PROJECT_DIR/x", False),
    ],
)
def test_which_places_a_build_replaces(path: str, in_root: bool) -> None:  # noqa: FBT001  # a column of the table
    assert is_in_root(file_at(path, "")) is in_root


@pytest.mark.parametrize(
    ("path", "place", "links"),
    [
        ("x", File("web/x"), set()),
        ("link", File("web/link"), set()),
        ("link/x", State.FILES, {File("web/link")}),
        ("../web/link/x", State.FILES, {File("web/link")}),
        ("linked/x", File("web/linked/x"), set()),
        ("committed/x", File("api/x"), set()),
        ("/link/x", File("/link/x"), set()),
    ],
)
def test_a_path_through_a_link_may_be_any_file(path: str, place: Location, links: set[Location]) -> None:
    assert STATE.place(path) == place
    assert STATE.links_on(path) == links
