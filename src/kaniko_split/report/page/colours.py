"""Which kind of YAML is each piece of a line, so that the style sheet can colour it?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from pygments.lexers.data import YamlLexer
from pygments.token import Comment, Keyword, Literal, Name, Number, String, _TokenType

# The letters are class names of the style sheet; what is not here is shown as plain text.
_LETTERS: dict[_TokenType, str] = {
    Comment: "c",
    Name.Tag: "k",
    Name.Label: "a",
    Name.Variable: "a",
    Keyword.Type: "a",
    Name.Namespace: "a",
    Number: "i",
    Literal.Scalar.Plain: "",
    String: "s",
    Literal: "s",
}
# Longer files are shown plain: colours help nobody there, and cost time.
_LONGEST = 400_000

Pieces = tuple[tuple[str, str], ...]


@lru_cache(maxsize=8)
def coloured_lines(text: str) -> tuple[Pieces, ...]:
    """Return the lines of `text` without their ends, each as pieces of a kind's letter and the text of it.

    Args:
        text: The whole file, as a file's first lines decide how later ones are read; every line is ended.
    """
    plain = tuple((("", line),) if line else () for line in text.split("\n")[:-1])
    if len(text) > _LONGEST:
        return plain
    lines: list[Pieces] = []
    line: list[tuple[str, str]] = []
    # Not `get_tokens`, which changes line ends and tabs before it looks.
    tokens: Iterator[tuple[int, _TokenType, str]] = YamlLexer().get_tokens_unprocessed(text)  # type: ignore[no-untyped-call]
    for _, kind, value in tokens:
        # The lexer has one kind for an alias and for a plain word within brackets.
        letter = "" if kind is Name.Variable and not value.startswith("*") else _letter(kind)
        first, *more = value.split("\n")
        _add(line, letter, first)
        for part in more:
            lines.append(tuple(line))
            line = []
            _add(line, letter, part)
    if line:
        lines.append(tuple(line))
    # Whatever the lexer makes of a file, the reader sees what stands in it.
    coloured = ["".join(piece for _, piece in one) for one in lines]
    return tuple(lines) if coloured == text.split("\n")[:-1] else plain


def _add(line: list[tuple[str, str]], letter: str, text: str) -> None:
    """Add a piece; blanks and pieces of the same kind join the one before."""
    if not text:
        return
    if line and (line[-1][0] == letter or text.isspace()):
        line[-1] = (line[-1][0], line[-1][1] + text)
    else:
        line.append((letter, text))


@cache
def _letter(kind: _TokenType) -> str:
    known: _TokenType | None = kind
    while known is not None:
        if known in _LETTERS:
            return _LETTERS[known]
        known = known.parent
    return ""
