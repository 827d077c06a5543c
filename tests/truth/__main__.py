"""Hold the table of programs against the programs: `python -m truth [PROGRAM...]`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from subprocess import TimeoutExpired, run

from kaniko_split.programs.row import Row
from kaniko_split.programs.table import FIELDS, names_of
from truth.judge import Judge
from truth.sandbox import PATH, serving


def examples(field: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of a program and an example, for each that is on this machine, busybox's own versions too.

    Args:
        field: The module of the table whose rows are meant; all of them without it.
    """
    applets = set(run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split())
    for row in rows_of(field):
        names = {name.split()[0] for name in names_of(row)}
        for example in row.examples:
            program = example.split()[0]
            if shutil.which(program, path=PATH):
                yield program, example
            if program in applets & names:
                yield f"busybox {program}", f"busybox {example}"


def rows_of(field: str = "") -> list[Row]:
    """Return the rows of one module of the table, or all; each once, though it may have several names."""
    fields = (field,) if field else FIELDS
    return [row for name in fields for row in import_module(f"kaniko_split.programs.{name}").ROWS]


def judged(chosen: list[tuple[str, str]]) -> list[str]:
    """Run examples, and return the disagreements."""
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder, serving() as (port, methods):
        judge = Judge(Path(folder).resolve(), port, methods)
        for _, example in chosen:
            try:
                problems += judge.disagreements(example)
            except TimeoutExpired:
                problems.append(f"{example}: takes too long")
    return problems


def main() -> int:
    """Print the disagreements and the figures; 1 where there is a disagreement."""
    wanted = set(sys.argv[1:])
    chosen = [pair for pair in examples() if not wanted or pair[0].split()[-1] in wanted]
    problems = judged(chosen)
    for problem in problems:
        print(problem)
    programs = {program for program, _ in chosen}
    rows = {program.split()[-1] for program in programs}
    print(
        f"truth: {len(rows)} rows, {len(programs)} programs traced, {len(chosen)} examples, "
        f"{len(problems)} disagreements"
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
