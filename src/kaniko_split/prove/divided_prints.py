"""Do the new jobs print together what a statement of the old job printed?

What is printed on the terminal is read by people alone. So a job may print a part of what a statement printed: where
each word that it keeps finds what it found before, and where no word is lost over all jobs. It may also list the files
of its own folder, which are not those that other jobs write into theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from kaniko_split.prove.events import Event, Run
from kaniko_split.prove.paths import meets
from kaniko_split.shell.nodes import Call, Literal, Word
from kaniko_split.source.patterns import Pattern

_SHOWING = frozenset({"cat", "head", "tail", "wc"})
_SAYING = frozenset({"echo", "printf"})
_CONVERSION = Pattern(r"%(?!%)")
_OPTION = Pattern(r"-.*|[0-9]+")
_SEPARATORS = frozenset("\"' \t\n,;")


def joined_prints(old: Run, new: Mapping[str, Run]) -> dict[str, Run]:
    """Return the new runs with each part of a statement that prints as that statement.

    Args:
        old: What the old job runs.
        new: What each new job runs, by name.
    """
    strange = _strange(old, new)
    whole: dict[int, Event] = {}
    for event in filter(_prints, old.events if any(strange) else ()):
        # A job has one part of it at most.
        found = (next((one for one in run if id(one) not in whole and _is_part(one, event)), None) for run in strange)
        parts = [one for one in found if one is not None]
        printed = sum((Counter(_pieces(one)) for one in parts), Counter[str]())
        if parts and not Counter(_pieces(event)) - printed:
            whole |= {id(one): event for one in parts}
    listings = {event.text: event for event in old.events if _lists_folder(event)}
    return {name: replace(run, events=tuple(_joined(run.events, whole, listings))) for name, run in new.items()}


def _strange(old: Run, new: Mapping[str, Run]) -> list[list[Event]]:
    """Return the commands of each job that print, those of each text left out that the old job runs as often."""
    left = Counter(event.text for event in old.events if not event.inner)
    found: list[list[Event]] = []
    for run in new.values():
        found.append([])
        for event in run.events:
            if not event.inner:
                left[event.text] -= 1
                if left[event.text] < 0 and _prints(event):
                    found[-1].append(event)
    return found


def _joined(events: Sequence[Event], whole: Mapping[int, Event], listings: Mapping[str, Event]) -> Iterator[Event]:
    for event in events:
        if id(event) in whole:
            one = whole[id(event)]
            yield replace(event, text=one.text, words=one.words, key=one.key, is_part=True)
        elif event.text in listings and _lists_folder(event) and event.found != listings[event.text].found:
            # Whichever files there are, the folder itself is there.
            claim = replace(event.claim, reads=frozenset[str]())
            yield replace(event, key=listings[event.text].key, claim=claim, is_part=True)
        else:
            yield event


def _is_part(part: Event, event: Event) -> bool:
    """Tell whether a command prints some of the words that another one prints, and each as it was."""
    name = part.words[0]
    if name != event.words[0]:
        return False
    if name == "printf":
        # One conversion takes all words, one after the other.
        heads = 2
        if part.words[1:2] != event.words[1:2] or len(_CONVERSION.findall(event.words[1])) != 1:
            return False
    else:
        words = event.words[1:]
        heads = 1 + next((at for at, word in enumerate(words) if not _OPTION.fullmatch(word)), len(words))
    rest = event.words[heads:]
    later_options = name in _SHOWING and any(map(_OPTION.fullmatch, rest))
    if part.words[:heads] != event.words[:heads] or later_options:
        return False
    reads = part.claim.reads or frozenset()
    found = {(path, symbol) for path, symbol in event.found if any(meets(path, one) for one in reads)}
    return set(part.found) == found and _is_within(_pieces(part), _pieces(event))


def _prints(event: Event) -> bool:
    """Tell whether a command does nothing but print, and nothing takes what it prints for a value."""
    claim = event.claim
    plain = event.node is not None and isinstance(event.node.command, Call) and not event.node.command.assignments
    harmless = claim.known and not (claim.acts or claim.gates or claim.writes is None or claim.writes)
    return plain and harmless and event.words[:1] != () and event.words[0] in _SAYING | _SHOWING and not event.inner


def _lists_folder(event: Event) -> bool:
    """Tell whether a command does nothing but list the files of the folder that it runs in."""
    claim = event.claim
    harmless = claim.known and not (claim.acts or claim.gates or claim.writes is None or claim.writes)
    options = all(word.startswith("-") for word in event.words[1:])
    return event.words[:1] == ("ls",) and options and harmless and not event.inner


def _pieces(event: Event) -> list[str]:
    """Return what a command prints, in order: each character that stands for itself, and each expansion as written."""
    assert event.node is not None  # noqa: S101 (it prints)
    assert isinstance(event.node.command, Call)  # noqa: S101 (it prints)
    return [piece for word in event.node.command.words for piece in _pieces_of(word, event.script)]


def _pieces_of(word: Word, script: str) -> Iterator[str]:
    at = word.span.start
    for part in word.parts:
        if isinstance(part, Literal):
            continue
        yield from _characters(script[at : part.span.start])
        yield script[part.span.start : part.span.end]
        at = part.span.end
    yield from _characters(script[at : word.span.end])


def _characters(text: str) -> Iterator[str]:
    return (character for character in text if character not in _SEPARATORS)


def _is_within(pieces: Iterable[str], whole: Iterable[str]) -> bool:
    """Tell whether pieces come in this order in a whole that may have more of them."""
    rest = iter(whole)
    return all(piece in rest for piece in pieces)
