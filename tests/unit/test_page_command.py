"""Does a shell read the words of the page's command line as what they stand for?"""

from __future__ import annotations

import subprocess
from fnmatch import fnmatchcase

import pytest
from msgspec.structs import replace

from kaniko_split.report.asked import Asked
from kaniko_split.report.document import JobOutcome, PipelineOutcome
from kaniko_split.report.page.command import beginning, path_of, quoted, selecting
from kaniko_split.source.text import Place

WORDS = [
    "build-images",
    "build images",
    "it's",
    "$(touch pwned) `id` $HOME",
    "a\\b",
    "*?[x]!",
    "",
    "-n",
    "~/x",
    "line\nbreak and\ttab",
    "\x1b[31mred",
    "right\u202eto left's \\ end",
    "1\x01" + "23",
    "käse 🐳",
]


@pytest.mark.parametrize("word", WORDS)
def test_a_shell_reads_the_same_word(word: str) -> None:
    read = subprocess.run(["bash", "-c", f"printf '%s' {quoted(word)}"], capture_output=True, check=True)
    assert read.stdout.decode() == word
    assert quoted(word).isprintable()


@pytest.mark.parametrize("word", [word for word in WORDS if word])
def test_a_name_is_no_pattern(word: str) -> None:
    given = subprocess.run(
        ["bash", "-c", f"set -- {selecting(word)}; printf '%s' \"$2\""], capture_output=True, check=True
    )
    pattern = given.stdout.decode()
    assert fnmatchcase(word, pattern)
    assert not fnmatchcase(word + "x", pattern)
    assert not fnmatchcase("x" + word[1:], pattern) or word.startswith("x")


@pytest.mark.parametrize(
    ("repository", "root", "file", "words"),
    [
        (".", ".gitlab-ci.yml", ".gitlab-ci.yml", ".gitlab-ci.yml"),
        ("group/app", ".gitlab-ci.yml", ".gitlab-ci.yml", "group/app/.gitlab-ci.yml"),
        (".", ".gitlab-ci.yml", "ci/build.yml", "ci/build.yml"),
        (".", "-n.yml", "-n.yml", "./-n.yml"),
        (".", "with space.yml", "with space.yml", "'with space.yml'"),
        (".", "stdin", "stdin", "-"),
    ],
)
def test_the_path_leads_to_the_job(repository: str, root: str, file: str, words: str) -> None:
    place = Place(file, 1, 1)
    outcome = JobOutcome("images", "split", "0", place, place, 2, None)
    assert path_of(PipelineOutcome(repository, root, (root,), None, (), (outcome,)), outcome) == words


def test_what_was_asked_is_asked_again() -> None:
    assert beginning(Asked()) == "kaniko-split apply"
    asked = Asked(template_name=".my image", job_name="{job}-{image}", ci_file="ci/main.yml", cached_only=True)
    assert beginning(replace(asked, keep_order=True)) == (
        "kaniko-split apply --template-name '.my image' --job-name '{job}-{image}' "
        "--ci-file ci/main.yml --cached-only --keep-order"
    )
