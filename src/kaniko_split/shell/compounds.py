"""Where are the keywords of a compound command, and which statements are between them?

The syntax tree has no positions for `then`, `do`, `}` and the like. Between two statements of one compound command
there is nothing but blanks, separators, comments and such words, so they are found there.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kaniko_split.shell.nodes import (
    Call,
    Case,
    Chain,
    Declaration,
    For,
    Function,
    Group,
    If,
    Other,
    Script,
    Statement,
    While,
)
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span

_WORDS = {
    word: Pattern(rf"(?<![\w-]){word}(?![\w-])") for word in ("then", "elif", "else", "fi", "do", "done", "esac", "in")
}
_SIGNS = {sign: Pattern(f"[{sign}]") for sign in "{}()"}
_BRANCH_ENDS = Pattern(r";;&|;;|;&|(?<![\w-])esac(?![\w-])")
_LOOP_OPENS = Pattern(r"(?<![\w-])do(?![\w-])|\{")
_LOOP_CLOSES = Pattern(r"(?<![\w-])done(?![\w-])|\}")


class InseparableError(Exception):
    """Some statements cannot be told apart in the text, such as two here-documents of one line.

    Attributes:
        offset: The first character of what cannot be divided.
        problem: What is in the way.
    """

    def __init__(self, offset: int, problem: str) -> None:
        super().__init__(problem)
        self.offset = offset
        self.problem = problem


class Body(Struct, frozen=True, eq=False):
    """A list of statements inside of a compound command, with the words around it.

    Offsets are characters of the script's text.

    Attributes:
        start: Where the branch begins: at `if`, `elif`, `else`, `do`, the brace or the first pattern.
        opened: The end of the word that opens the list: `then`, `else`, `do`, `{`, `(`, or the `)` of a pattern.
        statements: The list.
        closing: The start of the word that ends it: `elif`, `else`, `fi`, `done`, `}`, `)`, `;;` or `esac`.
        condition: What decides whether the list runs.
        ends_statement: Whether the closing word needs no separator before it, as `)` and `;;` do not.
    """

    start: int
    opened: int
    statements: tuple[Statement, ...]
    closing: int
    condition: tuple[Statement, ...] = ()
    ends_statement: bool = False


def is_divisible(statement: Statement) -> bool:
    """Tell whether statements inside of `statement` may be taken out of it; a pipeline stays whole."""
    match statement.command:
        case Chain(operator=operator):
            return operator in {"&&", "||"}
        case Group() | If() | For() | While() | Case() | Function():
            return True
        case Call() | Declaration() | Other() | None:
            return False


def without_comments(script: Script) -> str:
    """Return the script's text with blanks in the place of its comments, as long as it was."""
    text, parts, at = script.text, list[str](), 0
    for comment in script.comments:
        parts += (text[at : comment.start], " " * (comment.end - comment.start))
        at = comment.end
    return "".join((*parts, text[at:]))


def bodies(statement: Statement, text: str) -> tuple[Body, ...]:
    """Return the lists of statements of a compound command, in order; none for any other command.

    Args:
        statement: The command.
        text: The script's text without its comments, see `without_comments`.

    Raises:
        InseparableError: A here-document hides a word.
    """
    found = tuple(_bodies(statement, text))
    for body in found:
        at = body.opened
        for inner in body.statements:
            if inner.span.start < at:
                raise InseparableError(statement.span.start, "a here-document begins before another command")
            at = inner.span.end
        if at > body.closing or body.closing > statement.span.end:
            raise InseparableError(statement.span.start, "a here-document begins before another command")
    return found


def _bodies(statement: Statement, text: str) -> Iterator[Body]:
    start = statement.span.start
    match statement.command:
        case Group(statements=inner, subshell=subshell):
            opens, closes = ("(", ")") if subshell else ("{", "}")
            opened = _word(text, opens, start, inner[0].span.start if inner else statement.span.end).end
            closing = _word(text, closes, inner[-1].span.end if inner else opened, statement.span.end).start
            yield Body(start, opened, inner, closing, ends_statement=subshell)
        case If():
            yield from _branches(statement, statement.command, text, statement.span.end)
        case While(condition=condition, body=inner):
            yield _loop(text, statement, condition[-1].span.end, inner, condition)
        case For(items=items, head=head, body=inner):
            header = head.span.end if head is not None else items[-1].span.end if items else start
            yield _loop(text, statement, header, inner, ())
        case Case(subject=subject, branches=branches, patterns=patterns):
            at = subject.span.end
            for words, inner in zip(patterns, branches, strict=True):
                opened = _word(text, ")", words[-1].span.end, statement.span.end).end
                end = _first(text, _BRANCH_ENDS, inner[-1].span.end if inner else opened, statement.span.end)
                yield Body(words[0].span.start, opened, inner, end.start, ends_statement=text[end.start] == ";")
                at = end.end
            _word(text, "esac", at if text[at - 4 : at] != "esac" else at - 4, statement.span.end)
        case Function() | Chain() | Call() | Declaration() | Other() | None:
            return


def _branches(statement: Statement, command: If, text: str, end: int) -> Iterator[Body]:
    then = _word(text, "then", command.condition[-1].span.end, command.then[0].span.start)
    last = command.then[-1].span.end
    start = statement.span.start
    if not command.otherwise:
        yield Body(start, then.end, command.then, _word(text, "fi", last, end).start, command.condition)
        return
    following = command.otherwise[0]
    if is_elif(following, text):
        yield Body(start, then.end, command.then, following.span.start, command.condition)
        assert isinstance(following.command, If)  # noqa: S101 (`elif` begins nothing else)
        yield from _branches(following, following.command, text, end)
        return
    otherwise = _word(text, "else", last, following.span.start)
    yield Body(start, then.end, command.then, otherwise.start, command.condition)
    closing = _word(text, "fi", command.otherwise[-1].span.end, end).start
    yield Body(otherwise.start, otherwise.end, command.otherwise, closing)


def is_elif(statement: Statement, text: str) -> bool:
    """Tell whether `statement`, the first one of what follows `then`, is an `elif` with its branch."""
    return isinstance(statement.command, If) and text.startswith("elif", statement.span.start)


def _loop(
    text: str, statement: Statement, header: int, inner: tuple[Statement, ...], condition: tuple[Statement, ...]
) -> Body:
    opening = _first(text, _LOOP_OPENS, header, inner[0].span.start)
    closing = _first(text, _LOOP_CLOSES, inner[-1].span.end, statement.span.end)
    return Body(opening.start, opening.end, inner, closing.start, condition)


def _word(text: str, word: str, start: int, stop: int) -> Span:
    return _first(text, _SIGNS.get(word) or _WORDS[word], start, stop)


def _first(text: str, pattern: Pattern, start: int, stop: int) -> Span:
    match = pattern.search(text, start)
    if match is None or match.end() > stop:
        raise InseparableError(start, "a here-document begins before another command")
    return Span(match.start(), match.end())


def is_between_statements(statement: Statement, offset: int, text: str) -> bool:
    """Tell whether a command at `offset`, inside of a statement, would be one more of a list in it.

    Its output would go where that of the script goes. GitLab's runner prints each item of a script before it runs it,
    also within a statement that goes over several.

    Args:
        statement: The statement.
        offset: A character of the script's text that is inside of the statement.
        text: The text without its comments, see `without_comments`.
    """
    if statement.redirects or statement.negated or not is_divisible(statement):
        return False
    inner: tuple[Statement, ...]
    match statement.command:
        case Chain(left=left, right=right):
            inner, between = (left, right), False
        case Function(body=body):
            inner, between = (body,), False
        case _:
            lists = bodies(statement, text)
            inside = next((one for one in lists if one.opened <= offset <= one.closing), None)
            if inside is None:
                return False
            inner, between = inside.statements, True
    divided = next((one for one in inner if one.span.start < offset < one.span.end), None)
    return is_between_statements(divided, offset, text) if divided is not None else between
