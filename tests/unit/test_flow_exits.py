"""How many builds can one run of a script make, and how can it end?"""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from kaniko_split.flow import exits
from kaniko_split.flow.exits import Exit, Path, most_builds
from kaniko_split.flow.lower import lower_sequence
from kaniko_split.flow.state import PLAIN, ShellState
from kaniko_split.flow.tables import Variables
from kaniko_split.shell.parse import parse

ANY = math.inf
SCRIPTS = {"one.sh": "BUILD\n", "two.sh": "BUILD\nBUILD\n", "self.sh": "BUILD\n./self.sh\n"}


def paths_of(script: str) -> exits.Paths:
    text = script.replace("BUILD", "/kaniko/executor -d r/api")
    scripts = {name: body.replace("BUILD", "/kaniko/executor -d r/api") for name, body in SCRIPTS.items()}
    return lower_sequence(
        parse(text).statements, ShellState(text, Variables(), "", replace(PLAIN, read=scripts.get))
    ).paths


@pytest.mark.parametrize(
    ("script", "builds"),
    [
        ("BUILD", 1),
        ("BUILD; BUILD", 2),
        ("BUILD && BUILD", 2),
        ("BUILD || BUILD", 1),
        ("BUILD || BUILD || BUILD", 1),
        ("BUILD | tee log", 1),
        ("(BUILD); { BUILD; }", 2),
        ("BUILD & BUILD & wait", 2),
        ("A=$(BUILD)", 1),
        ("time BUILD", 1),
        ("! BUILD", 1),
        ('if [ -n "$X" ]; then BUILD; else BUILD; fi', 1),
        ('if [ -n "$X" ]; then BUILD; fi; BUILD', 2),
        ("if BUILD; then BUILD; fi", 2),
        ("if ! BUILD; then BUILD; fi", 1),
        ("BUILD; exit 0; BUILD", 1),
        ('BUILD; if [ -n "$X" ]; then exit 0; fi; BUILD', 2),
        ('if [ -n "$X" ]; then BUILD; exit 0; fi; BUILD', 1),
        ("case $X in a) BUILD;; b) BUILD;; esac", 1),
        ("case $X in a) BUILD;& b) BUILD;; esac", 2),
        ("case a in a) BUILD;; *) BUILD; BUILD;; esac", 1),
        ("for i in a b c; do BUILD; done", 3),
        ("for i in a b; do for j in c d; do BUILD; done; done", 4),
        ("for i in a b; do BUILD; break; done", 1),
        ("for i in a b; do break; BUILD; done", 0),
        ("for i in; do BUILD; done", 0),
        ("for i in $LIST; do BUILD; done", ANY),
        ("for ((i=0;i<2;i++)); do BUILD; done", ANY),
        ("while read i; do BUILD; done < list", ANY),
        ("until BUILD; do sleep 1; done", 1),
        ("while true; do BUILD; done", ANY),
        ("xargs -I{} /kaniko/executor -d {} < list", ANY),
        ("find . -name Dockerfile -exec /kaniko/executor -d {} \\;", ANY),
        ("f() { BUILD; }", 0),
        ("f() { BUILD; }; f; f", 2),
        ("f() { return 0; BUILD; }; f", 0),
        ("f() { BUILD; f; }; f", ANY),
        ("./one.sh; sh one.sh; . ./one.sh", 3),
        ("./two.sh", 2),
        ("./self.sh", ANY),
        ('sh -c "BUILD; BUILD"', 2),
        ('env - sh -c "BUILD; BUILD"', 2),
        ('env -u LEVEL sh -c "BUILD"', 1),
        ('env LEVEL=high sh -c "BUILD"', 1),
        ('eval "BUILD"', 1),
        ('su -c "BUILD" user', 1),
        ('script -c "BUILD"', 1),
        ("sh <<E\nBUILD\nBUILD\nE", 2),
        ('bash <<< "BUILD"', 1),
        ('echo "BUILD" | sh', ANY),
        ('trap "BUILD" EXIT', 1),
        ("alias build='BUILD'; build", 1),
        ("E=/kaniko/executor; $E -d r/api", 1),
        ("cd /kaniko; ./executor -d r/api", 1),
        ("timeout 5m BUILD", 1),
        ("coproc BUILD", ANY),
        ("/kaniko/executor version", 0),
        ("cat <<E\nBUILD\nE", 0),
        ("# BUILD", 0),
    ],
)
def test_the_most_builds_of_one_run(script: str, builds: float) -> None:
    assert most_builds(paths_of(script)) == builds


@pytest.mark.parametrize(
    ("script", "ends"),
    [
        ("true", {Exit.TRUE}),
        ("false", {Exit.FALSE}),
        ("! false", {Exit.TRUE}),
        ("cp a b", {Exit.TRUE, Exit.FALSE}),
        ("cp a b || true", {Exit.TRUE}),
        ("exit 0", {Exit.LEFT}),
        ("exit 1", {Exit.DIED}),
        ("exit", {Exit.LEFT}),
        ("exit $?", {Exit.LEFT}),
        ("cp a b || exit 1", {Exit.TRUE, Exit.DIED}),
        ('[ -n "$X" ] || exit 0', {Exit.TRUE, Exit.LEFT}),
        ("return 0", {Exit.RETURNED}),
        ("f() { return 1; }; f", {Exit.FALSE}),
        ("(exit 0)", {Exit.TRUE, Exit.FALSE}),
        ("(exit 1)", {Exit.FALSE}),
        ("exec cp a b", {Exit.LEFT}),
        ("break", {Exit.BROKEN}),
        ("for i in a b; do continue; done", {Exit.TRUE}),
        ("for i in a b; do exit 1; done", {Exit.DIED}),
        ("while true; do sleep 1; done", {Exit.DIED}),
        (". ./unknown.sh", {Exit.TRUE, Exit.FALSE, Exit.LEFT}),
        ('eval "$X"', {Exit.TRUE, Exit.FALSE, Exit.LEFT}),
        ("coproc cat f", {Exit.TRUE, Exit.FALSE, Exit.LEFT}),
        ("cp a b &", {Exit.TRUE}),
    ],
)
def test_how_a_script_can_end(script: str, ends: set[Exit]) -> None:
    assert {path.exit for path in paths_of(script)} == ends


@pytest.mark.parametrize(
    ("script", "failed"),
    [
        ("BUILD", {Path(Exit.TRUE): 1, Path(Exit.FALSE, build_failed=True): 0}),
        ("BUILD || exit 1", {Path(Exit.TRUE): 1, Path(Exit.DIED, build_failed=True): 0}),
        ("BUILD || true", {Path(Exit.TRUE): 1, Path(Exit.TRUE, build_failed=True): 0}),
        ("BUILD; [ $? -eq 0 ] || exit 1", None),
    ],
)
def test_a_failed_build_is_told_from_another_failure(script: str, failed: exits.Paths | None) -> None:
    paths = paths_of(script)
    assert any(path.build_failed for path in paths)
    assert failed is None or paths == failed


def test_branches_are_not_added_up() -> None:
    one, two = {Path(Exit.TRUE): 1.0}, {Path(Exit.TRUE): 2.0, Path(Exit.DIED): 0.0}
    assert exits.best([*one.items(), *two.items()]) == {Path(Exit.TRUE): 2, Path(Exit.DIED): 0}
    assert exits.best(exits.chained(one, two)) == {Path(Exit.TRUE): 3, Path(Exit.DIED): 1}


@pytest.mark.parametrize(("count", "builds"), [(None, ANY), (0, 0), (1, 1), (5, 5)])
def test_a_loop_repeats_its_body(count: int | None, builds: float) -> None:
    assert most_builds(exits.repeated({Path(Exit.TRUE): 1}, count)) == builds
