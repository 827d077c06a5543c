"""What does one call of the executor look like?"""

from __future__ import annotations

from dataclasses import dataclass

from generator.choices import Choices
from generator.statements import Statement, said


@dataclass(frozen=True)
class Habits:
    """What all builds of one job have in common, as people write by habit.

    Attributes:
        executor: The command word.
        registry: How the place of the images is written.
        tag: What follows the colon of an image; empty for none.
        context: How a context is written, with `{}` for the folder; `.` where the script goes there itself.
        variable: The variable that holds the image's name, assigned anew before each build; empty for none.
        short: Whether flags are written `-c` and `-d`.
        equals: Whether a long flag and its value stand together.
        quoted: Whether values are quoted.
        extra: Flags of every build.
        shared: Whether all builds have one context and a Dockerfile each.
        digests: Whether each build writes a digest file.
    """

    executor: str
    registry: str
    tag: str
    context: str
    variable: str
    short: bool
    equals: bool
    quoted: bool
    extra: tuple[str, ...]
    shared: bool
    digests: bool


@dataclass(frozen=True)
class BuildText:
    """A build with the statements that it cannot do without."""

    before: tuple[Statement, ...]
    build: Statement
    after: tuple[Statement, ...]
    image: str


_FLAGS = (
    "--cache=true",
    "--cache",
    "--cleanup",
    "--snapshot-mode=redo",
    "--build-arg VERSION=$CI_COMMIT_TAG",
    '--build-arg "TITLE=a shed"',
    "--label org.opencontainers.image.revision=$CI_COMMIT_SHA",
    "--single-snapshot",
    "--verbosity=warn",
    "--cache-repo=$CI_REGISTRY_IMAGE/cache",
    "--build-arg=LEVEL=${LEVEL:-low}",
    "--use-new-run",
    "--skip-tls-verify=false",
    "--build-arg HTTP_PROXY",
)


def habits(choices: Choices, *, tag: bool) -> Habits:
    """Draw how one person writes builds."""
    context = choices.pick(
        ("{}", "$CI_PROJECT_DIR/{}", "./{}", "${CI_PROJECT_DIR}/{}/", "dir://$CI_PROJECT_DIR/{}", ".", "{}")
    )
    return Habits(
        executor="time /kaniko/executor" if choices.chance(4) else choices.pick(("/kaniko/executor", "executor")),
        registry=choices.pick(("$CI_REGISTRY_IMAGE", "${CI_REGISTRY_IMAGE}", "registry.example.com/group/project")),
        tag="$TAG" if tag else choices.pick(("", "latest", "$CI_COMMIT_SHORT_SHA", "${CI_COMMIT_REF_SLUG}")),
        context=context,
        variable=choices.pick(("NAME", "IMAGE")) if context != "." and choices.chance(15) else "",
        short=choices.chance(30),
        equals=choices.chance(40),
        quoted=choices.chance(50),
        extra=tuple(choices.some(_FLAGS, choices.number(0, 3))),
        shared=choices.chance(15),
        digests=choices.chance(12),
    )


def build(choices: Choices, name: str, how: Habits, bases: list[str]) -> BuildText:
    """Write the build of `name`, which may be made from one of the images `bases`."""
    there = f"${{{how.variable}}}" if how.variable else name
    image = f"{how.registry}/{there}" + (f":{how.tag}" if how.tag else "")
    before: list[Statement] = []
    after: list[Statement] = []
    place = how.context.replace("{}", there)
    if how.variable:
        before.append(said(f"{choices.pick(('', 'export '))}{how.variable}={name}"))
    if how.shared:
        words = [*_flag(how, "context", "$CI_PROJECT_DIR"), *_flag(how, "dockerfile", f"{there}/Dockerfile")]
    elif how.context == ".":
        before.append(said(f"cd {name}"))
        after.append(said(choices.pick(("cd ..", "cd ..", 'cd "$CI_PROJECT_DIR"', "cd -"))))
        words = _flag(how, "context", ".")
    else:
        words = _flag(how, "context", place)
    destinations = [image]
    if choices.chance(20):
        destinations.append(f"{how.registry}/{there}:{choices.pick(('stable', '$CI_COMMIT_SHA'))}")
    for one in destinations:
        words += _flag(how, "destination", one)
    words += how.extra
    if bases and choices.chance(10):
        words.append(f"--build-arg BASE={choices.pick(bases)}")
    if choices.chance(10):
        words.append(f"--target={choices.pick(('release', 'debug'))}")
    if how.digests:
        folder = "../" if how.context == "." and not how.shared else ""
        words.append(f"--digest-file{choices.pick(('=', ' '))}{folder}{name}.digest")
    if choices.chance(10):
        words = choices.shuffled(words)
    if choices.chance(4):
        words.append(choices.pick(("2>&1", "> /tmp/build.log", "|| exit 1")))
    return BuildText(tuple(before), Statement((how.executor, *words)), tuple(after), image)


def _flag(how: Habits, name: str, value: str) -> list[str]:
    value = f'"{value}"' if how.quoted else value
    if how.short and name in {"context", "destination", "dockerfile"}:
        return [f"-{'f' if name == 'dockerfile' else name[0]} {value}"]
    return [f"--{name}={value}"] if how.equals else [f"--{name} {value}"]
