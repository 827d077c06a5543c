"""Is a change proved, and if not, where did the proof break?

Seven things are asked of every change before it is shown or written: the new text is read alike by two parsers;
no line outside of the edits differs; each character and comment is accounted for; the resolved pipelines differ
in what the plan says alone; each build runs once, in the circumstances that it had; nothing is found any more;
GitLab's limits hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kaniko_split.detect.vocabulary import NO_WORDS, Vocabulary
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile
from kaniko_split.gitlab.resolve import UnresolvableError, effective_job, resolved_pipeline
from kaniko_split.gitlab.script import OddScriptError, Provided, Section, provider, script_items
from kaniko_split.gitlab.variables import variables_of
from kaniko_split.plan.outcome import Split
from kaniko_split.prove.accounting import check_accounts
from kaniko_split.prove.builds import Names
from kaniko_split.prove.comparison import compare
from kaniko_split.prove.events import TooComplexError
from kaniko_split.prove.meaning import check_meaning
from kaniko_split.prove.omitted import check_omitted
from kaniko_split.prove.order import check_order, needs_of, waits_of
from kaniko_split.prove.reading import check_reading
from kaniko_split.prove.replay import replay
from kaniko_split.prove.symbols import Symbols
from kaniko_split.rewrite.rewriting import Rewritten
from kaniko_split.shell.nodes import Script
from kaniko_split.shell.parse import ShellSyntaxError, parse
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
            broken.extend(_check_split(pipeline, after, split, Names(words.executors, words.own_words)))
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


def _check_split(before: Pipeline, after: Pipeline, split: Split, names: Names) -> Iterator[str]:
    """Replay the old script and those of the new jobs, and compare what each build gets."""
    finding = split.finding
    symbols = Symbols()
    old_script = _script(before, finding.before_script, finding.script)
    scripts: dict[str, Script] = {}
    for job in split.jobs:
        found = after.named(job.name)
        if len(found) != 1:
            yield f"`{job.name}` stands {len(found)} times in the new pipeline"
            return
        scripts[job.name] = _script(
            after, provider(after, found[0], "before_script"), provider(after, found[0], "script")
        )
    builds = [job.name for job in split.jobs if job.build is not None]
    finishing = [job.name for job in split.jobs if job.build is None]
    needs = needs_of(resolved_pipeline(after))
    yield from check_order(needs, builds, finishing)
    try:
        old = replay(old_script, symbols, _given(before, finding.job.name), before.read, names)
        new = {
            name: replay(script, symbols, _given(after, name), after.read, names) for name, script in scripts.items()
        }
    except TooComplexError as error:
        yield str(error)
        return
    waits = waits_of(needs, [*builds, *finishing])
    yield from compare(old, new, waits, symbols)
    yield from check_omitted(old, new)


def _script(pipeline: Pipeline, before: Provided | None, script: Provided | None) -> Script:
    """Return what a job runs: the items of both sections, one after the other in one shell."""
    items = (
        *script_items(pipeline, before, Section.BEFORE_SCRIPT),
        *script_items(pipeline, script, Section.SCRIPT),
    )
    return parse("".join(item.text if item.text.endswith("\n") else item.text + "\n" for item in items))


def _given(pipeline: Pipeline, name: str) -> dict[str, str | None]:
    """Return what the pipeline gives a job; what may differ from job to job is not known."""
    given = {key: one.value if one.known else None for key, one in variables_of(pipeline, name).items()}
    job = effective_job(pipeline, name)
    for holder in (job, pipeline.value.get("workflow")):
        given |= dict.fromkeys(_names_set_by(holder))
    return given


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
