"""How is each finding split, or why is it not?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from kaniko_split.detect.findings import Finding, source_offset
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.gitlab.keywords import MOST_NEEDS
from kaniko_split.gitlab.references import JobReference, Use, references_to
from kaniko_split.gitlab.resolve import UnresolvableError, effective_job
from kaniko_split.gitlab.script import Origin, Section
from kaniko_split.kaniko.command import Build
from kaniko_split.plan.changes import changes_of
from kaniko_split.plan.dockerfiles import dockerfile_of
from kaniko_split.plan.names import NamePatterns, Names, NameTakenError, names_for
from kaniko_split.plan.needs import Need, NoGateError, check_gate, earlier_needs
from kaniko_split.plan.obstacles import ObstacleError, check_job
from kaniko_split.plan.outcome import Decision, NewJob, Placement, Refusal, Split
from kaniko_split.plan.shared_values import check_artifacts, check_fresh_values
from kaniko_split.plan.slices import CannotSliceError, Slices, slice_script
from kaniko_split.tree.nodes import Alias, walk
from kaniko_split.tree.nodes import Sequence as NodeList


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asks of the plan.

    Attributes:
        select: Job names or patterns; with none, every job is meant.
        files: The files whose jobs are meant, by name; None for all.
        names: How the new jobs are to be called.
        cached_only: Whether only jobs that use Kaniko's cache are meant.
        links: Gives the folders of the repository that are symbolic links; asked only where it matters.
        read: Gives the text of a file of the repository, by name; None where there is none.
    """

    select: tuple[str, ...] = ()
    files: frozenset[str] | None = None
    names: NamePatterns = field(default_factory=NamePatterns)
    cached_only: bool = False
    links: Callable[[], frozenset[str]] = frozenset
    read: Callable[[str], str | None] = lambda _: None

    def means(self, finding: Finding) -> bool:
        """Tell whether the finding is one that the user asked for."""
        if self.files is not None and finding.job.file.name not in self.files:
            return False
        if self.cached_only and finding.cached is not True:
            return False
        return not self.select or any(fnmatchcase(finding.job.name, one) for one in self.select)


def plan(findings: Sequence[Finding], wishes: Wishes) -> tuple[Decision, ...]:
    """Decide about each finding of one pipeline, in order.

    Names are chosen over all of them, asked for or not, so that a later run gives the same names.
    """
    decisions: list[Decision] = []
    taken: set[str] = set()
    for finding in findings:
        taken |= set(finding.pipeline.value)
    for finding in findings:
        decision = _decide(finding, wishes, frozenset(taken))
        if isinstance(decision, Split):
            taken |= {decision.template or "", *(job.name for job in decision.jobs)}
        decisions.append(decision)
    return tuple(decision for decision in decisions if wishes.means(decision.finding))


def _decide(finding: Finding, wishes: Wishes, taken: frozenset[str]) -> Decision:
    job = finding.job
    try:
        references = references_to(finding.pipeline, job.name)
        check_job(finding, references)
        assert finding.trace is not None  # noqa: S101 (an unreadable script is an obstacle)
        _check_statements(finding.trace)
        dockerfiles = {one.number: dockerfile_of(one, wishes.read) for one in finding.trace.steps if one.build}
        slices = slice_script(finding.trace, finding.variables or (), wishes.links, dockerfiles)
        check_fresh_values(finding.trace, slices)
        check_artifacts(finding, slices)
        builds = [step.build for step in finding.trace.steps if step.build is not None]
        names = names_for(job.name, builds, taken, wishes.names)
        jobs = _jobs(finding, slices, names)
        _check_needs(references, jobs)
    except ObstacleError as error:
        return Refusal(finding, error.code, error.file, error.offset, error.detail)
    except CannotSliceError as error:
        assert finding.trace is not None  # noqa: S101 (it was sliced)
        offset = step_offset(finding, finding.trace, error.step)
        return Refusal(finding, error.code, step_file(finding, finding.trace, error.step), offset, error.detail)
    except NoGateError as error:
        return Refusal(finding, error.code, job.file, finding.offset, error.detail)
    except NameTakenError as error:
        return Refusal(finding, "name-taken", job.file, job.entry.key.span.start, str(error))
    except UnresolvableError as error:
        return Refusal(finding, "script-inherited", job.file, job.entry.key.span.start, str(error))
    placement = _placement(finding, slices, references)
    kept = references if jobs[-1].build is not None else ()
    moved = tuple(one for one in references if one.use in {Use.EXTENDS, Use.REFERENCE})
    bare = placement in {Placement.NOWHERE, Placement.APPENDED} and len(job.mapping.entries) == 1
    if bare and moved:
        at = moved[0]
        return Refusal(finding, "job-extended", at.file, at.name.span.start)
    template = None if bare else names.template
    split = Split(finding, template, jobs, slices, placement, kept or moved)
    return replace(split, changes=changes_of(split))


def step_offset(finding: Finding, trace: Trace, step: Step) -> int:
    """Return the offset in its file at which a statement begins."""
    return source_offset(
        step_file(finding, trace, step), trace.items[step.item], trace.offset_in(step.item, step.span.start)
    )


def step_file(finding: Finding, trace: Trace, step: Step) -> Any:
    """Return the file in which a statement's item is written."""
    from_before = trace.items[step.item].section is Section.BEFORE_SCRIPT
    provided = finding.before_script if from_before else finding.script
    return provided.file if provided is not None and provided.file is not None else finding.job.file


def _check_statements(trace: Trace) -> None:
    """Make sure that every build is a statement that can be moved by itself.

    Raises:
        CannotSliceError: One is not.
    """
    for step in trace.steps:
        if step.item != step.last_item or trace.items[step.item].text.rstrip(" ").endswith("\\"):
            raise CannotSliceError("statement-across-items", step)
        if step.builds and step.build is None:
            raise CannotSliceError(_code_of_compound(step), step)
        if step.build is not None and step.builds > 1:
            raise CannotSliceError("build-in-control-flow", step)
    for step, following in zip(trace.steps, trace.steps[1:], strict=False):
        if step.build is not None and _starts_with_flag(following):
            raise CannotSliceError("arguments-without-backslash", following)
    _check_chains(trace)


def _starts_with_flag(step: Step) -> bool:
    return bool(step.values) and step.values[0].text.startswith("-")


def _code_of_compound(step: Step) -> str:
    return "dynamic-loop" if step.builds == float("inf") else "build-in-control-flow"


def _check_chains(trace: Trace) -> None:
    """A failure inside a chain ends the job only where the chain's end does: as the script's last statement.

    Where only its head can fail in ways that nobody plans for, the two read the same (`mkdir -p x && ...`).
    """
    chains: list[list[Step]] = []
    for step in trace.steps:
        if step.chained and chains:
            chains[-1].append(step)
        else:
            chains.append([step])
    for chain in chains[:-1]:
        builds = [step for step in chain if step.build is not None]
        if len(chain) == 1 or not builds:
            continue
        heads = chain[:-1]
        if any(step.build is not None or not _hardly_fails(step) for step in heads):
            raise CannotSliceError("chain-hides-failure", chain[0])


def _hardly_fails(step: Step) -> bool:
    words = tuple(value.text for value in step.values)
    return not words or words[0] in {"cd", "set", "export", "echo", "printf"} or words[:2] == ("mkdir", "-p")


def _jobs(finding: Finding, slices: Slices, names: Names) -> tuple[NewJob, ...]:
    by_build = dict(zip([part.build for part in slices.jobs], names.jobs, strict=False))
    own = finding.job.mapping.entry("needs")
    own_needs = own is not None
    plain_needs = own is None or (isinstance(own.value, NodeList) and own.value.tag is None)
    resolved = effective_job(finding.pipeline, finding.job.name)
    inherited_needs = "needs" in resolved and not own_needs
    jobs: list[NewJob] = []
    for part in slices.jobs:
        if part.build is None:
            check_gate(resolved)
            if inherited_needs or not plain_needs:
                raise NoGateError("order-not-kept", "its `needs` is inherited and would have to be written again")
            waits = tuple(Need(name) for name in names.jobs)
            if not own_needs:
                waits = (*earlier_needs(finding.pipeline, finding.job.name), *waits)
            jobs.append(NewJob(finding.job.name, None, part.steps, waits, keeps_needs=own_needs))
            continue
        name = by_build[part.build]
        before = sorted(slices.after.get(part.build, ()))
        if not before:
            jobs.append(NewJob(name, part.build, part.steps))
            continue
        check_gate(resolved)
        if inherited_needs or not plain_needs:
            raise NoGateError("order-not-kept", "its `needs` is inherited and would have to be written again")
        artifacts = False if _uploads(resolved) else None
        waits = tuple(Need(by_build[one], artifacts) for one in before)
        if not own_needs:
            waits = (*earlier_needs(finding.pipeline, finding.job.name), *waits)
        jobs.append(NewJob(name, part.build, part.steps, waits, keeps_needs=own_needs))
    return tuple(jobs)


def _uploads(job: dict[str, Any]) -> bool:
    artifacts = job.get("artifacts")
    return isinstance(artifacts, dict) and bool(artifacts)


def _check_needs(references: Sequence[JobReference], jobs: Sequence[NewJob]) -> None:
    """Make sure that no list of `needs` grows beyond GitLab's limit.

    Raises:
        NoGateError: One would.
    """
    more = len(jobs) - 1
    for reference in references:
        listed = len(reference.holder.items) if reference.holder is not None else 0
        if reference.use is Use.NEEDS and listed + more > MOST_NEEDS:
            raise NoGateError("too-many-needs", f"`{reference.owner}` would need more than {MOST_NEEDS} jobs")
    for job in jobs:
        if len(job.needs or ()) > MOST_NEEDS:
            raise NoGateError("too-many-needs", f"`{job.name}` would need more than {MOST_NEEDS} jobs")


def _placement(finding: Finding, slices: Slices, references: Sequence[JobReference]) -> Placement:
    if slices.turns:
        return Placement.SCRIPT
    if not slices.prelude:
        return Placement.NOWHERE
    heirs = any(one.use in {Use.EXTENDS, Use.REFERENCE} for one in references)
    if heirs:
        return Placement.SCRIPT
    before = finding.before_script
    if before is None and not finding.pipeline.unread:
        return Placement.BEFORE_SCRIPT
    if before is not None and before.origin is Origin.OWN and before.entry is not None:
        node = before.entry.value
        assert finding.job.file.root is not None  # noqa: S101 (a job stands in a root)
        aliased = {one.name for one in walk(finding.job.file.root) if isinstance(one, Alias)}
        named = any(not isinstance(one, Alias) and one.anchor in aliased for one in walk(node))
        script = finding.script.entry
        in_brackets = script is not None and isinstance(script.value, NodeList) and script.value.flow
        like = isinstance(node, NodeList) and node.tag is None and bool(node.items) and node.flow == in_brackets
        if like and not named:
            return Placement.APPENDED
    return Placement.SCRIPT


def builds_of(split: Split) -> tuple[Build, ...]:
    """Return what the split's jobs build, in order."""
    assert split.finding.trace is not None  # noqa: S101 (what cannot be read is refused)
    steps = split.finding.trace.steps
    return tuple(build for job in split.jobs if job.build is not None and (build := steps[job.build].build) is not None)
