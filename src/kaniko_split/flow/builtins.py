"""What does a command of the shell itself do?

POSIX, "Shell Command Language", 2.14, and bash's manual, "Shell Builtin Commands". What `export` and `local` assign is
read from the syntax, and statements that a builtin runs (`eval`, `.`) are followed elsewhere where that can be.
"""

from __future__ import annotations

from kaniko_split.flow.effects import Effects
from kaniko_split.flow.positional import POSITIONAL, sets_positional
from kaniko_split.flow.redirects import read_from
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.wrappers import is_lookup
from kaniko_split.shell.locations import NOWHERE, Location, State, Variable, export_mark
from kaniko_split.source.patterns import Pattern

_TURNS_OFF = Pattern(r"\bset\b.*(?:\+[a-z]*e|\+o errexit)")
_OF_DESCRIPTOR = Pattern(r"-[a-tv-z]*u(\d*)")
_FOLDER: frozenset[Location] = frozenset({State.FOLDER})
_OPTIONS: frozenset[Location] = frozenset({State.OPTIONS})
_OPTION_COMMANDS = frozenset(
    {"set", "shopt", "umask", "ulimit", "alias", "unalias", "trap", "enable", "bind", "complete"}
)
_LEAVING = frozenset({"exit", "return", "exec", "break", "continue", "logout"})
_ASKING = frozenset(
    {"type", "hash", "times", "jobs", "history", "caller", "dirs", "help", "compgen", "bg", "fg", "disown"}
)
EVERYTHING: frozenset[Location] = frozenset({State.FILES, State.FOLDER, State.VARIABLES, State.OPTIONS})


def effects_of_builtin(texts: tuple[str, ...], state: ShellState) -> Effects | None:
    """Return what a command of the shell does; None for a program.

    Args:
        texts: Its words as far as they are known.
        state: The state in which it runs.
    """
    name = texts[0]
    if is_lookup(texts) or name in _ASKING:
        return Effects(prints=True)
    if name in {"cd", "pushd", "popd"}:
        return _moved(texts)
    if name in _OPTION_COMMANDS:
        return _options_set(texts, state)
    if name in _LEAVING:
        return Effects(leaves=True)
    match name:
        case "wait":
            # Its words name the processes; without any it cannot fail.
            return Effects(fails=len(texts) > 1)
        case "shift":
            return Effects(reads=POSITIONAL, writes=POSITIONAL)
        case "read" | "getopts" | "mapfile" | "readarray":
            return _from_descriptor(texts, _variables_read(texts), state)
        case "printf" if texts[1:2] and texts[1].startswith("-v"):
            return Effects(writes=frozenset({_named(texts[1][2:] or (texts[2] if len(texts) > 2 else "$"))}))
        case "unset":
            return _unset(texts)
        case "eval" | "source" | ".":
            return Effects(reads=EVERYTHING, writes=EVERYTHING, leaves=True, unknown=True, fails=True)
    return None


def _variables_read(texts: tuple[str, ...]) -> Effects:
    names = [text for text in texts[1:] if text and not text.startswith("-")]
    match texts[0]:
        case "getopts":
            written = {*(names[1:2] or ["?"]), "OPTIND", "OPTARG"}
            return Effects(reads=POSITIONAL | {Variable("OPTIND")}, writes=frozenset(map(_named, written)))
        case "mapfile" | "readarray":
            return Effects(writes=frozenset({_named(names[-1] if names else "MAPFILE")}))
    return Effects(writes=frozenset(map(_named, names or ["REPLY"])))


def _from_descriptor(texts: tuple[str, ...], done: Effects, state: ShellState) -> Effects:
    """Add what `read -u 3` reads."""
    for number, text in enumerate(texts[1:], 1):
        match = _OF_DESCRIPTOR.fullmatch(text) if texts[0] != "getopts" else None
        if match is not None:
            done = read_from(match[1] or next(iter(texts[number + 1 :]), ""), done, state)
    return done


def _named(text: str) -> Location:
    """Return the variable that a word names, an array for one of its elements; all where the word is not known."""
    return State.VARIABLES if "$" in text or "`" in text else Variable(text.partition("[")[0])


def _unset(texts: tuple[str, ...]) -> Effects:
    names = [text for text in texts[1:] if not text.startswith("-")]
    if any(_named(text) is State.VARIABLES for text in names):
        return Effects(writes=frozenset({State.VARIABLES}))
    if any(text.startswith("-") and "f" in text for text in texts[1:]):
        functions = frozenset[Location](Variable(f"{name}()") for name in names)
        return Effects(writes=functions, overwrites=functions)
    bare = {text.partition("[")[0] for text in names}
    gone = frozenset[Location](place for name in bare for place in (Variable(name), export_mark(name)))
    whole = frozenset[Location](place for name in bare & set(names) for place in (Variable(name), export_mark(name)))
    return Effects(writes=gone, overwrites=whole)


def _moved(texts: tuple[str, ...]) -> Effects:
    absolute = len(texts) == 2 and texts[1].startswith(("/", "$CI_PROJECT_DIR", "${CI_PROJECT_DIR}"))
    certain = texts[0] == "cd" and absolute
    return Effects(reads=NOWHERE if certain else _FOLDER, writes=_FOLDER, overwrites=_FOLDER if certain else NOWHERE)


def _options_set(texts: tuple[str, ...], state: ShellState) -> Effects:
    if texts == ("set", "-e") and not _TURNS_OFF.search(state.script):
        # GitLab starts each script with it, and nothing here turns it off.
        return Effects()
    written = POSITIONAL if sets_positional(texts) else NOWHERE
    if texts[:2] == ("set", "--"):
        # All that follows are operands (POSIX, "set").
        return Effects(reads=_OPTIONS, writes=written, overwrites=written)
    return Effects(reads=_OPTIONS, writes=_OPTIONS | written)
