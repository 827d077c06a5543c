"""Are the words of a value those that shells make of it, wherever they are said to be known?"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

import pytest

from kaniko_split.flow.lower import lower
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.tables import Variables
from kaniko_split.shell.nodes import Call
from kaniko_split.shell.parse import parse
from kaniko_split.shell.splitting import fields
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import values_of_words

SHELLS: list[tuple[str, ...]] = [(path,) for name in ("dash", "bash") if (path := shutil.which(name))]
SHELLS += [(path, "sh") for name in ("busybox",) if (path := shutil.which(name))]
VALUES = {"L": "b a c", "M": "x,y", "E": "", "N": "l1\nl2\nl1", "P": "/a/b.tar.gz"}

KNOWN = (
    "$(echo $L)",
    '"$(echo $L)"',
    "$(echo -n api)",
    "$(echo)",
    "$(printf '%s' api web)",
    "$(printf '%s\\n' api web)",
    "$(seq 1 3)",
    "$(seq 2)",
    "$(basename $P)",
    "$(basename $P .gz)",
    "$(basename .gz .gz)",
    "$(basename services/api/)",
    "$(dirname $P)",
    "$(dirname api)",
    "$(basename $(dirname services/api/Dockerfile))",
    "$(echo $M | tr ',' ' ')",
    "$(echo $M | tr , '\\n')",
    "$(echo Api_Web | tr '[:upper:]' '[:lower:]' | tr _ -)",
    "$(echo a.b | tr -d .)",
    "$(echo api:web | cut -d: -f2)",
    "$(echo api:web:x | cut -f 2- -d :)",
    "$(echo api | cut -d: -f2)",
    "$(echo a/b/c | sed 's|/|-|g')",
    "$(echo a/b/c | sed 's|/|-|')",
    "$(echo $L | tr ' ' '\\n' | sort)",
    '$(echo "$N" | head -n1)',
    '$(echo "$N" | head -n 2)',
    "`echo $M | cut -d, -f1`",
    "x$(echo a b)y",
)
UNKNOWN = (
    "$(echo $UNSET)",
    "$(echo -e a)",
    "$(echo 'a\\nb')",
    "$(echo ~/a)",
    "$(echo *)",
    "$(echo {a,b})",
    "$(printf '%d' 1)",
    "$(printf '%s')",
    "$(seq 3 1)",
    "$(seq 01 3)",
    "$(seq 1 2 9)",
    "$(basename a//b)",
    "$(basename /)",
    "$(basename -- a)",
    "$(basename a -b)",
    "$(dirname /)",
    "$(cat file)",
    "$(tr , ' ' < file)",
    "$(echo a > file)",
    "$(X=1 echo a)",
    "$(! echo a)",
    "$(echo a; echo b)",
    "$(echo a && echo b)",
    "$(echo a:b | cut -d: -f3)",
    "$(echo a:b:c | cut -d: -f3-1)",
    "$(echo a:b | cut -s -d: -f1)",
    "$(echo a:b | cut -f1)",
    "$(echo abc | cut -c1)",
    "$(echo abc | tr ab c)",
    "$(echo abc | tr a-c x-z)",
    "$(echo abc | tr -s a)",
    "$(echo abc | tr '[:upper:]' a-z)",
    "$(echo abc | sed s/./x/)",
    "$(echo abc | sed 's/a/&&/')",
    "$(echo abc | sed -n 's/a/b/p')",
    "$(echo abc | head -n -1)",
    "$(echo abc | head -n-1)",
    "$(echo A-b | sort)",
    "$(echo é)",
    "`echo \\$L`",
    "<(echo a)",
    "$(date)",
)


def words(text: str) -> tuple[Value, ...]:
    script = parse(f"set -- {text}")
    command = script.statements[0].command
    assert isinstance(command, Call)
    return values_of_words(command.words[2:], script.text, {name: Value(value) for name, value in VALUES.items()})


def asked(shell: Sequence[str], text: str, head: str = ":") -> list[str]:
    assignments = "".join(f"{name}='{value}'\n" for name, value in VALUES.items())
    script = f'{assignments}{head}\nset -f -- {text}\n[ $# -eq 0 ] || printf "%s\\036" "$@"\n'
    done = subprocess.run([*shell], input=script, capture_output=True, check=True, encoding="utf-8")
    return done.stdout.split("\x1e")[:-1]


@pytest.mark.parametrize("text", KNOWN)
def test_what_is_computed_is_what_shells_compute(text: str) -> None:
    found = words(text)
    assert all(value.exact and not value.splits for value in found)
    for shell in SHELLS:
        assert [value.text for value in found] == asked(shell, text)


@pytest.mark.parametrize("text", UNKNOWN)
def test_anything_else_is_known_when_the_job_runs(text: str) -> None:
    assert not all(value.exact for value in words(text))


@pytest.mark.parametrize("definition", ["tr() { cat x; }", "function tr { cat x; }", "alias tr=cat"])
def test_a_function_of_that_name_is_not_the_program(definition: str) -> None:
    script = parse(f"{definition}\nset -- $(echo a,b | tr , -)")
    command = script.statements[1].command
    assert isinstance(command, Call)
    assert not values_of_words(command.words, script.text, {})[-1].exact


@pytest.mark.parametrize(
    ("text", "within", "found"),
    [
        ("api,web", ",", ("api", "web")),
        ("api web,docs help", ",", ("api web", "docs help")),
        ("api,web,", ",", ("api", "web")),
        (" api, web", ",", (" api", " web")),
        ("api,,web", ",", None),
        (",api", ",", None),
        ("api web", "", ("api web",)),
        ("a b\nc d", "\n", ("a b", "c d")),
        ("  api\tweb\n", " \t\n", ("api", "web")),
        ("", ",", ()),
        ("", " ", ()),
        ("api,web", ", ", None),
        ("api,web", ",;", None),
        ("api", None, None),
    ],
)
def test_a_value_is_divided_as_ifs_says(text: str, within: str | None, found: tuple[str, ...] | None) -> None:
    assert fields([(text, True)], within) == found
    assert fields([(text, False)], ",") == (text,)


FOLLOWED = (
    "eval 'IFS=,'\nL='a b'\nset -- $L",
    "f() { IFS=,; }\nf\nset -- $M",
    "f() { IFS=,; }\nset -- $M",
    "IFS=,\nset -- $M",
    "IFS=,\nLIST='api web,docs help'\nset -- $LIST",
    "IFS=:\nset -- $L",
    "OLD=$IFS\nIFS=,\nIFS=$OLD\nset -- $L",
    "IFS=,\nunset IFS\nset -- $L",
    "IFS=, read -r a b < /dev/null || :\nset -- $M $L",
    "IFS=,\nset -- x$M",
    "(IFS=,)\nset -- $M",
    "f() { set -- $1; }\nf a\nset -- $M",
)
FOLLOWED_BY_BASH = (
    'a=(api web)\nset -- "${a[@]}"',
    "a=(api 'b c')\nset -- ${a[*]} ${a[@]}",
    'a=(api "b c" $L "$L")\nset -- "${a[@]}"',
    'a=()\nset -- "${a[@]}" x',
    'a=(api)\na+=(web docs)\nset -- "${a[@]}"',
    "a=(api web)\nset -- $a ${a[1]} x${a[0]}y",
    'a=(api web)\na=(docs)\nset -- "${a[@]}"',
    "IFS=,\na=(x,y z)\nset -- ${a[@]}",
    'declare -a a=(api web)\nset -- "${a[@]}"',
    'T=1\na=(api:$T)\nT=2\nset -- "${a[@]}" $T',
)
LEFT_OPEN = (
    "IFS=$UNSET\nset -- $L",
    "IFS=,;\nIFS=$IFS$UNSET\nset -- $M",
    "[ -f x ] && IFS=,\nset -- $M",
    "IFS=, :\nset -- $M",
    "for IFS in , :; do :; done\nset -- $M",
    "IFS=, read IFS\nset -- $M",
    "eval \"IFS=$UNSET\"\nL='a b'\nset -- $L",
    "IFS=/\nset -- $CI_REGISTRY_IMAGE/api",
    'IFS=,\nset -- "$*"',
    'a=(*.yml)\nset -- "${a[@]}"',
    'a=($UNSET)\nset -- "${a[@]}"',
    'a=(api web)\na[1]=x\nset -- "${a[@]}"',
    'a=([2]=api)\nset -- "${a[@]}"',
    'a=(api)\nread -ra a\nset -- "${a[@]}"',
    'a=(api)\nunset a\nset -- "${a[@]}"',
    'a=(api web)\nset -- "${a[*]}"',
    'a=(api web)\nset -- "${#a[@]}"',
    'a=(api web)\nset -- "${a[@]:1}"',
    'a=(api web)\nset -- "${!a[@]}"',
)


def followed(text: str) -> tuple[Value, ...]:
    script = parse(text)
    known = Variables({name: Value(value) for name, value in VALUES.items()})
    return lower(script.statements, ShellState(text, known, ""))[-1].values[2:]


@pytest.mark.parametrize("text", [*FOLLOWED, *FOLLOWED_BY_BASH])
def test_words_behind_statements_are_those_of_shells(text: str) -> None:
    found = followed(text)
    assert all(value.exact and not value.splits for value in found)
    head, _, last = text.rpartition("\nset -- ")
    for shell in SHELLS if text in FOLLOWED else [one for one in SHELLS if one[0].endswith("/bash")]:
        assert [value.text for value in found] == asked(shell, last, head)


@pytest.mark.parametrize("text", LEFT_OPEN)
def test_words_behind_what_may_change_them_are_not_known(text: str) -> None:
    assert not all(value.exact for value in followed(text))
