"""Which command is run in the end, where others are written before it?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kaniko_split.source.patterns import Pattern

# Commands that run the command behind them; the number says how many words of their own come before it.
_WRAPPERS = {
    "builtin": 0,
    "command": 0,
    "env": 0,
    "exec": 0,
    "ionice": 0,
    "nice": 0,
    "nohup": 0,
    "retry": 0,
    "setsid": 0,
    "stdbuf": 0,
    "sudo": 0,
    "time": 0,
    "timeout": 1,
}
# They say where a command is, and run nothing (POSIX, "command").
_LOOKUPS = frozenset({("command", "-v"), ("command", "-V")})
# Their options that take the next word with them.
_OPTIONS_WITH_VALUE = frozenset({"-n", "-c", "-k", "-s", "-u", "-t", "-d", "--signal", "--kill-after", "--tries"})
_VERDICT = Pattern(r"(?<!la)test|scan|check|verif|valid|sign|lint|audit|assert|smoke|probe", re.IGNORECASE)
_NO_MORE: Mapping[str, int] = {}


def base_name(word: str) -> str:
    """Return a command's name without the folder that an absolute path gives."""
    return word.rsplit("/", 1)[-1] if word.startswith("/") else word


def is_lookup(words: tuple[str, ...]) -> bool:
    """Tell whether a command only says where another one is."""
    return words[:2] in _LOOKUPS


def behind_wrappers(words: tuple[str, ...], more: Mapping[str, int] = _NO_MORE) -> int:
    """Return the index of the command that is run in the end, its wrappers (`env`, `timeout 5m`) passed over.

    Args:
        words: A command and its arguments.
        more: Further wrappers by their command word, with how many words of their own come before the command.
    """
    at = 0
    while at < len(words) and not is_lookup(words[at:]):
        own_words = more.get(words[at], more.get(base_name(words[at]), _WRAPPERS.get(base_name(words[at]))))
        if own_words is None:
            break
        at += 1
        while at < len(words):
            text = words[at]
            if text in _OPTIONS_WITH_VALUE:
                at += 2
            elif text.startswith("-") or ("=" in text and "/" not in text.partition("=")[0]) or text.isdigit():
                own_words -= text.isdigit()
                at += 1
            elif own_words > 0:
                own_words -= 1
                at += 1
            else:
                break
    return min(at, len(words))


def mentions_verdict(name: str) -> bool:
    """Tell whether the name of a script or function mentions testing, so that what follows it waits for its verdict."""
    return bool(_VERDICT.search(name))
