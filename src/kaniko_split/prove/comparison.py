"""Do the new jobs give each build what the old job gave it, and does all else run as often as before?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from kaniko_split.prove.replay import BuildRecord, Event, Run
from kaniko_split.prove.symbols import shown

_LONGEST = 80


def compare(
    old: Run, new: Mapping[str, Run], waits: Mapping[str, frozenset[str]], doubled: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield what is different for a build or a command; nothing where all is as before.

    Args:
        old: What the old job runs.
        new: What each new job runs, by name.
        waits: For each new job, those that have succeeded before it starts.
        doubled: The commands, as written, of which the reader is told that they run once per image.
    """
    yield from _compare_builds(old, new)
    yield from _compare_counts(old, new, doubled)
    yield from _compare_gates(old, new, waits)


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
            yield f"`{name}` runs the build `{_short(event)}`, which the old job does not run like that"
            continue
        left.remove(closest)
        for sentence in _differences(closest.build, event.build):
            yield f"`{name}`: the build `{_short(event)}` {sentence}"
    for event in left:
        yield f"no new job runs the build `{_short(event)}`, line {event.line}"


def _likeness(one: Event, other: Event) -> int:
    assert one.build is not None and other.build is not None  # noqa: S101 (builds are compared alone)
    same = [getattr(one.build, field) == getattr(other.build, field) for field in ("folder", "guards", "environment", "files")]
    return 16 * (one.build.words == other.build.words) + 8 * (one.text == other.text) + sum(same)


def _differences(old: BuildRecord | None, new: BuildRecord | None) -> Iterator[str]:
    assert old is not None and new is not None  # noqa: S101 (builds are compared alone)
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
    if old.background != new.background:
        yield "runs in the background where it did not, or no longer does"


def _changed(old: tuple[tuple[str, str], ...], new: tuple[tuple[str, str], ...]) -> str:
    names = {name for name, _ in set(old) ^ set(new)}
    return ", ".join(sorted(map(shown, names))[:4])


def _compare_counts(old: Run, new: Mapping[str, Run], doubled: frozenset[str]) -> Iterator[str]:
    """Compare how often each command runs that acts outside of the container, or that nobody knows."""
    first = next((number for number, event in enumerate(old.events) if event.build is not None), 0)
    after = Counter(_identity(event) for run in new.values() for event in run.events if event.build is None)
    before = Counter(_identity(event) for event in old.events if event.build is None)
    seen: set[tuple[str, ...]] = set()
    for number, event in enumerate(old.events):
        identity = _identity(event)
        if event.build is not None or identity in seen:
            continue
        seen.add(identity)
        claim = event.claim
        if not (claim.acts or claim.gates or claim.writes is None):
            continue
        if after[identity] < before[identity] and not _is_kept(event, new):
            if claim.acts or event.gates or claim.writes is None:
                yield f"no new job runs `{_short(event)}`, line {event.line}, as often as before"
        elif claim.acts and after[identity] > before[identity] and event.text not in doubled:
            if number < first and not claim.known:
                continue
            yield f"`{_short(event)}`, line {event.line}, acts outside of the container and runs in {after[identity]} jobs"


def _is_kept(event: Event, new: Mapping[str, Run]) -> bool:
    return any(event.key == other.key for run in new.values() for other in run.events)


def _identity(event: Event) -> tuple[str, ...]:
    return (event.text, *event.words) if event.words else (event.text,)


def _compare_gates(old: Run, new: Mapping[str, Run], waits: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """What could end the old job before a build must come before it still: in its job, or in a job that it waits for."""
    wanted: dict[BuildRecord, list[list[Event]]] = {}
    gates: list[Event] = []
    for event in old.events:
        if event.build is not None:
            wanted.setdefault(event.build, []).append(list(gates))
        if event.gates:
            gates.append(event)
    verdicts = {name: {event.key for event in run.events if event.gates} for name, run in new.items()}
    for name, run in new.items():
        kept = set().union(*(verdicts[one] for one in waits.get(name, ())))
        for event in run.events:
            if event.build is not None and wanted.get(event.build):
                asked = wanted[event.build]
                best = min(asked, key=lambda gates: sum(gate.key not in kept for gate in gates))
                asked.remove(best)
                for gate in [gate for gate in best if gate.key not in kept][:3]:
                    yield (
                        f"`{name}` no longer waits for `{_short(gate)}`, line {gate.line}, "
                        "which could end the job before its build"
                    )
            if event.gates:
                kept.add(event.key)


def _short(event: Event) -> str:
    text = " ".join(event.text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
