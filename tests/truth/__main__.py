"""Hold the table of programs against the programs: `python -m truth [PROGRAM...]`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import TimeoutExpired, run

from kaniko_split.programs.row import Row
from kaniko_split.programs.table import names_of, table
from truth.judge import Judge
from truth.sandbox import serving


def examples() -> Iterator[tuple[str, str]]:
    """Yield the name of a program and an example, for each that is on this machine, busybox's own versions too."""
    applets = set(run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split())
    for row in unique_rows():
        names = {name.split()[0] for name in names_of(row)}
        for example in row.examples:
            program = example.split()[0]
            if shutil.which(program, path="/usr/local/bin:/usr/bin:/bin"):
                yield program, example
            if program in applets & names:
                yield f"busybox {program}", f"busybox {example}"


def unique_rows() -> list[Row]:
    """Return each row once, though it may have several names."""
    return list({id(row): row for row in table().values()}.values())


def judged(wanted: frozenset[str] = frozenset()) -> tuple[int, int, int, list[str]]:
    """Run all examples; return how many rows, programs and examples were judged, and the disagreements."""
    rows, programs, count = set(), set(), 0
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder, serving() as (port, methods):
        judge = Judge(Path(folder).resolve(), port, methods)
        for program, example in examples():
            if wanted and program.split()[-1] not in wanted:
                continue
            rows.add(program.split()[-1])
            programs.add(program)
            count += 1
            try:
                problems += judge.disagreements(example)
            except TimeoutExpired:
                problems.append(f"{example}: takes too long")
    return len(rows), len(programs), count, problems


def main() -> int:
    """Print the disagreements and the figures; 1 where there is a disagreement."""
    rows, programs, count, problems = judged(frozenset(sys.argv[1:]))
    for problem in problems:
        print(problem)
    print(f"truth: {rows} rows, {programs} programs traced, {count} examples, {len(problems)} disagreements")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
