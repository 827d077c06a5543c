"""What does a test of the shell ask, and what is its answer where its words are known?"""

from __future__ import annotations

from kaniko_split.prove.symbols import Symbols, is_text


def condition_of(words: tuple[str, ...], symbols: Symbols) -> tuple[str, bool] | None:
    """Return the condition that a test asks anew, and the answer where it holds; None for any other command.

    `[ $rc -eq 0 ]` asks whether a build has failed, where `rc` is 0 or the status of the failed build.
    """
    conditions = symbols.conditions(*words)
    if len(conditions) != 1:
        return None
    (condition,) = conditions
    answers = [
        answer_of(tuple(symbols.under(word, {(condition, holds)}) for word in words), symbols)
        for holds in (True, False)
    ]
    return None if None in answers or answers[0] is answers[1] else (condition, answers[0] is True)


def answer_of(words: tuple[str, ...], symbols: Symbols) -> bool | None:
    """Return the answer of a test whose words are known; None for any other command."""
    if words[:1] == ("[",) and words[-1:] == ("]",):
        words = ("test", *words[1:-1])
    if words in {("true",), (":",)}:
        return True
    if words == ("false",):
        return False
    if words[:1] != ("test",):
        return None
    if len(words) == 4 and words[2] in _COMPARED:
        values = [1 if symbols.is_failure(word) else int(word) if word.isdigit() else None for word in words[1::2]]
        failures = sum(map(symbols.is_failure, words[1::2]))
        if None in values or failures > 1 or (failures and 0 not in values):
            return None
        return (values[0] == values[1]) is (words[2] == "-eq")
    if not all(map(is_text, words)):
        return None
    match words[1:]:
        case (one, "=" | "==", other):
            return one == other
        case (one, "!=", other):
            return one != other
        case ("-n", one) | (one,):
            return bool(one)
        case ("-z", one):
            return not one
        case _:
            return None


_COMPARED = frozenset({"-eq", "-ne"})


def fact_of(words: tuple[str, ...]) -> tuple[str, str, bool] | None:
    """Return what a test compares, and whether it holds where the two are equal; None for any other command."""
    if words[:1] == ("[",) and words[-1:] == ("]",):
        words = ("test", *words[1:-1])
    match words:
        case ("test", one, "=" | "==", other):
            return one, other, True
        case ("test", one, "!=", other):
            return one, other, False
        case ("test", "-n", one) | ("test", one):
            return one, "", False
        case ("test", "-z", one):
            return one, "", True
        case _:
            return None
