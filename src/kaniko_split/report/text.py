"""What do `check`, `diff` and `apply` say to a person?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaniko_split.codemod import Failed, Ignored, Outcome, Result
from kaniko_split.detect.findings import Finding
from kaniko_split.plan.changes import CACHE_ADVICE
from kaniko_split.plan.outcome import Refusal, Split
from kaniko_split.report.escape import visible


def check_block(outcome: Outcome) -> Iterator[str]:
    """Yield the lines that `check` has for one finding; none for a job that a comment leaves out."""
    match outcome:
        case Split():
            yield headline(outcome.finding)
            yield f"  becomes {_names(outcome)}"
            yield from (f"  - {visible(str(change))}" for change in outcome.changes)
        case Refusal():
            yield headline(outcome.finding)
            yield from (f"  {line}" for line in refusal_lines(outcome))
        case Failed():
            yield headline(outcome.split.finding)
            yield from (f"  {line}" for line in failure_lines(outcome))
        case Ignored():
            return


def headline(finding: Finding) -> str:
    """Return the line that says where a job is and what it builds."""
    return visible(f"{finding.place}: {finding.job.name}: {_builds(finding)}")


def refusal_lines(refusal: Refusal) -> Iterator[str]:
    """Yield why a job is left as it is, where, and what to do by hand."""
    from kaniko_split.plan.refusals import REFUSALS

    code = REFUSALS[refusal.code]
    detail = f" ({refusal.detail})" if refusal.detail else ""
    yield visible(f"left as it is [{refusal.code}]: {refusal.place}: {code.summary}{detail}")
    yield f"by hand: {code.by_hand}"


def failure_lines(failed: Failed) -> Iterator[str]:
    """Yield where a proof broke; that is a fault of the tool."""
    yield "left as it is: the split could not be proved, which is a bug in kaniko-split; please report it"
    yield from (visible(f"- {difference}") for difference in failed.differences)


def split_line(split: Split) -> str:
    """Return the line that says what a job has become."""
    return visible(f"{split.finding.job.name}: split into {_names(split)}")


def explanation_lines(results: Sequence[Result]) -> Iterator[str]:
    """Yield in what the resolved pipelines differ before and after: what the plan said, and nothing else."""
    from kaniko_split.prove.explaining import explanation

    for result in results:
        if result.proof is not None:
            yield visible(f"the pipeline of {result.pipeline.root.source.path}, resolved before and after:")
            for line in explanation(result.pipeline, result.proof.after, result.splits):
                yield visible(f"  {line}")


def counts(results: Sequence[Result]) -> str:
    """Return the last line of `check`."""
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
    return ", ".join(parts)


def cache_advice(results: Sequence[Result]) -> str | None:
    """Return what to tell once where a split job used the cache, or None where none did."""
    for result in results:
        if any(split.finding.cached is not False for split in result.splits):
            return f"note: {CACHE_ADVICE}"
    return None


def _builds(finding: Finding) -> str:
    if finding.trace is None:
        return "the script cannot be read"
    unbounded = finding.builds == float("inf")
    number = "an unknown number of builds" if unbounded else _count(int(finding.builds), "build")
    cache = {True: "with the cache on", False: "without the cache", None: "with a cache that may be on"}
    return f"{number} in one container, {cache[finding.cached]}"


def _names(split: Split) -> str:
    names = [*([split.template] if split.template else []), *(job.name for job in split.jobs)]
    return ", ".join(names[:-1]) + " and " + names[-1]


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
