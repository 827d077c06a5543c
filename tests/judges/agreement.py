"""Do kaniko-split's own resolver and gitlab-ci-local make the same of a pipeline?

What gitlab-ci-local only writes in another form (`needs` as mappings, scripts as lists, variables as texts) is put
into that form first. Where the two are known to read otherwise, the difference has a name in `GAPS`; docs/gitlab.md
has a row for each. Everything else that differs is wrong.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from judges.resolver import NOT_JOBS, Pipeline, Rejected, Resolved
from kaniko_split.gitlab.includes import BrokenFileError, read_pipeline
from kaniko_split.gitlab.pipeline import Pipeline as OwnPipeline
from kaniko_split.gitlab.resolve import UnresolvableError, resolved_pipeline
from kaniko_split.gitlab.values import Reference
from kaniko_split.source.repository import NotInRepositoryError, Repository

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


def compare_all(answers: Mapping[Pipeline, Resolved | Rejected]) -> Figures:
    """Read each pipeline with our own resolver and hold it against gitlab-ci-local's answer."""
    return Figures(tuple(_compare(pipeline, answer) for pipeline, answer in answers.items()))


def _compare(pipeline: Pipeline, answer: Resolved | Rejected) -> Agreement:
    if isinstance(answer, Rejected):
        return Agreement(pipeline, why_not=answer.why)
    try:
        read = read_pipeline(Repository(pipeline.folder), pipeline.file)
        ours = resolved_pipeline(read)
    except (BrokenFileError, UnresolvableError, NotInRepositoryError, OSError) as error:
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
    if result.get("cache"):
        given = result["cache"] if isinstance(result["cache"], list) else [result["cache"]]
        result["cache"] = [_cache(one) for one in given if isinstance(one.get("paths"), list)]
    if result.get("services"):
        given = result["services"] if isinstance(result["services"], list) else [result["services"]]
        result["services"] = [_service(one) for one in given]
    if result.get("image"):
        result["image"] = _image(result["image"])
    if "variables" in result:
        result["variables"] = _variables(result["variables"])
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

GAPS: dict[str, Callable[[Sides], Sides]] = {}
