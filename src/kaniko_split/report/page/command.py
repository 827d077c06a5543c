"""Which words of a command line stand for a job, a file and what the user asked for?

The page's script joins these words; the quoting is done here. It is that of a POSIX shell, with `$'...'` of bash, zsh
and POSIX 2024 for what a terminal could not show.
"""

from __future__ import annotations

import posixpath
import shlex

from kaniko_split.report.asked import Asked
from kaniko_split.report.document import JobOutcome, PipelineOutcome
from kaniko_split.report.page.markup import plain
from kaniko_split.source.patterns import Pattern

PROGRAM = "kaniko-split apply"
_STDIN = "stdin"
_PATTERN = Pattern(r"[*?[]")
_IN_BRACKETS = r"[\g<0>]"


def quoted(word: str) -> str:
    """Return `word` such that a shell reads it as one word, and a person sees all of it."""
    if plain(word) == word:
        return shlex.quote(word)
    escaped = "".join(_octal(char) for char in word)
    return f"$'{escaped}'"


def selecting(job: str) -> str:
    """Return the option that means the job of exactly this name: `*`, `?` and `[` are no patterns in it."""
    return f"--select {quoted(_PATTERN.sub(_IN_BRACKETS, job))}"


def path_of(pipeline: PipelineOutcome, outcome: JobOutcome) -> str:
    """Return the words that name the file in which the job is written.

    They begin in the folder where the paths of the document do. The root's path would not do: it means the jobs that
    are written in it, and not those of the files that it includes.
    """
    if pipeline.root == _STDIN:
        return "-"
    path = posixpath.normpath(posixpath.join(pipeline.repository, outcome.job_place.path))
    return quoted(f"./{path}" if path.startswith("-") else path)


def cloning(address: str, repository: str) -> str:
    """Return the command that clones a repository to where the paths of the document lead."""
    return f"git clone -- {quoted(address)} {quoted(repository)}"


def beginning(asked: Asked) -> str:
    """Return the program, and the options that decide about names and about what is found."""
    words = [PROGRAM]
    if asked.template_name is not None:
        words.append(f"--template-name {quoted(asked.template_name)}")
    if asked.job_name is not None:
        words.append(f"--job-name {quoted(asked.job_name)}")
    if asked.ci_file is not None:
        words.append(f"--ci-file {quoted(asked.ci_file)}")
    if asked.cached_only:
        words.append("--cached-only")
    if asked.keep_order:
        words.append("--keep-order")
    return " ".join(words)


def _octal(char: str) -> str:
    if char in "'\\":
        return "\\" + char
    if plain(char) == char:
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))
