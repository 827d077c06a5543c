"""Is a change proved, and if not, where did the proof break?

Seven things are asked of every change before it is shown or written: the new text is read alike by two parsers;
no line outside of the edits differs; each character and comment is accounted for; the resolved pipelines differ
in what the plan says alone; each build runs once, in the circumstances that it had; nothing is found any more;
GitLab's limits hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.detect.vocabulary import NO_WORDS, Vocabulary
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile
from kaniko_split.gitlab.resolve import UnresolvableError
from kaniko_split.gitlab.script import OddScriptError
from kaniko_split.plan.outcome import Split
from kaniko_split.prove.accounting import check_accounts
from kaniko_split.prove.builds import Names
from kaniko_split.prove.jobs import Told, check_jobs
from kaniko_split.prove.meaning import check_meaning
from kaniko_split.prove.reading import check_reading
from kaniko_split.rewrite.rewriting import Rewritten
from kaniko_split.shell.parse import ShellSyntaxError
from kaniko_split.tree.compose import BrokenYamlError, compose


class Proof(Struct, frozen=True, eq=False):
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
            builds = [job.name for job in split.jobs if job.build is not None]
            finishing = [job.name for job in split.jobs if job.build is None]
            names = Names(words.executors, words.own_words, words.programs)
            name = split.finding.job.name
            told = Told(split.repeated, frozenset(split.left_behind), split.givers)
            broken.extend(check_jobs(pipeline, after, name, builds, finishing, names=names, told=told))
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
