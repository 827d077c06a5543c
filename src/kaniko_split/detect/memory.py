"""What did the very same script come to when it was followed before?

One run meets a script several times: where it is found, where it is proved, and again in the next of many
repositories that are written alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

from msgspec import Struct

from kaniko_split.detect.steps import Trace
from kaniko_split.detect.vocabulary import Vocabulary
from kaniko_split.flow.state import Read
from kaniko_split.gitlab.script import ScriptItem
from kaniko_split.shell.values import Value

# What a script comes to depends on nothing else, but on the files that it names.
Given = tuple[object, ...]


class Answers(Struct, frozen=True, eq=False):
    """What the repository answered: the texts of files, and what paths lead to, each by name."""

    texts: dict[str, str | None]
    names: dict[str, str | None]

    @staticmethod
    def noting(kept: dict[str, str | None], ask: Read) -> Read:
        """Return a question like `ask` that keeps each answer."""

        def noted(name: str) -> str | None:
            if name not in kept:
                kept[name] = ask(name)
            return kept[name]

        return noted


_MOST = 64


def given_of(items: Sequence[ScriptItem], variables: Mapping[str, Value], words: Vocabulary) -> Given:
    """Return what a trace depends on; the arguments are those of `trace`."""
    values = tuple((name, one.text, one.exact, one.splits, one.given) for name, one in sorted(variables.items()))
    return (tuple((one.section, one.text) for one in items), values, words)


class Remembered:
    """The traces that were made last, each with what the repository answered when it was asked for files."""

    def __init__(self) -> None:
        self._traces: dict[Given, tuple[Answers, Trace]] = {}
        self._lock = Lock()

    def find(self, given: Given, read: Read, real: Read) -> Trace | None:
        """Return the trace of such a script, where the repository has the files that it had then."""
        with self._lock:
            answers, found = self._traces.get(given, (Answers({}, {}), None))
        if found is None:
            return None
        same = all(read(name) == text for name, text in answers.texts.items())
        return found if same and all(real(name) == place for name, place in answers.names.items()) else None

    def keep(self, given: Given, answers: Answers, made: Trace) -> None:
        """Remember a trace, and forget the oldest one where there are too many."""
        with self._lock:
            self._traces.pop(given, None)
            self._traces[given] = (answers, made)
            if len(self._traces) > _MOST:
                del self._traces[next(iter(self._traces))]
