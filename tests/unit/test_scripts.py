"""Which scripts of a repository are read, and which are not?"""

from __future__ import annotations

from pathlib import Path

import pytest

from kaniko_split.codemod import split_pipeline
from kaniko_split.flow.scripts import called, may_run
from kaniko_split.gitlab.discovery import Found, discover
from kaniko_split.plan.outcome import Refusal
from kaniko_split.plan.request import Request
from kaniko_split.shell.values import Value

JOB = 'images:\n  image: {name: "gcr.io/kaniko-project/executor:debug", entrypoint: [""]}\n  script:\n'
TWO = "/kaniko/executor -d r/api\n/kaniko/executor -d r/web\n"


def outcomes_of(root: Path, script: str) -> tuple[object, ...]:
    (root / ".gitlab-ci.yml").write_text(JOB.replace("gcr.io/kaniko-project/executor:debug", "kaniko") + script)
    (found,) = discover([root])
    assert isinstance(found, Found)
    return split_pipeline(found.pipeline, Request(read=found.repository.text)).outcomes


def test_a_script_is_found_though_the_pipeline_never_names_the_executor(tmp_path: Path) -> None:
    (tmp_path / "build.sh").write_text(TWO)
    (refused,) = outcomes_of(tmp_path, "    - sh build.sh\n")
    assert isinstance(refused, Refusal)
    assert refused.code == "script-in-repository"
    assert str(refused.place).endswith("build.sh:2:1")


def test_a_link_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "repository"
    inside.mkdir()
    (tmp_path / "outside.sh").write_text(TWO)
    (inside / "build.sh").symlink_to(tmp_path / "outside.sh")
    assert outcomes_of(inside, "    - sh build.sh\n    - sh ../outside.sh\n") == ()


def test_scripts_that_call_each_other_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "one.sh").write_text("./two.sh\n/kaniko/executor -d r/one\n")
    (tmp_path / "two.sh").write_text("./one.sh\n/kaniko/executor -d r/two\n")
    (refused,) = outcomes_of(tmp_path, "    - ./one.sh\n")
    assert isinstance(refused, Refusal)
    assert refused.code == "script-in-repository"


def test_only_scripts_that_are_named_are_read() -> None:
    asked: list[str] = []

    def read(name: str) -> str | None:
        asked.append(name)
        return {"ci/build.sh": ". ci/lib.sh", "ci/lib.sh": "/kaniko/executor -d r/api"}.get(name)

    text = "before\n  - bash -eu ci/build.sh web\n  - cat README.md dist/app.tar\n  - cd docs && ./make.py\n"
    assert may_run((text,), read, ("executor",))
    assert set(asked) <= {"ci/build.sh", "ci/lib.sh", "docs/ci/build.sh"}


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("sh build.sh api", "build.sh"),
        ("bash -euo pipefail ./ci/build.sh", "ci/build.sh"),
        ("env A=1 ./ci/build.sh", "ci/build.sh"),
        ("$CI_PROJECT_DIR/ci/build.sh", "ci/build.sh"),
        (". ./lib.sh", "lib.sh"),
        ("sh -c build.sh", None),
        ("sh -ec build.sh", None),
        ("/opt/build.sh", None),
        ("sh ../build.sh", None),
        ("./$NAME/build.sh", None),
        ("build.sh", None),
        ("sh", None),
    ],
)
def test_which_script_a_command_runs(words: str, path: str | None) -> None:
    found = called([Value(word, exact="$" not in word) for word in words.split()], "")
    assert (found.path if found is not None else None) == path
