"""What value has a word, as far as the script itself tells?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from kaniko_split.shell.computing import printed
from kaniko_split.shell.nodes import (
    Arithmetic,
    Literal,
    Parameter,
    Part,
    Statement,
    Substitution,
    Word,
    nested,
    substitutions,
    words_of,
)
from kaniko_split.shell.splitting import BLANKS, IFS, fields, leaves_names_whole, separators
from kaniko_split.shell.values import MOST_CHARACTERS, MOST_WORDS, Value
from kaniko_split.source.patterns import Pattern

_GLOB = Pattern(r"[*?\[]")
_TRIM = Pattern(r"\$\{\w+(%%?|##?)([^{}$\"'`\\?\[\]]*)\}")
_REPLACED = Pattern(r"\$\{\w+(//?)([^{}$\"'`\\?*\[\]/#%][^{}$\"'`\\?*\[\]/]*)(?:/([^{}$\"'`\\&]*))?\}")
_OR_ELSE = Pattern(r"\$\{(\w+)(:?[-=?])")
_UNKNOWN = Pattern(r"\$\{[^}]*\}|\$\(.*\)|`[^`]*`|\$\w+|\$.", re.DOTALL)
_ARRAY = Pattern(r"\$\{(\w+)\[(@|\*|\d+)\]\}")
_BRACES = Pattern(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")


def value_of_word(word: Word, script: str, known: Mapping[str, Value]) -> Value:
    """Return the value of `word` as one word, as in an assignment or a redirect.

    Args:
        word: A word of `script`.
        script: The text that the word's spans count in.
        known: The variables that have been assigned so far.
    """
    return _joined([_value_of_part(part, script, known) for part in word.parts], word, script)


def _joined(values: Sequence[Value], word: Word, script: str) -> Value:
    """Return the values of a word's parts as that of the word; one that is too long is not known."""
    if len(values) == 1 and values[0].choices:
        return values[0]
    written = word.span.end - word.span.start
    if sum(len(value.text) for value in values) > max(MOST_CHARACTERS, written):
        given = any(value.given for value in values)
        return Value(script[word.span.start : word.span.end], exact=False, splits=True, given=given)
    return Value(
        "".join(value.text for value in values),
        exact=all(value.exact for value in values),
        splits=any(value.splits for value in values),
        given=any(value.given for value in values),
    )


def values_of_words(words: tuple[Word, ...], script: str, known: Mapping[str, Value]) -> tuple[Value, ...]:
    """Return the values of a command's words; a known unquoted variable gives as many words as it holds."""
    values: list[Value] = []
    for word in words:
        expanded = tuple(_split(word, script, known))
        if len(expanded) > 1 and len(values) + len(expanded) > MOST_WORDS + len(words):
            text = script[word.span.start : word.span.end]
            expanded = (Value(text, exact=False, splits=True, given=any(value.given for value in expanded)),)
        values.extend(expanded)
    return tuple(values)


def names_read(word: Word) -> Iterator[str]:
    """Yield the variables that a word reads, also inside `${...:-...}` and `$((...))`."""
    for part in word.parts:
        if isinstance(part, Parameter):
            if part.name:
                yield part.name
            for inner in part.inner:
                yield from names_read(inner)
        elif isinstance(part, Arithmetic):
            yield from part.names


def names_behind(word: Word) -> Iterator[str]:
    """Yield the variables that a word reads, also those which its substitutions read."""
    yield from names_read(word)
    for part in substitutions(word):
        yield from _names_in(part.statements)


def _names_in(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        for word in words_of(statement):
            yield from names_behind(word)
        for block in nested(statement):
            yield from _names_in(block)


def reads_indirectly(word: Word) -> bool:
    """Tell whether a word reads a variable that another one names, as bash's `${!name}` does."""
    parameters = [part for part in word.parts if isinstance(part, Parameter)]
    return any(part.indirect or any(map(reads_indirectly, part.inner)) for part in parameters)


def names_assigned(word: Word) -> Iterator[str]:
    """Yield the variables that a word may assign, as `${NAME:=value}` does."""
    for part in word.parts:
        if isinstance(part, Parameter):
            if part.assigns:
                yield part.name
            for inner in part.inner:
                yield from names_assigned(inner)
        elif isinstance(part, Arithmetic) and part.assigns:
            yield from part.names


def _split(word: Word, script: str, known: Mapping[str, Value]) -> Iterator[Value]:
    """Yield the words that one word becomes; of what is not known, one word that may be none or several."""
    within = separators(known)
    one = word.parts[0] if len(word.parts) == 1 else None
    if isinstance(one, Parameter) and one.name == "@" and "#" in known:
        positional = tuple(known[str(number)] for number in range(1, int(known["#"].text) + 1))
        yield from _each(positional, one, script, within)
        return
    array = _array_of(one, script, known)
    if array is not None and isinstance(one, Parameter):
        yield from _each(array, one, script, within)
        return
    values = [_value_of_part(part, script, known) for part in word.parts]
    opened = [not isinstance(part, Literal) and not part.quoted for part in word.parts]
    if any(opened) and all(value.exact for value in values):
        yield from _divided(word, list(zip(values, opened, strict=True)), script, within)
        return
    if isinstance(one, Parameter) and not one.quoted and one.plain and one.name in known:
        value = known[one.name]
        texts = _words_around_unknown(value.text, within)
        if texts:
            yield from (Value(text, exact="$" not in text, given=value.given) for text in texts)
            return
    value = _joined(values, word, script)
    # An expansion that does not stand first cannot make a flag of its own, whatever it holds.
    first = word.parts[0] if word.parts else None
    starts_unknown = isinstance(first, Parameter | Substitution) and not first.quoted
    splits = value.splits and (starts_unknown or "{" in value.text)
    yield value if splits == value.splits else replace(value, splits=splits)


def _each(values: Sequence[Value], part: Parameter, script: str, within: str | None) -> Iterator[Value]:
    """Yield what `"$@"` or `"${name[@]}"` gives, each value as a word of its own; without quotes these are divided."""
    for value in values:
        opened = value.exact and not part.quoted
        found = fields([(value.text, True)], within) if opened else (value.text,)
        if found is None or (opened and _GLOB.search(value.text)):
            yield Value(script[part.span.start : part.span.end], exact=False, splits=True, given=value.given)
            return
        many = not part.quoted and not value.exact and _is_many(value, within)
        yield from (replace(value, text=text, splits=many) for text in found)


def _array_of(part: Part | None, script: str, known: Mapping[str, Value]) -> tuple[Value, ...] | None:
    """Return the elements that `"${name[@]}"` gives; None for any other part, and where they are not known."""
    found = _ARRAY.fullmatch(script[part.span.start : part.span.end]) if isinstance(part, Parameter) else None
    if found is None or found[1] not in known or not isinstance(part, Parameter) or part.indirect:
        return None
    # IFS joins `"${name[*]}"` to one word.
    return known[found[1]].array if found[2] == "@" or (found[2] == "*" and not part.quoted) else None


def array_value(words: Sequence[Word], script: str, known: Mapping[str, Value]) -> Value | None:
    """Return the value of an array of these words; None where it is not known how many they become.

    Args:
        words: The words between the parentheses.
        script: The text that their spans count in.
        known: The variables that have been assigned so far.
    """
    values = values_of_words(tuple(words), script, known)
    if any(value.splits or (not value.exact and _GLOB.search(value.text)) for value in values):
        return None
    return as_array(values)


def as_array(values: tuple[Value, ...]) -> Value:
    """Return the array of these elements."""
    return replace(values[0], array=values) if values else Value("", array=())


def _divided(word: Word, pieces: Sequence[tuple[Value, bool]], script: str, within: str | None) -> Iterator[Value]:
    """Yield the words that a word of known parts becomes; with each part, whether the shell divides its value."""
    given = any(value.given for value, _ in pieces)
    found = fields([(value.text, opens) for value, opens in pieces], within)
    text = "".join(value.text for value, _ in pieces)
    if any(opens and _GLOB.search(value.text) for value, opens in pieces):
        # Each of its words may stand for files.
        found = None
        if within == BLANKS:
            yield Value(text, splits=True, given=given)
            return
    if found is None:
        yield Value(script[word.span.start : word.span.end], exact=False, splits=True, given=given)
        return
    yield from (Value(text, given=given) for text in found)


def _words_around_unknown(text: str, within: str | None) -> tuple[str, ...]:
    """Return the words of a value whose unknown parts are GitLab's own variables, each within one word; else none."""
    if _GLOB.search(text) or any(mark in text for mark in "`(\\\"'") or not leaves_names_whole(within):
        return ()
    names = [found[0].strip("${}") for found in _UNKNOWN.finditer(text)]
    return fields([(text, True)], within) or () if all(re.fullmatch(r"CI_\w+", name) for name in names) else ()


def _is_many(value: Value, within: str | None) -> bool:
    """Tell whether an unquoted expansion may be no word or several where IFS is `within`."""
    if value.exact:
        return fields([(value.text, True)], within) != (value.text,)
    return value.splits or not leaves_names_whole(within) or any(sign in value.text for sign in (within or "").strip())


def _trimmed(expansion: str, value: str) -> str | None:
    """Return what `${name%pattern}` and its kin leave of a known value; None for anything else.

    POSIX, "Parameter Expansion", 2.6.2; of patterns only those of plain characters and `*` are known here.
    """
    match = _TRIM.fullmatch(expansion)
    if match is None:
        return None
    mark, pattern = match.groups()
    pieces = pattern.split("*")
    cuts = range(len(value) + 1)
    if mark.startswith("%"):
        found = [value[:at] for at in cuts if _is_matched(value[at:], pieces)]
        shortest, longest = -1, 0
    else:
        found = [value[at:] for at in cuts if _is_matched(value[:at], pieces)]
        shortest, longest = 0, -1
    return found[longest if len(mark) == 2 else shortest] if found else value


def _is_matched(text: str, pieces: Sequence[str]) -> bool:
    """Tell whether a text is made of these pieces in order, with anything between them."""
    first, *middle = pieces
    if not middle:
        return text == first
    last = middle.pop()
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _changed(expansion: str, value: str) -> str | None:
    trimmed = _trimmed(expansion, value)
    return trimmed if trimmed is not None else _replaced(expansion, value)


def _replaced(expansion: str, value: str) -> str | None:
    """Return what bash's `${name/text/other}` makes of a known value, also with `//`; None for anything else."""
    match = _REPLACED.fullmatch(expansion)
    if match is None:
        return None
    times = value.count(match[2]) if match[1] == "//" else 1
    if len(value) + times * len(match[3] or "") > MOST_CHARACTERS:
        return None
    return value.replace(match[2], match[3] or "", times)


def _or_else(part: Parameter, expansion: str, script: str, known: Mapping[str, Value]) -> Value | None:
    """Return the value of `${name:-word}` and its kin where it is known whether the name has one.

    POSIX, "Parameter Expansion", 2.6.2. A name that is not known may be set by the pipeline; only of a script's
    own arguments it is known how many there are.
    """
    match = _OR_ELSE.match(expansion)
    if match is None:
        return None
    name, mark = match.groups()
    value = known.get(name)
    if value is not None and (mark[-1] == "?" or is_set(value) or (value.exact and ":" not in mark)):
        return value
    absent = name.isdigit() and "#" in known and name not in known
    if (absent or value == Value("")) and mark[-1] in "-=":
        words = part.inner
        return value_of_word(words[0], script, known) if len(words) == 1 else Value("") if not words else None
    return None


def is_set(value: Value) -> bool:
    """Tell whether a value is certainly not empty, whatever stands for its unknown parts."""
    return bool(_UNKNOWN.sub("", value.text)) if not value.exact else bool(value.text)


def _value_of_part(
    part: Literal | Parameter | Substitution | Arithmetic, script: str, known: Mapping[str, Value]
) -> Value:
    within = separators(known)
    match part:
        case Literal(text=text, quoted=True):
            return Value(text)
        case Literal(text=text):
            braces = bool(_BRACES.search(text))
            return Value(text, exact=not braces and not _GLOB.search(text), splits=braces)
        case Parameter(name="IFS", plain=True, quoted=quoted) if IFS not in known:
            return Value(BLANKS, splits=not quoted)
        case Parameter(name="*", span=span, quoted=quoted) if within != BLANKS:
            # IFS joins them, too.
            return Value(script[span.start : span.end], exact=False, splits=not quoted)
        case Parameter(quoted=quoted) if (element := _element(part, script, known)) is not None:
            return replace(element, splits=not quoted and _is_many(element, within))
        case Parameter(name=name, plain=True, quoted=quoted) if name in known:
            return replace(known[name], splits=not quoted and _is_many(known[name], within))
        case Parameter(name=name, span=span, quoted=quoted) if (
            name in known
            and known[name].exact
            and (trimmed := _changed(script[span.start : span.end], known[name].text)) is not None
        ):
            value = Value(trimmed, given=known[name].given)
            return replace(value, splits=not quoted and _is_many(value, within))
        case Parameter(name=name, span=span, quoted=quoted) if (
            other := _or_else(part, script[span.start : span.end], script, known)
        ) is not None:
            # What is not known in it has been told apart already.
            many = _is_many(other, within) if other.exact or within != BLANKS else len(other.text.split()) != 1
            return replace(other, splits=not quoted and many)
        case Parameter(name=name, span=span, quoted=quoted):
            # GitLab's own variables are single words; of others nobody can say before they run.
            whole = name.startswith("CI_") and leaves_names_whole(within)
            return Value(script[span.start : span.end], exact=False, splits=not quoted and not whole)
        case Substitution(quoted=quoted) if (found := _computed(part, script, known)) is not None:
            return replace(found, splits=not quoted and _is_many(found, within))
        case Substitution(span=span, quoted=quoted) | Arithmetic(span=span, quoted=quoted):
            return Value(script[span.start : span.end], exact=False, splits=not quoted)


def _element(part: Parameter, script: str, known: Mapping[str, Value]) -> Value | None:
    """Return the element that `${name[0]}` names; None for anything else, and where it is not known."""
    found = _ARRAY.fullmatch(script[part.span.start : part.span.end])
    array = known[found[1]].array if found is not None and found[1] in known else None
    if found is None or array is None or not found[2].isdigit() or int(found[2]) >= len(array):
        return None
    return array[int(found[2])]


def _computed(part: Substitution, script: str, known: Mapping[str, Value]) -> Value | None:
    found = printed(part, script, known, lambda words: values_of_words(words, script, known))
    return Value(found[0], given=found[1]) if found is not None else None
