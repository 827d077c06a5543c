"""Is a change proved, and if not, where did the proof break?

Seven things are asked of every change before it is shown or written: the new text is read alike by two parsers;
no line outside of the edits differs; each character and comment is accounted for; the resolved pipelines differ
in what the plan says alone; each build runs once, in the circumstances that it had; nothing is found any more;
GitLab's limits hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kaniko_split.detect.findings import given_variables
from kaniko_split.detect.trace import Trace, opened, trace
from kaniko_split.detect.vocabulary import NO_WORDS, Vocabulary
from kaniko_split.gitlab.pipeline import Job, Pipeline, PipelineFile
from kaniko_split.gitlab.resolve import UnresolvableError
from kaniko_split.gitlab.script import OddScriptError, Section, provider, script_items
from kaniko_split.plan.outcome import Split
from kaniko_split.prove.accounting import check_accounts
from kaniko_split.prove.circumstances import record_of
from kaniko_split.prove.comparing import JobRecord, check_circumstances
from kaniko_split.prove.meaning import check_meaning
from kaniko_split.prove.reading import check_reading
from kaniko_split.rewrite.rewriting import Rewritten
from kaniko_split.shell.parse import ShellSyntaxError
from kaniko_split.shell.values import Value
from kaniko_split.tree.compose import BrokenYamlError, compose


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Proof:
    """What was proved of the splits of one pipeline, a line each, and the pipeline that they lead to."""

    lines: tuple[str, ...]
    after: Pipeline


class BrokenProofError(Exception):
    """The change is not proved: a fault of the tool, so the files stay as they are."""

    def __init__(self, differences: Sequence[str]) -> None:
        super().__init__("; ".join(differences))
        self.differences = tuple(differences)


def prove(
    pipeline: Pipeline, splits: Sequence[Split], rewritten: Sequence[Rewritten], words: Vocabulary = NO_WORDS
) -> Proof:
    """Prove that the rewritten files are the pipeline with these splits made, and nothing else.

    Args:
        pipeline: All files as they were read.
        splits: What was planned.
        rewritten: The changed files.
        words: The user's own words for the executor, and for what runs it.

    Raises:
        BrokenProofError: The change is not proved.
    """
    broken = list(_check_texts(splits, rewritten))
    if broken:
        raise BrokenProofError(broken)
    try:
        after = _pipeline_after(pipeline, rewritten)
        broken.extend(check_meaning(pipeline, after, splits))
        for split in splits:
            broken.extend(_check_split(after, split, words))
    except UnresolvableError as error:
        broken.append(f"GitLab would reject the new pipeline: {error}")
    except (OddScriptError, ShellSyntaxError, BrokenYamlError) as error:
        broken.append(f"the new pipeline cannot be read: {error}")
    if broken:
        raise BrokenProofError(broken)
    return Proof(tuple(_lines(splits, rewritten)), after)


def _check_texts(splits: Sequence[Split], rewritten: Sequence[Rewritten]) -> Iterator[str]:
    for one in rewritten:
        wrong = list(check_reading(one.after))
        yield from wrong
        if not wrong:
            yield from check_accounts(one, splits)


def _pipeline_after(pipeline: Pipeline, rewritten: Sequence[Rewritten]) -> Pipeline:
    """Return the pipeline as it is read from the new texts."""
    texts = {one.name: one.after for one in rewritten}
    files = tuple(
        PipelineFile(file.name, texts[file.name], compose(texts[file.name].text)) if file.name in texts else file
        for file in pipeline.files
    )
    return replace(pipeline, files=files, memo={})


def _check_split(after: Pipeline, split: Split, words: Vocabulary) -> Iterator[str]:
    """Compare each build's circumstances, and each job's commands, before and after; no new job may be found again."""
    finding = split.finding
    assert finding.trace is not None  # noqa: S101 (what cannot be read is refused)
    variables = finding.variables or {}
    old = record_of(opened(finding.trace, variables, words, finding.pipeline.read), tuple(variables))
    new: dict[str, JobRecord] = {}
    for job in split.jobs:
        found = after.named(job.name)
        if len(found) != 1:
            yield f"`{job.name}` stands {len(found)} times in the new pipeline"
            return
        given = given_variables(after, job.name)
        steps = _trace_after(after, found[0], given, words)
        if steps.builds > 1:
            yield f"`{job.name}` would be found again"
        new[job.name] = record_of(opened(steps, given, words, after.read), tuple(given))
    yield from check_circumstances(old, new, _waits(split))


def _trace_after(after: Pipeline, job: Job, given: Mapping[str, Value], words: Vocabulary) -> Trace:
    items = (
        *script_items(after, provider(after, job, "before_script"), Section.BEFORE_SCRIPT),
        *script_items(after, provider(after, job, "script"), Section.SCRIPT),
    )
    return trace(items, given, words, after.read)


def _waits(split: Split) -> dict[str, frozenset[str]]:
    """Return, for each new job, the new jobs that end before it starts, those behind others included."""
    waits = {job.name: {need.job for need in job.needs or ()} for job in split.jobs}
    names = waits.keys()
    for found in waits.values():
        waiting = list(found & names)
        while waiting:
            more = waits[waiting.pop()] & names
            waiting.extend(more - found)
            found.update(more)
    return {name: frozenset(found & names) for name, found in waits.items()}


def _lines(splits: Sequence[Split], rewritten: Sequence[Rewritten]) -> Iterator[str]:
    for split in splits:
        builds = sum(job.build is not None for job in split.jobs)
        yield (
            f"{split.finding.job.name}: {builds} builds, each in one job, with the same words, folder, "
            "variables, options and files as before"
        )
    for one in rewritten:
        yield f"{one.name}: read alike by two YAML parsers; no other line differs; every comment is there once"
    yield "the resolved pipeline differs in the planned jobs and what waits for them, and in nothing else"
