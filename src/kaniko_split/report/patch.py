"""What is the unified diff of a file, such that `git apply` and `patch` accept it?"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from kaniko_split.rewrite.rewriting import Rewritten
from kaniko_split.source.text import write_source

_NO_NEWLINE = b"\\ No newline at end of file\n"
_SPECIAL = {"\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r"}


def patch_of(rewritten: Rewritten, path: str) -> bytes:
    """Return the unified diff of one file, with `path` behind `a/` and `b/`; empty where nothing changes."""
    return patch_between(write_source(rewritten.before), write_source(rewritten.after), path)


def patch_between(before: bytes, after: bytes, path: str) -> bytes:
    """Return the unified diff of two contents, with three lines around each change."""
    old, new = _lines(before), _lines(after)
    names = [_name(f"{side}/{path}") for side in "ab"]
    parts: list[bytes] = []
    for number, line in enumerate(difflib.diff_bytes(difflib.unified_diff, old, new, lineterm=b"\n")):
        if number < 2:
            parts.append((b"--- ", b"+++ ")[number] + names[number] + b"\n")
        else:
            parts.append(line if line.endswith(b"\n") else line + b"\n" + _NO_NEWLINE)
    return b"".join(parts)


def _lines(data: bytes) -> list[bytes]:
    """Cut at line feeds alone, as git and patch do; a carriage return is a part of its line."""
    return list(_cut(data))


def _cut(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end + 1
        yield data[at:end]
        at = end


def _name(name: str) -> bytes:
    """Return a file name as git writes it: quoted where it must be, with a tab behind one that has spaces."""
    raw = name.encode("utf-8", "surrogateescape")
    if any(byte < 0x20 or byte >= 0x7F or byte in b'"\\' for byte in raw):
        quoted = "".join(_quoted(byte) for byte in raw)
        return f'"{quoted}"'.encode()
    return raw + (b"\t" if b" " in raw else b"")


def _quoted(byte: int) -> str:
    char = chr(byte)
    if char in '"\\':
        return "\\" + char
    if char in _SPECIAL:
        return _SPECIAL[char]
    return char if 0x20 <= byte < 0x7F else f"\\{byte:03o}"
