"""Is it seen when jobs wait for each other, and are values compared as GitLab reads them?"""

from __future__ import annotations

from typing import Any

import pytest

from kaniko_split.gitlab.values import Reference
from kaniko_split.prove.meaning import same, waiting_for_themselves


@pytest.mark.parametrize(
    ("jobs", "circle"),
    [
        ({"a": {"needs": ["b"]}, "b": {"needs": ["a"]}, "c": {"needs": ["a"]}}, {"a", "b"}),
        ({"a": {"needs": [{"job": "b"}]}, "b": {"needs": ["c"]}, "c": {"needs": ["a"]}}, {"a", "b", "c"}),
        ({"a": {"needs": ["a"]}}, {"a"}),
        ({"a": {"rules": [{"needs": ["b"]}]}, "b": {"needs": ["a"]}}, {"a", "b"}),
        ({"a": {"needs": ["b: [x]"]}, "b": {"needs": ["a 1/2"]}}, {"a", "b"}),
        ({"a": {"needs": [{"job": "b", "project": "x"}]}, "b": {"needs": ["a"]}}, set()),
        ({"a": {"needs": ["b"]}, "b": {}, "stages": ["a"]}, set()),
    ],
)
def test_jobs_that_wait_for_themselves(jobs: dict[str, Any], circle: set[str]) -> None:
    assert waiting_for_themselves(jobs) == circle


def test_references_into_unread_files_are_the_same_by_their_words() -> None:
    assert same({"rules": [Reference((".a", "rules"))]}, {"rules": [Reference((".a", "rules"))]})
    assert not same(Reference((".a", "rules")), Reference((".b", "rules")))
