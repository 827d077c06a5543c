"""Where can a path through statements lead, and how many builds succeed on it at most?

Branches exclude each other, a build that failed and is tried again is one build, and what has no bound that the script
tells is `UNBOUNDED`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import Enum

from msgspec import Struct

UNBOUNDED = math.inf


class Exit(Enum):
    """Where a path leads."""

    TRUE = "on, with status 0"
    FALSE = "on, with another status"
    LEFT = "out of the script, perhaps with status 0"
    DIED = "out of the script, with another status"
    BROKEN = "out of the loop"
    CONTINUED = "to the next turn of the loop"
    RETURNED = "out of the function, perhaps with status 0"
    GAVE_UP = "out of the function, with another status"


ON = (Exit.TRUE, Exit.FALSE)


class Path(Struct, frozen=True):
    """A kind of path: where it leads, and whether a build has failed on it."""

    exit: Exit
    build_failed: bool = False


# For each kind of path, the most builds that succeed on one.
Paths = Mapping[Path, float]

SUCCEEDS: Paths = {Path(Exit.TRUE): 0}
FAILS: Paths = {Path(Exit.FALSE): 0}
EITHER: Paths = {Path(Exit.TRUE): 0, Path(Exit.FALSE): 0}
ANY_EXIT: Paths = {Path(Exit.TRUE): 0, Path(Exit.FALSE): 0, Path(Exit.LEFT): 0}


def most_builds(paths: Paths) -> float:
    """Return the most builds that one path makes."""
    return max(paths.values(), default=0)


def best(pairs: Iterable[tuple[Path, float]]) -> Paths:
    """Return the paths, each kind with the most builds of its pairs."""
    found: dict[Path, float] = {}
    for path, count in pairs:
        found[path] = max(count, found.get(path, count))
    return found


def chained(first: Paths, second: Paths) -> Iterable[tuple[Path, float]]:
    """Yield the paths through two parts of which the second follows the first."""
    for before, count in first.items():
        for path, more in second.items():
            yield Path(path.exit, before.build_failed or path.build_failed), count + more


def taking(paths: Paths, exit_: Exit) -> Paths:
    """Return the paths that lead to `exit_`."""
    return {path: count for path, count in paths.items() if path.exit is exit_}


def leaving(paths: Paths, exit_: Exit) -> Paths:
    """Return the paths that lead anywhere but to `exit_`."""
    return {path: count for path, count in paths.items() if path.exit is not exit_}


def goes_on(paths: Paths) -> bool:
    """Tell whether a path leads to the next statement."""
    return any(path.exit in ON for path in paths)


def negated(paths: Paths) -> Paths:
    """Return the paths behind `!`."""
    turned = {Exit.TRUE: Exit.FALSE, Exit.FALSE: Exit.TRUE}
    return best((Path(turned.get(path.exit, path.exit), path.build_failed), count) for path, count in paths.items())


def in_subshell(paths: Paths) -> Paths:
    """Return what the paths are to the shell outside: an exit ends the subshell alone."""
    exits = {
        Exit.LEFT: ON,
        Exit.DIED: (Exit.FALSE,),
        Exit.RETURNED: ON,
        Exit.GAVE_UP: (Exit.FALSE,),
        Exit.BROKEN: ON,
        Exit.CONTINUED: ON,
    }
    return best(
        (Path(exit_, path.build_failed), count)
        for path, count in paths.items()
        for exit_ in exits.get(path.exit, (path.exit,))
    )


def of_function(paths: Paths) -> Paths:
    """Return the paths through a call: `return` ends the body."""
    exits = {Exit.RETURNED: ON, Exit.GAVE_UP: (Exit.FALSE,)}
    return best(
        (Path(exit_, path.build_failed), count)
        for path, count in paths.items()
        for exit_ in exits.get(path.exit, (path.exit,))
    )


def gives_up(paths: Paths) -> bool:
    """Tell whether a path ends a script or function with a failure that is no build's."""
    return any(path.exit in {Exit.DIED, Exit.GAVE_UP} and not path.build_failed for path in paths)


def piped(left: Paths, right: Paths) -> Paths:
    """Return the paths through a pipe: it ends as its right side does, or fails with its left one (`pipefail`)."""
    found: list[tuple[Path, float]] = []
    for first, count in left.items():
        for second, more in right.items():
            failed = first.build_failed or second.build_failed
            found.append((Path(second.exit, failed), count + more))
            if first.exit is Exit.FALSE:
                found.append((Path(Exit.FALSE, failed), count + more))
    return best(found)


def repeated(turn: Paths, count: int | None, *, endless: bool = False) -> Paths:
    """Return the paths through a loop.

    Args:
        turn: The paths through one iteration.
        count: How many iterations there are; None where that is not known.
        endless: Whether nothing but what is in `turn` ends the loop.
    """
    again = {path: made for path, made in turn.items() if path.exit in {*ON, Exit.CONTINUED}}
    each = max(again.values(), default=0)
    tried = any(path.build_failed for path in again)
    before = each and (UNBOUNDED if count is None else each * (count - 1) if count > 1 else 0)
    if count == 0:
        return SUCCEEDS
    found: list[tuple[Path, float]] = []
    for path, made in turn.items():
        if path in again and endless:
            continue
        exit_ = Exit.TRUE if path.exit in {Exit.BROKEN, Exit.CONTINUED} else path.exit
        found.append((Path(exit_, path.build_failed or (tried and path in again)), before + made))
    if endless and not found:
        # Nothing but a failure ends it.
        return {Path(Exit.DIED): before + each}
    if count is None and not endless:
        found.append((Path(Exit.TRUE), 0))
    return best(found)
