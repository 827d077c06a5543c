"""What does shfmt answer for a text?

shfmt (mvdan/sh) is the parser: a program that prints the syntax tree of a script as JSON.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from functools import cache
from typing import IO

_LONGEST_ANSWER = 64_000_000


class MissingParserError(Exception):
    """The program shfmt is not installed."""


class LongAnswerError(Exception):
    """The answer is longer than what is read of it."""


def ask_shfmt(text: str) -> tuple[int, bytes, bytes]:
    """Return shfmt's exit status, its JSON and its messages.

    Each level of nesting is indented further, so the answer grows with the square of the depth.

    Raises:
        LongAnswerError: The answer is too long.
        MissingParserError: shfmt is not there to ask.
    """
    import subprocess
    from threading import Thread

    with subprocess.Popen(  # noqa: S603 (a program of our own choice; the script is its input)
        [_program(), "--to-json", "--language-dialect", "bash"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 (pipes)
        # A long script does not fit into the pipe, and shfmt may answer before it has read all of it.
        feeder = Thread(target=_feed, args=(process.stdin, text.encode("utf-8")))
        feeder.start()
        output = process.stdout.read(_LONGEST_ANSWER + 1)
        if len(output) > _LONGEST_ANSWER:
            process.kill()
        errors = process.stderr.read()
        feeder.join()
    if len(output) > _LONGEST_ANSWER:
        raise LongAnswerError
    return process.returncode, output, errors


def _feed(pipe: IO[bytes], data: bytes) -> None:
    """Write all of `data` into a pipe, as far as somebody reads it."""
    with suppress(BrokenPipeError), pipe:
        pipe.write(data)


def _program() -> str:
    """Return the path of shfmt: the one installed beside this package, or else one on PATH."""
    found = _beside_this() or shutil.which("shfmt")
    if found is None:
        raise MissingParserError("shfmt is missing, so no script can be read: install the package shfmt-py")
    return found


@cache
def _beside_this() -> str | None:
    import sysconfig

    return shutil.which("shfmt", path=sysconfig.get_path("scripts"))
