"""Which pipelines do the paths that a user names hold?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kaniko_split.gitlab.includes import BrokenFileError, read_pipeline
from kaniko_split.gitlab.pipeline import Pipeline, Unread, is_pipeline
from kaniko_split.gitlab.values import TooLargeError
from kaniko_split.source.repository import NotInRepositoryError, Repository, wildcard
from kaniko_split.source.text import Place

ROOT = ".gitlab-ci.yml"
STDIN = "stdin"

# Where GitLab pipelines are kept by custom, besides what the root includes.
_PATTERNS = (
    ROOT,
    "*.gitlab-ci.yml",
    ".gitlab/**/*.yml",
    ".gitlab-ci.d/**",
    "ci/**/*.yml",
    "templates/**/*.yml",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A pipeline, and which of its files the user meant; None stands for all."""

    repository: Repository
    pipeline: Pipeline
    meant: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A path or file that cannot be used, in one sentence; `fatal` where that is an error of the input."""

    text: str
    fatal: bool = True


def discover(paths: Sequence[Path]) -> Iterator[Found | Problem]:
    """Yield the pipelines under `paths`, and what could not be read, in order.

    A file is read as part of its repository's pipeline where that includes it. The repository is the nearest
    folder above with a `.gitlab-ci.yml` or a `.git`.
    """
    done: set[tuple[str, str]] = set()
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path, done)
        elif path.exists() or path.is_symlink():
            yield from _of_file(path, done)
        else:
            yield Problem(f"{path}: there is no such file or folder; check the path")


def from_text(data: bytes) -> Iterator[Found | Problem]:
    """Yield the pipeline that standard input holds; its includes are not read."""
    repository = Repository(Path.cwd(), given={STDIN: data}, alone=True)
    yield from _read(repository, STDIN, None, named=True)


def _in_folder(folder: Path, done: set[tuple[str, str]]) -> Iterator[Found | Problem]:
    repository = Repository(_root_of(folder))
    prefix = os.path.relpath(os.path.abspath(folder), os.path.abspath(repository.root))
    prefix = "" if prefix == "." else Path(prefix).as_posix() + "/"
    try:
        names = repository.names(prefix)
    except OSError as error:
        yield Problem(f"{folder}: {_reason(error)}")
        return
    tests = [wildcard(pattern) for pattern in _PATTERNS]
    candidates = [
        name for name in names if any(test(one) for test in tests for one in (name, name.removeprefix(prefix)))
    ]
    candidates.sort(key=lambda name: (name.removeprefix(prefix) != ROOT, name))
    seen: set[str] = set()
    any_found = False
    for name in candidates:
        if name in seen or (str(repository.root), name) in done:
            any_found = True
            continue
        for found in _read(repository, name, done, named=False):
            if isinstance(found, Found):
                seen |= {file.name for file in found.pipeline.files}
            any_found = True
            yield found
    if not any_found:
        yield Problem(f"{folder}: there is no GitLab pipeline in this folder; name its file")


def _of_file(path: Path, done: set[tuple[str, str]]) -> Iterator[Found | Problem]:
    repository = Repository(_root_of(path.parent))
    name = Path(os.path.relpath(os.path.abspath(path), os.path.abspath(repository.root))).as_posix()
    if name != ROOT and (repository.root / ROOT).is_file():
        try:
            whole = read_pipeline(repository, ROOT)
        except (BrokenFileError, OSError, NotInRepositoryError):
            whole = None
        if whole is not None and any(file.name == name for file in whole.files):
            if (str(repository.root), ROOT) not in done and (str(repository.root), name) not in done:
                done.add((str(repository.root), name))
                yield Found(repository, whole, frozenset({name}))
            return
    yield from _read(repository, name, done, named=True)


def _read(
    repository: Repository, name: str, done: set[tuple[str, str]] | None, *, named: bool
) -> Iterator[Found | Problem]:
    key = (str(repository.root), name)
    if done is not None:
        if key in done:
            return
        done.add(key)
    shown = repository.shown(name)
    try:
        pipeline = read_pipeline(repository, name)
        if name.endswith(ROOT) or is_pipeline(pipeline.root):
            _ = pipeline.value
            yield Found(repository, replace(pipeline, included_by=_computed_include(repository, name)))
        elif named:
            yield Problem(f"{shown}: the file is no GitLab pipeline, so it is passed over", fatal=False)
    except BrokenFileError as error:
        # A Helm chart's template has this custom's place and ending, and is no YAML before Helm has read it.
        if named or name.endswith(ROOT) or not _is_template(repository, name):
            yield Problem(str(error))
    except TooLargeError as error:
        yield Problem(f"{Place(shown, 1, 1)}: {error}; GitLab would not read it either")
    except NotInRepositoryError as error:
        yield Problem(f"{shown}: {error}; name a file of the repository")
    except OSError as error:
        yield Problem(f"{shown}: {_reason(error)}")


def _computed_include(repository: Repository, name: str) -> Unread | None:
    """Return the include of the repository's root that has a variable in its path and may mean this file."""
    if name == ROOT or repository.alone or not (repository.root / ROOT).is_file():
        return None
    try:
        unread = read_pipeline(repository, ROOT).unread
    except (BrokenFileError, OSError, NotInRepositoryError):
        return None
    return next((one for one in unread if one.kind == "local" and "$" in one.what), None)


def _is_template(repository: Repository, name: str) -> bool:
    try:
        return b"{{" in repository.read(name)
    except (OSError, NotInRepositoryError):
        return False


def _reason(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"the file cannot be read ({reason}); check its permissions"


def _root_of(folder: Path) -> Path:
    """Return the nearest folder, from `folder` upwards, that looks like a repository's root; else `folder`."""
    start = Path(os.path.abspath(folder))
    for one in (start, *start.parents):
        if (one / ROOT).is_file() or (one / ".git").exists():
            return one
    return start
