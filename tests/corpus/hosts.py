"""Which pipelines does a folder of repositories hold, and does `check` leave them in peace?"""

from __future__ import annotations

import io
import traceback
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from judges.resolver import Pipeline, Rejected, Resolved, resolve_all
from kaniko_split.commands.check import run_check
from kaniko_split.commands.options import NOTHING, TROUBLE, Options

_NO_REPOSITORY = frozenset({".git", "node_modules", ".venv"})


@dataclass(frozen=True)
class Host:
    """A pipeline as someone else wrote it, and what it comes to."""

    folder: Path
    file: str
    resolved: Resolved


@dataclass(frozen=True)
class Checked:
    """What `check` said of one repository: `rejected` is its sentence where the repository is broken."""

    wrong: tuple[str, ...] = ()
    rejected: str = ""


def repositories(folder: Path) -> list[Path]:
    """Give the folders of a folder, or the folder itself where it is a repository."""
    if pipeline_files(folder, deep=False):
        return [folder]
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and path.name not in _NO_REPOSITORY]


def pipeline_files(folder: Path, *, deep: bool = True) -> list[str]:
    """Name the files of a repository that could be pipelines."""
    found = [path for ending in ("*.yml", "*.yaml") for path in (folder.rglob(ending) if deep else folder.glob(ending))]
    names = [path.relative_to(folder) for path in found if path.is_file()]
    return sorted(name.as_posix() for name in names if not _NO_REPOSITORY & set(name.parts))


def contents(folder: Path) -> dict[str, bytes]:
    """Read all files of a repository."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _NO_REPOSITORY & set(path.relative_to(folder).parts)
    }


def check(folder: Path) -> Checked:
    """Run `check` on a repository that has nothing to find."""
    before = contents(folder)
    said, told = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(told):
            code = run_check(Options(paths=(folder,)))
    except Exception:  # noqa: BLE001 (whatever it is, it is what we look for)
        return Checked((f"{folder.name}: check raised an exception\n{traceback.format_exc()}",))
    wrong = [] if contents(folder) == before else [f"{folder.name}: check changed a file"]
    if code == TROUBLE:
        lines = told.getvalue().splitlines()
        wrong += [f"{folder.name}: check did not say in a sentence what is wrong: {lines}"] * (not _is_plain(lines))
        return Checked(tuple(wrong), " ".join(lines))
    if code != NOTHING:
        wrong.append(f"{folder.name}: check ended with {code}: {said.getvalue()}")
    return Checked(tuple(wrong))


def _is_plain(lines: Sequence[str]) -> bool:
    return bool(lines) and all(line.startswith("error: ") for line in lines)


def hosts(folders: Sequence[Path]) -> list[Host]:
    """Give all pipelines that the resolver takes, each file for itself."""
    wanted = [Pipeline(folder, name) for folder in folders for name in pipeline_files(folder)]
    answers = resolve_all(wanted)
    found: list[Host] = []
    for pipeline in wanted:
        answer = answers[pipeline]
        if not isinstance(answer, Rejected) and answer.jobs:
            found.append(Host(pipeline.folder, pipeline.file, answer))
    return found
