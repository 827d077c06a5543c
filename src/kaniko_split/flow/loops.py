"""Which words does a loop go over, and which loops end each other's bodies?"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from kaniko_split.flow.changed_names import ANYTHING, names_changed
from kaniko_split.flow.commands import FRESH_VARIABLES
from kaniko_split.flow.state import ShellState
from kaniko_split.shell.nodes import Call, For, Statement, substitutions, words_of
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import names_assigned, names_behind, reads_indirectly
from kaniko_split.source.patterns import Pattern

# The shell itself gives these other values.
_CHANGES_UNSEEN = frozenset({*FRESH_VARIABLES, "PWD", "OLDPWD", "_", "LINENO"})
_BRACES = Pattern(r"\{.*(?:,|\.\.).*\}")


class Level(Struct, frozen=True, eq=False):
    """One of the loops that are nested in each other.

    Attributes:
        name: The loop's variable.
        values: The words that it goes over, as far as they are known.
        body: Its statements.
        variables: The variables that its words are read from.
        before: What comes before it in the body of the loop around it, and may run before each iteration as well.
    """

    name: str
    values: tuple[Value, ...]
    body: tuple[Statement, ...]
    variables: tuple[str, ...]
    before: tuple[Statement, ...] = ()


def levels_of(statement: Statement, state: ShellState) -> tuple[Level, ...]:
    """Return a loop and those that end each other's bodies, from the outermost; none for anything else.

    What comes before such a loop only prints or sets variables, and does the same before each of its iterations.

    Args:
        statement: A statement.
        state: The state in which it runs.
    """
    levels: list[Level] = []
    changed: set[str] = set()
    before: tuple[Statement, ...] = ()
    while isinstance(statement.command, For) and statement.command.head is None:
        command = statement.command
        entries = entries_of(command, state)
        read = tuple(name for word in command.items or () for name in names_behind(word))
        if entries is None:
            break
        if levels and (changed.intersection(read) or (read and ANYTHING in changed)):
            # Each iteration of the outer loop would go over other words.
            break
        levels.append(Level(command.name, entries, command.body, read, before))
        changed |= {command.name, *names_changed(command.body)}
        if not command.body:
            break
        *heads, statement = command.body
        before = tuple(heads)
        plain = not (statement.negated or statement.background or statement.redirects)
        stable = {*state.known, *state.assigned, *state.setting.given, *(level.name for level in levels)}
        if not plain or not _may_repeat(command.body, stable - _CHANGES_UNSEEN):
            break
    return tuple(levels)


def _may_repeat(body: Sequence[Statement], stable: set[str]) -> bool:
    """Tell whether what comes before a loop does the same, and nothing more, where it runs before each iteration.

    Args:
        body: The statements of the loop around it, the inner loop last.
        stable: The variables whose values nothing but a command of the script changes.
    """
    *before, inner = body
    for number, statement in enumerate(before):
        command, changed = statement.command, set(names_changed(body[number:]))
        plain = not (statement.negated or statement.background or statement.redirects)
        if not isinstance(command, Call) or not plain or ANYTHING in changed:
            return False
        words = tuple(words_of(statement))
        if any(tuple(substitutions(word)) or tuple(names_assigned(word)) or reads_indirectly(word) for word in words):
            return False
        read = {name for word in words for name in names_behind(word)}
        prints = bool(command.words) and command.words[0].literal == "echo" and not command.assignments
        whole = not any(one.appends or one.indexed or one.is_array for one in command.assignments)
        sets = not command.words and whole and all(name in stable or _is_of_gitlab(name) for name in read)
        own = {one.name for one in command.assignments}
        if not (prints or sets) or read & changed or own.intersection(names_changed([inner])):
            return False
        stable |= own
    return True


def _is_of_gitlab(name: str) -> bool:
    return name.startswith("CI_") and name not in FRESH_VARIABLES


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
