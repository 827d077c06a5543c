"""What does `check` do?"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

from kaniko_split.commands.options import NOTHING, SOMETHING, TROUBLE, Options
from kaniko_split.commands.reporting import Reporting, deliver, refused_reporting
from kaniko_split.commands.running import Run, read_all
from kaniko_split.report import text
from kaniko_split.report.formats import Format
from kaniko_split.report.lines import Line, line
from kaniko_split.report.terminal import show, width_of


def run_check(options: Options, reporting: Reporting | None = None) -> int:
    """List what was found; return the exit code."""
    reporting = reporting or Reporting()
    if refused_reporting(reporting, options, "check"):
        return TROUBLE
    run = read_all(options)
    if reporting.form is not Format.TEXT:
        deliver(run, reporting)
    elif reporting.output is not None:
        written = io.StringIO()
        show(_lines(run, None), written, options.colour if options.colour == "always" else "never")
        deliver(run, reporting, written.getvalue().encode())
    else:
        show(_lines(run, width_of(sys.stdout)), sys.stdout, options.colour)
    return TROUBLE if run.troubled else SOMETHING if run.found else NOTHING


def _lines(run: Run, width: int | None) -> Iterator[Line]:
    quiet = run.options.quiet
    for outcome in run.outcomes:
        yield from text.check_block(outcome, brief=quiet, width=width)
    results = [result for _, result in run.results]
    for result in results:
        yield from (text.unused_ignore(place) for place in result.unused_ignores)
    if run.options.explain:
        yield from text.explanation_lines(results)
    advice = text.cache_advice(results)
    if advice and not quiet:
        yield line(advice, hanging=2)
    if results:
        yield line(text.counts(results), hanging=2)
