"""How is text from a file shown, so that it can do nothing to the terminal?"""

from __future__ import annotations


def visible(text: str) -> str:
    r"""Return `text` with control characters and invisible marks written out, as `\x1b` or `\u202e`.

    Line feeds and tabs stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    import unicodedata

    if char in "\n\t" or not unicodedata.category(char).startswith("C"):
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
