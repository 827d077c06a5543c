"""What about a job forbids that it becomes several, whatever its script says?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Items
from typing import Any

from kaniko_split.detect.findings import Finding
from kaniko_split.detect.trace import Trace, trace
from kaniko_split.flow.lower import LimitError
from kaniko_split.flow.scripts import UnreadableScriptError
from kaniko_split.gitlab.keywords import DEEPEST_EXTENDS, INPUT
from kaniko_split.gitlab.pipeline import Job, PipelineFile
from kaniko_split.gitlab.references import JobReference, Use, hidden_mentions, input_mentions, references_to
from kaniko_split.gitlab.resolve import effective_job, levels_of
from kaniko_split.gitlab.script import OddScriptError, Origin, Section, provider, script_items
from kaniko_split.gitlab.variables import variables_of
from kaniko_split.plan.inheritance import Group, Way, aliases_of, ancestors, heirs, unused_merges_of
from kaniko_split.plan.job_name import (
    NAMES,
    file_with_name,
    name_in,
    naming_variables,
    text_with_effect,
    texts_of,
)
from kaniko_split.plan.job_slices import Slices
from kaniko_split.plan.shared_values import leaving
from kaniko_split.shell.locations import File
from kaniko_split.shell.parse import ShellSyntaxError
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.repository import wildcard
from kaniko_split.tree.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, walk

# What an alias may not be the key of: the new jobs have a key of their own.
_DIVIDED_KEYS = frozenset({"before_script", "script"})
_POWERSHELL = Pattern(r"\b(?:pwsh|powershell|nanoserver|servercore)\b", re.IGNORECASE)
# GitLab, "environment:action": these do not deploy.
_NO_DEPLOYMENT = frozenset({"prepare", "verify", "access"})


# How many statements a script may run that is divided, and how many times the number of its builds.
MOST_STATEMENTS = 3_000
MOST_COMPARISONS = 150_000


class ObstacleError(Exception):
    """The job has to stay as it is; `code` names the refusal."""

    def __init__(self, code: str, file: PipelineFile, offset: int, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.file = file
        self.offset = offset
        self.detail = detail


def check_job(finding: Finding, references: tuple[JobReference, ...], group: Group | None = None) -> None:
    """Make sure that nothing but its script stands in the way of splitting the job.

    Args:
        finding: The job.
        references: Where it is named.
        group: The jobs that take their script from the same place; None where the script is its own.

    Raises:
        ObstacleError: Something does.
    """
    _check_place(finding)
    if finding.obstacle:
        raise ObstacleError(finding.obstacle, finding.file, finding.offset)
    if group is None:
        _check_script_origin(finding)
    _check_size(finding)
    _check_anchors(finding, shared=group is not None)
    _check_keywords(finding)
    _check_after_script(finding)
    _check_references(finding, references, group)


def check_inputs(finding: Finding, names: Items[str]) -> None:
    """Make sure that new names hold the inputs that make the old one another for each include of the file.

    Raises:
        ObstacleError: A name would be the same in each of them, and GitLab would merge what is called so.
    """
    job = finding.job
    inputs = INPUT.findall(job.name)
    if any(one not in name for one in inputs for name in names):
        raise ObstacleError("name-from-inputs", job.file, job.entry.key.span.start)


def check_home(group: Group) -> None:
    """Make sure that the hidden job whose script several jobs take over can be divided where it stands.

    Raises:
        ObstacleError: It cannot.
    """
    job, pipeline = group.job, group.findings[0].pipeline
    at = job.entry.key.span.start
    rare = job.file.source.rare_break()
    if rare is not None:
        raise ObstacleError("rare-line-break", job.file, rare)
    if len(pipeline.named(job.name)) > 1:
        raise ObstacleError("job-in-several-files", job.file, at)
    if job.mapping.flow or (job.file.root is not None and job.file.root.flow):
        raise ObstacleError("flow-layout", job.file, at)
    _check_heirs(group)
    _check_mentions(group)
    assert job.file.root is not None  # noqa: S101 (a job stands in a root)
    taken = {id(node) for node in places_of(group)}
    for node in walk(job.file.root):
        if isinstance(node, Alias) and id(node) not in taken:
            target = node.target
            if any(target is inner for inner in walk(group.entry.value)):
                raise ObstacleError("anchor-in-script", job.file, target.span.start)


def _check_heirs(group: Group) -> None:
    """Every job that has the script must be one of those that are split, or lead to one."""
    pipeline = group.findings[0].pipeline
    above = frozenset[str]().union(*(ancestors(pipeline, name) for name in group.names))
    for job in heirs(pipeline, group.entry):
        if job.name not in group.names and not (job.hidden and job.name in above):
            at = job.entry.key.span.start
            raise ObstacleError("template-shared", job.file, at, f"`{job.name}` has the script too")


def _check_mentions(group: Group) -> None:
    """A `!reference` to the script must be the script of a job that is split, or one of its items."""
    taken = {id(node) for node in places_of(group)}
    for reference in references_to(group.findings[0].pipeline, group.job.name):
        to_script = len(reference.path) < 2 or reference.path[1] == group.entry.name
        if reference.use is Use.REFERENCE and to_script and id(reference.item) not in taken:
            raise ObstacleError("script-referenced", reference.file, reference.name.span.start)


def places_of(group: Group) -> Iterator[Node]:
    """Yield the nodes by which the jobs take the script over."""
    for finding, home in zip(group.findings, group.homes, strict=True):
        entry = finding.script.entry
        if entry is None or home.way in {Way.OWN, Way.KEYS}:
            continue
        yield entry.value
        if isinstance(entry.value, Sequence):
            yield from [entry.value.items[home.index or 0]] if entry.value.items else []


def _check_place(finding: Finding) -> None:
    job, pipeline = finding.job, finding.pipeline
    at = job.entry.key.span.start
    if pipeline.included_by is not None:
        raise ObstacleError("references-unread", job.file, at, f"{pipeline.included_by.place} may include this file")
    rare = job.file.source.rare_break()
    if rare is not None:
        raise ObstacleError("rare-line-break", job.file, rare)
    if len(pipeline.named(job.name)) > 1:
        other = next(one for one in pipeline.named(job.name) if one is not job)
        raise ObstacleError(
            "job-in-several-files",
            job.file,
            at,
            f"it stands at {other.file.place(other.entry.key.span.start)} too",
        )
    if job.file.root is not None and not any(entry is job.entry for entry in job.file.root.entries):
        _check_merged_job(job, job.file.root)
    aliases = [
        entry.key for entry in job.mapping.entries if entry.name in _DIVIDED_KEYS and isinstance(entry.key, Alias)
    ]
    if aliases or isinstance(job.entry.value, Alias):
        raise ObstacleError("flow-layout", job.file, aliases[0].span.start if aliases else at)
    if levels_of(pipeline, job.name) >= DEEPEST_EXTENDS:
        raise ObstacleError("extends-too-deep", job.file, _offset_of(finding, "extends"))
    resolved = effective_job(pipeline, job.name)
    if pipeline.unread and not {"image", "extends"} & {entry.name for entry in job.mapping.entries}:
        raise ObstacleError("job-may-be-override", job.file, at, f"`{pipeline.unread[0].what}` is not read")
    image = resolved.get("image")
    name = image.get("name") if isinstance(image, dict) else image
    if isinstance(name, str) and _POWERSHELL.search(name):
        raise ObstacleError("other-shell", job.file, _offset_of(finding, "image"), f"its image is `{name}`")


def _check_merged_job(job: Job, root: Mapping) -> None:
    """A job that a merge key brings into the file's root is split there, if nothing but that key takes it over.

    Raises:
        ObstacleError: Another alias does, or another mapping has a key of that name, which would take its place.
    """
    mappings = [node for node in walk(root) if isinstance(node, Mapping)]
    named = [one for one in mappings if any(entry.name == job.name for entry in one.entries)]
    merged = [entry.value for entry in root.entries if entry.merges]
    parts = {id(part) for value in merged for part in (value.items if isinstance(value, Sequence) else (value,))}
    aliases = [node for node in walk(root) if isinstance(node, Alias) and any(node.target is one for one in named)]
    if len(named) != 1 or len(aliases) != 1 or id(aliases[0]) not in parts:
        why = "a merge key brings it into the file's root"
        raise ObstacleError("job-aliased", job.file, job.entry.key.span.start, why)


def _check_script_origin(finding: Finding) -> None:
    if finding.unreadable:
        raise ObstacleError("unreadable-script", finding.file, finding.offset, finding.unreadable)
    if finding.script.origin is not Origin.OWN:
        raise ObstacleError("script-inherited", finding.file, finding.offset)
    entry = finding.script.entry
    if entry is not None and (isinstance(entry.value, Alias) or _is_tagged(entry.value)):
        raise ObstacleError("script-inherited", finding.job.file, entry.value.span.start)


def _check_size(finding: Finding) -> None:
    """Refuse a script whose division and proof would take longer than anybody waits.

    Each build is compared with each statement and with each other build.
    """
    if finding.trace is None:
        return
    builds = sum(step.build is not None for step in finding.trace.steps)
    statements = sum(1 for step in finding.trace.steps for _ in step.occurrence.walk())
    if statements > MOST_STATEMENTS or statements * builds > MOST_COMPARISONS:
        detail = f"it runs {statements} statements for {builds} builds, which are too many to compare"
        raise ObstacleError("unreadable-script", finding.file, finding.offset, detail)


def _is_tagged(node: Node) -> bool:
    return isinstance(node, Sequence) and node.tag is not None


def _check_anchors(finding: Finding, *, shared: bool) -> None:
    """Anchors on the job or in its script would name something else, or stand twice, after the split.

    Args:
        finding: The job.
        shared: Whether its script is divided for other jobs too, so that it may lose more than that.
    """
    job = finding.job
    assert job.file.root is not None  # noqa: S101 (a job stands in a root)
    used = {node.name: node for node in walk(job.file.root) if isinstance(node, Alias)}
    merged = frozenset[int]() if shared else unused_merges_of(finding.pipeline, job)
    for alias in aliases_of(job):
        if id(alias) not in merged:
            raise ObstacleError("job-aliased", job.file, alias.span.start)
    for entry in job.mapping.entries:
        if entry.name == "script":
            items = () if shared or not isinstance(entry.value, Sequence) else tuple(map(id, entry.value.items))
            for node in walk(entry.value):
                movable = isinstance(node, Scalar) and id(node) in items
                if not isinstance(node, Alias) and node.anchor in used and not movable:
                    raise ObstacleError("anchor-in-script", job.file, node.span.start)


def check_anchored_items(finding: Finding, slices: Slices) -> None:
    """Make sure that each item of the script with an anchor moves as a whole, to one place that is before its aliases.

    Raises:
        ObstacleError: One would be divided, written twice or left out, or the job itself has an alias of it.
    """
    job, trace = finding.job, finding.trace
    entry, root = finding.script.entry, job.file.root
    assert trace is not None and root is not None  # noqa: S101, PT018 (it was divided)
    items = entry.value.items if entry is not None and isinstance(entry.value, Sequence) else ()
    aliases = [node for node in walk(root) if isinstance(node, Alias)]
    anchors = [node.anchor for node in walk(job.mapping) if not isinstance(node, Alias)]
    for index, item in enumerate(items):
        used = [alias for alias in aliases if alias.target is item]
        if not used:
            continue
        own = {step.number for step in trace.steps if _is_item(trace, step.item, index)}
        places = [frozenset(slices.prelude), *(frozenset(part.steps) for part in slices.jobs)]
        holders = [place & own for place in places if place & own]
        whole = len(holders) == 1 and holders[0] == own and not own & slices.guarded
        anchor = item.anchor if isinstance(item, Scalar) else None
        below = all(alias.span.start >= job.mapping.span.end for alias in used)
        if not whole or not below or anchors.count(anchor) != 1:
            raise ObstacleError("anchor-in-script", job.file, item.span.start)


def _is_item(trace: Trace, item: int, index: int) -> bool:
    return trace.items[item].section is Section.SCRIPT and trace.items[item].index == index


def _check_keywords(finding: Finding) -> None:
    job = finding.job
    resolved = effective_job(finding.pipeline, job.name)
    for keyword in ("release", "trigger", "pages", "publish"):
        if resolved.get(keyword):
            raise ObstacleError("deploys", job.file, _offset_of(finding, keyword), f"it has `{keyword}`")
    if job.name == "pages":
        raise ObstacleError("deploys", job.file, job.entry.key.span.start, "GitLab Pages knows it by its name")
    environment = resolved.get("environment")
    action = environment.get("action", "start") if isinstance(environment, dict) else "start"
    if environment and action not in _NO_DEPLOYMENT:
        at = _offset_of(finding, "environment")
        raise ObstacleError("deploys", job.file, at, "each new job would be a deployment of its own")
    _check_own_name(finding, resolved)
    _check_services(finding, resolved)


def _check_own_name(finding: Finding, resolved: dict[str, Any]) -> None:
    """The name differs in each new job, and so does all that is made from it."""
    job = finding.job
    given = variables_of(finding.pipeline, job.name)
    names = naming_variables(given)
    for keyword, value in resolved.items():
        texts = tuple(texts_of(value))
        if keyword == "variables":
            # An assignment alone uses nothing.
            texts = tuple(text for text in texts if text not in names)
        if keyword in {"before_script", "script"} and finding.trace is not None:
            # What is printed is read by people alone.
            texts = (text_with_effect(finding.trace),)
        used = next((name for name in (*NAMES, *sorted(names)) if name_in(texts, (name,))), None)
        if used is not None:
            start = job.entry.key.span.start
            mention = re.compile(rf"\b{used}\b").search(job.file.source.text, start, job.mapping.span.end)
            detail = "" if used in NAMES else f"`{used}` is made from it"
            raise ObstacleError("job-name-used", job.file, mention.start() if mention else start, detail)
    scripts = [text for key in ("before_script", "script", "after_script") for text in texts_of(resolved.get(key))]
    path = file_with_name(scripts, names, finding.pipeline.read)
    if path is not None:
        raise ObstacleError("job-name-used", job.file, finding.offset, f"`{path}` uses it")
    made = sorted(name for name in names & given.keys() if not given[name].known)
    if made:
        detail = f"`{made[0]}` is made from it, and is in the environment of each build"
        raise ObstacleError("job-name-used", job.file, finding.offset, detail)


def _check_services(finding: Finding, resolved: dict[str, Any]) -> None:
    """A registry that is one of the job's services ends with the job, and what was pushed to it too."""
    services = resolved.get("services")
    hosts: set[str] = set()
    for service in services if isinstance(services, list) else ():
        name = service.get("name", "") if isinstance(service, dict) else str(service)
        alias = service.get("alias", "") if isinstance(service, dict) else ""
        plain = name.rsplit("@", 1)[0].rsplit(":", 1)[0] if ":" in name.rsplit("/", 1)[-1] else name
        hosts |= {plain.replace("/", "-"), plain.replace("/", "__"), *str(alias).replace(",", " ").split()}
    hosts.discard("")
    if not hosts or finding.trace is None:
        return
    for step in finding.trace.steps:
        for destination in step.build.destinations if step.build is not None else ():
            if re.split(r"[:/]", destination, maxsplit=1)[0] in hosts:
                raise ObstacleError("service-registry", finding.job.file, _offset_of(finding, "services"))


def _check_after_script(finding: Finding) -> None:
    """What `after_script` does outside the container would be done once for each image."""
    provided = provider(finding.pipeline, finding.job, "after_script")
    if provided is None or provided.entry is None or provided.file is None:
        return
    at = provided.entry.key.span.start
    try:
        items = script_items(finding.pipeline, provided, Section.SCRIPT)
        steps = trace(
            items, finding.variables or {}, finding.vocabulary, finding.pipeline.read, finding.pipeline.real
        ).steps
    except (OddScriptError, ShellSyntaxError, UnreadableScriptError, LimitError):
        raise ObstacleError("effect-in-after-script", provided.file, at, "it cannot be read") from None
    if any(step.effects.acts for step in steps):
        raise ObstacleError("effect-in-after-script", provided.file, at)
    tests = [wildcard(pattern) for pattern in leaving(finding)]
    for step in steps:
        for place in step.effects.writes:
            if isinstance(place, File) and any(test(place.path) for test in tests):
                raise ObstacleError("artifact-of-several", finding.job.file, _offset_of(finding, "artifacts"))


def _check_references(finding: Finding, references: tuple[JobReference, ...], group: Group | None) -> None:
    together = group.names if group is not None else frozenset[str]()
    places = frozenset(map(id, places_of(group))) if group is not None else frozenset[int]()
    for file, node in hidden_mentions(finding.pipeline, finding.job.name):
        raise ObstacleError("references-unread", file, node.span.start)
    for file, node in input_mentions(finding.pipeline, finding.job.name):
        raise ObstacleError("references-unread", file, node.span.start, "an input hands its name on")
    for reference in references:
        at = reference.name.span.start
        match reference.use:
            case Use.SINGLE if group is not None or not reference.path:
                raise ObstacleError("single-reference", reference.file, at)
            case Use.REFERENCE if id(reference.item) not in places and reference.path[1:2] in {(), ("script",)}:
                raise ObstacleError("script-referenced", reference.file, at)
            case Use.EXTENDS if reference.owner not in together:
                _check_extender(finding, reference)
            case Use.NEEDS | Use.DEPENDENCIES if reference.holder is None:
                raise ObstacleError("references-unread", reference.file, at)


def _check_extender(finding: Finding, reference: JobReference) -> None:
    """A job that extends this one must have a script of its own, or it would lose its builds."""
    for job in finding.pipeline.named(reference.owner):
        provided = provider(finding.pipeline, job, "script")
        if provided is None or provided.job == finding.job.name or provided.origin is not Origin.OWN:
            raise ObstacleError("job-extended", reference.file, reference.name.span.start)


def _offset_of(finding: Finding, keyword: str) -> int:
    entry: Entry | None = finding.job.mapping.entry(keyword)
    return (entry.key if entry is not None else finding.job.entry.key).span.start
