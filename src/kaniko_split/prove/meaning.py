"""Do the resolved pipelines differ in what the plan says, and in nothing else?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kaniko_split.gitlab.keywords import LONGEST_NAME, MOST_NEEDS
from kaniko_split.gitlab.parallel import expanded_name
from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.resolve import resolved_pipeline
from kaniko_split.gitlab.values import Reference
from kaniko_split.plan.needs import Need
from kaniko_split.plan.outcome import NewJob, Split

# What the other checks compare: scripts are run with symbols, not compared as text.
_COMPARED_ELSEWHERE = ("before_script", "script")


def check_meaning(before: Pipeline, after: Pipeline, splits: Sequence[Split]) -> Iterator[str]:
    """Yield where the new pipeline, resolved, is not what the old one and the plan make it.

    Raises:
        UnresolvableError: GitLab would reject one of the two.
    """
    wanted = expected(before, splits)
    found = resolved_pipeline(after)
    new = {job.name for split in splits for job in split.jobs}
    for name in new & found.keys():
        found[name] = _without_script(found[name])
    if not same(wanted, found):
        yield from _differences(wanted, found)
    yield from _check_limits(found)
    yield from _check_circles(before, found)
    for split in splits:
        yield from _check_order(split)


def expected(before: Pipeline, splits: Sequence[Split]) -> dict[str, Any]:
    """Return the resolved pipeline that the plan asks for, the new jobs without their scripts."""
    names = {split.finding.job.name: split.names for split in splits}
    result: dict[str, Any] = {}
    old = resolved_pipeline(before)
    givers = {split.finding.job.name: split.givers for split in splits}
    for name, value in old.items():
        if name not in names:
            result[name] = _with_givers(_renamed(value, names), givers)
    for split in splits:
        job = _renamed(old[split.finding.job.name], names)
        for one in split.jobs:
            result[one.name] = _without_script(_with_needs(job, one, names))
    return result


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same to GitLab: `1`, `true` and `"1"` are three things."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Reference):
        # It leads into an include that was not read, so its words are all that is known of it.
        return bool(one.path == other.path)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other)


def _without_script(job: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in job.items() if key not in _COMPARED_ELSEWHERE}


def _with_needs(job: dict[str, Any], new: NewJob, names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    if new.needs is None:
        return job
    kept = job.get("needs", []) if new.keeps_needs else []
    return {**job, "needs": [*kept, *_renamed_list([_need_value(need) for need in new.needs], names)]}


def _need_value(need: Need) -> Any:
    if need.artifacts is None and need.optional is None:
        return need.job
    value: dict[str, Any] = {"job": need.job}
    if need.artifacts is not None:
        value["artifacts"] = need.artifacts
    if need.optional is not None:
        value["optional"] = need.optional
    return value


def _renamed(job: Any, names: Mapping[str, Sequence[str]]) -> Any:
    """Put the new names in the place of the old ones, wherever a job waits for another."""
    if not isinstance(job, dict):
        return job
    result = dict(job)
    for keyword in ("needs", "dependencies"):
        if isinstance(result.get(keyword), list):
            result[keyword] = _renamed_list(result[keyword], names)
    if isinstance(result.get("rules"), list):
        result["rules"] = [
            {**rule, "needs": _renamed_list(rule["needs"], names)}
            if isinstance(rule, dict) and isinstance(rule.get("needs"), list)
            else rule
            for rule in result["rules"]
        ]
    return result


def _with_givers(job: Any, givers: Mapping[str, Mapping[str, str]]) -> Any:
    """Put the new jobs in the place of the old ones, wherever a child pipeline is made of a file of theirs."""
    trigger = job.get("trigger") if isinstance(job, dict) else None
    include = trigger.get("include") if isinstance(trigger, dict) else None
    if not isinstance(trigger, dict) or not isinstance(include, list | dict):
        return job
    listed = [_with_giver(one, givers) for one in (include if isinstance(include, list) else [include])]
    return {**job, "trigger": {**trigger, "include": listed if isinstance(include, list) else listed[0]}}


def _with_giver(include: Any, givers: Mapping[str, Mapping[str, str]]) -> Any:
    if not isinstance(include, dict) or not isinstance(include.get("job"), str):
        return include
    return {**include, "job": givers.get(include["job"], {}).get(str(include.get("artifact")), include["job"])}


def _renamed_list(items: Sequence[Any], names: Mapping[str, Sequence[str]]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if isinstance(item, str):
            found.extend(_new_names(item, names))
        elif isinstance(item, dict) and isinstance(item.get("job"), str) and not {"project", "pipeline"} & item.keys():
            found.extend({**item, "job": name} for name in _new_names(item["job"], names))
        elif isinstance(item, list):
            found.append(_renamed_list(item, names))
        else:
            found.append(item)
    return found


def _new_names(name: str, names: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the names that replace a job's, also where it is that of one of its parallel jobs."""
    if name in names:
        return list(names[name])
    job, suffix = expanded_name(name) or (name, "")
    return [new + suffix for new in names.get(job, (job,))]


def _differences(wanted: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    """Say what differs, with DeepDiff, which is loaded for this alone."""
    from deepdiff import DeepDiff

    difference = DeepDiff(wanted, found, ignore_order=False, verbose_level=1)
    for kind, items in difference.to_dict().items():
        for place in items:
            yield f"{kind.replace('_', ' ')}: {str(place).removeprefix('root')}"
    if not difference:
        yield "a value has become one of another type"


def _check_limits(jobs: Mapping[str, Any]) -> Iterator[str]:
    for name, job in jobs.items():
        if len(name) > LONGEST_NAME:
            yield f"the name `{name}` is longer than {LONGEST_NAME} characters"
        needs = job.get("needs") if isinstance(job, dict) else None
        if isinstance(needs, list) and len(needs) > MOST_NEEDS:
            yield f"`{name}` needs {len(needs)} jobs; GitLab allows {MOST_NEEDS}"


def _check_order(split: Split) -> Iterator[str]:
    """Say which of the new jobs waits for one that came after it."""
    names = [job.name for job in split.jobs]
    for number, job in enumerate(split.jobs):
        for need in job.needs or ():
            if need.job in names[number:]:
                yield f"`{job.name}` waits for `{need.job}`, which came after it"


def _check_circles(before: Pipeline, jobs: Mapping[str, Any]) -> Iterator[str]:
    """Say which jobs wait for themselves: GitLab rejects such a pipeline, whatever it was before."""
    old = waiting_for_themselves(resolved_pipeline(before))
    for name in waiting_for_themselves(jobs) - old:
        yield f"`{name}` waits for itself by its `needs`"


def waiting_for_themselves(jobs: Mapping[str, Any]) -> set[str]:
    """Return the names of the jobs that their `needs`, followed from job to job, lead back to."""
    waits = {name: _needed(job) for name, job in jobs.items()}
    found: set[str] = set()
    for name in jobs:
        seen: set[str] = set()
        waiting = list(waits[name])
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting.extend(waits.get(other, ()))
        if name in seen:
            found.add(name)
    return found


def _needed(job: Any) -> tuple[str, ...]:
    """Return the jobs of the same pipeline that a job needs, also by one of its rules."""
    if not isinstance(job, dict):
        return ()
    rules = job.get("rules")
    lists = [job.get("needs"), *(rule.get("needs") for rule in rules or () if isinstance(rule, dict))]
    items = [item for listed in lists if isinstance(listed, list) for item in listed]
    own = [item for item in items if not (isinstance(item, dict) and {"project", "pipeline"} & item.keys())]
    names = [item.get("job") if isinstance(item, dict) else item for item in own]
    known = [name for name in names if isinstance(name, str)]
    return (*known, *(one[0] for name in known if (one := expanded_name(name)) is not None))
