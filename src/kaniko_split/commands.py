"""What does each command do with the pipelines that it is given?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TextIO

from kaniko_split.codemod import Failed, Ignored, Outcome, Result, only, split_pipeline, together
from kaniko_split.gitlab.discovery import ROOT, STDIN, Found, Problem, discover, from_text
from kaniko_split.plan.names import NamePatterns, wrong_patterns
from kaniko_split.plan.outcome import Refusal, Split
from kaniko_split.plan.wishes import Wishes
from kaniko_split.report import text
from kaniko_split.report.escape import visible
from kaniko_split.report.patch import patch_of
from kaniko_split.report.terminal import show_diff
from kaniko_split.shell.parse import MissingParserError
from kaniko_split.source.files import ChangedFileError, Replacement, replace_all
from kaniko_split.source.text import write_source

NOTHING, SOMETHING, TROUBLE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    paths: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    template_name: str | None = None
    job_name: str | None = None
    cached_only: bool = False
    quiet: bool = False
    ci_file: str | None = None
    keep_order: bool = False
    explain: bool = False


@dataclass(slots=True)
class _Run:
    """The pipelines of one call, read and split, with what went wrong on the way."""

    options: Options
    results: list[tuple[Found, Result]] = field(default_factory=list)
    troubled: bool = False

    @property
    def outcomes(self) -> list[Outcome]:
        return [outcome for _, result in self.results for outcome in result.outcomes]

    def complain(self, sentence: str) -> None:
        self.troubled = True
        _tell(f"error: {sentence}")


def run_check(options: Options) -> int:
    """List what was found; return the exit code."""
    run = _read_all(options)
    for outcome in run.outcomes:
        for line in text.check_block(outcome):
            _say(line)
    results = [result for _, result in run.results]
    advice = text.cache_advice(results)
    if advice and not options.quiet:
        _say(advice)
    if results:
        _say(text.counts(results))
    found = any(not isinstance(outcome, Ignored) for outcome in run.outcomes)
    return TROUBLE if run.troubled else SOMETHING if found else NOTHING


def run_diff(options: Options) -> int:
    """Print the patch of all proved changes; return the exit code."""
    run = _read_all(options)
    for found, result in run.results:
        for rewritten in result.rewritten:
            patch = patch_of(rewritten, found.repository.shown(rewritten.name))
            if sys.stdout.isatty():
                show_diff(patch, sys.stdout)
            else:
                sys.stdout.buffer.write(patch)
    sys.stdout.flush()
    if sys.stdout.isatty() and not options.quiet:
        for split in (outcome for outcome in run.outcomes if isinstance(outcome, Split)):
            _tell(f"{split.finding.job.name}:")
            for change in split.changes:
                _tell(f"  - {change}")
    _tell_the_rest(run)
    changed = any(not isinstance(outcome, Ignored) for outcome in run.outcomes)
    return TROUBLE if run.troubled else SOMETHING if changed else NOTHING


def run_apply(options: Options, *, interactive: bool = False, allow_refusals: bool = False) -> int:
    """Write all proved changes, or those that the user says yes to; return the exit code.

    With `allow_refusals` a refused job is told of and counts for nothing; a proof that broke still does.
    """
    if interactive and any(str(path) == "-" for path in options.paths):
        _tell("error: --interactive reads its answers from stdin, so - cannot be a path; name the file")
        return TROUBLE
    run = _read_all(options)
    written: list[tuple[Found, Result]] = []
    for found, result in _asked(run) if interactive else run.results:
        if STDIN in found.repository.given:
            text_after = result.rewritten[0].after if result.rewritten else result.pipeline.root.source
            sys.stdout.buffer.write(write_source(text_after))
            sys.stdout.flush()
            written.append((found, result))
        elif not result.rewritten or _write(run, found, result):
            written.append((found, result))
    run.results = written
    if not options.quiet:
        for found, result in written:
            names = {rewritten.name for rewritten in result.rewritten}
            for split in result.splits:
                file = found.repository.shown(split.finding.job.file.name)
                _tell(f"{file}: {text.split_line(split)}")
                for change in split.changes:
                    _tell(f"  - {change}")
                names.discard(split.finding.job.file.name)
            for name in sorted(names):
                _tell(f"{found.repository.shown(name)}: references rewritten")
    _tell_the_rest(run)
    bad = Failed if allow_refusals else Refusal | Failed
    refused = any(isinstance(outcome, bad) for outcome in run.outcomes)
    return TROUBLE if run.troubled else SOMETHING if refused else NOTHING


def run_explain(code: str) -> int:
    """Print what a refusal's code means; return the exit code."""
    from difflib import get_close_matches

    from kaniko_split.plan.refusals import REFUSALS, as_markdown

    if code in REFUSALS:
        _say(as_markdown(code).rstrip("\n"))
        return NOTHING
    near = get_close_matches(code, REFUSALS, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"the codes are: {', '.join(REFUSALS)}"
    _tell(f"error: there is no code `{code}`; {hint}")
    return TROUBLE


def _read_all(options: Options) -> _Run:
    """Find, read and split every pipeline that the options name; problems are told as they come."""
    run = _Run(options)
    wrong = wrong_patterns(options.template_name, options.job_name)
    if wrong:
        run.complain(wrong)
        return run
    try:
        for found in _found(options):
            if isinstance(found, Problem):
                if found.fatal:
                    run.complain(found.text)
                else:
                    _tell(found.text)
                continue
            wishes = _wishes(options, found)
            result = split_pipeline(found.pipeline, wishes)
            for problem in result.problems:
                run.complain(problem)
            run.results.append((found, result))
    except MissingParserError as error:
        run.complain(str(error))
    for pattern in options.select:
        _warn_of_nothing(run, pattern)
    if not run.results and not run.troubled:
        run.complain("there is no GitLab pipeline among the paths; name its file")
    return run


def _warn_of_nothing(run: _Run, pattern: str) -> None:
    """Tell of a `--select` that picks nothing out, which is most often a name that is misspelt."""
    found = [one.split.finding if isinstance(one, Failed) else one.finding for one in run.outcomes]
    if any(fnmatchcase(finding.job.name, pattern) for finding in found):
        return
    names = {job.name for _, result in run.results for job in result.pipeline.jobs}
    if any(fnmatchcase(name, pattern) for name in names):
        _tell(f"warning: --select {pattern}: no job of that name builds several images")
    elif run.results:
        _tell(f"warning: --select {pattern}: there is no job of that name")


def _found(options: Options) -> Iterator[Found | Problem]:
    paths = options.paths or (Path(),)
    if any(str(path) == "-" for path in paths):
        yield from from_text(sys.stdin.buffer.read())
    yield from discover([path for path in paths if str(path) != "-"], options.ci_file or ROOT)


def _wishes(options: Options, found: Found) -> Wishes:
    return Wishes(
        select=options.select,
        files=found.meant,
        names=NamePatterns(options.template_name, options.job_name),
        cached_only=options.cached_only,
        keep_order=options.keep_order,
        links=found.repository.linked_folders,
        read=found.repository.text,
    )


def _write(run: _Run, found: Found, result: Result) -> bool:
    replacements = [
        Replacement(found.repository.path(one.name), write_source(one.before), write_source(one.after))
        for one in result.rewritten
    ]
    shown = ", ".join(found.repository.shown(one.name) for one in result.rewritten)
    try:
        replace_all(replacements)
    except ChangedFileError:
        run.complain(f"{shown}: the file has changed since it was read, so it is left alone; run apply again")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        run.complain(f"{shown}: the file cannot be written ({reason}); check the permissions of it and its folder")
    else:
        return True
    return False


def _asked(run: _Run) -> list[tuple[Found, Result]]:
    """Show each job's diff and ask about it, as `git add -p` does: yes, no, all the rest, quit."""
    chosen: list[tuple[Found, Result]] = []
    answer = ""
    for found, result in run.results:
        wanted: list[Split] = []
        asked: list[Split] = []
        for split in result.splits:
            if split in asked:
                continue
            unit = together(result, split)
            asked.extend(unit)
            if answer not in {"a", "q"}:
                alone = only(result, unit)
                for rewritten in alone.rewritten:
                    show_diff(patch_of(rewritten, found.repository.shown(rewritten.name)), sys.stdout)
                sys.stdout.flush()
                for one in unit:
                    for change in one.changes:
                        _tell(f"  - {change}")
                answer = _answer(unit)
            if answer in {"y", "a"}:
                wanted.extend(unit)
        rest = tuple(outcome for outcome in result.outcomes if not isinstance(outcome, Split))
        done = only(result, wanted)
        kept = Result(done.pipeline, (*done.outcomes, *rest), done.rewritten, done.proof)
        chosen.append((found, kept))
    return chosen


def _answer(unit: Sequence[Split]) -> str:
    names = ", ".join(split.finding.job.name for split in unit)
    while True:
        sys.stderr.write(visible(f"Split {names} [y,n,a,q,?]? "))
        sys.stderr.flush()
        line = sys.stdin.readline()
        given = line.strip().lower()[:1] if line else "q"
        if given in {"y", "n", "a", "q"}:
            return given
        _tell("y - split this job\nn - leave it as it is\na - split this and all that follow\nq - quit; split no more")


def _tell_the_rest(run: _Run) -> None:
    """Say what was refused or not proved, and what to know about the cache."""
    for outcome in run.outcomes:
        if isinstance(outcome, Refusal):
            _tell(text.headline(outcome.finding))
            for line in text.refusal_lines(outcome):
                _tell(f"  {line}")
        elif isinstance(outcome, Failed):
            _tell(text.headline(outcome.split.finding))
            for line in text.failure_lines(outcome):
                _tell(f"  {line}")
    advice = text.cache_advice([result for _, result in run.results])
    if advice and not run.options.quiet:
        _tell(advice)


def _say(line: str) -> None:
    _write_line(sys.stdout, line)


def _tell(line: str) -> None:
    _write_line(sys.stderr, visible(line))


def _write_line(stream: TextIO, line: str) -> None:
    """Write a line; what the stream's encoding does not know is written as an escape."""
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
