"""All judges on all cases: every folder of `tests/cases`, none of them named here."""

import os
import sys
from pathlib import Path

import pytest

from judges.judge import CasePair, judge_all
from judges.resolver import MissingJudgeError

CASES = Path(__file__).parent / "cases"


def pair_of(folder: Path) -> CasePair:
    after, rejected_by = folder / "after", folder / "rejected-by"
    return CasePair(
        name=folder.name,
        before=folder / "before",
        after=after if after.is_dir() else None,
        rejected_by=frozenset(rejected_by.read_text().split() if rejected_by.is_file() else ()),
    )


def all_pairs() -> list[CasePair]:
    return [pair_of(path.parent) for path in sorted(CASES.glob("*/before"))]


def test_all_judges_accept_all_cases(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = all_pairs()
    if not pairs:
        pytest.skip("there are no cases yet")
    try:
        verdict = judge_all(pairs)
    except MissingJudgeError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    with capsys.disabled():  # workers of xdist show what goes to stderr
        print(f"\nJudged: {verdict.figures}.", file=sys.stderr)
    assert not verdict.complaints, "\n".join(map(str, verdict.complaints))
