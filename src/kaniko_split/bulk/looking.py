"""Does a pipeline have a finding, and which files are wanted to tell, when only some of them are here?"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field

from kaniko_split.detect.findings import findings
from kaniko_split.gitlab.includes import BrokenFileError, read_pipeline
from kaniko_split.gitlab.survey import Problem, Survey
from kaniko_split.shell.shfmt import MissingParserError
from kaniko_split.source.repository import NotInRepositoryError, Repository


class Looked(Struct, frozen=True):
    """What is known of a pipeline, some of whose files may not be there yet.

    Attributes:
        found: Whether a job of it builds several images, as far as is known.
        missing: Files that were asked for, and that are not there.
        patterns: Wildcards that were asked for.
        problem: Why it cannot be read; it may be that a file is missing.
    """

    found: bool
    missing: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    problem: str = ""


class _Partial(Repository, frozen=True):
    """A folder with some files of a repository; what else is asked for is kept.

    Attributes:
        missing: The names of files that are not there.
        patterns: The wildcards.
    """

    missing: dict[str, None] = field(default_factory=dict)
    patterns: dict[str, None] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """Return the bytes of a file, or note that it is missing."""
        try:
            return Repository.read(self, name)
        except FileNotFoundError:
            self.missing.setdefault(name)
            raise

    def has(self, name: str) -> bool:
        """Tell whether a file is there, or note that it is missing."""
        there = Repository.has(self, name)
        if not there:
            self.missing.setdefault(name)
        return there

    def matching(self, pattern: str) -> list[str]:
        """Return the names that match, and note the wildcard."""
        self.patterns.setdefault(pattern)
        return Repository.matching(self, pattern)

    def shown(self, name: str) -> str:
        """Return the name itself: where the files are for now concerns nobody."""
        return name


def look(folder: Path, root: str) -> Looked:
    """Say whether a job builds several images, and which files are missing to tell.

    That is a job of the pipeline with this root, of one that it starts, or of a file that is kept where pipelines are
    kept by custom and that none of these has. The scripts that they run are asked for, too.
    """
    repository = _Partial(folder)
    found, problem = False, ""
    try:
        if repository.present(root):
            # Not strictly: so all that is missing is known at once.
            read_pipeline(repository, root)
        if not repository.missing:
            survey = Survey(repository, root)
            if isinstance(survey.main, Problem):
                problem = survey.main.text
            found = any(findings(pipeline) for pipeline in (*survey.started, *survey.lone))
    except (BrokenFileError, NotInRepositoryError, MissingParserError) as error:
        problem = str(error)
    except OSError as error:
        problem = f"{root}: the file cannot be read ({(error.strerror or str(error)).lower()})"
    except RecursionError:
        problem = f"{root}: the pipeline is nested too deeply to be read"
    return Looked(found, tuple(repository.missing), tuple(repository.patterns), problem)
