"""Is every drawn pipeline split so that all judges agree, or refused with a code?

These are the same 300 each time; `make soak` draws others.
"""

import json
import os
import sys
from collections import Counter

import pytest

from generator.crew import draw_all, one_of_each_kind, portions, smallest_of_each_kind
from generator.pipelines import Drawn
from generator.rounds import Mistake, Tally
from generator.trial import Wrong
from judges.resolver import MissingJudgeError

FIRST = 2024_01
DRAWS = 300


def test_every_draw_is_split_rightly_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        tally = draw_all(FIRST, DRAWS)
    except MissingJudgeError as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    with capsys.disabled():  # workers of xdist show what goes to stderr
        print(f"\nDrawn from {FIRST}: {tally}.", file=sys.stderr)
    assert not tally.mistakes, "\n\n".join(map(str, smallest_of_each_kind(tally.mistakes)))
    assert tally.draws == DRAWS
    refused = tally.refusals.total()
    assert refused < 0.4 * (tally.splits + refused), "the draws exercise too few splits"


def test_the_rounds_are_shared_out_without_a_gap() -> None:
    numbers = [number for portion in portions(7, 301) for number in portion]
    assert numbers == list(range(7, 7 + 31))


def test_what_a_process_counted_survives_the_way_to_the_other() -> None:
    wrong = Mistake(Drawn({"a.yml": b"\xef\xbb\xbfa: \xc3\xbc\r\n"}, {"a": 2}), (Wrong("bytes", "a changed"),), 7)
    tally = Tally(draws=2, splits=1, builds=4, refusals=Counter({"flow-layout": 1}), mistakes=[wrong])
    assert Tally.from_json(json.loads(json.dumps(tally.as_json()))) == tally


def test_the_shortest_mistake_of_each_kind_is_shown() -> None:
    def mistake(text: bytes, kind: str) -> Mistake:
        return Mistake(Drawn({"a.yml": text}, {}), (Wrong(kind, "wrong"),), 7)

    found = one_of_each_kind([mistake(b"long", "bytes"), mistake(b"b", "bytes"), mistake(b"abc", "replay")])
    assert found == [mistake(b"b", "bytes"), mistake(b"abc", "replay")]
