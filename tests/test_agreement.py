"""Does the comparison of the two resolvers see what it should, and excuse only what has a name?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from judges.agreement import GAPS, NOT_TAKEN, Agreement, Figures, compare
from judges.resolver import Pipeline, Rejected, Resolved

DOCS = Path(__file__).parent.parent / "docs" / "gitlab.md"

TEXT = """\
default:
  tags: [docker]
  image: alpine
job:
  script: make
  interruptible: yes
  needs: [other]
  rules:
    - if: $CI
      needs: [third]
other: {script: make}
third: {script: make}
"""
SAME: dict[str, Any] = {
    "stages": [".pre", "build", "test", "deploy", ".post"],
    "job": {
        "image": {"name": "alpine"},
        "tags": ["docker"],
        "script": ["make"],
        "interruptible": True,
        "needs": [{"job": "other", "artifacts": True, "optional": False}],
        "rules": [{"if": "$CI", "needs": ["third"]}],
    },
    "other": {"image": {"name": "alpine"}, "script": ["make"], "tags": ["docker"]},
    "third": {"image": {"name": "alpine"}, "script": ["make"], "tags": ["docker"]},
}


def reading(folder: Path, job: dict[str, Any]) -> Agreement:
    (folder / ".gitlab-ci.yml").write_text(TEXT)
    return compare(Pipeline(folder), Resolved(SAME | {"job": SAME["job"] | job}))


def test_another_form_of_the_same_is_equal(tmp_path: Path) -> None:
    assert reading(tmp_path, {}).equal


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        ({"script": ["make all"]}, 'job: script: [0]: ours "make", theirs "make all"'),
        ({"image": {"name": "busybox"}}, 'job: image: name: ours "alpine", theirs "busybox"'),
        ({"interruptible": "no"}, 'job: interruptible: ours true, theirs "no"'),
        ({"stage": "build"}, 'job: stage: ours has nothing, theirs "build"'),
        (
            {"needs": [{"job": "fourth", "artifacts": True, "optional": False}]},
            'job: needs: [0]: job: ours "other", theirs "fourth"',
        ),
    ],
)
def test_a_difference_is_told(tmp_path: Path, job: dict[str, Any], sentence: str) -> None:
    found = reading(tmp_path, job)
    assert found.wrong == (sentence,)
    assert not found.equal


def test_a_known_gap_has_its_name(tmp_path: Path) -> None:
    third = [{"job": "third", "artifacts": True, "optional": False}]
    found = reading(tmp_path, {"needs": third, "interruptible": "yes"})
    assert found.wrong == ()
    assert set(found.gaps) == {"YAML 1.1 words", "needs in rules"}


def test_what_is_rejected_is_not_counted(tmp_path: Path) -> None:
    rejected = compare(Pipeline(tmp_path), Rejected("it is broken"))
    figures = Figures((rejected, reading(tmp_path, {}), reading(tmp_path, {"stage": "build"})))
    assert str(figures) == "2 pipelines compared by two resolvers, 1 equal, 0 differ by a known gap, wrong: 1"


def test_the_docs_have_a_row_for_each_gap() -> None:
    text = DOCS.read_text()
    missing = [name for name in (*GAPS, *NOT_TAKEN.values()) if f"| {name} |" not in text]
    assert missing == []
