"""What are the parts of a shell script, and where does each stand?

Spans are in characters of the script's text. The shapes are those of the shell grammar (POSIX, "Shell Command
Language", 2.9) as far as this project asks for them; what it never asks for is `Other`.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kaniko_split.source.text import Span


class Literal(Struct, frozen=True, eq=False):
    """Text that stands for itself; `text` is without quotes and backslashes."""

    text: str
    quoted: bool


class Parameter(Struct, frozen=True, eq=False):
    """`$name` or `${name...}`; `plain` where nothing but the name is in the braces.

    `indirect` where its value names the variable that is read, as in bash's `${!name}`; with `by_prefix`, all variables
    with that prefix are named (`${!name*}`). `operator` is the sign behind the name: `:-`, `:=`, `:?`, `#`, `%%`, `/`
    for a replacement, `:` for a slice, `[` for an index, `length` for `${#name}`; empty where there is none.
    """

    name: str
    span: Span
    quoted: bool
    plain: bool
    assigns: bool
    inner: tuple[Word, ...] = ()
    indirect: bool = False
    by_prefix: bool = False
    operator: str = ""

    @property
    def may_end(self) -> bool:
        """Whether the shell ends where the variable is not set (POSIX, 2.6.2: `${name:?word}`)."""
        return self.operator in {"?", ":?"}


class Substitution(Struct, frozen=True, eq=False):
    """`$(...)`, backquotes or `<(...)`: the output of other statements."""

    span: Span
    quoted: bool
    statements: tuple[Statement, ...]


class Arithmetic(Struct, frozen=True, eq=False):
    """`$((...))`, with the names in it; `assigns` where it may change some of them: `writes`, in order.

    `reads` are the names whose value before it matters; `inner` are its words with expansions.
    """

    span: Span
    quoted: bool
    names: tuple[str, ...]
    assigns: bool = False
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    inner: tuple[Word, ...] = ()


Part = Literal | Parameter | Substitution | Arithmetic


class Word(Struct, frozen=True, eq=False):
    """One word as it is written, before the shell expands it."""

    span: Span
    parts: tuple[Part, ...]

    @property
    def literal(self) -> str | None:
        """The word's value where no expansion takes part in it, else None."""
        texts = [part.text for part in self.parts if isinstance(part, Literal)]
        return "".join(texts) if len(texts) == len(self.parts) else None


class Assignment(Struct, frozen=True, eq=False):
    """`name=value`, also behind `export`; `value` is None for a bare name, `appends` for `+=`.

    `indexed` where it assigns one element of an array, at `index`. `elements` are the words of `name=(...)`, which
    makes a whole one (`is_array`); None where it gives them indexes. Its `value` has the parts of them all.
    """

    name: str
    value: Word | None
    span: Span
    appends: bool = False
    indexed: bool = False
    elements: tuple[Word, ...] | None = None
    is_array: bool = False
    index: Arithmetic | None = None


class Redirect(Struct, frozen=True, eq=False):
    """`>file` and its kin; `operator` as written, `body` the text of a here-document's words.

    `number` is the descriptor that is written before the operator (`3>file`), or a variable for it (`{fd}>file`);
    empty where there is none.
    """

    operator: str
    target: Word
    span: Span
    body: Word | None = None
    number: str = ""


class Call(Struct, frozen=True, eq=False):
    """Assignments and words: a simple command."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]


class Declaration(Struct, frozen=True, eq=False):
    """`export`, `local`, `readonly`, `declare` or `typeset`."""

    keyword: str
    assignments: tuple[Assignment, ...]
    options: tuple[Word, ...]


class Chain(Struct, frozen=True, eq=False):
    """Two statements joined by `&&`, `||`, `|` or `|&`."""

    operator: str
    left: Statement
    right: Statement


class Group(Struct, frozen=True, eq=False):
    """`{ ...; }`, or with `subshell` `( ... )`."""

    statements: tuple[Statement, ...]
    subshell: bool


class If(Struct, frozen=True, eq=False):
    """`if`; an `elif` is an `If` alone in `otherwise`."""

    condition: tuple[Statement, ...]
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class For(Struct, frozen=True, eq=False):
    """`for` and `select`; `items` is None for a loop that counts (its `head`) or reads the positional parameters."""

    name: str
    items: tuple[Word, ...] | None
    body: tuple[Statement, ...]
    head: Arithmetic | None = None
    selects: bool = False


class While(Struct, frozen=True, eq=False):
    """`while` or `until`."""

    condition: tuple[Statement, ...]
    body: tuple[Statement, ...]
    until: bool


class Case(Struct, frozen=True, eq=False):
    """`case`; one tuple of patterns and one of statements for each branch.

    `falls_through` tells of each whether it goes on to the next one, as `;&` and `;;&` have it.
    """

    subject: Word
    branches: tuple[tuple[Statement, ...], ...]
    patterns: tuple[tuple[Word, ...], ...]
    falls_through: tuple[bool, ...]


class Function(Struct, frozen=True, eq=False):
    """The definition of a function; it runs only when it is called."""

    name: str
    body: Statement


class Other(Struct, frozen=True, eq=False):
    """Anything else: `[[ ... ]]`, `((...))`, `let`, `time`, `coproc`.

    Attributes:
        kind: The name of shfmt's node: `TestClause`, `ArithmCmd`, `LetClause`, `TimeClause`, `CoprocClause`, ...
        statements: The statements in it.
        words: The words in it.
        arithmetic: The expression of `((...))` and `let`.
        matches: Whether `[[ ... =~ ... ]]` sets BASH_REMATCH.
    """

    kind: str
    statements: tuple[Statement, ...]
    words: tuple[Word, ...]
    arithmetic: Arithmetic | None = None
    matches: bool = False


Command = Call | Declaration | Chain | Group | If | For | While | Case | Function | Other


class Statement(Struct, frozen=True, eq=False):
    """A command with its redirects; `command` is None for redirects alone."""

    span: Span
    command: Command | None
    redirects: tuple[Redirect, ...] = ()
    negated: bool = False
    background: bool = False
    ended_by_semicolon: bool = False


class Script(Struct, frozen=True, eq=False):
    """A whole script: its top-level statements and the spans of its comments, `#` included."""

    text: str
    statements: tuple[Statement, ...]
    comments: tuple[Span, ...]


def nested(statement: Statement) -> Iterator[tuple[Statement, ...]]:
    """Yield the lists of statements that stand directly inside `statement`, substitutions left out."""
    match statement.command:
        case Chain(left=left, right=right):
            yield (left,)
            yield (right,)
        case Group(statements=inner):
            yield inner
        case If(condition=condition, then=then, otherwise=otherwise):
            yield from (condition, then, otherwise)
        case For(body=body):
            yield body
        case While(condition=condition, body=body):
            yield from (condition, body)
        case Case(branches=branches):
            yield from branches
        case Function(body=one):
            yield (one,)
        case Other(statements=inner):
            yield inner
        case Call() | Declaration() | None:
            return


def words_of(statement: Statement) -> Iterator[Word]:
    """Yield the words of `statement` itself: values, arguments, targets; not those of nested statements."""
    match statement.command:
        case Call(assignments=assignments, words=words):
            yield from (assignment.value for assignment in assignments if assignment.value is not None)
            yield from words
        case Declaration(assignments=assignments, options=options):
            yield from (assignment.value for assignment in assignments if assignment.value is not None)
            yield from options
        case For(items=items):
            yield from items or ()
        case Case(subject=subject):
            yield subject
        case Other(words=words):
            yield from words
        case Chain() | Group() | If() | While() | Function() | None:
            pass
    for redirect in statement.redirects:
        yield redirect.target
        if redirect.body is not None:
            yield redirect.body


def substitutions(word: Word) -> Iterator[Substitution]:
    """Yield the command substitutions of a word, also those inside of `${...}`."""
    for part in word.parts:
        if isinstance(part, Substitution):
            yield part
        elif isinstance(part, Parameter):
            for inner in part.inner:
                yield from substitutions(inner)
