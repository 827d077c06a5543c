"""Which text stands for a value that nobody knows before the job runs?"""

from __future__ import annotations

from collections.abc import Collection

from kaniko_split.source.patterns import Pattern

Guard = tuple[str, bool]
"""A condition, as a symbol, and whether it holds."""

_OPEN, _CLOSE = "\x02", "\x03"
# Before the name of a variable in a symbol; it means nothing to a shell, so that a text with symbols can be parsed.
_NAME = "@"
_MARK = Pattern("\x02[^\x03]*\x03")

UNKNOWN_WORD = f"{_OPEN}word{_CLOSE}"
"""Stands for a word that only the run gives."""

PROJECT = "/builds/\x01group/\x01project"
"""The folder that a job begins in: the value of CI_PROJECT_DIR, which no other text can be."""


class Symbols:
    """One symbol for each way in which a value comes to be; equal ways have equal symbols."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}
        self._choices: dict[str, tuple[str, str, str]] = {}
        self._facts: dict[str, tuple[str, str, bool]] = {}
        self._sources: dict[str, frozenset[str]] = {}
        self._failures: set[str] = set()

    def of(self, *parts: str) -> str:
        """Return the symbol for these parts, the same whenever they are the same."""
        known = len(self._numbers)
        symbol = f"{_OPEN}{self._numbers.setdefault(parts, known)}{_CLOSE}"
        if self._sources and len(self._numbers) > known:
            sources = self.sources(*parts)
            if sources:
                self._sources[symbol] = sources
        return symbol

    def failure(self, status: str) -> str:
        """Return what a status stands for where the command that gave it has failed."""
        symbol = self.of("failure", status)
        self._failures.add(symbol)
        return symbol

    def status(self, status: str) -> str:
        """Return the value of `$?`."""
        symbol = self.of("status", status)
        if status in self._failures:
            self._failures.add(symbol)
        return symbol

    def is_failure(self, value: str) -> bool:
        """Tell whether `value` is a status that is not 0."""
        return value in self._failures

    def conditions(self, *values: str) -> frozenset[str]:
        """Return the conditions that values depend on, at their outermost choices."""
        if not self._choices:
            return frozenset()
        symbols = {symbol for value in values if _OPEN in value for symbol in _MARK.findall(value)}
        return frozenset(self._choices[symbol][0] for symbol in symbols & self._choices.keys())

    def note_fact(self, condition: str, value: str, other: str, *, equal: bool) -> None:
        """Note that a condition holds where two values are equal, or where they are not."""
        self._facts[condition] = (value, other, equal)

    def exclude(self, guards: Collection[Guard], others: Collection[Guard]) -> bool:
        """Tell whether two lots of conditions cannot hold in one run."""
        if any((condition, not holds) in others for condition, holds in guards):
            return True
        known = [self._fact(guard) for guard in guards]
        return any(
            one is not None and other is not None and _contradict(one, other)
            for one in known
            for other in map(self._fact, others)
        )

    def _fact(self, guard: Guard) -> tuple[str, str, bool] | None:
        fact = self._facts.get(guard[0])
        return None if fact is None else (fact[0], fact[1], fact[2] is guard[1])

    def mark(self, symbol: str, source: str) -> None:
        """Note that a symbol, and all that is made of it, comes from `source`."""
        self._sources[symbol] = self._sources.get(symbol, frozenset()) | {source}

    def sources(self, *values: str) -> frozenset[str]:
        """Return the noted sources that values come from."""
        if not self._sources:
            return frozenset()
        found: set[str] = set()
        for value in values:
            if _OPEN in value:
                for symbol in _MARK.findall(value):
                    found |= self._sources.get(symbol, frozenset())
        return frozenset(found)

    def alternatives(self, value: str) -> frozenset[str]:
        """Return the texts that a value may be made of, whichever conditions hold."""
        texts, waiting = {value}, [value]
        while waiting:
            for symbol in _MARK.findall(waiting.pop()):
                for text in self._choices.get(symbol, ())[1:]:
                    if text not in texts:
                        texts.add(text)
                        waiting.append(text)
        return frozenset(texts)

    def possible(self, value: str) -> frozenset[str]:
        """Return the values that `value` may have, where it is a choice; else the value itself."""
        if value not in self._choices:
            return frozenset({value})
        _, then, otherwise = self._choices[value]
        return self.possible(then) | self.possible(otherwise)

    @staticmethod
    def environment(name: str) -> str:
        """Return what stands for a variable that only the environment of the job gives."""
        return f"{_OPEN}{_NAME}{name}{_CLOSE}"

    def choice(self, condition: str, then: str, otherwise: str) -> str:
        """Return what stands for `then` where a condition holds, and for `otherwise` elsewhere."""
        if then == otherwise:
            return then
        symbol = self.of("choice", condition, then, otherwise)
        self._choices[symbol] = (condition, then, otherwise)
        return symbol

    def under(self, value: str, guards: Collection[Guard]) -> str:
        """Return what `value` is where these conditions have these answers."""
        if not guards or not self._choices or _OPEN not in value:
            return value
        return _MARK.sub(lambda match: self._chosen(match[0], guards), value)

    def _chosen(self, symbol: str, guards: Collection[Guard]) -> str:
        if symbol not in self._choices:
            return symbol
        condition, then, otherwise = self._choices[symbol]
        if (condition, True) in guards:
            return self.under(then, guards)
        if (condition, False) in guards:
            return self.under(otherwise, guards)
        return symbol


def _contradict(one: tuple[str, str, bool], other: tuple[str, str, bool]) -> bool:
    if one[0] != other[0]:
        return False
    if one[1] == other[1]:
        return one[2] is not other[2]
    return one[2] and other[2] and is_known(one[1]) and is_known(other[1])


def is_known(value: str) -> bool:
    """Tell whether nothing in `value` is a symbol."""
    return _OPEN not in value


def is_text(value: str) -> bool:
    """Tell whether `value` is known to its last letter; where the project lies is known to no one."""
    return is_known(value) and PROJECT not in value


# Their values hold no sign of the shell, or no image could have such a name or tag.
_PLAIN_NAMES = Pattern(
    r"CI_REGISTRY(?:_IMAGE)?|CI_PROJECT_(?:ID|NAME|PATH|PATH_SLUG|NAMESPACE|NAMESPACE_SLUG|ROOT_NAMESPACE)|"
    r"CI_COMMIT_(?:SHA|SHORT_SHA|BEFORE_SHA|REF_SLUG|REF_NAME|TAG|BRANCH)|CI_DEFAULT_BRANCH|"
    r"CI_(?:PIPELINE|MERGE_REQUEST)_I?ID|CI_DEPENDENCY_PROXY_\w+|CI_SERVER_(?:HOST|FQDN|PORT|URL)"
)


def is_script(value: str) -> bool:
    """Tell whether `value` can be parsed as a script: no symbol in it may stand for a sign of the shell."""
    return all(symbol[1] == _NAME and _PLAIN_NAMES.fullmatch(symbol[2:-1]) for symbol in _MARK.findall(value))


def shown(value: str) -> str:
    """Return `value` for a message: a variable by its name, any other symbol as an ellipsis."""
    text = _MARK.sub(lambda match: f"${match[0][2:-1]}" if match[0][1] == _NAME else "…", value)
    return text.replace(PROJECT, "$CI_PROJECT_DIR").replace("\x01", "")


def named_variables(value: str, unknown: str) -> str:
    """Return `value` with `${NAME}` for each variable of the environment, and `unknown` for any other symbol."""
    return _MARK.sub(lambda match: f"${{{match[0][2:-1]}}}" if match[0][1] == _NAME else unknown, value)


def is_reference(value: str) -> bool:
    """Tell whether a word begins with the name of a registry, as GitLab gives it: it names an image and no file."""
    text = value.removeprefix("docker://")
    return text.startswith((f"{_OPEN}{_NAME}CI_REGISTRY", f"{_OPEN}{_NAME}CI_DEPENDENCY_PROXY"))


def written_with_dollar(value: str) -> str:
    """Return `value` with a dollar before each symbol, as `kaniko.pflag` knows an expansion."""
    return value.replace(_OPEN, "$" + _OPEN)


def without_dollar(value: str) -> str:
    """Undo `written_with_dollar`."""
    return value.replace("$" + _OPEN, _OPEN)
