"""How do the tests find the cases, and run the program on them as a user does?"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
import typer.main

from memory import in_memory

CASES = Path(__file__).parent / "cases"

_LONGEST = (
    "test_every_draw_is_split_rightly_or_refused",
    "test_rule_2_a_job_leaves_out_only_what_cannot_matter_there",
    "test_rule_3_a_job_runs_its_statements_in_the_old_order",
    "test_all_judges_accept_all_cases",
    "test_a_run_that_is_killed_goes_on_and_does_nothing_twice",
    "test_pre_commit_runs_the_hooks",
    "test_every_repository_gets_one_commit_and_one_merge_request",
)


def pytest_configure(config: pytest.Config) -> None:
    """Keep what the tests write in memory, unless somebody says where it is to be."""
    if os.environ.keys() & {"TMPDIR", "PYTEST_DEBUG_TEMPROOT", "PYTEST_XDIST_WORKER"} or config.option.basetemp:
        return
    memory = in_memory()
    if memory is not None:
        kept = tempfile.TemporaryDirectory(prefix="kaniko-split-tests-", dir=memory, ignore_cleanup_errors=True)
        config.add_cleanup(kept.cleanup)
        os.environ["TMPDIR"] = tempfile.tempdir = kept.name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run all tests of one case one after the other: what shfmt said of its scripts is still known then.

    Each worker begins with a share of those that take longest, so that none is left with one at the end.
    """
    items.sort(key=_case_of)
    longest = [item for name in _LONGEST for item in items if item.name == name]
    others = [item for item in items if item.name not in _LONGEST]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share = len(items) // workers
    for number in range(workers):
        first = number * share
        others[first:first] = longest[number::workers]
    items[:] = others


def _case_of(item: pytest.Item) -> str:
    call = getattr(item, "callspec", None)
    case = call.params.get("case") if call is not None else None
    return case.folder.name if isinstance(case, Case) else ""


def pytest_xdist_auto_num_workers() -> int:
    """Some tests wait for git, a browser or a clock; one worker more than processors has something to do then."""
    return (os.cpu_count() or 1) + 1


@dataclass(frozen=True)
class Ran:
    """What one run of the program left."""

    code: int
    out: bytes
    err: str


def run(*arguments: str, cwd: Path, stdin: bytes = b"") -> Ran:
    """Run kaniko-split in `cwd`, as a process of its own."""
    environment = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
    done = subprocess.run(
        [sys.executable, "-m", "kaniko_split", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        check=False,
        env=environment,
    )
    return Ran(done.returncode, done.stdout, done.stderr.decode())


# Typer reads every option of every command anew for each run, which is a fifth of what a case takes.
_command_once = functools.cache(typer.main.get_command)


def run_here(*arguments: str, cwd: Path, stdin: bytes = b"", environment: dict[str, str] | None = None) -> Ran:
    """Run kaniko-split in `cwd`, within this process: the same entry, without the time that a start takes."""
    from kaniko_split.__main__ import main

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    given_here = os.environ if environment is None else environment
    environment = {key: value for key, value in given_here.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
    code: object = 0
    with (
        contextlib.chdir(cwd),
        patch.dict(os.environ, environment, clear=True),
        patch.multiple(sys, argv=["kaniko-split", *arguments], stdin=given, stdout=out, stderr=err),
        patch.object(typer.main, "get_command", _command_once),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int)
    return Ran(code, out.buffer.getvalue(), err.buffer.getvalue().decode())


@dataclass(frozen=True)
class Case:
    """One folder of `tests/cases`: `before/`, and what is wanted.

    `after/` holds the whole repository after `apply`; without it the files must stay. `refused.txt` has a line
    for each refusal; `args` are further arguments of every command; `stdout` and `stderr` are those of `check`;
    `exit` is the code of `apply`. Where `not-yet` stands, the case is wanted and known not to hold; its text says why.
    """

    folder: Path

    @property
    def before(self) -> Path:
        return self.folder / "before"

    @property
    def wanted(self) -> Path:
        after = self.folder / "after"
        return after if after.is_dir() else self.before

    def text(self, name: str, default: str = "") -> str:
        path = self.folder / name
        return path.read_bytes().decode() if path.is_file() else default

    @property
    def arguments(self) -> list[str]:
        return self.text("args").splitlines()

    @property
    def not_yet(self) -> str:
        return self.text("not-yet").strip()

    @property
    def splits(self) -> bool:
        return (self.folder / "after").is_dir()

    @property
    def refuses(self) -> bool:
        return (self.folder / "refused.txt").is_file()


def all_cases() -> list[Case]:
    return [Case(path.parent) for path in sorted(CASES.glob("*/before"))]


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file under `folder`, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
