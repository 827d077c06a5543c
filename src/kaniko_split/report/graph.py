"""Which jobs does a pipeline run, in which stage, and what does each wait for?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.resolve import UnresolvableError, effective_job, visible_jobs
from kaniko_split.report.document import Difference, Graph, GraphJob
from kaniko_split.source.text import Place

# What GitLab assumes without `stages` (https://docs.gitlab.com/ci/yaml/#stages).
_DEFAULT_STAGES = ("build", "test", "deploy")


def graph_of(pipeline: Pipeline, differences: Mapping[str, Difference]) -> Graph | None:
    """Return the jobs of `pipeline`, hidden ones left out; None where GitLab would reject it.

    Args:
        pipeline: Its files.
        differences: What the change does to the jobs that it touches, by name.
    """
    try:
        jobs = tuple(_job(pipeline, name, differences.get(name, "none")) for name in visible_jobs(pipeline))
    except UnresolvableError:
        return None
    used = {job.stage for job in jobs}
    given = pipeline.value.get("stages")
    known = [str(one) for one in given] if isinstance(given, list) else list(_DEFAULT_STAGES)
    ordered = dict.fromkeys([".pre", *known, *sorted(used - {*known, ".pre", ".post"}), ".post"])
    return Graph(tuple(stage for stage in ordered if stage in used), jobs)


def _job(pipeline: Pipeline, name: str, difference: Difference) -> GraphJob:
    value = effective_job(pipeline, name)
    written = pipeline.named(name)[-1]
    place = written.file.place(written.entry.key.span.start)
    return GraphJob(
        name=name,
        stage=str(value.get("stage", "test")),
        needs=_needs(value.get("needs")),
        difference=difference,
        place=Place(written.file.name, place.line, place.column),
    )


def _needs(value: Any) -> tuple[str, ...] | None:
    """Return the names under `needs`; those of other projects and pipelines are not among them."""
    if not isinstance(value, list):
        return None
    names: list[str] = []
    for one in value:
        if isinstance(one, str):
            names.append(one)
        elif isinstance(one, dict) and "job" in one and not one.keys() & {"project", "pipeline"}:
            names.append(str(one["job"]))
    return tuple(dict.fromkeys(names))
