"""Which lines differ between two texts, and which words within those lines?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct

from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span

_WORD = Pattern(r"\w+|\s+|[^\w\s]")
# Lines that have less than this in common are two lines, not one that was changed.
_ALIKE = 0.5


class Run(Struct, frozen=True):
    """Lines that follow each other and are alike in kind: on both sides the same, or replaced together.

    Attributes:
        old: The first line of the old text, counted from 0, and the one behind the last.
        new: Likewise for the new text.
        old_words: For each old line, the characters of it that are gone; nothing where the whole line is.
        new_words: For each new line, the characters of it that are new; nothing where the whole line is.
        same: Whether the lines of the two sides are the same.
    """

    old: Span
    new: Span
    old_words: tuple[tuple[Span, ...], ...] = ()
    new_words: tuple[tuple[Span, ...], ...] = ()
    same: bool = False


def runs(old: Sequence[str], new: Sequence[str]) -> tuple[Run, ...]:
    """Divide two texts, given as lines, into what is the same and what is replaced, from top to bottom."""
    return tuple(_runs(old, new))


def _runs(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    for tag, old_start, old_end, new_start, new_end in SequenceMatcher(None, old, new).get_opcodes():
        spans = Span(old_start, old_end), Span(new_start, new_end)
        if tag == "equal":
            yield Run(*spans, same=True)
        else:
            words = _words(old[old_start:old_end], new[new_start:new_end])
            yield Run(*spans, *words)


def _words(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[tuple[Span, ...], ...], tuple[tuple[Span, ...], ...]]:
    """Pair the lines that were changed rather than replaced, in order, and mark the words that differ."""
    gone: list[tuple[Span, ...]] = [()] * len(old)
    come: list[tuple[Span, ...]] = [()] * len(new)
    at = 0
    for number, line in enumerate(old):
        for other in range(at, len(new)):
            found = _changed_words(line, new[other])
            if found is not None:
                gone[number], come[other] = found
                at = other + 1
                break
    return tuple(gone), tuple(come)


def _changed_words(old: str, new: str) -> tuple[tuple[Span, ...], tuple[Span, ...]] | None:
    """Return what differs between two lines; None where they have too little in common."""
    words = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, *words, autojunk=False)
    if matcher.quick_ratio() < _ALIKE:
        return None
    blocks = matcher.get_matching_blocks()
    kept = sum(len("".join(words[0][block.a : block.a + block.size]).strip()) for block in blocks)
    if kept < _ALIKE * min(len(old.strip()), len(new.strip())):
        return None
    starts = [_starts(side) for side in words]
    gone: list[Span] = []
    come: list[Span] = []
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            gone.extend(_span(starts[0], old_start, old_end))
            come.extend(_span(starts[1], new_start, new_end))
    return tuple(gone), tuple(come)


def _starts(words: Sequence[str]) -> list[int]:
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return starts


def _span(starts: Sequence[int], start: int, end: int) -> Iterator[Span]:
    if start < end:
        yield Span(starts[start], starts[end])
