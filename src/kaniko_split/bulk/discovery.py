"""Which projects of a group have a finding, told without a clone?

Where the server has a code search, that says in which projects the executor's word stands in a YAML file or in a
script; of the others nothing is read. Then the pipeline's files are read over the API: `.gitlab-ci.yml` or the path
that the project is configured with, the local files that those include, the child pipelines that they start, and the
scripts that they run; and, where nothing is found in these, the files that are kept where pipelines are by custom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kaniko_split.bulk.contents import is_harmless, write_file
from kaniko_split.bulk.failures import FailedError, SkippedError
from kaniko_split.bulk.gitlab_api import MOST_HITS, Server
from kaniko_split.bulk.looking import Looked
from kaniko_split.bulk.settings import Settings
from kaniko_split.bulk.sources import Source
from kaniko_split.detect.findings import EXECUTOR
from kaniko_split.gitlab.keywords import MOST_INCLUDES
from kaniko_split.gitlab.survey import CUSTOMARY_FOLDERS, is_kept_by_custom
from kaniko_split.source.repository import include_pattern

# Pipelines, and scripts that they may run; a script with no such ending speaks of Kaniko.
_ENDINGS = (".yml", ".yaml", ".sh", ".bash")
_BY_ENDING = tuple(f"{EXECUTOR} extension:{ending[1:]}" for ending in _ENDINGS)
_KANIKO = "kaniko"


def in_group(server: Server, group: str, settings: Settings) -> Iterator[Source]:
    """Yield the projects of a group; those that cannot have a finding are marked in their facts.

    Raises:
        FailedError: The server does not answer as documented.
    """
    candidates = _candidates(server, group, settings)
    for project in server.projects(
        group, subgroups=settings.subgroups, archived=settings.archived, tries=settings.tries
    ):
        source = _source(project, settings, candidates)
        if source is not None:
            yield source


def _candidates(server: Server, group: str, settings: Settings) -> frozenset[int] | None:
    """Return the ids of the projects that the code search names; None where it cannot be relied on.

    Archived projects and forks need not be in the index. A server whose search knows no `extension:` finds nothing
    with it; so when nothing is found, the word alone is sought.
    """
    if not settings.code_search or settings.archived or settings.forks:
        return None
    found: set[int] = set()
    hits = 0
    try:
        for words in (*_BY_ENDING, EXECUTOR, _KANIKO):
            if words == EXECUTOR and hits:
                continue
            for hit in server.projects_with(group, words, settings.tries):
                hits += 1
                path = str(hit.get("path") or hit.get("filename") or "")
                if isinstance(hit.get("project_id"), int) and (words == _KANIKO or path.endswith(_ENDINGS)):
                    found.add(hit["project_id"])
                if hits >= MOST_HITS:
                    return None
    except FailedError:
        # "Scope supported only with advanced search or exact code search" (400), and whatever else there is.
        return None
    return frozenset(found)


def _source(project: dict[str, Any], settings: Settings, candidates: frozenset[int] | None) -> Source | None:
    identifier, name = project.get("id"), project.get("path_with_namespace")
    if not isinstance(identifier, int) or not isinstance(name, str):
        raise FailedError("the server answers with a project that has no id and path")
    if project.get("archived") and not settings.archived:
        return None
    if project.get("forked_from_project") and not settings.forks:
        return None
    configured = str(project.get("ci_config_path") or "")
    where = str(project.get("ssh_url_to_repo" if settings.ssh else "http_url_to_repo") or "")
    facts = {
        "id": identifier,
        "branch": str(project.get("default_branch") or ""),
        "path": configured,
        "url": str(project.get("web_url") or ""),
        "empty": bool(project.get("empty_repo")),
        "clean": candidates is not None
        and identifier not in candidates
        and (not configured or configured.endswith((".yml", ".yaml"))),
    }
    return Source(name, "project", where, facts)


def has_finding(server: Server, source: Source, root: str, folder: Path, look: Callable[[Path, str], Looked]) -> bool:
    """Tell whether a job of the project's pipeline builds several images.

    Args:
        server: Where the project is.
        source: The project.
        root: The file that GitLab starts from.
        folder: An empty folder for its files.
        look: Reads a pipeline in a folder.

    Raises:
        SkippedError: It has no pipeline; the text says why.
        FailedError: The server does not answer as documented, or the pipeline cannot be read.
    """
    # What lies above may be a repository too; an empty folder of this name says that this is one.
    (folder / ".git").mkdir(parents=True)
    reading = _Reading(server, source.facts["id"], source.facts["branch"], folder)
    present = reading.fetch(root)
    if present and _found(reading, root, look):
        return True
    # What nobody includes is sought only where there is something to be found in it.
    lone = [path for path in reading.by_custom() if path not in reading.tried]
    if not lone and not present:
        raise SkippedError(f"there is no `{root}`, nor any other pipeline")
    return bool(lone) and (not reading.fetch_all(lone) or _found(reading, root, look))


def _found(reading: _Reading, root: str, look: Callable[[Path, str], Looked]) -> bool:
    """Tell whether the files that are there have a finding, or are too many to be asked for: then a clone tells."""
    while True:
        looked = look(reading.folder, root)
        wanted = (*looked.missing, *reading.matching(looked.patterns))
        new = [path for path in dict.fromkeys(wanted) if path not in reading.tried]
        if not new:
            if looked.problem:
                raise FailedError(looked.problem)
            return looked.found
        if not reading.fetch_all(new):
            return True


def root_of(source: Source, default: str) -> str:
    """Return the path of a project's pipeline: the configured one, else `default`.

    Raises:
        SkippedError: There is none in the project.
    """
    if source.facts["empty"] or not source.facts["branch"]:
        raise SkippedError("the repository is empty; there is no commit to look at")
    configured = source.facts["path"]
    if "://" in configured:
        raise SkippedError(f"its pipeline is read from {configured}, which is no file of this project")
    path, at, other = configured.partition("@")
    if at:
        raise SkippedError(f"its pipeline is `{path}` of the project {other}; look at that one")
    root = path.lstrip("/") or default
    if not is_harmless(root):
        raise SkippedError("the configured path of its pipeline leads out of the repository")
    return root


class _Reading:
    """The files of a project that were asked for."""

    def __init__(self, server: Server, project: int, ref: str, folder: Path) -> None:
        self._server = server
        self._project = project
        self._ref = ref
        self.folder = folder
        self._paths: list[str] | None = None
        self.tried: set[str] = set()

    def fetch(self, path: str) -> bool:
        """Write a file into the folder; tell whether there is such a file."""
        self.tried.add(path)
        if not is_harmless(path):
            return False
        data = self._server.file(self._project, path, self._ref)
        if data is None:
            return False
        write_file(self.folder, path, data)
        return True

    def fetch_all(self, paths: Sequence[str]) -> bool:
        """Write files into the folder, unless they are more than may be asked for; tell whether they were not."""
        for path in paths:
            if len(self.tried) > MOST_INCLUDES:
                return False
            self.fetch(path)
        return True

    def by_custom(self) -> Iterator[str]:
        """Yield the paths of files that are kept where pipelines are kept by custom; no other folder is listed."""
        wanted = is_kept_by_custom
        for path, is_folder in self._server.top(self._project, self._ref, 1):
            if not is_folder:
                yield from [path] if wanted(path) else []
            elif path in CUSTOMARY_FOLDERS:
                yield from filter(wanted, self._server.paths(self._project, self._ref, 1, path))

    def matching(self, patterns: tuple[str, ...]) -> list[str]:
        """Return the paths of the project that one of the patterns means."""
        if not patterns:
            return []
        if self._paths is None:
            self._paths = list(self._server.paths(self._project, self._ref, 1))
        tests = [include_pattern(pattern) for pattern in patterns]
        return [path for path in self._paths if any(test(path) for test in tests)]
