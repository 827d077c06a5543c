"""Which variables may a statement read, and which may it change, by its syntax alone?

The empty name stands for every variable. Nothing is run here, so that this second look shares nothing with the
first one, the replay.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaniko_split.prove.descriptors import opened_by_exec
from kaniko_split.shell.nodes import (
    Arithmetic,
    Call,
    Declaration,
    For,
    Function,
    Literal,
    Other,
    Parameter,
    Statement,
    Substitution,
    Word,
    nested,
    words_of,
)

ANYTHING = ""
Functions = dict[str, tuple[str, Statement]]

_READS_INTO = frozenset({"read", "mapfile", "readarray", "getopts"})
_CHANGES_ANYTHING = frozenset({"eval", ".", "source", "let", "alias"})


def names_written(statement: Statement, functions: Functions, seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the names that a statement may change, with those that it calls.

    Args:
        statement: The statement.
        functions: The functions that are defined, by name.
        seen: The functions that are being looked into.
    """
    names = _own_writes(statement, functions, seen)
    if isinstance(statement.command, Function):
        return set()
    for block in nested(statement):
        for inner in block:
            names |= names_written(inner, functions, seen)
    return names


def _own_writes(statement: Statement, functions: Functions, seen: frozenset[str]) -> set[str]:
    names: set[str] = set()
    for word in words_of(statement):
        names |= _word_writes(word)
    match statement.command:
        case Call(assignments=assignments, words=()):
            names |= {one.name for one in assignments}
        case Call(words=words):
            names |= _call_writes(words, functions, seen)
            names |= set(opened_by_exec([word.literal for word in words], statement.redirects))
        case Declaration(assignments=assignments, options=options):
            names |= {one.name for one in assignments}
            if any(word.literal is None or "n" in word.literal for word in options):
                names.add(ANYTHING)
        case For(name=name, head=head):
            names.add(name or "REPLY")
            if head is not None:
                names |= set(head.writes)
        case Other(arithmetic=arithmetic, matches=matches, kind=kind):
            if arithmetic is not None:
                names |= set(arithmetic.writes)
            if matches:
                names.add("BASH_REMATCH")
            if kind not in {"TestClause", "ArithmCmd", "LetClause", "TimeClause"}:
                names.add(ANYTHING)
        case _:
            pass
    return names


def _call_writes(words: tuple[Word, ...], functions: Functions, seen: frozenset[str]) -> set[str]:
    texts = [word.literal for word in words]
    while texts and texts[0] in {"command", "builtin"}:
        texts = texts[1:]
    name = texts[0] if texts else None
    if name is None:
        # `$TOOL` may be any command; a program changes no variable, and an executor is one.
        return set()
    if name in functions and name not in seen:
        return names_written(functions[name][1], functions, seen | {name})
    if name in _CHANGES_ANYTHING:
        return {ANYTHING}
    if name in {"cd", "pushd", "popd"}:
        return {"PWD", "OLDPWD"}
    if name in _READS_INTO or name == "unset":
        found = {one for one in texts[1:] if one and not one.startswith("-")}
        if None in texts:
            found.add(ANYTHING)
        if name == "getopts":
            found |= {"OPTIND", "OPTARG"}
        return found or {"REPLY", "MAPFILE"}
    if name == "printf" and len(texts) > 1 and (texts[1] is None or texts[1].startswith("-v")):
        first = words[1].parts[0] if words[1].parts else None
        if texts[1] is None:
            return {ANYTHING} if isinstance(first, Literal) and first.text.startswith("-v") else set()
        target = texts[1][2:] or (texts[2] if len(texts) > 2 else ANYTHING) or ANYTHING
        return {target.partition("[")[0]}
    return set()


def _word_writes(word: Word) -> set[str]:
    names: set[str] = set()
    for part in word.parts:
        match part:
            case Parameter(name=name, assigns=assigns, inner=inner):
                if assigns:
                    names.add(name)
                for one in inner:
                    names |= _word_writes(one)
            case Arithmetic(writes=writes, inner=inner):
                names |= set(writes)
                for one in inner:
                    names |= _word_writes(one)
            case Literal() | Substitution():
                # A substitution runs in a shell of its own.
                pass
    return names


def names_read(statement: Statement, functions: Functions, seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the names that a statement may read, with those that it calls.

    Args:
        statement: The statement.
        functions: The functions that are defined, by name.
        seen: The functions that are being looked into.
    """
    names: set[str] = set()
    for word in words_of(statement):
        names |= _word_reads(word, functions, seen)
    match statement.command:
        case Call(assignments=assignments, words=words):
            names |= {one.name for one in assignments if one.appends or one.indexed}
            for one in assignments:
                names |= set(one.index.reads) if one.index is not None else set()
            name = words[0].literal if words else None
            if name in {"eval", ".", "source", "let"}:
                names.add(ANYTHING)
            if name is not None and name in functions and name not in seen:
                names |= names_read(functions[name][1], functions, seen | {name})
        case Declaration(assignments=assignments):
            names |= {one.name for one in assignments if one.appends or one.indexed or one.value is None}
        case For(head=head) if head is not None:
            names |= set(head.reads)
        case Other(arithmetic=arithmetic, kind=kind):
            names |= set(arithmetic.reads) if arithmetic is not None else set()
            if kind not in {"TestClause", "ArithmCmd", "LetClause", "TimeClause"}:
                names.add(ANYTHING)
        case _:
            pass
    if not isinstance(statement.command, Function):
        for block in nested(statement):
            for inner in block:
                names |= names_read(inner, functions, seen)
    return names


def _word_reads(word: Word, functions: Functions, seen: frozenset[str]) -> set[str]:
    names: set[str] = set()
    for part in word.parts:
        match part:
            case Literal():
                pass
            case Parameter(name=name, inner=inner, indirect=indirect, by_prefix=by_prefix):
                names.add(ANYTHING if indirect or by_prefix or not name else name)
                for one in inner:
                    names |= _word_reads(one, functions, seen)
            case Substitution(statements=statements):
                for one_statement in statements:
                    names |= names_read(one_statement, functions, seen)
            case Arithmetic(reads=reads, inner=inner):
                names |= set(reads)
                for one in inner:
                    names |= _word_reads(one, functions, seen)
    return names


def names_in(word: Word) -> set[str]:
    """Return the names that a word reads."""
    return _word_reads(word, {}, frozenset())


def names_replaced(statement: Statement) -> Iterator[str]:
    """Yield the names that a plain assignment gives a whole new value, whatever they held."""
    match statement.command:
        case Call(assignments=assignments, words=()):
            pass
        case Declaration(assignments=assignments):
            assignments = tuple(one for one in assignments if one.value is not None)
        case For(name=name) if name:
            yield name
            return
        case Call(words=words) if words and words[0].literal == "unset":
            yield from (word.literal for word in words[1:] if word.literal)
            return
        case Call(words=words):
            yield from opened_by_exec([word.literal for word in words], statement.redirects)
            return
        case _:
            return
    yield from (one.name for one in assignments if not one.appends and not one.indexed)
