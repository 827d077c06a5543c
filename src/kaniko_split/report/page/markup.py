r"""How is text from a file put into the page, so that it stays text and nothing in it is hidden?

Control characters, invisible ones and those that turn the direction of writing are written out and marked, so that
`\u202e` for the character can be told from the same six characters in the file.
"""

from __future__ import annotations

import unicodedata
from html import escape

from markupsafe import Markup

from kaniko_split.report.escape import visible
from kaniko_split.source.patterns import Pattern

# `visible` leaves these, for no terminal obeys them; a browser may break the line at them.
_BREAKS = {"\u2028": "\\u2028", "\u2029": "\\u2029"}
_WORDS = Pattern(r"\s+|\S+")
_LONGEST_WORD = 80
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def plain(text: str) -> str:
    """Return `text` on one line with everything invisible written out, for attributes; not yet escaped."""
    return "".join(_written_out(char) or char for char in text)


def shown(text: str) -> Markup:
    """Return `text` on one line as HTML, with what was written out marked as such."""
    return Markup(html_of(text, {"\n", "\t"}))  # noqa: S704 (escaped piece by piece)


def statement(text: str) -> Markup:
    """Return shell as HTML that keeps its lines; a browser may break it between words, but not behind a hyphen."""
    parts = (
        f"<i>{html_of(part)}</i>" if "-" in part and len(part) <= _LONGEST_WORD else html_of(part)
        for part in _WORDS.findall(text)
    )
    return Markup("".join(parts))  # noqa: S704 (escaped piece by piece)


def prose(text: str) -> Markup:
    """Return one line of our own Markdown as HTML: what stands between backticks becomes code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return shown(text)
    pieces = [f"<code>{shown(part)}</code>" if number % 2 else shown(part) for number, part in enumerate(parts)]
    return Markup("".join(pieces))  # noqa: S704 (made of escaped pieces)


def html_of(text: str, besides: set[str] | frozenset[str] = frozenset()) -> str:
    """Return `text` as HTML; line feeds and tabs stay, except for those among `besides`."""
    if text.isascii() and text.isprintable():
        return escape(text, quote=False)
    parts: list[str] = []
    for char in text:
        out = None if char in "\n\t" and char not in besides else _written_out(char)
        parts.append(f"<span class=x>{out}</span>" if out is not None else escape(char, quote=False))
    return "".join(parts)


def _written_out(char: str) -> str | None:
    """Return the escape that stands for an invisible character; None for one that can be seen."""
    if char in _BREAKS:
        return _BREAKS[char]
    if char in _SHORT:
        return _SHORT[char]
    return visible(char) if unicodedata.category(char).startswith("C") else None
