"""How is a finding's script divided, once each of its builds is known to stand by itself?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from kaniko_split.detect.findings import Finding
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.loops import goes_over_braces
from kaniko_split.flow.occurrence import Shape
from kaniko_split.kaniko.registries import pulled_as
from kaniko_split.plan.chains import check_chains, check_waits
from kaniko_split.plan.detours import commented
from kaniko_split.plan.dockerfiles import arguments_of, dockerfile_of, images_of, is_changed, is_open, writes_to_project
from kaniko_split.plan.job_slices import Slices
from kaniko_split.plan.order import images_used
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.plan.request import Request
from kaniko_split.plan.shared_values import check_artifacts, check_fresh_values
from kaniko_split.plan.slices import slice_script
from kaniko_split.shell.locations import File
from kaniko_split.shell.values import Value


def divide(finding: Finding, request: Request) -> Slices:
    """Return the slices of a finding whose script can be read.

    Raises:
        CannotSliceError: A statement stands in the way.
    """
    assert finding.trace is not None  # noqa: S101 (an unreadable script is an obstacle)
    _check_statements(finding.trace)
    variables = finding.variables or {}
    steps = finding.trace.steps
    builds = [step for step in steps if step.build is not None]
    texts = {step.number: dockerfile_of(step, request.read, steps[: step.number]) for step in builds}
    _check_executors(builds)
    for step in builds:
        _check_what_is_added(step, texts[step.number] or "", builds)
    images = {step.number: "\n".join(_images(step, texts[step.number] or "", variables)) for step in builds}
    slices = slice_script(
        finding.trace,
        variables,
        request.links,
        images,
        commented(finding.script.file or finding.job.file, finding.trace),
    )
    unread = tuple(number for number in texts if texts[number] is None)
    numbers = list(texts)
    perhaps = {number for number in numbers if images_used(steps, numbers, number, images[number])[1]}
    open_bases = {
        number
        for number in numbers
        if is_changed(steps[number], request.read, steps[:number]) or is_open(images[number])
    }
    unsure = tuple(number for number in numbers if number in perhaps | (open_bases - set(unread)))
    writers = tuple(number for number, text in texts.items() if writes_to_project(text or ""))
    slices = replace(slices, unread=unread, unsure=unsure, project_writers=writers)
    if request.keep_order:
        slices = replace(slices, after={later: frozenset({one}) for one, later in pairwise(numbers)})
    finishes = any(job.build is None for job in slices.jobs)
    check_waits(finding.trace, slices.builds, slices.after, finishes=finishes)
    check_fresh_values(finding.trace, slices)
    check_artifacts(finding, slices)
    return slices


def _images(step: Step, dockerfile: str, variables: Mapping[str, Value]) -> Iterator[str]:
    """Yield the images that a Dockerfile names, under every name by which the build may pull them."""
    for image in images_of(dockerfile, arguments_of(step, variables)):
        yield from pulled_as(image, step.build.registry_maps if step.build is not None else ())


def _check_statements(trace: Trace) -> None:
    """Make sure that every build is a statement that can be moved by itself.

    Raises:
        CannotSliceError: One is not.
    """
    for step in trace.steps:
        if not trace.is_divided_between_statements(step.statement) or trace.items[step.item].text.rstrip(" ").endswith(
            "\\"
        ):
            raise CannotSliceError("statement-across-items", step)
        if step.second is not None:
            raise CannotSliceError("script-in-repository", step)
        if step.builds and step.build is None and step.partner is None:
            raise _cannot_divide(step)
        if step.build is not None and step.builds > 1:
            raise CannotSliceError("build-in-control-flow", step)
    for step, following in zip(trace.steps, trace.steps[1:], strict=False):
        if following.chained and following.item != step.last_item:
            raise CannotSliceError("statement-across-items", step)
        if step.build is not None and _starts_with_flag(following):
            raise CannotSliceError("arguments-without-backslash", following)
    check_chains(trace)


def _check_what_is_added(step: Step, dockerfile: str, builds: Sequence[Step]) -> None:
    """Make sure that a Dockerfile takes in no file that an earlier build has written."""
    for earlier in builds:
        written = [place.path for place in earlier.effects.writes if isinstance(place, File)]
        if earlier.number < step.number and any(path.rpartition("/")[2] in dockerfile.split() for path in written):
            raise CannotSliceError("output-used-later", step, "its Dockerfile takes in a file of an earlier build")


def _check_executors(builds: Sequence[Step]) -> None:
    """Make sure that no build runs the executor from where an earlier build has moved it.

    Raises:
        CannotSliceError: One does: in a container of its own nothing is there.
    """
    moved_from: set[str] = set()
    for step in builds:
        paths = {path for one in step.inside if (path := _executor_of(one.values)) is not None}
        if moved_from and paths - moved_from - {"executor", "/kaniko/executor"}:
            raise CannotSliceError("output-used-later", step, "an earlier build may have moved the executor there")
        if any(one.build.kaniko_dir is not None for one in step.inside):
            moved_from |= paths


def _executor_of(values: Sequence[Value]) -> str | None:
    return next((value.text for value in values if value.text.rpartition("/")[2] == "executor"), None)


def _starts_with_flag(step: Step) -> bool:
    return bool(step.values) and step.values[0].text.startswith("-")


def _cannot_divide(step: Step) -> CannotSliceError:
    """Return why a statement that holds builds is no statement of one build."""
    loops = step.occurrence.shape is Shape.LOOP
    if step.builds == float("inf"):
        hint = "a list in braces is one word to the shell of Kaniko's image: write the words out"
        return CannotSliceError("dynamic-loop", step, hint if loops and goes_over_braces(step.statement) else "")
    if loops and any(one.shape is Shape.LOOP for one in step.occurrence.inner()):
        return CannotSliceError("build-in-control-flow", step, "a loop stands in a loop")
    if step.statement.background:
        return CannotSliceError("build-in-control-flow", step, "it runs in the background")
    return CannotSliceError("build-in-control-flow", step)
