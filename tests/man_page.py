"""What does the man page say? What `--help` says of each command, as troff for man(7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from kaniko_split import __version__
from kaniko_split.cli import app

_CODES = (("0", "Nothing found, or all done."), ("1", "Findings, changes, or something refused."))
_FILES = (
    (".kaniko-split.toml", "What a repository asks for, at its root; or [tool.kaniko-split] in pyproject.toml."),
    (".gitlab-ci.yml", "The file that GitLab starts from, unless --ci-file names another."),
)
_ENVIRONMENT = (
    ("NO_COLOR", "Where it is set, there is no colour."),
    ("FORCE_COLOR", "Where it is set, there is colour also in a pipe."),
    ("COLUMNS", "The width of the terminal, where that is not known."),
)


def man_page() -> str:
    """Return the page, to be kept as `docs/kaniko-split.1`."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    group: Any = typer.main.get_command(app)
    context = group.make_context("kaniko-split", ["--version"], resilient_parsing=True)
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    yield f'.TH KANIKO-SPLIT 1 "" "kaniko-split {__version__}" "User Commands"'
    yield from (".SH NAME", _text("kaniko-split - give each Kaniko image of a GitLab pipeline a job of its own"))
    yield ".SH SYNOPSIS"
    for name in commands:
        yield from (f".B kaniko-split {_text(name)}", "[\\fIOPTIONS\\fR] ...", ".br")
    yield ".SH DESCRIPTION"
    yield _text(
        "Kaniko builds one image per container. A job that runs it twice lets what the first build left behind end up "
        "in the second image. kaniko-split finds such jobs and splits each into a template and one job per image, "
        "with every other byte left as it was, and writes nothing that it has not proved."
    )
    for name, command in commands.items():
        yield from _command(name, command)
    yield ".SH EXIT STATUS"
    yield from _entries((*_CODES, ("2", "Wrong usage, or an input that cannot be read or written.")))
    yield ".SH FILES"
    yield from _entries(_FILES)
    yield ".SH ENVIRONMENT"
    yield from _entries(_ENVIRONMENT)
    yield from (".SH SEE ALSO", ".BR git-apply (1)")


def _command(name: str, command: Any) -> Iterator[str]:
    yield f".SH {_text(name.upper())}"
    for paragraph in (command.help or "").split("\n\n"):
        yield from (".PP", _text(" ".join(paragraph.split())))
    if hasattr(command, "commands"):
        yield from _entries((one, part.get_short_help_str(200)) for one, part in command.commands.items())
        yield from (".PP", f"Each has a help of its own: \\fBkaniko-split {_text(name)} COMMAND --help\\fR.")
    for parameter in command.params:
        record = parameter.get_help_record(command.make_context(name, [], resilient_parsing=True))
        if record is not None:
            yield from _entries([record])
    if command.epilog:
        yield from (".PP", _text(command.epilog))


def _entries(pairs: Any) -> Iterator[str]:
    for term, text in pairs:
        yield from (".TP", f"\\fB{_text(term)}\\fR", _text(" ".join(text.split())))


def _text(text: str) -> str:
    """Return text such that troff shows it as it is."""
    shown = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{shown}" if shown.startswith((".", "'")) else shown
