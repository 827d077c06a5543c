"""How are many draws shared out among processes, and what do these say together?

Each process is `python -m generator` with numbers to draw from, and prints what it counted as JSON. Processes of
`multiprocessing` would begin by running the main module of whoever calls, and under pytest that is pytest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from generator.rounds import ROUND, Mistake, Tally, trouble
from judges.resolver import MissingJudgeError

MISSING_JUDGE = 3  # the exit code of a process that cannot judge
_AT_MOST = 15  # rounds: a process of Node and one of the schema take as long to start as some rounds take
_HERE = Path(__file__).resolve().parents[1]
_SHRUNK_AT_MOST = 6


def draw_all(
    first: int, draws: int, report: Callable[[Tally, Tally], None] | None = None, grammar: str = "first"
) -> Tally:
    """Draw from `first` on, and judge; the same numbers give the same draws.

    Args:
        first: The number of the first round of ten.
        draws: How many repositories to draw; rounded up to whole rounds.
        report: Called each time that a process ends, with what it counted and what was counted so far.
        grammar: Which grammar draws: `first` or `second`.

    Raises:
        MissingJudgeError: A judge is not installed.
    """
    tally = Tally()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for one in pool.map(lambda rounds: _play(rounds, grammar), portions(first, draws)):
            tally.add(one)
            if report is not None:
                report(one, tally)
    return tally


def smallest_of_each_kind(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Shrink one mistake of each kind, at most six of them."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(_shrink, one_of_each_kind(mistakes)[:_SHRUNK_AT_MOST]))


def one_of_each_kind(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Choose the shortest mistake of each kind."""
    found: dict[str, Mistake] = {}
    for mistake in sorted(mistakes, key=lambda one: sum(map(len, one.drawn.files.values()))):
        found.setdefault(trouble(mistake), mistake)
    return list(found.values())


def portions(first: int, draws: int) -> Iterator[range]:
    """Divide the numbers of all rounds into some that are judged together."""
    rounds = -(-draws // ROUND)
    at_once = min(_AT_MOST, -(-rounds // (os.cpu_count() or 1)))
    for start in range(first, first + rounds, at_once):
        yield range(start, min(start + at_once, first + rounds))


def _play(rounds: range, grammar: str) -> Tally:
    return Tally.from_json(_ask("play", str(rounds.start), str(len(rounds)), grammar))


def _shrink(mistake: Mistake) -> Mistake:
    return Mistake.from_json(_ask("shrink", given=json.dumps(mistake.as_json())))


def _ask(*arguments: str, given: str = "") -> dict[str, object]:
    path = os.pathsep.join(filter(None, (str(_HERE), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "generator", *arguments],
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    if done.returncode == MISSING_JUDGE:
        raise MissingJudgeError(done.stderr.strip())
    if done.returncode != 0:
        raise RuntimeError(f"`generator {' '.join(arguments)}` broke down:\n{done.stderr}")
    answer: dict[str, object] = json.loads(done.stdout)
    return answer
