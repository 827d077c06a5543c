"""Which variables may statements change, wherever in them they do?

`effects` tells what is changed behind a statement; here a subshell, a pipe and a function's own variables count too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kaniko_split.shell.nodes import (
    Arithmetic,
    Call,
    Case,
    Chain,
    Declaration,
    For,
    Function,
    Group,
    If,
    Other,
    Parameter,
    Statement,
    While,
    nested,
    substitutions,
    words_of,
)

ANYTHING = "*"  # stands for every variable
_CHANGES_ANYTHING = frozenset({"eval", "source", "."})
_CHANGES_NOTHING = frozenset({"echo", "test", "["})


def names_changed(statements: Iterable[Statement]) -> Iterator[str]:
    """Yield the variables that a statement may change anywhere, in a subshell or function too; `*` for all of them."""
    for statement in statements:
        yield from _changed_by(statement)
        for word in words_of(statement):
            for part in word.parts:
                if isinstance(part, Arithmetic) and part.assigns:
                    yield from part.names
                if isinstance(part, Parameter) and part.assigns:
                    yield part.name
            for part in substitutions(word):
                yield from names_changed(part.statements)
        for block in nested(statement):
            yield from names_changed(block)


def _changed_by(statement: Statement) -> Iterator[str]:
    match statement.command:
        case Call(assignments=assignments, words=words):
            yield from (one.name for one in assignments)
            yield from _changed_by_words([word.literal for word in words])
        case Declaration(assignments=assignments, options=options):
            yield from (one.name for one in assignments if one.value is not None)
            texts = [one.literal or "$" for one in options]
            if any(not text.startswith("-") or "n" in text for text in texts):
                yield ANYTHING
        case For(name=name, head=head):
            yield name
            if head is not None:
                yield from head.writes
        case Other(kind="TestClause", matches=matches):
            if matches:
                yield "BASH_REMATCH"
        case Other():
            yield ANYTHING
        case Chain() | Group() | If() | While() | Case() | None:
            # The statements inside them are asked by the caller.
            return
        case Function(name=name):
            yield f"{name}()"


def _changed_by_words(texts: Sequence[str | None]) -> Iterator[str]:
    """Yield what a simple command may change: `read`, `unset`, `printf -v` and their kin are told names."""
    if not texts or texts[0] in _CHANGES_NOTHING:
        return
    into = texts[0] == "printf" and any(text is not None and text.startswith("-v") for text in texts)
    if texts[0] is None or _CHANGES_ANYTHING & set(texts[:2]) or into:
        yield ANYTHING
    yield from (text for text in texts if text is not None)
