"""What does a substitution or a trap print that does nothing but print words which are known?"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from kaniko_split.prove.events import Event
from kaniko_split.prove.symbols import is_text
from kaniko_split.shell.filters import filtered
from kaniko_split.shell.nodes import Call, Chain, Statement, Substitution
from kaniko_split.source.patterns import Pattern

_ONLY_PRINTS = Pattern(r"(?:echo|printf) [^;&|`$()<>]*")


def printed(part: Substitution, events: Sequence[Event], text: str) -> str | None:
    """Return what a substitution prints where that follows from known words; None where it does not."""
    if len(part.statements) != 1 or text[part.span.start : part.span.start + 1] not in {"$", "`"}:
        return None
    calls = _calls(part.statements[0])
    if (
        calls is None
        or len(calls) != len(events)
        or any(event.node is not one for event, one in zip(events, calls, strict=True))
    ):
        return None
    output = ""
    for number, event in enumerate(events):
        if not all(map(is_text, event.words)) and event.words[:1] != ("pwd",):
            return None
        found = _output(event.words) if not number else filtered(event.words, output)
        if found is None:
            return None
        output = found
    return output.rstrip("\n")


def _calls(statement: Statement) -> list[Statement] | None:
    if statement.redirects or statement.negated or statement.background:
        return None
    match statement.command:
        case Call(assignments=()):
            return [statement]
        case Chain(operator="|", left=left, right=right):
            before, after = _calls(left), _calls(right)
            return None if before is None or after is None else before + after
        case _:
            return None


def _output(words: tuple[str, ...]) -> str | None:
    match words:
        case ("echo", *texts) if texts and not texts[0].startswith("-") and "\\" not in "".join(texts):
            return " ".join(texts) + "\n"
        case ("printf", "%s" | "%s\n" as form, text):
            return text + form[2:]
        case ("basename", path):
            return posixpath.basename(path.rstrip("/")) + "\n"
        case ("basename", path, suffix):
            name = posixpath.basename(path.rstrip("/"))
            return (name.removesuffix(suffix) if name != suffix else name) + "\n"
        case ("dirname", path):
            return (posixpath.dirname(path.rstrip("/")) or ("/" if path.startswith("/") else ".")) + "\n"
        case ("seq", last) if last.isdigit():
            return "".join(f"{number}\n" for number in range(1, min(int(last), 1000) + 1))
        case ("seq", first, last) if first.isdigit() and last.isdigit():
            return "".join(f"{number}\n" for number in range(int(first), min(int(last), int(first) + 1000) + 1))
        case _:
            return None


def only_prints(text: str) -> bool:
    """Tell whether the commands of a trap do nothing but print a known text."""
    return _ONLY_PRINTS.fullmatch(text) is not None
