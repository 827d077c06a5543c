"""What does the Dockerfile of a build say, where it is in the repository to be read?"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from kaniko_split.detect.inside import Found
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
    texts = (_first_text(found, read) for found in step.inside)
    return "\n".join(dict.fromkeys(text for text in texts if text))


def _first_text(found: Found, read: Read) -> str:
    return next((text for name in _candidates(found) if (text := read(name)) is not None), "")


def _candidates(found: Found) -> Iterator[str]:
    path = found.build.dockerfile or "Dockerfile"
    context = file_at((found.build.context or ".").removeprefix("dir://"), found.folder)
    here = file_at(path, found.folder)
    if isinstance(here, File) and is_exact(here) and not here.path.startswith(("/", "~")):
        yield here.path
    if isinstance(context, File) and is_exact(context) and not context.path.startswith(("/", "~")):
        yield posixpath.normpath(posixpath.join(context.path, path))
