"""Which words does a loop go over, and which loops are all of each other's bodies?"""

from __future__ import annotations

from msgspec import Struct

from kaniko_split.flow.changed_names import ANYTHING, names_changed
from kaniko_split.flow.state import ShellState
from kaniko_split.shell.nodes import For, Statement
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import names_behind
from kaniko_split.source.patterns import Pattern

_BRACES = Pattern(r"\{.*(?:,|\.\.).*\}")


class Level(Struct, frozen=True, eq=False):
    """One of the loops that are nested in each other.

    Attributes:
        name: The loop's variable.
        values: The words that it goes over, as far as they are known.
        body: Its statements.
        variables: The variables that its words are read from.
    """

    name: str
    values: tuple[Value, ...]
    body: tuple[Statement, ...]
    variables: tuple[str, ...]


def levels_of(statement: Statement, state: ShellState) -> tuple[Level, ...]:
    """Return a loop and those that are all of each other's bodies, from the outermost; none for anything else.

    Args:
        statement: A statement.
        state: The state in which it runs.
    """
    levels: list[Level] = []
    changed: set[str] = set()
    while isinstance(statement.command, For) and statement.command.head is None:
        command = statement.command
        entries = entries_of(command, state)
        read = tuple(name for word in command.items or () for name in names_behind(word))
        if entries is None:
            break
        if levels and (changed.intersection(read) or (read and ANYTHING in changed)):
            # Each iteration of the outer loop would go over other words.
            break
        levels.append(Level(command.name, entries, command.body, read))
        changed |= {command.name, *names_changed(command.body)}
        statement = command.body[0] if command.body else statement
        plain = not (statement.negated or statement.background or statement.redirects)
        if len(command.body) != 1 or not plain:
            break
    return tuple(levels)


def entries_of(command: For, state: ShellState) -> tuple[Value, ...] | None:
    """Return the words that a loop goes over, as far as they are known; None where nobody knows how many they are.

    Without a list these are the positional parameters (POSIX, "The for Loop", 2.9.4.2).
    """
    if command.items is not None:
        return state.values(command.items)
    count = state.known.get("#")
    if command.head is not None or count is None or not count.exact:
        return None
    return tuple(state.known[str(number)] for number in range(1, int(count.text) + 1))


def goes_over_braces(statement: Statement) -> bool:
    """Tell whether a loop's list has braces such as `{api,web}`, which are one word to a POSIX shell."""
    items = statement.command.items if isinstance(statement.command, For) else None
    return any(_BRACES.match(word.literal or "") for word in items or ())
