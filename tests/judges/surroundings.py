"""What does a job find when it starts: shell, variables, folders?"""

import functools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from judges.meaning import Job, script_text
from judges.resolver import Resolved

PREDEFINED = {
    "CI": "true",
    "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    "CI_COMMIT_MESSAGE": "Paint the shed",
    "CI_COMMIT_SHA": "1ecfd275763eff1d6b4844ea3168962458c9f27a",
    "CI_COMMIT_SHORT_SHA": "1ecfd275",
    "CI_COMMIT_TIMESTAMP": "2024-02-15T10:00:00+00:00",
    "CI_COMMIT_TITLE": "Paint the shed",
    "CI_DEFAULT_BRANCH": "main",
    "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX": "gitlab.example.com:443/group/dependency_proxy/containers",
    "CI_DEPENDENCY_PROXY_PASSWORD": "proxy-password",
    "CI_DEPENDENCY_PROXY_SERVER": "gitlab.example.com:443",
    "CI_DEPENDENCY_PROXY_USER": "gitlab-ci-token",
    "CI_DEPLOY_PASSWORD": "deploy-password",
    "CI_DEPLOY_USER": "deploy-user",
    "CI_ENVIRONMENT_NAME": "",
    "CI_JOB_TOKEN": "job-token",
    "CI_PIPELINE_ID": "1000",
    "CI_PIPELINE_IID": "10",
    "CI_PIPELINE_SOURCE": "push",
    "CI_PROJECT_ID": "17893",
    "CI_PROJECT_NAME": "project",
    "CI_PROJECT_NAMESPACE": "group",
    "CI_PROJECT_PATH": "group/project",
    "CI_PROJECT_PATH_SLUG": "group-project",
    "CI_PROJECT_ROOT_NAMESPACE": "group",
    "CI_PROJECT_TITLE": "project",
    "CI_PROJECT_URL": "https://gitlab.example.com/group/project",
    "CI_REGISTRY": "registry.example.com",
    "CI_REGISTRY_IMAGE": "registry.example.com/group/project",
    "CI_REGISTRY_PASSWORD": "registry-password",
    "CI_REGISTRY_USER": "registry-user",
    "CI_REPOSITORY_URL": "https://gitlab-ci-token:job-token@gitlab.example.com/group/project.git",
    "CI_SERVER_HOST": "gitlab.example.com",
    "CI_SERVER_URL": "https://gitlab.example.com",
    "GITLAB_CI": "true",
    "GITLAB_USER_EMAIL": "user@example.com",
    "GITLAB_USER_LOGIN": "user",
}
# A script is replayed for a branch, and for a tag too where it looks at the difference.
BRANCH = {"CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main", "CI_COMMIT_REF_SLUG": "main"}
TAG = {"CI_COMMIT_TAG": "v1.2.3", "CI_COMMIT_REF_NAME": "v1.2.3", "CI_COMMIT_REF_SLUG": "v1-2-3"}
# What no two jobs have in common.
VARIABLES_OF_JOB = (
    "CI_CONCURRENT_ID",
    "CI_JOB_ID",
    "CI_JOB_STARTED_AT",
    "CI_JOB_URL",
    "CI_RUNNER_DESCRIPTION",
    "CI_RUNNER_ID",
    "CI_RUNNER_SHORT_TOKEN",
)
_LOOKS_AT_REFERENCE = re.compile(r"CI_COMMIT_(?:TAG|BRANCH|REF)|CI_DEFAULT_BRANCH")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\}|(\$))")
_MORE_THAN_POSIX = re.compile(
    r"\[\[ |<<<|<\(|\bfunction \w|\w\+=|\w=\(|\bpipefail\b|\$\{(?:!|\w+[/,^])"
    r"|PIPESTATUS|BASH_REMATCH|\bpushd\b|\(\(|\blet \w|printf -v|\bdeclare |\bmapfile|\bshopt\b"
)
# What busybox does not know: its own shell takes these for programs, or cannot read them at all.
_BASH_ALONE = re.compile(
    r"<<<|<\(|\w\+=|\w=\(|\$\{(?:!|\w+[,^])|PIPESTATUS|BASH_REMATCH|(?<!\$)\(\("
    r"|\bp(?:ush|op)d\b|printf -v|\bdeclare |\btypeset |\bmapfile|\breadarray|\bshopt\b"
)
_MADE_BY_SANDBOX = {"CI_BUILDS_DIR", "CI_PROJECT_DIR", "DOCKER_CONFIG", "HOME", "PWD", "TMPDIR"}


def lines_of(job: Job, key: str) -> tuple[str, ...]:
    """Give the lines of a job's script, as a list whether it is written as one or not."""
    value = job.get(key) or []
    return (value,) if isinstance(value, str) else tuple(str(line) for line in value)


def text_of(pipelines: Sequence[Resolved]) -> str:
    """Give all that the jobs of some pipelines run, and their variables, as one text to look things up in."""
    return "\n".join(
        part
        for pipeline in pipelines
        for job in pipeline.jobs.values()
        for part in (script_text(job), *lines_of(job, "after_script"), *map(str, _variables(job).values()))
    )


def events_for(text: str) -> list[Mapping[str, str]]:
    """Choose the events to replay: a push to a branch, and a tag where the scripts may tell the two apart."""
    return [BRANCH, TAG] if _LOOKS_AT_REFERENCE.search(text) else [BRANCH]


def has_login_folder(text: str) -> bool:
    """Say whether `/kaniko/.docker` is there from the start: some images have it, others need it made."""
    return re.search(r"mkdir[^\n]*(?:\.docker|DOCKER_CONFIG)", text) is None


def environment_of(
    name: str, pipeline: Resolved, event: Mapping[str, str], text: str, *, salt: int = 0, varied: bool = False
) -> dict[str, str]:
    """Give the variables of a job, expanded as the runner does it.

    Args:
        name: The job.
        pipeline: The pipeline that has it.
        event: What GitLab gives for the push of a branch or of a tag.
        text: All that the jobs run, to look variables up in.
        salt: What tells this job's container from the others'.
        varied: Whether the last combination of a matrix and the variables of rules apply.
    """
    job = pipeline.jobs[name]
    inherit = job.get("inherit")
    inherited = inherit.get("variables", True) if isinstance(inherit, dict) else True
    shared = {
        key: value
        for key, value in _variables(pipeline.content).items()
        if inherited is True or (isinstance(inherited, list) and key in inherited)
    }
    given = shared | _variables(job) | _combination(job, -1 if varied else 0)
    if varied:
        workflow = pipeline.content.get("workflow")
        given = given | _variables_of_rules(workflow) | _variables_of_rules(job)
    variables = {
        **PREDEFINED,
        **event,
        **dict.fromkeys(VARIABLES_OF_JOB, f"7777{salt:05d}000"),
        "CI_JOB_NAME": name,
        "CI_JOB_GROUP_NAME": name,
        "CI_JOB_STAGE": str(job.get("stage", "test")),
        **{key: str(value) for key, value in given.items()},
    }
    for unknown in _unknown_places(text):
        variables.setdefault(unknown, f"value-of-{unknown}")
    return {key: _expanded(value, variables) for key, value in variables.items()}


def _variables(job: Job) -> dict[str, Any]:
    return {key: "" if value is None else value for key, value in (job.get("variables") or {}).items()}


def _combination(job: Job, which: int) -> dict[str, Any]:
    """Give the first combination of a `parallel:matrix`, or with -1 the last."""
    parallel = job.get("parallel")
    rows = (parallel.get("matrix") or [{}]) if isinstance(parallel, dict) else [{}]
    return {key: value[which] if isinstance(value, list) else value for key, value in rows[which].items()}


def _variables_of_rules(owner: Any) -> dict[str, Any]:
    """Give the variables of the first of some rules that sets any."""
    rules = owner.get("rules") if isinstance(owner, dict) else None
    given = [rule["variables"] for rule in rules or () if isinstance(rule, dict) and rule.get("variables")]
    return dict(given[0]) if given else {}


def varies(pipeline: Resolved) -> bool:
    """Say whether a matrix or rules give variables to some job."""
    owners = [pipeline.content.get("workflow"), *pipeline.jobs.values()]
    matrix = any(isinstance(job.get("parallel"), dict) for job in pipeline.jobs.values())
    return matrix or any(_variables_of_rules(owner) for owner in owners)


def _unknown_places(text: str) -> set[str]:
    """Name the variables that a path begins with and that only the project's settings can know.

    Left empty, `$FOLDER/file` would be a path outside the sandbox.
    """
    used = {first or second for first, second in re.findall(r"\$(?:(\w+)|\{(\w+)\})/", text)}
    given = {*re.findall(r"\b(\w+)=", text), *re.findall(r"\b(?:for|read)\s+(?:-r\s+)?(\w+)", text)}
    return {name for name in used if not name.isdigit()} - given - _MADE_BY_SANDBOX


def _expanded(value: str, variables: Mapping[str, str], depth: int = 0) -> str:
    """Expand variables in a variable's value, as the runner does."""
    if depth > 5 or "$" not in value:
        return value

    def look_up(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        if name == "CI_PROJECT_DIR":
            return "/builds/group/project"
        return _expanded(variables.get(name, ""), variables, depth + 1)

    return _VARIABLE.sub(look_up, value)


def folders_of(text: str) -> frozenset[str]:
    """Name the folders of the repository that the scripts enter or write to, which a case need not hold."""
    entered = re.findall(r"""\b(?:cd|pushd)\s+["']?(?:\$\{?CI_PROJECT_DIR\}?/)?([\w.-]+(?:/[\w.-]+)*)""", text)
    written = re.findall(r""">{1,2}\s*["']?((?:[\w.-]+/)+)""", text)
    folders = {*entered, *(folder.rstrip("/") for folder in written)}
    return frozenset(folder for folder in folders if folder and not {".", ".."} & set(folder.split("/")))


def shells_for(text: str) -> list[tuple[str, ...]]:
    """Choose the shells: busybox as in the executor's image and dash, or bash where a script is not POSIX.

    What bash alone can run is run in bash alone: in any other shell the job ends there, with or without a split.
    """
    alone = _BASH_ALONE.search(text) is not None
    busybox = None if alone else _busybox()
    more = alone or _MORE_THAN_POSIX.search(text) is not None
    found: list[tuple[str, ...]] = [(busybox, "sh")] if busybox else []
    dash, bash = shutil.which("dash"), shutil.which("bash")
    if not more and dash:
        found.append((dash,))
    elif bash and (not found or more):
        found.append((bash, "--posix") if not more else (bash,))
    return found or [(shutil.which("sh") or "/bin/sh",)]


@functools.cache
def _busybox() -> str | None:
    """Find a busybox whose shell looks commands up on PATH, and does not run its own `wget` instead."""
    busybox = shutil.which("busybox")
    if busybox is None:
        return None
    with tempfile.TemporaryDirectory(prefix="busybox-") as folder:
        probe = Path(folder, "wget")
        probe.write_text("#!/bin/sh\necho recorded\n")
        probe.chmod(0o755)
        done = subprocess.run(
            [busybox, "sh", "-c", "wget"],
            env={"PATH": folder},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    return busybox if done.stdout == "recorded\n" else None
