"""Do the new jobs run what the old job ran, as far as each build can tell?

The answer comes from the two pipelines alone. How the plan came to its jobs is not asked: what the two share is the
syntax tree, so that an error of the plan does not bless itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from kaniko_split.gitlab.pipeline import Job, Pipeline
from kaniko_split.gitlab.resolve import effective_job, resolved_pipeline
from kaniko_split.gitlab.script import Section, provider, script_items
from kaniko_split.gitlab.variables import variables_of
from kaniko_split.prove.bases import bases_of, check_bases
from kaniko_split.prove.builds import NO_NAMES, Names
from kaniko_split.prove.comparison import compare
from kaniko_split.prove.container import RepositoryFiles
from kaniko_split.prove.divided_prints import joined_prints
from kaniko_split.prove.events import Run, TooComplexError, as_in_chain, short_text
from kaniko_split.prove.gates import compare_gates
from kaniko_split.prove.machine import plain_text
from kaniko_split.prove.omitted import check_omitted, omitted_events
from kaniko_split.prove.order import check_order, needs_of, waits_of
from kaniko_split.prove.paths import meets, path_in
from kaniko_split.prove.replay import replay
from kaniko_split.prove.symbols import PROJECT, Symbols
from kaniko_split.shell.nodes import Script, nested, substitutions, words_of
from kaniko_split.shell.parse import ShellSyntaxError, parse
from kaniko_split.source.patterns import Pattern

_NAME = Pattern(r"\$\{?(\w+)")
# What GitLab gives each job and no two jobs alike.
_OF_THE_JOB = ("CI_JOB_NAME", "CI_JOB_NAME_SLUG", "CI_JOB_GROUP_NAME", "CI_JOB_ID", "CI_JOB_STARTED_AT")


class Told(Struct, frozen=True, eq=False):
    """What the reader of a split is told, so that the proof need not find it unchanged.

    Attributes:
        repeated: The statements, as written, that run once per image.
        left_behind: The files made of what a build leaves that later builds no longer find.
        givers: For each path from which a child pipeline is made, the new job that gives the file.
    """

    repeated: Sequence[str] = ()
    left_behind: frozenset[str] = frozenset()
    givers: Mapping[str, str] = field(default_factory=dict)


NOTHING_TOLD = Told()


def check_jobs(
    before: Pipeline,
    after: Pipeline,
    name: str,
    builds: Sequence[str],
    finishing: Sequence[str] = (),
    *,
    names: Names = NO_NAMES,
    told: Told = NOTHING_TOLD,
) -> Iterator[str]:
    """Yield what is different after a split; nothing where each build gets what it got.

    Args:
        before: The old pipeline.
        after: The new one.
        name: The job that was split.
        builds: The jobs that it became and that build an image, in the order of the old script.
        finishing: Those that come after all builds.
        names: The user's own words for the executor and what runs it.
        told: What the reader is told.

    Raises:
        OddScriptError: A script is no text and no list of texts.
        ShellSyntaxError: A script cannot be parsed.
        UnresolvableError: GitLab would reject one of the pipelines.
    """
    symbols = Symbols()
    needs = needs_of(resolved_pipeline(after))
    yield from check_order(needs, builds, finishing)
    found = {one: after.named(one) for one in (*builds, *finishing)}
    for one, jobs in found.items():
        if len(jobs) != 1:
            yield f"`{one}` is defined {len(jobs)} times in the new pipeline"
            return
    try:
        old = _run(before, _last_with_script(before, name), symbols, names, told)
        run = joined_prints(old, {one: _run(after, jobs[0], symbols, names, told) for one, jobs in found.items()})
    except TooComplexError as error:
        yield str(error)
        return
    new = {one: as_in_chain(events, old) for one, events in run.items()}
    waits = waits_of(needs, [*builds, *finishing])
    bases = bases_of(old, new, symbols, RepositoryFiles(before.read, before.real))
    yield from compare(old, new, waits, symbols, frozenset(_within(told.repeated)))
    yield from compare_gates(old, new, waits, bases)
    yield from check_bases(bases, waits)
    yield from check_omitted(old, new)
    for path, giver in told.givers.items():
        yield from _check_giver(path, giver, old, new[giver])


def _check_giver(path: str, name: str, old: Run, run: Run) -> Iterator[str]:
    """Yield each command that may write a file and that the job which gives the file leaves out."""
    file = path_in(PROJECT, path)
    own = {event.build for event in run.events}
    others = [event for event in old.events if event.build is not None and event.build not in own]
    for event in omitted_events(old, run):
        written = event.claim.writes
        if file is None or written is None or any(meets(file, one) for one in written):
            yield f"`{name}` gives `{path}` and leaves out `{short_text(event)}`, which may write it"
    for event in others:
        if any(path.rpartition("/")[2] in word for word in event.words):
            yield f"`{name}` gives `{path}` and leaves out `{short_text(event)}`, which may write it"


def _within(texts: Sequence[str]) -> Iterator[str]:
    """Yield statements, as written, with those inside of them and of their substitutions."""
    for text in texts:
        try:
            script = parse(text if text.endswith("\n") else text + "\n")
        except ShellSyntaxError:
            continue
        waiting = list(script.statements)
        while waiting:
            statement = waiting.pop()
            yield plain_text(script.text[statement.span.start : statement.span.end])
            waiting += [inner for block in nested(statement) for inner in block]
            parts = [part for word in words_of(statement) for part in substitutions(word)]
            waiting += [inner for part in parts for inner in part.statements]


def _last_with_script(pipeline: Pipeline, name: str) -> Job:
    """Return the piece of a job that gives its script, where it is written in several."""
    pieces = pipeline.named(name)
    with_script = [piece for piece in pieces if piece.mapping.entry("script") is not None]
    return (with_script or list(pieces))[-1]


def _run(pipeline: Pipeline, job: Job, symbols: Symbols, names: Names, told: Told) -> Run:
    results = told.left_behind | frozenset(_reports(effective_job(pipeline, job.name)))
    repository = RepositoryFiles(pipeline.read, pipeline.real, results)
    given, of_job = _given(pipeline, job.name)
    return replay(_script(pipeline, job), symbols, given, repository, names, of_job)


def _reports(job: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of a job's reports, from the root of the repository."""
    artifacts = job.get("artifacts")
    reports = artifacts.get("reports") if isinstance(artifacts, dict) else None
    for value in reports.values() if isinstance(reports, dict) else ():
        yield from (path for path in (value if isinstance(value, list) else [value]) if isinstance(path, str))


def _script(pipeline: Pipeline, job: Job) -> Script:
    """Return what a job runs: the items of both sections, one after the other in one shell."""
    items = [
        item
        for section in (Section.BEFORE_SCRIPT, Section.SCRIPT)
        for item in script_items(pipeline, provider(pipeline, job, section.value), section)
    ]
    return parse("".join(item.text if item.text.endswith("\n") else item.text + "\n" for item in items))


def _given(pipeline: Pipeline, name: str) -> tuple[dict[str, str | None], frozenset[str]]:
    """Return what the pipeline gives a job, and the variables that hold its name; what may differ is not known."""
    variables = variables_of(pipeline, name)
    given = {key: one.value if one.known else None for key, one in variables.items()}
    job = effective_job(pipeline, name)
    for holder in (job, pipeline.value.get("workflow")):
        given |= dict.fromkeys(_names_set_by(holder))
    # A blank would divide the value into words, which is another matter.
    own_name = name.replace(" ", "_")
    given |= {one: own_name if one == "CI_JOB_NAME" else f"{one}-of-{own_name}" for one in _OF_THE_JOB}
    own, known = set(_OF_THE_JOB), -1
    while known < len(own):
        known = len(own)
        texts = {key: " ".join((one.value, *one.texts)) for key, one in variables.items() if not one.known}
        own |= {key for key, text in texts.items() if own & set(_NAME.findall(text))}
    given |= {key: f"{variables[key].value}-of-{own_name}" for key in own & variables.keys()}
    return given, frozenset(own & variables.keys())


def _names_set_by(holder: Any) -> Iterator[str]:
    """Yield the variables that rules and a matrix set."""
    if not isinstance(holder, dict):
        return
    parallel = holder.get("parallel")
    rows = parallel.get("matrix") if isinstance(parallel, dict) else None
    rules = holder.get("rules")
    for rule in rules if isinstance(rules, list) else ():
        rows = [*(rows or ()), rule.get("variables")] if isinstance(rule, dict) else rows
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict):
            yield from map(str, row)
