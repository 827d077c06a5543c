"""What is done, what is open, what came to nothing and why: in one screen?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kaniko_split.bulk import journal
from kaniko_split.bulk.journal import Journal
from kaniko_split.bulk.results import SAYING, chart

_ENDS_WELL = (journal.CLEAN, journal.FOUND, journal.COMMITTED, journal.PUSHED, journal.OPENED)
_REASONS = 6
_NAMES = 3
_WIDTH = 40


def lines_of(book: Journal) -> Iterator[str]:
    """Yield what there is to say of a run, in some twenty lines, however many repositories it has."""
    counts = book.counts()
    total = sum(counts.values())
    open_ones = counts.get(journal.WAITING, 0) + counts.get(journal.WORKING, 0)
    yield f"{total} repositories: {total - open_ones} done, {open_ones} open"
    for state, number in counts.items():
        yield f"  {number:>6}  {SAYING[state]}"
    found: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for row in book.rows((*_ENDS_WELL, journal.REFUSED)):
        for one in row.jobs:
            found[str(one["verdict"])] += 1
            if one["code"]:
                codes[str(one["code"])] += 1
    if found:
        yield "jobs that build several images:"
        yield from chart(found, _WIDTH)
    if codes:
        yield "refused, by code (`kaniko-split explain CODE` tells more):"
        yield from _most(codes)
    for state in (journal.FAILED, journal.SKIPPED):
        if counts.get(state):
            yield f"{SAYING[state]}:"
            yield from _reasons(book, state)
    if counts.get(journal.FAILED):
        yield "`kaniko-split bulk retry` takes the failed ones again"


def _most(counted: Counter[str]) -> Iterator[str]:
    for what, number in counted.most_common(_REASONS):
        yield f"  {number:>6}  {what}"
    rest = len(counted) - _REASONS
    if rest > 0:
        yield f"          and {rest} more"


def _reasons(book: Journal, state: str) -> Iterator[str]:
    """Yield the reasons that most repositories have, each with some of their names."""
    numbers: Counter[str] = Counter()
    names: dict[str, list[str]] = {}
    for row in book.rows((state,)):
        reason = row.reason or "no reason is known"
        numbers[reason] += 1
        known = names.setdefault(reason, [])
        if len(known) < _NAMES:
            known.append(row.source.name)
    for reason, number in numbers.most_common(_REASONS):
        more = ", ..." if number > _NAMES else ""
        yield f"  {number:>6}  {reason}: {', '.join(names[reason])}{more}"
    rest = len(numbers) - _REASONS
    if rest > 0:
        yield f"          and {rest} more reasons; report.csv has them all"
