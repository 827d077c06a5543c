"""Which pipelines do the options name, and what becomes of each?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from kaniko_split.codemod import Failed, Ignored, Outcome, Result, split_pipeline
from kaniko_split.commands.baseline import BadBaselineError, Baseline, read_baseline, without_known
from kaniko_split.commands.groups import Group, groups_of
from kaniko_split.commands.options import Options
from kaniko_split.commands.progress import watched
from kaniko_split.commands.telling import tell
from kaniko_split.configuration import BadConfigurationError
from kaniko_split.gitlab.discovery import ROOT, Found, Problem, discover, from_text
from kaniko_split.plan.names import NamePatterns
from kaniko_split.plan.outcome import Refusal
from kaniko_split.plan.request import Request
from kaniko_split.report import text
from kaniko_split.report.asked import Asked
from kaniko_split.shell.shfmt import MissingParserError

if TYPE_CHECKING:
    from kaniko_split.report.document import Document
    from kaniko_split.source.files import Replacement


class Run(Struct, eq=False):
    """The pipelines of one call, read and split, with what went wrong on the way.

    Attributes:
        options: What was asked for.
        results: The pipelines, with what becomes of each.
        problems: What of the input could not be used, a sentence each.
        written: What was replaced on disk.
        asked: What is asked of each repository, by its root.
        baseline: The findings that are known, where there is such a file.
        known: How many of them were found, and left out.
    """

    options: Options
    results: list[tuple[Found, Result]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    written: list[Replacement] = field(default_factory=list)
    asked: dict[Path, Asked] = field(default_factory=dict)
    baseline: Baseline | None = None
    known: int = 0

    @property
    def troubled(self) -> bool:
        """Whether something of the input could not be used."""
        return bool(self.problems)

    @property
    def outcomes(self) -> list[Outcome]:
        """What becomes of each job that was found."""
        return [outcome for _, result in self.results for outcome in result.outcomes]

    @property
    def found(self) -> bool:
        """Whether something was found that no comment leaves out."""
        return any(not isinstance(outcome, Ignored) for outcome in self.outcomes)

    def complain(self, sentence: str) -> None:
        """Say what is wrong with the input."""
        self.problems.append(sentence)
        self.mention(f"error: {sentence}")

    def mention(self, sentence: str) -> None:
        """Say something beside the answer, where anybody listens."""
        if not self.options.silent:
            tell(sentence)

    def document(self) -> Document:
        """Return what was found as data."""
        from kaniko_split.report.drawing_up import document_of

        return document_of(self.results, next(iter(self.asked.values()), Asked()), self.problems)

    def tell_the_rest(self) -> None:
        """Say what was refused or not proved, and what to know about the cache."""
        for outcome in self.outcomes:
            if isinstance(outcome, Refusal):
                lines = [text.headline(outcome.finding), *text.refusal_lines(outcome)]
            elif isinstance(outcome, Failed):
                lines = [text.headline(outcome.split.finding), *text.failure_lines(outcome)]
            else:
                continue
            tell(*lines, colour=self.options.colour)
        advice = text.cache_advice([result for _, result in self.results])
        if advice and not self.options.quiet:
            tell(advice)


def read_all(options: Options) -> Run:
    """Find, read and split every pipeline that the options name; problems are told as they come."""
    run = Run(options)
    try:
        groups = groups_of(options)
        if options.baseline is not None:
            run.baseline = read_baseline(options.baseline)
    except (BadConfigurationError, BadBaselineError) as error:
        run.complain(str(error))
        return run
    pipelines: list[tuple[Found, Asked]] = []
    passed_over: list[str] = []
    for group in groups:
        pipelines.extend((found, group.asked) for found in _pipelines(run, group, passed_over))
        run.baseline = run.baseline or group.baseline
    for sentence in passed_over:
        if pipelines or run.troubled:
            run.mention(f"{sentence}, so it is passed over")
        else:
            run.complain(f"{sentence}; name the file of a pipeline")
    try:
        for found, asked in pipelines if options.silent else watched(pipelines):
            result = split_pipeline(found.pipeline, wishes_of(asked, found, found.meant), asked.words)
            for problem in result.problems:
                run.complain(problem)
            run.results.append((found, result))
            run.asked[found.repository.root] = asked
    except MissingParserError as error:
        run.complain(str(error))
    for pattern in options.select:
        _warn_of_nothing(run, pattern)
    if not run.results and not run.troubled:
        run.complain("there is no GitLab pipeline among the paths; name its file")
    if run.baseline is not None:
        _leave_out_known(run, run.baseline)
    return run


def _pipelines(run: Run, group: Group, passed_over: list[str]) -> Iterator[Found]:
    for found in _found(group):
        if isinstance(found, Found):
            yield found
        elif found.fatal:
            run.complain(found.text)
        else:
            passed_over.append(found.text)


def _leave_out_known(run: Run, baseline: Baseline) -> None:
    """Leave out what the baseline holds; what changes besides is proved anew."""
    results, run.known = without_known(run.results, run.asked, baseline)
    run.results = results
    gone = len(baseline.fingerprints) - run.known
    if gone > 0 and not run.options.quiet:
        what, verb = ("1 finding", "is") if gone == 1 else (f"{gone} findings", "are")
        run.mention(f"note: {what} of {baseline.path} {verb} no longer there; --write-baseline writes it anew")


def _warn_of_nothing(run: Run, pattern: str) -> None:
    """Tell of a `--select` that picks nothing out, which is most often a name that is misspelt."""
    found = [one.split.finding if isinstance(one, Failed) else one.finding for one in run.outcomes]
    if any(fnmatchcase(finding.job.name, pattern) for finding in found):
        return
    names = {job.name for _, result in run.results for job in result.pipeline.jobs}
    if any(fnmatchcase(name, pattern) for name in names):
        run.mention(f"warning: --select {pattern}: no job of that name builds several images")
    elif run.results:
        run.mention(f"warning: --select {pattern}: there is no job of that name")


def wishes_of(asked: Asked, found: Found, meant: frozenset[str] | None) -> Request:
    """Return what the plan of one pipeline is asked; `meant` are the files whose jobs are meant, None for all."""
    return Request(
        select=asked.select,
        ignore=asked.ignore,
        files=meant,
        names=NamePatterns(asked.template_name, asked.job_name),
        cached_only=asked.cached_only,
        keep_order=asked.keep_order,
        links=found.repository.linked_folders,
        read=found.repository.text,
        elsewhere=found.elsewhere,
        mentions=found.mentions,
    )


def _found(group: Group) -> Iterator[Found | Problem]:
    if group.stdin:
        yield from from_text(sys.stdin.buffer.read())
    yield from discover(group.paths, group.asked.ci_file or ROOT)
