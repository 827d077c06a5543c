"""Does every job mean after the split what it, or the job that it came from, meant before?"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from judges.resolver import Resolved

Job = dict[str, Any]
Parts = Mapping[str, Sequence[str]]

SCRIPT_KEYS = ("before_script", "script")
_COMMENT = re.compile(r"(?<!\S)#.*")
MAY_DIFFER = {*SCRIPT_KEYS, "needs"}


@dataclass(frozen=True)
class Division:
    """One job of before, and the jobs of after that do its work."""

    origin: str
    parts: tuple[str, ...]
    finishing: str | None = None

    @property
    def everything(self) -> tuple[str, ...]:
        """All jobs that run in the place of the origin."""
        return self.parts if self.finishing is None else (*self.parts, self.finishing)


def script_text(job: Job) -> str:
    """All lines that a job runs before `after_script`, as one text."""
    lines: list[str] = []
    for key in SCRIPT_KEYS:
        value = job.get(key) or []
        lines.extend([value] if isinstance(value, str) else [str(line) for line in value])
    return "\n".join(lines)


def runs_executor(job: Job) -> bool:
    """Say whether a job's script has the executor build; a comment, or one that asks for its version, does not."""
    words = re.compile(r"(?<![\w.:-])executor(?![\w.:-])(?!\s+(?:version|help|--help|-h)\b)")
    return words.search(_COMMENT.sub("", script_text(job))) is not None


def find_divisions(before: Resolved, after: Resolved) -> tuple[Division, ...]:
    """Deduce from the two pipelines alone which job was divided into which."""
    old, new = before.jobs, after.jobs
    added = [name for name in new if name not in old]
    origins = [name for name in old if name not in new or (added and script_text(old[name]) != script_text(new[name]))]
    taken: dict[str, list[str]] = {name: [] for name in origins}
    for name in added:
        if origins:
            taken[min(origins, key=lambda origin: _distance(old[origin], new[name]))].append(name)
    divisions = []
    for origin, parts in taken.items():
        if not parts:
            continue
        if origin not in new:
            divisions.append(Division(origin, tuple(parts)))
        elif runs_executor(new[origin]) and not _waits_for_all(new[origin], parts):
            divisions.append(Division(origin, (origin, *parts)))
        else:
            divisions.append(Division(origin, tuple(parts), finishing=origin))
    return tuple(divisions)


def _waits_for_all(job: Job, parts: Sequence[str]) -> bool:
    """Say whether a job that keeps the old name comes after all new ones; it may hold a function that builds."""
    return set(parts) <= set(_names(_needs(job.get("needs") or [], {})))


def compare(before: Resolved, after: Resolved) -> list[str]:
    """List, in plain sentences, every way in which the jobs differ beyond what a split may change."""
    divisions = find_divisions(before, after)
    parts = {
        division.origin: division.everything
        for division in divisions
        # A finishing job hands files on, but no dotenv reports.
        if division.finishing is None or _has_dotenv(before.jobs[division.origin])
    }
    made = {name for division in divisions for name in division.everything}
    complaints = [
        f"{key} differs: before {_show(before.rest.get(key))}, after {_show(after.rest.get(key))}."
        for key in sorted({*before.rest, *after.rest})
        if before.rest.get(key) != after.rest.get(key)
    ]
    for name, job in before.jobs.items():
        if name not in after.jobs and name not in parts:
            complaints.append(f"Job {name!r} is gone and no new job came from it.")
        elif name in after.jobs and name not in made:
            unchanged = [division for division in divisions if division.origin not in parts]
            new = _without_added(_with_references(job, {}), _with_references(after.jobs[name], {}), unchanged)
            complaints += _differences(name, _with_giver(_with_references(job, parts), new, parts), new)
    complaints += [
        f"Job {name!r} is new and came from no job."
        for name in after.jobs
        if name not in before.jobs and name not in made
    ]
    for division in divisions:
        for name in division.everything:
            complaints += _compare_part(name, division, before, after, parts)
    return complaints + _circles(after)


def child_includes(job: Job) -> list[Job]:
    """Give the artifacts that a job makes a child pipeline of, with the jobs that they come from."""
    trigger = job.get("trigger")
    include = trigger.get("include") if isinstance(trigger, dict) else None
    listed = include if isinstance(include, list) else [include]
    return [one for one in listed if isinstance(one, dict) and {"artifact", "job"} <= one.keys()]


def _with_giver(old: Job, new: Job, parts: Parts) -> Job:
    """Put a new job in the place of the one that a child pipeline was made by; the replay looks at the file."""
    givers = {one["artifact"]: one["job"] for one in child_includes(new)}
    includes = [
        {**one, "job": givers[one["artifact"]]}
        if one in child_includes(old) and givers.get(one["artifact"]) in parts.get(one["job"], ())
        else one
        for one in (old["trigger"]["include"] if child_includes(old) else ())
    ]
    return {**old, "trigger": {**old["trigger"], "include": includes}} if includes else old


def _without_added(old: Job, new: Job, divisions: Sequence[Division]) -> Job:
    """Leave out the needs of new jobs by a job that needed one which is left to finish: it gets their reports too."""
    needed = set(_names(old.get("needs") or []))
    added = {part for one in divisions if one.finishing in needed for part in one.parts} - needed
    if not isinstance(new.get("needs"), list) or not added:
        return new
    return {**new, "needs": [entry for entry in new["needs"] if not _is_of(entry, added)]}


def _compare_part(name: str, division: Division, before: Resolved, after: Resolved, parts: Parts) -> list[str]:
    siblings = {*division.everything} - {name}
    old = _with_references(before.jobs[division.origin], parts)
    new = _with_references(after.jobs[name], {})
    if "dependencies" in new and "dependencies" in old:
        new = {**new, "dependencies": [entry for entry in new["dependencies"] if entry not in siblings]}
    complaints = _differences(
        name,
        {key: value for key, value in old.items() if key not in MAY_DIFFER},
        {key: value for key, value in new.items() if key not in MAY_DIFFER},
    )
    needs = new.get("needs")
    complaints += [
        f"Job {name!r} needs {entry!r}, which may not run in a good pipeline, and {division.origin!r} did not."
        for entry in _names(needs or [])
        if entry not in _names(old.get("needs") or []) and _may_stay_out(entry, after)
    ]
    if name == division.finishing:
        missing = [part for part in division.parts if part not in _names(needs or [])]
        if missing:
            complaints.append(f"Job {name!r} ends the work of {_list(missing)} and does not need it.")
    if needs is None:
        if "needs" in old:
            complaints.append(f"Job {name!r} lost the needs of {division.origin!r}.")
        return complaints
    others = [entry for entry in needs if not _is_of(entry, siblings)]
    if "needs" in old:
        if _sorted(others) != _sorted(old["needs"]):
            complaints.append(
                f"Job {name!r} needs {_show(others)}, and {division.origin!r} needed {_show(old['needs'])}."
            )
        return complaints
    wanted = _downloads(old, before, parts)
    missing = [entry for entry in wanted if entry not in _names(others)]
    if missing:
        complaints.append(f"Job {name!r} no longer gets the artifacts of {_list(missing)}.")
    return complaints


def _has_dotenv(job: Job) -> bool:
    return bool(((job.get("artifacts") or {}).get("reports") or {}).get("dotenv"))


def _may_stay_out(name: str, pipeline: Resolved) -> bool:
    """Say whether a job runs only when another one fails, or when somebody starts it."""
    job = pipeline.jobs.get(name, {})
    return job.get("when") == "on_failure" or (job.get("when") == "manual" and job.get("allow_failure") is False)


def _downloads(job: Job, before: Resolved, parts: Parts) -> list[str]:
    """Name the jobs whose artifacts a job without `needs` downloads."""
    if "dependencies" in job:
        return list(job["dependencies"])
    stages: list[str] = before.content["stages"]
    own = stages.index(job.get("stage", "test"))
    found: list[str] = []
    for name, other in before.jobs.items():
        if (
            other.get("artifacts")
            and other.get("when") != "on_failure"
            and stages.index(other.get("stage", "test")) < own
        ):
            found.extend(parts.get(name, [name]))
    return found


def _with_references(job: Job, parts: Parts) -> Job:
    """Spell all references of a job alike, and put the new jobs in the place of the one that is gone."""
    job = dict(job)
    if isinstance(job.get("needs"), list):
        job["needs"] = _needs(job["needs"], parts)
    if isinstance(job.get("dependencies"), list):
        job["dependencies"] = sorted(part for entry in job["dependencies"] for part in parts.get(entry, [entry]))
    if isinstance(job.get("rules"), list):
        job["rules"] = [
            {**rule, "needs": _needs(rule["needs"], parts)}
            if isinstance(rule, dict) and isinstance(rule.get("needs"), list)
            else rule
            for rule in job["rules"]
        ]
    return job


def _needs(entries: Sequence[Any], parts: Parts) -> list[Job]:
    found: list[Job] = []
    for entry in entries:
        full: Job = {"job": entry} if isinstance(entry, str) else dict(entry)
        if "project" in full or "pipeline" in full:
            found.append(full)
            continue
        # The resolver adds these itself, but not inside `rules`, nor where `optional: false` is written out.
        full = {"artifacts": True, "optional": False, **full}
        name = full.get("job", "")
        found.extend({**full, "job": part} for part in parts.get(name, [name]))
    return _sorted(found)


def _differences(name: str, old: Job, new: Job) -> list[str]:
    return [
        f"Job {name!r}: {key} differs: before {_show(old.get(key))}, after {_show(new.get(key))}."
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]


def _distance(origin: Job, part: Job) -> tuple[int, float]:
    """Say how unlike two jobs are: first by their keys, then by the words of their scripts."""
    keys = sum(origin.get(key) != part.get(key) for key in {*origin, *part} - MAY_DIFFER)
    own, theirs = Counter(script_text(part).split()), Counter(script_text(origin).split())
    return keys, -(own & theirs).total() / max(own.total(), 1)


def _circles(after: Resolved) -> list[str]:
    left = {name: _names(_with_references(job, {}).get("needs") or []) for name, job in after.jobs.items()}
    while left:
        free = [name for name, needs in left.items() if not any(entry in left for entry in needs)]
        if not free:
            return [f"Jobs {_list(list(left))} need each other in a circle."]
        for name in free:
            del left[name]
    return []


def _is_of(entry: Job, names: set[str]) -> bool:
    return entry.get("job") in names and "project" not in entry and "pipeline" not in entry


def _names(needs: Sequence[Job]) -> list[str]:
    return [entry["job"] for entry in needs if "project" not in entry and "pipeline" not in entry]


def _sorted(entries: Sequence[Job]) -> list[Job]:
    return sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))


def _show(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
