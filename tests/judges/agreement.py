"""Do kaniko-split's own resolver and gitlab-ci-local make the same of a pipeline?

What gitlab-ci-local only writes in another form (`needs` as mappings, scripts as lists, variables as texts) is put
into that form first. Where the two are known to read otherwise, the difference has a name in `GAPS`; docs/gitlab.md
has a row for each. Everything else that differs is wrong.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from judges.resolver import NOT_JOBS, Pipeline, Rejected, Resolved
from kaniko_split.gitlab.includes import BrokenFileError, read_pipeline
from kaniko_split.gitlab.keywords import INHERITED_KEYWORDS
from kaniko_split.gitlab.pipeline import Pipeline as OwnPipeline
from kaniko_split.gitlab.resolve import UnresolvableError, defaults, resolved_pipeline
from kaniko_split.gitlab.values import Reference
from kaniko_split.plan.inheritance import ancestors
from kaniko_split.source.repository import NotInRepositoryError, Repository
from kaniko_split.tree.nodes import Mapping, Node, Sequence, followed

Values = dict[str, Any]

# What `transformDeprecatedGlobalDefaultSyntax` and the preview leave out: it stands in the jobs already.
_LEFT_OUT = {"default", "include", "image", "services", "cache", "before_script", "after_script", "spec"}
_STAGES = [".pre", "build", "test", "deploy", ".post"]
_SCRIPTS = ("before_script", "script", "after_script")
_INHERITED_BY_THEM = {"artifacts", "cache", "services", "image", "before_script", "after_script"}
_INPUT = re.compile(r"\$\[\[.*?\]\]")


@dataclass(frozen=True)
class Agreement:
    """How the two read one pipeline.

    Attributes:
        pipeline: The file.
        gaps: The names of the known gaps that explain what differs.
        wrong: What differs and nothing explains, in sentences.
        why_not: Why the two could not be compared: one of them does not take the pipeline.
    """

    pipeline: Pipeline
    gaps: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def equal(self) -> bool:
        """Whether both read the same, to the last value."""
        return not (self.gaps or self.wrong or self.why_not)


@dataclass(frozen=True)
class Figures:
    """How many pipelines were compared, and with what result."""

    agreements: tuple[Agreement, ...]

    def __str__(self) -> str:
        compared = [one for one in self.agreements if not one.why_not]
        equal = sum(one.equal for one in compared)
        wrong = sum(bool(one.wrong) for one in compared)
        return (
            f"{len(compared)} pipelines compared by two resolvers, {equal} equal, "
            f"{len(compared) - equal - wrong} differ by a known gap, wrong: {wrong}"
        )


def compare(pipeline: Pipeline, answer: Resolved | Rejected) -> Agreement:
    """Read a pipeline with our own resolver and hold it against gitlab-ci-local's answer."""
    if isinstance(answer, Rejected):
        return Agreement(pipeline, why_not=answer.why)
    try:
        read = read_pipeline(Repository(pipeline.folder), pipeline.file)
        ours = resolved_pipeline(read)
    except (BrokenFileError, UnresolvableError, NotInRepositoryError, OSError) as error:
        known = next((gap for words, gap in NOT_TAKEN.items() if words in str(error)), None)
        if known is not None:
            return Agreement(pipeline, (known,))
        return Agreement(pipeline, wrong=(f"kaniko-split does not take what gitlab-ci-local takes: {error}",))
    sides = Sides(read, _in_their_form(ours), _without_references(answer.content))
    left = list(differences(sides.ours, sides.theirs))
    gaps: list[str] = []
    for name, bridge in GAPS.items():
        if not left:
            break
        bridged = bridge(sides)
        fewer = list(differences(bridged.ours, bridged.theirs))
        if fewer != left:
            gaps.append(name)
            sides, left = bridged, fewer
    return Agreement(pipeline, tuple(gaps), tuple(left))


@dataclass(frozen=True)
class Sides:
    """Both readings of one pipeline, by job and global keyword."""

    pipeline: OwnPipeline
    ours: Values
    theirs: Values


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Say at which places two values differ; `$[[ inputs.x ]]` of ours stands for whatever theirs has there."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}, key=str):
            if key not in theirs:
                yield f"{path}{key}: theirs has nothing, ours {_shown(ours[key])}"
            elif key not in ours:
                yield f"{path}{key}: ours has nothing, theirs {_shown(theirs[key])}"
            else:
                yield from differences(ours[key], theirs[key], f"{path}{key}: ")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(*pair, f"{path}[{number}]: ")
    elif not _same(ours, theirs):
        yield f"{path}ours {_shown(ours)}, theirs {_shown(theirs)}"


def _same(ours: Any, theirs: Any) -> bool:
    numbers = (int, float)
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, numbers) and isinstance(theirs, numbers):
        return float(ours) == float(theirs)
    return type(ours) is type(theirs) and bool(ours == theirs)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


# What is only another form of the same.


def _in_their_form(resolved: Values) -> Values:
    """Write what our resolver gives as the preview of gitlab-ci-local does."""
    result: Values = {}
    for name, value in resolved.items():
        if name in NOT_JOBS:
            if name not in _LEFT_OUT:
                result[name] = _variables(value) if name == "variables" else _flat(value)
        else:
            result[name] = _job_in_their_form(value)
    stages = result.get("stages", _STAGES)
    result["stages"] = [
        *([] if ".pre" in stages else [".pre"]),
        *stages,
        *([] if ".post" in stages else [".post"]),
    ]
    return result


def _job_in_their_form(job: Values) -> Values:
    result: Values = {key: _flat(value) for key, value in job.items()}
    for key in _SCRIPTS:
        if isinstance(result.get(key), str) and result[key]:
            result[key] = [result[key]]
    if result.get("needs"):
        result["needs"] = [_need(one) for one in result["needs"]]
    if isinstance(result.get("cache"), dict | list):
        given = result["cache"] if isinstance(result["cache"], list) else [result["cache"]]
        result["cache"] = [_cache(one) for one in given if isinstance(one.get("paths"), list)]
    if result.get("services"):
        given = result["services"] if isinstance(result["services"], list) else [result["services"]]
        result["services"] = [_service(one) for one in given]
    if result.get("image"):
        result["image"] = _image(result["image"])
    if "variables" in result:
        result["variables"] = _variables(result["variables"])
    parallel = result.get("parallel")
    if isinstance(parallel, dict) and isinstance(parallel.get("matrix"), list):
        result["parallel"] = {**parallel, "matrix": [_row(row) for row in parallel["matrix"]]}
    trigger = result.get("trigger")
    if isinstance(trigger, dict) and isinstance(trigger.get("include"), str):
        result["trigger"] = {**trigger, "include": [{"local": trigger["include"]}]}
    return result


def _need(given: Any) -> Values:
    need = given if isinstance(given, dict) else {"job": given}
    result = {"job": need.get("job", given), "artifacts": need.get("artifacts", True)}
    result |= {key: need[key] for key in ("pipeline", "project", "ref", "optional", "parallel") if need.get(key)}
    if not {"project", "pipeline", "optional"} & need.keys():
        result["optional"] = False
    return result


def _row(row: Values) -> Values:
    return {key: value if isinstance(value, list) else [value] for key, value in row.items()}


def _cache(given: Values) -> Values:
    kept: Values = {key: given[key] for key in ("key", "paths") if key in given}
    return {**kept, "policy": given.get("policy", "pull-push"), "when": given.get("when", "on_success")}


def _service(given: Any) -> Values:
    if not isinstance(given, dict):
        return {"name": given}
    kept = {key: given[key] for key in ("name", "entrypoint", "command", "alias", "variables") if key in given}
    if kept.get("variables"):
        kept["variables"] = {key: _text(value) for key, value in kept["variables"].items()}
    return kept


def _image(given: Any) -> Values:
    if not isinstance(given, dict):
        return {"name": given}
    docker = given.get("docker") or {}
    kept = {key: given[key] for key in ("name", "entrypoint") if key in given}
    wanted = {key: docker[key] for key in ("user", "platform") if key in docker}
    return {**kept, "docker": wanted} if wanted else kept


def _variables(given: Any) -> Any:
    return {key: _variable(value) for key, value in given.items()} if isinstance(given, dict) else given


def _variable(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, dict):
        value = _text(given["value"]) if "value" in given else "undefined"
        return value.replace("$", "$$") if given.get("expand") is False else value
    return _text(given)


def _text(value: Any) -> str:
    """Write a value as JavaScript's `String` does."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "null" if value is None else str(value)


def _flat(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _flat(part) for key, part in value.items()}
    if isinstance(value, list):
        return list(_items(value))
    return value


def _items(value: list[Any]) -> Iterator[Any]:
    for part in value:
        if isinstance(part, list):
            yield from _items(part)
        else:
            yield _flat(part)


def _without_references(value: Any) -> Any:
    """Put our own type in the place of each `!reference` that gitlab-ci-local left."""
    if isinstance(value, dict):
        if value.keys() == {"referenceData"}:
            return Reference(tuple(map(str, value["referenceData"])))
        return {key: _without_references(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_references(part) for part in value]
    return value


# Where the two are known to read otherwise: what each gap makes of both sides.


def _fill_in_inputs(sides: Sides) -> Sides:
    """Take for each `$[[ inputs.x ]]` that we keep what gitlab-ci-local puts in its place."""
    return replace(sides, ours=_filled(sides.ours, sides.theirs))


def _filled(ours: Any, theirs: Any) -> Any:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        result: Values = {}
        for key, value in ours.items():
            alike = [other for other in theirs if _INPUT.search(str(key)) and _has_holes_for(str(key), str(other))]
            for name in alike or [key]:
                result[name] = _filled(value, theirs.get(name))
        return result
    if isinstance(ours, list) and isinstance(theirs, list):
        return _filled_list(ours, theirs)
    if isinstance(ours, str) and _INPUT.search(ours) and _has_holes_for(ours, theirs):
        return theirs
    return ours


def _filled_list(ours: list[Any], theirs: list[Any]) -> list[Any]:
    """Fill in item by item; an input that stands alone may be a list, and take the place of several items."""
    result: list[Any] = []
    more = len(theirs) - len(ours)
    for item in ours:
        if more and isinstance(item, str) and _INPUT.fullmatch(item):
            result.extend(theirs[len(result) : len(result) + more + 1])
            more = 0
        else:
            result.append(_filled(item, theirs[len(result)]) if len(result) < len(theirs) else item)
    return result


def _has_holes_for(ours: str, theirs: Any) -> bool:
    if _INPUT.fullmatch(ours):
        return True
    pattern = ".*".join(map(re.escape, _INPUT.split(ours)))
    return isinstance(theirs, str) and re.fullmatch(pattern, theirs, re.DOTALL) is not None


def _inherit_all_keywords(sides: Sides) -> Sides:
    """Leave out what a job has by `default:` under keywords that gitlab-ci-local does not know there."""
    given = _in_their_form({"default": {}, "job": defaults(sides.pipeline)})["job"]
    ours = {
        name: {
            key: value
            for key, value in job.items()
            if not (key in INHERITED_KEYWORDS - _INHERITED_BY_THEM and key not in their_job and value == given.get(key))
        }
        if isinstance(job, dict) and isinstance(their_job := sides.theirs.get(name), dict)
        else job
        for name, job in sides.ours.items()
    }
    return replace(sides, ours=ours)


def _choose_rules(sides: Sides) -> Sides:
    """Take the `needs` of one of the job's rules where gitlab-ci-local has taken them."""
    ours = dict(sides.ours)
    for name, job in sides.ours.items():
        their_job = sides.theirs.get(name)
        if isinstance(job, dict) and isinstance(their_job, dict) and isinstance(job.get("rules"), list):
            for rule in job["rules"]:
                needs = [_need(one) for one in rule.get("needs") or ()] if isinstance(rule, dict) else []
                if needs and needs == their_job.get("needs"):
                    ours[name] = {**job, "needs": needs}
    return replace(sides, ours=ours)


def _choose_workflow(sides: Sides) -> Sides:
    """Leave out the global variables that gitlab-ci-local has from a rule of `workflow:`."""
    rules = sides.ours.get("workflow", {}).get("rules")
    names = {name for rule in rules or () if isinstance(rule, dict) for name in rule.get("variables") or ()}
    if not names:
        return sides
    theirs = {name: value for name, value in sides.theirs.get("variables", {}).items() if name not in names}
    ours = {name: value for name, value in sides.ours.get("variables", {}).items() if name not in names}
    return replace(sides, ours={**sides.ours, "variables": ours}, theirs={**sides.theirs, "variables": theirs})


def _read_yaml_1_1(sides: Sides) -> Sides:
    """Read the words that are booleans to YAML 1.1 alone, as `yes` and `off`."""
    return replace(sides, theirs=_with_booleans(sides.theirs, sides.ours))


def _with_booleans(theirs: Any, ours: Any) -> Any:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {key: _with_booleans(value, ours.get(key)) for key, value in theirs.items()}
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [_with_booleans(*pair) for pair in zip(theirs, ours, strict=True)]
    if isinstance(ours, bool) and isinstance(theirs, str) and theirs.lower() in _WORDS.get(ours, ()):
        return ours
    return theirs


def _leave_out_conditional_files(sides: Sides) -> Sides:
    """Read the pipeline without the files whose include has `rules`: gitlab-ci-local decides on them."""
    if not sides.pipeline.perhaps:
        return sides
    files = tuple(file for file in sides.pipeline.files if file.name not in sides.pipeline.perhaps)
    without = replace(sides.pipeline, files=files, memo={})
    try:
        return Sides(without, _in_their_form(resolved_pipeline(without)), sides.theirs)
    except UnresolvableError:
        return sides


_WORDS = {True: {"yes", "on", "y"}, False: {"no", "off", "n"}}


def _leave_out_late_merges(sides: Sides) -> Sides:
    """Leave out the jobs for which a `<<` stands below a key that it brings, in themselves or in what they refer to."""
    late = {job.name for job in sides.pipeline.jobs if _has_late_merge(job.mapping)}
    out = {
        name
        for name in sides.ours
        if late & {name, *ancestors(sides.pipeline, name), *_referred_to(sides.pipeline.value.get(name))}
    }
    ours, theirs = ({name: job for name, job in one.items() if name not in out} for one in (sides.ours, sides.theirs))
    return replace(sides, ours=ours, theirs=theirs)


def _referred_to(value: Any) -> Iterator[str]:
    """Yield the names of the jobs that a value refers to by `!reference`."""
    if isinstance(value, Reference):
        yield from value.path[:1]
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _referred_to(part)


def _has_late_merge(node: Node) -> bool:
    real = followed(node)
    if isinstance(real, Sequence):
        return any(map(_has_late_merge, real.items))
    if not isinstance(real, Mapping):
        return False
    above: set[str] = set()
    for entry in real.entries:
        brought = {name for part in entry.merged() for name in part.effective_entries()}
        if brought & above or _has_late_merge(entry.value):
            return True
        above |= brought or {entry.name}
    return False


GAPS: dict[str, Callable[[Sides], Sides]] = {
    "rules on an include": _leave_out_conditional_files,
    "inputs": _fill_in_inputs,
    "merge keys": _leave_out_late_merges,
    "YAML 1.1 words": _read_yaml_1_1,
    "keywords of default": _inherit_all_keywords,
    "needs in rules": _choose_rules,
    "variables of workflow rules": _choose_workflow,
}

# What GitLab rejects and gitlab-ci-local does not: words of our sentence, and the gap's name.
NOT_TAKEN = {
    "not UTF-8": "files that are not UTF-8",
}
