"""Which jobs of a pipeline run more than one build on some path, and where?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kaniko_split.detect.scripts import UnreadableScriptError, may_run
from kaniko_split.detect.trace import Step, Trace, trace
from kaniko_split.detect.vocabulary import NO_WORDS, Vocabulary
from kaniko_split.gitlab.pipeline import Job, Pipeline, PipelineFile
from kaniko_split.gitlab.resolve import UnresolvableError
from kaniko_split.gitlab.script import (
    OddScriptError,
    Origin,
    Provided,
    ScriptItem,
    Section,
    provider,
    script_items,
)
from kaniko_split.gitlab.variables import variables_of
from kaniko_split.shell.parse import ShellSyntaxError
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Place
from kaniko_split.tree.nodes import Node, Scalar
from kaniko_split.tree.scalars import value_offsets

# A text without this word runs no executor, whatever else it says.
EXECUTOR = "executor"
_CACHE_ALONE = Pattern(r"--cache(?:\s|$)")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Finding:
    """A job that builds several images in one container, or whose script nobody can read.

    Attributes:
        pipeline: The pipeline that it belongs to.
        job: The job as it is written.
        before_script: Where its `before_script` comes from.
        script: Where its `script` comes from.
        trace: Its statements; None where the script cannot be read.
        builds: The most builds that one run makes; infinite where nothing bounds it.
        cached: Whether one of them uses the cache; None where that is not known.
        file: The file to point at.
        offset: The character to point at: where the second build stands.
        unreadable: Why the script cannot be read.
        variables: What the pipeline gives the job's variables.
    """

    pipeline: Pipeline
    job: Job
    before_script: Provided | None
    script: Provided
    trace: Trace | None
    builds: float
    cached: bool | None
    file: PipelineFile
    offset: int
    unreadable: str = ""
    variables: Mapping[str, Value] | None = None

    @property
    def place(self) -> Place:
        """The line and column to point at."""
        return self.file.place(self.offset)


def findings(pipeline: Pipeline, words: Vocabulary = NO_WORDS) -> tuple[Finding, ...]:
    """Return a finding for each job of `pipeline` that can run two builds, in the order of the files.

    Args:
        pipeline: All files of the pipeline.
        words: The user's own words for the executor, and for what runs it.

    Raises:
        MissingParserError: shfmt is not installed.
    """
    if not may_build(pipeline, words):
        return ()
    pieces: dict[str, Job] = {}
    for job in pipeline.jobs:
        # Of a job in several pieces, the last one that has a script is the one that runs.
        if not job.hidden and (job.name not in pieces or job.mapping.entry("script") is not None):
            pieces[job.name] = job
    return tuple(finding for job in pieces.values() for finding in _of_job(pipeline, job, words))


def may_build(pipeline: Pipeline, words: Vocabulary = NO_WORDS) -> bool:
    """Tell whether a file of the pipeline, or a script that it names, holds the executor's word at all."""
    return may_run((file.source.text for file in pipeline.files), pipeline.read, (EXECUTOR, *words.executors))


def source_offset(file: PipelineFile, item: ScriptItem, offset: int) -> int:
    """Return where in the file the character at `offset` of an item's text stands; else where the item begins."""
    node = item.node
    if isinstance(node, Scalar):
        offsets = value_offsets(file.source.text, node)
        if offsets is not None and 0 <= offset < len(offsets):
            return offsets[offset]
    return node.span.start


def given_variables(pipeline: Pipeline, name: str) -> dict[str, Value]:
    """Return the variables that the pipeline gives a job; what others may set besides is not known here.

    Raises:
        UnresolvableError: GitLab would reject the pipeline.
    """
    return {
        key: Value(one.value, exact=one.known, splits=one.value == f"${key}", given=True)
        for key, one in variables_of(pipeline, name).items()
    }


def _of_job(pipeline: Pipeline, job: Job, words: Vocabulary) -> Iterator[Finding]:
    script = provider(pipeline, job, Section.SCRIPT.value)
    if script is None or script.entry is None:
        return
    before = provider(pipeline, job, Section.BEFORE_SCRIPT.value)
    file = script.file or job.file
    try:
        items = (
            *script_items(pipeline, before, Section.BEFORE_SCRIPT),
            *script_items(pipeline, script, Section.SCRIPT),
        )
        variables = given_variables(pipeline, job.name)
    except (OddScriptError, UnresolvableError) as error:
        yield from _unreadable(pipeline, job, before, script, error)
        return
    texts = [item.text for item in items] + [value.text for value in variables.values()]
    if not may_run(("\n".join(texts),), pipeline.read, (EXECUTOR, *words.executors)):
        return
    try:
        steps = trace(items, variables, words, pipeline.read)
    except ShellSyntaxError as error:
        yield _unparsed(pipeline, job, before, script, items, error)
        return
    except UnreadableScriptError as error:
        yield from _unread_script(pipeline, job, before, script, items, error)
        return
    builds = steps.builds
    if builds < 2:
        return
    second = _second_build(steps)
    item = steps.items[second.item]
    from_before = item.section is Section.BEFORE_SCRIPT and before is not None and before.file is not None
    file = (before.file if from_before and before is not None else script.file) or job.file
    offset = source_offset(file, item, steps.offset_in(second.item, second.span.start))
    yield Finding(
        pipeline,
        job,
        before,
        script,
        steps,
        builds,
        _cached(steps),
        file if script.origin is Origin.OWN or from_before else job.file,
        offset if script.origin is Origin.OWN or from_before else job.entry.key.span.start,
        variables=variables,
    )


def _unreadable(
    pipeline: Pipeline, job: Job, before: Provided | None, script: Provided, error: Exception
) -> Iterator[Finding]:
    """Report a script that cannot be read, but only where it may hold two builds."""
    file = script.file or job.file
    node: Node = script.entry.value if script.entry is not None else job.entry.value
    if file.source.cut(node.span).count(EXECUTOR) < 2:
        return
    at = error.node.span.start if isinstance(error, OddScriptError) else node.span.start
    yield Finding(pipeline, job, before, script, None, 2, None, file, at, str(error))


def _unparsed(
    pipeline: Pipeline,
    job: Job,
    before: Provided | None,
    script: Provided,
    items: Sequence[ScriptItem],
    error: ShellSyntaxError,
) -> Finding:
    """Point at the item in which the shell's parser gave up."""
    file = script.file or job.file
    line = error.line
    for item in items:
        lines = item.text.removesuffix("\n").count("\n") + 1
        if line <= lines:
            rows = item.text.split("\n")
            offset = sum(len(row) + 1 for row in rows[: line - 1]) + min(error.column - 1, len(rows[line - 1]))
            holder = before.file if item.section is Section.BEFORE_SCRIPT and before and before.file else file
            at = source_offset(holder, item, offset)
            return Finding(pipeline, job, before, script, None, 2, None, holder, at, error.problem)
        line -= lines
    at = job.entry.key.span.start
    return Finding(pipeline, job, before, script, None, 2, None, job.file, at, error.problem)


def _unread_script(
    pipeline: Pipeline,
    job: Job,
    before: Provided | None,
    script: Provided,
    items: Sequence[ScriptItem],
    error: UnreadableScriptError,
) -> Iterator[Finding]:
    """Point at the item that runs a script which nobody can read, where the job and it may hold two builds."""
    name = error.path.rpartition("/")[2]
    texts = [item.text for item in items]
    calls = sum(text.count(name) for text in texts) - (1 if error.written else 0)
    mentions = sum(text.count(EXECUTOR) for text in (*texts, pipeline.read(error.path) or ""))
    if mentions + max(calls, 1) - 1 < 2:
        return
    found = [item for item in items if name in item.text]
    file, at = script.file or job.file, job.entry.key.span.start
    if found and script.origin is Origin.OWN:
        in_before = found[-1].section is Section.BEFORE_SCRIPT and before is not None and before.file is not None
        file = before.file if in_before and before is not None and before.file is not None else file
        at = source_offset(file, found[-1], found[-1].text.index(name))
    else:
        file = job.file
    yield Finding(pipeline, job, before, script, None, 2, None, file, at, str(error))


def _second_build(steps: Trace) -> Step:
    made = 0.0
    for step in steps.steps:
        made += step.builds
        if made >= 2:
            return step
    return steps.steps[-1]


def _cached(steps: Trace) -> bool | None:
    """Tell whether one of the builds uses the cache; a build inside of something else is read as text."""
    answers: list[bool | None] = []
    for step in steps.steps:
        if step.build is not None:
            answers.append(step.build.cache)
        elif step.builds:
            text = steps.script.text[step.span.start : step.span.end]
            answers.append("--cache=true" in text or "--cache " in text or None if "--cache" in text else False)
    if True in answers:
        return True
    return None if None in answers else False
