"""What do `check`, `diff` and `apply` say to a person?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaniko_split.codemod import Failed, Ignored, Outcome, Result
from kaniko_split.detect.findings import Finding
from kaniko_split.plan.changes import CACHE_ADVICE
from kaniko_split.plan.outcome import Change, Mark, Refusal, Split
from kaniko_split.report.escape import visible
from kaniko_split.report.lines import Line, line
from kaniko_split.source.text import Place

_WHY = "why: what the first build leaves behind can end up in the second image"
_SURENESS = {Mark.PROVED: "green", Mark.ASSUMED: "yellow", Mark.ASKS: "magenta"}
_HANGING = 4


def check_block(outcome: Outcome, *, brief: bool = False, width: int | None = None) -> Iterator[Line]:
    """Yield what `check` has to say of one finding; nothing of a job that a comment leaves out.

    Args:
        outcome: What becomes of the job.
        brief: Whether to leave out the lines of the file, and why it matters.
        width: How wide the screen is; None for none.
    """
    if isinstance(outcome, Ignored):
        return
    finding = outcome.split.finding if isinstance(outcome, Failed) else outcome.finding
    yield headline(finding)
    if not brief:
        if finding.trace is not None:
            from kaniko_split.report.snippet import snippet

            yield from snippet(finding.file.source, finding.offset, _label(finding), width)
        yield line(f"  {_WHY}", hanging=_HANGING)
    match outcome:
        case Split():
            yield line("  becomes ", (_names(outcome), "bold"), hanging=_HANGING)
            yield from changes(outcome)
        case Refusal():
            yield from refusal_lines(outcome)
        case Failed():
            yield from failure_lines(outcome)


def headline(finding: Finding) -> Line:
    """Return the line that says where a job is and what it builds."""
    return line(
        (visible(str(finding.place)), "bold"),
        ": ",
        visible(finding.job.name),
        f": {_builds(finding)}",
        hanging=_HANGING,
    )


def changes(split: Split) -> Iterator[Line]:
    """Yield what is different after a split, a line each."""
    return (_change(one) for one in split.changes)


def _change(change: Change) -> Line:
    where = f" ({visible(str(change.place))})" if change.place is not None else ""
    mark = change.mark
    return line("  - ", (mark.value, _SURENESS[mark]), f": {visible(change.text)}{where}", hanging=_HANGING)


def refusal_lines(refusal: Refusal) -> Iterator[Line]:
    """Yield why a job is left as it is, where, and what to do by hand."""
    from kaniko_split.plan.refusals import REFUSALS

    code = REFUSALS[refusal.code]
    detail = f" ({refusal.detail})" if refusal.detail else ""
    text = visible(f"{refusal.place}: {code.summary}{detail}")
    yield line("  left as it is ", (f"[{refusal.code}]", "yellow"), f": {text}", hanging=_HANGING)
    yield line(f"  by hand: {code.by_hand}", hanging=_HANGING)


def failure_lines(failed: Failed) -> Iterator[Line]:
    """Yield where a proof broke; that is a fault of the tool."""
    text = "  left as it is: the split could not be proved, which is a bug in kaniko-split; please report it"
    yield line((text, "red"), hanging=_HANGING)
    yield from (line(f"  - {visible(difference)}", hanging=_HANGING) for difference in failed.differences)


def unused_ignore(place: Place) -> Line:
    """Return the line on a comment that leaves out nothing."""
    where = visible(str(place))
    return line(
        (where, "bold"), ": note: `# kaniko-split: ignore` leaves nothing out here; remove it", hanging=_HANGING
    )


def split_line(split: Split) -> str:
    """Return the line that says what a job has become."""
    return visible(f"{split.finding.job.name}: split into {_names(split)}")


def explanation_lines(results: Sequence[Result]) -> Iterator[Line]:
    """Yield in what the resolved pipelines differ before and after: what the plan said, and nothing else."""
    from kaniko_split.prove.explanation import explanation

    for result in results:
        if result.proof is not None:
            root = visible(result.pipeline.root.source.path)
            yield line(f"the pipeline of {root}, resolved before and after:", hanging=2)
            for one in explanation(result.pipeline, result.proof.after, result.splits):
                yield line(visible(f"  {one}"), hanging=_HANGING)


def counts(results: Sequence[Result], known: int = 0) -> str:
    """Return the last line of `check`; `known` is how many findings are in the baseline."""
    outcomes = [outcome for result in results for outcome in result.outcomes]
    splits = sum(isinstance(one, Split) for one in outcomes)
    refusals = sum(isinstance(one, Refusal) for one in outcomes)
    failures = sum(isinstance(one, Failed) for one in outcomes)
    ignored = sum(isinstance(one, Ignored) for one in outcomes)
    files = len({file.source.path for result in results for file in result.pipeline.files})
    parts = [
        f"{_count(splits + refusals + failures, 'finding')} in {_count(files, 'file')}",
        f"{splits} can be split",
        f"{refusals} refused",
    ]
    if failures:
        parts.append(f"{failures} not proved")
    parts.append(f"{ignored} ignored")
    if known:
        parts.append(f"{known} in the baseline")
    return ", ".join(parts)


def cache_advice(results: Sequence[Result]) -> str | None:
    """Return what to tell once where a split job used the cache, or None where none did."""
    for result in results:
        if any(split.finding.cached is not False for split in result.splits):
            return f"note: {CACHE_ADVICE}"
    return None


def _builds(finding: Finding) -> str:
    if finding.unreadable:
        return "the script cannot be read"
    unbounded = finding.builds == float("inf")
    number = "an unknown number of builds" if unbounded else _count(int(finding.builds), "build")
    cache = {True: "with the cache on", False: "without the cache", None: "with a cache that may be on"}
    return f"{number} in one container, {cache[finding.cached]}"


def _label(finding: Finding) -> str:
    inherited = finding.offset == finding.job.entry.key.span.start and finding.file is finding.job.file
    return "its script builds more than once" if inherited else "the second build in this container"


def _names(split: Split) -> str:
    names = [*([split.template] if split.template else []), *(job.name for job in split.jobs)]
    return visible(", ".join(names[:-1]) + " and " + names[-1])


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
