"""Which jobs does a finding become, and for which jobs does each of them wait?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kaniko_split.detect.findings import Finding
from kaniko_split.gitlab.artifacts import gives_files, gives_variables, reported_names
from kaniko_split.gitlab.keywords import MOST_NEEDS
from kaniko_split.gitlab.references import JobReference, Use
from kaniko_split.gitlab.resolve import effective_job
from kaniko_split.gitlab.variables import variables_of
from kaniko_split.plan.job_slices import Slices
from kaniko_split.plan.needs import Need, NoGateError, check_gate, earlier_needs, own_list
from kaniko_split.plan.outcome import NewJob
from kaniko_split.tree.nodes import Sequence as NodeList


def new_jobs(finding: Finding, slices: Slices, names: Sequence[str]) -> tuple[NewJob, ...]:
    """Return the jobs that a finding becomes, in order.

    Args:
        finding: The old job.
        slices: How its script is divided.
        names: A name for each build.

    Raises:
        NoGateError: `needs` would not keep an order that matters.
    """
    by_build = dict(zip([part.build for part in slices.jobs], names, strict=False))
    resolved = effective_job(finding.pipeline, finding.job.name)
    has_needs = "needs" in resolved
    jobs: list[NewJob] = []
    for part in slices.jobs:
        if part.build is None:
            check_gate(resolved)
            _check_written_again(finding, resolved)
            waits = tuple(Need(name, _handed_on(finding, resolved)) for name in names)
            if not has_needs:
                waits = (*_earlier_needs(finding, resolved), *waits)
            jobs.append(NewJob(finding.job.name, None, part.steps, waits, keeps_needs=has_needs))
            continue
        name = by_build[part.build]
        before = sorted(slices.after.get(part.build, ()))
        if not before:
            jobs.append(NewJob(name, part.build, part.steps, omits=part.omits))
            continue
        check_gate(resolved)
        _check_written_again(finding, resolved)
        artifacts = False if _uploads(resolved) else None
        waits = tuple(Need(by_build[one], artifacts) for one in before)
        if not has_needs:
            waits = (*_earlier_needs(finding, resolved), *waits)
        jobs.append(NewJob(name, part.build, part.steps, waits, keeps_needs=has_needs, omits=part.omits))
    return tuple(jobs)


def _earlier_needs(finding: Finding, job: dict[str, Any]) -> tuple[Need, ...]:
    """Return the entries for the jobs of earlier stages, which a job with `needs` no longer waits for by itself.

    Raises:
        NoGateError: They lack one of its `dependencies`, and GitLab takes none that is not in `needs`.
    """
    needs = earlier_needs(finding.pipeline, finding.job.name)
    dependencies = job.get("dependencies")
    if isinstance(dependencies, list) and not set(dependencies) <= {need.job for need in needs}:
        raise NoGateError("order-not-kept", "its `dependencies` names a job that may not run in a good pipeline")
    return needs


def _check_written_again(finding: Finding, job: dict[str, Any]) -> None:
    """Make sure that the entries of the job's `needs` can be written out, where its own list has not all of them.

    Raises:
        NoGateError: They cannot.
    """
    if "needs" in job and own_list(finding.job, "needs") is None and not _is_list_of_jobs(job["needs"]):
        raise NoGateError("order-not-kept", "its `needs` is inherited and would have to be written again")


def _is_list_of_jobs(needs: object) -> bool:
    return isinstance(needs, list) and all(isinstance(need, str | dict) and _is_simple(need) for need in needs)


def _is_simple(need: object) -> bool:
    """Tell whether a value is made of texts, numbers and the like alone, and nothing in it is unread or empty."""
    if isinstance(need, dict):
        return bool(need) and all(_is_simple(value) for pair in need.items() for value in pair)
    if isinstance(need, list):
        return bool(need) and all(map(_is_simple, need))
    return isinstance(need, str | bool | int)


def _handed_on(finding: Finding, job: dict[str, Any]) -> bool | None:
    """Return the `artifacts` of an entry by which a finishing job waits for a build; None for GitLab's own default.

    A dotenv report gives variables, which the commands of the old job did not have: they must not replace its own.

    Raises:
        NoGateError: The finishing job needs the files of the builds, and would get other variables with them.
    """
    if not gives_variables(job):
        return None
    names = reported_names(job)
    if names is not None and not names & variables_of(finding.pipeline, finding.job.name).keys():
        return None
    if gives_files(job):
        detail = "its dotenv report would give what comes after the builds other variables"
        raise NoGateError("artifact-of-several", detail)
    return False


def _uploads(job: dict[str, Any]) -> bool:
    artifacts = job.get("artifacts")
    return isinstance(artifacts, dict) and bool(artifacts)


def check_needs(finding: Finding, references: Sequence[JobReference], jobs: Sequence[NewJob]) -> None:
    """Make sure that no list of `needs` grows beyond GitLab's limit by this split.

    Args:
        finding: The old job.
        references: Its mentions.
        jobs: The new jobs.

    Raises:
        NoGateError: One would.
    """
    for owner, holder, more in growing(references, len(jobs)):
        if len(holder.items) + more > MOST_NEEDS:
            raise too_many(owner)
    needs = effective_job(finding.pipeline, finding.job.name).get("needs")
    kept = len(needs) if isinstance(needs, list) else 0
    for job in jobs:
        if len(job.needs or ()) + (kept if job.keeps_needs else 0) > MOST_NEEDS:
            raise too_many(job.name)


def growing(references: Sequence[JobReference], jobs: int) -> Iterator[tuple[str, NodeList, int]]:
    """Yield each list of `needs` that names the old job, with its owner and by how many entries it grows."""
    for reference in references:
        if reference.use is Use.NEEDS and reference.holder is not None:
            yield reference.owner, reference.holder, jobs - 1


def too_many(job: str) -> NoGateError:
    """Return the error for a job that would need more jobs than GitLab allows."""
    return NoGateError("too-many-needs", f"`{job}` would need more than {MOST_NEEDS} jobs")
