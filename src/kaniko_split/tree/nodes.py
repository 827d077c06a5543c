"""What are the parts of a YAML document, and where does each stand?

Spans are in characters of the decoded text. A span starts at the node's first character (its anchor or tag,
where it has one) and ends with its own last one: no trailing blank line and no comment belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from kaniko_split.source.text import Span


class Style(Enum):
    """How a scalar is written."""

    PLAIN = "plain"
    SINGLE = "'"
    DOUBLE = '"'
    LITERAL = "|"
    FOLDED = ">"

    @property
    def is_block(self) -> bool:
        """Whether the scalar is a literal or folded block."""
        return self in (Style.LITERAL, Style.FOLDED)


class Scalar(Struct, frozen=True, eq=False):
    """A single value; `value` is the text after folding and unescaping, not yet a number or a boolean."""

    span: Span
    value: str
    style: Style
    tag: str | None = None
    anchor: str | None = None


class Sequence(Struct, frozen=True, eq=False):
    """A list, in block style (dashes) or flow style (brackets)."""

    span: Span
    items: tuple[Node, ...]
    flow: bool
    tag: str | None = None
    anchor: str | None = None


class Entry(Struct, frozen=True, eq=False):
    """One key of a mapping with its value."""

    key: Node
    value: Node

    @property
    def name(self) -> str:
        """The key as text; for a key that is no scalar, the empty string."""
        return self.key.value if isinstance(self.key, Scalar) else ""


class Mapping(Struct, frozen=True, eq=False):
    """Keys and values, in block or flow style, in the order of the text and with duplicates."""

    span: Span
    entries: tuple[Entry, ...]
    flow: bool
    tag: str | None = None
    anchor: str | None = None

    def entry(self, name: str) -> Entry | None:
        """Return the entry of key `name`; the last where it stands twice, as GitLab reads it."""
        for entry in reversed(self.entries):
            if entry.name == name:
                return entry
        return None


class Alias(Struct, frozen=True, eq=False):
    """A `*name`; `target` is the very node that carries the anchor."""

    span: Span
    name: str
    target: Node


Node = Scalar | Sequence | Mapping | Alias


def followed(node: Node) -> Scalar | Sequence | Mapping:
    """Return the node itself, or for an alias the node that it stands for."""
    while isinstance(node, Alias):
        node = node.target
    return node


def walk(node: Node) -> Iterator[Node]:
    """Yield `node` and everything under it, in the order of the text; aliases are not followed."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        if isinstance(here, Sequence):
            waiting.extend(reversed(here.items))
        elif isinstance(here, Mapping):
            for entry in reversed(here.entries):
                waiting.extend((entry.value, entry.key))


class Document(Struct, frozen=True, eq=False):
    """One document of a stream; `root` is None where it is empty."""

    root: Node | None
    explicit: bool
