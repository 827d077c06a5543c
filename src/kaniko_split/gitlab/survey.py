"""Which pipelines does a repository hold, and which files belong to each?

The root is `.gitlab-ci.yml`, or the file that the project's settings name ("Specify a custom CI/CD configuration
file", https://docs.gitlab.com/ci/pipelines/settings/). A child pipeline is one of its own: its jobs do not know
those of its parent (https://docs.gitlab.com/ci/pipelines/downstream_pipelines/). A file that none of them includes is
a root of its own: a component, or configuration that other projects include.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from kaniko_split.gitlab.includes import BrokenFileError, read_child, read_pipeline
from kaniko_split.gitlab.mentions import Mentions, Surroundings
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile, Unread, is_pipeline
from kaniko_split.gitlab.problems import problems
from kaniko_split.source.repository import NotInRepositoryError, Repository, wildcard
from kaniko_split.tree.nodes import Mapping, followed

ROOT = ".gitlab-ci.yml"

# Where GitLab pipelines are kept by custom, besides what the root includes.
_PATTERNS = (
    ROOT,
    "*.gitlab-ci.yml",
    ".gitlab/**/*.yml",
    ".gitlab-ci.d/**",
    "ci/**/*.yml",
    "templates/**/*.yml",
)


# The folders among these, of the repository's root.
CUSTOMARY_FOLDERS = frozenset(pattern.partition("/")[0] for pattern in _PATTERNS if "/" in pattern)


def is_kept_by_custom(name: str) -> bool:
    """Tell whether a path from the repository's root is one of a YAML file where pipelines are kept by custom."""
    return name.endswith((".yml", ".yaml")) and any(test(name) for test in map(wildcard, _PATTERNS))


class Problem(Struct, frozen=True, eq=False):
    """A path or file that cannot be used, in one sentence.

    It is `fatal` where that is an error of the input; else the sentence does not say what follows from it.
    """

    text: str
    fatal: bool = True


class Survey(Struct, frozen=True, eq=False, dict=True):
    """The pipelines of one repository; each part is read when it is asked for.

    Attributes:
        repository: The files.
        root: The file that GitLab starts from.
        known: The files that have been read, by name.
    """

    repository: Repository
    root: str = ROOT
    known: dict[str, PipelineFile] = field(default_factory=dict)

    @cached_property
    def main(self) -> Pipeline | Problem | None:
        """The pipeline of the root, what is wrong with it, or None where there is no such file."""
        if not self.repository.present(self.root):
            return None
        return self.read(self.root, whole=True)

    @cached_property
    def started(self) -> tuple[Pipeline, ...]:
        """The pipeline of the root, and the child pipelines that it starts, and those that these start."""
        found = [self.main] if isinstance(self.main, Pipeline) else []
        seen = {_names(pipeline) for pipeline in found}
        for pipeline in found:
            for child in self._children(pipeline):
                if _names(child) not in seen:
                    seen.add(_names(child))
                    found.append(child)
        return tuple(found)

    def alone(self, names: Iterator[str]) -> Iterator[tuple[str, Pipeline | Problem]]:
        """Yield the pipelines of those of the files that no other pipeline has, under the names of their roots."""
        taken = {file.name for pipeline in self.started for file in pipeline.files}
        read = {name: self.read(name, whole=False) for name in names if name not in taken}
        for one in read.values():
            if isinstance(one, Pipeline):
                taken |= {file.name for file in one.files[:-1]}
        for name, one in read.items():
            if name not in taken:
                yield name, one

    def by_custom(self, prefix: str = "") -> Iterator[str]:
        """Yield the files that are kept where pipelines are kept by custom, from the root's folder or `prefix`."""
        tests = [wildcard(pattern) for pattern in _PATTERNS]
        for name in self.repository.names():
            inner = name.removeprefix(prefix)
            if any(test(name) for test in tests) or (inner != name and any(test(inner) for test in tests)):
                yield name

    @cached_property
    def lone(self) -> tuple[Pipeline, ...]:
        """The pipelines of the files that are kept by custom where pipelines are, and that no other one has."""
        return tuple(one for _, one in self.alone(self.by_custom()) if isinstance(one, Pipeline) and _is_one(one))

    def elsewhere(self, pipeline: Pipeline, name: str) -> str | None:
        """Return the root of another pipeline that has the file called `name` too, None where there is none."""
        own = _names(pipeline)
        for other in (*self.started, *self.lone):
            if _names(other) != own and any(file.name == name for file in other.files):
                return other.root.name
        return None

    def mentions(self, pipeline: Pipeline, job: str) -> Mentions:
        """Return where files of the repository speak of a job of `pipeline`, other than by GitLab's own references."""
        own = _names(pipeline)
        others = [file for other in (*self.started, *self.lone) for file in other.files]
        return self._surroundings.mentions(job, own, others)

    @cached_property
    def _surroundings(self) -> Surroundings:
        return Surroundings(self.repository)

    def read(self, name: str, *, whole: bool) -> Pipeline | Problem:
        """Read the pipeline whose root is the file called `name`.

        Args:
            name: The file.
            whole: Whether GitLab starts from it; else other projects may include it, and not all of it need be here.
        """
        shown = self.repository.shown(name)
        try:
            pipeline = read_pipeline(self.repository, name, strict=whole, known=self.known)
            wrong = next(problems(pipeline, whole=whole), None)
        except BrokenFileError as error:
            wrong = error
        except NotInRepositoryError as error:
            return Problem(f"{shown}: {error}; {error.advice}")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            by_hand = "mend the link" if self.repository.is_link(name) else "check its permissions"
            return Problem(f"{shown}: the file cannot be read ({reason}); {by_hand}")
        if wrong is not None:
            return Problem(str(wrong))
        return pipeline if whole else replace(pipeline, included_by=self._computed_include(), partial=True)

    def _computed_include(self) -> Unread | None:
        """Return the include of the repository's root that has a variable in its path and may mean any file."""
        unread = self.main.unread if isinstance(self.main, Pipeline) else ()
        return next((one for one in unread if one.kind == "local" and "$" in one.what), None)

    def _children(self, pipeline: Pipeline) -> Iterator[Pipeline]:
        for job in pipeline.jobs:
            trigger = job.mapping.effective_entry("trigger")
            holder = followed(trigger.value) if trigger is not None else None
            include = holder.effective_entry("include") if isinstance(holder, Mapping) else None
            if include is None:
                continue
            try:
                child = read_child(self.repository, job.file, include.value, self.known)
            except BrokenFileError:
                # GitLab, too, says so only when the job runs; the file is read as a root of its own.
                continue
            if child.files:
                yield child


def is_root(pipeline: Pipeline, name: str) -> bool:
    """Tell whether a file is a GitLab pipeline by its name or by what it says."""
    return name.endswith(ROOT) or is_pipeline(pipeline.root)


def _is_one(pipeline: Pipeline) -> bool:
    return is_root(pipeline, pipeline.root.name)


def _names(pipeline: Pipeline) -> tuple[str, ...]:
    return tuple(file.name for file in pipeline.files)
