"""Where does what was found go: to standard output or a file, in which format?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from msgspec import Struct

from kaniko_split.commands.options import Options
from kaniko_split.commands.running import Run
from kaniko_split.commands.telling import tell
from kaniko_split.report.formats import Format, misfit, written


class Reporting(Struct, frozen=True, eq=False):
    """How the answer is given.

    Attributes:
        name: The format, as the user names it; None where nobody does, which stands for text.
        output: The file to write; None for standard output.
    """

    name: str | None = None
    output: Path | None = None

    @property
    def form(self) -> Format:
        """The format.

        Raises:
            ValueError: There is none of that name.
        """
        return Format(self.name or Format.TEXT)


def refused_reporting(reporting: Reporting, options: Options, command: str) -> bool:
    """Tell whether the answer cannot be given as it is asked for, and say why."""
    wrong = misfit(reporting.name or Format.TEXT, command) or options.wrong_colour()
    if wrong:
        tell(f"error: {wrong}")
    return wrong is not None


def deliver(run: Run, reporting: Reporting, text: bytes | None = None) -> None:
    """Write the answer where it belongs; `text` where it is not to be made from the run's document."""
    if reporting.output is not None and _is_input(run, reporting.output):
        run.complain(f"{reporting.output}: the file is one of those that were read; name another for --output")
        return
    if text is None:
        text = written(run.document(), reporting.form)
    if reporting.output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
        return
    from kaniko_split.commands.writing import written_file

    problem = written_file(reporting.output, text)
    if problem:
        run.complain(problem)


def _is_input(run: Run, output: Path) -> bool:
    real = os.path.realpath(output)
    return any(
        real == os.path.realpath(found.repository.root / file.name)
        for found, result in run.results
        for file in result.pipeline.files
        if file.name not in found.repository.given
    )
