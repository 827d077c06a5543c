"""How do people write the builds of several images in one job?"""

from __future__ import annotations

from dataclasses import dataclass, field

from generator.choices import Choices
from generator.second.shell import Script, with_lines_indented

_REGISTRIES = (
    "$CI_REGISTRY_IMAGE",
    "${CI_REGISTRY}/${CI_PROJECT_PATH}",
    "$REGISTRY_HOME",
    "registry.example.com/other",
)
_AUTHS = (
    'echo "{\\"auths\\":{\\"$CI_REGISTRY\\":{\\"username\\":\\"$CI_REGISTRY_USER\\",'
    '\\"password\\":\\"$CI_REGISTRY_PASSWORD\\"}}}" > /kaniko/.docker/config.json'
)
_LOGINS = (
    ("mkdir -p /kaniko/.docker", _AUTHS),
    (_AUTHS,),
    (
        "mkdir -p /kaniko/.docker",
        'AUTH=$(printf "%s:%s" "$CI_REGISTRY_USER" "$CI_REGISTRY_PASSWORD" | base64 | tr -d "\\n")',
        'cat > /kaniko/.docker/config.json <<EOF\n{"auths": {"$CI_REGISTRY": {"auth": "$AUTH"}}}\nEOF',
    ),
    ("mkdir -p /kaniko/.docker && cp shared/login.json /kaniko/.docker/config.json",),
    (
        'KANIKOCFG="{\\"auths\\":{\\"$CI_REGISTRY\\":{}}"',
        'if [ "x${http_proxy}" != "x" ]; then KANIKOCFG="${KANIKOCFG}, \\"proxies\\": {}"; fi',
        "mkdir -p /kaniko/.docker",
        'echo "${KANIKOCFG}}" > /kaniko/.docker/config.json',
    ),
    (),
)


@dataclass
class Written:
    """The lines of a job that builds images, one text an item."""

    before: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    builds: int = 0
    helper: str = ""


@dataclass(frozen=True)
class _Manner:
    """How one person calls the executor."""

    command: str
    registry: str
    tag: str
    flags: tuple[str, ...]
    equals: bool
    whole_project: bool


def write_images(choices: Choices, places: list[str]) -> Written:
    """Write a job that builds an image from each of some folders, and says and does other things around it."""
    script = Script(choices, places)
    found = Written()
    manner = _Manner(
        command=choices.pick(("/kaniko/executor", "/kaniko/executor", "executor", "$KANIKO", "time /kaniko/executor")),
        registry=choices.pick(_REGISTRIES),
        tag=choices.pick((":latest", "", ":$CI_COMMIT_SHORT_SHA", ":$VERSION", ":${CI_COMMIT_TAG:-edge}")),
        flags=tuple(choices.some(_FLAGS, choices.number(0, 2))),
        equals=choices.chance(40),
        whole_project=choices.chance(20),
    )
    head = list(choices.pick(_LOGINS))
    if manner.command == "$KANIKO":
        head.append("KANIKO=/kaniko/executor")
    if manner.registry == "$REGISTRY_HOME":
        head.append("export REGISTRY_HOME=$CI_REGISTRY_IMAGE/team")
    if "$VERSION" in manner.tag:
        head.append(choices.pick(("VERSION=$(cat RELEASE)", "export VERSION=1.$CI_PIPELINE_IID", "VERSION=9")))
        script.variables.append("VERSION")
    head += [script.step() for _ in range(choices.number(0, 2))]
    shape = choices.pick((_in_a_row, _in_a_row, _in_a_row, _by_function, _by_loop, _by_helper, _mixed))
    body = shape(script, manner, places, found)
    tail = [
        choices.pick((script.quiet_step, script.judging_step, script.acting_step))()
        for _ in range(choices.pick((0, 0, 1, 2)))
    ]
    found.builds = script.builds
    if head and choices.chance(30):
        found.before, head = head, []
    found.items = _as_items(choices, [*head, *body, *tail])
    return found


_FLAGS = (
    "--cache=true",
    "--cache=true --cache-ttl=24h",
    "--cleanup",
    "--single-snapshot",
    "--skip-unused-stages",
    "--build-arg RELEASE=$VERSION",
    "--build-arg http_proxy",
    "--snapshot-mode=redo",
    "--label built-by=$CI_PIPELINE_IID",
    "--push-retry 3",
)


def _call(script: Script, manner: _Manner, place: str, more: str = "") -> str:
    """Write one call, and remember what it pushes."""

    def flag(name: str, value: str) -> str:
        return f"--{name}={value}" if manner.equals else f"--{name} {value}"

    reference = f"{manner.registry}/{place}{manner.tag}"
    if manner.whole_project:
        words = [flag("context", "$CI_PROJECT_DIR"), flag("dockerfile", f"$CI_PROJECT_DIR/{place}/Dockerfile")]
    else:
        words = [flag("context", f"$CI_PROJECT_DIR/{place}")]
    words += [flag("destination", f'"{reference}"'), *manner.flags]
    if more:
        words.append(more)
    if "$" not in place:
        script.pushed.append(reference)
    script.builds += script.loops
    joint = script.choices.pick((" ", " ", " \\\n  "))
    return joint.join((manner.command, *words))


def _in_a_row(script: Script, manner: _Manner, places: list[str], _: Written) -> list[str]:
    choices = script.choices
    found: list[str] = []
    for number, place in enumerate(places):
        if number:
            found += [_between(script) for _ in range(choices.pick((0, 1, 1, 2, 3)))]
        more = f"--build-arg PARENT={script.pushed[-1]}" if script.pushed and choices.chance(12) else ""
        call = _call(script, manner, place, more)
        found.append(
            choices.pick(
                (
                    call,
                    call,
                    call,
                    call,
                    f"{call} || exit 1",
                    f"if {call}; then echo done; else exit 1; fi",
                    f"( {call} )",
                    f"{{ {call}; }}",
                    f"{call} && echo built",
                    f"VERSION={script.value()} {call}" if "$VERSION" not in call else call,
                    f"! {call} && exit 1 || true" if choices.chance(20) else call,
                )
            )
        )
    return found


def _between(script: Script) -> str:
    return script.choices.pick(
        (script.step, script.step, script.judging_step, script.acting_step, script.assignment, script.file_step)
    )()


def _by_function(script: Script, manner: _Manner, places: list[str], _: Written) -> list[str]:
    choices = script.choices
    name = choices.pick(("make_image", "bake", "img"))
    script.loops = 0
    call = _call(script, manner, "$1", choices.pick(("", "--build-arg WHO=$1", "$2")))
    script.loops = 1
    extra = choices.pick(("", "", 'echo "=== $1"', "[ -d $1 ] || return 1", "local where=$1", "set -e"))
    behind = choices.pick(("", "", 'echo "$1 done"', "rm -rf /kaniko/0", "touch $1/.done"))
    inside = [one for one in (extra, call, behind) if one]
    opening = choices.pick((f"{name}() {{", f"{name} () {{", f"{name}()\n{{"))
    found = [opening + "\n" + "\n".join(line for one in inside for line in with_lines_indented(one)) + "\n}"]
    for place in places:
        if choices.chance(35):
            found.append(_between(script))
        found.append(f"{name} {place}")
        script.builds += 1
    return found


def _by_loop(script: Script, manner: _Manner, places: list[str], _: Written) -> list[str]:
    choices = script.choices
    script.loops = len(places)
    inside = [script.step(depth=1) for _ in range(choices.pick((0, 0, 1)))]
    inside.append(_call(script, manner, "$image"))
    inside += [
        choices.pick(("echo $image", "touch $image/.done", "grep -q FROM $image/Dockerfile", "COUNT=$((COUNT + 1))"))
    ]
    script.loops = 1
    head = choices.pick(
        (
            f"for image in {' '.join(places)}; do",
            f"for image in {' '.join(places)}\ndo",
            f'IMAGES="{" ".join(places)}"\nfor image in $IMAGES; do',
        )
    )
    lines = [line for one in inside for line in with_lines_indented(one)]
    return ["\n".join((head, *lines, "done"))]


def _by_helper(script: Script, manner: _Manner, places: list[str], found: Written) -> list[str]:
    choices = script.choices
    script.loops = 0
    command = "/kaniko/executor" if manner.command == "$KANIKO" else manner.command
    call = _call(
        script, _Manner(command, manner.registry, manner.tag, manner.flags, manner.equals, manner.whole_project), "$1"
    )
    script.loops = 1
    found.helper = (
        "#!/bin/sh\nset -eu\n" + call + "\n" if "$VERSION" not in call else "#!/bin/sh\nset -e\n" + call + "\n"
    )
    lines: list[str] = []
    for place in places:
        if choices.chance(30):
            lines.append(_between(script))
        lines.append(
            choices.pick((f"./ci/image.sh {place}", f"sh ci/image.sh {place}", f"sh -e ./ci/image.sh {place}"))
        )
        script.builds += 1
    return lines


def _mixed(script: Script, manner: _Manner, places: list[str], written: Written) -> list[str]:
    cut = max(len(places) // 2, 1)
    return [
        *_by_function(script, manner, places[:cut], written),
        *_in_a_row(script, manner, places[cut:], written),
    ]


def _as_items(choices: Choices, statements: list[str]) -> list[str]:
    """Put statements into items as people do: one each, some together, or all in one."""
    shape = choices.pick(("one", "one", "all", "some"))
    if shape == "all":
        return ["\n".join(statements) + "\n"]
    if shape == "one":
        return [one if "\n" not in one else f"{one}\n" for one in statements]
    items: list[str] = []
    left = statements
    while left:
        size = choices.number(1, 3)
        items.append("\n".join(left[:size]))
        left = left[size:]
    return [one if "\n" not in one else f"{one}\n" for one in items]
