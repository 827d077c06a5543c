"""Do the docs and the examples of bulk say what the program does?"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulk import world
from kaniko_split.bulk.cli import app

ROOT = Path(__file__).parent.parent.parent
DOCS = (ROOT / "docs" / "bulk.md").read_text()
COMMANDS = ("scan", "status", "retry", "merge")


def shown(*command: str) -> str:
    """Return a help page, as a terminal of 80 columns has it."""
    return CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80"}).output


def options(command: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", shown(command))) - {"--help"}


def test_the_docs_name_every_option_and_no_other() -> None:
    known = {option for command in COMMANDS for option in options(command)}
    # Both ways of a flag are one option; these are told by the docs of the other commands too.
    elsewhere = {"--select", "--template-name", "--job-name", "--cached-only", "--keep-order", "--ci-file", "--quiet"}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", DOCS))
    git = {"--depth", "--filter", "--sparse", "--allow-refusals"}
    assert named - git <= known
    positive = {option for option in known if f"--no-{option[2:]}" not in known}
    assert positive - elsewhere <= named


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_terminal_and_has_an_example(command: str) -> None:
    text = shown(*command.split())
    assert max(map(len, text.splitlines())) <= 80
    assert "Example: kaniko-split bulk" in text


def test_gitlabs_schema_takes_the_pipeline_of_the_example() -> None:
    path = ROOT / "examples" / "bulk-gitlab" / "pipeline.yml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run(
        [*command, "--data-transform", "gitlab-ci", str(path)], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stdout
    known = options("scan") | options("merge")
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+(?= )", path.read_text())) - {"--quiet", "--global"} <= known


def test_apply_has_the_exit_codes_that_multi_gitter_wants(tmp_path: Path) -> None:
    article = (world.ARTICLE / ".gitlab-ci.yml").read_text()
    refused = ROOT / "examples" / "refused-date-tag" / ".gitlab-ci.yml"
    for name, text in (("split", article), ("refused", refused.read_text()), ("broken", "a: [\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".gitlab-ci.yml").write_text(text)

    def code(name: str, *more: str) -> int:
        command = [sys.executable, "-m", "kaniko_split", "apply", "--quiet", *more]
        done = subprocess.run(command, cwd=tmp_path / name, capture_output=True, check=False, env=world.environment())
        return done.returncode

    assert code("refused") == 1
    assert [code(name, "--allow-refusals") for name in ("split", "refused", "broken")] == [0, 0, 2]


def test_the_other_commands_do_not_wait_for_bulk() -> None:
    program = "import sys, kaniko_split.cli; print(any(name.startswith('kaniko_split.bulk') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"
