"""How is each finding split, or why is it not?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from kaniko_split.detect.findings import Finding
from kaniko_split.gitlab.artifacts import gives_variables
from kaniko_split.gitlab.keywords import MOST_NEEDS
from kaniko_split.gitlab.references import Use, references_to
from kaniko_split.gitlab.resolve import UnresolvableError, effective_job
from kaniko_split.plan.changes import with_changes
from kaniko_split.plan.child_files import givers_of
from kaniko_split.plan.division import divide
from kaniko_split.plan.inheritance import aliases_of, groups_of
from kaniko_split.plan.names import NameTakenError, names_for
from kaniko_split.plan.needs import NoGateError
from kaniko_split.plan.new_jobs import check_needs, growing, new_jobs, too_many
from kaniko_split.plan.obstacles import ObstacleError, check_anchored_items, check_inputs, check_job
from kaniko_split.plan.outcome import Decision, Placement, Refusal, Split
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.plan.placement import check_before_loop, placement_of, with_prelude_beside_the_loop
from kaniko_split.plan.refusing import refusal_of, too_deep
from kaniko_split.plan.request import Request
from kaniko_split.plan.surroundings import with_surroundings

__all__ = ["Request", "plan"]


def plan(findings: Sequence[Finding], request: Request) -> tuple[Decision, ...]:
    """Decide about each finding of one pipeline, in order.

    Names are chosen over all of them, asked for or not, so that a later run gives the same names.
    """
    taken: set[str] = set()
    for finding in findings:
        taken |= set(finding.pipeline.value)
    groups = {id(finding): group for group in groups_of(findings) for finding in group.findings}
    decisions: dict[int, Decision] = {}
    lengths: dict[int, int] = {}
    for finding in findings:
        if id(finding) in decisions:
            continue
        group = groups.get(id(finding))
        if group is None:
            decided: tuple[Decision, ...] = (_decide(finding, request, frozenset(taken)),)
        else:
            from kaniko_split.plan.shared_scripts import decide_together

            decided = decide_together(group, request, frozenset(taken))
        decided = _in_one_pipeline(_within_limits(decided, lengths), request)
        for decision in decided:
            decisions[id(decision.finding)] = decision
            if isinstance(decision, Split):
                for part in decision.every:
                    taken |= {part.template or "", *(job.name for job in part.jobs)}
    told = {id(one): with_surroundings(decisions[id(one)], request) for one in findings if request.means(one)}
    return tuple(_with_shared(told[id(one)], told) for one in findings if id(one) in told)


def _with_shared(decision: Decision, told: Mapping[int, Decision]) -> Decision:
    """Let a job that shares the script of one that is split itself have that very split, with all that was added."""
    if not isinstance(decision, Split) or decision.shared is None:
        return decision
    owner = told.get(id(decision.shared.finding))
    return replace(decision, shared=owner) if isinstance(owner, Split) else decision


def _within_limits(decided: tuple[Decision, ...], lengths: dict[int, int]) -> tuple[Decision, ...]:
    """Refuse what would make a list of `needs` too long, together with the splits before it.

    Args:
        decided: The jobs that are split together.
        lengths: How long each list has become, by its node; those of `decided` are counted in.
    """
    longer = dict(lengths)
    for split in decided:
        if not isinstance(split, Split):
            return decided
        for owner, holder, more in growing(split.references, len(split.names)):
            longer[id(holder)] = longer.get(id(holder), len(holder.items)) + more
            if longer[id(holder)] > MOST_NEEDS:
                return tuple(refusal_of(one.finding, too_many(owner)) for one in decided)
    lengths.update(longer)
    return decided


def _in_one_pipeline(decided: tuple[Decision, ...], request: Request) -> tuple[Decision, ...]:
    """Refuse what would change a file that another pipeline of the repository has too."""
    for split in decided:
        for file in split.files if isinstance(split, Split) else ():
            root = request.elsewhere(file.name)
            if root is not None:
                why = f"`{root}` has it too"
                return tuple(Refusal(one.finding, "file-of-two-pipelines", file, 0, why) for one in decided)
    return decided


def _decide(finding: Finding, request: Request, taken: frozenset[str]) -> Decision:
    job = finding.job
    try:
        references = references_to(finding.pipeline, job.name)
        check_job(finding, references)
        slices = divide(finding, request)
        check_anchored_items(finding, slices)
        assert finding.trace is not None  # noqa: S101 (it was divided)
        builds = [step.build for step in finding.trace.steps if step.build is not None]
        names = names_for(job.name, builds, taken, request.names)
        check_inputs(finding, [names.template, *names.jobs])
        moved = tuple(one for one in references if one.use in {Use.EXTENDS, Use.REFERENCE})
        aliases = aliases_of(job)
        placement = placement_of(finding, slices, leaks=bool(moved or aliases))
        slices, placement = with_prelude_beside_the_loop(slices, placement)
        check_before_loop(finding.trace, slices, placement)
        jobs = new_jobs(finding, slices, names.jobs)
        check_needs(finding, references, jobs)
        givers = givers_of(finding, slices, jobs, references)
    except (ObstacleError, CannotSliceError, NoGateError, NameTakenError, UnresolvableError) as error:
        return refusal_of(finding, error)
    except RecursionError:
        return too_deep(finding)
    reports = gives_variables(effective_job(finding.pipeline, job.name))
    one_job = tuple(one for one in references if one.use is Use.SINGLE)
    kept = references if jobs[-1].build is not None or reports else (*moved, *one_job)
    bare = placement in {Placement.NOWHERE, Placement.APPENDED} and len(job.mapping.entries) == 1 and not slices.turns
    if bare and moved:
        at = moved[0]
        return Refusal(finding, "job-extended", at.file, at.name.span.start)
    if bare and aliases:
        return Refusal(finding, "job-aliased", job.file, aliases[0].span.start)
    template = None if bare else names.template
    split = Split(finding, template, jobs, slices, placement, kept, reports=reports, givers=givers)
    return with_changes(split)
