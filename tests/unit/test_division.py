"""Are scripts divided inside of their scalars so that the new text looks as its writer would have written it?"""

from __future__ import annotations

import pytest

from kaniko_split.codemod import split_pipeline
from kaniko_split.gitlab.discovery import Found, from_text
from kaniko_split.plan.request import Request
from kaniko_split.tree.compose import compose
from kaniko_split.tree.nodes import Scalar
from kaniko_split.tree.scalars import value_offsets

JOB = 'images:\n  image: {name: "gcr.io/kaniko-project/executor:debug", entrypoint: [""]}\n  script:\n'


def scripts_of(script: str) -> list[str]:
    """Return the text of each `script` after the split of a job with the script given."""
    (found,) = from_text((JOB + script).encode())
    assert isinstance(found, Found)
    result = split_pipeline(found.pipeline, Request(read=found.repository.text))
    assert result.rewritten, result.outcomes
    return [part.partition("\n\n")[0] for part in result.rewritten[0].after.text.split("  script:\n")[1:]]


def test_lines_behind_a_leading_and_go_left_with_their_command() -> None:
    script = """\
    - |
      true \\
        && /kaniko/executor \\
             --context api \\
             --destination r/api \\
        && /kaniko/executor --context web \\
             --destination r/web
"""
    assert scripts_of(script) == [
        "    - |\n      /kaniko/executor \\\n        --context api \\\n        --destination r/api",
        "    - |\n      /kaniko/executor --context web \\\n        --destination r/web\n",
    ]


def test_lines_of_a_text_in_quotes_stay_where_they_are() -> None:
    script = """\
    - |
      true \\
        && /kaniko/executor --label 'a
             b' --destination r/api \\
        && /kaniko/executor --destination r/web
"""
    assert scripts_of(script)[0] == "    - |\n      /kaniko/executor --label 'a\n             b' --destination r/api"


@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        ("plain", (0, 1, 2, 3, 4, 5)),
        ("'it''s'", (1, 2, 3, 5, 6)),
        ("'a'''", (1, 2, 4)),
        ('"a\\""', (1, 2, 4)),
        ('"\\x41b"', (1, 5, 6)),
        ('"a\\\n  b"', (1, 6, 7)),
        ('"a\n\n  b"', (1, 3, 6, 7)),
        ("''", (1,)),
    ],
)
def test_each_character_of_a_value_has_its_place(text: str, offsets: tuple[int, ...]) -> None:
    node = compose(text)[0].root
    assert isinstance(node, Scalar)
    assert value_offsets(text, node) == offsets
