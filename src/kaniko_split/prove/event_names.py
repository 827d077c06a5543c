"""Which variables does a command that ran read, change and replace?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from kaniko_split.prove.claim import is_common
from kaniko_split.prove.events import Event
from kaniko_split.prove.names import ANYTHING, names_read, names_replaced, names_written
from kaniko_split.prove.symbols import is_known
from kaniko_split.shell.nodes import Declaration, For, Statement, While

POSITIONAL = frozenset({*"123456789@*#"})


def reads_of(event: Event) -> frozenset[str]:
    """Return the variables that a command may read; the empty name stands for all."""
    if event.words[:1] == ("shift",):
        return frozenset(POSITIONAL)
    if event.node is None or event.words[:1] == ("case",):
        return frozenset(event.names)
    return frozenset(names_read(_alone(event.node), {})) | event.names


def writes_of(event: Event) -> set[str]:
    """Return the variables that a command may change; the empty name stands for all."""
    match event.words:
        case ("unset", *names):
            return {ANYTHING} if not all(map(is_known, names)) else {one for one in names if not one.startswith("-")}
        case ("set", *operands) if "--" in operands or not all(one[:1] in {"-", "+"} for one in operands):
            return set(POSITIONAL)
        case ("shift", *_):
            return set(POSITIONAL)
        case ("printf", "-v", name, *_) if is_known(name):
            return {name.partition("[")[0]}
        case _:
            pass
    match event.node:
        case None:
            return set()
        case Statement(command=For(name=name)) if event.words[:1] == ("=",):
            return {name}
        case Statement() as node:
            # The replay follows the folder, and `cd a` and `cd ..` lead back.
            written = names_written(_alone(node), {}) - {"PWD", "OLDPWD"}
            # What it evaluates or sources runs as commands of its own.
            known = (
                event.words[:1]
                and event.words[0] in {"eval", ".", "source", "alias"}
                and event.claim.writes is not None
            )
            return set() if known else written


def _alone(statement: Statement) -> Statement:
    """Return a statement without those inside of it, which are commands of their own."""
    match statement.command:
        case For(name=name, items=items, head=head, selects=selects):
            return Statement(statement.span, For(name, items, (), head, selects), statement.redirects)
        case While():
            return Statement(statement.span, None, statement.redirects)
        case _:
            return statement


def replaced_by(event: Event) -> Iterator[str]:
    """Yield the variables that a command gives a whole new value, whatever they held."""
    if event.words[:1] == ("unset",):
        yield from (one for one in event.words[1:] if is_known(one) and not one.startswith("-"))
    elif event.words[:2] == ("set", "--"):
        yield from POSITIONAL
    elif event.node is not None:
        yield from names_replaced(event.node)


def exported_since(events: Sequence[Event], given: Collection[str]) -> dict[str, int]:
    """Return the names that some command exports, each with the place of the first command that may see it.

    A loop is followed once, so that in one, as in any subshell, the order of commands tells nothing.

    Args:
        events: The commands in order.
        given: The variables that the pipeline gives, which are exported from the start.
    """
    found: dict[str, int] = {}
    for number, event in enumerate(events):
        for name in _exported_by(event):
            early = event.shells or name in given or is_common(name)
            found[name] = min(0 if early else number, found.get(name, number))
    return found


def _exported_by(event: Event) -> Iterator[str]:
    command = event.node.command if event.node is not None else None
    if isinstance(command, Declaration) and (
        command.keyword == "export" or any("x" in (word.literal or "x") for word in command.options)
    ):
        yield from (one.name for one in command.assignments)
