"""Is everything done once, whenever a run is killed and however often?"""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from bulk import world

KILLS = 20
REPOSITORIES = 44


def test_a_run_that_is_killed_goes_on_and_does_nothing_twice(tmp_path: Path) -> None:
    first = world.server(tmp_path / "servers" / "first.git")
    servers = [tmp_path / "servers" / f"server{number:02}.git" for number in range(REPOSITORIES)]
    world.git("clone", "--quiet", first, tmp_path / "clone")
    config = (tmp_path / "clone" / ".git" / "config").read_text()
    lines: list[str] = []
    checkouts: list[Path] = []
    for number, server in enumerate(servers):
        shutil.copytree(first, server)
        if number % 2:
            lines.append(f"file://{server}\n")
        else:
            checkouts.append(tmp_path / "checkouts" / server.stem)
            shutil.copytree(tmp_path / "clone", checkouts[-1])
            (checkouts[-1] / ".git" / "config").write_text(config.replace(str(first), str(server)))
    (tmp_path / "list").write_text("".join(lines))
    command = ["--list", "list", "checkouts", "--branch", "one-image", "--push", "--merge-request"]
    chance = random.Random(7)  # noqa: S311 (moments, and nothing secret)

    killed = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "kaniko_split", "bulk", *command, "--jobs", chance.choice("123")],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=world.environment(),
        )
        assert process.stderr is not None
        # The first line tells that a repository is done; others are in the middle of a step then.
        process.stderr.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=chance.uniform(0.0, 0.6))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        process.stderr.close()
    ran = world.bulk(*command, "--jobs", "3", cwd=tmp_path)

    assert killed > KILLS / 2
    assert ran.code == 0, world.bulk("status", cwd=tmp_path).out
    base = world.git("rev-parse", "main", cwd=first)
    for server in servers:
        [push] = world.pushes(server)
        assert push.ref == "refs/heads/one-image"
        assert push.options[0] == "merge_request.create"
        log = world.git("log", "--format=%P", "one-image", "^main", cwd=server)
        assert log == base, "there is one commit, made from the default branch"
        assert world.at(server, "one-image") == world.wanted()
        branches = world.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=server).splitlines()
        assert branches == [f"refs/heads/main {base}", f"refs/heads/one-image {push.new}"]
    for folder in checkouts:
        assert world.git("status", "--porcelain", "--branch", cwd=folder) == "## main...origin/main"
        assert world.git("worktree", "list", "--porcelain", cwd=folder).count("worktree ") == 1
        assert not (folder / ".git" / "worktrees").exists()
    states = {row.state for row in world.rows(tmp_path / "kaniko-split-bulk").values()}
    assert states == {"opened"}
    assert not list(tmp_path.rglob("*.lock"))
    left = sorted(path.name for path in (tmp_path / "kaniko-split-bulk").iterdir())
    assert left == ["journal.sqlite", "report.csv", "report.html", "report.json", "summary.md"]
