"""Is what a person could divide split, in nine of ten cases, and has each shape several?"""

from __future__ import annotations

from collections import Counter

from shapes import CASES, shapes

FEWEST = 3
SHARE = 0.9


def test_each_shape_has_several_cases_and_each_case_one_shape() -> None:
    named = Counter(case for one in shapes() for case in one.cases)
    assert not [case for case, times in named.items() if times > 1 or not (CASES / case).is_dir()]
    assert not [one.name for one in shapes() if len(one.cases) < FEWEST]


def test_what_stays_is_neither_split_nor_refused() -> None:
    left = [CASES / case for one in shapes() for case in one.staying]
    assert not [case.name for case in left if (case / "after").exists() or (case / "refused.txt").exists()]


def test_nine_of_ten_cases_that_can_be_divided_are_split() -> None:
    dividable = sum(len(one.dividable) for one in shapes())
    assert sum(len(one.split) for one in shapes()) >= SHARE * dividable
