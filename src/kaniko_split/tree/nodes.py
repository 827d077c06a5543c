"""What are the parts of a YAML document, and where does each stand?

Spans are in characters of the decoded text. A span starts at the node's first character (its anchor or tag,
where it has one) and ends with its own last one: no trailing blank line and no comment belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from kaniko_split.source.text import Span

# A scalar so tagged is a text, whatever it looks like.
_TEXT_TAGS = frozenset({"!", "!!str", "tag:yaml.org,2002:str"})


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
        """The key as text, that of an alias too; for a key that is no scalar, the empty string."""
        key = followed(self.key)
        return key.value if isinstance(key, Scalar) else ""

    @property
    def merges(self) -> bool:
        """Whether the key is `<<`, in quotes too (`Psych::Visitors::ToRuby#revive_hash`)."""
        return self.name == "<<" and getattr(followed(self.key), "tag", None) not in _TEXT_TAGS

    def merged(self) -> tuple[Mapping, ...]:
        """Return the mappings that it merges, the one that counts first; none where GitLab takes `<<` for a name."""
        if not self.merges:
            return ()
        listed = self.value.items if isinstance(self.value, Sequence) else (self.value,)
        parts = [followed(part) for part in listed]
        found = tuple(part for part in parts if isinstance(part, Mapping))
        return found if len(found) == len(parts) else ()


class Mapping(Struct, frozen=True, eq=False):
    """Keys and values, in block or flow style, in the order of the text and with duplicates."""

    span: Span
    entries: tuple[Entry, ...]
    flow: bool
    tag: str | None = None
    anchor: str | None = None

    def entry(self, name: str) -> Entry | None:
        """Return the mapping's own entry of key `name`, None where another one counts: that of a `<<` below it.

        Where the key stands twice, the last one counts, as GitLab reads it.
        """
        for entry in reversed(self.entries):
            if any(part.effective_entry(name) for part in entry.merged()):
                return None
            if entry.name == name:
                return entry
        return None

    def effective_entry(self, name: str) -> Entry | None:
        """Return the entry of key `name` that counts, the mapping's own or one that a `<<` brings."""
        return self.entry(name) or self.merged_entry(name)

    def effective_entries(self) -> dict[str, Entry]:
        """Return the entries that count by their keys, the mapping's own and those that a `<<` brings."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.merged():
                for part in reversed(entry.merged()):
                    found |= part.effective_entries()
            else:
                found[entry.name] = entry
        return found

    def merged_entry(self, name: str) -> Entry | None:
        """Return the entry that a `<<` brings, None where none does or an entry of its own below it counts."""
        for entry in reversed(self.entries):
            for part in entry.merged():
                found = part.effective_entry(name)
                if found is not None:
                    return found
            if entry.name == name:
                return None
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
