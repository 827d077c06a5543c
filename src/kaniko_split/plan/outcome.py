"""What is decided for a job: how it is split, or why it is not?"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from kaniko_split.detect.findings import Finding
from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.gitlab.references import JobReference
from kaniko_split.plan.inheritance import Home
from kaniko_split.plan.job_slices import Slices
from kaniko_split.plan.needs import Need
from kaniko_split.source.text import Place, Span

if TYPE_CHECKING:
    from kaniko_split.detect.loops import Loop


class Placement(Enum):
    """Where the statements go that all new jobs begin with."""

    NOWHERE = "there are none"
    APPENDED = "behind the job's own before_script"
    BEFORE_SCRIPT = "in a new before_script of the template"
    SCRIPT = "in the template's script, which each job refers to"


class Mark(Enum):
    """How sure a statement about the split is."""

    PROVED = "proved"
    ASSUMED = "assumed"
    ASKS = "asks you"


class Change(Struct, frozen=True, eq=False):
    """One thing that is different after the split, for the person who reviews it."""

    mark: Mark
    text: str
    place: Place | None = None

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place is not None else ""
        return f"{self.mark.value}: {self.text}{where}"


class NewJob(Struct, frozen=True, eq=False):
    """A job that the split writes.

    Attributes:
        name: Its name.
        build: The number of its build among the trace's steps; None for the finishing job.
        steps: Its own statements, by number and in order.
        needs: Its `needs`; None where it keeps the template's.
        keeps_needs: Whether the entries of the old job's own `needs` come first.
        omits: The spans of the trace's text that leave statements of which each job prints a part.
    """

    name: str
    build: int | None
    steps: tuple[int, ...]
    needs: tuple[Need, ...] | None = None
    keeps_needs: bool = False
    omits: tuple[Span, ...] = ()


class Split(Struct, frozen=True, eq=False):
    """How a job becomes a template and one job per image.

    Attributes:
        finding: The job, and what it builds.
        template: The template's name; None where the job has nothing but its script, so that none is needed.
        jobs: The new jobs in order; the finishing job, if any, is last and keeps the old name.
        slices: How the script is divided.
        placement: Where the shared statements go.
        references: The mentions of the old job that are to be rewritten.
        changes: What is different afterwards.
        shared: For a job that takes its script from elsewhere, how that place is split: its `finding.job` is the
            hidden job that holds the script, and its `jobs` are hidden ones with a part of it each. All jobs that
            take their script from there have this very one.
        extends_template: Whether the new jobs extend the template; else each holds its script alone.
        refers_to_template: Whether each new job's script begins with the template's, where that keeps the shared
            statements; else whoever uses the new job sees to it.
        home: Where the script stands, when it is taken from elsewhere.
        drops_extends: Whether the job's own `extends` goes, since each part of the shared script has it.
        reports: Whether the jobs have a dotenv report, which a finishing job does not hand on.
        repeated: The statements of programs that nobody knows, as written, that more than one job runs; `changes` has
            each.
        givers: For each path from which a child pipeline is made, the new job that gives the file.
        left_behind: The files that a statement after a build writes and that a later build no longer finds; `changes`
            has each.
    """

    finding: Finding
    template: str | None
    jobs: tuple[NewJob, ...]
    slices: Slices
    placement: Placement
    references: tuple[JobReference, ...]
    changes: tuple[Change, ...] = ()
    shared: Split | None = None
    extends_template: bool = True
    refers_to_template: bool = True
    home: Home | None = None
    drops_extends: bool = False
    reports: bool = False
    repeated: tuple[str, ...] = ()
    left_behind: tuple[str, ...] = ()
    givers: Mapping[str, str] = field(default_factory=dict)

    @property
    def every(self) -> tuple[Split, ...]:
        """The split itself, and the one that it shares with others."""
        return (self,) if self.shared is None else (self, self.shared)

    @property
    def files(self) -> tuple[PipelineFile, ...]:
        """The files that it changes, each once."""
        found = [one.finding.job.file for one in self.every]
        found += [reference.file for one in self.every for reference in one.references]
        return tuple({id(file): file for file in found}.values())

    def part(self, job: NewJob) -> NewJob:
        """Return the hidden job that holds what `job` takes from the shared script.

        Raises:
            KeyError: There is none.
        """
        assert self.shared is not None  # noqa: S101 (the caller asked)
        # The numbers of the builds differ from job to job, where each has a `before_script` of its own.
        builds = [one.build for one in self.jobs if one.build is not None and self._is_shared(one.build)]
        parts = [one for one in self.shared.jobs if one.build is not None]
        by_build = dict(zip(builds, parts, strict=True))
        if job.build is not None:
            return by_build[job.build]  # A build of the job's own has no part.
        rest = [one for one in self.shared.jobs if one.build is None]
        if not rest:
            raise KeyError(job.name)
        return rest[0]

    def _is_shared(self, build: int) -> bool:
        """Tell whether the shared script runs a build, and not another item of the job's own script."""
        trace, index = self.finding.trace, self.home.index if self.home is not None else None
        return trace is None or index is None or trace.items[trace.steps[build].item].index == index

    @property
    def loop(self) -> Loop | None:
        """The loop that each new job runs one turn of; None for a script without one."""
        return self.finding.trace.loop if self.finding.trace is not None else None

    @property
    def names(self) -> tuple[str, ...]:
        """The names that stand for the old job where other jobs wait for it."""
        last = self.jobs[-1]
        return (last.name,) if last.build is None and not self.reports else tuple(job.name for job in self.jobs)


class Refusal(Struct, frozen=True, eq=False):
    """Why a job is left as it is.

    Attributes:
        finding: The job, and what it builds.
        code: The name of the reason, as `kaniko-split explain` knows it.
        file: The file of the place to look at.
        offset: The character to look at.
        detail: What is particular to this case; may be empty.
    """

    finding: Finding
    code: str
    file: PipelineFile
    offset: int
    detail: str = ""

    @property
    def place(self) -> Place:
        """The line and column to look at."""
        return self.file.place(self.offset)


Decision = Split | Refusal
