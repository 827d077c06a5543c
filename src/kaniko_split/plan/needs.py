"""For which jobs must a new job wait, when it needs another build's image or verdict?

GitLab's `needs` replaces the order of stages and, with it, the artifacts of all earlier stages
(https://docs.gitlab.com/ci/yaml/#needs), so a list that is new must name what was downloaded before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kaniko_split.gitlab.keywords import MOST_NEEDS
from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.resolve import UnresolvableError, effective_job, visible_jobs

_DEFAULT_STAGES = ("build", "test", "deploy")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Need:
    """One entry of `needs`; the keys that are None are not written."""

    job: str
    artifacts: bool | None = None
    optional: bool | None = None


class NoGateError(Exception):
    """`needs` would not keep the order; `code` names the refusal."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def earlier_needs(pipeline: Pipeline, name: str) -> tuple[Need, ...]:
    """Return what the job called `name` gets artifacts from, for a `needs` list that it did not have.

    Raises:
        NoGateError: It cannot be told, or a manual job is among them and would block.
    """
    job = effective_job(pipeline, name)
    dependencies = job.get("dependencies")
    if isinstance(dependencies, list):
        return tuple(_need(pipeline, str(one)) for one in dependencies)
    if pipeline.unread:
        what = pipeline.unread[0].what
        raise NoGateError("order-not-kept", f"jobs of `{what}`, which is not read, may give it artifacts")
    stage = _stage(pipeline, job)
    found: list[Need] = []
    for other in visible_jobs(pipeline):
        if other == name:
            continue
        try:
            value = effective_job(pipeline, other)
        except UnresolvableError:
            continue
        runs = "script" in value or "run" in value
        if runs and _gives_artifacts(value) and _stage(pipeline, value) < stage:
            found.append(_need(pipeline, other))
    if len(found) >= MOST_NEEDS:
        raise NoGateError("too-many-needs", f"{len(found)} earlier jobs give it artifacts")
    return tuple(found)


def check_gate(job: dict[str, Any]) -> None:
    """Make sure that a job which waits for a sibling of the same kind waits for its success.

    Raises:
        NoGateError: `allow_failure`, `when` or `rules` let it start all the same.
    """
    # A manual job may fail, unless it is one by `rules` (https://docs.gitlab.com/ci/yaml/#allow_failure).
    if job.get("allow_failure", job.get("when") == "manual"):
        raise NoGateError("order-not-kept", "`allow_failure` lets the next one start when it fails")
    if job.get("when", "on_success") not in {"on_success", "manual"}:
        raise NoGateError("order-not-kept", f"`when: {job['when']}` lets the next one start when it fails")
    rules = job.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict):
            if "needs" in rule:
                raise NoGateError("order-not-kept", "`rules:needs` replaces the job's own `needs`")
            if rule.get("allow_failure") or rule.get("when", "on_success") not in {
                "on_success",
                "never",
                "manual",
            }:
                raise NoGateError("order-not-kept", "one of its `rules` lets the next one start when it fails")


def _need(pipeline: Pipeline, name: str) -> Need:
    value = effective_job(pipeline, name) if name in visible_jobs(pipeline) else {}
    rules = value.get("rules")
    whens = [value.get("when")] + [rule.get("when") for rule in rules or () if isinstance(rule, dict)]
    if "manual" in whens:
        raise NoGateError("order-not-kept", f"`{name}`, which gives it artifacts, is manual and would block it")
    conditional = any(key in value for key in ("rules", "only", "except"))
    return Need(name, optional=True if conditional else None)


def _gives_artifacts(job: dict[str, Any]) -> bool:
    artifacts = job.get("artifacts")
    return isinstance(artifacts, dict) and bool(artifacts.get("paths") or artifacts.get("reports"))


def _stage(pipeline: Pipeline, job: dict[str, Any]) -> int:
    given = pipeline.value.get("stages")
    stages = [str(one) for one in given] if isinstance(given, list) else list(_DEFAULT_STAGES)
    ordered = [".pre", *(one for one in stages if one not in {".pre", ".post"}), ".post"]
    stage = str(job.get("stage", "test"))
    return ordered.index(stage) if stage in ordered else len(ordered)
