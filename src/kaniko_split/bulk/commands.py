"""What do `bulk scan`, `status`, `retry` and `merge` do?"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TextIO

from msgspec.structs import replace

from kaniko_split.bulk import journal, results, status
from kaniko_split.bulk.checkout import check_branch_name
from kaniko_split.bulk.failures import FailedError, GitError
from kaniko_split.bulk.flow import Flow
from kaniko_split.bulk.git import Git
from kaniko_split.bulk.gitlab_api import NoLibraryError, Server
from kaniko_split.bulk.journal import Journal, JournalError
from kaniko_split.bulk.merging import folders_below, merge
from kaniko_split.bulk.pace import Pace
from kaniko_split.bulk.progress import Bar, Lines
from kaniko_split.bulk.running import WORK, Run, alone_in, processors
from kaniko_split.bulk.secrets import NoTokenError, Redactor, Token, token_from
from kaniko_split.bulk.settings import BadSettingsError, Settings, check, settings_from
from kaniko_split.bulk.shards import is_in
from kaniko_split.bulk.sources import Chosen, Source, in_folders, in_list
from kaniko_split.bulk.workers import Inline, Pool
from kaniko_split.report.escape import visible
from kaniko_split.report.terminal import has_colour

NOTHING, SOMETHING, TROUBLE = 0, 1, 2

_WELL = frozenset({journal.CLEAN, journal.COMMITTED, journal.PUSHED, journal.OPENED})
_GIT = (2, 32)
_WIDTH = 40


def run_scan(settings: Settings, folder: Path, *, quiet: bool = False) -> int:
    """Take the repositories as far as is asked, and write the results into `folder`; return the exit code."""
    try:
        check(settings)
        token = token_from(Path(settings.token_file) if settings.token_file else None)
        redact = Redactor.of(token)
        with alone_in(folder) as descriptor, contextlib.closing(Journal(folder, make=True)) as book:
            git = Git(redact=redact, timeout=settings.timeout, inherited=(descriptor,))
            _check_git(git, settings)
            _check_that_it_goes_on(book, settings)
            book.note("settings", settings.as_json())
            return _run(settings, folder, book, git, token, quiet=quiet)
    except (BadSettingsError, NoTokenError, JournalError, NoLibraryError) as error:
        return _complain(str(error))


def run_retry(folder: Path, *, skipped: bool, jobs: int | None, quiet: bool = False) -> int:
    """Take the repositories that failed again, as the last run was asked to; return the exit code."""
    try:
        with contextlib.closing(Journal(folder)) as book:
            text = book.about("settings")
        settings = settings_from(text or "")
        if jobs is not None:
            settings = replace(settings, jobs=jobs)
        with alone_in(folder), contextlib.closing(Journal(folder)) as book:
            book.move((journal.FAILED, *((journal.SKIPPED,) if skipped else ())), journal.WAITING)
    except (BadSettingsError, JournalError) as error:
        return _complain(str(error))
    return run_scan(settings, folder, quiet=quiet)


def run_status(folder: Path) -> int:
    """Tell in one screen how a run stands; return the exit code."""
    try:
        with contextlib.closing(Journal(folder)) as book:
            for line in status.lines_of(book):
                _say(line)
            return _code(book)
    except JournalError as error:
        return _complain(str(error))


def run_merge(folders: Sequence[Path], into: Path) -> int:
    """Join the journals of several machines, and write the results over all of them; return the exit code."""
    try:
        found = [one for one in folders_below(folders) if one.resolve() != into.resolve()]
        with alone_in(into), contextlib.closing(Journal(into, make=True)) as book:
            number = merge(found, book)
            code = _ended(book, into)
        _tell(f"{len(found)} journals with {number} repositories are joined in {into}")
    except JournalError as error:
        return _complain(str(error))
    return code


def _run(settings: Settings, folder: Path, book: Journal, git: Git, token: Token | None, *, quiet: bool) -> int:
    server = _server(settings, token, git.redact)
    troubles = _list_all(settings, book, server)
    if troubles and not sum(book.counts().values()):
        return TROUBLE
    pool = Pool(min(settings.jobs, processors())) if settings.jobs > 1 else None
    flow = Flow(
        settings=settings,
        journal=book,
        git=git,
        token=token,
        analyst=pool or Inline(),
        work=(folder / WORK).resolve(),
        server=server if settings.groups or token is not None else None,
    )
    stopped, begin = 0, time.monotonic()
    try:
        with (Bar if has_colour(sys.stderr) else Lines)(sys.stderr, quiet=quiet) as watcher:
            stopped = Run(flow, settings, book, watcher)()
    finally:
        if pool is not None and stopped < 2:
            pool.close()
    code = _ended(book, folder)
    if not quiet:
        _tell(_speed(watcher.done, time.monotonic() - begin, git, settings.jobs))
    if stopped:
        _tell("stopped; the same command goes on where this one ended")
        code = 128 + signal.SIGINT
    if stopped > 1:
        # A thread may still wait for a server; nothing that it could do is missing.
        sys.stdout.flush()
        sys.stderr.flush()
        book.close()
        os._exit(code)
    return SOMETHING if troubles and code == NOTHING else code


def _speed(number: int, seconds: float, git: Git, jobs: int) -> str:
    """Return how fast a run was, and which part of its time git took."""
    share = git.clock.seconds / max(seconds * jobs, 0.001)
    what = "1 repository" if number == 1 else f"{number} repositories"
    return f"{what} in {seconds:.1f} s ({number / max(seconds, 0.001):.1f}/s), {share:.0%} of it in git"


def _list_all(settings: Settings, book: Journal, server: Callable[[], Server]) -> int:
    """Add the repositories that are asked for to the journal; return how many sources could not be read."""
    chosen = Chosen(_patterns(settings.include), _patterns(settings.exclude))
    troubles = 0

    def meant(sources: Iterable[Source]) -> Iterator[Source]:
        for one in sources:
            if chosen(one.name) and is_in(one.name, settings.shard):
                if one.problem:
                    _tell(f"error: {one.name}: {one.problem}")
                yield one

    book.add(meant(in_folders([Path(one) for one in settings.folders])))
    for name in settings.lists:
        try:
            with contextlib.ExitStack() as stack:
                stream = sys.stdin if name == "-" else stack.enter_context(_opened(name))
                book.add(meant(in_list(stream)))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
            troubles += 1
            _tell(f"error: {name}: the list cannot be read ({reason.lower()}); check the file")
    for group in settings.groups:
        from kaniko_split.bulk.discovery import in_group

        try:
            book.add(meant(in_group(server(), group, settings)))
        except FailedError as error:
            troubles += 1
            _tell(f"error: the group {group}: {error}")
    return troubles


def _server(settings: Settings, token: Token | None, redact: Redactor) -> Callable[[], Server]:
    """Return what makes the server when it is first asked for; the library for it takes a second to import."""

    @cache
    def made() -> Server:
        pace = Pace(settings.rate)
        return Server(settings.gitlab_url, token, redact, pace, timeout=min(60.0, settings.timeout), jobs=settings.jobs)

    return made


def _check_git(git: Git, settings: Settings) -> None:
    try:
        version = git.text("version")
    except GitError as error:
        raise JournalError(f"{error}; install git") from None
    numbers = re.search(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < _GIT:
        raise JournalError(f"{version} is too old; bulk needs {_GIT[0]}.{_GIT[1]} or newer")
    if settings.branch:
        wrong = check_branch_name(git, settings.branch)
        if wrong:
            raise BadSettingsError(wrong)


# What decides what is found and how it is split; of what was looked at with one answer, nothing is known for another.
_ASKED = ("select", "template_name", "job_name", "cached_only", "keep_order", "ci_file", "configured")


def _check_that_it_goes_on(book: Journal, settings: Settings) -> None:
    """Make sure that a run goes on with the branch's name that it has used, and asks what it has asked.

    Raises:
        BadSettingsError: It does not.
    """
    text = book.about("settings")
    if text is None:
        return
    before = settings_from(text)
    if before.branch and settings.branch and before.branch != settings.branch:
        raise BadSettingsError(
            f"this run has made branches called `{before.branch}`; go on with that name, or begin another with --into"
        )
    changed = [name for name in _ASKED if getattr(before, name) != getattr(settings, name)]
    if changed and sum(book.counts().values()):
        option = {"configured": "no-config"}.get(changed[0], changed[0].replace("_", "-"))
        raise BadSettingsError(
            f"this run was begun with another --{option}, so what it has found would be shown for it; "
            "go on with the same, or begin another with --into"
        )


def _ended(book: Journal, folder: Path) -> int:
    """Write the results, say in some lines what there is, and return the exit code."""
    try:
        results.write_all(book, folder)
    except OSError as error:
        return _complain(f"{folder}: the results cannot be written ({(error.strerror or str(error)).lower()})")
    counts = book.counts()
    for state, number in counts.items():
        _say(f"{number:>6}  {results.SAYING[state]}")
    for line in results.chart(results.verdicts(book), _WIDTH):
        _say(line)
    _tell(f"{folder}: {', '.join(results.NAMES)}; `kaniko-split bulk status` tells more")
    return _code(book)


def _code(book: Journal) -> int:
    return NOTHING if set(book.counts()) <= _WELL and not _has_refusals(book) else SOMETHING


def _has_refusals(book: Journal) -> bool:
    return any(one["verdict"] != "split" for row in book.rows(_WELL) for one in row.jobs)


def _patterns(texts: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text) for text in texts)


def _opened(name: str) -> contextlib.AbstractContextManager[TextIO]:
    return Path(name).open(encoding="utf-8")


def _say(line: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(visible(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _tell(line: str) -> None:
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(visible(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _complain(sentence: str) -> int:
    _tell(f"error: {sentence}")
    return TROUBLE
