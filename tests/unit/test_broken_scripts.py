"""Is a script that cannot be parsed read word by word, and without its comments?"""

from __future__ import annotations

import pytest

from kaniko_split.detect.broken_scripts import cache_of, executor_count, may_build_twice, without_comments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("/kaniko/executor -c a", 1),
        ("executor -c a\nexecutor -c b", 2),
        ("if x; then executor -c a; fi", 1),
        ("x && /kaniko/executor -c a || executor -c b", 2),
        ('"/kaniko/executor" -c a', 1),
        ("- /kaniko/executor -c a\n- executor -c b", 2),
        ("$HOME/bin/executor -c a", 1),
        ("KANIKO=/kaniko/executor", 1),
        ("# the executor\ntrue # executor", 0),
        ("echo the executor of GitLab", 0),
        ("echo '# no comment' && executor", 1),
        ("gitlab-executor run\nexecutors", 0),
    ],
)
def test_words_that_run_the_executor(text: str, count: int) -> None:
    assert executor_count([text]) == count


def test_the_users_own_words_count() -> None:
    assert executor_count(["build-image a; build-image b"], ["build-image"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "for i in a b; do executor -c $i; done",
        "build() { executor -c $1; }",
        "KANIKO=/kaniko/executor; $KANIKO; $KANIKO",
        "executor -c a\nexecutor -c b",
    ],
)
def test_a_text_that_may_build_twice(text: str) -> None:
    assert may_build_twice([text])


def test_one_word_builds_once() -> None:
    assert not may_build_twice(["# for the executor\nexecutor -c a"])


def test_comments_go_and_lines_stay() -> None:
    assert without_comments("a # b\n#c\n'# d' \"# e\" f#g \\# h\n") == "a \n\n'# d' \"# e\" f#g \\# h\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("/kaniko/executor --cache=true -c a", True),
        ("executor -c a --cache", True),
        ("executor -c a \\\n  --cache=true", True),
        ("executor -c a; executor --cache -c b", True),
        ('executor -c $i -d "$R/$i"', False),
        ("executor --cache=false -c a", False),
        ("executor --cache=$CACHE -c a", None),
        ("executor -c a $FLAGS", None),
        ('executor "$@"', None),
        ("# executor --cache\nexecutor -c a", False),
        ("make", None),
    ],
)
def test_the_cache_of_what_is_read_as_text(text: str, wanted: bool | None) -> None:  # noqa: FBT001
    assert cache_of([text]) is wanted
