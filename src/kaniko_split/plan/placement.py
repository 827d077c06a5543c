"""Where do the statements go that all new jobs begin with?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.detect.findings import Finding
from kaniko_split.detect.trace import Trace
from kaniko_split.gitlab.script import Origin
from kaniko_split.plan.job_slices import Slices
from kaniko_split.plan.outcome import Placement
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.tree.nodes import Alias, Sequence, walk


def placement_of(finding: Finding, slices: Slices, *, leaks: bool) -> Placement:
    """Return the place for what all new jobs begin with.

    Args:
        finding: The job, which keeps the shared statements as the template.
        slices: How its script is divided.
        leaks: Whether a `before_script` that is new there would reach other jobs.
    """
    if slices.turns and not slices.beside_the_loop and slices.before_loop is None:
        return Placement.SCRIPT
    if not slices.prelude:
        return Placement.NOWHERE
    if leaks:
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
        in_brackets = script is not None and isinstance(script.value, Sequence) and script.value.flow
        like = isinstance(node, Sequence) and node.tag is None and bool(node.items) and node.flow == in_brackets
        if like and not named:
            return Placement.APPENDED
    return Placement.SCRIPT


def check_before_loop(trace: Trace, slices: Slices, placement: Placement) -> None:
    """Make sure that what sees or sets the loop's variable runs before the job assigns it.

    In the template's script it would come after that.

    Raises:
        CannotSliceError: It does not.
    """
    if slices.before_loop is not None and placement is Placement.SCRIPT:
        names = "`, `".join(trace.loop.names if trace.loop is not None else ())
        step = trace.steps[slices.before_loop]
        raise CannotSliceError("turns-depend", step, f"it sees the loop's variable `{names}`")


def with_prelude_beside_the_loop(slices: Slices, placement: Placement) -> tuple[Slices, Placement]:
    """Give the jobs beside a loop what all begin with, where the template's script has it before the loop's body.

    Where an iteration has statements of its own before its body, each job begins with all of them.
    """
    if not slices.beside_the_loop or placement is not Placement.SCRIPT:
        return slices, placement
    turns = {turn[0] for turn in slices.turns}
    homes = {number: turn for turn in slices.turns for number in turn}
    own = any(job.build in homes and job.steps[0] not in turns for job in slices.jobs)
    jobs = tuple(
        replace(job, steps=tuple(sorted((*slices.prelude, *job.steps)))) if own or job.build not in homes else job
        for job in slices.jobs
    )
    if own:
        return replace(slices, prelude=(), jobs=jobs), Placement.NOWHERE
    return replace(slices, jobs=jobs), placement
