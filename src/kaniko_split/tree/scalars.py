"""At which character of the source does each character of a scalar's value stand?

The value is made again from the source by YAML's own rules, each character with its offset, and compared with
what the parser read: where the two differ, there is no answer rather than a wrong one.
"""

from __future__ import annotations

from kaniko_split.source.patterns import Pattern
from kaniko_split.tree.nodes import Scalar, Style

_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_CODES = {"x": 2, "u": 4, "U": 8}
_PROPERTIES = Pattern(r"(?:[&!]\S*\s+)*")

_Mapped = list[tuple[str, int]]


def value_offsets(text: str, node: Scalar) -> tuple[int, ...] | None:
    """Return, for each character of `node.value`, the offset in `text` of the character that it comes from.

    A folded line break gives its offset to the space that stands for it, an escape the one of its backslash.
    The last element is the offset behind the value's last character. None where the value cannot be made
    again from the text.
    """
    begin = node.span.start
    if node.tag is not None or node.anchor is not None:
        match = _PROPERTIES.match(text, begin, node.span.end)
        begin = match.end() if match else begin
    if node.style.is_block:
        mapped = _block(text, node, begin)
    elif node.style is Style.PLAIN:
        mapped = _flow(text, begin, node.span.end, node.style)
    else:
        mapped = _flow(text, begin + 1, node.span.end - 1, node.style)
    if mapped is None or "".join(char for char, _ in mapped) != node.value:
        return None
    end = mapped[-1][1] + 1 if mapped else begin
    if not node.style.is_block:
        # The last character may be an escape, or two quotes, and so several of the file.
        end = node.span.end if node.style is Style.PLAIN else node.span.end - 1
    return (*(offset for _, offset in mapped), max(end, begin))


def block_indent(text: str, node: Scalar) -> int | None:
    """Return by how many spaces the lines of a block scalar are indented, None where it has no such line."""
    for indent in _possible_indents(text, node):
        mapped = _block_with(text, node, node.span.start, indent)
        if "".join(char for char, _ in mapped) == node.value:
            return indent
    return None


def _flow(text: str, start: int, end: int, style: Style) -> _Mapped | None:
    """Map a plain or quoted scalar: line breaks fold, quotes and escapes stand for one character."""
    mapped: _Mapped = []
    hard = 0  # how much of `mapped` no later line break may strip of its blanks
    at = start
    while at < end:
        char = text[at]
        if char == "\n":
            while len(mapped) > hard and mapped[-1][0] in " \t":
                mapped.pop()
            breaks = [at]
            at += 1
            while at < end and text[at] in " \t\n":
                if text[at] == "\n":
                    breaks.append(at)
                at += 1
            mapped.extend([("\n", offset) for offset in breaks[1:]] or [(" ", breaks[0])])
            hard = len(mapped)
        elif style is Style.SINGLE and text.startswith("''", at):
            mapped.append(("'", at))
            at += 2
        elif style is Style.DOUBLE and char == "\\":
            if text.startswith("\n", at + 1):
                at += 2
                while at < end and text[at] in " \t":
                    at += 1
                hard = len(mapped)
                continue
            width = _CODES.get(text[at + 1 : at + 2], 0)
            if width:
                mapped.append((chr(int(text[at + 2 : at + 2 + width], 16)), at))
            elif text[at + 1 : at + 2] in _ESCAPES:
                mapped.append((_ESCAPES[text[at + 1]], at))
            else:
                return None
            at += 2 + width
            hard = len(mapped)
        else:
            mapped.append((char, at))
            at += 1
    return mapped


def _block(text: str, node: Scalar, begin: int) -> _Mapped | None:
    for indent in _possible_indents(text, node):
        mapped = _block_with(text, node, begin, indent)
        if "".join(char for char, _ in mapped) == node.value:
            return mapped
    return None


def _possible_indents(text: str, node: Scalar) -> list[int]:
    """Return the indentations that the scalar may have; an indentation indicator makes several possible."""
    lines = text[node.span.start : node.span.end].split("\n")[1:]
    deep = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")]
    if not deep:
        return [0]
    return [deep[0], *range(min(deep), -1, -1)]


def _block_with(text: str, node: Scalar, begin: int, indent: int) -> _Mapped:
    """Map a block scalar whose lines are indented by `indent` (YAML 1.1, section 9.3)."""
    header_end = text.find("\n", begin)
    if header_end < 0:
        return []
    header = text[begin:header_end].partition("#")[0]
    mapped: _Mapped = []
    pending: _Mapped = []  # the break of the last line, then those of the blank lines behind it
    was_blank = False
    at = header_end + 1
    while at < node.span.end or (pending and at < len(text)):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        line = text[at:stop]
        if at >= node.span.end and line.strip(" "):
            break
        if not line.strip(" ") and len(line) <= indent:
            pending.append(("\n", stop))
        else:
            is_blank = line[indent : indent + 1] in (" ", "\t")
            folds = node.style is Style.FOLDED and mapped and not was_blank and not is_blank
            if folds and pending:
                mapped.extend(pending[1:] or [(" ", pending[0][1])])
            else:
                mapped.extend(pending)
            mapped.extend((char, at + indent + number) for number, char in enumerate(line[indent:]))
            pending = [("\n", stop)]
            was_blank = is_blank
        at = stop + 1
    if "-" not in header and mapped:
        mapped.extend(pending if "+" in header else pending[:1])
    return mapped
