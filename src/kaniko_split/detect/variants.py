"""Which builds in the branches of a condition are one and the same, made in one way or another?

`if CONDITION; then A1; B1; else A2; B2; fi` makes two images, each of them with one of two command lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from kaniko_split.detect.steps import Step
from kaniko_split.flow.builds import merged


def with_partners(steps: Sequence[Step]) -> list[Step] | None:
    """Return the steps of a frame, in which the builds of later branches belong to those of the first that builds.

    None where it is not clear which belongs to which, or where a branch without builds does more than print.
    """
    branches = sorted({step.branch for step in steps})
    by_branch = {branch: [one for one in steps if one.branch == branch and one.builds] for branch in branches}
    building = [branch for branch in branches if by_branch[branch]]
    for step in steps:
        if (step.builds and step.build is None) or (step.branch not in building and not step.effects.prints):
            return None
    first, *others = (by_branch[branch] for branch in building)
    partners: dict[int, int] = {}
    merged_builds = {step.number: [*step.inside] for step in first}
    images = [_image_of(step) for one in (first, *others) for step in one]
    if len(set(images)) == len(images) and None not in {part for image in images for part in image[:2]}:
        # Each branch builds other images: each of these is a build of its own.
        return list(steps)
    for other in others:
        if [_image_of(step) for step in other] != [_image_of(step) for step in first]:
            return None
        for one, step in zip(first, other, strict=True):
            partners[step.number] = one.number
            merged_builds[one.number].extend(step.inside)
    if others and len({_image_of(step) for step in first}) < len(first):
        return None
    return [
        replace(step, build=None, partner=partners[step.number])
        if step.number in partners
        else replace(
            step,
            build=merged([one.build for one in merged_builds[step.number]]),
            inside=tuple(merged_builds[step.number]),
        )
        if step.number in merged_builds
        else step
        for step in steps
    ]


def _image_of(step: Step) -> tuple[str | None, ...]:
    """Return what a build makes its image from, by which it is known again in another branch."""
    return tuple(
        text
        for one in step.inside[:1]
        for text in (one.folder, one.build.context, one.build.dockerfile, one.build.target)
    )
