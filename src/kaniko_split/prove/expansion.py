"""Which words does the shell make of a word, as far as the proof follows it?

What is not followed is a symbol of the text and of the values in it, so that equal texts with equal values are equal.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

from msgspec import Struct, field

from kaniko_split.prove.events import TooComplexError
from kaniko_split.prove.symbols import PROJECT, Guard, Symbols, is_known
from kaniko_split.shell.nodes import Arithmetic, Literal, Parameter, Part, Substitution, Word
from kaniko_split.source.patterns import Pattern

ARRAY = "\x04"
"""Begins the value of an array, before each of its elements."""

# A longer value is a symbol, and a command of more words is not proved.
_MOST_CHARACTERS = 4096
_MOST_WORDS = 2000
_ELEMENT = Pattern(r"\$\{(\w+)\[([@*]|\d+)\]\}")
_PATTERN = Pattern(r"[*?]|\[[^\]]+\]|[@!+]\(")
_BRACES = Pattern(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")
_WORDS_OF_GITLAB = Pattern("\x02@(?:CI|GITLAB)_\\w+\x03")
_REPLACEMENT = Pattern(r"\$\{\w+(//?)([\w,;:.|\-+@= ]+)/([\w,;:.|\-+@= ]*)\}")


# They have another value each time, or in each job (https://docs.gitlab.com/ci/variables/predefined_variables/).
_FRESH = Pattern(
    r"S?RANDOM|EPOCH(?:SECONDS|REALTIME)|SECONDS|BASHPID|HOSTNAME|CI_JOB_URL|CI_CONCURRENT_\w+|"
    r"CI_RUNNER_(?:ID|DESCRIPTION|SHORT_TOKEN|REVISION)"
)


class Shell(Struct, eq=False):
    """What one shell knows where a statement runs.

    Attributes:
        values: The value of each variable that the script gave one.
        exported: The names of those that its programs get.
        folder: The working folder, absolute; a symbol where it is not known.
        options: Each option, trap and mask that was set, with its setting.
        arguments: The positional parameters; None where they are not known.
        status: What `$?` stands for.
    """

    values: dict[str, str] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    folder: str = PROJECT
    options: dict[str, str] = field(default_factory=lambda: {"e": "-"})
    arguments: tuple[str, ...] | None = ()
    status: str = ""
    folders: tuple[str, ...] = ()

    def copy(self) -> Shell:
        """Return a shell that changes for itself."""
        return Shell(
            dict(self.values),
            set(self.exported),
            self.folder,
            dict(self.options),
            self.arguments,
            self.status,
            self.folders,
        )


class Expander(Struct, eq=False):
    """Expands words by what a shell knows.

    Attributes:
        symbols: The symbols of both scripts.
        given: The values that the pipeline gives; None for one that is not known.
        substitute: Runs the statements of a substitution, and returns what they print.
    """

    symbols: Symbols
    given: dict[str, str | None]
    substitute: Callable[[Substitution], str]
    shell: Shell = field(default_factory=Shell)
    guards: tuple[Guard, ...] = ()
    text: str = ""
    matched: list[str] = field(default_factory=list)
    globs: Callable[[str, str], tuple[str, ...] | None] = lambda _folder, _text: None

    def variable(self, name: str) -> str:
        """Return the value of a variable, a symbol where nobody knows it."""
        shell = self.shell
        if name in shell.values:
            return self.symbols.under(shell.values[name], self.guards)
        if name == "CI_PROJECT_DIR":
            return PROJECT
        if name == "PWD":
            return shell.folder
        if name in self.given:
            known = self.given[name]
            return self.symbols.environment(name) if known is None else known
        if name == "IFS":
            return " \t\n"
        if name in {"?", "PIPESTATUS"}:
            status = self.symbols.status(shell.status)
            if "build" in self.symbols.sources(status):
                self.symbols.mark(status, "status of a build")
            return status
        if _FRESH.fullmatch(name):
            fresh = self.symbols.environment(name)
            self.symbols.mark(fresh, name)
            return fresh
        if name.isdigit() and name != "0" and shell.arguments is not None:
            return shell.arguments[int(name) - 1] if int(name) <= len(shell.arguments) else ""
        if name == "#" and shell.arguments is not None:
            return str(len(shell.arguments))
        if name in {"@", "*"} and shell.arguments is not None:
            return " ".join(shell.arguments)
        if "" in shell.values and not name.startswith("CI_"):
            # A command that nobody knows may have set it.
            return self.symbols.of("perhaps", shell.values[""], name)
        return self.symbols.environment(name)

    def value(self, word: Word) -> str:
        """Return the value of a word as one word, as in an assignment or a redirect."""
        parts = [_first(self._part(part)) for part in word.parts]
        longest = max(_MOST_CHARACTERS, word.span.end - word.span.start)
        return "".join(parts) if sum(map(len, parts)) <= longest else self.symbols.of("long", *parts)

    def words(self, words: tuple[Word, ...]) -> tuple[str, ...]:
        """Return the words that a command's words become; one that may be several is one symbol."""
        found: list[str] = []
        for word in words:
            found += self._fields(word)[0]
            if len(found) > _MOST_WORDS + len(words):
                raise TooComplexError("a command has too many words to be proved")
        return tuple(found)

    def listed(self, words: tuple[Word, ...]) -> tuple[str, ...] | None:
        """Return the words that the words of a loop become; None where their number is not known."""
        found: list[str] = []
        for word in words:
            fields, certain = self._fields(word)
            if not certain:
                return None
            if any(isinstance(part, Literal) and not part.quoted and _BRACES.search(part.text) for part in word.parts):
                return None
            for one in fields:
                unquoted = any(not part.quoted for part in word.parts)
                if unquoted and is_known(one) and any(sign in one for sign in "*?["):
                    matched = self.globs(self.shell.folder, one)
                    if matched is None:
                        return None
                    found += matched
                else:
                    found.append(one)
        return tuple(found)

    def _fields(self, word: Word) -> tuple[list[str], bool]:
        """Return the words that one word becomes (POSIX, 2.6.5), and whether their number is certain."""
        separators = self.shell.values.get("IFS", " \t\n")
        fields: list[str] = []
        current: str | None = None
        certain = True
        matches = False
        for part in word.parts:
            values = self._many(part)
            if values is None:
                value = _first(self._part(part))
                whole = isinstance(part, Literal) or part.quoted
                certain = certain and (whole or self._is_certain(value, separators))
                values = (value,) if whole or not is_known(separators) else _divided_with_edges(value, separators)
            matches = matches or (not part.quoted and any(_PATTERN.search(one) for one in values))
            for number, one in enumerate(values):
                if number:
                    fields.append(current or "")
                    current = None
                if one or isinstance(part, Literal) or part.quoted:
                    current = (current or "") + one
        if current is not None:
            fields.append(current)
        if matches:
            # A pattern asks which files there are.
            self.matched += fields
        return fields, certain

    @staticmethod
    def _is_certain(value: str, separators: str) -> bool:
        """Tell whether it is known how many words a value becomes; GitLab's own variables hold no blanks."""
        return is_known(_WORDS_OF_GITLAB.sub("", value)) and is_known(separators)

    def _many(self, part: Part) -> tuple[str, ...] | None:
        """Return the words of `"$@"` and `"${array[@]}"`; None for any other part."""
        if not isinstance(part, Parameter):
            return None
        if part.name in {"@", "*"} and part.plain and self.shell.arguments is not None:
            if part.name == "@" or not part.quoted:
                return self.shell.arguments
            return None
        match = _ELEMENT.fullmatch(self.text[part.span.start : part.span.end])
        if match is not None and match[2] in "@*" and (match[2] == "@" or not part.quoted):
            value = self.variable(match[1])
            if value.startswith(ARRAY):
                return tuple(value.split(ARRAY)[1:])
        return None

    def _part(self, part: Part) -> str:
        match part:
            case Literal(text=text):
                return self._home(text) if not part.quoted and text.startswith("~") else text
            case Parameter():
                return self._parameter(part)
            case Substitution():
                return self.substitute(part)
            case Arithmetic(span=span, reads=reads, inner=inner):
                values = [f"{name}={self.variable(name)}" for name in reads] + [self.value(word) for word in inner]
                return self.symbols.of("$((", _plain(self.text[span.start : span.end]), *values)

    def _home(self, text: str) -> str:
        return self.variable("HOME") + text[1:] if text[1:2] in {"", "/"} else self.symbols.of("~", text)

    def _parameter(self, part: Parameter) -> str:
        text = self.text[part.span.start : part.span.end]
        if part.name.startswith("$[["):
            return self.symbols.of("input", part.name)
        value = self.variable(part.name)
        if part.plain:
            return value
        inner = [self.value(word) for word in part.inner]
        if part.indirect or part.by_prefix or not part.name:
            named = self.variable(value) if part.indirect and re.fullmatch(r"[A-Za-z_]\w*", value) else ""
            rest = [f"{name}={one}" for name, one in sorted(self.shell.values.items())] if not named else []
            return (
                named if named and text == f"${{!{part.name}}}" else self.symbols.of("${!", text, value, *inner, *rest)
            )
        element = _ELEMENT.fullmatch(text)
        if element is not None and element[2].isdigit() and value.startswith(ARRAY):
            elements = value.split(ARRAY)[1:]
            return elements[int(element[2])] if int(element[2]) < len(elements) else ""
        is_set = part.name in self.shell.values or self.given.get(part.name) is not None or part.name.isdigit()
        known = is_set and is_known(value)
        match part.operator:
            case ":-" | ":=" | "-" | "=" if known and (value or part.operator in {"-", "="}):
                return value
            case ":-" | ":=" if known and not value:
                return inner[0] if inner else ""
            case ":?" | "?" if known and value:
                return value
            case ":+" | "+" if known and (value or part.operator == "+"):
                return inner[0] if inner else ""
            case ":+" if known:
                return ""
            case "%" | "%%" | "#" | "##" if is_known(value) and len(inner) <= 1 and is_known("".join(inner)):
                if "${" not in text[2:] and (trimmed := _trimmed(value, part.operator, "".join(inner))) is not None:
                    return trimmed
            case "/" if is_known(value) and not value.startswith(ARRAY) and (signs := _REPLACEMENT.fullmatch(text)):
                return value.replace(signs[2], signs[3], -1 if signs[1] == "//" else 1)
            case _:
                pass
        return self.symbols.of("${", _plain(text), value, *inner)


def _trimmed(value: str, operator: str, pattern: str) -> str | None:
    """Return `value` without the prefix or suffix that a pattern names (POSIX, 2.6.2)."""
    if "\\" in pattern:
        return None
    matches = re.compile(fnmatch.translate(pattern)).fullmatch
    ends = range(len(value) + 1)
    if operator.startswith("#"):
        cuts = ends if operator == "#" else reversed(ends)
        return next((value[at:] for at in cuts if matches(value[:at])), value)
    cuts = reversed(ends) if operator == "%" else ends
    return next((value[:at] for at in cuts if matches(value[at:])), value)


def _divided(value: str, separators: str) -> list[str]:
    if not separators:
        return [value] if value else []
    blanks = "".join(sign for sign in separators if sign in " \t\n")
    others = "".join(sign for sign in separators if sign not in " \t\n")
    text = value.strip(blanks) if blanks else value
    if not text:
        return []
    edge = f"[{re.escape(blanks)}]*" if blanks else ""
    cut = f"{edge}[{re.escape(others)}]{edge}" if others else ""
    if blanks:
        cut = f"{cut}|[{re.escape(blanks)}]+" if cut else f"[{re.escape(blanks)}]+"
    pieces = re.split(cut, text)
    return pieces[:-1] if others and not pieces[-1] else pieces


def _divided_with_edges(value: str, separators: str) -> tuple[str, ...]:
    """Return the words of an unquoted value; an empty one at an end parts it from what stands beside it."""
    pieces = _divided(value, separators)
    if not value or not separators:
        return tuple(pieces)
    before = [""] if value[0] in separators else []
    after = [""] if value[-1] in separators else []
    return (*before, *pieces, *after)


def _first(value: str) -> str:
    """Return the value of an array as one word: its first element."""
    return value.split(ARRAY)[1] if value.startswith(ARRAY) and value != ARRAY else value


def _plain(text: str) -> str:
    return " ".join(text.split())
