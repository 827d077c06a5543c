"""What can a command do to the job, and what can it ask of it?"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Certainty(Enum):
    """Whether something is so. What is not known is MAYBE, never NO."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"

    @property
    def possible(self) -> bool:
        """Tell whether it may be so."""
        return self is not Certainty.NO


_NONE: frozenset[str] = frozenset()


class CommandEffect(Struct, frozen=True):
    """What one command reads, writes, runs and asks.

    Paths are as the words have them, relative to the working directory; a glob and `$X` stay as written, and the caller
    resolves them. A folder stands for everything below it. Redirects, `PATH` and the dynamic loader's variables are the
    caller's matter, and so is the registry login that a program with `images` or `reads_network` uses.

    With `runs` or `runs_text`, the columns describe the wrapper alone; the caller adds what the inner command does.
    With `runs_file`, the columns are pessimistic; a caller that reads the script uses its effects instead.

    Attributes:
        reads: Paths whose content, existence or mode is read.
        writes: Paths whose content, existence or mode may change.
        overwrites: Those of `writes` that have new content, or are gone, once the command succeeds.
        overwrites_file: Those of `writes` that have new content once the command succeeds, unless they are folders
            (`cp a b`).
        reads_files: It reads files that no word names.
        writes_files: It writes files that no word names.
        searches: Folders that are read recursively.
        reads_folder: It depends on the working directory.
        reads_environment: It looks at exported variables that its words do not name.
        names: Variables of the environment that it is known to read.
        reads_input: It reads standard input when no redirect or pipe is named.
        acts: It has an effect outside the container.
        reads_network: It asks a server.
        failure: Its failure is a verdict: a test, a scan, a comparison, a verification.
        can_fail: False only for what cannot fail in practice.
        differs: It gives another value at another moment or in another job.
        logs_in: It writes a registry or cloud login.
        images: Words that name an image in a registry.
        runs: The words of another command that it runs.
        runs_often: It runs `runs` once per item.
        runs_text: A text that it gives to a shell.
        runs_file: A script that it runs.
        prints: Its only effect may be what it prints.
        known: False where the table has no row for the program or one of its words.
        source: Where the row comes from.
    """

    reads: frozenset[str]
    writes: frozenset[str]
    overwrites: frozenset[str]
    reads_files: bool
    writes_files: bool
    searches: frozenset[str]
    reads_folder: bool
    reads_environment: Certainty
    names: frozenset[str]
    reads_input: bool
    acts: Certainty
    reads_network: Certainty
    failure: Certainty
    can_fail: bool
    differs: Certainty
    logs_in: bool
    images: frozenset[str]
    runs: tuple[str, ...]
    runs_often: bool
    runs_text: str | None
    runs_file: str | None
    prints: Certainty
    known: bool
    source: str
    overwrites_file: frozenset[str] = _NONE


NOTHING = CommandEffect(
    reads=_NONE,
    writes=_NONE,
    overwrites=_NONE,
    reads_files=False,
    writes_files=False,
    searches=_NONE,
    reads_folder=False,
    reads_environment=Certainty.NO,
    names=_NONE,
    reads_input=False,
    acts=Certainty.NO,
    reads_network=Certainty.NO,
    failure=Certainty.NO,
    can_fail=False,
    differs=Certainty.NO,
    logs_in=False,
    images=_NONE,
    runs=(),
    runs_often=False,
    runs_text=None,
    runs_file=None,
    prints=Certainty.NO,
    known=True,
    source="",
)
"""What a command without any effect does; the start from which a row adds."""

EVERYTHING = CommandEffect(
    reads=_NONE,
    writes=_NONE,
    overwrites=_NONE,
    reads_files=True,
    writes_files=True,
    searches=_NONE,
    reads_folder=True,
    reads_environment=Certainty.MAYBE,
    names=_NONE,
    reads_input=True,
    acts=Certainty.MAYBE,
    reads_network=Certainty.MAYBE,
    failure=Certainty.MAYBE,
    can_fail=True,
    differs=Certainty.MAYBE,
    logs_in=True,
    images=_NONE,
    runs=(),
    runs_often=False,
    runs_text=None,
    runs_file=None,
    prints=Certainty.MAYBE,
    known=False,
    source="no row",
)
"""What a command does of which nothing is known."""
