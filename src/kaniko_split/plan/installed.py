"""Does a job run a program that another job alone installs?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import basename, dirname

from kaniko_split.detect.trace import Step
from kaniko_split.flow.occurrence import Shape
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.shell.locations import File

# The folders of `PATH` in the images that have the executor, and those above them.
_FOLDERS = frozenset({"/bin", "/busybox", "/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/sbin", "/usr/sbin"})
_ABOVE = frozenset({"/", "/usr", "/usr/local"})
# They run no program.
_OF_THE_SHELL = frozenset(
    (
        *(".", ":", "[", "[[", "alias", "break", "cd", "command", "continue", "declare", "echo", "eval", "exec"),
        *("exit", "export", "false", "hash", "let", "local", "popd", "printf", "pushd", "pwd", "read", "readonly"),
        *("return", "set", "shift", "shopt", "source", "test", "trap", "true", "type", "ulimit", "umask", "unalias"),
        *("unset", "wait"),
    )
)


def refuse_lost_programs(steps: Sequence[Step], jobs: Sequence[frozenset[int]]) -> None:
    """Make sure that each job keeps what installs the programs that it runs.

    Args:
        steps: All statements.
        jobs: The statements of each job, by number, with those that all jobs share.

    Raises:
        CannotSliceError: A job runs a program that a statement of another job installs.
    """
    for step in steps:
        installed = frozenset(_installed(step))
        if not installed:
            continue
        for numbers in jobs:
            if step.number in numbers:
                continue
            later = (steps[number] for number in sorted(numbers) if number > step.number)
            lost = sorted({name for other in later for name in _run(other) if installed & {name, ""}})
            if lost:
                detail = f"it may install {', '.join(f'`{name}`' for name in lost)}, which another job would run"
                raise CannotSliceError("output-used-later", step, detail)


def _installed(step: Step) -> Iterator[str]:
    """Yield the names of the programs that a statement writes into a folder of `PATH`; an empty name for any."""
    for place in step.effects.writes:
        if isinstance(place, File):
            if place.path in _FOLDERS | _ABOVE:
                yield ""
            elif dirname(place.path) in _FOLDERS:
                yield basename(place.path)


def _run(step: Step) -> Iterator[str]:
    """Yield the names of the programs that a statement runs from a folder of `PATH`."""
    for one in step.occurrence.walk():
        if one.shape is Shape.COMMAND and one.values:
            name = one.values[0].text
            if "/" not in name and name not in _OF_THE_SHELL:
                yield name
