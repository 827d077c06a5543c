"""Do the hook, the component, the examples, the completion, the man page and the pages work as they are shipped?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conftest import CASES
from judges.resolver import Pipeline, Resolved, resolve_all
from judges.schema import reject_all
from man_page import man_page

ROOT = Path(__file__).parent.parent
NAME = ".gitlab-ci.yml"
BEFORE = (CASES / "article" / "before" / NAME).read_bytes()
AFTER = (CASES / "article" / "after" / NAME).read_bytes()


def test_the_man_page_is_current() -> None:
    path = ROOT / "docs" / "kaniko-split.1"
    if os.environ.get("KANIKO_SPLIT_UPDATE"):
        path.write_text(man_page())
    assert path.read_text() == man_page()


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed: apt-get install man-db groff")
def test_man_takes_the_man_page() -> None:
    done = subprocess.run(
        ["man", "--warnings", "-l", ROOT / "docs" / "kaniko-split.1"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
    )
    assert done.stderr == ""
    assert "--write-baseline FILE" in done.stdout


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("ch", ["check"]),
        ("check --format g", ["gitlab", "github"]),
        ("explain value-d", ["value-differs"]),
        ("apply --und", ["--undo"]),
    ],
)
def test_the_shell_completes(words: str, wanted: list[str]) -> None:
    line = f"kaniko-split {words}"
    environment = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_KANIKO_SPLIT_COMPLETE": "complete_bash"}
    done = subprocess.run(
        [sys.executable, "-m", "kaniko_split"], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    assert done.stdout.split() == wanted


def resolved(folder: Path) -> Resolved:
    found = resolve_all([Pipeline(folder)])[Pipeline(folder)]
    assert isinstance(found, Resolved), found
    return found


def test_the_component_is_what_gitlab_takes(tmp_path: Path) -> None:
    """Each of its two documents fits GitLab's schema, and an include of it resolves with its inputs."""
    text = (ROOT / "templates" / "check.yml").read_text()
    head, body = text.split("---\n")
    (tmp_path / "head.yml").write_text(head)
    (tmp_path / "body.yml").write_text(body.replace("$[[ inputs.allow_failure ]]", "false"))
    assert reject_all([tmp_path / "head.yml", tmp_path / "body.yml"]) == {}
    inputs = yaml.safe_load(head)["spec"]["inputs"]
    assert all("description" in one and "default" in one for one in inputs.values())
    assert all(f"$[[ inputs.{name} ]]" in body for name in inputs)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "check.yml").write_text(text)
    (tmp_path / NAME).write_text(
        "include:\n  - local: templates/check.yml\n    inputs:\n      job: kaniko\n      options: --cached-only\n"
    )
    job = resolved(tmp_path).jobs["kaniko"]
    assert job["script"] == [
        'kaniko-split check --format gitlab --output gl-code-quality-report.json --cached-only "."'
    ]
    assert job["artifacts"]["reports"]["codequality"] == "gl-code-quality-report.json"


def test_the_example_for_gitlab_ci_is_what_gitlab_takes(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "in-gitlab-ci" / "pipeline.yml", tmp_path / NAME)
    assert reject_all([tmp_path / NAME]) == {}
    assert list(resolved(tmp_path).jobs) == ["kaniko-split"]


def test_the_example_for_gitlab_ci_runs(tmp_path: Path) -> None:
    """Its script, but for the installation, by a shell as GitLab's runner runs it."""
    example = yaml.safe_load((ROOT / "examples" / "in-gitlab-ci" / "pipeline.yml").read_text())
    install, *rest = example["kaniko-split"]["script"]
    assert install.startswith("pip install ")
    (tmp_path / NAME).write_bytes(BEFORE)
    (tmp_path / "kaniko-split").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kaniko_split "$@"\n')
    (tmp_path / "kaniko-split").chmod(0o755)
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(rest)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert done.returncode == 1
    assert len(json.loads((tmp_path / "gl-code-quality-report.json").read_text())) == 1
    assert "1 finding in 1 file, 1 can be split" in done.stdout


def git(*arguments: str | Path, cwd: Path) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


def test_pre_commit_runs_the_hooks(tmp_path: Path) -> None:
    """The real pre-commit, with this repository as it is now as a local clone, in a scratch repository."""
    hooks, work = tmp_path / "hooks", tmp_path / "work"
    hooks.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, hooks)
    shutil.copytree(ROOT / "src", hooks / "src", ignore=shutil.ignore_patterns("__pycache__"))
    git("init", "-q", ".", cwd=hooks)
    git("add", "-A", cwd=hooks)
    git("commit", "-qm", "x", cwd=hooks)
    git("tag", "v0", cwd=hooks)
    work.mkdir()
    git("init", "-q", ".", cwd=work)
    (work / NAME).write_bytes(BEFORE)
    (work / "README.md").write_text("x\n")
    (work / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks}\n    rev: v0\n    hooks:\n      - id: kaniko-split-check\n"
        "      - id: kaniko-split-apply\n"
    )
    git("add", "-A", cwd=work)

    def hook(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", *arguments],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ
            | {"PRE_COMMIT_HOME": str(tmp_path / "cache"), "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
            | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "1", "PYTHONPATH": ""},
        )

    skipped = hook("kaniko-split-check", "--files", "README.md")
    assert "(no files to check)Skipped" in skipped.stdout, skipped.stdout + skipped.stderr
    checked = hook("kaniko-split-check", "--all-files")
    assert checked.returncode == 1
    assert "1 finding in 1 file, 1 can be split" in checked.stdout
    applied = hook("kaniko-split-apply", "--all-files")
    assert applied.returncode == 1
    assert "files were modified by this hook" in applied.stdout
    assert (work / NAME).read_bytes() == AFTER
    git("add", "-A", cwd=work)
    both = hook("--all-files")
    assert (both.returncode, both.stdout.count("Passed")) == (0, 2), both.stdout


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", ROOT / "docs", tmp_path / "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "migrate.html").is_file()
    assert (tmp_path / "out" / "plan.schema.json").is_file()
