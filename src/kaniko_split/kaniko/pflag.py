"""How does the executor's flag parser divide a command line into flags, values and other words?

The rules are those of spf13/pflag (`parseArgs`, `parseLongArg` and `parseSingleShortArg` in `flag.go`), of
which two surprise: a single dash begins one-letter flags, so `-cache` is `-c ache` and `-destination=x` is
`-d estination=x`; and a flag that needs a value takes the next word even where that begins with a dash.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from kaniko_split.kaniko.flags import BOOLEAN_FLAGS, BOOLEAN_VALUES, RENAMED_FLAGS, SHORTHANDS, VALUE_FLAGS

_EXPANSION_STARTS = ("$", "`")


class Argument(Struct, frozen=True):
    """One word of a command line: its value as far as it is known.

    Attributes:
        text: The value without its quotes; unknown parts keep their source spelling
            (`$CI_REGISTRY_IMAGE/api:$TAG`).
        exact: Whether no part depends on anything unknown.
        splits: Whether an unquoted expansion, or `"$@"`, may make it no word at all, or several.
    """

    text: str
    exact: bool
    splits: bool = False

    @property
    def may_be_a_flag(self) -> bool:
        """Whether nothing is known of how the word begins, so that it may be a flag, or several."""
        return not self.exact and (not self.text or self.text.startswith(_EXPANSION_STARTS))


class Setting(Struct, frozen=True, eq=False):
    """One flag as given: its name of today, its value, and the position of its word among all words.

    A `value` of None means a boolean that stands alone, and so is true.
    """

    name: str
    value: str | None
    exact: bool
    position: int


class Line(Struct, frozen=True, eq=False):
    """A command line as pflag divides it.

    Attributes:
        settings: The flags, in order.
        positional: The words that belong to no flag; the first may be a sub-command.
        ignored: What neither cobra nor the executor looks at: empty words, a lone `-`, everything after `--`.
        unknown: Flags that no executor knows, as written, without a value.
        unclear: Words of which it cannot be told whether they are flags, values or neither.
        invalid: Flags with the value that the parser rejects; None where a value is missing.
        assumed_whole: Flags whose value is an unquoted expansion, read here as exactly one word.
        last_opaque: The position of the last word that may hold any flags; -1 without one.
    """

    settings: tuple[Setting, ...]
    positional: tuple[Argument, ...]
    ignored: tuple[str, ...]
    unknown: tuple[str, ...]
    unclear: tuple[str, ...]
    invalid: tuple[tuple[str, str | None], ...]
    assumed_whole: tuple[str, ...]
    last_opaque: int

    def last(self, name: str) -> Setting | None:
        """Return the setting of `name` that counts: pflag lets the last one win."""
        return next((setting for setting in reversed(self.settings) if setting.name == name), None)

    def values(self, name: str) -> tuple[str, ...]:
        """Return all values of `name`, in order, for the flags that collect them."""
        return tuple(setting.value for setting in self.settings if setting.name == name and setting.value is not None)

    def text(self, name: str) -> str | None:
        """Return the value of `name`, or None where it is not given."""
        setting = self.last(name)
        return None if setting is None else setting.value

    def boolean(self, name: str) -> bool | None:
        """Return whether the boolean `name`, false by default, is on; None where that is not known.

        It is not known when the value is, and when a word that may hold any flags could still set it.
        """
        setting = self.last(name)
        if setting is None or setting.position < self.last_opaque:
            return None if self.last_opaque >= 0 else False
        if setting.value is None:
            return True
        return BOOLEAN_VALUES.get(setting.value) if setting.exact else None


def divide(arguments: Sequence[Argument], more_value_flags: frozenset[str] = frozenset()) -> Line:
    """Return `arguments`, the words after the command word, as pflag divides them.

    Args:
        arguments: The words, in order.
        more_value_flags: Long names that take a value besides `VALUE_FLAGS`, for a sub-command with its own.
    """
    return _Reader(tuple(_fields(arguments)), VALUE_FLAGS | more_value_flags).read()


def _fields(arguments: Sequence[Argument]) -> Iterator[Argument]:
    """Yield the words that the shell makes of `arguments`, where their text is known."""
    for argument in arguments:
        if argument.exact and argument.splits:
            for text in argument.text.split():
                yield Argument(text, exact=True)
        else:
            yield argument


class _Reader(Struct, eq=False):
    """Reads words one after the other; `at` is the next one."""

    words: tuple[Argument, ...]
    value_flags: frozenset[str]
    at: int = 0
    last_opaque: int = -1
    settings: list[Setting] = field(default_factory=list)
    positional: list[Argument] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    invalid: list[tuple[str, str | None]] = field(default_factory=list)
    assumed_whole: list[str] = field(default_factory=list)

    def read(self) -> Line:
        while self.at < len(self.words):
            word = self.words[self.at]
            self.at += 1
            if word.may_be_a_flag:
                self._opaque(word)
            elif word.text in ("", "-"):
                self.ignored.append(word.text)
            elif word.text == "--":
                self.ignored.extend(rest.text for rest in self.words[self.at :])
                break
            elif word.text.startswith("--"):
                self._long(word)
            elif word.text.startswith("-"):
                self._short(word)
            else:
                self.positional.append(word)
        return Line(
            settings=tuple(self.settings),
            positional=tuple(self.positional),
            ignored=tuple(self.ignored),
            unknown=tuple(self.unknown),
            unclear=tuple(self.unclear),
            invalid=tuple(self.invalid),
            assumed_whole=tuple(self.assumed_whole),
            last_opaque=self.last_opaque,
        )

    def _opaque(self, word: Argument) -> None:
        self.unclear.append(word.text)
        self.last_opaque = self.at - 1

    def _long(self, word: Argument) -> None:
        spelled, equals, value = word.text[2:].partition("=")
        name = RENAMED_FLAGS.get(spelled, spelled)
        if not word.exact and any(start in spelled for start in _EXPANSION_STARTS):
            self._opaque(word)
        elif name not in BOOLEAN_FLAGS and name not in self.value_flags:
            self._unknown(f"--{spelled}", may_take_a_value=not equals)
        elif equals:
            self._set(name, value, word)
        elif name in BOOLEAN_FLAGS:
            self._set(name, None, word)
        else:
            self._take_next(name)

    def _short(self, word: Argument) -> None:
        letters = word.text[1:]
        while letters:
            letter, rest = letters[0], letters[1:]
            name = SHORTHANDS.get(letter)
            if name is None:
                if not word.exact and letter in _EXPANSION_STARTS:
                    self._opaque(word)
                else:
                    self._unknown(word.text.partition("=")[0], may_take_a_value=len(word.text) == 2)
                return
            if rest.startswith("=") and len(rest) > 1:
                self._set(name, rest[1:], word)
                return
            if name not in BOOLEAN_FLAGS:
                if rest:
                    self._set(name, rest, word)
                else:
                    self._take_next(name)
                return
            self._set(name, None, word)
            letters = rest

    def _take_next(self, name: str) -> None:
        if self.at == len(self.words):
            self.invalid.append((name, None))
            return
        word = self.words[self.at]
        self.at += 1
        self._set(name, word.text, word)

    def _unknown(self, spelled: str, *, may_take_a_value: bool) -> None:
        self.unknown.append(spelled)
        if may_take_a_value and self.at < len(self.words) and not self.words[self.at].text.startswith("-"):
            word = self.words[self.at]
            self.at += 1
            if word.may_be_a_flag:
                self._opaque(word)
            else:
                self.unclear.append(word.text)

    def _set(self, name: str, value: str | None, word: Argument) -> None:
        self.settings.append(Setting(name, value, word.exact, self.at - 1))
        if word.splits:
            self.assumed_whole.append(name)
        if name in BOOLEAN_FLAGS and value is not None and word.exact and value not in BOOLEAN_VALUES:
            self.invalid.append((name, value))
