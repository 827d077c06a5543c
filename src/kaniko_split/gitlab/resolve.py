"""What does each job mean once `extends`, `!reference` and `default` are worked in?

GitLab merges includes, then `extends`, then looks up `!reference` (`Gitlab::Ci::Config#build_config`), and adds what
`default:` gives last (https://docs.gitlab.com/ci/yaml/#default).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kaniko_split.gitlab.keywords import (
    DEEPEST_EXTENDS,
    DEEPEST_REFERENCE,
    GLOBAL_KEYWORDS,
    GLOBALLY_DEFINED,
    INHERITED_KEYWORDS,
    INPUT,
)
from kaniko_split.gitlab.pipeline import Pipeline, deep_merge
from kaniko_split.gitlab.values import Reference
from kaniko_split.tree.compose import DEEPEST, MOST_VALUES

# Stands among a job's keys where it extends a job of an include that cannot be read.
UNREAD_PARENT = "<extends a job that was not read>"


class UnresolvableError(Exception):
    """GitLab would reject the pipeline: a cycle, a missing job, or nesting beyond its limits.

    Attributes:
        job: The job whose `extends` is at fault; empty where it is none.
    """

    def __init__(self, text: str, job: str = "") -> None:
        super().__init__(text)
        self.job = job


class MissingTargetError(UnresolvableError):
    """A name leads to nothing that was read; with unread includes it may well exist."""


def extended_job(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Return the job called `name` with its `extends` merged, `!reference` not yet looked up.

    Raises:
        UnresolvableError: A cycle, more than 11 levels, or a job that does not exist.
    """
    return _extended(pipeline, name, ()).value


def levels_of(pipeline: Pipeline, name: str) -> int:
    """Return over how many levels of `extends` the job called `name` comes about, its own included.

    Raises:
        UnresolvableError: A cycle, more than 11 levels, or a job that does not exist.
    """
    return _extended(pipeline, name, ()).levels


def resolved_job(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Return what the job called `name` means, without what `default` adds.

    Raises:
        UnresolvableError: GitLab would reject the job.
    """
    key = ("resolved", name)
    if key not in pipeline.memo:
        job = look_up_all(pipeline, extended_job(pipeline, name))
        pipeline.memo[key] = {keyword: _flat(value) for keyword, value in job.items()}
    found: dict[str, Any] = pipeline.memo[key]
    return found


def effective_job(pipeline: Pipeline, name: str) -> dict[str, Any]:
    """Return what the job called `name` means, with what `default` and the globals give it.

    A keyword without a value is as one that is not there.

    Raises:
        UnresolvableError: GitLab would reject the job.
    """
    job = resolved_job(pipeline, name)
    given = defaults(pipeline)
    inherited = {key: value for key, value in given.items() if job.get(key) is None and inherits(job, key)}
    return {**job, **inherited}


def resolved_pipeline(pipeline: Pipeline) -> dict[str, Any]:
    """Return all jobs that are not hidden, with what they inherit, and the global keywords.

    Raises:
        UnresolvableError: GitLab would reject the pipeline.
    """
    result: dict[str, Any] = {}
    for name in GLOBAL_KEYWORDS & pipeline.value.keys():
        result[name] = look_up_all(pipeline, pipeline.value[name])
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
    if "defaults" not in pipeline.memo:
        value = pipeline.value
        result = {key: value[key] for key in GLOBALLY_DEFINED if value.get(key) is not None}
        given = value.get("default")
        if isinstance(given, dict):
            result |= {key: part for key, part in given.items() if key in INHERITED_KEYWORDS and part is not None}
        looked_up: dict[str, Any] = look_up_all(pipeline, result)
        pipeline.memo["defaults"] = {key: _flat(part) for key, part in looked_up.items()}
    found: dict[str, Any] = pipeline.memo["defaults"]
    return found


def inherits(job: dict[str, Any], key: str, of: str = "default") -> bool:
    """Tell whether a job takes `key` from `default:`, or from the global `variables:`, as its `inherit:` says."""
    inherit = job.get("inherit")
    rule = inherit.get(of, True) if isinstance(inherit, dict) else True
    return key in rule if isinstance(rule, list) else rule is not False


def parents(job: dict[str, Any]) -> tuple[str, ...]:
    """Return the names under a job's `extends`, nearest last."""
    given = job.get("extends")
    if isinstance(given, str):
        return (given,)
    if isinstance(given, list):
        return tuple(name for name in given if isinstance(name, str))
    return ()


def look_up(pipeline: Pipeline, value: Any) -> Any:
    """Return `value` with every `!reference` in it looked up, and lists flattened.

    With unread includes, a reference that leads to nothing stays a `Reference`.

    Raises:
        UnresolvableError: A reference leads nowhere or goes in a circle.
    """
    return _flat(look_up_all(pipeline, value))


def look_up_all(pipeline: Pipeline, value: Any) -> Any:
    """Return `value` with every `!reference` in it looked up, lists as they are.

    Raises:
        UnresolvableError: A reference leads nowhere or goes in a circle.
    """
    return _looked_up(pipeline, value, (), 0).value if pipeline.refers else value


class _Extended(NamedTuple):
    """A job with its parents merged in, and how many levels of them there are, its own included."""

    value: dict[str, Any]
    levels: int


class _Found(NamedTuple):
    """A value with its references looked up: how many are nested in it, and how many values it has.

    A reference can name a list that names others: ten levels of ten are more than memory holds, so size is counted
    before anything is written out.
    """

    value: Any
    references: int
    size: int


def _extended(pipeline: Pipeline, name: str, chain: tuple[str, ...]) -> _Extended:
    child = chain[-1] if chain else name
    if name in chain:
        raise UnresolvableError(f"the `extends` of `{child}` leads back to `{name}`", child)
    known: _Extended | None = pipeline.memo.get(("extended", name))
    if known is None:
        if len(chain) >= DEEPEST_EXTENDS:
            raise _too_deep(chain[0])
        known = _with_parents(pipeline, name, (*chain, name))
        pipeline.memo["extended", name] = known
    if len(chain) + known.levels > DEEPEST_EXTENDS:
        raise _too_deep(chain[0] if chain else name)
    return known


def _too_deep(name: str) -> UnresolvableError:
    return UnresolvableError(f"the `extends` of `{name}` goes deeper than {DEEPEST_EXTENDS} levels", name)


def _with_parents(pipeline: Pipeline, name: str, chain: tuple[str, ...]) -> _Extended:
    own = pipeline.value.get(name)
    if not isinstance(own, dict):
        if pipeline.unread or INPUT.search(name):
            return _Extended({UNREAD_PARENT: [name]}, 1)
        child = chain[-2] if len(chain) > 1 else name
        raise MissingTargetError(f"`{child}` extends `{name}`, which no file that was read defines", child)
    result: dict[str, Any] = {}
    levels = 1
    for parent in parents(own):
        value, above = _extended(pipeline, parent, chain)
        result = deep_merge(result, value)
        levels = max(levels, above + 1)
    return _Extended(deep_merge(result, {key: value for key, value in own.items() if key != "extends"}), levels)


def _looked_up(pipeline: Pipeline, value: Any, chain: tuple[tuple[str, ...], ...], depth: int) -> _Found:
    if depth > DEEPEST:
        raise UnresolvableError(f"its `!reference`s nest values more than {DEEPEST} levels deep")
    if isinstance(value, Reference):
        return _referenced(pipeline, value, chain, depth)
    parts: list[Any] | dict[str, _Found]
    if isinstance(value, dict):
        found = {key: _looked_up(pipeline, part, chain, depth + 1) for key, part in value.items()}
        result: Any = {key: part.value for key, part in found.items()}
        parts = list(found.values())
    elif isinstance(value, list):
        parts = [_looked_up(pipeline, part, chain, depth + 1) for part in value]
        result = [part.value for part in parts]
    else:
        return _Found(value, 0, 1)
    size = 1 + sum(part.size for part in parts)
    if size > MOST_VALUES:
        raise UnresolvableError(f"its `!reference`s, written out, come to more than {MOST_VALUES} values")
    return _Found(result, max((part.references for part in parts), default=0), size)


def _referenced(pipeline: Pipeline, value: Reference, chain: tuple[tuple[str, ...], ...], depth: int) -> _Found:
    path = ", ".join(chain[0] if chain else value.path)
    if value.path in chain:
        raise UnresolvableError(f"`!reference [{path}]` leads back to itself")
    known: _Found | None = pipeline.memo.get(("reference", value.path))
    if known is None:
        try:
            target = target_of(pipeline, value.path)
        except MissingTargetError:
            if pipeline.unread or any(map(INPUT.search, value.path)):
                return _Found(value, 0, 1)
            raise
        if len(chain) < DEEPEST_REFERENCE:
            known = _looked_up(pipeline, target, (*chain, value.path), depth)
            known = known._replace(references=known.references + 1)
            pipeline.memo["reference", value.path] = known
    if known is None or len(chain) + known.references > DEEPEST_REFERENCE:
        raise UnresolvableError(f"`!reference [{path}]` is nested more than {DEEPEST_REFERENCE} levels deep")
    return known


def target_of(pipeline: Pipeline, path: Sequence[str]) -> Any:
    """Return the value that the words of a `!reference` lead to, its own references not yet looked up.

    Raises:
        UnresolvableError: They lead nowhere, or through a job that cannot be resolved.
    """
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
    """Flatten the lists that `!reference` leaves inside a list (GitLab, "Nest `!reference` tags in `script`")."""
    if not isinstance(value, list) or not any(isinstance(part, list) for part in value):
        return value
    result: list[Any] = []
    for part in value:
        result.extend(_flat(part) if isinstance(part, list) else [part])
    return result
