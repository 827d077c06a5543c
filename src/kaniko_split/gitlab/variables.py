"""Which variables does the pipeline give a job, and which of their values are known?

https://docs.gitlab.com/ci/yaml/#variables, https://docs.gitlab.com/ci/yaml/#inheritvariables and
https://docs.gitlab.com/ci/variables/#cicd-variable-precedence. What the project's settings or the person who starts the
pipeline give besides is not in the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from kaniko_split.gitlab.artifacts import dotenv_names
from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.resolve import UNREAD_PARENT, effective_job, inherits


class Variable(Struct, frozen=True):
    """A variable that the files give a job, or may give it.

    Attributes:
        value: Its text, `$` and all; `$NAME` where the pipeline may give it a value of its own at another place.
        known: Whether the job sees just this text: nothing in it is expanded, and no other place gives it a value.
        texts: Each text that the files give it, wherever that stands.
    """

    value: str
    known: bool
    texts: tuple[str, ...] = ()


def variables_of(pipeline: Pipeline, name: str) -> dict[str, Variable]:
    """Return the variables that the files give, or may give, the job called `name`.

    A variable that `rules`, `workflow`, `parallel:matrix`, an include with `rules` or a dotenv report may set has no
    known value.

    Raises:
        UnresolvableError: GitLab would reject the job.
    """
    job = effective_job(pipeline, name)
    given: dict[str, list[Any]] = {}
    everywhere = pipeline.value.get("variables")
    for key, raw in everywhere.items() if isinstance(everywhere, dict) else ():
        if inherits(job, key, "variables"):
            given[key] = [raw]
    # A job or a `workflow` that was not read may set them too.
    unread = UNREAD_PARENT in job or (pipeline.unread and not _has_rules(pipeline.value.get("workflow")))
    uncertain = {*_from_perhaps(pipeline), *(given if unread else ())}
    own = job.get("variables")
    for key, raw in own.items() if isinstance(own, dict) else ():
        given[key] = [raw]
        uncertain.discard(key)
    for key, raw in (*_changed(job), *_changed(pipeline.value.get("workflow"))):
        given.setdefault(key, []).append(raw)
        uncertain.add(key)
    reported = dotenv_names(pipeline, name)
    uncertain |= set(given) if reported is None else reported
    for key in reported or ():
        given.setdefault(key, [])
    found: dict[str, Variable] = {}
    for key, raws in given.items():
        values = [value for raw in raws if (value := _variable(raw)) is not None]
        texts = tuple(value.value for value in values)
        if key in uncertain:
            found[key] = Variable(f"${key}", known=False, texts=texts)
        elif values:
            found[key] = Variable(values[0].value, values[0].known, texts)
    return found


def _from_perhaps(pipeline: Pipeline) -> Iterator[str]:
    """Yield the global variables whose value comes from a file that an include with `rules` may leave out."""
    sources: dict[str, str] = {}
    for file in pipeline.files:
        given = file.value.get("variables")
        sources |= dict.fromkeys(given if isinstance(given, dict) else (), file.name)
    yield from (key for key, source in sources.items() if source in pipeline.perhaps)


def _has_rules(holder: Any) -> bool:
    return isinstance(holder, dict) and isinstance(holder.get("rules"), list)


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


def _changed(holder: Any) -> Iterator[tuple[str, Any]]:
    """Yield the variables, with their values, that a rule or the matrix of `parallel:` gives."""
    if not isinstance(holder, dict):
        return
    rules = holder.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and isinstance(rule.get("variables"), dict):
            yield from rule["variables"].items()
    parallel = holder.get("parallel")
    matrix = parallel.get("matrix") if isinstance(parallel, dict) else None
    for row in matrix if isinstance(matrix, list) else ():
        for key, values in row.items() if isinstance(row, dict) else ():
            for value in values if isinstance(values, list) else (values,):
                yield key, value
