"""Is a person told of every place outside of the rewritten files that a split may touch?"""

from __future__ import annotations

from pathlib import Path

import pytest

from kaniko_split.codemod import split_pipeline
from kaniko_split.gitlab.discovery import Found, discover
from kaniko_split.gitlab.mentions import MOST, Surroundings
from kaniko_split.plan.request import Request
from kaniko_split.source.repository import Repository

CASES = Path(__file__).parents[1] / "cases"


def told(case: str) -> list[str]:
    """Return what is said of the one split of a case, each line without its mark."""
    said: list[str] = []
    for found in discover([CASES / case / "before"]):
        assert isinstance(found, Found)
        request = Request(read=found.repository.text, elsewhere=found.elsewhere, mentions=found.mentions)
        folder = f"{found.repository.shown('')}/"
        for split in split_pipeline(found.pipeline, request).splits:
            said += [str(change).replace(folder, "") for change in split.changes]
    return said


def test_links_scripts_documents_and_child_pipelines_that_name_the_job_are_listed() -> None:
    said = [line.rpartition("(")[2] for line in told("spoken-of-in-other-files") if "speaks of" in line]
    assert said == [
        ".gitlab-ci.yml:16:85)",
        "README.md:3:73)",
        "ci/child.yml:7:12)",
        "scripts/latest.sh:2:11)",
        "scripts/latest.sh:3:23)",
    ]


def test_a_common_word_counts_where_it_means_a_job() -> None:
    said = [line.rpartition("(")[2] for line in told("common-word-in-other-files") if "speaks of" in line]
    assert said == ["README.md:3:30)", "README.md:3:56)", "README.md:5:62)"]


def test_includes_that_are_not_read_are_named_and_so_is_what_may_clash_there() -> None:
    said = told("includes-that-are-not-read")
    assert [line for line in said if "was not read" in line] == [
        "asks you: `platform/ci: /deploy.yml, /test.yml` was not read (.gitlab-ci.yml:4:5)",
        "asks you: `https://example.com/ci/scan.yml` was not read (.gitlab-ci.yml:6:5)",
        "asks you: `Jobs/Code-Quality.gitlab-ci.yml` was not read (.gitlab-ci.yml:7:5)",
        "asks you: `$CI_SERVER_FQDN/platform/lint/lint@1.2` was not read (.gitlab-ci.yml:8:5)",
    ]
    assert said[-1] == (
        "asks you: there, a job that names `images` would still look for it, and one called `.build-image`, "
        "`build-api` or `build-web` would be merged with the new one"
    )


def test_a_file_that_rules_include_is_told() -> None:
    line = "assumed: `ci/deploy.yml` is included, whatever the rules of its include say (.gitlab-ci.yml:4:5)"
    assert told("include-with-rules")[-1] == line


def test_a_component_may_be_included_by_other_projects() -> None:
    assert "in a project that includes `templates/images/template.yml`" in told("component-of-a-project")[-1]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("see build-images\n", 1),
        ("?job=build-images&x=1\n", 1),
        ("rebuild-images build-images-all build-images.sh a/build-images %build-images\n", 0),
        ("build-images. build-images, (build-images)\n", 3),
        ("build-images\n" * (MOST + 1), MOST),
    ],
)
def test_a_name_is_found_as_a_whole_word(tmp_path: Path, text: str, count: int) -> None:
    (tmp_path / "README.md").write_text(text)
    found = Surroundings(Repository(tmp_path)).mentions("build-images", (), ())
    assert len(found.places) == count
    assert found.more == (text.count("build-images\n") > MOST)


def test_a_name_with_spaces_is_found_in_links(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("/browse?job=build%20images\n/browse?job=build+images\n/browse?job=build\n")
    found = Surroundings(Repository(tmp_path)).mentions("build images", (), ())
    assert [place.line for place in found.places] == [1, 2]


def test_large_files_binary_files_links_and_git_are_not_searched(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("build-images\n")
    (tmp_path / "large.txt").write_text("build-images\n" * 100_000)
    (tmp_path / "binary").write_bytes(b"build-images\0")
    (tmp_path / "link").symlink_to("large.txt")
    assert Surroundings(Repository(tmp_path)).mentions("build-images", (), ()).places == ()
