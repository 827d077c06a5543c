"""What is known where paths meet, and behind what may have changed?"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from msgspec.structs import replace

from kaniko_split.flow.positional import POSITIONAL, without_positional
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.tables import Variables, is_positional
from kaniko_split.shell.computing import ALIASES
from kaniko_split.shell.locations import Location, State, Variable
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.values import Value

# How many values a variable may have where branches join, before it counts as unknown.
_MOST_CHOICES = 8
UNKNOWN_IFS = Value("$IFS", exact=False)
UNKNOWN = Value("", exact=False)


def forgetting(places: Iterable[Location], state: ShellState) -> ShellState:
    """Return the state with nothing known of what may have been changed: `places`."""
    changed = frozenset(places)
    known = known_without(changed, state)
    if changed >= POSITIONAL:
        known = without_positional(known)
    folder = (None, None, ()) if State.FOLDER in changed else (state.folder, state.folder_before, state.pushed)
    return replace(
        state,
        known=known,
        folder=folder[0],
        folder_before=folder[1],
        pushed=folder[2],
        assigned=state.assigned.adding(place.name for place in changed if isinstance(place, Variable)),
        sourced=state.sourced or State.VARIABLES in changed,
    )


def join(states: Iterable[ShellState]) -> ShellState:
    """Return what is known where paths meet, whichever of them was taken.

    Raises:
        ValueError: There is no path.
    """
    first, *others = dict.fromkeys(states)
    joined = first
    for other in others:
        joined = _joined(joined, other)
    return joined


def _joined(first: ShellState, second: ShellState) -> ShellState:
    known = first.known.copy()
    for name in first.known.differing(second.known):
        one, other = first.known.get(name), second.known.get(name)
        value = _value_where_paths_meet(name, one, other)
        if value is None:
            known.pop(name, None)
        elif value is not one:
            known[name] = value
    if any("#" in state.known for state in (first, second)) and "#" not in known:
        known = without_positional(known)
    functions = first.functions.copy()
    for name in first.functions.differing(second.functions):
        functions[name] = tuple(dict.fromkeys((*first.functions.get(name, ()), *second.functions.get(name, ()))))
    aliases, written, made = first.aliases.copy(), first.written.copy(), first.made.copy()
    for name in first.aliases.differing(second.aliases):
        if name in second.aliases:
            aliases[name] = second.aliases[name]
    for path in first.written.differing(second.written):
        if path in second.written:
            written[path] = second.written[path]
    for path in first.made.differing(second.made):
        if first.made.get(path) != second.made.get(path):
            made.pop(path, None)
    return replace(
        first,
        known=known,
        folder=first.folder if first.folder == second.folder else None,
        functions=functions,
        folder_before=first.folder_before if first.folder_before == second.folder_before else None,
        pushed=first.pushed if first.pushed == second.pushed else (),
        exported=first.exported.joining(second.exported),
        assigned=first.assigned.joining(second.assigned),
        links=first.links.joining(second.links),
        references=first.references | second.references,
        aliases=aliases,
        written=written,
        made=made,
        exports_all=first.exports_all or second.exports_all,
        stops_at_failure=first.stops_at_failure and second.stops_at_failure,
        sourced=first.sourced or second.sourced,
    )


def _value_where_paths_meet(name: str, one: Value | None, other: Value | None) -> Value | None:
    """Return what is known of a variable where two paths meet; None for nothing."""
    if one is not None and one == other:
        return one if one.given else other
    if _is_never_forgotten(name) or name == ALIASES:
        return UNKNOWN
    if name == IFS:
        return UNKNOWN_IFS
    if one is None or other is None or is_positional(name):
        return None
    choices = tuple(dict.fromkeys((*_choices(one), *_choices(other))))
    return Value(f"${name}", exact=False, splits=True, choices=choices) if len(choices) <= _MOST_CHOICES else None


def _choices(value: Value) -> tuple[str, ...]:
    return value.choices or (value.text,)


def forget_mentions(name: str, known: Variables) -> None:
    """Take out of `known` what is known in terms of the value that `name` had so far."""
    for other in known.mentioning(name):
        if other in (IFS, name):
            continue
        if is_positional(other):
            # How many there are stays known.
            known[other] = Value(f"${other}", exact=False, splits=other in {"@", "*"})
        else:
            forget(other, known)


def forget(name: str, known: MutableMapping[str, Value]) -> None:
    """Take out of `known` what the variable called `name` holds.

    IFS is known without a value where nobody has set it, `name()` tells that there is a function of that name, and
    the job's own output is behind a descriptor where `exec` has put nothing else (`&1`).
    """
    known.pop(name, None)
    if name == IFS:
        known[name] = UNKNOWN_IFS
    elif _is_never_forgotten(name):
        known[name] = UNKNOWN


def _is_never_forgotten(name: str) -> bool:
    return name.endswith("()") or name.startswith("&")


def known_without(places: Iterable[Location], state: ShellState) -> Variables:
    """Return what is known of the variables but for what may have been changed: `places`.

    A file that is sourced unread is not taken to set IFS where the script itself never mentions it.
    """
    known = state.known.copy()
    changed = frozenset(places)
    if State.VARIABLES in changed:
        stays = {name: UNKNOWN if name.startswith("&") else value for name, value in known.items()}
        known = Variables({name: value for name, value in stays.items() if _is_never_forgotten(name)})
        if IFS in state.known or IFS in state.script:
            forget(IFS, known)
    for place in changed:
        if isinstance(place, Variable):
            forget(place.name, known)
            forget_mentions(place.name, known)
    return known
