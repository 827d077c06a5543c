"""From which jobs does a job get artifacts, and what do they give it?

Without `needs` and `dependencies`, GitLab gives a job the artifacts of all jobs of earlier stages
(https://docs.gitlab.com/ci/jobs/job_artifacts/#prevent-a-job-from-fetching-artifacts). A dotenv report gives
variables in the same way (https://docs.gitlab.com/ci/variables/dotenv_variables/).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kaniko_split.gitlab.parallel import expanded_name
from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.resolve import UnresolvableError, effective_job, visible_jobs
from kaniko_split.source.patterns import Pattern

_DEFAULT_STAGES = ("build", "test", "deploy")
# Keys that say how artifacts are kept. Every other key may give some.
_GIVES_NOTHING = frozenset({"exclude", "expire_in", "expose_as", "name", "when", "access", "public"})
_ASSIGNED = Pattern(r"\b([A-Za-z_]\w*)=")


def gives_artifacts(job: dict[str, Any]) -> bool:
    """Tell whether a job, with all that it inherits, may upload anything that another job gets."""
    artifacts = job.get("artifacts")
    if not isinstance(artifacts, dict):
        return artifacts is not None
    return any(value not in (None, False, [], {}) for key, value in artifacts.items() if key not in _GIVES_NOTHING)


def gives_files(job: dict[str, Any]) -> bool:
    """Tell whether a job, with all that it inherits, may upload files that another job gets, beside its reports."""
    artifacts = job.get("artifacts")
    rest = {key: value for key, value in artifacts.items() if key != "reports"} if isinstance(artifacts, dict) else None
    return gives_artifacts({"artifacts": artifacts if rest is None else rest})


def gives_variables(job: dict[str, Any]) -> bool:
    """Tell whether a job, with all that it inherits, may have a dotenv report."""
    artifacts = job.get("artifacts")
    if not isinstance(artifacts, dict):
        return artifacts is not None
    reports = artifacts.get("reports")
    return bool(reports.get("dotenv")) if isinstance(reports, dict) else reports is not None


def stage_index(pipeline: Pipeline, job: dict[str, Any]) -> int:
    """Return the position of a job's stage; a stage that no file lists comes last."""
    given = pipeline.value.get("stages")
    stages = [str(one) for one in given] if isinstance(given, list) else list(_DEFAULT_STAGES)
    ordered = [".pre", *(one for one in stages if one not in {".pre", ".post"}), ".post"]
    stage = str(job.get("stage", "test"))
    return ordered.index(stage) if stage in ordered else len(ordered)


def artifact_jobs(pipeline: Pipeline, name: str) -> tuple[str, ...]:
    """Return the names of the jobs of the files whose artifacts the job called `name` gets, in their order.

    Jobs that `needs` or `dependencies` name are returned whether they upload anything or not.

    Raises:
        UnresolvableError: GitLab would reject the job.
    """
    job = effective_job(pipeline, name)
    for keyword in ("dependencies", "needs"):
        if isinstance(job.get(keyword), list):
            return tuple(dict.fromkeys(_listed(job[keyword])))
    stage = stage_index(pipeline, job)
    found: list[str] = []
    for other in visible_jobs(pipeline):
        if other == name:
            continue
        try:
            value = effective_job(pipeline, other)
        except UnresolvableError:
            continue
        runs = "script" in value or "run" in value
        if runs and gives_artifacts(value) and stage_index(pipeline, value) < stage:
            found.append(other)
    return tuple(found)


def dotenv_names(pipeline: Pipeline, name: str) -> frozenset[str] | None:
    """Return the variables that dotenv reports may give the job called `name`; None where they may be any.

    The names are those that the scripts of the reporting jobs assign on the lines that name the report. A line that
    names the report and assigns nothing (`env > build.env`) may give any variable.

    Raises:
        UnresolvableError: GitLab would reject the job.
    """
    found: set[str] = set()
    job = effective_job(pipeline, name)
    lists = any(isinstance(job.get(keyword), list) for keyword in ("needs", "dependencies"))
    if not lists and not any("dotenv" in file.source.text for file in pipeline.files):
        return frozenset()
    for other in artifact_jobs(pipeline, name):
        expanded = None
        if other not in visible_jobs(pipeline):
            expanded = expanded_name(other)
            if expanded is None or expanded[0] not in visible_jobs(pipeline):
                # The job stands in a file that was not read, or in another project.
                return None
        try:
            value = effective_job(pipeline, other if expanded is None else expanded[0])
        except UnresolvableError:
            return None
        if gives_variables(value):
            names = reported_names(value)
            if names is None:
                return None
            found |= names
    return frozenset(found)


def reported_names(job: dict[str, Any]) -> frozenset[str] | None:
    """Return the variables in the dotenv report of a job that has one; None where they may be any.

    Args:
        job: The job with all that it inherits.
    """
    artifacts = job.get("artifacts")
    reports = artifacts.get("reports") if isinstance(artifacts, dict) else None
    report = reports.get("dotenv") if isinstance(reports, dict) else None
    paths = [report] if isinstance(report, str) else report
    if not isinstance(paths, list) or not all(isinstance(path, str) and path for path in paths):
        return None
    lines = [
        line
        for keyword in ("before_script", "script", "after_script")
        for text in _texts(job.get(keyword))
        for line in text.replace("\\\n", " ").split("\n")
    ]
    found: set[str] = set()
    for path in paths:
        naming = [line for line in lines if path.rpartition("/")[2] in line]
        assigned = [_ASSIGNED.findall(line) for line in naming]
        if not naming or not all(assigned):
            return None
        found |= {one for names in assigned for one in names}
    return frozenset(found)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value if isinstance(value, list) else ():
        yield from _texts(part)


def _listed(items: list[Any]) -> Iterator[str]:
    for item in items:
        if isinstance(item, list):
            yield from _listed(item)
        elif isinstance(item, str):
            yield item
        elif isinstance(item, dict) and item.get("artifacts") is not False:
            # A job of another project or pipeline is none of the files.
            yield str(item.get("job", "")) if not {"project", "pipeline"} & item.keys() else ""
        elif not isinstance(item, dict):
            yield ""
