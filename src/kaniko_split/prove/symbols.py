"""Which symbol stands for a value, where a script is followed and not run?"""

from __future__ import annotations

from collections.abc import Sequence

Symbol = str

_SYMBOLS: dict[tuple[str, ...], Symbol] = {}


def symbol_of(*parts: str) -> Symbol:
    """Return the one symbol that stands for these parts, the same whenever they are the same."""
    return _SYMBOLS.setdefault(parts, f"#{len(_SYMBOLS)}")


_CHOICES: dict[Symbol, tuple[Symbol, Symbol, Symbol]] = {}


def choice_of(given: Symbol, otherwise: Symbol, symbol: Symbol) -> Symbol:
    """Return what stands for `symbol` where the condition `given` holds, and else for what was there before it."""
    if not given:
        return symbol
    before = otherwise
    while before in _CHOICES and _CHOICES[before][0] == given:
        before = _CHOICES[before][1]
    made = symbol_of("choice", given, before, symbol)
    _CHOICES[made] = (given, before, symbol)
    return made


def chosen_of(given: Symbol, symbol: Symbol) -> Symbol:
    """Return what `symbol` stands for where the condition `given` holds."""
    while given and symbol in _CHOICES and _CHOICES[symbol][0] == given:
        symbol = _CHOICES[symbol][2]
    return symbol


def decided(givens: Sequence[Symbol], symbol: Symbol) -> Symbol:
    """Return what `symbol` stands for where one of the conditions `givens` holds for certain."""
    chosen: dict[Symbol, Symbol] = {}
    rest = symbol
    while rest in _CHOICES and _CHOICES[rest][0] in givens:
        given, rest, last = _CHOICES[rest]
        chosen.setdefault(given, last)
    if set(chosen) != set(givens):
        return symbol
    made = ""
    for given in givens:
        made = choice_of(given, made, chosen[given])
    return made
