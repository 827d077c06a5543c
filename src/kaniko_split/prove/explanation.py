"""In which jobs and keywords do the two resolved pipelines differ, in a reader's words?

DeepDiff finds the differences, which the proof has held against the plan; here they are put together by job.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.resolve import resolved_pipeline
from kaniko_split.plan.outcome import Split

# Which commands each job runs is what the proof of the circumstances is about.
_SCRIPTS = frozenset({"before_script", "script"})
_LONGEST = 200

Path = tuple[str | int, ...]


def explanation(before: Pipeline, after: Pipeline, splits: Sequence[Split]) -> tuple[str, ...]:
    """Return what is different in the resolved pipeline, line by line, job by job.

    Args:
        before: The files as they were read.
        after: The files as they are after the splits.
        splits: What was planned.

    Raises:
        UnresolvableError: GitLab would reject one of the two.
    """
    old, new = resolved_pipeline(before), resolved_pipeline(after)
    return tuple(_lines(old, new, splits))


def _lines(old: dict[str, Any], new: dict[str, Any], splits: Sequence[Split]) -> Iterator[str]:
    made = {job.name: split.finding.job.name for split in splits for job in split.jobs}
    changed = _differences(old, new)
    for split in splits:
        name = split.finding.job.name
        gone = (name,) in changed
        yield f"`{name}` is gone; in its place:" if gone else f"`{name}` stays for what came after its builds; new are:"
        for job in split.jobs:
            yield f"  `{job.name}`: {_compared(old[name], new[job.name])}"
    for name in dict.fromkeys(str(path[0]) for path in changed if path[0] not in made):
        own = [path[1:] for path in changed if path[0] == name and len(path) > 1]
        if own:
            yield f"`{name}`:"
            for path in own:
                yield f"  {_changed(path, old[name], new[name])}"


def _compared(old: Any, new: Any) -> str:
    """Say in which keywords a new job differs from the one that it comes from."""
    paths = [path for path in _differences(old, new) if path and path[0] not in _SCRIPTS]
    if not paths:
        return "as before in all but its script"
    return "its script, and " + "; ".join(_changed(path, old, new) for path in paths)


def _differences(old: Any, new: Any) -> list[Path]:
    """Return where two values differ: the keywords of jobs, down to the `needs` of a rule."""
    from deepdiff import DeepDiff

    found: dict[Path, None] = {}
    for items in DeepDiff(old, new, view="tree", threshold_to_diff_deeper=0).values():
        for item in items:
            found[_keyword(tuple(item.path(output_format="list")))] = None
    return sorted(found, key=lambda path: tuple(map(str, path)))


def _keyword(path: Path) -> Path:
    """Cut a path behind the list that it leads into: a list is told as a whole, but for the rule that it is in."""
    for index, part in enumerate(path):
        in_rules = index > 0 and path[index - 1] == "rules"
        if isinstance(part, int) and not in_rules:
            return path[:index]
    return path


def _changed(path: Path, old: Any, new: Any) -> str:
    name = " ".join(f"{part + 1}," if isinstance(part, int) else f"`{part}`" for part in path).removesuffix(",")
    was, now = _at(path, old), _at(path, new)
    if was is None:
        return f"{name} is new: {_shown(now)}"
    if now is None:
        return f"{name} is gone: {_shown(was)}"
    return f"{name} changes from {_shown(was)} to {_shown(now)}"


def _at(path: Path, value: Any) -> Any:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _shown(value: Any) -> str:
    if isinstance(value, list) and value:
        text = ", ".join(_entry(item) for item in value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _entry(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("job"), str):
        more = [
            f"{key}: {json.dumps(part, ensure_ascii=False, default=str)}" for key, part in value.items() if key != "job"
        ]
        return f"{value['job']} ({', '.join(more)})" if more else str(value["job"])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
