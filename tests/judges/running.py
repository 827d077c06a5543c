"""What do the jobs of a pipeline do, one after the other, as GitLab would start them?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from judges import surroundings
from judges.artifacts import left_behind, left_variables
from judges.resolver import Resolved
from judges.sandbox import Call, Outcome, Run, run_job
from judges.verdicts import failing_text

# A call that fails each time, or a part of the scripts that does.
Failure = Call | str


@dataclass(frozen=True)
class Setting:
    """What is the same for all jobs of one replay."""

    folder: Path
    box: Path
    text: str
    event: Mapping[str, str]
    shell: Sequence[str]
    varied: bool = False


def run_all(pipeline: Resolved, names: Sequence[str], setting: Setting) -> dict[str, Outcome]:
    """Run some jobs, and before them those whose artifacts they get.

    Raises:
        RefusedError: A script cannot be run without a risk to the machine.
    """
    return _run(pipeline, names, setting, None, {})


def run_all_with_failure(
    pipeline: Resolved, names: Sequence[str], setting: Setting, failure: Failure, without: Mapping[str, Outcome]
) -> dict[str, Outcome]:
    """Run some jobs anew with something that fails; what the failure cannot reach stays as it was `without`."""
    return _run(pipeline, names, setting, failure, without)


def _run(
    pipeline: Resolved,
    names: Sequence[str],
    setting: Setting,
    failure: Failure | None,
    without: Mapping[str, Outcome],
) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    jobs = pipeline.jobs
    begun: set[str] = set()

    def run(name: str) -> None:
        if name in begun or not jobs[name].get("script"):
            return
        begun.add(name)
        files: dict[str, bytes] = {}
        variables: dict[str, str] = {}
        waits = [*providers(name, pipeline), *_awaited(name, pipeline, names)]
        for provider in providers(name, pipeline):
            run(provider)
            if provider in outcomes:
                files |= left_behind(jobs[provider], outcomes[provider], setting.folder)
                variables |= left_variables(jobs[provider], outcomes[provider])
        failed = [one for one in map(ended, _awaited(name, pipeline, names)) if one is not None and one.status != 0]
        if failed:
            # GitLab does not start it, which is the failure of the job that it waits for.
            outcomes[name] = Outcome(failed[0].status, (), {}, (), "It waits for a job that failed.")
            return
        untouched = all(outcomes.get(one) is without.get(one) for one in waits)
        if failure is not None and untouched and name in without and not _reaches(failure, without[name]):
            outcomes[name] = without[name]
            return
        lines_of = surroundings.lines_of
        environment = surroundings.environment_of(
            name, pipeline, setting.event, setting.text, salt=len(begun), varied=setting.varied
        )
        lines = (*lines_of(jobs[name], "before_script"), *lines_of(jobs[name], "script"))
        if isinstance(failure, str):
            lines = tuple(line.replace(failure, failing_text(failure)) for line in lines)
        ready = Run(
            lines=lines,
            after_lines=lines_of(jobs[name], "after_script"),
            environment=environment | variables,
            files=files,
            folders=surroundings.folders_of(setting.text),
            login_folder=surroundings.has_login_folder(setting.text),
            salt=len(begun),
            failing=failure if isinstance(failure, Call) else None,
        )
        outcomes[name] = run_job(ready, setting.folder, setting.box, setting.shell)

    def ended(name: str) -> Outcome | None:
        run(name)
        return outcomes.get(name)

    for name in names:
        run(name)
    return outcomes


def _reaches(failure: Failure, outcome: Outcome) -> bool:
    return isinstance(failure, str) or failure in outcome.calls


def _awaited(name: str, pipeline: Resolved, names: Sequence[str]) -> list[str]:
    """Name those of the replayed jobs that must have succeeded before GitLab starts a job."""
    jobs = pipeline.jobs
    if jobs[name].get("when") in {"always", "on_failure"}:
        return []
    if jobs[name].get("needs") is None:
        earlier = _earlier(name, pipeline)
        return [one for one in names if one in earlier and not jobs[one].get("allow_failure")]
    found = [need.get("job") for need in jobs[name].get("needs") or () if not {"project", "pipeline"} & need.keys()]
    return [one for one in names if one in found and not jobs[one].get("allow_failure")]


def providers(name: str, pipeline: Resolved) -> list[str]:
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
        found = _earlier(name, pipeline)
    return [entry for entry in found if entry in jobs and jobs[entry].get("artifacts")]


def _earlier(name: str, pipeline: Resolved) -> list[str]:
    """Name the jobs of the stages before a job's own."""
    jobs = pipeline.jobs
    stages: list[str] = pipeline.content["stages"]
    own = stages.index(jobs[name].get("stage", "test"))
    return [other for other in jobs if stages.index(jobs[other].get("stage", "test")) < own]
