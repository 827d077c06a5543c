"""What is different after a split, as the person who reviews it must know?

A split is not a no-op. Each line says whether it was proved, rests on something assumed, or asks the reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from msgspec.structs import replace

from kaniko_split.detect.findings import source_offset
from kaniko_split.detect.steps import Trace
from kaniko_split.detect.trace import is_answered_build
from kaniko_split.flow.background import BackgroundState, waits_for_all
from kaniko_split.gitlab.references import Use
from kaniko_split.gitlab.resolve import effective_job
from kaniko_split.gitlab.variables import variables_of
from kaniko_split.plan.chains import heeded_now
from kaniko_split.plan.job_name import name_in, naming_variables, only_says
from kaniko_split.plan.needless import repeated_images, workarounds
from kaniko_split.plan.order import left_behind_after
from kaniko_split.plan.outcome import Change, Mark, NewJob, Split
from kaniko_split.shell.locations import File, is_any_file, meeting
from kaniko_split.source.text import Place

# See EVIDENCE: layers that were cached by joint builds outlive the split.
CACHE_ADVICE = (
    "layers that the joint builds cached may be wrong and outlive the split: use a fresh `--cache-repo`, empty the "
    "old one, or wait out `--cache-ttl` (two weeks by default)"
)


def with_changes(split: Split) -> Split:
    """Return a split with the list of what changes, most important first, and what it says runs in several jobs."""
    trace = split.finding.trace
    spans = [trace.steps[number].span for number in _repeated_steps(split)] if trace is not None else []
    texts = tuple(trace.script.text[span.start : span.end] for span in spans) if trace is not None else ()
    left = tuple(dict.fromkeys(path for _, _, _, path in _left_after(split)))
    return replace(split, changes=tuple(_changes(split)), repeated=texts, left_behind=left)


def _changes(split: Split) -> Iterator[Change]:
    finding = split.finding
    builds = [job for job in split.jobs if job.build is not None]
    yield from _order(split, builds)
    yield Change(Mark.PROVED, "each job has a container and a checkout of its own, and starts by itself")
    yield from _heeded(split, builds)
    yield from _waiting(split)
    resolved = effective_job(finding.pipeline, finding.job.name)
    if _manual(resolved):
        yield Change(Mark.ASKS, f"with `when: manual` there are {len(builds)} buttons to press instead of one")
    if split.jobs[-1].build is not None:
        name = finding.job.name
        yield Change(
            Mark.ASKS,
            f"the name `{name}` is gone: links to its artifacts, badges and API calls need a new one",
            finding.job.file.place(finding.job.entry.key.span.start),
        )
    yield from _shared(split)
    yield from _words_of_the_loop(split)
    yield from _left_behind(split)
    yield from _written_by_dockerfiles(split)
    yield from _repeated(split)
    yield from _printed(split)
    yield from _own_names(split)
    yield from _as_committed(split)
    yield from _left_by_calls(split)
    yield from _needless(split)
    for keyword, (mark, text) in _KEYWORDS.items():
        if resolved.get(keyword):
            yield Change(mark, text)
    artifacts = resolved.get("artifacts")
    if isinstance(artifacts, dict) and artifacts.get("expose_as"):
        yield Change(Mark.ASKS, "a merge request shows `expose_as` once for each new job")


# The table in docs/gitlab.md says of each keyword what becomes of it.
_KEYWORDS = {
    "resource_group": (Mark.ASKS, "its `resource_group` lets the new jobs run one after the other only"),
    "coverage": (Mark.ASKS, "`coverage` is read from the log of each new job"),
    "cache": (Mark.ASKS, "each new job restores and saves the `cache`; the last to save it wins"),
    "artifacts": (Mark.PROVED, "each new job keeps those `artifacts` that it makes; its log warns of the others"),
    "after_script": (Mark.PROVED, "`after_script` runs once for each image"),
    "parallel": (Mark.PROVED, "`parallel` starts each new job as often as it started this one"),
    "retry": (Mark.PROVED, "`retry` starts only that image again which failed"),
    "timeout": (Mark.PROVED, "`timeout` is for each image by itself"),
    "allow_failure": (Mark.PROVED, "`allow_failure` lets each image fail by itself"),
    "start_in": (Mark.PROVED, "`start_in` passes for each new job by itself"),
    "services": (Mark.PROVED, "each new job starts the `services` anew"),
    "hooks": (Mark.PROVED, "`hooks` run once for each image"),
}


def _order(split: Split, builds: list[NewJob]) -> Iterator[Change]:
    free = [job.name for job in builds if not split.slices.after.get(job.build or 0)]
    for job in builds:
        before = split.slices.after.get(job.build if job.build is not None else -1)
        if before:
            names = [one.name for one in builds if one.build in before]
            yield Change(Mark.PROVED, f"{_code(job.name)} waits for {_list(names)} and starts only when it succeeded")
            if job.build in split.slices.unsure:
                yield Change(
                    Mark.ASKS,
                    f"{_code(job.name)} may be built on {_list(names)}, since the names of both are not all known; "
                    "remove the `needs` if its base is another image",
                    _place(split, job.build),
                )
    if len(free) > 1:
        if _all_in_background(split, builds):
            yield Change(Mark.PROVED, f"{_list(free)} are still built at the same time, but not in one container")
        else:
            yield Change(Mark.PROVED, f"{_list(free)} are built at the same time instead of one after the other")
        yield Change(Mark.PROVED, "each is built even when another one fails; `--keep-order` has them wait")
        yield from _built_on(split, builds)
    if split.jobs[-1].build is None:
        yield Change(Mark.PROVED, f"{_code(split.jobs[-1].name)} waits for all of them and does what came after")


def _all_in_background(split: Split, builds: list[NewJob]) -> bool:
    trace = split.finding.trace
    return trace is not None and all(trace.steps[job.build or 0].running is BackgroundState.HERE for job in builds)


def _heeded(split: Split, builds: list[NewJob]) -> Iterator[Change]:
    """Say which jobs end at a failure that a chain passed over."""
    trace = split.finding.trace
    numbers = heeded_now(trace, split.slices.builds) if trace is not None else ()
    names = [job.name for job in builds if job.build in numbers]
    if names:
        yield Change(
            Mark.ASKS,
            f"{_list(names)} {'fails when its' if len(names) == 1 else 'fail when their'} build fails; "
            "the `&&` behind it let the job go on and end well",
            _place(split, numbers[0]),
        )
    answered = [job for job in builds if trace is not None and _is_answered(trace, split, job)]
    if answered:
        several = len(answered) > 1
        yield Change(
            Mark.PROVED,
            f"{_list([job.name for job in answered])} {'end' if several else 'ends'} well also when "
            f"{'their' if several else 'its'} build fails, as the `&&` behind it let the job do",
            _place(split, answered[0].build or 0),
        )


def _is_answered(trace: Trace, split: Split, job: NewJob) -> bool:
    """Tell whether a job ends with its build as a condition."""
    return job.steps[-1] in split.slices.guarded and is_answered_build(trace.steps[job.steps[-1]].occurrence)


def _built_on(split: Split, builds: list[NewJob]) -> Iterator[Change]:
    """Say of which images it is not known what they are built from."""
    first = builds[0].build
    alone = [job for job in builds if job.build is not None and not split.slices.after.get(job.build)]
    for builds_meant, why in (
        (split.slices.unread, "whose Dockerfile is not in the repository"),
        (split.slices.unsure, "whose base the committed Dockerfile alone does not tell"),
    ):
        meant = [job for job in alone if job.build in builds_meant and job.build != first]
        if meant:
            verb = "is" if len(meant) == 1 else "are"
            yield Change(
                Mark.ASSUMED,
                f"{_list([job.name for job in meant])}, {why}, {verb} not built on another of these images",
                _place(split, meant[0].build or 0),
            )


def _waiting(split: Split) -> Iterator[Change]:
    for reference in split.references:
        names = _list([name + reference.suffix for name in split.names])
        place = reference.file.place(reference.name.span.start)
        if reference.use is Use.NEEDS:
            yield Change(Mark.PROVED, f"{_code(reference.owner)} waits for {names}", place)
        elif reference.use is Use.DEPENDENCIES:
            yield Change(Mark.PROVED, f"{_code(reference.owner)} takes the artifacts of {names}", place)
        elif reference.use is Use.SINGLE:
            giver = _code(split.givers[reference.path[0]])
            text = f"{_code(reference.owner)} takes {_code(reference.path[0])} from {giver}"
            yield Change(Mark.PROVED, text, place)
        else:
            yield Change(Mark.PROVED, f"{_code(reference.owner)} now refers to {_code(split.template or '')}", place)


def _shared(split: Split) -> Iterator[Change]:
    """Say what becomes of a script that the job takes from elsewhere."""
    if split.shared is None:
        return
    job = split.shared.finding.job
    parts = _list([one.name for one in split.shared.jobs] or [job.name])
    place = job.file.place(job.entry.key.span.start)
    text = f"is divided into {parts}" if split.shared.jobs else "is the body of its loop, which each new job runs once"
    yield Change(Mark.PROVED, f"the script of {_code(job.name)} {text}", place)
    if job.file is not split.finding.pipeline.root:
        yield Change(
            Mark.ASKS,
            f"where another project includes `{job.file.name}` and uses {_code(job.name)}, its jobs no longer build",
            place,
        )


def _words_of_the_loop(split: Split) -> Iterator[Change]:
    """Say where the words of a loop were taken from, when they do not stand in it."""
    if split.loop is None or not split.loop.variables:
        return
    names = _list([f"${name}" for name in dict.fromkeys(split.loop.variables)])
    words = _list(list(split.loop.words))
    yield Change(
        Mark.ASSUMED,
        f"the loop over {names} goes over {words}, as the file says; a word that is added gets no job by itself",
        _place(split, split.slices.turns[0][0]),
    )


def _left_behind(split: Split) -> Iterator[Change]:
    trace = split.finding.trace
    if trace is None:
        return
    names = {job.build: job.name for job in split.jobs}
    seen: set[str] = set()
    for build, later, number, path in _left_after(split):
        if path not in seen:
            seen.add(path)
            yield Change(
                Mark.ASKS,
                f"{_code(path)}, which {_code(names[build])} writes, is not there any more when "
                f"{_code(names[later])} is built",
                _place(split, number),
            )
    told: set[int] = set()
    for one, other in split.slices.left_behind:
        if one in told:
            continue
        told.add(one)
        paths = [place.path for place in trace.steps[one].effects.writes if isinstance(place, File)]
        yield Change(
            Mark.ASKS,
            f"{_list(sorted(paths))}, which {_code(names[one])} writes, is not there any more when "
            f"{_code(names[other])} is built",
            _place(split, one),
        )


def _written_by_dockerfiles(split: Split) -> Iterator[Change]:
    """Say which builds write into the project's folder, where a later build read it."""
    builds = [job for job in split.jobs if job.build is not None]
    for job, following in pairwise(builds):
        if job.build in split.slices.project_writers:
            yield Change(
                Mark.ASKS,
                f"the Dockerfile of {_code(job.name)} writes below `/builds`, where the project is: "
                f"{_code(following.name)} and the builds after it no longer see that file",
                _place(split, job.build or 0),
            )


def _left_after(split: Split) -> Iterator[tuple[int, int, int, str]]:
    trace = split.finding.trace
    jobs = [(job.build, job.steps) for job in split.jobs if job.build is not None]
    yield from left_behind_after(trace.steps, jobs) if trace is not None else ()


def _repeated(split: Split) -> Iterator[Change]:
    trace = split.finding.trace
    if trace is None:
        return
    for number, jobs in _repeated_steps(split).items():
        words = trace.script.text[trace.steps[number].span.start : trace.steps[number].span.end].split()
        text = " ".join(words[:3]) + (" ..." if len(words) > 3 else "")
        where = f"once in each of {_list(jobs)}" if jobs else "once for each job"
        yield Change(
            Mark.ASSUMED,
            f"`{text}` now runs {where}, and has no effect outside of its container",
            _place(split, number),
        )


def _printed(split: Split) -> Iterator[Change]:
    """Say of each statement that prints what several builds wrote that each job prints its own part."""
    trace = split.finding.trace
    if trace is None:
        return
    for number, builds in split.slices.prints.items():
        names = [job.name for job in split.jobs if job.build in builds]
        text = " ".join(trace.script.text[trace.steps[number].span.start : trace.steps[number].span.end].split()[:2])
        shown = f"{_list(names)} print each its own part of" if len(names) > 1 else f"{_list(names)} alone runs"
        yield Change(Mark.PROVED, f"{shown} `{text} ...`, with the files of its own", _place(split, number))


def _own_names(split: Split) -> Iterator[Change]:
    """Say of a statement that prints the name of the job that the new jobs print their own."""
    trace, finding = split.finding.trace, split.finding
    names = naming_variables(variables_of(finding.pipeline, finding.job.name))
    for step in trace.steps if trace is not None else ():
        text = trace.script.text[step.span.start : step.span.end] if trace is not None else ""
        if only_says(step) and name_in((text,), names):
            yield Change(Mark.PROVED, "each new job prints its own name", _place(split, step.number))
            return


def _repeated_steps(split: Split) -> dict[int, list[str]]:
    """Return the statements of programs that nobody knows and that several jobs run, with these jobs; none for all."""
    trace = split.finding.trace
    if trace is None:
        return {}
    shared = dict.fromkeys((*split.slices.before, *split.slices.prelude))
    holders = {
        number: [job.name for job in split.jobs if number in job.steps] for job in split.jobs for number in job.steps
    }
    several = {number: names for number, names in sorted(holders.items()) if len(names) > 1 and number not in shared}
    found: dict[int, list[str]] = {number: [] for number in shared} | several
    return {number: names for number, names in found.items() if trace.steps[number].effects.unknown}


def _as_committed(split: Split) -> Iterator[Change]:
    """Say of a script that runs behind a write to a path which is not known that it is taken for the repository's."""
    trace = split.finding.trace
    if trace is None:
        return
    told: set[str] = set()
    for step in trace.steps:
        if not step.calls or step.calls in told:
            continue
        told.add(step.calls)
        writers = [one for one in trace.steps[: step.number] if meeting(one.effects.alters, (File(step.calls),))]
        # A function has a name too, but no file.
        if writers and split.finding.pipeline.read(step.calls) is not None:
            yield Change(
                Mark.ASSUMED,
                f"`{step.calls}` is run as the repository has it, and not written by what stands before it",
                _place(split, writers[0].number),
            )


def _left_by_calls(split: Split) -> Iterator[Change]:
    """Say of what several builds call, and of which nobody can say what it writes, that one call needs no other."""
    trace = split.finding.trace
    calls = (
        [step for step in trace.steps if any(map(is_any_file, step.beside)) and step.calls] if trace is not None else []
    )
    for name in dict.fromkeys(step.calls for step in calls):
        same = [step.number for step in calls if step.calls == name]
        if len(same) > 1:
            text = f"what `{name}` leaves behind in one call, the next one does not need"
            yield Change(Mark.ASSUMED, text, _place(split, same[0]))


def _needless(split: Split) -> Iterator[Change]:
    """Say which workarounds can go, and which images could be pushed to several places in one run."""
    trace = split.finding.trace
    if trace is None:
        return
    commands, first = workarounds(trace)
    if first is not None:
        yield Change(
            Mark.ASKS,
            f"{_list(list(commands))} can go: each image is built in a container of its own now",
            _place(split, first),
        )
    yield from _needless_waits(split, trace)
    for jobs in repeated_images(trace.steps, split.jobs):
        both, time = ("both", "half the time") if len(jobs) == 2 else ("all", "the time of one")
        builds = [trace.steps[job.build or 0].build for job in jobs]
        places = {build.destinations for build in builds if build is not None}
        run = f"one run with {both} `--destination` flags does it in {time}" if len(places) > 1 else "one run will do"
        names = _list([job.name for job in jobs])
        yield Change(Mark.ASKS, f"{names} build the same image: {run}", _place(split, jobs[1].build or 0))


def _needless_waits(split: Split, trace: Trace) -> Iterator[Change]:
    """Say that a build in the background may come to the front, and what that does for its failure."""
    number = next((step.number for step in trace.steps if step.build and step.running is BackgroundState.HERE), None)
    if number is None:
        return
    more = "; without them its job fails when its build does"
    blind = any(waits_for_all(step.occurrence) for step in trace.steps)
    text = "`&` and `wait` can go: each image is built in a container of its own now"
    yield Change(Mark.ASKS, text + (more if blind else ""), _place(split, number))


def _place(split: Split, number: int) -> Place | None:
    trace = split.finding.trace
    if trace is None:
        return None
    step = trace.steps[number]
    item = trace.items[step.item]
    before = item.section.value == "before_script"
    provided = split.finding.before_script if before else split.finding.script
    file = provided.file if provided is not None and provided.file is not None else split.finding.job.file
    return file.place(source_offset(file, item, trace.offset_in(step.item, step.span.start)))


def _manual(job: dict[str, object]) -> bool:
    rules = job.get("rules")
    whens = [rule.get("when") for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    return "manual" in [job.get("when"), *whens]


def _code(name: str) -> str:
    return f"`{name}`"


def _list(names: list[str]) -> str:
    quoted = [_code(name) for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
