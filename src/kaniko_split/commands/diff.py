"""What does `diff` do?"""

from __future__ import annotations

import sys
from pathlib import Path

from kaniko_split.commands.options import NOTHING, SOMETHING, TROUBLE, Options
from kaniko_split.commands.running import Run, read_all
from kaniko_split.commands.telling import tell
from kaniko_split.commands.writing import written_file
from kaniko_split.plan.outcome import Split
from kaniko_split.report import text
from kaniko_split.report.patch import patch_of
from kaniko_split.report.terminal import show_diff


def run_diff(options: Options, *, plan: Path | None = None) -> int:
    """Print the patch of all proved changes; return the exit code.

    Args:
        options: What is asked for.
        plan: Where to write the same as data, for `apply --plan`.
    """
    if plan is not None and options.reads_stdin:
        tell("error: a plan is bound to files, so - cannot be a path with --plan; name the file")
        return TROUBLE
    run = read_all(options)
    if plan is not None and run.results:
        _write_plan(run, plan)
    for found, result in run.results:
        for rewritten in result.rewritten:
            patch = patch_of(rewritten, found.repository.shown(rewritten.name))
            if sys.stdout.isatty():
                show_diff(patch, sys.stdout)
            else:
                sys.stdout.buffer.write(patch)
    sys.stdout.flush()
    if sys.stdout.isatty() and not options.quiet:
        for split in (outcome for outcome in run.outcomes if isinstance(outcome, Split)):
            tell(f"{split.finding.job.name}:")
            for change in split.changes:
                tell(f"  - {change}")
    if options.explain:
        for line in text.explanation_lines([result for _, result in run.results]):
            tell(line)
    run.tell_the_rest()
    return TROUBLE if run.troubled else SOMETHING if run.found else NOTHING


def _write_plan(run: Run, path: Path) -> None:
    from kaniko_split.report.encoding import to_json

    document = run.document()
    for problem in document.problems[len(run.problems) :]:
        run.complain(problem)
    unwritten = written_file(path, to_json(document))
    if unwritten:
        run.complain(unwritten)
