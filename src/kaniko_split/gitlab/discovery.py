"""Which pipelines do the paths that a user names hold?"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from kaniko_split.gitlab.mentions import Mentions
from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.survey import ROOT, Problem, Survey, is_root
from kaniko_split.source.repository import NotInRepositoryError, Repository

__all__ = ["ROOT", "STDIN", "Found", "Problem", "discover", "from_text", "root_of"]

STDIN = "stdin"


class Found(Struct, frozen=True, eq=False):
    """A pipeline, and which of its files the user meant; None stands for all.

    Attributes:
        repository: Where its files are.
        pipeline: The files.
        meant: The names of the files that the user meant.
        elsewhere: Gives the root of another pipeline of the repository that has a file too, by name, or None.
        mentions: Gives the places of the repository that speak of a job, by its name.
    """

    repository: Repository
    pipeline: Pipeline
    meant: frozenset[str] | None = None
    elsewhere: Callable[[str], str | None] = lambda _: None
    mentions: Callable[[str], Mentions] = lambda _: Mentions()


class _Search(Struct, eq=False):
    """What has been read for the paths of one call, so that nothing is read or given twice."""

    root: str
    surveys: dict[Path, Survey] = field(default_factory=dict)
    given: set[tuple[Path, str]] = field(default_factory=set)

    def survey(self, folder: Path) -> Survey:
        if folder not in self.surveys:
            self.surveys[folder] = Survey(Repository(folder), self.root)
        return self.surveys[folder]

    def found(self, survey: Survey, pipeline: Pipeline, meant: Iterable[str]) -> Iterator[Found]:
        """Give a pipeline, with those of the files meant that have not been given with another one."""
        folder = survey.repository.root
        names = {file.name for file in pipeline.files}
        left = frozenset(name for name in meant if name in names and (folder, name) not in self.given)
        self.given |= {(folder, name) for name in left}
        if left:
            whole = None if left == names else left
            yield Found(
                survey.repository,
                pipeline,
                whole,
                partial(survey.elsewhere, pipeline),
                partial(survey.mentions, pipeline),
            )


def discover(paths: Sequence[Path], root: str = ROOT) -> Iterator[Found | Problem]:
    """Yield the pipelines under `paths`, and what could not be read, in order.

    A file is read as part of its repository's pipeline where that includes it. The repository is the nearest
    folder above with the root file or a `.git`; where the git repository's own pipeline reaches that folder's, it is
    the git repository.

    Args:
        paths: Files and folders.
        root: The file that GitLab starts from, from a repository's root.
    """
    search = _Search(root)
    for path in paths:
        if path.is_dir() and path.name != root:
            yield from _in_folder(path, search)
        elif path.exists() or path.is_symlink():
            yield from _of_file(path, search)
        else:
            yield Problem(f"{path}: there is no such file or folder; check the path")


def from_text(data: bytes) -> Iterator[Found | Problem]:
    """Yield the pipeline that standard input holds; its includes are not read."""
    repository = Repository(Path.cwd(), given={STDIN: data}, alone=True)
    survey = Survey(repository, STDIN)
    read = survey.main
    if isinstance(read, Pipeline) and is_root(read, STDIN):
        yield Found(repository, read)
    elif isinstance(read, Problem):
        yield read
    else:
        yield _no_pipeline(STDIN)


def root_of(folder: Path, root: str = ROOT) -> Path:
    """Return the folder of the repository that `folder` belongs to; `folder` itself where it belongs to none."""
    return _survey_of(folder, _Search(root)).repository.root


def _in_folder(folder: Path, search: _Search) -> Iterator[Found | Problem]:
    survey = _survey_of(folder, search)
    repository = survey.repository
    prefix = _name_in(repository, folder)
    prefix = "" if prefix == "." else prefix + "/"
    try:
        os.scandir(folder).close()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        yield Problem(f"{folder}: the folder cannot be read ({reason}); check its permissions")
        return
    if survey.main is None and search.root != ROOT:
        yield _no_root(survey)
        return
    if isinstance(survey.main, Problem):
        # What the root includes is not known, so no file of the repository is known to stand alone.
        yield survey.main
        return
    any_found = False
    for pipeline in survey.started:
        meant = [file.name for file in pipeline.files if file.name.startswith(prefix)]
        any_found = any_found or bool(meant)
        yield from search.found(survey, pipeline, meant)
    names = [name for name in survey.by_custom(prefix) if name.startswith(prefix)]
    for name, read in survey.alone(iter(sorted(names, key=lambda name: (name.removeprefix(prefix) != ROOT, name)))):
        if isinstance(read, Problem):
            # A Helm chart's template has this custom's place and ending, and is no YAML before Helm has read it.
            if name.endswith(ROOT) or not _is_template(repository, name):
                any_found = True
                yield read
        elif is_root(read, name):
            any_found = True
            yield from search.found(survey, read, [file.name for file in read.files])
    if not any_found:
        yield Problem(f"{folder}: there is no GitLab pipeline in this folder; name its file")


def _of_file(path: Path, search: _Search) -> Iterator[Found | Problem]:
    survey = _survey_of(path.parent, search)
    name = _name_in(survey.repository, path)
    if survey.main is None and search.root != ROOT:
        yield _no_root(survey)
        return
    if isinstance(survey.main, Problem):
        yield survey.main
        return
    for pipeline in survey.started:
        if any(file.name == name for file in pipeline.files):
            yield from search.found(survey, pipeline, [name])
            return
    for _, read in survey.alone(iter(dict.fromkeys((*survey.by_custom(), name)))):
        if isinstance(read, Pipeline) and read.root.name != name and any(file.name == name for file in read.files):
            yield from search.found(survey, read, [name])
            return
    read = survey.read(name, whole=path.name == ROOT)
    if isinstance(read, Problem):
        yield read
    elif is_root(read, name):
        yield from search.found(survey, read, [file.name for file in read.files])
    else:
        yield _no_pipeline(survey.repository.shown(name))


def _no_root(survey: Survey) -> Problem:
    leads_out = posixpath.normpath(survey.root).startswith(("../", "/"))
    shown = survey.root if leads_out else survey.repository.shown(survey.root)
    return Problem(f"{shown}: there is no such file; --ci-file takes a path from the repository's root")


def _no_pipeline(name: str) -> Problem:
    return Problem(f"{name}: the file is no GitLab pipeline", fatal=False)


def _is_template(repository: Repository, name: str) -> bool:
    try:
        return b"{{" in repository.read(name)
    except (OSError, NotInRepositoryError):
        return False


def _name_in(repository: Repository, path: Path) -> str:
    return Path(os.path.relpath(os.path.abspath(path), os.path.abspath(repository.root))).as_posix()


def _survey_of(folder: Path, search: _Search) -> Survey:
    """Return the repository that a folder belongs to."""
    start = Path(os.path.abspath(folder))
    above = (start, *start.parents)
    near = next((one for one in above if (one / search.root).is_file() or (one / ".git").exists()), start)
    git = next((one for one in above if (one / ".git").exists()), near)
    if git != near and (git / search.root).is_file():
        survey = search.survey(git)
        name = (near / search.root).relative_to(git).as_posix()
        if any(file.name == name for pipeline in survey.started for file in pipeline.files):
            return survey
    return search.survey(near)
