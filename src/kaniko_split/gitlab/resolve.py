"""What does each job mean once `extends`, `!reference` and `default` are worked in?

GitLab merges includes, then `extends`, then looks up `!reference` (`Gitlab::Ci::Config#build_config`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kaniko_split.gitlab.keywords import (
    DEEPEST_EXTENDS,
    DEEPEST_REFERENCE,
    GLOBAL_KEYWORDS,
    GLOBALLY_DEFINED,
    INHERITED_KEYWORDS,
)
from kaniko_split.gitlab.pipeline import Pipeline, deep_merge
from kaniko_split.gitlab.values import Reference

# Stands among a job's keys where it extends a job of an include that cannot be read.
UNREAD_PARENT = "<extends a job that was not read>"


class UnresolvableError(Exception):
    """GitLab would reject the pipeline: a cycle, a missing job, or nesting beyond its limits."""


class MissingTargetError(UnresolvableError):
    """A name leads to nothing that was read; with unread includes it may well exist."""


def extended_job(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Return the job called `name` with its `extends` merged, `!reference` not yet looked up.

    Raises:
        UnresolvableError: A cycle, more than 11 levels, or a job that does not exist.
    """
    return _extended(pipeline, name, ())


def resolved_job(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Return what the job called `name` means, without what `default` adds.

    Raises:
        UnresolvableError: GitLab would reject the job.
    """
    result = _looked_up(pipeline, extended_job(pipeline, name), 0)
    return {key: _flat(value) if key in _SCRIPTS else value for key, value in result.items()}


def effective_job(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Return what the job called `name` means, with what `default` and the globals give it.

    Raises:
        UnresolvableError: GitLab would reject the job.
    """
    job = resolved_job(pipeline, name)
    inherited = {key: value for key, value in defaults(pipeline).items() if _inherits(job, key)}
    return {**inherited, **job}


def resolved_pipeline(pipeline: Pipeline) -> dict[str, Any]:
    """Return all jobs that are not hidden, with what they inherit, and the global keywords.

    Raises:
        UnresolvableError: GitLab would reject the pipeline.
    """
    result: dict[str, Any] = {}
    for name in GLOBAL_KEYWORDS & pipeline.value.keys():
        result[name] = _looked_up(pipeline, pipeline.value[name], 0)
    for name in visible_jobs(pipeline):
        result[name] = effective_job(pipeline, name)
    return result


def visible_jobs(pipeline: Pipeline) -> tuple[str, ...]:
    """Return the names of the jobs that are not hidden, in the order in which they are first written."""
    return tuple(
        name
        for name, value in pipeline.value.items()
        if name not in GLOBAL_KEYWORDS and not name.startswith(".") and isinstance(value, dict)
    )


def defaults(pipeline: Pipeline) -> dict[str, Any]:
    """Return what every job inherits: `default:`, and under it the globally defined keywords."""
    value = pipeline.value
    result = {key: value[key] for key in GLOBALLY_DEFINED if key in value}
    given = value.get("default")
    if isinstance(given, dict):
        result |= {key: part for key, part in given.items() if key in INHERITED_KEYWORDS}
    looked_up: dict[str, Any] = _looked_up(pipeline, result, 0)
    return {key: _flat(part) if key in _SCRIPTS else part for key, part in looked_up.items()}


def parents(job: dict[str, Any]) -> tuple[str, ...]:
    """Return the names under a job's `extends`, nearest last."""
    given = job.get("extends")
    if isinstance(given, str):
        return (given,)
    if isinstance(given, list):
        return tuple(name for name in given if isinstance(name, str))
    return ()


def look_up(pipeline: Pipeline, value: Any) -> Any:
    """Return `value` with every `!reference` in it looked up, and script lists flattened.

    With unread includes, a reference that leads to nothing stays a `Reference`.

    Raises:
        UnresolvableError: A reference leads nowhere or goes in a circle.
    """
    return _flat(_looked_up(pipeline, value, 0))


_SCRIPTS = frozenset({"before_script", "script", "after_script"})


def _inherits(job: dict[str, Any], key: str) -> bool:
    inherit = job.get("inherit")
    rule = inherit.get("default", True) if isinstance(inherit, dict) else True
    return key in rule if isinstance(rule, list) else bool(rule)


def _extended(pipeline: Pipeline, name: str, chain: tuple[str, ...]) -> dict[str, Any]:
    if name in chain:
        raise UnresolvableError(f"the `extends` of `{name}` leads back to itself")
    if len(chain) >= DEEPEST_EXTENDS:
        raise UnresolvableError(f"the `extends` of `{chain[0]}` goes deeper than {DEEPEST_EXTENDS} levels")
    cached: dict[str, Any] | None = pipeline._cache.get(name)  # noqa: SLF001 (a memo that belongs here)
    if cached is not None:
        return cached
    own = pipeline.value.get(name)
    if not isinstance(own, dict):
        if pipeline.unread:
            return {UNREAD_PARENT: [name]}
        child = chain[-1] if chain else name
        raise MissingTargetError(f"`{child}` extends `{name}`, which no file that was read defines")
    result: dict[str, Any] = {}
    for parent in parents(own):
        result = deep_merge(result, _extended(pipeline, parent, (*chain, name)))
    result = deep_merge(result, {key: value for key, value in own.items() if key != "extends"})
    pipeline._cache[name] = result  # noqa: SLF001 (a memo that belongs here)
    return result


def _looked_up(pipeline: Pipeline, value: Any, depth: int) -> Any:
    if isinstance(value, Reference):
        if depth >= DEEPEST_REFERENCE:
            path = ", ".join(value.path)
            raise UnresolvableError(f"`!reference [{path}]` is nested too deeply or leads back to itself")
        try:
            return _looked_up(pipeline, _target(pipeline, value.path), depth + 1)
        except MissingTargetError:
            if pipeline.unread:
                return value
            raise
    if isinstance(value, dict):
        return {key: _looked_up(pipeline, part, depth) for key, part in value.items()}
    if isinstance(value, list):
        return [_looked_up(pipeline, part, depth) for part in value]
    return value


def _target(pipeline: Pipeline, path: Sequence[str]) -> Any:
    missing = MissingTargetError(f"`!reference [{', '.join(path)}]` leads to nothing that was read")
    if not path:
        raise missing
    here: Any = pipeline.value.get(path[0])
    if isinstance(here, dict) and path[0] not in GLOBAL_KEYWORDS:
        here = extended_job(pipeline, path[0])
    for step in path[1:]:
        if isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
            continue
        if not isinstance(here, dict) or step not in here:
            raise missing
        here = here[step]
    if here is None:
        raise missing
    return here


def _flat(value: Any) -> Any:
    """Flatten the lists that `!reference` leaves inside a script."""
    if not isinstance(value, list):
        return value
    result: list[Any] = []
    for part in value:
        result.extend(_flat(part) if isinstance(part, list) else [part])
    return result
