"""Which statement waits for commands in the background?

POSIX, "wait": without operands it waits for all of them and succeeds; with a process it ends as that process did.
"""

from __future__ import annotations

from kaniko_split.shell.nodes import Call, Chain, If, Statement


def waits(statement: Statement) -> bool:
    """Tell whether a statement begins with `wait`, so that it waits for certain."""
    return _wait_of(statement) is not None


def waits_for_all(statement: Statement) -> bool:
    """Tell whether a statement begins with a `wait` for all that runs in the background."""
    call = _wait_of(statement)
    return call is not None and len(call.words) == 1


def _wait_of(statement: Statement) -> Call | None:
    if statement.background:
        return None
    match statement.command:
        case Call(assignments=(), words=(first, *_)) as call if first.literal == "wait":
            return call
        case Chain(operator="&&" | "||", left=left):
            return _wait_of(left)
        case If(condition=(first, *_)):
            return _wait_of(first)
    return None
