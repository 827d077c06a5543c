"""Can a statement fail without ending the script, although `set -e` is on?

POSIX, "set", option `-e`: the shell passes over the failure of a condition, of all of an `&&` or `||` list but its
end, and of what stands behind `!`; a compound command hands such a failure on as its own, and is passed over too.
"""

from __future__ import annotations

from collections.abc import Sequence

from kaniko_split.shell.nodes import Call, Case, Chain, Declaration, For, Group, If, Other, Statement, While
from kaniko_split.shell.values import Value

_HARDLY_FAIL = frozenset({":", "cd", "echo", "export", "printf", "set", "true"})


def hardly_fails(statement: Statement, values: Sequence[Value]) -> bool:
    """Tell whether a command with these words, none for an assignment, fails only in ways that nobody plans for."""
    if statement.negated or not isinstance(statement.command, (Call, Declaration)):
        return False
    words = tuple(value.text for value in values)
    if not words or words[0] in _HARDLY_FAIL:
        return True
    option = words[1] if len(words) > 1 else ""
    is_short = option.startswith("-") and not option.startswith("--")
    return is_short and ((words[0] == "mkdir" and "p" in option) or (words[0] == "rm" and "f" in option))


def hides_failure(statement: Statement) -> bool:
    """Tell whether `statement` may end with a status other than 0 that `set -e` passes over."""
    if statement.negated:
        return True
    match statement.command:
        case Chain(operator="&&"):
            return True
        case Chain(operator="||", right=right):
            return hides_failure(right)
        case Group(statements=inner, subshell=False) | For(body=inner) | While(body=inner):
            return _last_hides(inner)
        case Other(kind="TimeClause", statements=inner):
            return _last_hides(inner)
        case If(then=then, otherwise=otherwise):
            return _last_hides(then) or _last_hides(otherwise)
        case Case(branches=branches):
            return any(_last_hides(branch) for branch in branches)
    return False


def _last_hides(statements: tuple[Statement, ...]) -> bool:
    return bool(statements) and hides_failure(statements[-1])
