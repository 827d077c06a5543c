"""Does docs/gitlab.md say of each keyword what a case shows?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kaniko_split.plan.changes import _KEYWORDS
from kaniko_split.plan.refusals import REFUSALS

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
PAGE = (ROOT / "docs" / "gitlab.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Keywords whose meaning changes\n")[2]
SCRIPTS = PAGE.partition("## Scripts that stand elsewhere\n")[2].partition("\n## ")[0]
ROWS = [tuple(line.strip("| ").split(" | ")) for line in SECTION.split("\n") if line.startswith("| `")]


def test_there_is_a_row_for_each_keyword_that_issues_a_warning() -> None:
    named = " ".join(row[0] for row in ROWS)
    assert [keyword for keyword in _KEYWORDS if keyword not in named] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_gitlabs_page_and_a_case(row: tuple[str, ...]) -> None:
    keyword, becomes, page, cases = row
    assert re.fullmatch(r"\[(\w+)\]\(https://docs\.gitlab\.com/ci/yaml/(?:artifacts_reports/)?#\1\)", page)
    names = re.findall(r"`([a-z-]+)`", cases)
    assert names
    for name in names:
        assert (CASES / name / "before").is_dir(), name
    word = re.findall(r"[a-z_]+", keyword)[0]
    texts = [path.read_text(encoding="utf-8") for path in (CASES / names[0] / "before").rglob("*.yml")]
    assert any(word in text for text in texts), f"{names[0]} has no {word}"
    assert bool(re.search("refused|kept|names all|refers to|as `paths", becomes))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_refusal_of_a_row_is_that_of_one_of_its_cases(row: tuple[str, ...]) -> None:
    names = re.findall(r"`([a-z-]+)`", row[3])
    found = [path.read_text() for name in names if (path := CASES / name / "refused.txt").is_file()]
    for code in re.findall(r"refusals\.md#([a-z-]+)", row[1]):
        assert code in REFUSALS
        assert any(text.startswith(f"{code} ") for text in found), code


def test_each_place_of_a_script_has_its_case() -> None:
    rows = [line.strip("| ").split(" | ") for line in SCRIPTS.split("\n") if line.startswith("| in ")]
    rows += [line.strip("| ").split(" | ") for line in SCRIPTS.split("\n") if line.startswith("| under ")]
    assert len(rows) == 8
    for row in rows:
        for name in re.findall(r"`([a-z-]+)`", row[3]):
            assert (CASES / name / "after").is_dir(), name
