"""What does `diff` do?"""

from __future__ import annotations

import sys
from pathlib import Path

from kaniko_split.commands.options import NOTHING, SOMETHING, TROUBLE, Options
from kaniko_split.commands.reporting import Reporting, deliver, refused_reporting
from kaniko_split.commands.running import Run, read_all
from kaniko_split.commands.telling import tell
from kaniko_split.plan.outcome import Split
from kaniko_split.report import text
from kaniko_split.report.formats import Format
from kaniko_split.report.patch import patch_of
from kaniko_split.report.terminal import show_diff


def run_diff(options: Options, reporting: Reporting | None = None, *, plan: Path | None = None) -> int:
    """Print the patch of all proved changes; return the exit code.

    Args:
        options: What is asked for.
        reporting: In which format, and where to.
        plan: Where to write the same as data, for `apply --plan`.
    """
    reporting = reporting or Reporting()
    if refused_reporting(reporting, options, "diff"):
        return TROUBLE
    if plan is not None and options.reads_stdin:
        tell("error: a plan is bound to files, so - cannot be a path with --plan; name the file")
        return TROUBLE
    run = read_all(options)
    if plan is not None and len(set(run.asked.values())) > 1:
        run.complain("the repositories are configured each in its own way; make a plan for each")
        return TROUBLE
    if plan is not None and run.results:
        _write_plan(run, plan)
    if reporting.form is not Format.TEXT:
        deliver(run, reporting)
    else:
        _patches(run, reporting)
    return TROUBLE if run.troubled else SOMETHING if run.found else NOTHING


def _patches(run: Run, reporting: Reporting) -> None:
    """Write the patch, for people or for programs, and tell the rest beside it.

    FORCE_COLOR colours no patch that goes to a program: that takes none.
    """
    patches = [
        patch_of(rewritten, found.repository.shown(rewritten.name))
        for found, result in run.results
        for rewritten in result.rewritten
    ]
    options = run.options
    person = reporting.output is None and (sys.stdout.isatty() or options.colour == "always")
    if person:
        for patch in patches:
            show_diff(patch, sys.stdout, options.colour)
        sys.stdout.flush()
    else:
        deliver(run, reporting, b"".join(patches))
    if sys.stdout.isatty() and not options.quiet:
        for split in (outcome for outcome in run.outcomes if isinstance(outcome, Split)):
            tell(f"{split.finding.job.name}:", *text.changes(split), colour=options.colour)
    if options.explain:
        tell(*text.explanation_lines([result for _, result in run.results]), colour=options.colour)
    run.tell_the_rest()


def _write_plan(run: Run, path: Path) -> None:
    from kaniko_split.commands.writing import written_file
    from kaniko_split.report.encoding import to_json

    document = run.document()
    for problem in document.problems[len(run.problems) :]:
        run.complain(problem)
    unwritten = written_file(path, to_json(document))
    if unwritten:
        run.complain(unwritten)
