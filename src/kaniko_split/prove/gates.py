"""Does each build, and each effect, still come after the checks that could end the job before it?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from kaniko_split.prove.claim import short_name
from kaniko_split.prove.claims import may_be_verdict
from kaniko_split.prove.events import BuildRecord, Event, Run, short_text
from kaniko_split.prove.symbols import UNKNOWN_WORD
from kaniko_split.shell.nodes import Call, Chain, Group, If, nested, substitutions

_MOST_LOST = 3


class _Checks(Struct, frozen=True, eq=False):
    """The checks of the old job.

    Attributes:
        gates: All in order.
        before_builds: Those before each build; several builds may be given the same.
        before_effects: For a command that acts, by key, those before it.
        values: Those before all builds that are there for a value or a file, and those anywhere that look for a value
            in files; another job may have them.
    """

    gates: tuple[Event, ...]
    before_builds: dict[BuildRecord, list[list[Event]]]
    before_effects: dict[str, tuple[Event, ...]]
    values: frozenset[str]


def compare_gates(
    old: Run,
    new: Mapping[str, Run],
    waits: Mapping[str, frozenset[str]],
    bases: Mapping[str, Mapping[str, str]],
) -> Iterator[str]:
    """Yield what no longer comes after a check: it has to be in the job, or in a job that this one waits for.

    Args:
        old: What the old job runs.
        new: What each new job runs, by name.
        waits: For each new job, those that have succeeded before it starts.
        bases: For each new job, those that it is built on, with the image's name.
    """
    verdicts = {name: {_identity(event) for event in run.events if event.gates} for name, run in new.items()}
    checks = _checks_of(old, frozenset().union(*verdicts.values()))
    for name, run in new.items():
        ahead: set[str] = set().union(*(verdicts[one] for one in waits.get(name, ())))
        yield from _compare_job(name, run, ahead, checks)
        yield from _passed_over(name, old, new, waits[name] - _built_on(name, bases))


def _checks_of(old: Run, anywhere: frozenset[str]) -> _Checks:
    first = next((event for event in old.events if event.build is not None), None)
    asked = _gates_before(old)
    prelude = asked[first.build][0] if first is not None and first.build is not None else []
    effects: dict[str, tuple[Event, ...]] = {}
    passed: list[Event] = []
    for event in old.events:
        if event.claim.acts:
            effects.setdefault(event.key, tuple(passed))
        if event.gates and not _is_dry_run(event, old):
            passed.append(event)
    values = {_identity(event) for event in prelude if _only_gives_value(event)}
    values |= {_identity(event) for event in passed if _looks_for_value(event)}
    values &= anywhere
    return _Checks(tuple(passed), asked, effects, frozenset(values))


def _compare_job(name: str, run: Run, ahead: Collection[str], checks: _Checks) -> Iterator[str]:
    kept = set(ahead)
    places = {_identity(event): number for number, event in enumerate(checks.gates)}
    for number, event in enumerate(run.events):
        if event.build is not None and checks.before_builds.get(event.build):
            choices = checks.before_builds[event.build]
            best = min(choices, key=lambda gates: sum(_identity(gate) not in kept for gate in gates))
            choices.remove(best)
            lost = [gate for gate in best if _identity(gate) not in kept | checks.values]
            for gate in lost[:_MOST_LOST]:
                yield (
                    f"`{name}` no longer waits for `{short_text(gate)}`, line {gate.line}, "
                    "which could end the job before its build"
                )
            before = {_identity(gate) for gate in best}
            # What acts on the image after its build may have to wait.
            for later in run.events[number:]:
                before |= set(map(_identity, checks.before_effects.get(later.key, ())))
            for gate in checks.gates:
                if _identity(gate) in set(ahead) - before and places[_identity(gate)] >= len(best):
                    yield f"`{name}` waits for `{short_text(gate)}`, line {gate.line}, which came after its build"
        elif event.claim.acts:
            # That an effect of its own has failed is no verdict on another one.
            lost = [
                gate
                for gate in checks.before_effects.get(event.key, ())
                if _identity(gate) not in kept | checks.values and not (gate.claim.acts and gate.claim.known)
            ]
            for gate in lost[:1]:
                yield f"`{name}` runs `{short_text(event)}` without `{short_text(gate)}`, line {gate.line}, before it"
        if event.gates:
            kept.add(_identity(event))


def _built_on(name: str, bases: Mapping[str, Mapping[str, str]]) -> frozenset[str]:
    """Return the jobs that a job is built on, over others too."""
    found: set[str] = set()
    waiting = [*bases[name]]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += bases[one]
    return frozenset(found)


def _passed_over(name: str, old: Run, new: Mapping[str, Run], ahead: frozenset[str]) -> Iterator[str]:
    """Yield the builds that a job waits for although the old job went on where they failed.

    Where a check comes between the two, that tells how the first one has ended; and an image waits for its base. A
    build whose failure its own job passes over too holds up nothing.
    """
    passed = {event.build for event in old.events if event.passed_over}
    for one in sorted(ahead):
        events = new[one].events
        for number, event in enumerate(events):
            checked = any(later.gates for later in events[number + 1 :])
            if event.build is not None and event.build in passed and not (checked or event.passed_over):
                yield f"`{name}` waits for `{short_text(event)}`, whose failure was passed over before"


def _identity(event: Event) -> str:
    """Return what a check is known by: which of several `exit 1` it is, only its conditions tell."""
    if event.words[:1] in {("exit",), ("return",)}:
        return " ".join((event.key, *sorted(f"{condition}{holds}" for condition, holds in event.guards)))
    return event.key


def _gates_before(old: Run) -> dict[BuildRecord, list[list[Event]]]:
    """Return the gates before each build; several builds may be given the same."""
    asked: dict[BuildRecord, list[list[Event]]] = {}
    gates: list[Event] = []
    for event in old.events:
        if event.build is not None:
            asked.setdefault(event.build, []).append(list(gates))
        if event.gates and not _is_dry_run(event, old):
            gates.append(event)
    return asked


def _is_dry_run(event: Event, old: Run) -> bool:
    """Tell whether a build without a push is what takes the place of a push where a condition does not hold."""
    if event.build is None:
        return False
    others = {(condition, not holds) for condition, holds in event.guards}
    return any(
        other.build is not None
        and not other.claim.gates
        and others & other.guards
        and other.claim.reads == event.claim.reads
        for other in old.events
    )


_LOOK_FOR_VALUES = frozenset({"grep", "egrep", "fgrep", "awk", "sed", "jq", "yq", "test", "[", "expr", "cmp", "diff"})


def _looks_for_value(event: Event) -> bool:
    """Tell whether a command gives a variable what is found in files, so that it is no verdict on an image."""
    command = event.node.command if event.node is not None else None
    if not isinstance(command, Call) or command.words:
        return False
    values = [one.value for one in command.assignments if one.value is not None]
    waiting = [inner for value in values for part in substitutions(value) for inner in part.statements]
    while waiting:
        statement = waiting.pop()
        waiting += [inner for block in nested(statement) for inner in block]
        if isinstance(statement.command, Call):
            words = tuple(word.literal or UNKNOWN_WORD for word in statement.command.words)
            if may_be_verdict(words) and short_name(words) not in _LOOK_FOR_VALUES:
                return False
        elif not isinstance(statement.command, Chain | Group | If):
            return False
    return bool(values)


def _only_gives_value(event: Event) -> bool:
    """Tell whether a command is there for a value or a file, so that its failure is no verdict on others."""
    assigns = event.words[:1] == ("=",)
    redirects = event.node is not None and any(
        ">" in one.operator and one.target.literal not in {"/dev/null", None} for one in event.node.redirects
    )
    return assigns or redirects
