"""What is known where a statement runs, and what is still known after it?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from kaniko_split.shell.computing import ALIASES
from kaniko_split.shell.locations import Location, State, Variable, file_at
from kaniko_split.shell.nodes import Assignment, Call, Declaration, Function, Group, Statement, nested
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import array_value, as_array, value_of_word, values_of_words
from kaniko_split.source.patterns import Pattern

if TYPE_CHECKING:
    from kaniko_split.shell.joining import Effects

# All positional parameters together; they are changed as one.
POSITIONAL = frozenset[Location](Variable(name) for name in "@*#123456789")
_OF_FUNCTIONS = frozenset({"local", "declare", "typeset"})
# POSIX, "Special Built-In Utilities", 2.14.
_SPECIAL = frozenset(
    {
        *(".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift"),
        *("times", "trap", "unset"),
    }
)
_UNKNOWN_IFS = Value("$IFS", exact=False)
_FUNCTION = Value("", exact=False)
_ALIAS = Pattern(r"\balias\b")
# The current folder at the begin of a word, a flag and a scheme before it.
_CURRENT = Pattern(r"((?:--?[\w-]+=?)?(?:dir://)?)(?:\$\(pwd\)|`pwd`|\$\{PWD\}|\$PWD\b)(?=/|$)")
# How deep calls of functions and scripts are followed.
DEEPEST_CALL = 6


class Kind(Enum):
    """How a command runs statements that stand elsewhere."""

    FUNCTION = "a function of the shell"
    SOURCED = "a file, in the shell itself"
    PROCESS = "a script, in a process of its own"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Defined:
    """The body of a function; its spans count in `script`."""

    body: Statement
    script: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Inside:
    """What a command runs that stands elsewhere.

    Attributes:
        body: The statements.
        here: What is known where they begin.
        name: The function, or the path of the script from the project's root.
        kind: How they are run.
    """

    body: Statement
    here: Surroundings
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Assumed:
    """What questions are answered by assumption; a statement or command is known by its `id`.

    Attributes:
        answers: What a test answers, `!` before it left out.
        branches: Which branch of a `case` runs; None for none of them.
    """

    answers: Mapping[int, bool] = field(default_factory=dict)
    branches: Mapping[int, int | None] = field(default_factory=dict)


_NOTHING_ASSUMED = Assumed()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Surroundings:
    """What is known where a statement runs.

    Attributes:
        script: The text that spans count in.
        known: The variables assigned so far, the positional parameters by number with `#`, `@` and `*`.
        folder: The folder from the project's root, None where it is not known.
        functions: Each function defined so far.
        folder_before: Where `cd -` leads, None where that is not known.
        pushed: Where `popd` leads, the next one last.
        calling: The functions and scripts in which the statement stands; one that calls itself is not followed.
        program: What a command does that the shell's own tables cannot know; None for any other command.
        scripts: The script of the repository that a command runs; None for any other command.
        through: What is known after a statement of which it is certain what runs inside of it, as after one that
            sources a script; None for any other.
        wrappers: The user's own commands that run the command behind them, and how many words of their own they take.
        assumed: What is assumed of the answers to its questions.
    """

    script: str
    known: Mapping[str, Value]
    folder: str | None
    functions: Mapping[str, Defined] = field(default_factory=dict)
    folder_before: str | None = None
    pushed: tuple[str | None, ...] = ()
    calling: tuple[str, ...] = ()
    program: Callable[[Statement, Surroundings], Effects | None] | None = None
    scripts: Callable[[Statement, Surroundings], Inside | None] | None = None
    through: Callable[[Statement, Surroundings], Surroundings | None] | None = None
    wrappers: Mapping[str, int] = field(default_factory=dict)
    assumed: Assumed = _NOTHING_ASSUMED
    _values: dict[int, tuple[Statement, tuple[Value, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _effects: dict[int, tuple[Statement, Effects]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def values(self, statement: Statement) -> tuple[Value, ...]:
        """Return the words of a simple command, as far as they are known; none for anything else."""
        if not isinstance(statement.command, Call):
            return ()
        found = self._values.get(id(statement))
        if found is None:
            # The statement is kept with its values, so that no other one can take its id.
            values = values_of_words(statement.command.words, self.script, self.known)
            found = statement, tuple(from_project(value, self.folder) for value in values)
            self._values[id(statement)] = found
        return found[1]

    def effects(self, statement: Statement, find: Callable[[Statement, Surroundings], Effects]) -> Effects:
        """Return what a statement does here; `find` is asked once."""
        found = self._effects.get(id(statement))
        if found is None:
            found = self._effects[id(statement)] = statement, find(statement, self)
        return found[1]


def inside_of_call(statement: Statement, here: Surroundings) -> Inside | None:
    """Return the body of the function or script that a command calls; None where it calls none."""
    values = here.values(statement)
    name = values[0].text if values else ""
    if name in here.functions:
        if not follows(name, here):
            return None
        function = here.functions[name]
        own = _assigned(statement.command.assignments, here) if isinstance(statement.command, Call) else here.known
        known = with_positional(own, values[1:])
        there = replace(here, script=function.script, known=known, calling=(*here.calling, name))
        return Inside(function.body, there, name, Kind.FUNCTION)
    return here.scripts(statement, here) if here.scripts is not None and values else None


def follows(name: str, here: Surroundings) -> bool:
    """Tell whether the function or script called `name` is to be followed from here."""
    return name not in here.calling and len(here.calling) < DEEPEST_CALL


def after(statement: Statement, writes: Iterable[Location], here: Surroundings) -> Surroundings:
    """Return what is known when `statement` has run and has written `writes`."""
    match statement.command:
        case Call(assignments=assignments, words=()):
            return replace(here, known=_assigned(assignments, here))
        case Declaration(keyword=keyword, assignments=assignments):
            known = _assigned((one for one in assignments if one.value is not None), here)
            # `local name` makes a new variable that is not set.
            own = {one.name for one in assignments if one.value is None and keyword in _OF_FUNCTIONS}
            left = {name: value for name, value in known.items() if name not in own}
            if IFS in own:
                forget(IFS, left)
            return replace(here, known=left)
        case Function(name=name, body=body):
            known = {**here.known, f"{name}()": _FUNCTION}
            return replace(here, known=known, functions={**here.functions, name: Defined(body, here.script)})
    found = here.through(statement, here) if here.through is not None else None
    if found is not None:
        return found
    places = frozenset(writes)
    known = known_without(places, here)
    values = here.values(statement)
    texts = tuple(value.text for value in values)
    ifs = _ifs_after(texts, statement, known, here)
    known.pop(IFS, None)
    if ifs is not None:
        known[IFS] = ifs
    if places >= POSITIONAL:
        known = {name: value for name, value in known.items() if not _is_positional(name)}
        if texts[:1] == ("shift",):
            known = _shifted({**here.known, **known}, texts[1:])
    defined = {one.name: Defined(one.body, here.script) for one in _definitions(statement)}
    functions = {**here.functions, **defined}
    if _ALIAS.search(here.script[statement.span.start : statement.span.end]):
        known[ALIASES] = _FUNCTION
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
        _forget_mentions(one.name, known)
        value = _value_assigned(one, here.script, known)
        if value is None or _is_passing(value, one.name):
            forget(one.name, known)
        else:
            known[one.name] = from_project(replace(value, splits=not value.exact and value.splits), here.folder)
    return known


def from_project(value: Value, folder: str | None) -> Value:
    """Return a value that begins with the current folder, as `$(pwd)` does, so that it says from the project where.

    Args:
        value: A value as far as it is known.
        folder: The folder that the shell stands in, from the project's root; None where it is not known.
    """
    head = _CURRENT.match(value.text) if not value.exact else None
    if head is None or folder is None or folder.startswith(("/", "~", "..")):
        return value
    return replace(value, text=f"{head[1]}$CI_PROJECT_DIR{'/' if folder else ''}{folder}{value.text[head.end() :]}")


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


def _texts_not_known(value: Value) -> Iterator[str]:
    """Yield what of a value, or of an array's elements, is not known, as it is written."""
    yield from (part.text for part in (value, *(value.array or ())) if not part.exact)


def _mentions(value: Value, name: str) -> bool:
    return any(
        name in text and re.search(rf"\$\{{?{re.escape(name)}\b", text) is not None for text in _texts_not_known(value)
    )


def _is_passing(value: Value, name: str) -> bool:
    """Tell whether what was assigned to `name` is known by that name only.

    So is a value that names itself (`X=$X-1`), a command's output or status.
    """
    marks = ("$(", "`", "$?", "$!", f"${name}")
    return _mentions(value, name) or any(mark in text for text in _texts_not_known(value) for mark in marks)


def _forget_mentions(name: str, known: dict[str, Value]) -> None:
    """Take out of `known` what is known in terms of the value that `name` had so far."""
    for other, value in list(known.items()):
        if other == IFS or not _mentions(value, name):
            continue
        if _is_positional(other):
            # How many there are stays known.
            known[other] = Value(f"${other}", exact=False, splits=other in {"@", "*"})
        else:
            del known[other]


def forget(name: str, known: dict[str, Value]) -> None:
    """Take out of `known` what the variable called `name` holds.

    IFS is known without a value where nobody has set it, and `name()` tells that there is a function of that name.
    """
    known.pop(name, None)
    if name == IFS:
        known[name] = _UNKNOWN_IFS
    elif name.endswith("()"):
        known[name] = _FUNCTION


def known_without(places: Iterable[Location], here: Surroundings) -> dict[str, Value]:
    """Return what is known `here` but for what may have been changed: `places`.

    A file that is sourced unread is not taken to set IFS where the script itself never speaks of it.
    """
    known = dict(here.known)
    if State.VARIABLES in places:
        known = {name: value for name, value in known.items() if name.endswith("()")}
        if IFS in here.known or IFS in here.script:
            forget(IFS, known)
    for place in places:
        if isinstance(place, Variable):
            forget(place.name, known)
            _forget_mentions(place.name, known)
    return known


def _ifs_after(
    texts: tuple[str, ...], statement: Statement, known: Mapping[str, Value], here: Surroundings
) -> Value | None:
    """Return what IFS holds after a command; None where nobody has set it.

    Assignments before a special builtin or a function may stay (POSIX, 2.9.1 and 2.14), and `unset` lets the shell
    divide at blanks again (2.6.5).
    """
    if texts[:1] == ("unset",) and IFS in texts and "-f" not in texts:
        return None
    command = statement.command
    stays = bool(texts) and (texts[0] in _SPECIAL or texts[0] in here.functions)
    if stays and isinstance(command, Call) and any(one.name == IFS for one in command.assignments):
        return _UNKNOWN_IFS
    return known.get(IFS)


def sets_positional(texts: tuple[str, ...]) -> bool:
    """Tell whether the command gives the shell other positional parameters: `shift`, or `set` with operands.

    The word behind `-o` is no operand (`set -euo pipefail`).
    """
    if texts[:1] != ("set",):
        return texts[:1] == ("shift",)
    pairs = zip(("", *texts[1:]), texts[1:], strict=False)
    return any(
        text == "--" or not (text.startswith(("-", "+")) or (before.startswith(("-", "+")) and before.endswith("o")))
        for before, text in pairs
    )


def _is_positional(name: str) -> bool:
    return name.isdigit() or name in {"@", "*", "#"}


def with_positional(known: Mapping[str, Value], values: tuple[Value, ...]) -> dict[str, Value]:
    """Return `known` with the words of a call as `$1`, `$2`, ..., unless it is not certain how many they are."""
    result = {name: value for name, value in known.items() if not _is_positional(name)}
    if any(value.splits for value in values):
        return result
    result.update({str(number): value for number, value in enumerate(values, 1)})
    given = any(value.given for value in values)
    joined = Value(" ".join(value.text for value in values), all(value.exact for value in values), given=given)
    return {**result, "@": joined, "*": joined, "#": Value(str(len(values)), given=given)}


def _shifted(known: Mapping[str, Value], arguments: tuple[str, ...]) -> dict[str, Value]:
    by = int(arguments[0]) if arguments and arguments[0].isdigit() else 1
    count = int(known["#"].text) if "#" in known else 0
    if by > count or len(arguments) > 1 or (arguments and not arguments[0].isdigit()):
        return {name: value for name, value in known.items() if not _is_positional(name)}
    return with_positional(known, tuple(known[str(number)] for number in range(by + 1, count + 1)))


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


def with_own_positional(there: Surroundings, here: Surroundings) -> Surroundings:
    """Return what is known `here` after a file was sourced in which `there` was known at the end."""
    known = {name: value for name, value in there.known.items() if not _is_positional(name)}
    own = {name: value for name, value in here.known.items() if _is_positional(name)}
    return replace(there, script=here.script, known=known | own, calling=here.calling)
