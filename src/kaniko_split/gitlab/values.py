"""What value does GitLab read from a YAML node?

GitLab loads configuration with Psych, Ruby's libyaml binding, so plain scalars follow YAML 1.1: `yes`, `on`
and `010` are no strings. Merge keys and aliases are expanded here; `!reference` stays as it is, since GitLab
resolves it last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from kaniko_split.source.patterns import Pattern
from kaniko_split.tree.nodes import Alias, Entry, Mapping, Node, Scalar, Sequence, Style, followed

_TRUE = frozenset({"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = Pattern(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_,]*)$")
_SIXTIES = Pattern(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}$")
_FLOAT = Pattern(r"[-+]?(?:[0-9][0-9_,]*)?\.?[0-9]+(?:[eE][-+]?[0-9]+)?$|[-+]?[0-9][0-9_,]*\.[0-9]*$")


class Reference(Struct, frozen=True, eq=False):
    """A `!reference [job, key, ...]` that has not been looked up yet."""

    path: tuple[str, ...]


def value_of(node: Node) -> Any:
    """Return `node` as dicts, lists, scalars and `Reference`s.

    Aliased parts are shared, not copied: callers must not change what they get. Size and depth are bounded where
    the text is composed.
    """
    return _value(node, {})


def scalar_value(node: Scalar) -> str | bool | int | float | None:
    """Return what one scalar means: plain ones by the rules of YAML 1.1, all others as text."""
    if node.style is not Style.PLAIN or node.tag not in (None, "!"):
        return node.value
    return _plain_value(node.value)


def is_reference(node: Node) -> bool:
    """Tell whether `node` is a `!reference [...]`."""
    return isinstance(node, Sequence) and node.tag == "!reference"


def reference_path(node: Node) -> tuple[str, ...]:
    """Return the words of a `!reference`; for any other node, nothing."""
    if not (isinstance(node, Sequence) and node.tag == "!reference"):
        return ()
    return tuple(item.value for item in map(followed, node.items) if isinstance(item, Scalar))


def _value(node: Node, shared: dict[int, Any]) -> Any:
    if isinstance(node, Alias):
        return _value(node.target, shared)
    if isinstance(node, Scalar):
        return scalar_value(node)
    if id(node) in shared:
        return shared[id(node)]
    if isinstance(node, Mapping):
        result: Any = _mapping_value(node, shared)
    elif node.tag == "!reference":
        result = Reference(reference_path(node))
    else:
        result = [_value(item, shared) for item in node.items]
    shared[id(node)] = result
    return result


def _mapping_value(node: Mapping, shared: dict[int, Any]) -> dict[str, Any]:
    """Return what Psych makes of a mapping: `<<` acts where it stands, over the keys above it."""
    found: dict[str, Any] = {}
    for entry in node.entries:
        parts = entry.merged()
        for part in reversed(parts):
            found |= _value(part, shared)
        if not parts:
            found[_key_text(entry.key)] = _value(entry.value, shared)
    return found


def every_entry(mapping: Mapping) -> Iterator[Entry]:
    """Yield the entries of a mapping, its own and those that merge keys bring, whichever of them count."""
    for entry in mapping.entries:
        parts = entry.merged()
        for part in parts:
            yield from every_entry(part)
        if not parts:
            yield entry


def _key_text(key: Node) -> str:
    key = followed(key)
    return key.value if isinstance(key, Scalar) else f"<{key.span.start}>"


def _plain_value(text: str) -> str | bool | int | float | None:
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if text[0] in "-+.0123456789":
        digits = text.replace("_", "").replace(",", "")
        if _INTEGER.match(text) and digits.lstrip("-+"):
            return _integer(digits)
        if _FLOAT.match(text):
            return float(digits)
        if _SIXTIES.match(text):
            return _in_sixties(digits)
    return text


def _in_sixties(digits: str) -> int:
    """Return what Psych makes of `22:22` and `1:30:00` (`Psych::ScalarScanner#tokenize`)."""
    weights = (3600, 60, 1)
    return sum(int(part) * weight for part, weight in zip(digits.split(":"), weights, strict=False))


def _integer(digits: str) -> int:
    sign = -1 if digits.startswith("-") else 1
    body = digits.lstrip("-+")
    if body.startswith("0b"):
        return sign * int(body[2:] or "0", 2)
    if body.startswith("0x"):
        return sign * int(body[2:] or "0", 16)
    return sign * int(body, 8 if body.startswith("0") and len(body) > 1 else 10)
