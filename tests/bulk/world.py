"""Which repositories, servers of git and runs do the tests of bulk work with?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from conftest import run_here
from kaniko_split.bulk.journal import Journal, Row

ARTICLE = Path(__file__).parent.parent.parent / "examples" / "article"
GIT_CONFIG = Path(__file__).parent / "gitconfig"
CLEAN = "build:\n  script:\n    - make\n"

# Hooks of the server: what was pushed, with which options; and the address that GitLab would name.
_POST_RECEIVE = """#!/bin/sh
while read -r old new ref; do
  printf '%s %s %s\\n' "$old" "$new" "$ref" >> pushes
  number=0
  while [ "$number" -lt "${GIT_PUSH_OPTION_COUNT:-0}" ]; do
    eval "option=\\$GIT_PUSH_OPTION_$number"
    printf '  %s\\n' "$option" >> pushes
    number=$((number + 1))
  done
done
echo
echo "View merge request for the branch:"
echo "  https://gitlab.example/group/project/-/merge_requests/7"
"""


@dataclass(frozen=True)
class Ran:
    """What one run of the program left."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Push:
    """What a server's hook received."""

    old: str
    new: str
    ref: str
    options: tuple[str, ...]


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which git is nobody's, and no token is set."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "CI_", "GITLAB_"))}
    return {
        **kept,
        "GIT_CONFIG_GLOBAL": str(GIT_CONFIG),
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_AUTHOR_NAME": "A. Maintainer",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A. Maintainer",
        "GIT_COMMITTER_EMAIL": "a@example.com",
        **more,
    }


def git(*arguments: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        ["git", *map(str, arguments)], cwd=cwd, capture_output=True, check=True, text=True, env=environment()
    )
    return done.stdout.strip()


def bulk(*arguments: str | Path, cwd: Path, stdin: str = "", **more: str) -> Ran:
    """Run `kaniko-split bulk` in `cwd`, within this process."""
    done = run_here("bulk", *map(str, arguments), cwd=cwd, stdin=stdin.encode(), environment=environment(**more))
    return Ran(done.code, done.out.decode(), done.err)


def checkout(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Make a repository with one commit on `main`."""
    folder.mkdir(parents=True)
    if files is None:
        files = {".gitlab-ci.yml": (ARTICLE / ".gitlab-ci.yml").read_text()}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--allow-empty", "--message=Begin", cwd=folder)
    return folder


def server(folder: Path, files: dict[str, str] | None = None) -> Path:
    """Make a bare repository that takes push options and keeps what its hook receives."""
    seed = checkout(folder.with_name(folder.name + ".seed"), files)
    git("clone", "--quiet", "--bare", seed, folder)
    shutil.rmtree(seed)
    git("remote", "remove", "origin", cwd=folder)
    with (folder / "config").open("a") as config:
        config.write("[receive]\n\tadvertisePushOptions = true\n\tautogc = false\n[uploadpack]\n\tallowFilter = true\n")
    shutil.rmtree(folder / "hooks")
    (folder / "hooks").mkdir()
    hook = folder / "hooks" / "post-receive"
    hook.write_text(_POST_RECEIVE)
    hook.chmod(0o755)
    return folder


def pushes(folder: Path) -> list[Push]:
    """Return what the hook of a server received, in order."""
    found: list[Push] = []
    path = folder / "pushes"
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("  "):
            last = found.pop()
            found.append(Push(last.old, last.new, last.ref, (*last.options, line[2:])))
        else:
            old, new, ref = line.split(" ")
            found.append(Push(old, new, ref, ()))
    return found


def rows(folder: Path) -> dict[str, Row]:
    """Return what the journal of a run has."""
    book = Journal(folder)
    try:
        return {row.source.name: row for row in book.rows()}
    finally:
        book.close()


def report(folder: Path) -> dict[str, dict[str, object]]:
    """Return what the report of a run has of each repository."""
    repositories = json.loads((folder / "report.json").read_text())["repositories"]
    return {one["repository"]: one for one in repositories}


def wanted() -> bytes:
    """Return what the article's pipeline becomes."""
    return (ARTICLE / "after.yml").read_bytes()


def at(folder: Path, revision: str, name: str = ".gitlab-ci.yml") -> bytes:
    """Return a file of a commit."""
    done = subprocess.run(
        ["git", "cat-file", "blob", f"{revision}:{name}"],
        cwd=folder,
        capture_output=True,
        check=True,
        env=environment(),
    )
    return done.stdout
