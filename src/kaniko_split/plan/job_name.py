"""Does a job, or a script that it runs, use the job's own name?

The name differs in each new job. It may reach the job through any variable that the pipeline gives it, and through any
file of the repository that its script names.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.occurrence import Shape
from kaniko_split.gitlab.variables import Variable
from kaniko_split.shell.locations import File, State
from kaniko_split.source.patterns import Pattern

Read = Callable[[str], str | None]

# GitLab, "Predefined variables".
NAMES = ("CI_JOB_NAME", "CI_JOB_NAME_SLUG", "CI_JOB_GROUP_NAME")
_PATH = Pattern(r"[\w.+-]+(?:/[\w.+-]+)*")
_PROJECT = Pattern(r"\$\{?CI_PROJECT_DIR\}?/")
_FOLDER = Pattern(r"\bcd\s+(?:--\s+)?[\"']?(?:\./)?([\w.+-]+(?:/[\w.+-]+)*)")
# These run a file that nobody names.
_UNNAMED = {"make": ("Makefile", "makefile", "GNUmakefile"), "npm": ("package.json",), "task": ("Taskfile.yml",)}
# Scripts that name scripts are followed this far, and so many files are read.
_DEEPEST = 5
_MOST_FILES = 500


def naming_variables(given: Mapping[str, Variable]) -> frozenset[str]:
    """Return the variables of a job whose value is made from its name, GitLab's own included."""
    found = set(NAMES)
    while True:
        word = _words(found)
        more = {name for name, one in given.items() if any(map(word.search, (one.value, *one.texts)))} - found
        if not more:
            return frozenset(found)
        found |= more


def name_in(texts: Iterable[str], names: Iterable[str]) -> bool:
    """Tell whether one of the texts mentions one of these variables."""
    word = _words(names)
    return any(map(word.search, texts))


def file_with_name(texts: Iterable[str], names: Iterable[str], read: Read) -> str | None:
    """Return the first file of the repository that the texts lead to and that mentions one of these variables.

    Args:
        texts: The scripts of the job.
        names: The variables.
        read: Gives the text of a file of the repository, by name; None where there is none.
    """
    word = _words(names)
    waiting = list(texts)
    seen: set[str] = set()
    for _ in range(_DEEPEST):
        paths = [path for path in dict.fromkeys(_paths(waiting)) if path not in seen][: _MOST_FILES - len(seen)]
        seen |= set(paths)
        waiting = []
        for path in paths:
            text = read(path)
            if text is None:
                continue
            if word.search(text):
                return path
            waiting.append(text)
        if not waiting:
            return None
    return None


def text_with_effect(trace: Trace) -> str:
    """Return the text of a script without the statements that only print their words, whatever those are."""
    text = trace.script.text
    for step in reversed(trace.steps):
        if only_says(step):
            text = text[: step.span.start] + text[step.span.end :]
    return text


def only_says(step: Step) -> bool:
    """Tell whether a statement does nothing but print its own words on the terminal."""
    simple = step.occurrence.shape is Shape.COMMAND and not step.chained and not step.statement.background
    says = simple and step.effects.prints and bool(step.values) and step.values[0].text in {"echo", "printf"}
    return says and not any(isinstance(place, File) or place is State.FILES for place in step.effects.reads)


def texts_of(value: Any) -> Iterator[str]:
    """Yield every text in a value of YAML, its keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield str(key)
            yield from texts_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part)


def _words(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")


def _paths(texts: Iterable[str]) -> Iterator[str]:
    for text in (_PROJECT.sub("", text) for text in texts):
        folders = [found[1] for found in _FOLDER.finditer(text)]
        for found in _PATH.finditer(text):
            names = _UNNAMED.get(found[0]) or ((found[0],) if "." in found[0] or "/" in found[0] else ())
            for name in names:
                for folder in (".", *folders):
                    path = posixpath.normpath(f"{folder}/{name}")
                    if not path.startswith(("..", "/")):
                        yield path
