"""Do shards, retries, an end by Ctrl-C and bad lines of a list do what is said of them?"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bulk import world
from kaniko_split.bulk import contents
from kaniko_split.bulk.cli import app
from kaniko_split.bulk.commands import run_scan
from kaniko_split.bulk.settings import Settings

ARTICLE = (world.ARTICLE / ".gitlab-ci.yml").read_text()
REFUSED = ARTICLE.replace("    - mkdir -p", '    - export TAG="$(date +%s)"\n    - mkdir -p', 1).replace(
    "${CI_COMMIT_SHORT_SHA}", "${TAG}"
)


def several(folder: Path, number: int) -> Path:
    """Make some repositories with findings, some without, and some that are refused."""
    kinds = [
        {".gitlab-ci.yml": ARTICLE},
        {".gitlab-ci.yml": world.CLEAN},
        {".gitlab-ci.yml": REFUSED},
        {"README.md": ""},
    ]
    seeds = [world.checkout(folder / f"seed{at}", files) for at, files in enumerate(kinds)]
    for at in range(number):
        shutil.copytree(seeds[at % 4], folder / "all" / f"r{at:02}")
    return folder / "all"


def test_four_shards_equal_one_run(tmp_path: Path) -> None:
    several(tmp_path, 24)
    whole = world.bulk("all", "--into", "whole", "--jobs", "1", cwd=tmp_path)
    for index in range(1, 5):
        share = {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": "4"}
        ran = world.bulk("all", "--into", f"shards/{index}", "--jobs", "1", cwd=tmp_path, **share)
        assert ran.code == 1, ran.err
    joined = world.bulk("merge", "shards", "--into", "joined", cwd=tmp_path)
    assert (whole.code, joined.code) == (1, 1)
    assert whole.out == joined.out
    for name in ("report.html", "report.json", "report.csv", "summary.md"):
        assert (tmp_path / "joined" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    sizes = [len(world.rows(tmp_path / "shards" / str(index))) for index in range(1, 5)]
    assert sum(sizes) == 24
    assert max(sizes) < 24
    assert world.bulk("status", "joined", cwd=tmp_path).out == world.bulk("status", "whole", cwd=tmp_path).out


def test_the_report_has_a_row_for_each_finding_and_each_repository(tmp_path: Path) -> None:
    several(tmp_path, 4)
    ran = world.bulk("all", "--quiet", "--jobs", "1", cwd=tmp_path)
    assert ran.code == 1
    lines = (tmp_path / "kaniko-split-bulk" / "report.csv").read_text().splitlines()
    assert lines == [
        "repository,file,job,verdict,code,builds,cached,branch,merge request,reason",
        "all/r00,.gitlab-ci.yml,build-images,split,,2,yes,,,",
        "all/r01,,,clean,,,,,,",
        lines[3],
        'all/r03,,,skipped,,,,,,"there is no `.gitlab-ci.yml`, nor any other pipeline"',
    ]
    assert lines[3].startswith("all/r02,.gitlab-ci.yml,build-images,refused,")
    assert '"refused" : 1' in (tmp_path / "kaniko-split-bulk" / "summary.md").read_text()


def test_what_is_no_repository_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    server = world.server(tmp_path / "server.git")
    (tmp_path / "plain").mkdir()
    (tmp_path / "list").write_text(
        f"file://{server}\nplain\nnone\nhttps://me:s3cr3t@127.0.0.1/x.git\next::sh -c x\nhttp://127.0.0.1:1/x.git\n"
    )
    ran = world.bulk("--list", "list", "--tries", "1", "--jobs", "1", cwd=tmp_path)
    assert ran.code == 1
    assert "s3cr3t" not in ran.out + ran.err
    assert "error: https://***@127.0.0.1/x.git: " in ran.err
    states = {
        name.removeprefix(f"{tmp_path}/"): row.state for name, row in world.rows(tmp_path / "kaniko-split-bulk").items()
    }
    assert states == {
        "server": "found",
        "plain": "failed",
        "none": "failed",
        "https://***@127.0.0.1/x.git": "failed",
        "ext::sh -c x": "failed",
        "127.0.0.1:1/x": "failed",
    }
    assert world.bulk("--list", "nowhere", "--into", "other", cwd=tmp_path).code == 2


def test_the_failed_ones_are_taken_again(tmp_path: Path) -> None:
    server = world.server(tmp_path / "server.git")
    hook = server / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    (tmp_path / "list").write_text(f"file://{server}\n")
    command = ("--list", "list", "--branch", "one-image", "--push", "--jobs", "1")
    assert world.bulk(*command, cwd=tmp_path).code == 1
    assert world.bulk(*command, cwd=tmp_path).code == 1, "a run goes on; it does not try again"
    assert world.pushes(server) == []
    hook.unlink()
    assert world.bulk("retry", cwd=tmp_path).code == 0
    assert len(world.pushes(server)) == 1
    assert world.bulk("retry", "nowhere", cwd=tmp_path).code == 2


def test_ctrl_c_finishes_what_is_in_hand(tmp_path: Path) -> None:
    several(tmp_path, 40)
    process = subprocess.Popen(
        [sys.executable, "-m", "kaniko_split", "bulk", "all", "--branch", "one-image", "--jobs", "1"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=world.environment(),
        text=True,
    )
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    assert process.returncode == 130
    assert "stopped; the same command goes on where this one ended" in said
    states = [row.state for row in world.rows(tmp_path / "kaniko-split-bulk").values()]
    assert "waiting" in states
    assert "working" not in states
    assert (tmp_path / "kaniko-split-bulk" / "report.csv").exists()


def test_ctrl_c_twice_stops_at_once_and_leaves_no_work_tree(tmp_path: Path) -> None:
    folder = world.checkout(tmp_path / "all" / "slow")
    hook = folder / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/begun\necho begun > {tmp_path}/pipe\nexec sleep 600\n")
    hook.chmod(0o755)
    subprocess.run(["mkfifo", tmp_path / "pipe"], check=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "kaniko_split", "bulk", "all", "--branch", "one-image", "--jobs", "2"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=world.environment(),
        text=True,
    )
    (tmp_path / "pipe").read_text()
    assert process.stderr is not None
    process.send_signal(signal.SIGINT)
    assert "press Ctrl-C again" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert world.git("worktree", "list", "--porcelain", cwd=folder).count("worktree ") == 1
    assert world.git("for-each-ref", "--format=%(refname)", cwd=folder) == "refs/heads/main"
    assert not list(folder.rglob("*.lock"))
    hook.unlink()
    assert world.bulk("all", "--branch", "one-image", cwd=tmp_path).code == 0
    assert world.at(folder, "one-image") == world.wanted()


def test_a_terminal_gets_a_bar_with_the_rate(tmp_path: Path) -> None:
    several(tmp_path, 4)
    reader, terminal = os.openpty()
    subprocess.run(
        [sys.executable, "-m", "kaniko_split", "bulk", "all", "--jobs", "1"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        check=False,
        env=world.environment(TERM="xterm", COLUMNS="100"),
    )
    os.close(terminal)
    said = b""
    with contextlib.suppress(OSError):  # so a terminal tells that its other side is closed
        while more := os.read(reader, 65536):
            said += more
    os.close(reader)
    text = said.decode()
    assert "4/4" in text
    assert re.search(r"\d/s", text)
    assert re.search(r"\d:\d\d:\d\d", text), "the time that remains"
    assert "all/r03: left alone: there is no `.gitlab-ci.yml`" in text


def test_a_full_disk_stops_one_repository_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for key, value in world.environment().items():
        monkeypatch.setenv(key, value)
    first, second = world.server(tmp_path / "a.git"), world.server(tmp_path / "b.git")
    (tmp_path / "list").write_text(f"file://{first}\nfile://{second}\n")
    calls: list[Path] = []

    def write_file(into: Path, path: str, data: bytes) -> None:
        calls.append(into)
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        contents_write_file(into, path, data)

    contents_write_file = contents.write_file
    monkeypatch.setattr(contents, "write_file", write_file)
    settings = Settings(lists=(str(tmp_path / "list"),), jobs=1, tries=1)
    assert run_scan(settings, tmp_path / "run") == 1
    states = {row.state: row.reason for row in world.rows(tmp_path / "run").values()}
    assert states == {"failed": "the files cannot be written for the analysis (no space left on device)", "found": ""}
    assert "Traceback" not in capsys.readouterr().err


def test_results_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    several(tmp_path, 4)
    (tmp_path / "run" / "report.csv").mkdir(parents=True)
    (tmp_path / "run" / "report.csv" / "x").write_text("")
    ran = world.bulk("all", "--into", "run", "--jobs", "1", "--quiet", cwd=tmp_path)
    assert ran.code == 2
    assert ran.err.splitlines()[-1].startswith("error: run: the results cannot be written (is a directory")
    assert not list((tmp_path / "run").glob(".report*"))
    (tmp_path / "file").write_text("")
    assert world.bulk("all", "--into", "file/run", cwd=tmp_path).code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Usage: "),
        (("scan",), "name a folder, a --list or a --group"),
        (("x", "--push"), "--push needs --branch NAME"),
        (("x", "--branch", "-x"), "git does not allow a branch of this name"),
        (("x", "--branch", "a..b"), "git does not allow a branch of this name"),
        (("x", "--shard", "5/4"), "--shard"),
        (("x", "--token-file", "none"), "the token cannot be read"),
        (("x", "--message-file", "none"), "--message-file"),
        (("x", "--template-name", "no-dot"), "--template-name"),
    ],
)
def test_usage_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not list(tmp_path.rglob("report.*"))
