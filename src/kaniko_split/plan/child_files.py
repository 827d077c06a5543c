"""Which of the new jobs gives the file that a child pipeline is made of?

`trigger:include:artifact` takes it from one job (https://docs.gitlab.com/ci/pipelines/downstream_pipelines/).
"""

from __future__ import annotations

from collections.abc import Sequence

from kaniko_split.detect.findings import Finding
from kaniko_split.gitlab.references import JobReference, Use
from kaniko_split.plan.job_slices import Slices
from kaniko_split.plan.obstacles import ObstacleError
from kaniko_split.plan.outcome import NewJob
from kaniko_split.plan.shared_values import from_the_root
from kaniko_split.shell.locations import File, meeting


def givers_of(
    finding: Finding, slices: Slices, jobs: Sequence[NewJob], references: Sequence[JobReference]
) -> dict[str, str]:
    """Return, for each path from which a child pipeline is made, the new job that has it as the old job left it.

    Raises:
        ObstacleError: There is none for certain.
    """
    return {
        reference.path[0]: _giver(finding, slices, jobs, reference)
        for reference in references
        if reference.use is Use.SINGLE and reference.path
    }


def _giver(finding: Finding, slices: Slices, jobs: Sequence[NewJob], reference: JobReference) -> str:
    assert finding.trace is not None  # noqa: S101 (it was divided)
    wanted = (File(from_the_root(reference.path[0])),)
    writers = {step.number for step in finding.trace.steps if meeting(step.effects.alters, wanted)}
    shared = {*slices.before, *slices.prelude}
    able = [job for job in jobs if writers <= shared | set(job.steps)]
    if not writers or not able:
        why = f"which of the new jobs has `{reference.path[0]}` is not known"
        raise ObstacleError("single-reference", reference.file, reference.name.span.start, why)
    # A job that comes after all builds keeps the old name.
    return (able[-1] if able[-1].build is None else able[0]).name
