"""Is a reviewer told of workarounds that can go, and of images that one run could push?"""

from __future__ import annotations

from pathlib import Path

import pytest

from kaniko_split.codemod import split_pipeline
from kaniko_split.gitlab.discovery import Found, discover
from kaniko_split.plan.outcome import Mark, Split
from kaniko_split.plan.request import Request

CASES = Path(__file__).parent.parent / "cases"


def asked_of(name: str) -> list[str]:
    (found,) = discover([CASES / name / "before"])
    assert isinstance(found, Found)
    (split,) = split_pipeline(found.pipeline, Request(read=found.repository.text)).outcomes
    assert isinstance(split, Split)
    return [change.text for change in split.changes if change.mark is Mark.ASKS]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "workarounds-of-all-kinds",
            "`forget`, `--cleanup`, `rm -rf /kaniko/*[0-9]* /kaniko/Dockerfile` and `mkdir -p /workspace` can go: ",
        ),
        ("cleaning-function-between", "`clean` can go: "),
        ("tar-scanned-then-built-to-push", "`--cleanup`, `rm -rf /kaniko/*[0-9]*` and `mkdir -p /workspace` can go: "),
        (
            "same-image-for-three-tags",
            "`build-latest`, `build-stable` and `build-v2` build the same image: one run with all ",
        ),
        (
            "same-image-for-two-registries",
            "`build-shop` and `build-shop-registry-example-com` build the same image: one run with both ",
        ),
        ("same-image-twice-with-cleanup", "`build-root-1` and `build-root-2` build the same image: one run will do"),
    ],
)
def test_what_is_said(name: str, text: str) -> None:
    assert any(one.startswith(text) for one in asked_of(name)), asked_of(name)


@pytest.mark.parametrize("name", ["cleaning-of-something-else", "same-context-two-tags", "article"])
def test_where_nothing_is_said(name: str) -> None:
    assert not [text for text in asked_of(name) if "can go" in text or "the same image" in text]
