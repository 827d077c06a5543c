"""What is known of the shell where a statement runs?

A value that is not known is no empty value: what is not in `known` may hold anything.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace

from kaniko_split.flow.tables import Names, SharedTable, Variables, is_made_by, is_positional, mentions
from kaniko_split.programs.row import Row
from kaniko_split.shell.computing import ALIASES
from kaniko_split.shell.locations import File, Location, State, Variable, export_mark, file_at
from kaniko_split.shell.nodes import Assignment, Call, Declaration, Statement, Word
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.values import MOST_CHARACTERS, Value
from kaniko_split.shell.words import array_value, as_array, value_of_word, values_of_words
from kaniko_split.source.patterns import Pattern

Read = Callable[[str], str | None]

# All positional parameters together; they are changed as one.
POSITIONAL = frozenset[Location](Variable(name) for name in "@*#123456789")
_OF_FUNCTIONS = frozenset({"local", "declare", "typeset"})
_UNKNOWN_IFS = Value("$IFS", exact=False)
_FUNCTION = Value("", exact=False)
# The working directory at the start of a word, a flag and a scheme before it.
_WORKING_DIRECTORY = Pattern(r"((?:--?[\w-]+=?)?(?:dir://)?)(?:\$\(pwd\)|`pwd`|\$\{PWD\}|\$PWD\b)(?=/|$)")
_PLAIN_WORDS = Pattern(r"[\w./:=@%+,* \[\]-]+")
_SETS_ERREXIT = Pattern(r"[-+][a-z]*e[a-z]*$")
_SETS_ALLEXPORT = Pattern(r"-[a-z]*a[a-z]*$|allexport$")
# How many values a variable may have where branches join, before it counts as unknown.
_MOST_CHOICES = 8


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Defined:
    """The body of a function; its spans count in `script`."""

    body: Statement
    script: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WrittenTexts:
    """The text of the statement that wrote a file last, and of those before it."""

    text: str
    before: WrittenTexts | None = None

    def all(self) -> str:
        """Return the texts of all statements, the first one first."""
        texts: list[str] = []
        one: WrittenTexts | None = self
        while one is not None:
            texts.append(one.text)
            one = one.before
        return "\n".join(reversed(texts))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Assumed:
    """Answers that are assumed; a statement or command is known by its `id`.

    Attributes:
        answers: What a test answers, `!` before it left out.
        branches: Which branch of a `case` runs; None for none of them.
    """

    answers: Mapping[int, bool] = field(default_factory=dict)
    branches: Mapping[int, int | None] = field(default_factory=dict)


NOTHING_ASSUMED = Assumed()


def itself(name: str) -> str | None:
    """Give a path as it is, as where the repository has no symbolic link."""
    return name


def no_file(name: str) -> str | None:
    """Give no file, whatever its name."""
    del name
    return None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Setting:
    """What is the same for a whole script.

    Attributes:
        executors: Further command words that run the executor.
        wrappers: Further commands that run the command behind them, with how many words of their own they take.
        read: Gives the text of a file of the repository, by name; None where there is none.
        given: The variables that the pipeline gives, which every process sees.
        assumed: Answers that are assumed.
        real: Gives the name of what a path of the repository leads to over symbolic links; None for a place outside.
        programs: What the user says that further programs do, by their first words.
    """

    executors: tuple[str, ...] = ()
    wrappers: Mapping[str, int] = field(default_factory=dict)
    read: Read = no_file
    given: frozenset[str] = frozenset()
    assumed: Assumed = NOTHING_ASSUMED
    real: Read = itself
    programs: Mapping[str, Row] = field(default_factory=dict)


PLAIN = Setting()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ShellState:
    """What is known where a statement runs.

    Attributes:
        script: The text that spans count in.
        known: The variables assigned so far, the positional parameters by number with `#`, `@` and `*`.
        folder: The working directory from the project's root; None where it is not known.
        setting: What is the same for the whole script.
        functions: The bodies that each function may have.
        folder_before: Where `cd -` leads; None where that is not known.
        pushed: Where `popd` leads, the next one last.
        calling: The functions and scripts in which the statement is; one that calls itself is not followed.
        aliases: The words that each alias stands for.
        exported: The names that the script has exported.
        links: The symbolic links that the script makes.
        assigned: The names that the script has given a value, or may have.
        written: The files that the job has given content, by path, each with the text of the statements that did.
        made: The text of the files that the job writes out as a here-document, by path.
        exports_all: Whether `set -a` may be on.
        stops_at_failure: Whether `set -e` is on, as it is when GitLab starts a script.
        sourced: Whether a file was sourced that nobody can read, so that any word may be a function of it.
        exec_ends: Whether `exec` ends the job: in a script that is called, it ends that script alone.
        references: The names that may stand for another variable, as `declare -n` makes them.
    """

    script: str
    known: Variables
    folder: str | None
    setting: Setting = PLAIN
    functions: SharedTable[tuple[Defined, ...]] = field(default_factory=SharedTable)
    folder_before: str | None = None
    pushed: tuple[str | None, ...] = ()
    calling: tuple[str, ...] = ()
    aliases: SharedTable[tuple[Value, ...]] = field(default_factory=SharedTable)
    exported: Names = field(default_factory=Names)
    assigned: Names = field(default_factory=Names)
    links: Names = field(default_factory=Names)
    written: SharedTable[WrittenTexts] = field(default_factory=SharedTable)
    made: SharedTable[str] = field(default_factory=SharedTable)
    exports_all: bool = False
    stops_at_failure: bool = True
    sourced: bool = False
    exec_ends: bool = True
    references: frozenset[str] = frozenset()
    # The words of the commands that were expanded in this state; a statement is known by its `id`.
    _expanded: dict[int, tuple[Statement, tuple[Value, ...]]] = field(default_factory=dict, init=False)

    def values(self, words: tuple[Word, ...]) -> tuple[Value, ...]:
        """Return the words that some words of a command become, as far as they are known."""
        return tuple(from_project(value, self.folder) for value in values_of_words(words, self.script, self.known))

    def place(self, path: str) -> Location:
        """Return the place of a path, over the symbolic links of the repository; behind one of the script, any file."""
        place = file_at(path, self.folder)
        if not isinstance(place, File) or "/" not in place.path.strip("/") or place.path.startswith(("/", "~", "$")):
            return place
        if self.links_on(path):
            return State.FILES
        real = self.setting.real(place.path)
        return File(real) if real is not None else State.FILES

    def links_on(self, path: str) -> frozenset[Location]:
        """Return the symbolic links that the script makes and that a path leads through."""
        place = file_at(path, self.folder)
        if not isinstance(place, File) or not self.links:
            return frozenset()
        folders = (place.path[:at] for at, sign in enumerate(place.path) if sign == "/")
        return frozenset(File(folder) for folder in folders if folder in self.links)

    def environment(self) -> frozenset[Location]:
        """Return the variables that the script gives a value and that a program which it starts can see."""
        return frozenset(
            place
            for name in self.assigned
            if name in self.exported or name in self.setting.given or is_from_outside(name)
            for place in (Variable(name), export_mark(name))
        )

    def value(self, word: Word) -> Value:
        """Return the value of a word as one word, as in an assignment or a redirect."""
        return value_of_word(word, self.script, self.known)


# What the project, the runner or the image may have put into the environment, so that it is exported already.
_FROM_OUTSIDE = (
    *("ALL_PROXY", "AWS_", "AZURE_", "CI_", "DOCKER_", "FF_", "GIT_", "GOOGLE_", "HTTP", "KANIKO_", "LC_", "NO_PROXY"),
    *("SSL_", "http_", "https_", "no_proxy", "all_proxy"),
)
_FROM_OUTSIDE_WHOLE = frozenset({"HOME", "IFS", "LANG", "PATH", "PS4", "TMPDIR"})


def is_from_outside(name: str) -> bool:
    """Tell whether a variable may be in the environment although the script does not export it."""
    return name in _FROM_OUTSIDE_WHOLE or name.startswith(_FROM_OUTSIDE)


def values_of(statement: Statement, state: ShellState) -> tuple[Value, ...]:
    """Return the words of a simple command, as far as they are known; none for anything else.

    A first word without quotes may be an alias (POSIX, "Alias Substitution", 2.3.1).
    """
    if not isinstance(statement.command, Call):
        return ()
    known = state._expanded.get(id(statement))  # noqa: SLF001 (the state keeps what is expanded in it)
    if known is None:
        known = state._expanded[id(statement)] = (statement, _words_of(statement.command, state))  # noqa: SLF001
    return known[1]


def _words_of(command: Call, state: ShellState) -> tuple[Value, ...]:
    words = command.words
    name = words[0].literal if words else None
    if name in state.aliases and state.script.startswith(name or "", words[0].span.start):
        return (*state.aliases[name or ""], *state.values(words[1:]))
    return state.values(words)


def from_project(value: Value, folder: str | None) -> Value:
    """Return a value that begins with the working directory, as `$(pwd)` does, as a path from the project.

    Args:
        value: A value as far as it is known.
        folder: The working directory from the project's root; None where it is not known.
    """
    head = _WORKING_DIRECTORY.match(value.text) if not value.exact else None
    if head is None or folder is None or folder.startswith(("/", "~", "..")):
        return value
    return replace(value, text=f"{head[1]}$CI_PROJECT_DIR{'/' if folder else ''}{folder}{value.text[head.end() :]}")


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
    known, functions = copy_of(state.known), state.functions.copy()
    known[f"{name}()"] = _FUNCTION
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
            known = _shifted(known, state.known, texts[1:])
        elif texts[:2] == ("set", "--"):
            known = with_positional(known, values[2:])
    aliases = state.aliases
    if texts[:1] == ("alias",):
        known[ALIASES] = _FUNCTION
        aliases = aliases.copy()
        aliases.update(_aliases(texts[1:]))
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
    known = copy_of(first.known)
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
    if name.endswith("()") or name == ALIASES:
        return _FUNCTION
    if name == IFS:
        return _UNKNOWN_IFS
    if one is None or other is None or is_positional(name):
        return None
    choices = tuple(dict.fromkeys((*_choices(one), *_choices(other))))
    return Value(f"${name}", exact=False, splits=True, choices=choices) if len(choices) <= _MOST_CHOICES else None


def _choices(value: Value) -> tuple[str, ...]:
    return value.choices or (value.text,)


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


def copy_of(known: Variables) -> Variables:
    """Return the same variables, to be changed."""
    copied = known.copy()
    assert isinstance(copied, Variables)  # noqa: S101 (a copy has the type of its original)
    return copied


def assigned(assignments: Iterable[Assignment], state: ShellState) -> Variables:
    """Return what is known of the variables behind assignments."""
    known = copy_of(state.known)
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


def forget_mentions(name: str, known: Variables) -> None:
    """Take out of `known` what is known in terms of the value that `name` had so far."""
    for other in known.mentioning(name):
        if other in (IFS, name):
            continue
        if is_positional(other):
            # How many there are stays known.
            known[other] = Value(f"${other}", exact=False, splits=other in {"@", "*"})
        else:
            del known[other]


def forget(name: str, known: MutableMapping[str, Value]) -> None:
    """Take out of `known` what the variable called `name` holds.

    IFS is known without a value where nobody has set it, and `name()` tells that there is a function of that name.
    """
    known.pop(name, None)
    if name == IFS:
        known[name] = _UNKNOWN_IFS
    elif name.endswith("()"):
        known[name] = _FUNCTION


def known_without(places: Iterable[Location], state: ShellState) -> Variables:
    """Return what is known of the variables but for what may have been changed: `places`.

    A file that is sourced unread is not taken to set IFS where the script itself never mentions it.
    """
    known = copy_of(state.known)
    changed = frozenset(places)
    if State.VARIABLES in changed:
        known = Variables({name: value for name, value in known.items() if name.endswith("()")})
        if IFS in state.known or IFS in state.script:
            forget(IFS, known)
    for place in changed:
        if isinstance(place, Variable):
            forget(place.name, known)
            forget_mentions(place.name, known)
    return known


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


def without_positional(known: Variables) -> Variables:
    """Return what is known of the variables that have a name."""
    result = copy_of(known)
    for name in sorted(known.positional):
        del result[name]
    return result


def with_positional(known: Variables, values: tuple[Value, ...]) -> Variables:
    """Return `known` with the words of a call as `$1`, `$2`, ..., unless it is not certain how many they are."""
    result = without_positional(known)
    if any(value.splits for value in values):
        return result
    result.update({str(number): value for number, value in enumerate(values, 1)})
    given = any(value.given for value in values)
    joined = Value(" ".join(value.text for value in values), all(value.exact for value in values), given=given)
    for name in ("@", "*"):
        too_long = len(joined.text) > MOST_CHARACTERS
        result[name] = Value(f"${name}", exact=False, splits=True, given=given) if too_long else joined
    result["#"] = Value(str(len(values)), given=given)
    return result


def _shifted(known: Variables, before: Variables, arguments: tuple[str, ...]) -> Variables:
    """Return `known` with the positional parameters that `shift` leaves of those `before` it."""
    by = int(arguments[0]) if arguments and arguments[0].isdigit() else 1
    count = int(before["#"].text) if "#" in before else 0
    if by > count or len(arguments) > 1 or (arguments and not arguments[0].isdigit()):
        return without_positional(known)
    return with_positional(known, tuple(before[str(number)] for number in range(by + 1, count + 1)))


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
