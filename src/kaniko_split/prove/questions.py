"""What does a test of the shell ask, and what is its answer where its words are known?"""

from __future__ import annotations

from kaniko_split.prove.symbols import is_text


def answer_of(words: tuple[str, ...]) -> bool | None:
    """Return the answer of a test whose words are known; None for any other command."""
    if words[:1] == ("[",) and words[-1:] == ("]",):
        words = ("test", *words[1:-1])
    if words in {("true",), (":",)}:
        return True
    if words == ("false",):
        return False
    if words[:1] != ("test",) or not all(map(is_text, words)):
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
