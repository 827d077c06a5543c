"""What do statements read and write, alone, in sequence, in branches and in subshells?"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kaniko_split.flow import effects as algebra
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.lower import lower_sequence
from kaniko_split.flow.state import PLAIN, ShellState
from kaniko_split.flow.tables import Variables
from kaniko_split.shell.locations import NOWHERE, File, Location, State, Variable
from kaniko_split.shell.parse import parse

SCRIPTS = {
    "lib.sh": "A=1\n",
    "run.sh": "A=1\ncp a b\n",
    "link.sh": "ln -s web api/l\n",
    "ends.sh": "exit 3\n",
}


def effects_of(script: str) -> Effects:
    setting = replace(PLAIN, read=SCRIPTS.get, real=lambda name: name.replace("linked/", "web/", 1))
    return lower_sequence(parse(script).statements, ShellState(script, Variables(), "", setting)).effects


def named(places: frozenset[Location]) -> set[str]:
    """Return files by their paths, variables by `$` and their names, and all else in capitals."""
    names: set[str] = set()
    for place in places - {State.OPTIONS, State.FOLDER}:
        match place:
            case File(path=path):
                names.add(path)
            case Variable(name=name):
                names.add(f"${name}")
            case State():
                names.add(place.name)
    return names


@pytest.mark.parametrize(
    ("script", "reads", "writes"),
    [
        ("cp a b", {"a"}, {"b"}),
        ("A=1", set(), {"$A"}),
        ("A=$B", {"$B"}, {"$A"}),
        ("A+=x", {"$A"}, {"$A"}),
        ("a[1]=x", {"$a"}, {"$a"}),
        ("A=$((B+=1))", {"$B"}, {"$A", "$B"}),
        ("A=$(cat f)", {"f"}, {"$A"}),
        ("echo ${A:-$B}", {"$IFS", "$A", "$B"}, set()),
        ("echo ${A:=x}", {"$IFS", "$A"}, {"$A"}),
        ("echo ${!A}", {"$IFS", "$A", "VARIABLES"}, set()),
        ("echo a > f", set(), {"f"}),
        ("echo a >> f", set(), {"f"}),
        ("cat < f", {"f"}, set()),
        ("cat <<E > f\n$A\nE", {"$A"}, {"f"}),
        ("cat <<'E' > f\n$A\nE", set(), {"f"}),
        ("export A=1", set(), {"$A", "$export A"}),
        ("export -n A", {"$A"}, {"$A", "$export A"}),
        ("cp a b | cp c d", {"a", "c"}, {"b", "d"}),
        ("A=1 | B=2", set(), set()),
        ("(A=1; cp a b)", {"a"}, {"b"}),
        ("{ A=1; cp a b; }", {"a"}, {"$A", "b"}),
        ("A=1 &", set(), {"$!"}),
        ("for i in a b; do A=$i; done", set(), {"$A", "$i"}),
        ("for ((i=0;i<3;i++)); do :; done", {"$i"}, {"$i"}),
        ("while read l; do cp a b; done < f", {"a", "f"}, {"$l", "b"}),
        ("[[ $X =~ ^v(.*)$ ]]", {"$X", "^v(.*)$"}, {"$BASH_REMATCH"}),
        ("[[ -f x ]]", {"x"}, set()),
        ("[[ $X == x ]]", {"$X"}, set()),
        ("[ -f x ]", {"x"}, set()),
        ("((N+=1))", {"$N"}, {"$N"}),
        ("let N=M", {"$M"}, {"$N"}),
        ("time cp a b", {"a"}, {"b"}),
        ("f() { A=1; }; f", set(), {"$A", "$f()"}),
        ("f() { local A=1; B=$A; }; f", set(), {"$B", "$f()"}),
        ("f() { cp $1 $2; }; f a b", {"$IFS", "a"}, {"b", "$f()"}),
        ("f() { :; }; A=1 f", set(), {"$A", "$f()"}),
        ("A=1 :", set(), {"$A"}),
        ("A=1 cp a b", {"a"}, {"b"}),
        (". ./lib.sh", {"lib.sh"}, {"$A"}),
        ("sh run.sh", {"run.sh", "a"}, {"b"}),
        ('sh -c "A=1; cp a b"', {"a"}, {"b"}),
        ('eval "A=1; cp a b"', {"a"}, {"$A", "b"}),
        ('eval "export TAG=$CI_COMMIT_TAG"', {"$CI_COMMIT_TAG"}, {"$TAG", "$export TAG"}),
        ("sh <<E\ncp a b\nE", {"a"}, {"b"}),
        ('bash <<< "cp a b"', {"a"}, {"b"}),
        ("ls; echo */gen.txt", {".", "*/gen.txt"}, set()),
        ("cp a linked/b", {"a"}, {"web/b"}),
        ("ln -s web api/l; cp a api/l/b", {"a", "web", "api/l"}, {"FILES", "api/l"}),
        ("sh link.sh; echo a > api/l/b", {"link.sh", "web", "api/l"}, {"FILES", "api/l"}),
        ("declare -n r=A; r=2", {"VARIABLES"}, {"VARIABLES", "$r"}),
        ('read "$N"', {"$N"}, {"VARIABLES"}),
        ("export $(cat f)", {"$IFS", "f", "VARIABLES"}, {"VARIABLES"}),
    ],
)
def test_what_statements_read_and_write(script: str, reads: set[str], writes: set[str]) -> None:
    done = effects_of(script)
    assert named(done.reads) == reads
    assert named(done.writes) == writes


@pytest.mark.parametrize(
    ("script", "certain"),
    [
        ("A=1", {"$A"}),
        ("A=1; B=2", {"$A", "$B"}),
        ("A+=1", set()),
        ("a[0]=1", set()),
        ("false || A=1", set()),
        ("A=1 && B=2", {"$A"}),
        ('if [ -n "$X" ]; then A=1; else A=2; B=3; fi', {"$A"}),
        ('if [ -n "$X" ]; then A=1; fi', set()),
        ("case $X in a) A=1;; *) A=2;; esac", {"$A"}),
        ("case $X in a) A=1;; b) A=2;; esac", set()),
        ("for i in a b; do A=1; done", set()),
        ("(A=1)", set()),
        ("f() { A=1; }; f", {"$A", "$f()"}),
        ('sh -c "A=1"', set()),
        ("unset A", {"$A", "$export A"}),
        ("unset a[1]", set()),
    ],
)
def test_what_is_certainly_overwritten(script: str, certain: set[str]) -> None:
    assert named(effects_of(script).overwrites) == certain


@pytest.mark.parametrize(
    ("script", "fails", "leaves"),
    [
        ("cp a b", False, False),
        ("grep -q a f", True, False),
        ("grep -q a f || true", False, False),
        ("! grep -q a f", True, False),
        ('[ -n "$X" ]', True, False),
        ("[[ -n $X ]]", True, False),
        ("((N > 1))", True, False),
        ("if [[ -n $X ]]; then :; fi", False, False),
        ("echo ${V:?missing}", True, False),
        ("exit 0", False, True),
        ("(exit 1)", True, False),
        ("f() { exit 1; }; f", True, True),
        ("sh ends.sh", True, False),
        ("exec cp a b", False, True),
        ("exit 3 | cp a b", True, False),
        ("wait $!", True, False),
        ("wait", False, False),
        ("sleep 1 &", False, False),
    ],
)
def test_what_may_end_the_script(script: str, fails: bool, leaves: bool) -> None:  # noqa: FBT001  # two columns
    done = effects_of(script)
    assert (done.fails, done.leaves) == (fails, leaves)


@pytest.mark.parametrize(
    ("script", "acts", "fresh", "prints"),
    [
        ("echo a", False, False, True),
        ("echo $RANDOM", False, True, True),
        ("date", False, True, True),
        ("curl -sX POST u", True, False, False),
        ('trap "curl -sX POST u" EXIT', True, False, False),
        ("cleanup() { curl -sX POST u; }; trap cleanup EXIT", True, False, False),
        ("echo a > f", False, False, False),
        ("echo a | tee f", False, False, False),
        ("A=1", False, False, False),
    ],
)
def test_what_goes_out_and_what_differs(script: str, acts: bool, fresh: bool, prints: bool) -> None:  # noqa: FBT001
    done = effects_of(script)
    assert (done.acts, done.fresh, done.prints) == (acts, fresh, prints)


@pytest.mark.parametrize(
    ("script", "reads"),
    [
        ("export A=1; envsubst < f", True),
        ("A=1; envsubst < f", False),
        ("export A=1; ./tool", True),
        ("export A=1; cp f g", False),
        ("set -a; A=1; set +a; ./tool", True),
        ("CI_X=1; ./tool", True),
        ("DOCKER_CONFIG=x; ./tool", True),
    ],
)
def test_who_reads_the_environment(script: str, reads: bool) -> None:  # noqa: FBT001  # a column of the table
    lowered = lower_sequence(parse(script).statements, ShellState(script, Variables(), ""))
    last = lowered.occurrences[-1].effects
    assert (
        any(isinstance(place, Variable) and place.name in {"A", "CI_X", "DOCKER_CONFIG"} for place in last.reads)
        is reads
    )


A, B = Variable("A"), Variable("B")
F = File("f")


def test_a_sequence_reads_nothing_that_it_has_set() -> None:
    first, second = Effects(writes=frozenset({A, F}), overwrites=frozenset({A, F})), Effects(reads=frozenset({A, B, F}))
    assert algebra.in_sequence([first, second]).reads == {B, F}, "a file is not certain to be the same"
    assert algebra.in_sequence([second, first]).reads == {A, B, F}
    assert algebra.in_sequence([algebra.maybe(first), second]).reads == {A, B, F}
    leaving = replace(first, overwrites=NOWHERE, leaves=True)
    assert algebra.in_sequence([leaving, first, second]).reads == {A, B, F}, "the script may have ended before"


def test_branches_overwrite_what_each_of_them_overwrites() -> None:
    first = Effects(writes=frozenset({A, B}), overwrites=frozenset({A, B}))
    second = Effects(writes=frozenset({A}), overwrites=frozenset({A}), acts=True)
    both = algebra.either([first, second])
    assert both.overwrites == {A}
    assert both.writes == {A, B}
    assert both.acts


def test_of_a_subshell_files_are_left() -> None:
    done = Effects(writes=frozenset({A, F, State.FOLDER, State.OPTIONS}), overwrites=frozenset({A, F}), leaves=True)
    outside = algebra.in_subshell(done)
    assert outside.writes == {F}
    assert not outside.overwrites
    assert outside.fails
    assert not outside.leaves


def test_content_is_kept_only_where_no_part_changes_it() -> None:
    mode = Effects(writes=frozenset({F}), keeps=frozenset({F}))
    content = Effects(writes=frozenset({F}))
    assert not mode.alters
    assert algebra.joined([mode, content]).alters == {F}
