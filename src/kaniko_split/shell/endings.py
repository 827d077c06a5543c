"""Can a statement fail without ending the script, although `set -e` is on?

POSIX, "set", option `-e`: the shell passes over the failure of a condition, of all of an `&&` or `||` list but its
end, and of what stands behind `!`; a compound command hands such a failure on as its own, and is passed over too.
"""

from __future__ import annotations

from kaniko_split.shell.nodes import Case, Chain, For, Group, If, Other, Statement, While


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
