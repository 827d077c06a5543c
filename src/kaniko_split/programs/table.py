"""What does a command do, as the table of programs has it?

What the table does not list means everything: a program, a sub-command, an option, an operand too many.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from typing import Any, cast

from msgspec.structs import replace

from kaniko_split.programs.effect import EVERYTHING, NOTHING, Certainty, CommandEffect
from kaniko_split.programs.roles import in_folder, with_unsure_word, with_word
from kaniko_split.programs.row import (
    EVERYTHING_MARK,
    Changes,
    Columns,
    Option,
    Role,
    Row,
    Usage,
    operands_of,
    options_of,
)
from kaniko_split.programs.usage import holds_expansion, usage_of
from kaniko_split.source.patterns import Pattern

# The order in which they are read: what most scripts use comes first.
FIELDS = (
    "files",
    "text",
    "looks",
    "checks",
    "modes",
    "scripted",
    "archives",
    "wrappers",
    "vcs",
    "network",
    "containers",
    "artifacts",
    "scanners",
    "clusters",
    "clouds",
    "interpreters",
    "packages",
)
_FOLDERS = frozenset({"/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/local/sbin", "/busybox"})
_NO_MORE: Mapping[str, Row] = {}
# A row that says nothing else: it may fail, and nobody knows whether that is a verdict.
_START = replace(NOTHING, can_fail=True, failure=Certainty.MAYBE)
_SETS = frozenset({"reads", "writes", "searches", "images", "names"})
_ABSOLUTE = Pattern(r"/|~/|\$(?:HOME|CI_PROJECT_DIR|\{HOME\}|\{CI_PROJECT_DIR\})(?:/|$)")


class _Table(Mapping[str, Row]):
    """All rows by their names. A field is imported when a name is asked for that no field before it has."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._fields = iter(FIELDS)

    def __getitem__(self, name: str) -> Row:
        while name not in self._rows:
            if not self._read_field():
                raise KeyError(name)
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        while self._read_field():
            pass
        return iter(self._rows)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read_field(self) -> bool:
        field = next(self._fields, None)
        if field is None:
            return False
        for row in cast("tuple[Row, ...]", import_module(f"kaniko_split.programs.{field}").ROWS):
            for name in names_of(row):
                if name in self._rows:
                    raise ValueError(f"two rows are called `{name}`")
                self._rows[name] = row
        return True


@lru_cache(maxsize=1)
def table() -> Mapping[str, Row]:
    """Return all rows by their names.

    Raises:
        ValueError: two rows have the same name; raised when the second is read.
    """
    return _Table()


def names_of(row: Row) -> tuple[str, ...]:
    """Return the names that a row is for: the last word of `crane digest,manifest` has two."""
    first, space, last = row.name.rpartition(" ")
    return tuple(f"{first}{space}{name}" for name in last.split(","))


def effect_of(words: tuple[str, ...], more: Mapping[str, Row] = _NO_MORE) -> CommandEffect:
    """Return what a command does.

    Args:
        words: Its words after quote removal, its name first; unknown parts as written (`$TAG`, `$(cat v)`).
        more: Further rows by their names, which come before those of the table.
    """
    if not words or holds_expansion(words[0]):
        return EVERYTHING
    further = row_name(words, more)
    if further is not None:
        return _of_row(further, words[1 + further.count(" ") :], more, ())
    folder, name = posixpath.split(words[0])
    if folder and folder not in _FOLDERS:
        return replace(EVERYTHING, runs_file=words[0], reads=frozenset({words[0]}), source="a script")
    if name == "busybox" and len(words) > 1 and words[1] != "busybox":
        return effect_of(words[1:], more) if not words[1].startswith("-") and "/" not in words[1] else EVERYTHING
    row = table().get(name)
    return EVERYTHING if row is None else _of_row(name, words[1:], table(), ())


def row_name(words: tuple[str, ...], more: Mapping[str, Row]) -> str | None:
    """Return the longest name in `more` that a command begins with; None where there is none.

    A name is one or several words (`ci/report.sh publish`). The folder of a program that is installed
    (`/usr/bin/notify`) does not count.
    """
    if not words or not more:
        return None
    folder, name = posixpath.split(words[0])
    firsts = (words[0], name) if folder in _FOLDERS else (words[0],)
    longest = max(name.count(" ") for name in more) + 1
    counts = range(min(longest, len(words)), 0, -1)
    names = (" ".join((first, *words[1:count])) for count in counts for first in firsts)
    return next((name for name in names if name in more), None)


def _of_row(
    name: str, words: tuple[str, ...], rows: Mapping[str, Row], before: tuple[tuple[Option, str], ...]
) -> CommandEffect:
    """Return what the words after a row's name do; `before` are the options of the groups that it is in."""
    row = rows[name]
    everything = replace(EVERYTHING, known=True, source=row.source)
    if row.group:
        return _of_group(name, words, rows, before)
    if row.everything:
        return _with_columns(everything, row.columns)
    own = options_of(row.options)
    outer = _options_of_groups(name, rows) if row.inherits else {}
    if row.prepare is not None:
        words = row.prepare(words)
    if row.raw:
        usage: Usage | None = Usage((), words, (), ())
    else:
        usage = usage_of(words, {**outer, **own}, stops=row.stops, single=row.single, any_options=row.any_options)
    if usage is None:
        return everything
    usage = replace(
        usage,
        options=(*before, *usage.options),
        marks=(*(mark for option, _ in before for mark in option.marks), *usage.marks),
    )
    if EVERYTHING_MARK in usage.marks:
        return everything
    effect = _effect(row, usage)
    if effect is not None and row.refine is not None:
        effect = row.refine(usage, effect)
    return everything if effect is None else _finished(effect, row)


def _of_group(
    name: str, words: tuple[str, ...], rows: Mapping[str, Row], before: tuple[tuple[Option, str], ...]
) -> CommandEffect:
    row = rows[name]
    nothing_known = replace(EVERYTHING, source=row.source)
    usage = usage_of(words, options_of(row.options), stops=True, single=row.single)
    if usage is None or usage.unsure:
        return nothing_known
    before = (*before, *usage.options)
    if not usage.operands:
        # `git --version`, or a page of help.
        return _finished(replace(_START, failure=Certainty.NO, prints=Certainty.YES), row)
    wanted = f"{name} {usage.operands[0]}"
    if wanted not in rows:
        wanted = next((pattern for pattern in _patterns(rows) if fnmatchcase(wanted, pattern)), "")
    return _of_row(wanted, usage.operands[1:], rows, before) if wanted else nothing_known


def _patterns(rows: Mapping[str, Row]) -> list[str]:
    """Return the names that are globs, as `aws * describe-*`."""
    return [name for name in rows if "*" in name]


def _options_of_groups(name: str, rows: Mapping[str, Row]) -> dict[str, Option]:
    """Return the options of the groups that a sub-command is in."""
    names = name.split()
    groups = [rows[" ".join(names[:count])] for count in range(1, len(names))]
    return {name: option for group in groups for name, option in options_of(group.options).items()}


def _effect(row: Row, usage: Usage) -> CommandEffect | None:
    columns = cast("Changes", dict(row.columns))
    for mark in usage.marks:
        columns.update(row.when.get(mark, Changes()))
    effect = _with_columns(_START, columns)
    base = ""
    for option, value in usage.options:
        if option.role is Role.BASE:
            base = in_folder(base, value)
        elif option.takes_value or value:
            done = with_word(effect, option.role, value, ())
            if done is None:
                return _script(option.role, value, row)
            effect = done
    operands = operands_of(columns.get("operands", row.operands))
    roles = operands.assign(len(usage.operands))
    if roles is None:
        return None
    for at, (role, word) in enumerate(zip(roles, usage.operands, strict=False)):
        path = word if role in {Role.TEXT, Role.COMMAND, Role.SHELL, Role.SCRIPT} else in_folder(base, word)
        done = with_word(effect, role, path, usage.operands[at + 1 :])
        if done is None:
            return _script(role, word, row)
        effect = done
        if role is Role.COMMAND:
            break
    if not usage.operands and operands.default is not None:
        role, word = operands.default
        done = with_word(effect, role, in_folder(base, word), ())
        if done is None:
            return None
        effect = done
    if not columns.get("certain", True):
        effect = replace(effect, overwrites=frozenset(), overwrites_file=frozenset())
    return _unsure(row, usage, effect) if usage.unsure else effect


def _script(role: Role, word: str, row: Row) -> CommandEffect | None:
    """Return everything, with the script that is run."""
    if role is not Role.SCRIPT:
        return None
    return replace(EVERYTHING, known=True, runs_file=word, reads=frozenset({word}), source=row.source)


def _unsure(row: Row, usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Return `effect` with all that the row's options may decide, as some words may be options or several words."""
    options = options_of(row.options).values()
    if any(EVERYTHING_MARK in option.marks for option in options):
        return None
    roles = {option.role for option in options} | operands_of(row.operands).roles
    for columns in row.when.values():
        roles |= operands_of(columns.get("operands", "")).roles
        effect = _weakened(effect, columns)
    for word in usage.unsure:
        for role in sorted(roles, key=lambda role: role.value):
            done = with_unsure_word(effect, role, word)
            if done is None:
                return None
            effect = done
    return replace(effect, overwrites=frozenset(), overwrites_file=frozenset())


def _with_columns(effect: CommandEffect, columns: Columns) -> CommandEffect:
    changes: dict[str, Any] = {
        name: frozenset(cast("tuple[str, ...]", value)) if name in _SETS else value
        for name, value in columns.items()
        if name not in {"operands", "certain"}
    }
    return replace(effect, **changes)


def _weakened(effect: CommandEffect, columns: Columns) -> CommandEffect:
    """Return `effect` as it is where `columns` may hold or not."""
    other = _with_columns(effect, columns)
    changes: dict[str, Any] = {}
    for name in columns:
        if name in {"operands", "certain"}:
            continue
        here, there = getattr(effect, name), getattr(other, name)
        if isinstance(here, Certainty):
            changes[name] = here if here is there else Certainty.MAYBE
        else:
            changes[name] = here | there
    return replace(effect, **changes)


def _finished(effect: CommandEffect, row: Row) -> CommandEffect:
    """Return `effect` with what follows from its other columns."""
    if effect.runs_file is not None:
        return effect
    paths = effect.reads | effect.writes | effect.searches
    relative = any(_ABSOLUTE.match(path) is None for path in paths)
    # A row's own paths, such as git's index, do not hide that the command is for printing.
    changes = effect.writes - set(row.columns.get("writes", ())) or effect.writes_files or effect.logs_in
    return replace(
        effect,
        reads_folder=effect.reads_folder or relative or effect.reads_files or effect.writes_files,
        prints=Certainty.NO if changes or effect.acts is Certainty.YES else effect.prints,
        source=effect.source or row.source,
    )
