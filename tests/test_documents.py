"""Do the README, the examples and the docs say what the program does?"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from conftest import run

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/.gitlab-ci.yml"))
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_what_the_program_makes_of_it(example: Path, tmp_path: Path) -> None:
    shutil.copy(example / ".gitlab-ci.yml", tmp_path)
    prose = (example / "README.md").read_text().split("\n\n", maxsplit=1)[1]
    assert prose.count("\n") == 2, "two lines of prose"
    if (example / "after.yml").is_file():
        assert run("apply", cwd=tmp_path).code == 0
        assert (tmp_path / ".gitlab-ci.yml").read_text() == (example / "after.yml").read_text()
    else:
        assert run("check", cwd=tmp_path).out.decode() == (example / "refused.txt").read_text()


def test_there_are_five_examples() -> None:
    assert len(EXAMPLES) == 5
    assert sum((example / "refused.txt").is_file() for example in EXAMPLES) == 1


def test_the_readme_shows_the_diff_of_the_article() -> None:
    shown = re.search(r"```diff\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    assert shown[1].encode() == run("diff", "-q", ".gitlab-ci.yml", cwd=ROOT / "examples" / "article").out


def test_the_readme_names_every_option() -> None:
    for command in ("check", "diff", "apply"):
        for option in re.findall(r"--[a-z-]+", run(command, "--help", cwd=ROOT).out.decode()):
            assert f"`{option}" in README or option == "--help", f"the README says nothing of {option}"


@pytest.mark.parametrize("command", ["", "check", "diff", "apply", "explain"])
def test_help_fits_a_terminal_and_has_an_example(command: str) -> None:
    text = run(*command.split(), "--help", cwd=ROOT).out.decode()
    assert max(map(len, text.splitlines())) <= 80
    assert "Example: kaniko-split" in text


def test_the_changelog_names_what_there_is() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text or f"## [{run('--version', cwd=ROOT).out.split()[1].decode()}]" in text
