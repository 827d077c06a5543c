"""Does each program on this machine do no more than its row of the table says?"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from kaniko_split.programs.effect import NOTHING, Certainty, CommandEffect
from kaniko_split.programs.table import FIELDS
from truth import judge
from truth.__main__ import examples, judged, rows_of
from truth.sandbox import serving

MISSING = [name for name in ("strace", "busybox") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING) and os.environ.get("CI") != "true", reason=f"{MISSING} are not here")


@pytest.mark.parametrize("field", [field for field in FIELDS if any(row.examples for row in rows_of(field))])
def test_programs_do_what_their_rows_say(field: str) -> None:
    assert not MISSING, f"{MISSING} are not here"
    assert judged(list(examples(field))) == []


def test_most_programs_of_a_distribution_are_traced() -> None:
    assert not MISSING, f"{MISSING} are not here"
    chosen = list(examples())
    assert len({program for program, _ in chosen}) > 150
    assert len(chosen) > 400


LIE = replace(NOTHING, failure=Certainty.NO)
LIES = {
    "cp a b": (replace(LIE, reads_folder=True, can_fail=True), ("reads a", "writes b")),
    "rm -r dir": (replace(LIE, reads_folder=True, can_fail=True, searches=frozenset({"dir"})), ("writes dir",)),
    "mv a c": (replace(LIE, reads_folder=True, writes=frozenset({"c"})), ("writes a",)),
    "chmod +x a": (replace(LIE, reads_folder=True), ("writes a",)),
    "ls dir": (replace(LIE, reads_folder=True, prints=Certainty.YES), ("lists dir",)),
    "cat a": (replace(LIE, reads=frozenset({"a"}), prints=Certainty.YES), ("working directory",)),
    "cat": (replace(LIE, prints=Certainty.YES), ("reads standard input",)),
    "printenv CANARY": (replace(LIE, prints=Certainty.YES), ("reads the environment",)),
    "false": (LIE, ("fails with status 1",)),
    "date +%N": (replace(LIE, prints=Certainty.YES), ("another value",)),
    "echo a": (LIE, ("prints",)),
    "tee -a a": (
        replace(LIE, writes=frozenset({"a"}), overwrites=frozenset({"a"}), reads_input=True, reads_folder=True),
        ("keeps what was in a",),
    ),
    "./hello.sh": (replace(LIE, reads=frozenset({"hello.sh"}), reads_folder=True), ("executes hello.sh",)),
    "curl -sd x http://127.0.0.1:9/": (
        replace(LIE, reads_folder=True, reads_environment=Certainty.YES, reads_files=True),
        ("asks a server", "sends something"),
    ),
}


@pytest.mark.parametrize("command", LIES)
def test_a_row_that_claims_less_is_a_disagreement(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not MISSING, f"{MISSING} are not here"
    lie, problems = LIES[command]

    def lying(words: tuple[str, ...]) -> CommandEffect:
        del words
        return lie

    monkeypatch.setattr(judge, "whole_effect", lying)
    with serving() as (port, methods):
        said = "\n".join(judge.Judge(tmp_path.resolve(), port, methods).disagreements(command))
    for problem in problems:
        assert problem in said
