"""What does `apply` do?"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kaniko_split.codemod import Failed, Result, only, together
from kaniko_split.commands.options import NOTHING, SOMETHING, TROUBLE, Options
from kaniko_split.commands.running import Run, read_all
from kaniko_split.commands.telling import tell
from kaniko_split.commands.undoing import Undo
from kaniko_split.gitlab.discovery import STDIN, Found
from kaniko_split.plan.outcome import Refusal, Split
from kaniko_split.report import text
from kaniko_split.report.escape import visible
from kaniko_split.report.patch import patch_of
from kaniko_split.report.terminal import show_diff, width_of
from kaniko_split.source.files import ChangedFileError, Replacement, replace_all
from kaniko_split.source.text import write_source


def run_apply(
    options: Options, *, interactive: bool = False, allow_refusals: bool = False, undo: Path | None = None
) -> int:
    """Write all proved changes, or those that the user says yes to; return the exit code.

    Args:
        options: What is asked for.
        interactive: Whether to ask about each job.
        allow_refusals: Whether a refused job is told of and counts for nothing; a proof that broke still does.
        undo: Where to leave the patch that gives back what was there.
    """
    kept = Undo(undo)
    if options.reads_stdin and (interactive or undo is not None):
        why = "--interactive reads its answers from stdin" if interactive else "--undo is for files that are replaced"
        tell(f"error: {why}, so - cannot be a path; name the file")
        return TROUBLE
    wrong = kept.refusal() or options.wrong_colour()
    if wrong:
        tell(f"error: {wrong}")
        return TROUBLE
    run = read_all(options)
    written: list[tuple[Found, Result]] = []
    for found, result in _chosen(run) if interactive else run.results:
        if STDIN in found.repository.given:
            text_after = result.rewritten[0].after if result.rewritten else result.pipeline.root.source
            sys.stdout.buffer.write(write_source(text_after))
            sys.stdout.flush()
            written.append((found, result))
        elif not result.rewritten or write(run, found, result, kept):
            written.append((found, result))
    run.results = written
    if not options.quiet:
        tell_what_was_done(written, options.colour)
    run.tell_the_rest()
    bad = Failed if allow_refusals else Refusal | Failed
    refused = any(isinstance(outcome, bad) for outcome in run.outcomes)
    return TROUBLE if run.troubled else SOMETHING if refused else NOTHING


def tell_what_was_done(written: list[tuple[Found, Result]], colour: str) -> None:
    """Say what became of each job, and what is different now."""
    for found, result in written:
        names = {rewritten.name for rewritten in result.rewritten}
        for split in result.splits:
            file = found.repository.shown(split.finding.job.file.name)
            tell(f"{file}: {text.split_line(split)}")
            tell(*text.changes(split), colour=colour)
            names.discard(split.finding.job.file.name)
        for name in sorted(names):
            tell(f"{found.repository.shown(name)}: references rewritten")


def write(run: Run, found: Found, result: Result, undo: Undo) -> bool:
    """Write the changed files of one pipeline; where that cannot be done, say why and return False.

    A file that two pipelines share, and change alike, is written once.
    """
    every = [
        (
            Replacement(found.repository.path(one.name), write_source(one.before), write_source(one.after)),
            one.name,
        )
        for one in result.rewritten
    ]
    replacements = [one for one in every if one[0] not in run.written]
    problem = undo.before([(one, _patched_name(found, name)) for one, name in replacements])
    if problem:
        run.complain(problem)
        return False
    shown = ", ".join(found.repository.shown(name) for _, name in replacements)
    try:
        replace_all([one for one, _ in replacements])
    except ChangedFileError:
        run.complain(f"{shown}: the file has changed since it was read, so it is left alone; run apply again")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        run.complain(f"{shown}: the file cannot be written ({reason}); check the permissions of it and its folder")
    else:
        run.written.extend(one for one, _ in replacements)
        return True
    undo.take_back()
    return False


def _patched_name(found: Found, name: str) -> str:
    """Return a file's path for a patch: from the repository's root, where git apply is run, if we are within it."""
    within = Path.cwd().is_relative_to(Path(os.path.abspath(found.repository.root)))
    return name if within else found.repository.shown(name)


def _chosen(run: Run) -> list[tuple[Found, Result]]:
    """Show each job's diff and ask about it, as `git add -p` does: yes, no, all the rest, quit."""
    chosen: list[tuple[Found, Result]] = []
    answer = ""
    for found, result in run.results:
        wanted: list[Split] = []
        words = run.asked[found.repository.root].words
        for unit in dict.fromkeys(together(result, split) for split in result.splits):
            if answer not in {"a", "q"}:
                _show(found, only(result, unit, words), run.options.colour)
                answer = _answer(unit)
            if answer in {"y", "a"}:
                wanted.extend(unit)
        rest = tuple(outcome for outcome in result.outcomes if not isinstance(outcome, Split))
        done = only(result, wanted, words)
        chosen.append((found, Result(done.pipeline, (*done.outcomes, *rest), done.rewritten, done.proof)))
    return chosen


def _show(found: Found, alone: Result, colour: str) -> None:
    for rewritten in alone.rewritten:
        show_diff(patch_of(rewritten, found.repository.shown(rewritten.name)), sys.stdout, colour)
    sys.stdout.flush()
    for split in alone.splits:
        tell(*text.check_block(split, width=width_of(sys.stderr)), colour=colour)


def _answer(unit: Sequence[Split]) -> str:
    names = ", ".join(split.finding.job.name for split in unit)
    while True:
        sys.stderr.write(visible(f"Split {names} [y,n,a,q,?]? "))
        sys.stderr.flush()
        line = sys.stdin.readline()
        given = line.strip().lower()[:1] if line else "q"
        if given in {"y", "n", "a", "q"}:
            return given
        tell("y - split this job\nn - leave it as it is\na - split this and all that follow\nq - quit; split no more")
