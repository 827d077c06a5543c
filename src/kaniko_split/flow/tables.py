"""How is a table kept of which each statement changes a little, and of which each state keeps its own?

A copy shares everything with its original, and a change copies only a small part. So a script of n statements costs
about n changes in time and memory, and not n copies of all that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from collections.abc import Set as AbstractSet
from typing import Self, TypeVar
from zlib import crc32

from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

_V = TypeVar("_V")
_BITS, _WIDTH = 5, 32
_LOW = _WIDTH - 1
_NO_BUCKETS: list[dict[str, object]] = [{}] * _WIDTH
# What a table owns that was just copied; it is replaced, and never changed.
_NOTHING: set[int] = set()
_NAMED = Pattern(r"\$\{?(\w+)")
_WORD = Pattern(r"\w+")


class SharedTable(MutableMapping[str, _V]):
    """A mapping whose copies share what they have in common; a table that a state holds is not changed any more."""

    __slots__ = ("_count", "_groups", "_own_buckets", "_own_groups")

    def __init__(self, items: Mapping[str, _V] | None = None) -> None:
        self._groups: list[list[dict[str, _V]]] = [_NO_BUCKETS] * _WIDTH  # type: ignore[list-item]
        self._count = 0
        self._own_groups: set[int] = set()
        self._own_buckets: set[int] = set()
        for key, value in (items or {}).items():
            self[key] = value

    def copy(self) -> Self:
        """Return a table with the same entries; it takes no longer than for an empty one."""
        made = type(self).__new__(type(self))
        made._share(self)  # noqa: SLF001 (of the same class)
        return made

    def _share(self, other: SharedTable[_V]) -> None:
        # From now on both of them copy a part before they change it.
        other._own_groups, other._own_buckets = _NOTHING, _NOTHING
        self._groups, self._count = list(other._groups), other._count
        self._own_groups, self._own_buckets = _NOTHING, _NOTHING

    def _bucket(self, key: str) -> dict[str, _V]:
        """Return the bucket of a key, which this table alone has."""
        place = crc32(key.encode("utf-8", "surrogatepass")) & (_WIDTH * _WIDTH - 1)
        group, bucket = place >> _BITS, place & _LOW
        if self._own_groups is _NOTHING:
            self._own_groups, self._own_buckets = set(), set()
        if group not in self._own_groups:
            self._groups[group] = list(self._groups[group])
            self._own_groups.add(group)
        buckets = self._groups[group]
        if place not in self._own_buckets:
            buckets[bucket] = dict(buckets[bucket])
            self._own_buckets.add(place)
        return buckets[bucket]

    def _shared_bucket(self, key: object) -> dict[str, _V]:
        place = crc32(str(key).encode("utf-8", "surrogatepass"))
        return self._groups[(place >> _BITS) & _LOW][place & _LOW]

    def __getitem__(self, key: str) -> _V:
        return self._shared_bucket(key)[key]

    def __contains__(self, key: object) -> bool:
        return key in self._shared_bucket(key)

    def __setitem__(self, key: str, value: _V) -> None:
        bucket = self._bucket(key)
        self._count += key not in bucket
        bucket[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        del self._bucket(key)[key]
        self._count -= 1

    def __iter__(self) -> Iterator[str]:
        for buckets in self._groups:
            if buckets is not _NO_BUCKETS:
                for bucket in buckets:
                    yield from bucket

    def __len__(self) -> int:
        return self._count

    def differing(self, other: SharedTable[_V]) -> list[str]:
        """Return the keys that may have another value in the other table, or none; what is shared is not looked at."""
        found: dict[str, None] = {}
        for ones, others in zip(self._groups, other._groups, strict=True):
            if ones is not others:
                for one, second in zip(ones, others, strict=True):
                    if one is not second:
                        found |= dict.fromkeys(one) | dict.fromkeys(second)
        return list(found)


class Variables(SharedTable[Value]):
    """What is known of the variables, with an index of the names that their unknown parts mention."""

    __slots__ = ("_holders", "positional")

    def __init__(self, items: Mapping[str, Value] | None = None) -> None:
        self._holders: SharedTable[SharedTable[bool]] = SharedTable()
        self.positional: frozenset[str] = frozenset()
        super().__init__(items)

    def _share(self, other: SharedTable[Value]) -> None:
        super()._share(other)
        assert isinstance(other, Variables)  # noqa: S101 (a copy has the type of its original)
        self._holders, self.positional = other._holders.copy(), other.positional  # noqa: SLF001 (of the same class)

    def __setitem__(self, key: str, value: Value) -> None:
        if key in self:
            del self[key]
        super().__setitem__(key, value)
        for name in _mentioned(value):
            holders = self._holders[name].copy() if name in self._holders else SharedTable()
            holders[key] = True
            self._holders[name] = holders
        if is_positional(key):
            self.positional |= {key}

    def __delitem__(self, key: str) -> None:
        value = self[key]
        super().__delitem__(key)
        for name in _mentioned(value):
            holders = self._holders[name].copy()
            del holders[key]
            self._holders[name] = holders
        if is_positional(key):
            self.positional -= {key}

    def mentioning(self, name: str) -> tuple[str, ...]:
        """Return the variables whose unknown parts mention `$name`."""
        if _WORD.fullmatch(name):
            return tuple(sorted(self._holders[name])) if name in self._holders else ()
        if " " in name or name.endswith("()"):
            # No variable: an export mark, or a function.
            return ()
        return tuple(key for key, value in self.items() if mentions(value, name))


class Names(AbstractSet[str]):
    """A set of names to which each statement may add some."""

    __slots__ = ("_table",)

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._table: SharedTable[bool] = SharedTable(dict.fromkeys(names, True))

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    @classmethod
    def _from_iterable(cls, it: Iterable[str]) -> frozenset[str]:  # type: ignore[override]
        return frozenset(it)

    def adding(self, names: Iterable[str]) -> Names:
        """Return the set with further names."""
        more = [name for name in names if name not in self._table]
        if not more:
            return self
        made = Names()
        made._table = self._table.copy()
        for name in more:
            made._table[name] = True
        return made

    def joining(self, other: Names) -> Names:
        """Return the names that are in this set or in the other one."""
        return self.adding(name for name in self._table.differing(other._table) if name in other)


def is_positional(name: str) -> bool:
    """Tell whether a name is that of a positional parameter, or of all of them."""
    return name.isdigit() or name in {"@", "*", "#"}


def _texts_not_known(value: Value) -> Iterator[str]:
    """Yield what of a value, or of an array's elements, is not known, as it is written."""
    yield from (part.text for part in (value, *(value.array or ())) if not part.exact)
    yield from value.choices


def mentions(value: Value, name: str) -> bool:
    """Tell whether what is not known of a value mentions `$name`."""
    return any(
        name in text and re.search(rf"\$\{{?{re.escape(name)}\b", text) is not None for text in _texts_not_known(value)
    )


def is_made_by(value: Value, marks: Iterable[str]) -> bool:
    """Tell whether what is not known of a value holds one of some marks."""
    return any(mark in text for mark in marks for text in _texts_not_known(value))


def _mentioned(value: Value) -> frozenset[str]:
    if value.exact and value.array is None and not value.choices:
        return frozenset()
    return frozenset(name for text in _texts_not_known(value) if "$" in text for name in _NAMED.findall(text))
