"""What do `$1`, `$@` and `$#` hold?"""

from __future__ import annotations

from kaniko_split.flow.tables import Variables
from kaniko_split.shell.locations import Location, Variable
from kaniko_split.shell.values import MOST_CHARACTERS, Value

# All positional parameters together; they are changed as one.
POSITIONAL = frozenset[Location](Variable(name) for name in "@*#123456789")


def sets_positional(texts: tuple[str, ...]) -> bool:
    """Tell whether the command gives the shell other positional parameters: `shift`, or `set` with operands.

    The word behind `-o` is no operand (`set -euo pipefail`).
    """
    if texts[:1] != ("set",):
        return texts[:1] == ("shift",)
    pairs = zip(("", *texts[1:]), texts[1:], strict=False)
    return any(
        text == "--" or not (text.startswith(("-", "+")) or (before.startswith(("-", "+")) and before.endswith("o")))
        for before, text in pairs
    )


def without_positional(known: Variables) -> Variables:
    """Return what is known of the variables that have a name."""
    result = known.copy()
    for name in sorted(known.positional):
        del result[name]
    return result


def with_positional(known: Variables, values: tuple[Value, ...]) -> Variables:
    """Return `known` with the words of a call as `$1`, `$2`, ..., unless it is not certain how many they are."""
    result = without_positional(known)
    if any(value.splits for value in values):
        return result
    result.update({str(number): value for number, value in enumerate(values, 1)})
    given = any(value.given for value in values)
    joined = Value(" ".join(value.text for value in values), all(value.exact for value in values), given=given)
    for name in ("@", "*"):
        too_long = len(joined.text) > MOST_CHARACTERS
        result[name] = Value(f"${name}", exact=False, splits=True, given=given) if too_long else joined
    result["#"] = Value(str(len(values)), given=given)
    return result


def shifted(known: Variables, before: Variables, arguments: tuple[str, ...]) -> Variables:
    """Return `known` with the positional parameters that `shift` leaves of those `before` it."""
    by = int(arguments[0]) if arguments and arguments[0].isdigit() else 1
    count = int(before["#"].text) if "#" in before else 0
    if by > count or len(arguments) > 1 or (arguments and not arguments[0].isdigit()):
        return without_positional(known)
    return with_positional(known, tuple(before[str(number)] for number in range(by + 1, count + 1)))
