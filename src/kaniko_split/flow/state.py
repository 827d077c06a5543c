"""What is known of the shell where a statement runs?

A value that is not known is no empty value: what is not in `known` may hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from kaniko_split.flow.tables import Names, SharedTable, Variables
from kaniko_split.programs.row import Row
from kaniko_split.shell.locations import File, Location, State, Variable, export_mark, file_at
from kaniko_split.shell.nodes import Call, Statement, Word
from kaniko_split.shell.values import Value
from kaniko_split.shell.words import value_of_word, values_of_words
from kaniko_split.source.patterns import Pattern

Read = Callable[[str], str | None]

# The working directory at the start of a word, a flag and a scheme before it.
_WORKING_DIRECTORY = Pattern(r"((?:--?[\w-]+=?)?(?:dir://)?)(?:\$\(pwd\)|`pwd`|\$\{PWD\}|\$PWD\b)(?=/|$)")


class Defined(Struct, frozen=True, eq=False):
    """The body of a function; its spans count in `script`."""

    body: Statement
    script: str


class WrittenTexts(Struct, frozen=True, eq=False):
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


class Assumed(Struct, frozen=True, eq=False):
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


class Setting(Struct, frozen=True, eq=False):
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


class ShellState(Struct, frozen=True, eq=False, dict=True):
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

    @cached_property
    def expanded(self) -> dict[int, tuple[Statement, tuple[Value, ...]]]:
        """The words of the commands that were expanded in this state; a statement is known by its `id`."""
        return {}

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
    known = state.expanded.get(id(statement))
    if known is None:
        known = state.expanded[id(statement)] = (statement, _words_of(statement.command, state))
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
