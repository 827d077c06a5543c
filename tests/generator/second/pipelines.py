"""What is a repository of another author: a pipeline, folders of images, some files that they share?"""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from generator.choices import Choices, Draw
from generator.pipelines import Drawn
from generator.second.images import Written, write_images

_FOLDERS = ("frontend", "backend", "nginx", "jobs", "toolbox", "cli")
_NAMES = ("docker-images", "build", "publish images", "containers", "kaniko:all")
_FILES = {
    "RELEASE": "4.2\n",
    "package.json": '{"name": "shop"}\n',
    "shared/common.conf": "a = 1\n",
    "shared/login.json": '{"auths": {}}\n',
    "ci/verify.sh": "#!/bin/sh\ngrep -q 4 RELEASE\n",
    "ci/announce.sh": "#!/bin/sh\ncurl -d announced https://chat.example.com/\n",
}


@st.composite
def pipelines(draw: st.DrawFn) -> Drawn:
    """Draw a repository of the second grammar."""
    drawing: Draw = draw
    choices = Choices(drawing)
    places = choices.some(_FOLDERS, choices.pick((3, 2, 4, 3, 1, 5)))
    written = write_images(choices, places)
    name = choices.pick(_NAMES)
    files = dict(_FILES)
    for place in places:
        files[f"{place}/Dockerfile"] = "FROM alpine:3.20\nARG PARENT\nCOPY . /srv\n"
        files[f"{place}/start.sh"] = f"#!/bin/sh\necho {place}\n"
    if written.helper:
        files["ci/image.sh"] = written.helper
    files[".gitlab-ci.yml"] = _text(choices, _pipeline(choices, name, written))
    return Drawn({path: text.encode() for path, text in files.items()}, {name: written.builds})


def _pipeline(choices: Choices, name: str, written: Written) -> dict[str, Any]:
    job: dict[str, Any] = {"stage": "package"}
    job["image"] = choices.pick(
        (
            {"name": "gcr.io/kaniko-project/executor:v1.23.2-debug", "entrypoint": [""]},
            {"name": "martizih/kaniko:debug", "entrypoint": [""]},
            {"name": "gcr.io/kaniko-project/executor:debug", "entrypoint": ["/busybox/sh", "-c"]},
        )
    )
    if written.before:
        job["before_script"] = written.before
    job["script"] = written.items
    # How many of a hundred jobs have which keys, after README.md in the folder above.
    job |= choices.weighted(
        (
            (27, {}),
            (24, {"rules": [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]}),
            (13, {"only": ["main", "tags"]}),
            (12, {"needs": ["compile"]}),
            (1, {"rules": [{"changes": ["shared/**/*"]}, {"when": "manual", "allow_failure": True}]}),
            (3, {"when": "manual"}),
            (5, {"tags": ["k8s"], "retry": 1}),
            (8, {"variables": {"VERSION": "from-job", "GIT_DEPTH": "1"}}),
            (4, {"artifacts": {"paths": ["*/.done"], "expire_in": "1 day"}}),
            (1, {"allow_failure": True}),
            (2, {"interruptible": True, "timeout": "2h"}),
        )
    )
    found: dict[str, Any] = {"stages": ["compile", "package", "ship"]}
    if choices.chance(30):
        found["variables"] = choices.pick(({"VERSION": "1"}, {"CI_DEBUG_TRACE": "true"}, {"KANIKO_CACHE": "true"}))
    compiled: dict[str, Any] = {"stage": "compile", "script": ["make"]}
    if choices.chance(50):
        compiled["artifacts"] = {"paths": ["out/"]}
    found["compile"] = compiled
    found[name] = job
    if choices.chance(60):
        found["ship"] = {"stage": "ship", "needs": [name], "script": ["./ship.sh"]}
    else:
        found["ship"] = {"stage": "ship", "script": ["helm upgrade --install shop chart"], "environment": "prod"}
    return found


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _block(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _block)


def _text(choices: Choices, pipeline: dict[str, Any]) -> str:
    return yaml.dump(
        pipeline,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        indent=choices.pick((2, 4)),
        width=choices.pick((70, 10_000)),
    )
