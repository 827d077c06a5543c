"""What does the Dockerfile of a build say, where it is in the repository to be read?"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from kaniko_split.detect.trace import Step
from kaniko_split.shell.locations import File, file_at, is_exact

Read = Callable[[str], str | None]


def dockerfile_of(step: Step, read: Read) -> str:
    """Return the text of the Dockerfile that a build reads; empty where it is not known or not there.

    Kaniko seeks it from the working directory first, then in the context (`resolveDockerfilePath` in its
    `cmd/executor/cmd/root.go`).

    Args:
        step: A statement that builds.
        read: Gives the text of a file of the repository, by name; None where there is none.
    """
    for name in _candidates(step):
        text = read(name)
        if text is not None:
            return text
    return ""


def _candidates(step: Step) -> Iterator[str]:
    if step.build is None:
        return
    path = step.build.dockerfile or "Dockerfile"
    context = file_at((step.build.context or ".").removeprefix("dir://"), step.folder)
    here = file_at(path, step.folder)
    if isinstance(here, File) and is_exact(here) and not here.path.startswith(("/", "~")):
        yield here.path
    if isinstance(context, File) and is_exact(context) and not context.path.startswith(("/", "~")):
        yield posixpath.normpath(posixpath.join(context.path, path))
