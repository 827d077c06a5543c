"""What does `check` do?"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from kaniko_split.commands.baseline import baseline_of
from kaniko_split.commands.groups import first_configuration
from kaniko_split.commands.options import NOTHING, SOMETHING, TROUBLE, Options
from kaniko_split.commands.reporting import Reporting, deliver, refused_reporting
from kaniko_split.commands.running import Run, read_all
from kaniko_split.commands.telling import tell
from kaniko_split.configuration import BadConfigurationError
from kaniko_split.report import text
from kaniko_split.report.formats import Format
from kaniko_split.report.lines import Line, line
from kaniko_split.report.terminal import show, width_of


def run_check(options: Options, reporting: Reporting | None = None, *, write_baseline: Path | None = None) -> int:
    """List what was found; return the exit code.

    Args:
        options: What is asked for.
        reporting: In which format, and where to; the configuration may name another format than text.
        write_baseline: Where to write all that is found, as known; the code is 0 then.
    """
    reporting = _configured(options, reporting or Reporting())
    if reporting is None or refused_reporting(reporting, options, "check"):
        return TROUBLE
    if write_baseline is not None:
        return _write_baseline(options, write_baseline)
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


def _configured(options: Options, reporting: Reporting) -> Reporting | None:
    """Return how the answer is given, or None where the configuration cannot be used."""
    if reporting.name is not None:
        return reporting
    try:
        return replace(reporting, name=first_configuration(options).format or Format.TEXT)
    except BadConfigurationError as error:
        tell(f"error: {error}")
        return None


def _write_baseline(options: Options, path: Path) -> int:
    """Write all that is found as known."""
    if options.baseline is not None:
        tell("error: --write-baseline writes all that is found; give it without --baseline")
        return TROUBLE
    run = read_all(replace(options, no_baseline=True))
    deliver(run, Reporting(output=path), baseline_of(run.results))
    return TROUBLE if run.troubled else NOTHING


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
        yield line(text.counts(results, run.known), hanging=2)
