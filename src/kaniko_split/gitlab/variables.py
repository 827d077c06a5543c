"""Which variables does the pipeline give a job, and which of their values are known?

https://docs.gitlab.com/ci/yaml/#variables and https://docs.gitlab.com/ci/yaml/#inheritvariables. What the project's
settings or the person who starts the pipeline give besides is not in the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.resolve import effective_job, inherits


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as the files give it.

    Attributes:
        value: Its text, `$` and all.
        known: Whether the job sees just this text: nothing in it is expanded, and no rule gives it another one.
    """

    value: str
    known: bool


def variables_of(pipeline: Pipeline, name: str) -> dict[str, Variable]:
    """Return the variables that the files give the job called `name`.

    Raises:
        UnresolvableError: GitLab would reject the job.
    """
    job = effective_job(pipeline, name)
    given: dict[str, Any] = {}
    everywhere = pipeline.value.get("variables")
    if isinstance(everywhere, dict):
        given |= {key: raw for key, raw in everywhere.items() if inherits(job, key, "variables")}
    own = job.get("variables")
    if isinstance(own, dict):
        given |= own
    changed = set(_changed(job)) | set(_changed(pipeline.value.get("workflow")))
    found = {key: _variable(raw) for key, raw in given.items()}
    return {key: Variable(one.value, one.known and key not in changed) for key, one in found.items() if one is not None}


def _variable(raw: Any) -> Variable | None:
    expands = True
    if isinstance(raw, dict):
        expands = raw.get("expand") is not False
        raw = raw.get("value")
        if raw is None:
            return None
    if raw is None:
        return Variable("", known=True)
    if isinstance(raw, bool):
        return Variable(str(raw).lower(), known=True)
    if not isinstance(raw, str | int | float):
        return None
    text = str(raw)
    return Variable(text, known="$" not in text or not expands)


def _changed(holder: Any) -> Iterator[str]:
    """Yield the variables that a rule, or the matrix of `parallel:`, gives a value of their own."""
    if not isinstance(holder, dict):
        return
    rules = holder.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and isinstance(rule.get("variables"), dict):
            yield from rule["variables"]
    parallel = holder.get("parallel")
    matrix = parallel.get("matrix") if isinstance(parallel, dict) else None
    for row in matrix if isinstance(matrix, list) else ():
        if isinstance(row, dict):
            yield from row
