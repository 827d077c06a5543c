"""Which names does an arithmetic expression read, and which does it change?

An expression is a node of shfmt's JSON, or a list of them (POSIX, 2.6.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kaniko_split.source.patterns import Pattern

_NAME = Pattern(r"[A-Za-z_]\w*")
_ASSIGNS = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "&&=", "||=", "^^="})


def arithmetic_uses(node: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names whose value an expression needs, and those that it gives another one, each once."""
    reads, writes = dict[str, None](), dict[str, None]()
    _add_uses(node, reads, writes)
    return tuple(reads), tuple(writes)


def _add_uses(node: Any, reads: dict[str, None], writes: dict[str, None]) -> None:
    """Add to `reads` the names whose value an expression needs, and to `writes` those that it gives another one."""
    if isinstance(node, list):
        for part in node:
            _add_uses(part, reads, writes)
        return
    if not isinstance(node, dict):
        return
    kind, sign = node.get("Type"), node.get("Op")
    if kind == "BinaryArithm" and sign in _ASSIGNS:
        target = dict.fromkeys(names_in_arithmetic(node["X"]))
        writes |= target
        if sign != "=" or len(target) > 1:
            reads |= target
        _add_uses(node["Y"], reads, writes)
        return
    if kind == "UnaryArithm" and sign in {"++", "--"}:
        target = dict.fromkeys(names_in_arithmetic(node["X"]))
        writes |= target
        reads |= target
        return
    if kind in {"Lit", "ParamExp"}:
        reads |= dict.fromkeys(names_in_arithmetic(node))
        return
    for part in node.values():
        _add_uses(part, reads, writes)


def names_in_arithmetic(node: Any) -> Iterator[str]:
    """Yield the names in an arithmetic expression; there `X` reads the variable as `$X` does."""
    if isinstance(node, dict):
        if node.get("Type") in {"Lit", "ParamExp"}:
            name = node.get("Value") or node.get("Param", {}).get("Value", "")
            if _NAME.fullmatch(name):
                yield name
        for part in node.values():
            yield from names_in_arithmetic(part)
    elif isinstance(node, list):
        for part in node:
            yield from names_in_arithmetic(part)
