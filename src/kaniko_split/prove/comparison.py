"""Do the new jobs give each build what the old job gave it, and does all else run as often as before?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from kaniko_split.prove.builds import results_of
from kaniko_split.prove.events import ROOT, BuildRecord, Event, Run, short_text
from kaniko_split.prove.symbols import Symbols, shown
from kaniko_split.source.patterns import Pattern

_LONGEST = 80


def compare(
    old: Run,
    new: Mapping[str, Run],
    waits: Mapping[str, frozenset[str]],
    symbols: Symbols,
    doubled: frozenset[str] = frozenset(),
) -> Iterator[str]:
    """Yield what is different for a build or a command; nothing where all is as before.

    Args:
        old: What the old job runs.
        new: What each new job runs, by name.
        waits: For each new job, those that have succeeded before it starts.
        symbols: The symbols of all of them.
        doubled: The commands, as written, of which the reader is told that they run once per image.
    """
    yield from _compare_builds(old, new)
    yield from _compare_waits(old, new)
    yield from _check_one_build(new, symbols)
    for name, run in new.items():
        for text in sorted(run.endings - old.endings):
            yield f"`{name}` may end with `{text}`, whose failure was passed over before"
    yield from _compare_counts(old, new, doubled)
    yield from _compare_kept(old, new, waits)
    yield from _compare_fresh(new, symbols)


def _compare_builds(old: Run, new: Mapping[str, Run]) -> Iterator[str]:
    before = [event for event in old.events if event.build is not None]
    left = list(before)
    strange: list[tuple[str, Event]] = []
    for name, run in new.items():
        for event in run.events:
            if event.build is None:
                continue
            match = next((one for one in left if one.build == event.build), None)
            if match is None:
                strange.append((name, event))
            else:
                left.remove(match)
    for name, event in strange:
        closest = max(left, key=lambda one: _likeness(one, event), default=None)
        if closest is None:
            yield f"`{name}` runs the build `{short_text(event)}`, which the old job does not run like that"
            continue
        left.remove(closest)
        for sentence in _differences(closest.build, event.build):
            yield f"`{name}`: the build `{short_text(event)}` {sentence}"
    for event in left:
        yield f"no new job runs the build `{short_text(event)}`, line {event.line}"


def _check_one_build(new: Mapping[str, Run], symbols: Symbols) -> Iterator[str]:
    """No new job runs two builds, but where conditions exclude each other or the one is tried again."""
    for name, run in new.items():
        builds = [event for event in run.events if event.build is not None]
        for number, event in enumerate(builds):
            for other in builds[number + 1 :]:
                retried = event.build is not None and event.build.failure not in {"ends", "passed over", "&"}
                if not retried and not symbols.exclude(event.guards, other.guards):
                    yield f"`{name}` still runs `{short_text(event)}` and `{short_text(other)}`"
                    return


def _compare_waits(old: Run, new: Mapping[str, Run]) -> Iterator[str]:
    """What waits for a build in the background still does."""
    if not any(event.words[:1] == ("wait",) for event in old.events):
        return
    for name, run in new.items():
        waits = False
        for event in reversed(run.events):
            waits = waits or event.words[:1] == ("wait",)
            if event.build is not None and event.build.background and not waits:
                yield f"`{name}` does not wait for the build `{short_text(event)}`, which runs in the background"


def _likeness(one: Event, other: Event) -> int:
    if one.build is None or other.build is None:
        return 0
    same: list[bool] = [
        getattr(one.build, field) == getattr(other.build, field)
        for field in ("folder", "guards", "environment", "files")
    ]
    return 16 * int(one.build.words == other.build.words) + 8 * int(one.text == other.text) + sum(same)


def _differences(old: BuildRecord | None, new: BuildRecord | None) -> Iterator[str]:
    if old is None or new is None:
        return
    if old.words != new.words:
        pairs = [(one, other) for one, other in zip(old.words, new.words, strict=False) if one != other]
        one, other = pairs[0] if pairs else (old.words[-1], new.words[-1])
        yield f"gets `{shown(other)}` where it got `{shown(one)}`"
    if old.folder != new.folder:
        yield f"runs in {shown(new.folder)} and no longer in {shown(old.folder)}"
    if old.guards != new.guards:
        yield "runs under other conditions than before"
    if old.failure != new.failure:
        yield f"fails in another way: its failure was `{old.failure}` and is `{new.failure}`"
    if old.options != new.options:
        yield f"runs with other shell options: {_changed(old.options, new.options)}"
    if old.environment != new.environment:
        yield f"sees other values in its environment: {_changed(old.environment, new.environment)}"
    if old.files != new.files:
        yield f"reads files that were written in another way: {_changed(old.files, new.files)}"
    if old.sources != new.sources:
        yield "comes from a script that may have been written in another way"
    if old.background != new.background:
        yield "runs in the background where it did not, or no longer does"


def _changed(old: tuple[tuple[str, str], ...], new: tuple[tuple[str, str], ...]) -> str:
    names = {name for name, _ in set(old) ^ set(new)}
    return ", ".join(sorted(map(shown, names))[:4])


def _compare_counts(old: Run, new: Mapping[str, Run], doubled: frozenset[str]) -> Iterator[str]:
    """Compare how often each command runs that acts outside of the container, or that nobody knows."""
    after = Counter(_identity(event) for run in new.values() for event in run.events if event.build is None)
    before = Counter(_identity(event) for event in old.events if event.build is None)
    written = Counter(event.text for run in new.values() for event in run.events)
    seen: set[tuple[str, ...]] = set()
    for event in old.events:
        identity = _identity(event)
        if event.build is not None or identity in seen:
            continue
        seen.add(identity)
        claim = event.claim
        lost = after[identity] < before[identity] and not _is_kept(event, new)
        if lost and _must_be_kept(event, gone=written[event.text] == 0):
            yield f"no new job runs `{short_text(event)}`, line {event.line}, as often as before"
        elif claim.acts and after[identity] > before[identity]:
            if not claim.known and event.words[:1] != ("trap",) and {event.text, *event.callers} & doubled:
                continue
            times = after[identity]
            yield f"`{short_text(event)}`, line {event.line}, acts outside of the container and runs {times} times"


def _is_kept(event: Event, new: Mapping[str, Run]) -> bool:
    return any(event.key == other.key for run in new.values() for other in run.events)


# They change the shell alone, or are there for what follows; the replay tells whether that matters.
_WAYS = Pattern(
    r"cd|pushd|popd|set|unset|=|case|call|export|local|declare|readonly|typeset|mkdir|rm|shift|wait|true|:|test|\[|\[\[|"
    r"break|continue|read|for"
)


def _must_be_kept(event: Event, *, gone: bool) -> bool:
    """Tell whether a command has to run as often as before; `gone` where no new job has it at all."""
    if event.claim.acts or event.gates or event.claim.writes is None or event.words[:1] in {("exit",), ("return",)}:
        return True
    return gone and not event.inner and bool(event.words) and not _WAYS.fullmatch(event.words[0])


def _identity(event: Event) -> tuple[str, ...]:
    if event.words[:1] in {("exit",), ("return",)}:
        # Which of several `exit 1` it is, only its conditions tell.
        return (event.text, *sorted(f"{condition}{holds}" for condition, holds in event.guards))
    return (event.text, *event.words) if event.words else (event.text,)


class _Place(Struct, frozen=True, eq=False):
    """What the old job ran before a command: the builds, and the keys of the checks."""

    builds: frozenset[BuildRecord]
    gates: frozenset[str]


def _places(old: Run) -> tuple[dict[str, _Place], frozenset[str]]:
    """Return the places of the commands that act or may do anything, by key, and the keys of all checks."""
    places: dict[str, _Place] = {}
    builds: list[BuildRecord] = []
    gates: list[str] = []
    for event in old.events:
        if event.build is not None:
            builds.append(event.build)
        if event.claim.acts or _is_opaque(event):
            places.setdefault(event.key, _Place(frozenset(builds), frozenset(gates)))
        if event.gates:
            gates.append(event.key)
    return places, frozenset(gates)


def _compare_kept(old: Run, new: Mapping[str, Run], waits: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """A command that asks, acts or is not known must find what it found before, and the builds that it came after."""
    keys = {event.key for event in old.events}
    looking = {event.text for event in old.events if event.looks}
    places, gates = _places(old)
    made = {name: {event.build for event in run.events if event.build is not None} for name, run in new.items()}
    verdicts = {name: {event.key for event in run.events if event.gates} for name, run in new.items()}
    late: list[tuple[str, Event]] = []
    in_time: set[str] = set()
    runners = Counter(key for run in new.values() for key in {event.key for event in run.events if _is_opaque(event)})
    for name, run in new.items():
        own: set[BuildRecord] = set().union(*(made[one] for one in waits.get(name, ())))
        ahead: set[str] = set().union(*(verdicts[one] for one in waits.get(name, ())))
        for event in run.events:
            place = places.get(event.key) if event.claim.acts or _is_opaque(event) else None
            if event.build is not None:
                own.add(event.build)
            elif _is_strange(event, keys, looking):
                what = "looks at what another build leaves" if event.looks else "does not find what it found before"
                yield f"`{name}`: `{short_text(event)}` {what}"
            elif place is not None and not place.builds <= own and not _names_build(event, run):
                build = shown(" ".join(next(iter(place.builds - own)).words))[:_LONGEST]
                yield f"`{name}` runs `{short_text(event)}` without waiting for the build `{build}`"
            elif place is not None and place.builds and runners[event.key] > 1:
                yield f"`{name}` runs `{short_text(event)}`, which may do anything, and so does another job"
            elif place is not None and (ahead - place.gates) & gates:
                late.append((name, event))
            elif place is not None:
                in_time.add(event.key)
            if event.gates:
                ahead.add(event.key)
    # It is enough that one job runs it before the check.
    for name, event in late:
        if event.key not in in_time:
            yield f"`{name}` runs `{short_text(event)}` only after a check that came after it"


def _is_opaque(event: Event) -> bool:
    """Tell whether the shell itself runs code that cannot be read, and that may do anything."""
    return event.words[:1] in {("eval",), (".",), ("source",)} and event.claim.writes is None


def _is_strange(event: Event, keys: Collection[str], looking: Collection[str]) -> bool:
    """Tell whether the old job runs no such command, or not in such a state."""
    if event.key in keys or event.does_nothing:
        return False
    return event.text in looking or not _only_prints(event)


def _only_prints(event: Event) -> bool:
    """Tell whether a command does nothing but print its words."""
    claim = event.claim
    return event.words[:1] in {("echo",), ("printf",)} and not event.looks and not claim.writes and not claim.reads


def _names_build(event: Event, run: Run) -> bool:
    """Tell whether a known program acts on nothing but what the build of its own job made: a word names that."""
    made = {name for one in run.events if one.build is not None for name in results_of(one.build.words)}
    words = [piece.removeprefix("docker://") for word in event.words[1:] for piece in (word, word.partition("=")[2])]
    named = any(word == name or word.startswith((f"{name}@", f"{name}:")) for word in words for name in made)
    return event.claim.known and event.words[0] not in {"curl", "wget"} and named


def _compare_fresh(new: Mapping[str, Run], symbols: Symbols) -> Iterator[str]:
    """A value that differs each time must not be made anew for builds that had the same one."""
    users: dict[str, set[str]] = {}
    for name, run in new.items():
        for event in run.events:
            if event.build is not None:
                for source in symbols.sources(*event.build.words, *(text for _, text in event.build.files)):
                    users.setdefault(source, set()).add(name)
    for source, names in users.items():
        if source not in {"build", ROOT} and len(names) > 1:
            yield f"{source} gives another value in each of " + ", ".join(f"`{name}`" for name in sorted(names))
