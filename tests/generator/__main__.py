"""What do the judges say of pipelines that nobody wrote?

`python -m generator --draws 5000` draws them, always others, from a number that is printed and that `--seed` takes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
from pathlib import Path

from generator.crew import MISSING_JUDGE, draw_all, one_of_each_kind, smallest_of_each_kind
from generator.rounds import GRAMMARS, Mistake, Tally, play, save, shrink
from judges.resolver import MissingJudgeError

CASES = Path(__file__).resolve().parents[1] / "cases"


def main() -> int:
    """Draw and judge, and say what was found; the exit code is 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="generator", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--draws", type=int, default=300, help="how many pipelines to draw")
    parser.add_argument("--seed", type=int, default=None, help="the number to draw from; another gives others")
    parser.add_argument("--grammar", choices=sorted(GRAMMARS), default="first", help="whose idea of a pipeline to draw")
    parser.add_argument("--save", action="store_true", help="write the smallest of each kind of mistake to tests/cases")
    parser.add_argument("--as-drawn", action="store_true", help="do not look for the smallest like each mistake")
    chosen = parser.parse_args()
    first: int = random.randrange(10**9) if chosen.seed is None else chosen.seed  # noqa: S311 (no secret)
    print(f"Drawing from {first}.", flush=True)
    try:
        tally = draw_all(first, chosen.draws, _tell, chosen.grammar)
        smallest = (one_of_each_kind if chosen.as_drawn else smallest_of_each_kind)(tally.mistakes)
    except MissingJudgeError as missing:
        sys.stderr.write(f"{missing}\n")
        return MISSING_JUDGE
    for mistake in smallest:
        if not chosen.as_drawn:
            print(f"\nThe smallest like it: {mistake}")
        if chosen.save:
            print(f"Saved as {save(mistake, CASES)}.")
    print(f"\nDrawn from {first}: {tally}.")
    return 1 if tally.mistakes else 0


def _tell(found: Tally, so_far: Tally) -> None:
    """Show each mistake at once, so that a run that is cut short is not lost."""
    for mistake in found.mistakes:
        print(f"\n{mistake}")
    print(f"{so_far}", flush=True)


def answer() -> int:
    """Do what another process asks for, and print the answer as JSON."""
    try:
        # Hypothesis and what it calls may print too; the answer alone goes to standard output.
        with contextlib.redirect_stdout(sys.stderr):
            found = _found()
    except MissingJudgeError as missing:
        sys.stderr.write(f"{missing}\n")
        return MISSING_JUDGE
    json.dump(found.as_json(), sys.stdout)
    return 0


def _found() -> Tally | Mistake:
    if sys.argv[1] == "play":
        start, count = map(int, sys.argv[2:4])
        return play(range(start, start + count), sys.argv[4])
    return shrink(Mistake.from_json(json.load(sys.stdin)))


if __name__ == "__main__":
    sys.exit(answer() if sys.argv[1:2] in (["play"], ["shrink"]) else main())
