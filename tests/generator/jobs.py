"""Which keys does a job have that builds images, and which do the jobs around it have?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generator.choices import Choices
from generator.layout import Commands, Raw
from generator.scripts import Item, plain_script, script, script_of_kind
from generator.statements import said

IMAGES = (
    "gcr.io/kaniko-project/executor:debug",
    {"name": "gcr.io/kaniko-project/executor:v1.23.2-debug", "entrypoint": [""]},
    {"name": "registry.example.com:5000/tools/kaniko:debug", "entrypoint": ["/bin/sh", "-c"]},
)
JOB_NAMES = (
    "images",
    "build-images",
    "build images",
    "docker: all",
    "bilder für alle",
    "images #1",
    "build:docker",
    "it's built",
    'the "images"',
    "Build/Images",
    "образы",
    "yes",
    "2024",
    "build_images_[x]",
    "- images",
    "kaniko",
    "a",
)


KINDS_IN_HUNDRED = 40  # how many jobs are of a kind that is easily read wrongly


@dataclass
class Neighbours:
    """What a job can name: stages, and the jobs of an earlier stage.

    Attributes:
        stage: The job's stage.
        earlier: Names of the jobs of earlier stages.
        giving: Those of them that have artifacts.
        template: A hidden job to extend; empty for none.
        merged: An alias to merge, and what it means; None for none.
        login: A way to write a `before_script` that stands elsewhere; None for none.
        has_image: Whether the image is given elsewhere.
    """

    stage: str
    earlier: list[str] = field(default_factory=list)
    giving: list[str] = field(default_factory=list)
    template: str = ""
    merged: Raw | None = None
    login: Raw | None = None
    has_image: bool = False


@dataclass
class ImageJob:
    """A job that builds images, as keys and values, and the files that it reads."""

    name: str
    keys: dict[str, Any]
    files: dict[str, str]
    builds: int
    kind: str = ""
    rest: dict[str, Any] = field(default_factory=dict)


def image_job(choices: Choices, name: str, folders: tuple[str, ...], around: Neighbours) -> ImageJob:
    """Write a job that builds one to six images."""
    # With two images, what wrongly goes to the next one is right by chance.
    count = choices.pick((3, 2, 3, 3, 2, 4, 1, 5, 6, 3))
    odd = choices.chance(KINDS_IN_HUNDRED)
    names = choices.some(folders, min(max(count, 3), 5) if odd else count)
    plan = (script_of_kind if odd else script)(choices, names, may_begin_before=around.login is None)
    keys: dict[str, Any] = {"stage": around.stage}
    if not around.has_image or choices.chance(10):
        keys["image"] = choices.pick(IMAGES)
    if around.template:
        keys["extends"] = around.template if choices.chance(60) else [around.template]
    if around.login is not None:
        keys["before_script"] = around.login
    elif plan.before:
        keys["before_script"] = Commands(plan.before)
    elif choices.chance(8):
        keys["before_script"] = Commands([Item((said("true"),))])
    keys |= choices.weighted(_CONDITIONS)
    keys |= _extras(choices)
    if plan.dotenv:
        keys["artifacts"] = {"reports": {"dotenv": "images.env"}}
    elif choices.chance(4):
        keys["artifacts"] = {"paths": ["built.txt", "out/"], "when": "always"}
    keys |= _waits(choices, around)
    if "rules" in plan.keys:
        keys = {key: value for key, value in keys.items() if key not in {"only", "except", "when", "rules"}}
    keys |= plan.keys
    if plan.behind:
        keys["after_script"] = Commands(plan.behind)
    keys["script"] = Commands(plan.items, plan.whole)
    if choices.chance(40):
        keys = {key: keys[key] for key in choices.shuffled(list(keys))}
    if around.merged is not None:
        merge: dict[str, Any] = {"<<": around.merged}
        keys = keys | merge if choices.chance(30) else merge | keys
    return ImageJob(name, keys, plan.files, plan.builds, plan.kind, plan.rest)


# How many of a hundred jobs have which keys: README.md beside this file says where the figures are from.
_CONDITIONS: tuple[tuple[int, dict[str, Any]], ...] = (
    (59, {}),
    (9, {"only": ["main"]}),
    (3, {"only": ["main", "tags"], "except": ["schedules"]}),
    (2, {"only": {"refs": ["main"], "changes": ["api/**/*", "*.txt"]}}),
    (15, {"rules": [{"if": '$CI_COMMIT_BRANCH == "main"'}]}),
    (3, {"rules": [{"if": "$CI_COMMIT_TAG", "when": "never"}, {"when": "on_success"}]}),
    (3, {"rules": [{"if": "$CI_COMMIT_TAG", "variables": {"LEVEL": "release"}}, {"when": "on_success"}]}),
    (3, {"when": "manual"}),
    (2, {"rules": [{"exists": ["version.txt"]}, {"if": "$CI", "when": "manual"}]}),
    (1, {"rules": [{"exists": ["version.txt"]}, {"if": "$CI", "when": "manual", "allow_failure": True}]}),
)
_EXTRAS: tuple[tuple[int, dict[str, Any]], ...] = (
    (1, {"allow_failure": True}),
    (12, {"tags": ["docker"]}),
    (4, {"tags": ["docker", "big runner", "x64"]}),
    (4, {"variables": {"LEVEL": "high"}}),
    (3, {"variables": {"LEVEL": "1.0", "EMPTY": "", "COUNT": 10}}),
    (3, {"variables": {"GIT_STRATEGY": "fetch", "DOCKER_CONFIG": "/kaniko/.docker"}}),
    (2, {"retry": 2}),
    (2, {"retry": {"max": 1, "when": ["runner_system_failure"]}}),
    (2, {"interruptible": True}),
    (2, {"timeout": "1h 30m"}),
    (2, {"cache": {"key": "$CI_COMMIT_REF_SLUG", "paths": ["cache/"]}}),
    (2, {"resource_group": "images"}),
    (2, {"services": [{"name": "docker:dind", "alias": "docker"}]}),
    (2, {"parallel": {"matrix": [{"ARCH": ["amd64", "arm64"]}]}}),
    (2, {"after_script": Commands([Item((said("echo after"),))])}),
    (2, {"after_script": ["ls -la"]}),
    (2, {"environment": {"name": "review", "action": "prepare"}}),
    (2, {"id_tokens": {"TOKEN": {"aud": "https://example.com"}}}),
    (2, {"inherit": {"variables": False}}),
    (2, {"coverage": "/x/"}),
)


def _extras(choices: Choices) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for percent, keys in _EXTRAS:
        if choices.chance(percent):
            found |= keys
    return found


def _waits(choices: Choices, around: Neighbours) -> dict[str, Any]:
    if not around.earlier or not choices.chance(75):
        return {}
    names = choices.some(around.earlier, choices.number(1, 2))
    if choices.chance(30) and around.giving:
        return {"dependencies": choices.some(around.giving, choices.number(1, 2))}
    needs: list[Any] = [choices.pick((name, {"job": name, "artifacts": True}, {"job": name})) for name in names]
    return {"needs": needs if choices.chance(85) else []}


def earlier_job(choices: Choices, stage: str) -> tuple[dict[str, Any], bool]:
    """Write a job of an earlier stage, and say whether it has artifacts."""
    keys: dict[str, Any] = {"stage": stage, "script": Commands(plain_script(choices))}
    giving = choices.chance(40)
    if giving:
        keys["artifacts"] = choices.pick(({"paths": ["dist/"]}, {"paths": ["dist/"]}, {"untracked": True}))
        if choices.chance(10):
            keys["when"] = "on_failure"
    if choices.chance(20):
        keys["rules"] = [{"if": "$CI_COMMIT_BRANCH"}]
    return keys, giving


def later_job(choices: Choices, stage: str, image_jobs: list[ImageJob], others: list[str]) -> dict[str, Any]:
    """Write a job of a later stage that names the jobs that build images."""
    keys: dict[str, Any] = {"stage": stage}
    wanted = choices.some(image_jobs, choices.number(1, len(image_jobs)))
    names = [one.name for one in wanted]
    kind = choices.pick(("needs", "needs", "needs", "dependencies", "both", "rules", "reference", "extends", "none"))
    # gitlab-ci-local does not follow a reference that leads to another one; GitLab does.
    given = wanted[0].keys
    known = [key for key in ("before_script", "tags", "rules") if key in given and not isinstance(given[key], Raw)]
    if kind in {"needs", "both"} or (kind == "reference" and not known):
        beside = choices.some(others, choices.number(0, 2))
        keys["needs"] = [_need(choices, name) for name in choices.shuffled([*names, *beside])]
    if kind in {"dependencies", "both"}:
        keys["dependencies"] = names
    if kind == "rules":
        keys["rules"] = [{"if": "$CI_COMMIT_TAG", "needs": [_need(choices, name) for name in names]}, {"if": "$CI"}]
    if kind == "reference" and known:
        key = choices.pick(known)
        keys[key] = Raw(f'!reference ["{_escaped(names[0])}", {key}]', ("!reference", [names[0], key]))
    if kind == "extends":
        keys["extends"] = names[0]
    keys["script"] = Commands(plain_script(choices))
    return keys


def _need(choices: Choices, name: str) -> Any:
    return choices.pick(
        (
            name,
            name,
            {"job": name},
            {"job": name, "optional": True},
            {"job": name, "artifacts": False},
            {"artifacts": True, "job": name, "optional": True},
        )
    )


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
