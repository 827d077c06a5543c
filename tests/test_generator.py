"""Is every drawn pipeline split so that all judges agree, or refused with a code?

These are the same 300 each time; `make soak` draws others.
"""

import json
import os
import re
import sys
from collections import Counter

import pytest
from hypothesis import Phase

from generator.builds import habits
from generator.choices import Choices
from generator.crew import draw_all, one_of_each_kind, portions, smallest_of_each_kind
from generator.kinds.kind import Place, statement
from generator.kinds.script import KINDS, kind_script
from generator.pipelines import Drawn
from generator.rounds import Mistake, Tally, draw
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
    assert refused <= 0.15 * (tally.splits + refused), "too many right splits are refused"


def test_a_kind_fills_in_its_places() -> None:
    place = Place("api", "web", "api", "docs", "$CI_REGISTRY_IMAGE/api:1", "executor -c web", "api web docs")
    assert place.fill("cp @PREVIOUS/a @NEXT/; scan @IMAGE @OTHER; @BUILD; for i in @NAMES @FIRST @LAST") == (
        "cp api/a web/; scan $CI_REGISTRY_IMAGE/api:1 $CI_REGISTRY/$CI_PROJECT_PATH/api:1; executor -c web; "
        "for i in api web docs api docs"
    )


def test_each_kind_has_a_name_of_its_own_and_leaves_no_mark() -> None:
    kinds = list({id(kind): kind for kind in KINDS}.values())
    assert len({kind.name for kind in kinds}) == len(kinds)
    choices = Choices(lambda _: 0)
    for kind in kinds:
        written = kind_script(choices, kind, ["api", "web", "docs"], habits(choices, tag=False))
        text = "\n".join(one.text for one in (*written.head, *written.body, *written.tail, *written.behind))
        assert not re.search(r"@(?:PREVIOUS|NEXT|FIRST|LAST|IMAGE|OTHER|BUILD|NAMES|VARIABLE)", text), kind.name
        assert "executor" in text, kind.name
        assert written.builds >= 3, kind.name


def test_a_statement_of_several_lines_can_be_written_on_one() -> None:
    found = statement("for i in a b; do\n  if true; then\n    x $i\n  fi\ndone")
    assert found.text == "for i in a b; do if true; then x $i; fi; done"
    assert found.lines[1] == "  if true; then"


def test_the_second_grammar_draws_the_same_for_the_same_number() -> None:
    drawn: list[list[Drawn]] = [[], []]
    for found in drawn:
        draw(7, "second", (Phase.generate,), found.append)
    assert drawn[0] == drawn[1]
    assert any(count > 1 for one in drawn[0] for count in one.builds.values())


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
