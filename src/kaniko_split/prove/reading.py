"""Do both YAML parsers read the new text, and do they read the same?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from kaniko_split.source.text import Source, read_source, write_source
from kaniko_split.tree.compose import BrokenYamlError, compose, compose_again
from kaniko_split.tree.nodes import Alias, Mapping, Node, Scalar, Sequence


def check_reading(source: Source) -> Iterator[str]:
    """Yield what is wrong with how the new text is read; nothing where both parsers agree."""
    again = read_source(source.path, write_source(source))
    if again.text != source.text:
        yield "the new text changes when it is written and read again"
        return
    try:
        alike = _is_read_alike(source.text)
    except BrokenYamlError as error:
        yield f"{source.place(error.offset)}: the new text is no YAML: {error.problem}"
        return
    if not alike:
        yield "the two YAML parsers read the new text differently"


@lru_cache(maxsize=16)
def _is_read_alike(text: str) -> bool:
    """Tell whether both parsers say the same; many repositories of a bulk run become the same text."""
    return [_shape(one.root) for one in compose(text)] == [_shape(one.root) for one in compose_again(text)]


def _shape(root: Node | None) -> list[Any]:
    """Return all that a parser says of a document, as a flat list; no recursion, so depth does no harm."""
    found: list[Any] = []
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Alias):
            found.append(("alias", node.name))
            continue
        found.append((type(node).__name__, node.tag, node.anchor))
        if isinstance(node, Scalar):
            found.append((node.value, node.style))
        elif isinstance(node, Sequence):
            found.append(len(node.items))
            waiting.extend(reversed(node.items))
        elif isinstance(node, Mapping):
            found.append(len(node.entries))
            for entry in reversed(node.entries):
                waiting.extend((entry.value, entry.key))
    return found
