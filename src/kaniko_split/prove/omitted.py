"""Does a job leave out, or run in another order, a command that changes what the job keeps?

A second look beside the replay, by syntax and claims alone: the commands of each new job are laid beside those of the
old one, and no command that is left out may write a variable or a file that a later one of the job reads.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kaniko_split.prove.events import Event, Run
from kaniko_split.prove.names import ANYTHING, names_read, names_replaced, names_written
from kaniko_split.prove.symbols import Guard, is_known, meets, shown
from kaniko_split.shell.nodes import Declaration, For, Statement, While

_LONGEST = 80
_SETS_THE_SHELL = frozenset(
    {"set", "shopt", "umask", "ulimit", "trap", "cd", "pushd", "popd", "exit", "return", "exec"}
)


@dataclass(slots=True)
class _Live:
    """What the kept commands read that come later.

    Attributes:
        names: The readers of each variable, by the subshell that they run in.
        given: For each variable, the conditions under which a kept command gives it a new value before it is read.
        paths: A reader of each path.
        any_file: A command that may read any file.
        replaced: The files that a kept command replaces before they are read, with that command.
    """

    names: dict[str, dict[tuple[int, ...], Event]] = field(default_factory=dict)
    given: dict[str, frozenset[frozenset[Guard]]] = field(default_factory=dict)
    paths: dict[str, Event] = field(default_factory=dict)
    any_file: Event | None = None
    replaced: dict[str, Event] = field(default_factory=dict)


def check_omitted(old: Run, new: Mapping[str, Run]) -> Iterator[str]:
    """Yield each command that a new job leaves out although it matters there, or that passes one it must not pass.

    Args:
        old: What the old job runs.
        new: What each new job runs, by name.
    """
    places: dict[tuple[str, ...], list[int]] = {}
    for number, event in enumerate(old.events):
        for identity in _identities(event):
            places.setdefault(identity, []).append(number)
    reads = [_reads(event) for event in old.events]
    exported = frozenset(_exported(old.events))
    for name, run in new.items():
        aligned = _aligned(run.events, old.events, places)
        strange = next((event for event, place in zip(run.events, aligned, strict=True) if place is None), None)
        if strange is not None:
            yield f"`{name}` runs `{_short(strange)}`, which the old job does not run"
            continue
        kept = [place for place in aligned if place is not None]
        yield from _moved(name, run.events, kept)
        yield from _left_out(name, old, frozenset(kept), reads, exported)


def _identities(event: Event) -> Iterator[tuple[str, ...]]:
    """Yield what a command is known by: its text; an assignment also by its value, since a turn of a loop is one."""
    yield (event.text,)
    if event.words[:1] == ("=",):
        yield event.words


def _aligned(
    events: Sequence[Event], old: Sequence[Event], places: Mapping[tuple[str, ...], list[int]]
) -> list[int | None]:
    """Return, for each command of a new job, its place in the old one.

    From the build on the nearest place is taken, in both directions; so a subsequence is found where there is one.
    """
    anchor = next((number for number, event in enumerate(events) if event.build is not None), len(events))
    limit = len(old)
    if anchor < len(events):
        found = [number for number, event in enumerate(old) if event.build == events[anchor].build]
        limit = found[0] if found else next(iter(_places(events[anchor], places)), len(old))
    aligned: list[int | None] = [None] * len(events)
    at = limit
    for number in range(anchor - 1, -1, -1):
        own = _places(events[number], places)
        index = bisect_left(own, at)
        if index:
            at = own[index - 1]
            aligned[number] = at
        else:
            aligned[number] = next(iter(own), None)
    at = limit - 1
    for number in range(anchor, len(events)):
        own = _places(events[number], places)
        index = bisect_left(own, at + 1)
        if index < len(own):
            at = own[index]
            aligned[number] = at
        else:
            aligned[number] = own[-1] if own else None
    return aligned


def _places(event: Event, places: Mapping[tuple[str, ...], list[int]]) -> list[int]:
    found = [places[identity] for identity in _identities(event) if identity in places]
    return found[0] if len(found) == 1 else sorted({place for one in found for place in one})


def _moved(name: str, events: Sequence[Event], kept: Sequence[int]) -> Iterator[str]:
    """Yield each pair of commands that changed places although the one matters to the other."""
    highest = -1
    for number, place in enumerate(kept):
        if place > highest:
            highest = place
            continue
        for earlier in range(number):
            if kept[earlier] > place and not _commute(events[earlier], events[number]):
                yield (
                    f"`{name}` runs `{_short(events[earlier])}` before `{_short(events[number])}`, "
                    "which came before it and matters to it"
                )
                return


def _commute(one: Event, other: Event) -> bool:
    if any(event.words[:1] == ("set",) and set("".join(event.words[1:])) <= set("+-xv") for event in (one, other)):
        # They print more or less, and change nothing else.
        return True
    for build, event in ((one, other), (other, one)):
        if build.build is not None and (
            event.claim.gates or event.claim.acts or event.claim.environment or event.looks or event.build is not None
        ):
            # What asks for an image, or for what a build leaves, stays on its side of the build.
            return False
    sets_a_word = one.words[:1] == ("=",) and all(map(is_known, one.words))
    for event in (other,) if sets_a_word else (one, other):
        if sets_a_word and event.words[:1] == ("set",) and not any("a" in word for word in event.words[1:]):
            continue
        if event.words[:1] and event.words[0] in _SETS_THE_SHELL:
            return False
        if event.claim.acts or event.ends or event.claim.writes is None:
            return False
    for first, second in ((one, other), (other, one)):
        written = _writes(first)
        if ANYTHING in written or written & (_reads(second) | _writes(second)):
            return False
        if first.claim.writes:
            touched = second.claim.reads
            if touched is None or any(
                meets(path, place) for path in first.claim.writes for place in (*touched, *(second.claim.writes or ()))
            ):
                return False
    return True


def _left_out(
    name: str, old: Run, kept: frozenset[int], reads: Sequence[frozenset[str]], exported: frozenset[str]
) -> Iterator[str]:
    """Walk back from the last command that a job keeps, with what is still to be read."""
    live, events = _Live(), old.events
    last = max(kept, default=-1)
    guards = events[last].guards if last >= 0 else frozenset()
    for number in range(last, -1, -1):
        event = events[number]
        if number in kept:
            _keep(live, event, reads[number], exported, guards)
        elif _unsets_nothing(event, number, old, kept):
            # The variable has no value afterwards, with or without it.
            for one in event.words[1:]:
                live.names.pop(one, None)
        elif event.build is None:
            sentence = _hit(live, event)
            if sentence:
                yield f"`{name}` leaves out `{_short(event)}`, line {event.line}, {sentence}"


def _unsets_nothing(event: Event, number: int, old: Run, kept: frozenset[int]) -> bool:
    """Tell whether `unset` takes away nothing in a job that leaves out all that gave the variable a value."""
    names = set(event.words[1:])
    if event.words[:1] != ("unset",) or not all(map(is_known, names)) or names & old.given:
        return False
    earlier = (old.events[place] for place in kept if place < number)
    return not any(written & (names | {ANYTHING}) for written in map(_writes, earlier))


def _keep(live: _Live, event: Event, reads: frozenset[str], exported: frozenset[str], guards: frozenset[Guard]) -> None:
    for one in _replaced(event):
        ways = _joined((live.given.get(one) or frozenset()) | {event.guards - guards})
        if frozenset() in ways:
            live.names.pop(one, None)
            live.given.pop(one, None)
        else:
            live.given[one] = ways
    for path in event.claim.replaces:
        live.paths.pop(path, None)
        live.replaced[path] = event
    if event.words[:2] == ("mkdir", "-p"):
        live.replaced |= dict.fromkeys(event.claim.writes or (), event)
    for one in reads | (exported if event.claim.environment else frozenset()):
        live.names.setdefault(one, {})[event.shells] = event
        live.given.pop(one, None)
    if event.claim.reads is None:
        live.any_file = event
        live.replaced.clear()
    for path in event.claim.reads or ():
        live.paths.setdefault(path, event)
        for place in [place for place in live.replaced if meets(place, path)]:
            del live.replaced[place]


def _joined(ways: frozenset[frozenset[Guard]]) -> frozenset[frozenset[Guard]]:
    """Return conditions with those left out of which one of two holds for certain."""
    for one in ways:
        for condition, holds in one:
            rest = one - {(condition, holds)}
            if rest | {(condition, not holds)} in ways or rest in ways:
                return _joined((ways - {one, rest | {(condition, not holds)}}) | {rest})
    return ways


def _hit(live: _Live, event: Event) -> str:
    """Say what a command that is left out changes although it is read later; nothing where it does not matter."""
    written = _writes(event)
    for one in live.names if ANYTHING in written else written & live.names.keys():
        if any(way <= event.guards for way in live.given.get(one, ())):
            continue
        for shells, reader in live.names[one].items():
            if shells[: len(event.shells)] == event.shells:
                return f"which changes {one or 'variables'}; `{_short(reader)}` reads it"
    if event.output:
        return ""
    if event.claim.writes is None and (live.paths or live.any_file is not None):
        return "which may write any file; the job reads files"
    for path in sorted(event.claim.writes or ()):
        by = live.replaced.get(path)
        if by is not None and by.guards <= event.guards and (by.words[:1] != ("mkdir",) or by.words == event.words):
            continue
        if live.any_file is not None:
            return f"which writes {shown(path)}; `{_short(live.any_file)}` may read it"
        for place, reader in live.paths.items():
            if meets(path, place):
                return f"which writes {shown(path)}; `{_short(reader)}` reads {shown(place)}"
    return ""


def _reads(event: Event) -> frozenset[str]:
    if event.node is None or event.words[:1] == ("case",):
        return frozenset(event.names)
    return frozenset(names_read(_alone(event.node), {})) | event.names


def _writes(event: Event) -> set[str]:
    match event.node:
        case None:
            return set()
        case Statement(command=For(name=name)) if event.words[:1] == ("=",):
            return {name}
        case Statement() as node:
            # The replay follows the folder, and `cd a` and `cd ..` lead back.
            written = names_written(_alone(node), {}) - {"PWD", "OLDPWD"}
            # What it evaluates or sources runs as commands of its own.
            known = (
                event.words[:1]
                and event.words[0] in {"eval", ".", "source", "alias"}
                and event.claim.writes is not None
            )
            return set() if known else written


def _alone(statement: Statement) -> Statement:
    """Return a statement without those inside of it, which are commands of their own."""
    match statement.command:
        case For(name=name, items=items, head=head, selects=selects):
            return Statement(statement.span, For(name, items, (), head, selects), statement.redirects)
        case While():
            return Statement(statement.span, None, statement.redirects)
        case _:
            return statement


def _replaced(event: Event) -> Iterator[str]:
    if event.node is not None:
        yield from names_replaced(event.node)


def _exported(events: Sequence[Event]) -> Iterator[str]:
    """Yield the names that some command exports; with `set -a`, all that are assigned."""
    for event in events:
        command = event.node.command if event.node is not None else None
        if isinstance(command, Declaration) and (
            command.keyword == "export" or any("x" in (word.literal or "x") for word in command.options)
        ):
            yield from (one.name for one in command.assignments)


def _short(event: Event) -> str:
    text = " ".join(event.text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
