"""What is known where a statement runs, and what is still known after it?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kaniko_split.shell.locations import Location, State, Variable, file_at
from kaniko_split.shell.nodes import Assignment, Call, Declaration, Function, Group, Statement, nested
from kaniko_split.shell.words import Value, value_of_word, values_of_words

if TYPE_CHECKING:
    from kaniko_split.shell.effects import Effects

# How deep calls of functions are followed.
DEEPEST_CALL = 6


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known where a statement runs.

    Attributes:
        script: The text that spans count in.
        known: The variables assigned so far, the positional parameters by number with `#`, `@` and `*`.
        folder: The folder from the project's root, None where it is not known.
        functions: The body of each function defined so far.
        folder_before: Where `cd -` leads, None where that is not known.
        pushed: Where `popd` leads, the next one last.
        calling: The functions in whose bodies the statement stands; one that calls itself is not followed.
        program: What a command does that the shell's own tables cannot know; None for any other command.
    """

    script: str
    known: Mapping[str, Value]
    folder: str | None
    functions: Mapping[str, Statement] = field(default_factory=dict)
    folder_before: str | None = None
    pushed: tuple[str | None, ...] = ()
    calling: tuple[str, ...] = ()
    program: Callable[[Statement, Surroundings], Effects | None] | None = None

    def values(self, statement: Statement) -> tuple[Value, ...]:
        """Return the words of a simple command, as far as they are known; none for anything else."""
        if not isinstance(statement.command, Call):
            return ()
        return values_of_words(statement.command.words, self.script, self.known)


def inside_of_call(values: tuple[Value, ...], here: Surroundings) -> Surroundings | None:
    """Return what is known in the body of the function that the command `values` calls; None where it calls none."""
    name = values[0].text if values else ""
    if name not in here.functions or name in here.calling or len(here.calling) >= DEEPEST_CALL:
        return None
    return replace(here, known=_with_positional(here.known, values[1:]), calling=(*here.calling, name))


def after(statement: Statement, writes: Iterable[Location], here: Surroundings) -> Surroundings:
    """Return what is known when `statement` has run and has written `writes`."""
    match statement.command:
        case Call(assignments=assignments, words=()):
            return replace(here, known=_assigned(assignments, here))
        case Declaration(assignments=assignments):
            return replace(here, known=_assigned((one for one in assignments if one.value is not None), here))
        case Function(name=name, body=body):
            return replace(here, functions={**here.functions, name: body})
    places = frozenset(writes)
    known = {} if State.VARIABLES in places else dict(here.known)
    for place in places:
        if isinstance(place, Variable):
            known.pop(place.name, None)
    values = here.values(statement)
    texts = tuple(value.text for value in values)
    if texts[:1] == ("shift",):
        known = _shifted(known, texts[1:])
    elif texts[:1] == ("set",) and any(not text.startswith(("-", "+")) or text == "--" for text in texts[1:]):
        known = {name: value for name, value in known.items() if not _is_positional(name)}
    functions = {**here.functions, **{one.name: one.body for one in _definitions(statement)}}
    changed = replace(here, known=known, functions=functions)
    return moved(texts, changed) if State.FOLDER in places else changed


def _definitions(statement: Statement) -> Iterator[Function]:
    """Yield the functions that a statement defines when it runs; a subshell keeps its own to itself."""
    if isinstance(statement.command, Function):
        yield statement.command
    elif not (isinstance(statement.command, Group) and statement.command.subshell):
        for block in nested(statement):
            for one in block:
                yield from _definitions(one)


def _assigned(assignments: Iterable[Assignment], here: Surroundings) -> Mapping[str, Value]:
    known = dict(here.known)
    for one in assignments:
        for name, value in list(known.items()):
            # What was known in terms of the old value is known no longer.
            if not value.exact and re.search(rf"\$\{{?{re.escape(one.name)}\b", value.text):
                del known[name]
        if one.appends or one.indexed or one.value is None:
            known.pop(one.name, None)
            continue
        value = value_of_word(one.value, here.script, known)
        # A value that names itself (`X=$X-1`), a command's output or status is known by its name only.
        passing = any(mark in value.text for mark in ("$(", "`", "$?", "$!", f"${one.name}"))
        if value.exact or not passing:
            known[one.name] = replace(value, splits=not value.exact and value.splits)
        else:
            known.pop(one.name, None)
    return known


def _is_positional(name: str) -> bool:
    return name.isdigit() or name in {"@", "*", "#"}


def _with_positional(known: Mapping[str, Value], values: tuple[Value, ...]) -> dict[str, Value]:
    """Return `known` with the words of a call as `$1`, `$2`, ..., unless it is not certain how many they are."""
    result = {name: value for name, value in known.items() if not _is_positional(name)}
    if any(value.splits for value in values):
        return result
    result.update({str(number): value for number, value in enumerate(values, 1)})
    joined = Value(" ".join(value.text for value in values), all(value.exact for value in values))
    return {**result, "@": joined, "*": joined, "#": Value(str(len(values)))}


def _shifted(known: Mapping[str, Value], arguments: tuple[str, ...]) -> dict[str, Value]:
    by = int(arguments[0]) if arguments and arguments[0].isdigit() else 1
    count = int(known["#"].text) if "#" in known else 0
    if by > count or len(arguments) > 1 or (arguments and not arguments[0].isdigit()):
        return {name: value for name, value in known.items() if not _is_positional(name)}
    return _with_positional(known, tuple(known[str(number)] for number in range(by + 1, count + 1)))


def moved(texts: tuple[str, ...], here: Surroundings) -> Surroundings:
    """Return what is known after `cd` and its kin; where it leads may be unknown."""
    match texts:
        case ("cd", "-"):
            return replace(here, folder=here.folder_before, folder_before=here.folder)
        case ("cd", target):
            return replace(here, folder=_folder_at(target, here.folder), folder_before=here.folder)
        case ("pushd", target) if not target.startswith(("+", "-")):
            there = _folder_at(target, here.folder)
            return replace(here, folder=there, folder_before=here.folder, pushed=(*here.pushed, here.folder))
        case ("popd",) if here.pushed:
            return replace(here, folder=here.pushed[-1], folder_before=here.folder, pushed=here.pushed[:-1])
    return replace(here, folder=None, folder_before=None, pushed=())


def _folder_at(target: str, folder: str | None) -> str | None:
    path: str | None = getattr(file_at(target, folder), "path", None)
    if path is None or "$" in path or path.startswith("~"):
        return None
    normal = posixpath.normpath(path)
    return "" if normal == "." else normal
