"""Which loop runs one build for each of some known words, and how does its script read without the loop?

`for name in cart mail; do BODY; done` does what `name=cart`, BODY, `name=mail`, BODY do one after the other, as
long as BODY neither breaks out of the loop nor goes on early.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kaniko_split.shell.changes import names_changed
from kaniko_split.shell.nodes import (
    Call,
    For,
    Literal,
    Script,
    Statement,
    Word,
    nested,
    substitutions,
    words_of,
)
from kaniko_split.shell.words import Value, names_behind
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span

_BARE = Pattern(r"[A-Za-z0-9_./:@%+,-]+")
# A word that is one word whatever its variables hold, as far as GitLab's own hold no blanks.
_WITH_VARIABLES = Pattern(r"(?:[A-Za-z0-9_./:@%+,-]|\$\w+|\$\{\w+\})+")
_VARIABLE = Pattern(r"\$\{?(\w+)\}?")
# https://docs.gitlab.com/ci/variables/predefined_variables/: every job has these, with a value.
_NEVER_EMPTY = frozenset(
    {
        *("CI_COMMIT_REF_NAME", "CI_COMMIT_REF_SLUG", "CI_COMMIT_SHA", "CI_COMMIT_SHORT_SHA", "CI_DEFAULT_BRANCH"),
        *("CI_JOB_ID", "CI_JOB_NAME_SLUG", "CI_PIPELINE_ID", "CI_PIPELINE_IID"),
        *("CI_PROJECT_ID", "CI_PROJECT_NAME", "CI_PROJECT_PATH", "CI_PROJECT_PATH_SLUG"),
    }
)
_LEAVES_THE_LOOP = frozenset({"break", "continue"})


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A loop over known words, and its script with the loop written out.

    Offsets count in the script's text as it is joined from its items (`written`), or in the text in which the
    loop is written out (`unrolled`).

    Attributes:
        name: The loop's variable.
        assignments: What gives it its value, for each turn.
        statement: The whole loop, in the written text.
        body: From its first statement to the end of its last one, in the written text.
        text: The unrolled text.
        turns: Where each turn begins, in the unrolled text.
        frame: What stands around the body: the lines of `for ... do`, and `done`.
        words: What it goes over.
        variables: The variables that its words are read from.
    """

    name: str
    assignments: tuple[str, ...]
    statement: Span
    body: Span
    text: str
    turns: tuple[int, ...]
    frame: tuple[str, ...]
    words: tuple[str, ...]
    variables: tuple[str, ...]

    @property
    def end(self) -> int:
        """Where the last turn ends, in the unrolled text."""
        return self.turns[-1] + len(self.assignments[-1]) + 1 + (self.body.end - self.body.start)

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
        behind = offset - self.turns[turn] - len(self.assignments[turn]) - 1
        return self.statement.start if behind < 0 else self.body.start + behind


def is_one_word(value: Value) -> bool:
    """Tell whether an entry of a loop's list is one word for certain, also where it is not known which."""
    if value.exact or value.splits:
        return value.exact and not value.splits
    names = set(_VARIABLE.findall(value.text))
    filled = _VARIABLE.sub("", value.text) or names <= _NEVER_EMPTY
    return bool(filled) and _WITH_VARIABLES.fullmatch(value.text) is not None


def written_out(script: Script, statement: Statement, values: Sequence[Value]) -> Loop | None:
    """Return the loop `statement` written out, or None where that would do something else.

    Args:
        script: The script in which it stands at the top level.
        statement: The loop.
        values: The words that it goes over, as far as they are known.
    """
    command = statement.command
    plain = not (statement.negated or statement.background or statement.redirects)
    if not isinstance(command, For) or not plain or not command.name or not command.body or not values:
        return None
    assignments = [_assignment(command.name, value) for value in values]
    if any(one is None for one in assignments) or any(_is_tied(one) for one in command.body):
        return None
    later = {name for value in values if not value.exact for name in _VARIABLE.findall(value.text)}
    if later & {command.name, *names_changed(command.body)}:
        return None
    body = Span(command.body[0].span.start, command.body[-1].span.end)
    before, after = script.text[: statement.span.start], script.text[statement.span.end :]
    text, turns = before, []
    for one in assignments:
        turns.append(len(text))
        text += f"{one}\n{script.text[body.start : body.end]}\n"
    return Loop(
        name=command.name,
        assignments=tuple(one for one in assignments if one is not None),
        statement=statement.span,
        body=body,
        text=text.removesuffix("\n") + after,
        turns=tuple(turns),
        frame=tuple(_frame(script.text, statement.span, body)),
        words=tuple(value.text for value in values),
        variables=tuple(name for word in command.items or () for name in names_behind(word) if name not in later),
    )


def _frame(text: str, statement: Span, body: Span) -> Iterator[str]:
    around = f"{text[statement.start : body.start]}\n{text[body.end : statement.end]}"
    for line in around.splitlines():
        if line.strip() and not line.strip().startswith("#"):
            yield line.strip()


def _assignment(name: str, value: Value) -> str | None:
    """Return the assignment of one word, quoted where the shell would make something else of it."""
    text = value.text
    if not value.exact:
        # Nothing splits what is assigned.
        return f"{name}={text}" if is_one_word(value) else None
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
