"""What of a script is of no use any more after a split, or was of none before?

Workarounds against what an executor leaves behind are kept, and the person who reviews the split is told of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaniko_split.detect.steps import Step, Trace
from kaniko_split.kaniko.image import image_name
from kaniko_split.kaniko.leftovers import makes_workspace, removes_leftovers
from kaniko_split.plan.outcome import NewJob
from kaniko_split.shell.nodes import Call

_NOTHING = frozenset({"true", ":", "echo", "printf"})
# Flags that say where an image goes and how it is told of, not what is in it.
_WHERE_IT_GOES = frozenset(
    {"destination", "digest-file", "image-name-with-digest-file", "image-name-tag-with-digest-file"}
)


def workarounds(trace: Trace) -> tuple[tuple[str, ...], int | None]:
    """Return the workarounds of a script as they are written, and the number of the statement with the first one."""
    found: dict[str, int] = {}
    for step in trace.steps:
        if step.build is not None and step.build.cleanup:
            found.setdefault("--cleanup", step.number)
        for text in _cleaning(step, cleaned=bool(found)):
            found.setdefault(text, step.number)
    return tuple(found), min(found.values(), default=None)


def repeated_images(steps: Sequence[Step], jobs: Sequence[NewJob]) -> Iterator[tuple[NewJob, ...]]:
    """Yield the new jobs that build the very same image, one group after the other.

    Theirs are the same folder and arguments, but for registry and tag, and nothing is done between but printing.
    """
    groups: dict[object, list[NewJob]] = {}
    for job in jobs:
        step = steps[job.build] if job.build is not None else None
        if step is None or step.build is None or step.build.opaque or len(step.inside) != 1:
            continue
        if not isinstance(step.statement.command, Call) or step.frame is not None:
            # It may not run at all.
            continue
        if not all(steps[number].effects.prints for number in job.steps if number != job.build):
            continue
        flags = tuple(flag for flag in step.build.flags if flag[0] not in _WHERE_IT_GOES)
        groups.setdefault((step.inside[0].folder, flags), []).append(job)
    # Two names for one image are more likely two images whose difference nobody has written down yet.
    yield from (tuple(group) for group in groups.values() if len(group) > 1 and len(_names(steps, group)) < 2)


def _names(steps: Sequence[Step], jobs: Sequence[NewJob]) -> set[str]:
    builds = [steps[job.build].build for job in jobs if job.build is not None]
    places = [place for build in builds if build is not None for place in build.destinations]
    return {name for place in places if (name := image_name(place)) is not None}


def _cleaning(step: Step, *, cleaned: bool) -> Iterator[str]:
    """Yield the commands of a statement that clean up; the name of a function or alias, where it does just that."""
    if step.calls and step.build is None:
        commands = list(_commands(step, called=True))
        if any(map(removes_leftovers, commands)) and all(map(_only_cleans, commands)):
            yield step.calls
        return
    for words in _commands(step, called=False):
        if words[:1] == ("alias",) and len(words) > 1 and "/kaniko/" in words[1]:
            yield words[1].partition("=")[0]
        elif removes_leftovers(words) or (makes_workspace(words) and (cleaned or step.build is not None)):
            yield " ".join(words)


def _commands(step: Step, *, called: bool) -> Iterator[tuple[str, ...]]:
    """Yield the words of the commands of a statement, as they are written, or of those that it calls."""
    for one in step.occurrence.walk():
        command, script = one.statement.command, one.before.script
        if isinstance(command, Call) and (len(one.before.calling) > len(step.occurrence.before.calling)) == called:
            yield tuple(script[word.span.start : word.span.end] for word in command.words)


def _only_cleans(words: tuple[str, ...]) -> bool:
    return not words or removes_leftovers(words) or makes_workspace(words) or words[0] in _NOTHING
