"""Which loop runs one build for each of some known words, and how does its script read without the loop?

`for name in cart mail; do BODY; done` does what `name=cart`, BODY, `name=mail`, BODY do one after the other, as
long as BODY neither breaks out of the loop nor goes on early. A loop that ends another one's body counts with it: the
two are one over all pairs of their words, and what comes before the inner loop begins each turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from msgspec import Struct

from kaniko_split.flow.changed_names import names_changed
from kaniko_split.flow.lists import VARIABLE, is_single_word
from kaniko_split.flow.loops import Level
from kaniko_split.shell.nodes import (
    Call,
    Literal,
    Script,
    Statement,
    Word,
    nested,
    substitutions,
    words_of,
)
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span

_BARE = Pattern(r"[A-Za-z0-9_./:@%+,-]+")
_LEAVES_THE_LOOP = frozenset({"break", "continue"})


class Loop(Struct, frozen=True, eq=False):
    """A loop over known words, and its script with the loop written out.

    Offsets count in the script's text as it is joined from its items (`written`), or in the text in which the
    loop is written out (`unrolled`).

    Attributes:
        names: The loop's variable; of loops in each other, the outer one's first.
        assignments: What gives them their values, for each turn.
        statement: The whole loop, in the written text.
        body: What each turn runs, in the written text: what comes before an inner loop, and the innermost body.
        text: The unrolled text.
        turns: Where each turn begins, in the unrolled text.
        frame: What stands around the body: the lines of `for ... do`, and `done`.
        words: What it goes over, and what those in it do.
        variables: The variables that its words are read from.
    """

    names: tuple[str, ...]
    assignments: tuple[tuple[str, ...], ...]
    statement: Span
    body: tuple[Span, ...]
    text: str
    turns: tuple[int, ...]
    frame: tuple[str, ...]
    words: tuple[str, ...]
    variables: tuple[str, ...]

    @property
    def end(self) -> int:
        """Where the last turn ends, in the unrolled text."""
        return self.turns[-1] + len(_lines(self.assignments[-1])) + sum(map(_length, self.body)) + len(self.body) - 1

    def turn_at(self, offset: int) -> int | None:
        """Return the number of the turn in which the character at `offset` of the unrolled text stands."""
        if not self.turns[0] <= offset < self.end:
            return None
        return max(number for number, start in enumerate(self.turns) if start <= offset)

    def written_at(self, offset: int) -> int:
        """Return where in the written text the character at `offset` of the unrolled one stands.

        An assignment of the loop's variable stands where the loop does.
        """
        turn = self.turn_at(offset)
        if turn is None:
            return offset if offset < self.turns[0] else offset - self.end + self.statement.end
        behind = offset - self.turns[turn] - len(_lines(self.assignments[turn]))
        if behind < 0:
            return self.statement.start
        for part in self.body:
            if behind <= _length(part):
                return part.start + behind
            behind -= _length(part) + 1
        return self.body[-1].end


def written_out(script: Script, statement: Statement, levels: Sequence[Level]) -> Loop | None:
    """Return the loop `statement` written out, or None where that would do something else.

    Args:
        script: The script in which it stands at the top level.
        statement: The loop.
        levels: The loops that it is made of.
    """
    plain = not (statement.negated or statement.background or statement.redirects)
    names = tuple(level.name for level in levels)
    values = [value for level in levels for value in level.values]
    inner = levels[-1].body
    if not plain or not all(names) or len(set(names)) < len(names) or not inner:
        return None
    given = [[_assignment(level.name, value) for value in level.values] for level in levels]
    assignments = [tuple(one for one in turn if one is not None) for turn in product(*given)]
    running = (*(one for level in levels for one in level.before), *inner)
    if any(len(turn) < len(levels) for turn in assignments) or any(_is_tied(one) for one in running):
        return None
    later = {name for value in values if not value.exact for name in VARIABLE.findall(value.text)}
    if not assignments or later & {*names, *names_changed(running)}:
        return None
    heads = (level.before for level in levels if level.before)
    body = tuple(Span(part[0].span.start, part[-1].span.end) for part in (*heads, inner))
    before, after = script.text[: statement.span.start], script.text[statement.span.end :]
    text, turns = before, []
    for turn in assignments:
        turns.append(len(text))
        text += _lines(turn) + "".join(f"{script.text[part.start : part.end]}\n" for part in body)
    return Loop(
        names=names,
        assignments=tuple(assignments),
        statement=statement.span,
        body=body,
        text=text.removesuffix("\n") + after,
        turns=tuple(turns),
        frame=tuple(_frame(script.text, statement.span, body)),
        words=tuple(value.text for value in values),
        variables=tuple(name for level in levels for name in level.variables if name not in later),
    )


def _length(span: Span) -> int:
    return span.end - span.start


def _lines(assignments: Sequence[str]) -> str:
    return "".join(f"{one}\n" for one in assignments)


def _frame(text: str, statement: Span, body: Sequence[Span]) -> Iterator[str]:
    starts, ends = [statement.start, *(part.end for part in body)], [*(part.start for part in body), statement.end]
    around = "\n".join(text[start:end] for start, end in zip(starts, ends, strict=True))
    for line in around.splitlines():
        if line.strip() and not line.strip().startswith("#"):
            yield line.strip()


def _assignment(name: str, value: Value) -> str | None:
    """Return the assignment of one word, quoted where the shell would make something else of it."""
    text = value.text
    if not value.exact:
        # Nothing splits what is assigned.
        return f"{name}={text}" if is_single_word(value) else None
    if not text.isprintable() or "'" in text:
        return None
    return f"{name}={text}" if _BARE.fullmatch(text) else f"{name}='{text}'"


def _is_tied(statement: Statement) -> bool:
    """Tell whether a statement of the body leaves the loop, runs behind it, or holds lines that count."""
    command = statement.command
    if any(redirect.body is not None for redirect in statement.redirects):
        return True
    if isinstance(command, Call) and command.words and command.words[0].literal in _LEAVES_THE_LOOP:
        return True
    words = tuple(words_of(statement))
    if any(_holds_lines(word) for word in words):
        return True
    inside = [one for word in words for part in substitutions(word) for one in part.statements]
    return any(_is_tied(one) for one in (*_all_nested(statement), *inside))


def _all_nested(statement: Statement) -> Iterator[Statement]:
    for block in nested(statement):
        yield from block


def _holds_lines(word: Word) -> bool:
    return any(isinstance(part, Literal) and "\n" in part.text for part in word.parts)
