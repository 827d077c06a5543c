"""May two commands of a job change places?"""

from __future__ import annotations

from collections.abc import Iterator

from kaniko_split.prove.event_names import reads_of, writes_of
from kaniko_split.prove.events import Event, Run
from kaniko_split.prove.names import ANYTHING
from kaniko_split.prove.paths import meets
from kaniko_split.prove.printing import only_prints
from kaniko_split.prove.symbols import is_known
from kaniko_split.shell.nodes import Call, Declaration
from kaniko_split.source.patterns import Pattern

_SETS_THE_SHELL = frozenset(
    {"set", "shopt", "umask", "ulimit", "trap", "cd", "pushd", "popd", "exit", "return", "exec"}
)

# Programs of the shell itself, which may do anything to its variables.
_OF_THE_SHELL = frozenset(
    {"eval", ".", "source", "call", "set", "shopt", "trap", "exec", "return", "alias", "=", "wait"}
)

# They change what becomes of no variable, and `cd` reads these.
_NOT_OF_VALUES = frozenset({"umask", "ulimit", "cd", "pushd", "popd"})

_OF_THE_FOLDER = frozenset({"HOME", "CDPATH", "PWD", "OLDPWD"})


_NAME = Pattern(r"\w+")


def visible_in(old: Run, exported: frozenset[str]) -> frozenset[str] | None:
    """Return the variables that a program or a trap may see; None for all."""
    named: set[str] = set()
    for event in old.events:
        allexport = event.words[:1] == ("set",) and any("a" in word for word in event.words[1:])
        if allexport or "x" in "".join(_options_of(event)):
            return None
        if event.words[:1] == ("trap",):
            text = " ".join(event.words[1:])
            if not _prints(event):
                return None
            named |= set(_NAME.findall(text))
    return exported | old.given | named


def _prints(trap: Event) -> bool:
    """Tell whether a trap does nothing but print."""
    text = trap.words[1] if trap.words[1:] else "-"
    return all(map(is_known, trap.words)) and (text in {"", "-"} or only_prints(text))


def _options_of(event: Event) -> Iterator[str]:
    command = event.node.command if event.node is not None else None
    if isinstance(command, Declaration) and command.keyword != "export":
        yield from (word.literal or "x" for word in command.options)


def commute(one: Event, other: Event, visible: frozenset[str] | None) -> bool:
    """Tell whether two commands do the same in either order.

    Args:
        one: The first command in the new job, which came second in the old one.
        other: The second.
        visible: The variables that a program or a trap may see; None for all.
    """
    pairs = ((one, other), (other, one))
    if any(event.words[:1] == ("set",) and set("".join(event.words[1:])) <= set("+-xv") for event in (one, other)):
        # They print more or less, and change nothing else.
        return True
    if any(first.changes_nothing and not _may_set_the_shell(second) for first, second in pairs):
        return True
    if any(build.build is not None and _asks_for_images(event) for build, event in pairs):
        return False
    if visible is not None and any(
        _is_hidden(first, visible) and _only_runs(second) and not writes_of(first) & reads_of(second)
        for first, second in pairs
    ):
        return True
    if any(_is_the_same_anywhere(first, second) for first, second in pairs):
        return True
    return not any(_changes_the_shell(first, second) or not _is_blind_to(first, second) for first, second in pairs)


def _may_set_the_shell(event: Event) -> bool:
    """Tell whether a command may change an option of the shell, or end it."""
    name = event.words[0] if event.words else ""
    return name in _SETS_THE_SHELL | _OF_THE_SHELL or event.claim.writes is None or event.ends


def _asks_for_images(event: Event) -> bool:
    """Tell whether a command asks for an image, or for what a build leaves: it stays on its side of a build."""
    claim = event.claim
    asks = claim.gates and not _asks_words(event)
    return asks or claim.acts or claim.environment or event.looks or event.build is not None


def _is_the_same_anywhere(event: Event, move: Event) -> bool:
    """Tell whether a command does the same in any folder, where `move` changes the folder."""
    return (
        move.words[:1] in {("cd",), ("pushd",), ("popd",)}
        and _asks_words(event)
        and not event.claim.environment
        and not {"PWD", "OLDPWD", *writes_of(move)} & (reads_of(event) | writes_of(event))
    )


def _changes_the_shell(event: Event, other: Event) -> bool:
    """Tell whether a command may change how another one runs, or whether it runs."""
    name = event.words[0] if event.words else ""
    if _gives_words(other):
        if name == "set" and not any("a" in word for word in event.words[1:]):
            return False
        if name in _NOT_OF_VALUES and not _OF_THE_FOLDER & writes_of(other):
            return False
        if name == "trap" and _prints(event) and not writes_of(other) & set(_NAME.findall(event.text)):
            return False
    if other.shells[: len(event.shells)] != event.shells and name in _NOT_OF_VALUES:
        # It changes the subshell that it runs in.
        return False
    opens = event.words == ("exec",) and event.claim.known
    if name in _SETS_THE_SHELL and event.words[:2] != ("set", "--") and not opens:
        return True
    return event.claim.acts or event.ends or event.claim.writes is None


def _gives_words(event: Event) -> bool:
    """Tell whether a command does nothing but give known words to variables, exported or not."""
    return event.words[:1] in {("=",), ("export",)} and all(map(is_known, event.words))


def _is_blind_to(event: Event, other: Event) -> bool:
    """Tell whether a command writes nothing that another one reads or writes."""
    written = writes_of(event)
    if ANYTHING in written or written & (reads_of(other) | writes_of(other)):
        return False
    places = other.claim.reads
    if not event.claim.writes:
        return True
    return places is not None and not any(
        meets(path, place) for path in event.claim.writes for place in (*places, *(other.claim.writes or ()))
    )


def _is_hidden(event: Event, visible: frozenset[str]) -> bool:
    """Tell whether a command gives a word to a variable that no program sees."""
    names = writes_of(event)
    return event.words[:1] == ("=",) and not event.claim.gates and bool(names) and not names & (visible | {ANYTHING})


def _only_runs(event: Event) -> bool:
    """Tell whether a command leaves the variables of the shell alone: a program, a change of the folder, an end."""
    name = event.words[0] if event.words else ""
    node = event.node.command if event.node is not None else None
    if name == "exit" or name in _NOT_OF_VALUES or event.build is not None:
        return True
    return isinstance(node, Call) and not writes_of(event) and name not in _OF_THE_SHELL and is_known(name or "\x02")


def _asks_words(event: Event) -> bool:
    """Tell whether a command asks for nothing but its words, and its answer ends nothing."""
    claim = event.claim
    return claim.known and not event.gates and claim.reads == frozenset() and claim.writes == frozenset()
