"""Which jobs of a pipeline run more than one build on some path, and where?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from kaniko_split.detect.broken_scripts import cache_of, executor_count, may_build_twice, without_comments
from kaniko_split.detect.trace import Step, Trace, trace
from kaniko_split.detect.vocabulary import NO_WORDS, Vocabulary
from kaniko_split.flow.exits import UNBOUNDED
from kaniko_split.flow.lower import LimitError
from kaniko_split.flow.scripts import UnreadableScriptError, may_run, texts_run
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
from kaniko_split.shell.parse import NestedTooDeepError, ShellSyntaxError
from kaniko_split.shell.values import Value
from kaniko_split.source.text import Place
from kaniko_split.tree.nodes import Mapping as YamlMapping
from kaniko_split.tree.nodes import Node, Scalar, followed
from kaniko_split.tree.nodes import Sequence as NodeList
from kaniko_split.tree.scalars import value_offsets

# A text without this word runs no executor, whatever else it says.
EXECUTOR = "executor"


class Finding(Struct, frozen=True, eq=False):
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
        obstacle: The refusal of a job whose builds stand where no script can be divided; else empty.
        variables: What the pipeline gives the job's variables.
        vocabulary: The commands that the user describes.
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
    obstacle: str = ""
    variables: Mapping[str, Value] | None = None
    vocabulary: Vocabulary = NO_WORDS

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
    steps = provider(pipeline, job, "run")
    if steps is not None and steps.entry is not None:
        yield from _of_steps(pipeline, job, steps, words)
        return
    script = provider(pipeline, job, Section.SCRIPT.value)
    if script is None or script.entry is None:
        return
    before = provider(pipeline, job, Section.BEFORE_SCRIPT.value)
    behind = provider(pipeline, job, "after_script")
    try:
        items = (
            *script_items(pipeline, before, Section.BEFORE_SCRIPT),
            *script_items(pipeline, script, Section.SCRIPT),
        )
        variables = given_variables(pipeline, job.name)
    except (OddScriptError, UnresolvableError) as error:
        yield from _unreadable(pipeline, job, before, script, error)
        return
    given = [value.text for value in variables.values()]
    after = _after_script(pipeline, behind, variables, words)
    texts = [item.text for item in items] + given
    if not (after or may_run(("\n".join(texts),), pipeline.read, (EXECUTOR, *words.executors))):
        return
    try:
        traced = trace(items, variables, words, pipeline.read, pipeline.real)
    except (LimitError, NestedTooDeepError) as error:
        at = job.entry.key.span.start
        yield Finding(pipeline, job, before, script, None, 2, None, job.file, at, str(error))
        return
    except ShellSyntaxError as error:
        if after or may_build_twice(texts, words.executors) or _names_scripts(texts, pipeline, words):
            yield _unparsed(pipeline, job, before, script, items, error)
        return
    except UnreadableScriptError as error:
        yield from _unread_script(pipeline, job, before, script, items, error)
        return
    builds = traced.builds + after
    if builds < 2:
        return
    if after and behind is not None and behind.entry is not None and behind.file is not None:
        at = behind.entry.key.span.start
        cached = _cached(pipeline, traced, words)
        yield Finding(
            pipeline,
            job,
            before,
            script,
            traced,
            builds,
            cached or None,
            behind.file,
            at,
            obstacle="build-in-after-script",
            variables=variables,
            vocabulary=words,
        )
        return
    second = _second_build(traced)
    item = traced.items[second.item]
    from_before = item.section is Section.BEFORE_SCRIPT and before is not None and before.file is not None
    file = (before.file if from_before and before is not None else script.file) or job.file
    offset = source_offset(file, item, traced.offset_in(second.item, second.span.start))
    yield Finding(
        pipeline,
        job,
        before,
        script,
        traced,
        builds,
        _cached(pipeline, traced, words),
        file if script.origin is Origin.OWN or from_before else job.file,
        offset if script.origin is Origin.OWN or from_before else job.entry.key.span.start,
        variables=variables,
        vocabulary=words,
    )


def _after_script(
    pipeline: Pipeline, provided: Provided | None, variables: Mapping[str, Value], words: Vocabulary
) -> float:
    """Return the most builds that `after_script` makes: a shell of its own in the container of `script`."""
    if provided is None or provided.entry is None or provided.file is None:
        return 0
    try:
        items = script_items(pipeline, provided, Section.SCRIPT)
        return _builds_of(pipeline, items, variables, words)
    except (OddScriptError, UnresolvableError):
        return executor_count((provided.file.source.cut(provided.entry.value.span),), words.executors)


def _builds_of(
    pipeline: Pipeline, items: Sequence[ScriptItem], variables: Mapping[str, Value], words: Vocabulary
) -> float:
    """Return the most builds that one shell makes; where it cannot be read, as many as its words tell."""
    texts = [item.text for item in items]
    if not may_run(("\n".join((*texts, *(value.text for value in variables.values()))),), pipeline.read, _words(words)):
        return 0
    try:
        return trace(items, variables, words, pipeline.read, pipeline.real).builds
    except (LimitError, NestedTooDeepError):
        # A limit hides any number of builds.
        return UNBOUNDED
    except ShellSyntaxError:
        return executor_count(texts, words.executors)
    except UnreadableScriptError as error:
        return executor_count((*texts, pipeline.read(error.path) or ""), words.executors)


def _words(words: Vocabulary) -> tuple[str, ...]:
    return (EXECUTOR, *words.executors)


def _names_scripts(texts: Sequence[str], pipeline: Pipeline, words: Vocabulary) -> bool:
    """Tell whether a script of the repository that may build is named beside what cannot be parsed."""
    scripts = texts_run(map(without_comments, texts), pipeline.read)
    return executor_count(scripts, words.executors) > 0


def _of_steps(pipeline: Pipeline, job: Job, steps: Provided, words: Vocabulary) -> Iterator[Finding]:
    """Report the steps of `run:` that build: each has a shell of its own, in one container.

    https://docs.gitlab.com/ci/yaml/#run
    """
    assert steps.entry is not None  # noqa: S101 (the caller has looked)
    file = steps.file or job.file
    node = followed(steps.entry.value)
    text = file.source.cut(node.span)
    if not may_run((text,), pipeline.read, _words(words)):
        return
    try:
        variables = given_variables(pipeline, job.name)
    except UnresolvableError:
        variables = {}
    builds = 0.0
    places: list[int] = []
    for index, one in enumerate(node.items if isinstance(node, NodeList) else ()):
        step, script = followed(one), _script_of(one)
        if script is not None:
            made = _builds_of(
                pipeline, (ScriptItem(Section.SCRIPT, script.value, script, index, script, file),), variables, words
            )
        else:
            # A step of another kind says in words what it runs.
            made = executor_count((file.source.cut(step.span),), words.executors)
        builds += made
        places.extend([step.span.start] * bool(made))
    if not isinstance(node, NodeList):
        builds = executor_count((text,), words.executors)
    if builds < 2:
        return
    own = steps.origin is Origin.OWN and places
    scripts = [_script_of(one) for one in node.items] if isinstance(node, NodeList) else []
    cached = cache_of([script.value for script in scripts if script is not None], words.executors)
    yield Finding(
        pipeline,
        job,
        None,
        steps,
        None,
        builds,
        cached,
        file if own else job.file,
        places[min(1, len(places) - 1)] if own else job.entry.key.span.start,
        obstacle="run-steps",
        variables=variables,
    )


def _script_of(step: Node) -> Scalar | None:
    """Return the shell script of a step of `run:`; None where it runs something else."""
    real = followed(step)
    entry = real.entry("script") if isinstance(real, YamlMapping) else None
    script = followed(entry.value) if entry is not None else None
    return script if isinstance(script, Scalar) else None


def _unreadable(
    pipeline: Pipeline, job: Job, before: Provided | None, script: Provided, error: Exception
) -> Iterator[Finding]:
    """Report a script that cannot be read, but only where it may hold two builds."""
    file = script.file or job.file
    node: Node = script.entry.value if script.entry is not None else job.entry.value
    if without_comments(file.source.cut(node.span)).count(EXECUTOR) < 2:
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
    inside = pipeline.read(error.path) or ""
    often = executor_count((*texts, inside)) + max(calls, 1) - 1
    if often < 2 and not may_build_twice((*texts, inside)):
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


def _cached(pipeline: Pipeline, steps: Trace, words: Vocabulary) -> bool | None:
    """Tell whether one of the builds uses the cache; None where that is not known.

    Builds that are not told apart, as in a script of the repository, are read as text.
    """
    answers: list[bool | None] = []
    for step in steps.steps:
        if step.build is not None:
            answers.append(step.build.cache)
        elif step.builds:
            answers.append(_cached_in(pipeline, steps.script.text[step.span.start : step.span.end], words))
    if True in answers:
        return True
    return None if None in answers else False


def _cached_in(pipeline: Pipeline, text: str, words: Vocabulary) -> bool | None:
    """Tell whether a text, or a script of the repository that it runs, builds with the cache."""
    return cache_of((text, *texts_run((text,), pipeline.read)), words.executors)
