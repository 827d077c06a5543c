"""For which jobs must a new job wait, when it needs another build's image or verdict?

GitLab's `needs` replaces the order of stages and, with it, the artifacts of all earlier stages
(https://docs.gitlab.com/ci/yaml/#needs), so a list that is new must name what was downloaded before.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from kaniko_split.gitlab.artifacts import artifact_jobs
from kaniko_split.gitlab.keywords import MOST_NEEDS
from kaniko_split.gitlab.pipeline import Job, Pipeline
from kaniko_split.gitlab.resolve import UNREAD_PARENT, effective_job, visible_jobs
from kaniko_split.tree.nodes import Sequence as NodeList


class Need(Struct, frozen=True, eq=False):
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


def own_list(job: Job, keyword: str) -> NodeList | None:
    """Return the list that a job itself writes under a keyword; None where its value comes from elsewhere."""
    entry = job.mapping.entry(keyword)
    value = entry.value if entry is not None else None
    return value if isinstance(value, NodeList) and value.tag is None else None


def earlier_needs(pipeline: Pipeline, name: str) -> tuple[Need, ...]:
    """Return what the job called `name` gets artifacts from, for a `needs` list that it did not have.

    Raises:
        NoGateError: It cannot be told, or a manual job is among them and would block.
    """
    job = effective_job(pipeline, name)
    if pipeline.unread and not isinstance(job.get("dependencies"), list):
        what = pipeline.unread[0].what
        raise NoGateError("order-not-kept", f"jobs of `{what}`, which is not read, may give it artifacts")
    found = [need for other in artifact_jobs(pipeline, name) if (need := _need(pipeline, other)) is not None]
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
        if not isinstance(rule, dict):
            raise NoGateError("order-not-kept", "one of its `rules` stands in a file that is not read")
        if "needs" in rule:
            raise NoGateError("order-not-kept", "`rules:needs` replaces the job's own `needs`")
        if rule.get("allow_failure") or rule.get("when", "on_success") not in {"on_success", "never", "manual"}:
            raise NoGateError("order-not-kept", "one of its `rules` lets the next one start when it fails")


def _need(pipeline: Pipeline, name: str) -> Need | None:
    """Return the entry for a job that gives artifacts; None for one that runs only where this job does not.

    Raises:
        NoGateError: The job may be there and not run, and would hold back who needs it.
    """
    value = effective_job(pipeline, name) if name in visible_jobs(pipeline) else {UNREAD_PARENT: []}
    rules = value.get("rules")
    if UNREAD_PARENT in value or (isinstance(rules, list) and not all(isinstance(rule, dict) for rule in rules)):
        raise NoGateError("order-not-kept", f"`{name}`, which gives it artifacts, is not read to its end")
    listed = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    own = value.get("when", "on_success")
    # Where no rule matches, the job is not there.
    whens = {rule.get("when", own) for rule in listed} - {"never"} or {own}
    if "manual" in whens:
        raise NoGateError("order-not-kept", f"`{name}`, which gives it artifacts, is manual and would block it")
    if whens == {"on_failure"}:
        return None
    if not whens <= {"on_success", "always", "delayed"}:
        raise NoGateError("order-not-kept", f"`{name}`, which gives it artifacts, may be skipped")
    conditional = any(key in value for key in ("rules", "only", "except"))
    return Need(name, optional=True if conditional else None)
