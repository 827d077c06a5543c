"""What does `check` do?"""

from __future__ import annotations

from kaniko_split.commands.options import NOTHING, SOMETHING, TROUBLE, Options
from kaniko_split.commands.running import read_all
from kaniko_split.commands.telling import say
from kaniko_split.report import text


def run_check(options: Options) -> int:
    """List what was found; return the exit code."""
    run = read_all(options)
    for outcome in run.outcomes:
        for line in text.check_block(outcome):
            say(line)
    results = [result for _, result in run.results]
    if options.explain:
        for line in text.explanation_lines(results):
            say(line)
    advice = text.cache_advice(results)
    if advice and not options.quiet:
        say(advice)
    if results:
        say(text.counts(results))
    return TROUBLE if run.troubled else SOMETHING if run.found else NOTHING
