"""Into which words does the shell divide what unquoted expansions give?

POSIX, "Field Splitting", 2.6.5. What busybox, dash and bash could see in different ways is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kaniko_split.shell.values import Value

IFS = "IFS"
BLANKS = " \t\n"  # what IFS holds where nobody has set it
# Besides blanks, what the values of GitLab's own variables do not hold.
_IN_NO_NAME = frozenset(BLANKS + ",;|")
_CUT, _WHOLE = "\0", "\1"


def separators(known: Mapping[str, Value]) -> str | None:
    """Return what IFS holds; None where that is not known.

    Args:
        known: The variables that have been assigned so far.
    """
    value = known.get(IFS)
    if value is None:
        return BLANKS
    return value.text if value.exact else None


def leaves_names_whole(within: str | None) -> bool:
    """Tell whether a value of GitLab's own, which holds no blanks, stays one word where IFS is `within`."""
    return within is not None and _IN_NO_NAME.issuperset(within)


def fields(pieces: Iterable[tuple[str, bool]], within: str | None) -> tuple[str, ...] | None:
    """Return the words that a word of these pieces becomes; None where that is not known.

    Args:
        pieces: The text of each part of the word, and whether it is an unquoted expansion's, which alone is divided.
        within: What IFS holds; None where that is not known.
    """
    marked = ""
    for text, divides in pieces:
        if _CUT in text or _WHOLE in text or (divides and within is None and text):
            return None
        cut = "".join(_CUT if character in (within or "") else character for character in text)
        marked += cut if divides else _WHOLE + text
    parts = marked.split(_CUT)
    if not (within or "").strip(BLANKS):
        parts = [part for part in parts if part]
    elif within is not None and len(within) == 1:
        # It ends a field: behind the last one there is no other.
        parts = parts[:-1] if not parts[-1] else parts
    else:
        return None
    found = tuple(part.replace(_WHOLE, "") for part in parts)
    return None if len(found) > 1 and "" in found else found
