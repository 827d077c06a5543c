"""Does the proof know what installs a program, and stay pessimistic about what it does not know?"""

from __future__ import annotations

import pytest

from kaniko_split.prove.claim import Claim
from kaniko_split.prove.claims import claim_of
from kaniko_split.prove.installed import installs, with_programs
from kaniko_split.prove.symbols import PROJECT


def claim(command: str) -> Claim:
    return claim_of(tuple(command.split()), PROJECT)


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("apk add curl", "/proc/programs"),
        ("cp tool /usr/local/bin/tool", "/proc/programs/tool"),
        ("curl -o /usr/bin/yq https://example.com/yq", "/proc/programs/yq"),
        ("tar xzf crane.tgz -C /usr/local/bin", "/proc/programs"),
    ],
)
def test_a_program_is_installed(command: str, program: str) -> None:
    assert installs(claim(command)) == {program}


def test_a_later_command_reads_the_program_that_it_runs() -> None:
    installed = frozenset({"/proc/programs/yq"})
    assert "/proc/programs/yq" in (with_programs(("yq", "."), claim("yq ."), installed).reads or ())
    assert "/proc/programs/jq" not in (with_programs(("jq", "."), claim("jq ."), installed).reads or ())
    assert not with_programs(("echo", "a"), claim("echo a"), frozenset({"/proc/programs"})).reads


@pytest.mark.parametrize(
    "command",
    [
        "apt-get download curl",
        "apk add --root web curl",
        "dpkg -x curl.deb web",
        "git clone shared.git web",
        "git clone --depth 1 https://example.com/x.git --branch main web",
        "patch -p1 -i change.diff",
        "openssl ca -in a",
        "awk {print>$1} a",
        "helm template chart --output-dir web",
    ],
)
def test_what_writes_elsewhere_may_write_any_file(command: str) -> None:
    assert claim(command).writes is None


@pytest.mark.parametrize("command", ["openssl enc -pass env:KEY -in a -out b", "openssl enc -pass file:key -in a"])
def test_a_password_from_elsewhere_may_be_in_any_file_or_variable(command: str) -> None:
    assert claim(command).reads is None
    assert claim(command).environment


@pytest.mark.parametrize(
    "command",
    ["aws eks delete-cluster --name a", "docker run alpine", "npm publish", "kubectl delete pod a", "nc -z host 1"],
)
def test_what_may_act_outside_acts(command: str) -> None:
    assert claim(command).acts
