"""Which statements does a text hold, to the shell?"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from kaniko_split.shell.nodes import Script
from kaniko_split.shell.shfmt import LongAnswerError, ask_shfmt
from kaniko_split.shell.syntax import TreeReader
from kaniko_split.source.patterns import Pattern

# GitLab puts an input's value here before any shell sees the text; no shell can parse it as it stands.
_INPUT = Pattern(r"\$\[\[.*?\]\]", re.DOTALL)
_ERROR = Pattern(r"(?:<standard input>:)?(\d+):(\d+): (.*)")
# Deeper nesting is not followed. What opens and closes is counted in the text, since the parser itself needs memory by
# the square of the depth.
_DEEPEST = 200
_BRACKET_OR_WORD = Pattern(r"[({]|[)}]|(?:^|[;\n])[ \t]*(if|elif|do|case|fi|done|esac)\b")
_CLOSED_BY = {"fi": "if", "done": "do", "esac": "case", ")": "(", "}": "{"}


class ShellSyntaxError(Exception):
    """The text is no shell script; `line` and `column` count from 1 within it."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.column = column
        self.problem = problem


class NestedTooDeepError(ShellSyntaxError):
    """The text is nested too deeply to be followed; nobody can say what it runs."""

    def __init__(self) -> None:
        super().__init__(1, 1, "its statements are nested too deeply")


@lru_cache(maxsize=256)
def parse(text: str) -> Script:
    """Parse `text` as a shell script, bash's extensions allowed; a text that was parsed is not parsed again.

    Raises:
        ShellSyntaxError: It is not one.
        NestedTooDeepError: It is one, and is nested too deeply.
        MissingParserError: shfmt is not there to ask.
    """
    if _is_too_deep(text):
        raise NestedTooDeepError
    try:
        status, output, errors = ask_shfmt(_INPUT.sub(_placeholder, text))
    except LongAnswerError:
        raise NestedTooDeepError from None
    if status:
        message = errors.decode("utf-8", "replace").strip()
        found = _ERROR.match(message)
        if found is None:
            raise ShellSyntaxError(1, 1, message.splitlines()[0] if message else "shfmt gave no reason")
        raise ShellSyntaxError(int(found[1]), int(found[2]), found[3])
    try:
        return TreeReader(text).script(json.loads(output))
    except RecursionError:
        raise NestedTooDeepError from None


def _is_too_deep(text: str) -> bool:
    """Tell whether the brackets and words that open a command are nested too deeply, as far as the text tells."""
    opened: list[str] = []
    for match in _BRACKET_OR_WORD.finditer(text):
        word = match[1] or match[0]
        opener = _CLOSED_BY.get(word)
        if opener is None:
            opened.append(word)
            if len(opened) > _DEEPEST:
                return True
        elif opener in opened:
            # The pattern's `)` of a `case`, and what is quoted, close nothing.
            while opened.pop() != opener:
                pass
    return False


def _placeholder(match: re.Match[str]) -> str:
    """Return a parameter expansion as long as the input's mention, so that offsets stay true."""
    return "${" + "_" * (len(match[0].encode("utf-8")) - 3) + "}"
