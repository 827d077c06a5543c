"""Does each build, and each effect outside, that ran before run after, once and in the same surroundings?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from judges import records, surroundings
from judges.artifacts import compare_artifacts, left_behind, left_variables
from judges.meaning import Division, find_divisions
from judges.resolver import Resolved
from judges.sandbox import Outcome, RefusedError, Run, run_job


@dataclass(frozen=True)
class Sides:
    """A repository, with one of its pipelines as it is resolved before and after the split.

    Both sides are replayed in the repository as it was before, as the pipeline's own text is part of many a
    context.
    """

    folder: Path
    before: Resolved
    after: Resolved


@dataclass(frozen=True)
class Replayed:
    """What a replay found, and how many builds it recorded before."""

    complaints: tuple[str, ...]
    builds: int


@dataclass(frozen=True)
class _Setting:
    """What is the same for all jobs of one replay."""

    folder: Path
    box: Path
    text: str
    event: Mapping[str, str]
    shell: Sequence[str]


def replay(sides: Sides, box: Path) -> Replayed:
    """Replay the jobs that were split, in all shells and for all events that concern them."""
    divisions = find_divisions(sides.before, sides.after)
    if not divisions:
        return Replayed((), 0)
    text = surroundings.text_of((sides.before, sides.after))
    replays = [
        _compare(sides, divisions, _Setting(sides.folder, box, text, event, shell))
        for shell in surroundings.shells_for(text)
        for event in surroundings.events_for(text)
    ]
    complaints = [sentence for found in replays for sentence in found.complaints]
    builds = max(found.builds for found in replays)
    if builds == 0 and not complaints:
        names = ", ".join(repr(division.origin) for division in divisions)
        complaints.append(f"No build of {names} was recorded before the split, so the replay proves nothing.")
    return Replayed(tuple(dict.fromkeys(complaints)), builds)


def _compare(sides: Sides, divisions: Sequence[Division], setting: _Setting) -> Replayed:
    origins = [division.origin for division in divisions]
    parts = [name for division in divisions for name in division.everything]
    try:
        old = _run_all(sides.before, origins, setting)
        new = _run_all(sides.after, parts, setting)
    except RefusedError as refusal:
        return Replayed((f"The replay is refused: {refusal}",), 0)
    complaints = []
    for name, outcome in {**old, **new}.items():
        if outcome.status is None:
            complaints.append(f"Job {name!r} was still running when the replay stopped it.")
        complaints += [f"Job {name!r} reached out of the sandbox: {escape}." for escape in outcome.escapes]
    for division in divisions:
        complaints += _compare_endings(division, old, new)
        job = sides.before.jobs[division.origin]
        complaints += compare_artifacts(division, job, old, new, setting.folder)
    before, after = [old[name] for name in origins], [new[name] for name in parts]
    builds = records.forms_of_builds(before)
    complaints += records.differences("Build", builds, records.forms_of_builds(after))
    complaints += records.differences("Effect", records.forms_of_effects(before), records.forms_of_effects(after))
    commands, commands_after = records.other_commands(before), records.other_commands(after)
    complaints += [f"Command lost: {command}." for command in sorted(commands - commands_after)]
    complaints += [f"Command that did not run before: {command}." for command in sorted(commands_after - commands)]
    return Replayed(tuple(complaints), len(builds))


def _compare_endings(division: Division, old: Mapping[str, Outcome], new: Mapping[str, Outcome]) -> list[str]:
    complaints = []
    status = old[division.origin].status
    failed = {name: new[name].status for name in division.everything if new[name].status != 0}
    if status == 0:
        complaints += [
            f"Job {name!r} ends with status {number}, and {division.origin!r} ended with 0:"
            f" {new[name].errors.strip()[-200:]}"
            for name, number in failed.items()
        ]
    elif not failed:
        complaints.append(f"Job {division.origin!r} ended with status {status}, and no job does after the split.")
    for name in division.everything:
        count = sum(records.is_build(record) for record in new[name].records)
        if count > 1:
            complaints.append(f"Job {name!r} came out of the split and still runs {count} builds.")
    return complaints


def _run_all(pipeline: Resolved, names: Sequence[str], setting: _Setting) -> dict[str, Outcome]:
    """Run some jobs, and before them those whose artifacts they get."""
    outcomes: dict[str, Outcome] = {}
    jobs = pipeline.jobs
    begun: set[str] = set()

    def run(name: str) -> None:
        if name in begun or not jobs[name].get("script"):
            return
        begun.add(name)
        files: dict[str, bytes] = {}
        variables: dict[str, str] = {}
        for provider in _providers(name, pipeline):
            run(provider)
            if provider in outcomes:
                files |= left_behind(jobs[provider], outcomes[provider], setting.folder)
                variables |= left_variables(jobs[provider], outcomes[provider])
        failed = [one for one in map(ended, _awaited(name, pipeline, names)) if one is not None and one.status != 0]
        if failed:
            # GitLab does not start it, which is the failure of the job that it waits for.
            outcomes[name] = Outcome(failed[0].status, (), {}, (), "It waits for a job that failed.")
            return
        lines_of = surroundings.lines_of
        environment = surroundings.environment_of(name, pipeline, setting.event, setting.text)
        ready = Run(
            lines=(*lines_of(jobs[name], "before_script"), *lines_of(jobs[name], "script")),
            after_lines=lines_of(jobs[name], "after_script"),
            environment=environment | variables,
            files=files,
            folders=surroundings.folders_of(setting.text),
            login_folder=surroundings.has_login_folder(setting.text),
            salt=len(begun),
        )
        outcomes[name] = run_job(ready, setting.folder, setting.box, setting.shell)

    def ended(name: str) -> Outcome | None:
        run(name)
        return outcomes.get(name)

    for name in names:
        run(name)
    return outcomes


def _awaited(name: str, pipeline: Resolved, names: Sequence[str]) -> list[str]:
    """Name those of the replayed jobs that must have succeeded before GitLab starts a job."""
    jobs = pipeline.jobs
    if jobs[name].get("when") in {"always", "on_failure"}:
        return []
    found = [need.get("job") for need in jobs[name].get("needs") or () if not {"project", "pipeline"} & need.keys()]
    return [one for one in names if one in found and not jobs[one].get("allow_failure")]


def _providers(name: str, pipeline: Resolved) -> list[str]:
    """Name the jobs whose artifacts a job gets."""
    jobs, job = pipeline.jobs, pipeline.jobs[name]
    if job.get("needs") is not None:
        own = [need for need in job["needs"] if "project" not in need and "pipeline" not in need]
        found = [need["job"] for need in own if need.get("artifacts", True)]
        if job.get("dependencies") is not None:
            found = [entry for entry in found if entry in job["dependencies"]]
    elif job.get("dependencies") is not None:
        found = job["dependencies"]
    else:
        stages: list[str] = pipeline.content["stages"]
        found = [
            other
            for other in jobs
            if stages.index(jobs[other].get("stage", "test")) < stages.index(job.get("stage", "test"))
        ]
    return [entry for entry in found if entry in jobs and jobs[entry].get("artifacts")]
