"""Does a job leave out, or run in another order, a command that changes what the job keeps?

A second look beside the replay, by syntax and claims alone: the commands of each new job are laid beside those of the
old one, and no command that is left out may write a variable or a file that a later one of the job reads.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from kaniko_split.prove.commutation import commute, visible_in
from kaniko_split.prove.descriptors import is_descriptor
from kaniko_split.prove.event_names import POSITIONAL, exported_since, reads_of, replaced_by, writes_of
from kaniko_split.prove.events import Event, Run, short_text
from kaniko_split.prove.names import ANYTHING
from kaniko_split.prove.paths import POSITIONS, meets
from kaniko_split.prove.symbols import Guard, is_known, shown
from kaniko_split.source.patterns import Pattern

# `: ${NAME:=word}`, where the word is the same each time.
_DEFAULTS = Pattern(r":(?: \"?\$\{\w+:?=[^$`{}]*\}\"?)+")


class _Reader(Struct, frozen=True, eq=False):
    """A kept command, and its place among those of the old job."""

    event: Event
    number: int


class _Live(Struct, eq=False):
    """What the kept commands read that come later.

    Attributes:
        names: The next reader of each variable, by the subshell and the calls of functions that it runs in.
        given: For each variable, the conditions under which a kept command gives it a new value before it is read.
        paths: The next reader of each path.
        any_file: The next command that may read any file.
        replaced: The files that a kept command replaces before they are read, with that command.
    """

    names: dict[str, dict[tuple[tuple[int, ...], tuple[int, ...]], _Reader]] = field(default_factory=dict)
    given: dict[str, frozenset[frozenset[Guard]]] = field(default_factory=dict)
    paths: dict[str, _Reader] = field(default_factory=dict)
    any_file: _Reader | None = None
    replaced: dict[str, Event] = field(default_factory=dict)


def check_omitted(old: Run, new: Mapping[str, Run]) -> Iterator[str]:
    """Yield each command that a new job leaves out although it matters there, or that passes one it must not pass.

    Args:
        old: What the old job runs.
        new: What each new job runs, by name.
    """
    places = _places_by_identity(old)
    exported = exported_since(old.events, old.given)
    visible = visible_in(old, frozenset(exported))
    for name, run in new.items():
        events = [event for event in run.events if not event.does_nothing or _is_old(event, places)]
        aligned = _aligned(events, old.events, places)
        strange = next((event for event, place in zip(events, aligned, strict=True) if place is None), None)
        if strange is not None:
            yield f"`{name}` runs `{short_text(strange)}`, which the old job does not run"
            continue
        against = list(_against(name, old, events, aligned, exported, visible))
        if against and not list(_against(name, old, events, _nearest(events, aligned, places), exported, visible)):
            # One reading in which nothing is lost is enough.
            continue
        yield from against


def _against(
    name: str,
    old: Run,
    events: Sequence[Event],
    aligned: Sequence[int | None],
    exported: Mapping[str, int],
    visible: frozenset[str] | None,
) -> Iterator[str]:
    """Yield what a new job moves or leaves out although it matters, where its commands have the places `aligned`."""
    kept = [place for place in aligned if place is not None]
    yield from _moved(name, events, kept, visible)
    # The job may have the value of a turn of a loop as a word, and then reads nothing for it.
    reads = {place: reads_of(event) for place, event in zip(kept, events, strict=True)}
    parts = {place: event for place, event in zip(kept, events, strict=True) if event.is_part}
    yield from _left_out(name, _with_parts(old, parts), reads, exported)


def omitted_events(old: Run, run: Run) -> tuple[Event, ...]:
    """Return the commands of the old job that a new job leaves out, in order; builds are none of them."""
    places = _places_by_identity(old)
    kept = frozenset(_aligned(run.events, old.events, places))
    return tuple(event for number, event in enumerate(old.events) if number not in kept and event.build is None)


def _places_by_identity(old: Run) -> dict[tuple[str, ...], list[int]]:
    places: dict[tuple[str, ...], list[int]] = {}
    for number, event in enumerate(old.events):
        for identity in _identities(event):
            places.setdefault(identity, []).append(number)
    return places


def _identities(event: Event) -> Iterator[tuple[str, ...]]:
    """Yield what a command is known by: its text; an assignment also by its value, since a turn of a loop is one."""
    yield (event.text,)
    if event.words[:1] == ("=",):
        yield event.words


def _is_old(event: Event, places: Mapping[tuple[str, ...], list[int]]) -> bool:
    return any(identity in places for identity in _identities(event))


def _aligned(
    events: Sequence[Event], old: Sequence[Event], places: Mapping[tuple[str, ...], list[int]]
) -> list[int | None]:
    """Return, for each command of a new job, its place in the old one.

    A text that both run as often has its places in order, unless the build is on the other side of them. For any
    other the nearest place is taken, from the build on and in both directions; so a subsequence is found where there
    is one.
    """
    fixed = _as_often(events, places)
    anchor = next((number for number, event in enumerate(events) if event.build is not None), len(events))
    limit = len(old)
    if anchor < len(events):
        found = [number for number, event in enumerate(old) if event.build == events[anchor].build]
        limit = found[0] if found else next(iter(_places(events[anchor], places)), len(old))
    aligned: list[int | None] = [None] * len(events)
    at = limit
    for number in range(anchor - 1, -1, -1):
        own = [place for place in fixed.get(number, ()) if place < limit] or _places(events[number], places)
        index = bisect_left(own, at)
        if index:
            at = own[index - 1]
            aligned[number] = at
        else:
            aligned[number] = next(iter(own), None)
    at = limit - 1
    for number in range(anchor, len(events)):
        own = [place for place in fixed.get(number, ()) if place >= limit] or _places(events[number], places)
        index = bisect_left(own, at + 1)
        if index < len(own):
            at = own[index]
            aligned[number] = at
        else:
            aligned[number] = own[-1] if own else None
    return aligned


def _as_often(events: Sequence[Event], places: Mapping[tuple[str, ...], list[int]]) -> dict[int, list[int]]:
    """Return the place of each command of a new job whose text the old job runs just as often."""
    numbers: dict[str, list[int]] = {}
    for number, event in enumerate(events):
        numbers.setdefault(event.text, []).append(number)
    return {
        number: [place]
        for text, own in numbers.items()
        if len(own) == len(places.get((text,), ()))
        for number, place in zip(own, places[text,], strict=True)
    }


def _nearest(
    events: Sequence[Event], aligned: Sequence[int | None], places: Mapping[tuple[str, ...], list[int]]
) -> list[int | None]:
    """Return other places: each assignment before the build has the last free one of its own before that.

    A job gives the variables of several loops their values at once, where the old one printed something in between.
    """
    anchor = next((number for number, event in enumerate(events) if event.build is not None), len(events))
    limit = aligned[anchor] if anchor < len(events) else None
    found = list(aligned)
    if limit is None:
        return found
    moving = [number for number in range(anchor) if events[number].words[:1] == ("=",)]
    taken = {place for number, place in enumerate(found) if number not in moving}
    for number in reversed(moving):
        own = [place for place in _places(events[number], places) if place < limit and place not in taken]
        if not own:
            return list(aligned)
        found[number] = max(own)
        taken.add(found[number])
    return found


def _places(event: Event, places: Mapping[tuple[str, ...], list[int]]) -> list[int]:
    found = [places[identity] for identity in _identities(event) if identity in places]
    return found[0] if len(found) == 1 else sorted({place for one in found for place in one})


def _moved(name: str, events: Sequence[Event], kept: Sequence[int], visible: frozenset[str] | None) -> Iterator[str]:
    """Yield each pair of commands that changed places although the one matters to the other."""
    highest = -1
    for number, place in enumerate(kept):
        if place > highest:
            highest = place
            continue
        for earlier in range(number):
            if kept[earlier] > place and not commute(events[earlier], events[number], visible):
                yield (
                    f"`{name}` runs `{short_text(events[earlier])}` before `{short_text(events[number])}`, "
                    "which came before it and matters to it"
                )
                return


def _left_out(name: str, old: Run, kept: Mapping[int, frozenset[str]], exported: Mapping[str, int]) -> Iterator[str]:
    """Walk back from the last command that a job keeps, with what is still to be read.

    Args:
        name: The job.
        old: What the old job runs.
        kept: The places of the commands that the job keeps, with the variables that each reads.
        exported: The variables that are exported, each with the place of the first command that may see it.
    """
    live, events = _Live(), old.events
    # A command that nobody knows may use all of them.
    descriptors = frozenset(one for event in events for one in writes_of(event) if is_descriptor(one))
    last = max(kept, default=-1)
    guards = events[last].guards if last >= 0 else frozenset()
    exits: list[tuple[frozenset[Guard], int]] = []
    for number in range(last, -1, -1):
        event = events[number]
        if event.words[:1] == ("exit",) and not event.shells and event.guards:
            exits.append((event.guards, number))
        if number in kept:
            seen = frozenset(one for one, since in exported.items() if since <= number and event.claim.sees(one))
            # What it printed to in the old job, it prints to there.
            seen |= descriptors if not event.claim.known else frozenset(filter(is_descriptor, event.names))
            _keep(live, _Reader(event, number), kept[number] | seen, guards)
        elif _unsets_nothing(event, number, old, kept):
            # The variable has no value afterwards, with or without it.
            for one in event.words[1:]:
                live.names.pop(one, None)
        elif event.build is None:
            # Where it runs under the conditions of a later `exit`, nothing behind that runs at all.
            end = min((place for held, place in exits if held <= event.guards), default=len(events))
            sentence = _hit(live, event, end)
            if sentence:
                yield f"`{name}` leaves out `{short_text(event)}`, line {event.line}, {sentence}"


def _unsets_nothing(event: Event, number: int, old: Run, kept: Mapping[int, frozenset[str]]) -> bool:
    """Tell whether `unset` takes away nothing in a job that leaves out all that gave the variable a value."""
    names = set(event.words[1:])
    if event.words[:1] != ("unset",) or not all(map(is_known, names)) or names & old.given:
        return False
    earlier = (old.events[place] for place in kept if place < number)
    return not any(written & (names | {ANYTHING}) for written in map(writes_of, earlier))


def _keep(live: _Live, reader: _Reader, reads: frozenset[str], guards: frozenset[Guard]) -> None:
    event = reader.event
    if _is_dead(live, event):
        return
    for one in replaced_by(event):
        call = _call_of(one, event)
        ways = _joined((live.given.get(one) or frozenset()) | {event.guards - guards})
        if call is not None:
            # The variable of this call alone gets a new value.
            if frozenset() in ways and one in live.names:
                live.names[one] = {scope: later for scope, later in live.names[one].items() if call not in scope[1]}
        elif frozenset() in ways:
            live.names.pop(one, None)
            live.given.pop(one, None)
        else:
            live.given[one] = ways
    for path in event.claim.replaces:
        live.paths.pop(path, None)
        live.replaced[path] = event
    if event.words[:2] == ("mkdir", "-p"):
        live.replaced |= dict.fromkeys(event.claim.writes or (), event)
    for one in reads:
        live.names.setdefault(one, {})[event.shells, event.calls] = reader
        live.given.pop(one, None)
    if event.claim.reads is None:
        live.any_file = reader
        live.replaced.clear()
    for path in (event.claim.reads or frozenset()) | event.claim.takes:
        live.paths.setdefault(path, reader)
        for place in [place for place in live.replaced if meets(place, path)]:
            del live.replaced[place]


def _with_parts(old: Run, parts: Mapping[int, Event]) -> Run:
    """Return the old run with the claims of those commands of which a job prints a part alone."""
    if not parts:
        return old
    events = (replace(one, claim=parts[at].claim) if at in parts else one for at, one in enumerate(old.events))
    return replace(old, events=tuple(events))


def _is_dead(live: _Live, event: Event) -> bool:
    """Tell whether a command gives variables values that no kept command reads, and does nothing else."""
    written = writes_of(event)
    plain = event.words[:1] == ("=",) and not event.claim.gates and ANYTHING not in written
    return plain and bool(written) and not live.names.keys() & (written | {ANYTHING})


def _gives_same_default(event: Event, later: Event) -> bool:
    """Tell whether a later command gives variables without a value the very words that `event` gives them."""
    return _DEFAULTS.fullmatch(event.text) is not None and event.text == later.text and later.guards <= event.guards


def _call_of(name: str, event: Event) -> int | None:
    """Return the call of a function in which a variable is local where a command runs; None where it is not."""
    return max((call for local, call in event.locals if local == name), default=None)


def _joined(ways: frozenset[frozenset[Guard]]) -> frozenset[frozenset[Guard]]:
    """Return conditions with those left out of which one of two holds for certain."""
    for one in ways:
        for condition, holds in one:
            rest = one - {(condition, holds)}
            if rest | {(condition, not holds)} in ways or rest in ways:
                return _joined((ways - {one, rest | {(condition, not holds)}}) | {rest})
    return ways


def _hit(live: _Live, event: Event, end: int) -> str:
    """Say what a command that is left out changes although it is read later; nothing where it does not matter.

    Args:
        live: What is read later.
        event: The command.
        end: The place of the command at which the script ends where `event` runs.
    """
    written = writes_of(event)
    # What may change any variable, and opens a file, may write any file too.
    anything = (one for one in live.names if one in written or not is_descriptor(one))
    for one in anything if ANYTHING in written else written & live.names.keys():
        if any(way <= event.guards for way in live.given.get(one, ())):
            continue
        call = _call_of(one, event)
        for (shells, calls), reader in live.names[one].items():
            if reader.number > end or (call is not None and call not in calls):
                continue
            if (one in POSITIONAL and calls != event.calls) or _gives_same_default(event, reader.event):
                continue
            if shells[: len(event.shells)] == event.shells:
                name = f"descriptor {one[1:]}" if is_descriptor(one) else one or "variables"
                return f"which changes {name}; `{short_text(reader.event)}` reads it"
    if event.output:
        return ""
    any_file = live.any_file if live.any_file is not None and live.any_file.number < end else None
    paths = {path: reader for path, reader in live.paths.items() if reader.number < end}
    if event.claim.writes is None and (paths or any_file is not None):
        return "which may write any file; the job reads files"
    for path in sorted(event.claim.writes or ()):
        by = live.replaced.get(path)
        if by is not None and by.guards <= event.guards and (by.words[:1] != ("mkdir",) or by.words == event.words):
            continue
        if any_file is not None and not path.startswith(POSITIONS):
            return f"which writes {shown(path)}; `{short_text(any_file.event)}` may read it"
        for place, reader in paths.items():
            if meets(path, place):
                return f"which writes {shown(path)}; `{short_text(reader.event)}` reads {shown(place)}"
    return ""
