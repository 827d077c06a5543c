"""What does a row of the table of programs say, and how is it written?

Options are written as in a synopsis, separated by spaces: `-t,--target-directory:write!into` names two spellings, the
role of the value that follows (`:text` where it is only a text), and marks. `?` after the names says that a value must
be attached (`-i.bak`, `--color=always`) and may be missing. `-#` is a number (`head -5`). `--arg:text:read` takes two
values, a text and a file.

Operands are roles by position: `read... target` is `cp`, `text change...` is `chmod`. A last `else:search=.` or
`else:input` says what is read without an operand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import TypedDict, Unpack

from msgspec import Struct, field

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.source.patterns import Pattern

_OPTION = Pattern(
    r"(?P<names>-[^:?!\s]*)(?P<optional>\?)?(?:(?P<two>:text)?:(?P<role>[a-z]+))?(?:!(?P<marks>[a-z,]+))?"
)
_OPERAND = Pattern(r"(?P<role>[a-z]+)(?P<many>\.\.\.)?")
EVERYTHING_MARK = "everything"


class Role(Enum):
    """What a word is to the program."""

    TEXT = "text"
    READ = "read"
    WRITE = "write"  # its content may change
    NEW = "new"  # its content is new, whatever was there
    CHANGE = "change"  # read and written
    GONE = "gone"  # removed
    MOVE = "move"  # read and removed
    TARGET = "target"  # the last word of `cp`: a new file, or a folder that is added to
    LINK = "link"  # read, and its base name is written into the working directory
    SEARCH = "search"  # a folder that is read recursively
    IMAGE = "image"
    URL = "url"  # an address, or `file://`
    DATA = "data"  # a text, or `@file`
    FORM = "form"  # `name=value`, `name=@file`
    PLACE = "place"  # a source: a local path, or `host:path`, `s3://bucket/key`
    PLACETO = "placeto"  # a target of the same kind
    ARCHIVE = "archive"  # a local path or an image, as in `oci:path`, `docker://image`
    ARCHIVETO = "archiveto"
    COMMAND = "command"  # this word and all that follow are another command
    SHELL = "shell"  # a text for a shell
    SCRIPT = "script"  # a file that is run
    BASE = "base"  # the folder that the operands are relative to
    NAME = "name"  # a variable of the environment
    INPUT = "input"


class Columns(TypedDict, total=False):
    """The columns of a row. One that is not there is `no`; `failure` is `maybe`, and `can_fail` is true."""

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    searches: tuple[str, ...]
    images: tuple[str, ...]
    names: tuple[str, ...]
    reads_files: bool
    writes_files: bool
    reads_folder: bool
    reads_input: bool
    reads_environment: Certainty
    acts: Certainty
    reads_network: Certainty
    failure: Certainty
    can_fail: bool
    differs: Certainty
    logs_in: bool
    runs_often: bool
    prints: Certainty


class Changes(Columns, total=False):
    """What a mark changes in the columns of a row.

    `operands` are the roles of the operands with this mark; `certain=False` says that no path is surely overwritten.
    """

    certain: bool
    operands: str


class Option(Struct, frozen=True, eq=False):
    """An option of a program: whether it takes a value, what its last value is, and the marks that it sets."""

    name: str
    takes_value: bool
    takes_two: bool
    optional: bool
    role: Role
    marks: tuple[str, ...]


class Operands(Struct, frozen=True, eq=False):
    """The roles of the operands: those at the beginning, one that repeats, those at the end; and the default."""

    first: tuple[Role, ...] = ()
    many: Role | None = None
    last: tuple[Role, ...] = ()
    default: tuple[Role, str] | None = None

    @property
    def roles(self) -> frozenset[Role]:
        """All roles that a word may have."""
        return frozenset({*self.first, *self.last, *([self.many] if self.many else [])})

    def assign(self, count: int) -> tuple[Role, ...] | None:
        """Return the role of each of `count` operands; None where there are more than the program takes."""
        spare = count - len(self.first) - len(self.last)
        if spare < 0:
            last = self.last[max(len(self.last) - count, 0) :]
            return (*self.first[: count - len(last)], *last)
        if self.many is None and spare:
            # The words after a command are its own.
            return (*self.first, *([Role.TEXT] * spare)) if self.first[-1:] == (Role.COMMAND,) else None
        return (*self.first, *([self.many] * spare if self.many else ()), *self.last)


class Usage(Struct, frozen=True, eq=False):
    """The words of one command, sorted.

    Attributes:
        options: Each option that is given, with its value; an empty value where it takes none.
        operands: The other words.
        marks: The marks of the options.
        unsure: Words that may be options or several words, as nobody knows their value.
    """

    options: tuple[tuple[Option, str], ...]
    operands: tuple[str, ...]
    marks: tuple[str, ...]
    unsure: tuple[str, ...]

    def values(self, *names: str) -> tuple[str, ...]:
        """Return the values of the options with these spellings, in order."""
        return tuple(value for option, value in self.options if option.name in names)

    def has(self, *names: str) -> bool:
        """Tell whether an option is given."""
        return any(option.name in names for option, _ in self.options)


Prepare = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Rewrites words of an older style, such as `tar xzf`, into options."""

Refine = Callable[[Usage, CommandEffect], CommandEffect | None]
"""Looks closer at a command's words than options and roles can; None means everything."""


class Row(Struct, frozen=True, eq=False):
    """What a program does with its words.

    Attributes:
        name: Its first words, such as `cp` or `crane digest`; the last one may be a glob (`describe-*`).
        options: Its options, see the module.
        operands: Its operands, see the module.
        columns: What it does, whatever its words are.
        when: What a mark of an option changes in `columns`.
        refine: A closer look at its words.
        prepare: What rewrites its words before they are sorted.
        stops: Options end at the first operand, as for `env` and `timeout`.
        single: Options of several letters begin with one dash (`openssl -in`).
        raw: No word is an option; the operands are for `refine`, as for `find` and `test`.
        any_options: Further options decide nothing that the columns do not cover.
        inherits: The options of its groups may come after its own name too (`kubectl get -n x`).
        group: Its first operand is a sub-command, with a row of its own.
        everything: Nothing is known of what it does, as it runs code that its words do not show.
        examples: Commands that `make truth` runs.
        source: The manual that says so.
    """

    name: str
    options: str = ""
    operands: str = ""
    columns: Columns = field(default_factory=Columns)
    when: Mapping[str, Changes] = field(default_factory=dict)
    refine: Refine | None = None
    prepare: Prepare | None = None
    raw: bool = False
    stops: bool = False
    single: bool = False
    any_options: bool = False
    inherits: bool = False
    group: bool = False
    everything: bool = False
    examples: tuple[str, ...] = ()
    source: str = ""


def row(
    name: str,
    options: str = "",
    operands: str = "",
    *,
    source: str,
    when: Mapping[str, Changes] | None = None,
    refine: Refine | None = None,
    prepare: Prepare | None = None,
    raw: bool = False,
    stops: bool = False,
    single: bool = False,
    any_options: bool = False,
    inherits: bool = False,
    group: bool = False,
    everything: bool = False,
    examples: tuple[str, ...] = (),
    like: Columns | None = None,
    **columns: Unpack[Columns],
) -> Row:
    """Return a row; the arguments are the attributes of `Row`, with the columns spelled out.

    `like` are columns that several rows share; those that are spelled out come before them.
    """
    return Row(
        name=name,
        options=options,
        operands=operands,
        columns={**(like or {}), **columns},
        when=when or {},
        refine=refine,
        prepare=prepare,
        raw=raw,
        stops=stops,
        single=single,
        any_options=any_options,
        inherits=inherits,
        group=group,
        everything=everything,
        examples=examples,
        source=source,
    )


@cache
def options_of(text: str) -> Mapping[str, Option]:
    """Return each option of a synopsis by each of its spellings.

    Raises:
        ValueError: `text` is no synopsis.
    """
    table: dict[str, Option] = {}
    for token in text.split():
        match = _OPTION.fullmatch(token)
        if match is None:
            raise ValueError(f"`{token}` is no option; write `-o`, `-o,--output:new` or `--output:new!mark`")
        names = match["names"].split(",")
        option = Option(
            name=names[0],
            takes_value=match["role"] is not None and match["optional"] is None,
            takes_two=match["two"] is not None,
            optional=match["optional"] is not None,
            role=_role(match["role"] or "text"),
            marks=tuple((match["marks"] or "").split(",")) if match["marks"] else (),
        )
        table.update(dict.fromkeys(names, option))
    return table


@cache
def operands_of(text: str) -> Operands:
    """Return the roles that a row's `operands` names.

    Raises:
        ValueError: `text` names no roles, or more than one that repeats.
    """
    first: list[Role] = []
    last: list[Role] = []
    many: Role | None = None
    default: tuple[Role, str] | None = None
    for token in text.split():
        if token.startswith("else:"):
            name, _, value = token.removeprefix("else:").partition("=")
            default = (_role(name), value)
            continue
        match = _OPERAND.fullmatch(token)
        if match is None:
            raise ValueError(f"`{token}` is no operand; write a role such as `read`, or `read...`")
        role = _role(match["role"])
        if match["many"]:
            if many is not None:
                raise ValueError(f"`{text}` has two operands that repeat; use one `...`")
            many = role
        elif many is None:
            first.append(role)
        else:
            last.append(role)
    return Operands(tuple(first), many, tuple(last), default)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        known = ", ".join(f"`{role.value}`" for role in Role)
        raise ValueError(f"`{name}` is no role; use {known}") from None
