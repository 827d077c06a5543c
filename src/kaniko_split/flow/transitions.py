"""How does a command change what is known of the shell?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from kaniko_split.flow.joins import UNKNOWN, forget, forget_mentions, known_without
from kaniko_split.flow.positional import POSITIONAL, shifted, with_positional, without_positional
from kaniko_split.flow.state import Defined, ShellState, from_project
from kaniko_split.flow.tables import Variables, is_made_by, mentions
from kaniko_split.shell.computing import ALIASES, EXPANDS_ALIASES
from kaniko_split.shell.locations import File, Location, State, Variable, file_at
from kaniko_split.shell.nodes import Assignment, Declaration, Statement
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.values import MOST_CHARACTERS, Value
from kaniko_split.shell.words import array_value, as_array, value_of_word
from kaniko_split.source.patterns import Pattern

_OF_FUNCTIONS = frozenset({"local", "declare", "typeset"})
_PLAIN_WORDS = Pattern(r"[\w./:=@%+,* \[\]-]+")
_SETS_ERREXIT = Pattern(r"[-+][a-z]*e[a-z]*$")
_SETS_ALLEXPORT = Pattern(r"-[a-z]*a[a-z]*$|allexport$")


def after_assignments(assignments: Iterable[Assignment], state: ShellState) -> ShellState:
    """Return the state behind assignments that are the whole command."""
    given = tuple(assignments)
    exported = state.exported.adding(one.name for one in given if one.value is not None) if state.exports_all else None
    names = state.assigned.adding(one.name for one in given)
    changed = replace(state, known=assigned(given, state), assigned=names)
    return changed if exported is None else replace(changed, exported=exported)


def after_declaration(command: Declaration, state: ShellState) -> ShellState:
    """Return the state behind `export`, `local` and the like; `local name` makes a new variable that is not set."""
    known = assigned((one for one in command.assignments if one.value is not None), state)
    own = {one.name for one in command.assignments if one.value is None and command.keyword in _OF_FUNCTIONS}
    for name in own:
        known.pop(name, None)
    if IFS in own:
        forget(IFS, known)
    exported = state.exported.adding(exports_of(command))
    if state.exports_all:
        exported = exported.adding(one.name for one in command.assignments if one.value is not None)
    names = frozenset(one.name for one in command.assignments)
    references = state.references | names if makes_references(command) else state.references
    for name in names & references:
        forget(name, known)
    assigned_ = state.assigned.adding(names)
    return replace(state, known=known, exported=exported, assigned=assigned_, references=references)


def makes_references(command: Declaration) -> bool:
    """Tell whether a declaration makes names that stand for other variables (bash, `declare -n`)."""
    options = "".join(word.literal or "?" for word in command.options if not (word.literal or "").startswith("+"))
    return command.keyword not in {"export", "readonly"} and "n" in options


def exports_of(command: Declaration) -> frozenset[str]:
    """Return the variables that a declaration exports."""
    options = "".join(word.literal or "?" for word in command.options)
    if (command.keyword == "export" and "n" not in options) or "x" in options:
        return frozenset(one.name for one in command.assignments)
    return frozenset()


def after_definition(name: str, body: Statement, state: ShellState) -> ShellState:
    """Return the state behind the definition of a function."""
    known, functions = state.known.copy(), state.functions.copy()
    known[f"{name}()"] = UNKNOWN
    functions[name] = (Defined(body, state.script),)
    return replace(state, known=known, functions=functions)


def after_command(
    values: tuple[Value, ...], writes: Iterable[Location], state: ShellState, ifs: Value | None
) -> ShellState:
    """Return the state behind a command of the shell or a program.

    Args:
        values: Its words as far as they are known.
        writes: What it may change.
        state: The state before it.
        ifs: What IFS holds afterwards; None where nobody has set it.
    """
    places = frozenset(writes)
    texts = tuple(value.text for value in values)
    known = known_without(places, state)
    known.pop(IFS, None)
    if ifs is not None:
        known[IFS] = ifs
    if places >= POSITIONAL:
        known = without_positional(known)
        if texts[:1] == ("shift",):
            known = shifted(known, state.known, texts[1:])
        elif texts[:2] == ("set", "--"):
            known = with_positional(known, values[2:])
    aliases = state.aliases
    if texts[:1] == ("alias",):
        known[ALIASES] = UNKNOWN
        aliases = aliases.copy()
        aliases.update(_aliases(texts[1:]))
    elif texts[:1] == ("unalias",):
        aliases = aliases.copy()
        for name in [name for name in aliases if name in texts[1:] or "-a" in texts[1:]]:
            del aliases[name]
    elif texts[:1] == ("shopt",) and "expand_aliases" in texts[1:]:
        known.pop(EXPANDS_ALIASES, None)
        if texts == ("shopt", "-s", "expand_aliases"):
            known[EXPANDS_ALIASES] = Value("yes")
    functions = state.functions
    if texts[:1] == ("unset",) and any(text.startswith("-") and "f" in text for text in texts[1:]):
        functions = functions.copy()
        for name in set(texts[1:]) & set(functions):
            del functions[name]
            known.pop(f"{name}()", None)
    changed = replace(
        state,
        known=known,
        functions=functions,
        aliases=aliases,
        assigned=state.assigned.adding(place.name for place in places if isinstance(place, Variable)),
        sourced=state.sourced or State.VARIABLES in places,
    )
    if texts[:1] == ("set",):
        changed = _with_options(texts[1:], changed)
    return moved(texts, changed) if State.FOLDER in places else changed


def _aliases(texts: tuple[str, ...]) -> dict[str, tuple[Value, ...]]:
    """Return the aliases that a command defines; what is more than plain words stands for one that nobody knows."""
    found: dict[str, tuple[Value, ...]] = {}
    for text in texts:
        name, mark, words = text.partition("=")
        if mark:
            plain = _PLAIN_WORDS.fullmatch(words) is not None
            found[name] = tuple(map(Value, words.split())) if plain else (Value(f"$({words})", exact=False),)
    return found


def _with_options(texts: tuple[str, ...], state: ShellState) -> ShellState:
    stops, exports = state.stops_at_failure, state.exports_all or any(map(_SETS_ALLEXPORT.match, texts))
    for sign, option in zip(texts, (*texts[1:], ""), strict=True):
        if _SETS_ERREXIT.match(sign) or (sign in {"-o", "+o"} and option == "errexit"):
            stops = sign.startswith("-")
    return replace(state, stops_at_failure=stops, exports_all=exports)


def behind_subshell(inner: ShellState, state: ShellState) -> ShellState:
    """Return the state behind a subshell that was entered in `state`: of what it has changed, files are left."""
    return replace(state, written=inner.written, made=inner.made, links=inner.links)


def behind_call(inner: ShellState, state: ShellState, local: Iterable[str]) -> ShellState:
    """Return the state behind a function or sourced file that was called in `state`.

    Args:
        inner: The state where its body ends.
        state: The state before it.
        local: The names of its local variables.
    """
    own = frozenset(local)
    known = without_positional(inner.known)
    for name in own:
        known.pop(name, None)
    for name in sorted(state.known.positional | own):
        if name in state.known:
            known[name] = state.known[name]
    return replace(inner, script=state.script, known=known, calling=state.calling, exec_ends=state.exec_ends)


def assigned(assignments: Iterable[Assignment], state: ShellState) -> Variables:
    """Return what is known of the variables behind assignments."""
    known = state.known.copy()
    for one in assignments:
        forget_mentions(one.name, known)
        value = _value_assigned(one, state.script, known)
        if value is None or _is_passing(value, one.name):
            forget(one.name, known)
        else:
            known[one.name] = from_project(replace(value, splits=not value.exact and value.splits), state.folder)
    return known


def _value_assigned(one: Assignment, script: str, known: Mapping[str, Value]) -> Value | None:
    """Return the value that a variable has after an assignment; None where it is not known."""
    if one.value is None or one.indexed:
        return None
    if not one.is_array:
        return None if one.appends else value_of_word(one.value, script, known)
    value = array_value(one.elements, script, known) if one.elements is not None else None
    if value is None or not one.appends:
        return value
    before = known[one.name].array if one.name in known else None
    return as_array((*before, *(value.array or ()))) if before is not None else None


def _is_passing(value: Value, name: str) -> bool:
    """Tell whether what was assigned to `name` is known by that name only.

    So is a value that names itself (`X=$X-1`), a command's output or status.
    """
    return mentions(value, name) or is_made_by(value, ("$(", "`", "$?", "$!", f"${name}"))


def moved(texts: tuple[str, ...], state: ShellState) -> ShellState:
    """Return the state behind `cd`, `pushd` or `popd`; where it leads may be unknown."""
    match texts:
        case ("cd", "-"):
            return replace(state, folder=state.folder_before, folder_before=state.folder)
        case ("cd", target):
            return replace(state, folder=_folder_at(target, state.folder), folder_before=state.folder)
        case ("pushd", target) if not target.startswith(("+", "-")):
            there = _folder_at(target, state.folder)
            return replace(state, folder=there, folder_before=state.folder, pushed=(*state.pushed, state.folder))
        case ("popd",) if state.pushed:
            return replace(state, folder=state.pushed[-1], folder_before=state.folder, pushed=state.pushed[:-1])
    return replace(state, folder=None, folder_before=None, pushed=())


def _folder_at(target: str, folder: str | None) -> str | None:
    place = file_at(target, folder)
    if not isinstance(place, File) or "$" in place.path or place.path.startswith("~"):
        return None
    normal = posixpath.normpath(place.path)
    if len(normal) > MOST_CHARACTERS:
        return None
    return "" if normal == "." else normal
