"""Which builds must have succeeded before which, and what of one does another no longer see?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kaniko_split.detect.contexts import context_of, lies_outside
from kaniko_split.detect.trace import Step
from kaniko_split.flow.effects import AMBIENT
from kaniko_split.flow.occurrence import Role, Shape
from kaniko_split.kaniko.command import Build, is_executor
from kaniko_split.kaniko.image import same_repository
from kaniko_split.kaniko.leftovers import makes_workspace, removes_leftovers
from kaniko_split.kaniko.overlap import looks_like_image, may_be_image
from kaniko_split.kaniko.registries import pulled_as
from kaniko_split.plan.ownership import Bound, CannotSliceError
from kaniko_split.shell.locations import File, Location, Variable, may_meet, variables_in
from kaniko_split.source.patterns import Pattern

# In `${BASE:-$IMAGE/base}` another image may be named.
_DEFAULT = Pattern(r"\$\{\w+:?[-=+]")
# These decide nothing by themselves, or only how the script ends.
_NO_VERDICT = frozenset({":", "echo", "exit", "false", "printf", "return", "true"})
_PLAIN_SHAPES = frozenset({Shape.AND, Shape.OR, Shape.GROUP, Shape.SUBSHELL, Shape.IF})
# Flags whose values name an image that is written, or none at all.
_NAMES_NO_SOURCE = frozenset({"destination", "cache-repo", "label", "digest-file", "tar-path"})


def order_of(
    steps: Sequence[Step],
    slices: Mapping[int, Sequence[int]],
    bound: Bound,
    dockerfiles: Mapping[int, str],
    ending: frozenset[int] = frozenset(),
) -> dict[int, frozenset[int]]:
    """Return, for each build, the builds that its job has to wait for.

    A build waits for one whose image it uses, for what a statement between the two judged, and for one that
    pushes nothing, since that was run for its verdict alone.

    Every build waits for earlier builds alone, so that no two of them wait for each other.

    Args:
        steps: All statements.
        slices: The statements of each build's job.
        bound: What ties the statements to the builds. What writes files and names an image may make a Dockerfile.
        dockerfiles: For a build, the images that its Dockerfile names, where that was read.
        ending: The builds whose failure the old job passed over, and which end their new job.

    Raises:
        CannotSliceError: A statement that may end the job before a build goes to the job of a later one alone.
    """
    builds = sorted(slices)
    after: dict[int, set[int]] = {build: set() for build in builds}
    for build, numbers in slices.items():
        for number in numbers:
            after[build] |= {other for other in bound.mentions.get(number, ()) if other < build}
        certain, perhaps = images_used(steps, builds, build, dockerfiles.get(build, ""))
        after[build] |= certain | perhaps | _pushed_over(steps, builds, build)
    for number, named in bound.written.items():
        for build in _readers(steps, number, slices):
            after[build] |= {other for other in named if other < build}
    for step in steps:
        ends = (step.effects.fails or step.effects.acts or step.effects.unknown) and not _only_builds(step)
        if ends and step.number >= builds[0] and step.number not in bound.passing:
            _wait_for_verdict(step, slices, after, ending)
    for number in bound.backed:
        for build, numbers in slices.items():
            if number in numbers and steps[number].effects.acts:
                after[build] |= {other for other in builds if other < build}
    for build in builds:
        call = steps[build].build
        if call is not None and (call.no_push or call.asks_no_push):
            for later in builds:
                if later > build:
                    after[later].add(build)
    return {build: frozenset(_nearest(found - {build}, after)) for build, found in after.items()}


def left_behind(steps: Sequence[Step], builds: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of builds of which the second saw, in its context, a file that the first one wrote."""
    found: list[tuple[int, int]] = []
    for one in builds:
        written = [place for place in steps[one].effects.writes if _in_workspace(place)]
        seen = [other for other in builds if any(may_meet(place, context_of(steps[other])) for place in written)]
        found.extend((one, other) for other in seen if one < other)
    return tuple(found)


def left_behind_after(
    steps: Sequence[Step], jobs: Sequence[tuple[int, Sequence[int]]]
) -> Iterator[tuple[int, int, int, str]]:
    """Yield the files that a statement after a build wrote, where a later build saw them in its context.

    Args:
        steps: All statements.
        jobs: For each job, its build and its statements.

    Yields:
        The build of the statement's job, the later build, the statement, and the path.
    """
    for build, numbers in jobs:
        for number in numbers:
            if number <= build or steps[number].build is not None:
                continue
            written = [place for place in steps[number].effects.writes if isinstance(place, File)]
            for later, others in jobs:
                if later > number and number not in others:
                    for place in written:
                        if _in_workspace(place) and may_meet(place, context_of(steps[later])):
                            yield build, later, number, place.path


def _readers(steps: Sequence[Step], number: int, slices: Mapping[int, Sequence[int]]) -> list[int]:
    """Return the builds behind a statement whose jobs run it, and which may see a file that it writes."""
    everywhere = not any(number in numbers for numbers in slices.values())
    written = steps[number].effects.writes
    return [
        build
        for build, numbers in slices.items()
        if number < build
        and (number in numbers or everywhere)
        and not all(lies_outside(place, steps[build]) for place in written)
    ]


def _only_builds(step: Step) -> bool:
    """Tell whether a statement that builds does nothing beside that but clean up, print and end the script.

    How it ends says how its build has ended, and nothing of any other build.
    """
    if step.build is None or step.calls:
        return False
    for one in step.occurrence.walk():
        if any(part.role is Role.SUBSTITUTION for part in one.parts):
            return False
        texts = tuple(value.text for value in one.values)
        if one.shape is Shape.COMMAND and texts:
            plain = texts[0] in _NO_VERDICT or removes_leftovers(texts) or makes_workspace(texts)
            if not plain and not is_executor(texts[0]):
                return False
        elif one.shape not in _PLAIN_SHAPES:
            return False
    return True


def _wait_for_verdict(
    step: Step, slices: Mapping[int, Sequence[int]], after: dict[int, set[int]], ending: frozenset[int]
) -> None:
    """Keep a statement that may end the job between the builds before it and those behind it."""
    holders = {build for build, numbers in slices.items() if step.number in numbers}
    earlier = {build for build in slices if build < step.number}
    if not step.effects.acts and all(isinstance(place, Variable) for place in step.effects.reads - AMBIENT):
        # What asks variables alone, such as `test -n "$TOKEN"`, has no verdict on what was built before it.
        earlier = set()
    elif not (step.effects.acts or step.effects.unknown):
        # A check alone ran whether these had succeeded or not.
        earlier -= ending
    for build in slices:
        if build <= step.number:
            continue
        if build in holders:
            after[build] |= earlier
            continue
        before = {holder for holder in holders if holder < build}
        if holders and not before:
            raise CannotSliceError("order-not-kept", step, "a build after it would have to wait for a later one")
        after[build] |= before


def images_used(steps: Sequence[Step], builds: Sequence[int], build: int, dockerfile: str) -> tuple[set[int], set[int]]:
    """Return the earlier builds whose image the arguments or the Dockerfile of `build` name, and those they may name.

    Args:
        steps: All statements.
        builds: The builds, by number.
        build: One of them.
        dockerfile: The images that its Dockerfile names, a line each; empty where that was not read.
    """
    call = steps[build].build
    texts = [value or "" for name, value in call.flags if name not in _NAMES_NO_SOURCE] if call is not None else []
    texts.extend(value for one in steps[build].inside for value in one.inherited)
    texts.extend(value.text for value in steps[build].values if " " in value.text)
    texts.extend([_DEFAULT.sub(" ", text) for text in texts])
    images = dockerfile.split("\n")
    if call is not None:
        # What a script is given may be another image than its own, to be built on.
        own = call.destinations
        texts.extend(word for word in steps[build].given if not any(same_repository(word, one) for one in own))
        named = [text.rpartition("=")[2] for text in texts if text not in own]
        images.extend(
            place for text in named if looks_like_image(text) for place in pulled_as(text, call.registry_maps)
        )
    certain: set[int] = set()
    perhaps: set[int] = set()
    for number in builds:
        other = steps[number].build
        if number < build and other is not None:
            if any(same_repository(text, one) for text in (*texts, *images) for one in other.destinations):
                certain.add(number)
            elif any(may_be_image(image, one) for image in images for one in _pushes(other)):
                perhaps.add(number)
    return certain, perhaps


def _pushes(build: Build) -> Iterator[str]:
    """Yield what a build pushes to, or may push to where its arguments are not all known."""
    if build.no_push:
        return
    yield from build.destinations
    if build.opaque and not build.destinations:
        yield "$DESTINATION"


def _pushed_over(steps: Sequence[Step], builds: Sequence[int], build: int) -> set[int]:
    """Return the earlier builds that push to a reference which `build` pushes to as well: the last one wins."""
    call = steps[build].build
    own = set(call.destinations) if call is not None else set()
    found: set[int] = set()
    for number in builds:
        other = steps[number].build
        if number >= build or other is None:
            continue
        one_script = steps[build].calls == steps[number].calls != "" and steps[build].given != steps[number].given
        # What it is given differs: so may what its own variables hold.
        certain = {one for one in own if not (one_script and variables_in(one))}
        between = frozenset[Location]().union(*(step.effects.writes for step in steps[number + 1 : build]))
        # A variable that has got another value since then names another reference.
        same = (one for one in certain & set(other.destinations) if not between & variables_in(one))
        found |= {number} if any(same) else set()
    return found


def _nearest(found: set[int], after: Mapping[int, set[int]]) -> set[int]:
    """Leave out the builds that another one of `found` waits for already."""
    return {build for build in found if not any(build in after[other] for other in found if other != build)}


def _in_workspace(place: Location) -> bool:
    return isinstance(place, File) and not place.path.startswith(("/", "~"))
