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
from kaniko_split.shell.nodes import Call, Declaration, For, Statement, While

_LONGEST = 80
_SETS_THE_SHELL = frozenset(
    {"set", "shopt", "umask", "ulimit", "trap", "cd", "pushd", "popd", "exit", "return", "exec"}
)


# Programs of the shell itself, which may do anything to its variables.
_OF_THE_SHELL = frozenset(
    {"eval", ".", "source", "call", "set", "shopt", "trap", "exec", "return", "alias", "=", "wait"}
)
# They change what becomes of no variable, and `cd` reads these.
_NOT_OF_VALUES = frozenset({"umask", "ulimit", "cd", "pushd", "popd"})
_OF_THE_FOLDER = frozenset({"HOME", "CDPATH", "PWD", "OLDPWD"})
_POSITIONAL = frozenset({*"123456789@*#"})


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """A kept command, and its place among those of the old job."""

    event: Event
    number: int


@dataclass(slots=True)
class _Live:
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
    places: dict[tuple[str, ...], list[int]] = {}
    for number, event in enumerate(old.events):
        for identity in _identities(event):
            places.setdefault(identity, []).append(number)
    exported = frozenset(_exported(old.events))
    visible = _visible(old, exported)
    for name, run in new.items():
        events = [event for event in run.events if not event.does_nothing or _is_old(event, places)]
        aligned = _aligned(events, old.events, places)
        strange = next((event for event, place in zip(events, aligned, strict=True) if place is None), None)
        if strange is not None:
            yield f"`{name}` runs `{_short(strange)}`, which the old job does not run"
            continue
        kept = [place for place in aligned if place is not None]
        yield from _moved(name, events, kept, visible)
        # The job may have the value of a turn of a loop as a word, and then reads nothing for it.
        reads = {place: _reads(event) for place, event in zip(kept, events, strict=True)}
        yield from _left_out(name, old, reads, exported)


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


def _visible(old: Run, exported: frozenset[str]) -> frozenset[str] | None:
    """Return the variables that a program or a trap may see; None for all."""
    for event in old.events:
        allexport = event.words[:1] == ("set",) and any("a" in word for word in event.words[1:])
        if allexport or event.words[:1] == ("trap",) or "x" in "".join(_options_of(event)):
            return None
    return exported | old.given


def _options_of(event: Event) -> Iterator[str]:
    command = event.node.command if event.node is not None else None
    if isinstance(command, Declaration) and command.keyword != "export":
        yield from (word.literal or "x" for word in command.options)


def _moved(name: str, events: Sequence[Event], kept: Sequence[int], visible: frozenset[str] | None) -> Iterator[str]:
    """Yield each pair of commands that changed places although the one matters to the other."""
    highest = -1
    for number, place in enumerate(kept):
        if place > highest:
            highest = place
            continue
        for earlier in range(number):
            if kept[earlier] > place and not _commute(events[earlier], events[number], visible):
                yield (
                    f"`{name}` runs `{_short(events[earlier])}` before `{_short(events[number])}`, "
                    "which came before it and matters to it"
                )
                return


def _commute(one: Event, other: Event, visible: frozenset[str] | None) -> bool:
    if any(event.words[:1] == ("set",) and set("".join(event.words[1:])) <= set("+-xv") for event in (one, other)):
        # They print more or less, and change nothing else.
        return True
    for build, event in ((one, other), (other, one)):
        if build.build is not None and (
            (event.claim.gates and not _asks_words(event))
            or event.claim.acts
            or event.claim.environment
            or event.looks
            or event.build is not None
        ):
            # What asks for an image, or for what a build leaves, stays on its side of the build.
            return False
    if visible is not None and any(
        _is_hidden(first, visible) and _only_runs(second) and not _writes(first) & _reads(second)
        for first, second in ((one, other), (other, one))
    ):
        return True
    if any(
        _asks_words(first)
        and not first.claim.environment
        and second.words[:1] in {("cd",), ("pushd",), ("popd",)}
        and not {"PWD", "OLDPWD", *_writes(second)} & (_reads(first) | _writes(first))
        for first, second in ((one, other), (other, one))
    ):
        # It does the same in any folder.
        return True
    sets_a_word = one.words[:1] == ("=",) and all(map(is_known, one.words))
    for event in (other,) if sets_a_word else (one, other):
        if sets_a_word and event.words[:1] == ("set",) and not any("a" in word for word in event.words[1:]):
            continue
        if sets_a_word and event.words and event.words[0] in _NOT_OF_VALUES and not _OF_THE_FOLDER & _writes(one):
            continue
        if event.words[:1] and event.words[0] in _SETS_THE_SHELL and event.words[:2] != ("set", "--"):
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


def _is_hidden(event: Event, visible: frozenset[str]) -> bool:
    """Tell whether a command gives a word to a variable that no program sees."""
    names = _writes(event)
    return event.words[:1] == ("=",) and not event.claim.gates and bool(names) and not names & (visible | {ANYTHING})


def _only_runs(event: Event) -> bool:
    """Tell whether a command leaves the variables of the shell alone: a program, a change of the folder, an end."""
    name = event.words[0] if event.words else ""
    node = event.node.command if event.node is not None else None
    if name == "exit" or name in _NOT_OF_VALUES or event.build is not None:
        return True
    return isinstance(node, Call) and not _writes(event) and name not in _OF_THE_SHELL and is_known(name or "\x02")


def _asks_words(event: Event) -> bool:
    """Tell whether a command asks for nothing but its words, and its answer ends nothing."""
    claim = event.claim
    return claim.known and not event.gates and claim.reads == frozenset() and claim.writes == frozenset()


def _left_out(name: str, old: Run, kept: Mapping[int, frozenset[str]], exported: frozenset[str]) -> Iterator[str]:
    """Walk back from the last command that a job keeps, with what is still to be read.

    Args:
        name: The job.
        old: What the old job runs.
        kept: The places of the commands that the job keeps, with the variables that each reads.
        exported: The variables that are exported.
    """
    live, events = _Live(), old.events
    last = max(kept, default=-1)
    guards = events[last].guards if last >= 0 else frozenset()
    exits: list[tuple[frozenset[Guard], int]] = []
    for number in range(last, -1, -1):
        event = events[number]
        if event.words[:1] == ("exit",) and not event.shells and event.guards:
            exits.append((event.guards, number))
        if number in kept:
            _keep(live, _Reader(event, number), kept[number], exported, guards)
        elif _unsets_nothing(event, number, old, kept):
            # The variable has no value afterwards, with or without it.
            for one in event.words[1:]:
                live.names.pop(one, None)
        elif event.build is None:
            # Where it runs under the conditions of a later `exit`, nothing behind that runs at all.
            end = min((place for held, place in exits if held <= event.guards), default=len(events))
            sentence = _hit(live, event, end)
            if sentence:
                yield f"`{name}` leaves out `{_short(event)}`, line {event.line}, {sentence}"


def _unsets_nothing(event: Event, number: int, old: Run, kept: Mapping[int, frozenset[str]]) -> bool:
    """Tell whether `unset` takes away nothing in a job that leaves out all that gave the variable a value."""
    names = set(event.words[1:])
    if event.words[:1] != ("unset",) or not all(map(is_known, names)) or names & old.given:
        return False
    earlier = (old.events[place] for place in kept if place < number)
    return not any(written & (names | {ANYTHING}) for written in map(_writes, earlier))


def _keep(
    live: _Live, reader: _Reader, reads: frozenset[str], exported: frozenset[str], guards: frozenset[Guard]
) -> None:
    event = reader.event
    for one in _replaced(event):
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
    for one in reads | (exported if event.claim.environment else frozenset()):
        live.names.setdefault(one, {})[event.shells, event.calls] = reader
        live.given.pop(one, None)
    if event.claim.reads is None:
        live.any_file = reader
        live.replaced.clear()
    for path in event.claim.reads or ():
        live.paths[path] = reader
        if live.replaced:
            live.replaced = {place: one for place, one in live.replaced.items() if not meets(place, path)}


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
    written = _writes(event)
    for one in live.names if ANYTHING in written else written & live.names.keys():
        if any(way <= event.guards for way in live.given.get(one, ())):
            continue
        call = _call_of(one, event)
        for (shells, calls), reader in live.names[one].items():
            if reader.number > end or (call is not None and call not in calls):
                continue
            if one in _POSITIONAL and calls != event.calls:
                continue
            if shells[: len(event.shells)] == event.shells:
                return f"which changes {one or 'variables'}; `{_short(reader.event)}` reads it"
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
        if any_file is not None:
            return f"which writes {shown(path)}; `{_short(any_file.event)}` may read it"
        for place, reader in paths.items():
            if meets(path, place):
                return f"which writes {shown(path)}; `{_short(reader.event)}` reads {shown(place)}"
    return ""


def _reads(event: Event) -> frozenset[str]:
    if event.words[:1] == ("shift",):
        return frozenset(_POSITIONAL)
    if event.node is None or event.words[:1] == ("case",):
        return frozenset(event.names)
    return frozenset(names_read(_alone(event.node), {})) | event.names


def _writes(event: Event) -> set[str]:
    match event.words:
        case ("unset", *names):
            return {ANYTHING} if not all(map(is_known, names)) else {one for one in names if not one.startswith("-")}
        case ("set", *operands) if "--" in operands or not all(one[:1] in {"-", "+"} for one in operands):
            return set(_POSITIONAL)
        case ("shift", *_):
            return set(_POSITIONAL)
        case _:
            pass
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
    if event.words[:1] == ("unset",):
        yield from (one for one in event.words[1:] if is_known(one) and not one.startswith("-"))
    elif event.words[:2] == ("set", "--"):
        yield from _POSITIONAL
    elif event.node is not None:
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
