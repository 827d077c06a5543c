"""Does the judge that asks Ruby's Psych see what it is there for?"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from judges import psych
from judges.resolver import MissingJudgeError

BEFORE = """\
.one: &one {stage: build}
images:
  script: [a, b]
test:
  needs: [images]
  "<<": *one
  stage: test
"""
AFTER = """\
.one: &one {stage: build}
first:
  script: [a]
second:
  script: [b]
test:
  needs: [first, second]
  "<<": *one
  stage: test
"""

ruby = pytest.mark.skipif(
    shutil.which("ruby") is None and os.environ.get("CI") != "true", reason="ruby is missing: apt-get install ruby"
)


def said(folder: Path, before: str, after: str) -> list[str]:
    folders = [folder / "before", folder / "after"]
    for path, text in zip(folders, (before, after), strict=True):
        path.mkdir()
        (path / ".gitlab-ci.yml").write_text(text)
    return psych.compare(folders[0], folders[1], psych.read_all(folders))


@ruby
def test_a_split_that_changes_mentions_alone(tmp_path: Path) -> None:
    assert said(tmp_path, BEFORE, AFTER) == []


@ruby
@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("  stage: test\n", "  stage: deploy\n", "'test' otherwise after the split"),
        ('  "<<": *one\n  stage: test\n', '  stage: test\n  "<<": *one\n', "'test' otherwise after the split"),
        ("second:\n", "second: 2024-01-01\nthird:\n", "no more"),
    ],
)
def test_a_value_that_changes(tmp_path: Path, old: str, new: str, word: str) -> None:
    assert old in AFTER
    (sentence,) = said(tmp_path, BEFORE, AFTER.replace(old, new))
    assert word in sentence


@ruby
def test_what_we_read_otherwise_is_a_complaint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("judges.psych.value_of", lambda _: {"test": {"stage": "build"}})
    first, *_ = said(tmp_path, BEFORE, AFTER)
    assert first == "Psych reads before/.gitlab-ci.yml otherwise: [0]: test: stage: ours 'build', theirs 'test'"


@ruby
def test_what_it_does_not_take_is_left_out(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{last}'] * 10)}]\n" for last, name in zip("abcdef", "bcdefg", strict=True)
    )
    assert said(tmp_path, bomb, bomb) == []
    assert str(psych.Figures(tuple(psych.read_all([tmp_path / "before"]).values()))) == (
        "0 files compared with Psych, 0 equal, 0 differing"
    )


def test_without_ruby_it_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(MissingJudgeError, match="`apt-get install ruby`"):
        psych.read_all([])
