"""Does `--explain` tell what differs between the resolved pipelines, as a reader would want it?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import run

CASES = Path(__file__).parents[1] / "cases"


def told(case: str, command: str = "check") -> list[str]:
    found = run(command, "--explain", cwd=CASES / case / "before")
    lines = (found.out.decode() if command == "check" else found.err).splitlines()
    start = lines.index("the pipeline of .gitlab-ci.yml, resolved before and after:")
    return [line[2:] for line in lines[start + 1 :] if line.startswith("  ")]


def test_jobs_that_are_gone_new_and_changed() -> None:
    assert told("needs-in-an-included-file")[:3] == [
        "`images` is gone; in its place:",
        "  `build-api`: as before in all but its script",
        "  `build-web`: as before in all but its script",
    ]
    assert told("template-in-an-included-file")[-2:] == [
        "`deploy`:",
        (
            "  `needs` changes from nightly (optional: true), weekly to nightly-api (optional: true), "
            "nightly-web (optional: true), weekly-api, weekly-web"
        ),
    ]


def test_a_rule_is_told_by_its_number() -> None:
    assert "  `rules` 1, `needs` changes from images to build-api, build-web" in told("needs-in-an-included-file")


def test_needs_that_are_new() -> None:
    assert told("dockerfile-of-an-image-on-one-with-artifacts-before")[2] == (
        "  `build-app`: its script, and `needs` is new: compile, optional-notes (optional: true), "
        "build-base (artifacts: false)"
    )


def test_a_finishing_job_stays() -> None:
    assert told("finishing-job")[0] == "`images` stays for what came after its builds; new are:"


def test_pipelines_that_share_no_job() -> None:
    assert told("needs-that-name-another-split-job")[0] == "`first` is gone; in its place:"


def test_diff_tells_it_beside_the_patch() -> None:
    assert told("needs-in-an-included-file", "diff") == told("needs-in-an-included-file")


@pytest.mark.parametrize("option", [[], ["--explain"]])
def test_deepdiff_is_loaded_for_this_alone(option: list[str]) -> None:
    lines = (
        "import sys",
        "from kaniko_split.cli import app",
        f"app(['check', *{option!r}], standalone_mode=False)",
        "print('deepdiff' in sys.modules)",
    )
    code = "\n".join(lines)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CASES / "article" / "before", capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith(f"{bool(option)}\n")
