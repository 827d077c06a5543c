"""Is every drawn pipeline split so that all judges agree, or refused with a code?

`KANIKO_SPLIT_DRAWS` says how many are drawn: by default 300, the same ones each time; with another number, others
each time, from a number that is printed and that `KANIKO_SPLIT_SEED` takes. `KANIKO_SPLIT_SAVE=1` writes the smallest
repository of each kind of mistake to `tests/cases`.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from generator.rounds import ROUND, Mistake, Tally, play, save, shrink, trouble
from judges.resolver import MissingJudgeError

CASES = Path(__file__).parent / "cases"
DRAWS = int(os.environ.get("KANIKO_SPLIT_DRAWS", "300"))
FIRST = 2024_01
SHRUNK_AT_MOST = 6
AT_ONCE = 5


@pytest.mark.skipif(
    "KANIKO_SPLIT_DRAWS" not in os.environ, reason="the generator is being finished: run it with `make soak`"
)
def test_every_draw_is_split_rightly_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    first = FIRST
    if "KANIKO_SPLIT_DRAWS" in os.environ:
        first = int(os.environ.get("KANIKO_SPLIT_SEED") or random.randrange(10**9))  # noqa: S311 (no secret)
    tally = Tally()
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        try:
            for one in pool.map(play, portions(first)):
                tally.add(one)
        except MissingJudgeError as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))
        smallest = list(pool.map(shrink, one_of_each_kind(tally))) if tally.mistakes else []
    with capsys.disabled():  # workers of xdist show what goes to stderr
        print(f"\nDrawn from {first}: {tally}.", file=sys.stderr)
    if os.environ.get("KANIKO_SPLIT_SAVE"):
        for mistake in smallest:
            save(mistake, CASES)
    assert not tally.mistakes, "\n\n".join(map(str, smallest))
    assert tally.refusals.total() < 0.4 * (tally.splits + tally.refusals.total()), "the draws exercise too few splits"


def portions(first: int) -> Iterator[range]:
    """Divide the numbers of all rounds into some that are judged together."""
    end = first + -(-DRAWS // ROUND)
    for start in range(first, end, AT_ONCE):
        yield range(start, min(start + AT_ONCE, end))


def one_of_each_kind(tally: Tally) -> list[Mistake]:
    found: dict[str, Mistake] = {}
    for mistake in sorted(tally.mistakes, key=lambda one: sum(map(len, one.drawn.files.values()))):
        found.setdefault(trouble(mistake), mistake)
    return list(found.values())[:SHRUNK_AT_MOST]
