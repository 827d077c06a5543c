"""Do the lines and words of a difference give back both texts, and are they those that a reader expects?"""

from __future__ import annotations

import pytest

from conftest import Case, all_cases
from kaniko_split.report.page.difference import runs
from kaniko_split.source.text import Span

CASES = [case for case in all_cases() if case.splits]


@pytest.mark.parametrize("case", CASES[::6], ids=lambda case: case.folder.name)
def test_both_texts_come_back(case: Case) -> None:
    for path in case.before.rglob("*.yml"):
        old, new = (
            (side / path.relative_to(case.before)).read_bytes().decode("utf-8", "replace").split("\n")
            for side in (case.before, case.wanted)
        )
        found = runs(old, new)
        assert [line for run in found for line in old[run.old.start : run.old.end]] == old
        assert [line for run in found for line in new[run.new.start : run.new.end]] == new
        for run in found:
            if run.same:
                assert old[run.old.start : run.old.end] == new[run.new.start : run.new.end]
            for words, lines, span in ((run.old_words, old, run.old), (run.new_words, new, run.new)):
                for number, marked in enumerate(words):
                    assert all(0 <= one.start < one.end <= len(lines[span.start + number]) for one in marked)


def test_words_of_a_changed_line_are_marked() -> None:
    (run,) = runs(["  needs: [lint, images]"], ["  needs: [lint, build-a, build-b]"])
    assert run.old_words == ((Span(16, 22),),)
    assert "".join("  needs: [lint, build-a, build-b]"[one.start : one.end] for one in run.new_words[0]) == (
        "build-a, build-b"
    )


def test_lines_with_nothing_in_common_are_replaced_whole() -> None:
    (run,) = runs(["script:"], ["- echo done"])
    assert run.old_words == ((),)
    assert run.new_words == ((),)


def test_added_lines_have_no_words() -> None:
    first, second = runs(["a", "b"], ["a", "b", "c"])
    assert first.same
    assert (second.old, second.new, second.new_words) == (Span(2, 2), Span(2, 3), ((),))
