"""Where do the statements go that all new jobs begin with?"""

from __future__ import annotations

from kaniko_split.detect.findings import Finding
from kaniko_split.gitlab.script import Origin
from kaniko_split.plan.outcome import Placement
from kaniko_split.plan.slices import CannotSliceError, Slices
from kaniko_split.tree.nodes import Alias, Sequence, walk


def placement_of(finding: Finding, slices: Slices, *, leaks: bool) -> Placement:
    """Return the place for what all new jobs begin with.

    Args:
        finding: The job, which keeps the shared statements as the template.
        slices: How its script is divided.
        leaks: Whether a `before_script` that is new there would reach other jobs.

    Raises:
        CannotSliceError: They have to stay in the template's script, where a loop's body stands that one does not run.
    """
    place = _place(finding, slices, leaks=leaks)
    beside = slices.beside_the_loop
    if beside and place is Placement.SCRIPT:
        assert finding.trace is not None  # noqa: S101 (it was divided)
        why = "it stands beside a loop, and what both begin with cannot stand in a `before_script`"
        raise CannotSliceError("build-in-control-flow", finding.trace.steps[beside[0]], why)
    return place


def _place(finding: Finding, slices: Slices, *, leaks: bool) -> Placement:
    if slices.turns and not slices.beside_the_loop:
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
