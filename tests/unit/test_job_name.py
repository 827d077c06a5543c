"""Is it seen when a job uses its own name, also by a variable or a script?"""

from __future__ import annotations

import pytest

from kaniko_split.gitlab.variables import Variable
from kaniko_split.plan.job_name import NAMES, file_with_name, name_in, naming_variables


def given(**texts: str) -> dict[str, Variable]:
    return {name: Variable(text, known=False, texts=(text,)) for name, text in texts.items()}


def test_a_variable_may_be_made_from_another_one() -> None:
    found = naming_variables(given(A="x-$CI_JOB_NAME", B="${A}-y", C="$CI_JOB_STAGE"))
    assert found == {*NAMES, "A", "B"}


def test_a_value_of_a_rule_counts_too() -> None:
    assert "A" in naming_variables({"A": Variable("$A", known=False, texts=("a", "$CI_JOB_NAME_SLUG"))})


@pytest.mark.parametrize("text", ["echo $CI_JOB_GROUP_NAME", "${CI_JOB_NAME%x}", "printenv CI_JOB_NAME_SLUG"])
def test_a_text_with_the_name(text: str) -> None:
    assert name_in([text], NAMES)


@pytest.mark.parametrize("text", ["echo $CI_JOB_NAMES", "MY_CI_JOB_NAME", "$CI_JOB_ID"])
def test_a_text_without_the_name(text: str) -> None:
    assert not name_in([text], NAMES)


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("python3 ci/tag.py", {"ci/tag.py": "os.environ['CI_JOB_NAME']"}),
        ("./build.sh", {"build.sh": ". ci/lib.sh", "ci/lib.sh": "echo $CI_JOB_NAME"}),
        ("cd ci && ./build.sh", {"ci/build.sh": "echo $CI_JOB_NAME"}),
        ("make images", {"Makefile": "images:\n\t./build.sh $$CI_JOB_NAME"}),
        ('"$CI_PROJECT_DIR/ci/build.sh"', {"ci/build.sh": "echo $CI_JOB_NAME"}),
    ],
)
def test_a_file_with_the_name(script: str, files: dict[str, str]) -> None:
    assert file_with_name([script], NAMES, files.get) is not None


def test_a_file_that_nobody_names_is_not_read() -> None:
    assert file_with_name(["./build.sh"], NAMES, {"build.sh": "true", "other.sh": "$CI_JOB_NAME"}.get) is None
