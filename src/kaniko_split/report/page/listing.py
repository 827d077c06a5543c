"""What is the HTML of a file's difference, and under which name can each of its lines be linked to?

One list of lines serves both ways to look at it. A run of the same lines is a `div.u`, replaced lines are a `div.r`
with `del` and `ins`; the style sheet puts those below or beside each other. Line numbers are attributes, so that
nobody copies them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from markupsafe import Markup

from kaniko_split.report.page.colours import Pieces, coloured_lines
from kaniko_split.report.page.difference import Run, runs
from kaniko_split.report.page.markup import html_of
from kaniko_split.source.text import Span

Side = Literal["old", "new"]

# Lines shown around a change, and the fewest that are worth folding away.
_AROUND, _FEWEST = 3, 8


class Listing:
    """The difference of one file, which collects the lines that are linked to before it is written out."""

    def __init__(self, name: str, before: str, after: str, owners: Sequence[tuple[Span, Sequence[str]]] = ()) -> None:
        """Compare two texts.

        Args:
            name: What the names of its lines begin with.
            before: The old text, every line ended.
            after: The new text, likewise; the same as `before` for a file that stays.
            owners: Spans of the old text that are replaced, each with the names of the items that want it.
        """
        self.name = name
        self._owners = owners
        self._old = before.split("\n")[:-1]
        self._new = after.split("\n")[:-1]
        self._texts = before, after
        self._runs = runs(self._old, self._new)
        self._linked: set[tuple[Side, int]] = set()

    @property
    def added(self) -> int:
        """How many lines are new."""
        return sum(run.new.end - run.new.start for run in self._runs if not run.same)

    @property
    def removed(self) -> int:
        """How many lines are gone."""
        return sum(run.old.end - run.old.start for run in self._runs if not run.same)

    def link(self, side: Side, line: int) -> str:
        """Return the name of a line of one side, counted from 1, and remember that it needs one."""
        for run in self._runs if side == "old" else ():
            if run.same and run.old.start < line <= run.old.end:
                return self.link("new", line - run.old.start + run.new.start)
        self._linked.add((side, line))
        return self._id(side, line)

    def html(self, *, whole: bool) -> Markup:
        """Return the lines; where not `whole`, without those far from any change that nothing links to."""
        old, new = (coloured_lines(text) for text in self._texts)
        parts: list[str] = []
        for number, run in enumerate(self._runs):
            if run.same:
                parts.extend(self._same(run, new, first=number == 0, last=number == len(self._runs) - 1, whole=whole))
            else:
                owners = self._owners_of(run)
                mark = f' data-of="{" ".join(owners)}"' if owners else ""
                parts.append(f"<div class=r{mark}>{''.join(self._replaced(run, old, new))}</div>")
        return Markup("".join(parts))  # noqa: S704 (made of escaped pieces)

    def _owners_of(self, run: Run) -> list[str]:
        """Return the items that want the lines of a run replaced."""
        if not self._owners:
            return []
        start = sum(len(line) + 1 for line in self._old[: run.old.start])
        end = start + sum(len(line) + 1 for line in self._old[run.old.start : run.old.end])
        # An insertion may be said to stand before the line feed or behind it.
        wanted = (names for span, names in self._owners if span.start <= end and span.end >= start - 1)
        return list(dict.fromkeys(name for names in wanted for name in names))

    def _same(self, run: Run, lines: Sequence[Pieces], *, first: bool, last: bool, whole: bool) -> Iterator[str]:
        """Yield lines that stay, with those far from any change folded away."""
        start, end = run.new.start, run.new.end
        head = start if first else min(start + _AROUND, end)
        tail = end if last else max(end - _AROUND, head)
        if tail - head < _FEWEST:
            head = tail = end
        shift = run.old.start - run.new.start
        if start < head:
            yield self._block(range(start, head), shift, lines)
        if head < tail:
            words = f"{tail - head} unchanged lines"
            if whole or any(("new", at + 1) in self._linked for at in range(head, tail)):
                folded = self._block(range(head, tail), shift, lines)
                yield f"<details class=f><summary>{words}</summary>{folded}</details>"
            else:
                yield f"<p class=f>{words}</p>"
        if tail < end:
            yield self._block(range(tail, end), shift, lines)

    def _block(self, numbers: Iterable[int], shift: int, lines: Sequence[Pieces]) -> str:
        rows = (
            f"<div data-o={at + shift + 1} data-n={at + 1}{self._mark('new', at + 1)}>{_html(lines[at])}</div>"
            for at in numbers
        )
        return f"<div class=u>{''.join(rows)}</div>"

    def _replaced(self, run: Run, old: Sequence[Pieces], new: Sequence[Pieces]) -> Iterator[str]:
        for at in range(run.old.start, run.old.end):
            text = _html(old[at], run.old_words[at - run.old.start])
            yield f"<del data-o={at + 1}{self._mark('old', at + 1)}>{text}</del>"
        for at in range(run.new.start, run.new.end):
            text = _html(new[at], run.new_words[at - run.new.start])
            yield f"<ins data-n={at + 1}{self._mark('new', at + 1)}>{text}</ins>"

    def _mark(self, side: Side, line: int) -> str:
        return f" id={self._id(side, line)}" if (side, line) in self._linked else ""

    def _id(self, side: Side, line: int) -> str:
        return f"{self.name}{side[0]}{line}"


def excerpt(text: str, line: int, column: int) -> Markup:
    """Return a few lines of `text` around one of them, with a caret under its column; both count from 1."""
    lines = coloured_lines(text)
    parts: list[str] = []
    for at in range(max(0, line - 1 - _AROUND), min(len(lines), line + _AROUND)):
        kind = " class=at" if at == line - 1 else ""
        parts.append(f"<div data-n={at + 1}{kind}>{_html(lines[at])}</div>")
        if at == line - 1:
            before = "".join(piece for _, piece in lines[at])[: column - 1]
            blank = "".join("\t" if char == "\t" else " " for char in before)
            parts.append(f'<div class="caret" aria-hidden=true>{blank}^</div>')
    return Markup("".join(parts))  # noqa: S704 (made of escaped pieces)


def _html(pieces: Pieces, words: Sequence[Span] = ()) -> str:
    parts: list[str] = []
    at = 0
    for letter, text in pieces:
        inside = "".join(_marked(text, at, words)) if words else html_of(text)
        parts.append(f"<b class={letter}>{inside}</b>" if letter else inside)
        at += len(text)
    return "".join(parts)


def _marked(text: str, offset: int, words: Sequence[Span]) -> Iterator[str]:
    """Yield the HTML of a piece that begins at `offset` of its line, with the changed characters marked."""
    at = 0
    for span in words:
        start, end = max(span.start - offset, at), min(span.end - offset, len(text))
        if start < end:
            yield html_of(text[at:start])
            yield f"<mark>{html_of(text[start:end])}</mark>"
            at = end
    yield html_of(text[at:])
