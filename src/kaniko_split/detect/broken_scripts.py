"""How often does a text that the shell's parser rejects run the executor?

What cannot be parsed is read word by word. A word counts where a command can stand, or where it is a path to the
executor. Words in comments do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kaniko_split.kaniko.command import Argument, Build, is_executor, read_command
from kaniko_split.source.patterns import Pattern

# A comment begins at the start of a line or behind a blank, and never inside of quotes that are open on that line.
_QUOTED_OR_COMMENT = Pattern(r"'[^'\n]*'|\"(?:\\.|[^\"\\\n])*\"|\\.|(?P<comment>(?:^|(?<=[\s;|&(]))#[^\n]*)")
_COMMAND = Pattern(r"(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|[^;|&\n'\"])+")
_ARGUMENT = Pattern(r"(?:'[^']*'|\"(?:\\.|[^\"\\])*\"|\$\([^)]*\)|[^\s'\"])+")
_WORD = Pattern(r"[^\s;|&()<>`]+")
# By these one word may run several times.
_AGAIN = Pattern(
    r"\b(?:for|while|until|select|function|alias|eval|xargs|find|trap)\b|\(\s*\)|\w=[\"']?[^\s\"']*executor"
)
_KEYWORDS = "do|elif|else|env|eval|exec|if|sudo|then|time|until|while|-c"
_BEFORE_COMMAND = Pattern(rf"(?:^|[;|&(`!{{\n]|\b(?:{_KEYWORDS})\s)[ \t\"']*$")


def executor_count(texts: Iterable[str], extra: Sequence[str] = ()) -> int:
    """Return how many words of the texts run the executor, as far as single words tell.

    Args:
        texts: Shell scripts, or YAML with such scripts in it.
        extra: Further command words that count as the executor.
    """
    return sum(_count(without_comments(text), extra) for text in texts)


def may_build_twice(texts: Iterable[str], extra: Sequence[str] = ()) -> bool:
    """Tell whether the texts together may run the executor twice: by two words, or by one that may run again."""
    known = list(texts)
    count = executor_count(known, extra)
    return count > 1 or (count == 1 and any(_AGAIN.search(without_comments(text)) for text in known))


def cache_of(texts: Iterable[str], extra: Sequence[str] = ()) -> bool | None:
    """Return whether a call of the executor in the texts uses the cache; None where that is not known.

    It is not known where an argument is handed on (`"$@"`), and where no call is seen.

    Args:
        texts: Shell scripts.
        extra: Further command words that count as the executor.
    """
    answers: list[bool | None] = []
    for text in map(without_comments, texts):
        for call in _COMMAND.finditer(text.replace("\\\n", " ")):
            words = _ARGUMENT.findall(call[0])
            at = next((number for number, word in enumerate(words) if is_executor(_bare(word), extra)), None)
            if at is not None:
                found = read_command(tuple(map(_argument, words[at + 1 :])))
                answers.append(found.cache if isinstance(found, Build) else False)
    if True in answers:
        return True
    return False if answers and None not in answers else None


def _argument(word: str) -> Argument:
    exact = "$" not in word and "`" not in word
    return Argument(_bare(word), exact, splits=not exact and not word.startswith('"'))


def _bare(word: str) -> str:
    return word.replace('"', "").replace("'", "")


def without_comments(text: str) -> str:
    """Return a script without its comments, line for line."""
    return _QUOTED_OR_COMMENT.sub(lambda found: "" if found["comment"] is not None else found[0], text)


def _count(text: str, extra: Sequence[str]) -> int:
    count = 0
    for found in _WORD.finditer(text):
        word = found[0].strip("\"'[],{}-")
        if not (is_executor(word, extra) or word.endswith("/executor")):
            continue
        start = text.rfind("\n", 0, found.start()) + 1
        before = text[start : found.start()].lstrip(" -")
        count += "/" in word or not before or _BEFORE_COMMAND.search(before) is not None
    return count
