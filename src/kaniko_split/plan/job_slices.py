"""What is a script once it is divided?"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from kaniko_split.source.text import Span


class JobSlice(Struct, frozen=True, eq=False):
    """The statements of one new job, by number and in order, without those that all share.

    Attributes:
        build: The number of its build; None for a finishing job, which comes after all builds.
        steps: Its own statements, the build among them.
        omits: The spans of the trace's text that leave statements of which each job prints a part.
    """

    build: int | None
    steps: tuple[int, ...]
    omits: tuple[Span, ...] = ()


class Slices(Struct, frozen=True, eq=False):
    """A whole script, divided.

    Attributes:
        before: The statements of `before_script`, which stay there.
        prelude: The statements of `script` that every job begins with.
        jobs: One for each build in order, and at most one finishing job after them.
        dropped: Statements that cancel each other out for every job that would hold them.
        after: For each build, by number, the builds that must have succeeded before it starts.
        left_behind: Pairs of builds of which the second saw, in its folder, a file that the first one wrote.
        unread: The builds, by number, whose Dockerfile is not known or not in the repository.
        project_writers: The builds, by number, whose Dockerfile writes below `/builds`, where the project is mounted.
        guarded: The chains `TEST && BUILD` or `BUILD && COMMAND`, by number, that a job ends with: there it is
            written as `if`.
        prints: For each statement that prints what several builds wrote, the builds whose jobs print some of it.
        unsure: Those whose Dockerfile the job may change, or that begin from what only a variable tells.
        turns: For a script with a loop, the statements of each turn; their jobs run them from the template's script.
        before_loop: The first statement that must run before a job gives the loop's variable its value.
    """

    before: tuple[int, ...]
    prelude: tuple[int, ...]
    jobs: tuple[JobSlice, ...]
    dropped: tuple[int, ...] = ()
    after: dict[int, frozenset[int]] = field(default_factory=dict)
    left_behind: tuple[tuple[int, int], ...] = ()
    turns: tuple[tuple[int, ...], ...] = ()
    before_loop: int | None = None
    unread: tuple[int, ...] = ()
    unsure: tuple[int, ...] = ()
    project_writers: tuple[int, ...] = ()
    guarded: frozenset[int] = frozenset()
    prints: Mapping[int, frozenset[int]] = field(default_factory=dict)

    @property
    def builds(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """For each job with a build, that and the job's own statements."""
        return tuple((job.build, job.steps) for job in self.jobs if job.build is not None)

    @property
    def beside_the_loop(self) -> tuple[int, ...]:
        """The builds that stand outside of the loop, where there is one."""
        turned = {number for turn in self.turns for number in turn}
        builds = (job.build for job in self.jobs if job.build is not None and self.turns)
        return tuple(build for build in builds if build not in turned)
