"""Inside of which control flow do builds stand, as people write it?

How many images a job builds stays the same: each build stands in one wrapping, or all of them in one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from generator.choices import Choices
from generator.statements import Statement, said

# From a build's text and its image's name, a statement that makes this build once when all goes well.
Wrapping = Callable[[str, str], Statement]


def _exit(build: str, _: str) -> Statement:
    return said(f"{build} || exit 1")


def _told(build: str, name: str) -> Statement:
    lines = (f"{build} || {{", f'  echo "{name} failed"', "  exit 1", "}")
    return Statement((f'{build} || {{ echo "{name} failed"; exit 1; }}',), lines)


def _confined(build: str, name: str) -> Statement:
    return said(f"( cd {name} && {build} )")


def _branched(build: str, name: str) -> Statement:
    lines = (f"if {build}; then", f'  echo "{name} is pushed"', "else", f'  echo "{name} failed"', "  exit 1", "fi")
    one = f'if {build}; then echo "{name} is pushed"; else echo "{name} failed"; exit 1; fi'
    return Statement((one,), lines)


def _negated(build: str, _: str) -> Statement:
    return Statement((f"if ! {build}; then exit 1; fi",), (f"if ! {build}; then", "  exit 1", "fi"))


def _again(build: str, _: str) -> Statement:
    return said(f"{build} || {build}")


def _retried(build: str, _: str) -> Statement:
    lines = ("for try in 1 2 3; do", f"  {build} && break", "  sleep 5", "done")
    return Statement((f"for try in 1 2 3; do {build} && break; sleep 5; done",), lines)


def _until(build: str, _: str) -> Statement:
    return Statement((f"until {build}; do sleep 5; done",), (f"until {build}; do", "  sleep 5", "done"))


def _on_tags(build: str, _: str) -> Statement:
    dry = f"{build} --no-push"
    lines = ('if [ -n "$CI_COMMIT_TAG" ]; then', f"  {build}", "else", f"  {dry}", "fi")
    return Statement((f'if [ -n "$CI_COMMIT_TAG" ]; then {build}; else {dry}; fi',), lines)


def _if_there(build: str, name: str) -> Statement:
    condition = f"if [ -f {name}/Dockerfile ]; then"
    return Statement((f"{condition} {build}; fi",), (condition, f"  {build}", "fi"))


def _or_note(build: str, name: str) -> Statement:
    return said(f"{build} || echo {name} >> failed.txt")


def _awaited(build: str, _: str) -> Statement:
    return Statement((f"{build} & wait $!",), (f"{build} &", "wait $!"))


def _logged(build: str, name: str) -> Statement:
    return said(f"{build} 2>&1 | tee /tmp/{name}.log")


def _braced(build: str, name: str) -> Statement:
    lines = ("{", f"  {build}", f'  echo "{name} is pushed"', "}")
    return Statement((f'{{ {build}; echo "{name} is pushed"; }}',), lines)


_WRAPPINGS: tuple[Wrapping, ...] = (
    _exit,
    _told,
    _branched,
    _negated,
    _again,
    _retried,
    _until,
    _on_tags,
    _if_there,
    _or_note,
    _awaited,
    _logged,
    _braced,
)


def wrapping(choices: Choices, *, entered: bool) -> Wrapping:
    """Draw what one person puts around a build; `entered` where it is built from within its own folder."""
    if entered:
        return _confined
    return choices.pick(_WRAPPINGS)


def function(choices: Choices, build: str, names: Sequence[str]) -> list[Statement]:
    """Write a function of the build `build`, which names its image `${1}`, and a call for each name."""
    word = choices.pick(("build", "build_image", "kaniko"))
    extra = choices.pick(((), ("  set -e",), ('  echo "building $1"',)))
    behind = choices.pick(("", "", "", " &"))
    lines = (f"{word}() {{", *extra, f"  {build}{behind}", "}")
    one = "; ".join((*(line.strip() for line in extra), build)) + (behind or ";")
    calls = [said(f"{word} {name}") for name in names]
    return [Statement((f"{word}() {{ {one} }}",), lines), *calls, *([said("wait")] if behind else [])]


def loop(choices: Choices, build: str, variable: str, names: Sequence[str]) -> Statement:
    """Write a loop over `names`, whose turn is the build `build`, which names its image by `variable`."""
    head = f"for {variable} in {' '.join(names)}; do"
    extra = choices.pick(((), (f'  echo "building ${variable}"',)))
    return Statement(
        (f"{head} {'; '.join((*(line.strip() for line in extra), build))}; done",),
        (head, *extra, f"  {build}", "done"),
    )


def in_background(choices: Choices, builds: Sequence[str]) -> list[Statement]:
    """Start all builds at once and wait for them."""
    *others, last = [f"{build} &" for build in builds]
    if choices.chance(30):
        return [*(said(one) for one in others), said(f"{last} wait")]
    return [*(said(one) for one in others), said(last), said("wait")]


def condition(choices: Choices, body: Sequence[Statement]) -> Statement:
    """Put a condition around several statements."""
    asked = choices.pick(
        ('[ -n "$CI_COMMIT_TAG" ]', '[ "$CI_COMMIT_BRANCH" = "main" ]', "test -s version.txt", "[ -n $CI_COMMIT_SHA ]")
    )
    lines = [line for one in body for line in one.lines or (one.text,)]
    return Statement(
        (f"if {asked}; then {'; '.join(one.text for one in body)}; fi",),
        (f"if {asked}; then", *(f"  {line}" for line in lines), "fi"),
    )
