"""What do the redirects of a command read and write, with what `exec` has put behind the descriptors?

POSIX, 2.7 and 2.14, "exec". The state knows what is behind a descriptor as the value of a name, `&3`: how the file was
opened and its path (`>$CI_PROJECT_DIR/a`), `-` where it is closed, or the name of one that the job has when it starts.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from kaniko_split.flow.effects import Effects
from kaniko_split.flow.joins import UNKNOWN
from kaniko_split.flow.state import ShellState, values_of
from kaniko_split.shell.locations import File, Location, State, Variable, is_exact
from kaniko_split.shell.nodes import Redirect, Statement
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

_IN_FOLDER: frozenset[Location] = frozenset({State.FOLDER})
_OUTPUTS = ("1", "2")
_OWN = ("0", *_OUTPUTS)
_CLOSED = "-"
_COPIES = frozenset({">&", "<&"})
_DESCRIPTOR = Pattern(r"(\d+)(-?)")
_OF_PROCESS = Pattern(r"/dev/(?:std(?:in|out|err)|fd(?:/.*)?)|/proc/(?:self|\d+)/fd(?:/.*)?")
_FROM_PROJECT = "$CI_PROJECT_DIR/"
_RENAMING = frozenset({"mv", "ln", "cp", "rsync"})
# A connection is opened by a path (bash, "Redirections").
_CONNECTIONS = ("/dev/tcp/", "/dev/udp/")


def descriptor(number: str) -> str:
    """Return the name by which the state knows what is behind a descriptor."""
    return f"&{number}"


def with_redirects(statement: Statement, done: Effects, state: ShellState, *, takes: bool = True) -> Effects:
    """Add what the redirects of a statement read and write, and the files that descriptors lead to.

    Args:
        statement: The statement.
        done: What else it does.
        state: The state in which it runs.
        takes: Whether it may read its input, as a build does not.
    """
    for redirect in statement.redirects:
        if not _opens(redirect, state):
            continue
        path = state.value(redirect.target).text
        if path == "/dev/null" or path.startswith("/dev/std"):
            continue
        place = state.place(path)
        done = replace(done, reads=done.reads | state.links_on(path))
        if redirect.operator == "<":
            done = replace(done, reads=done.reads | {place})
        elif redirect.operator in {">>", "&>>"}:
            done = replace(done, writes=done.writes | {place}, appends=done.appends | {place}, prints=False)
            done = replace(done, keeps=done.keeps - {place})
        else:
            done = replace(done, reads=done.reads | {place}) if redirect.operator == "<>" else done
            whole = is_exact(place) and place not in _open_places(state)
            over = done.overwrites | {place} if whole else done.overwrites
            done = replace(done, writes=done.writes | {place}, overwrites=over, prints=False)
            done = replace(done, keeps=done.keeps - {place})
        if not (isinstance(place, File) and place.path.startswith("/")):
            done = replace(done, reads=done.reads | _IN_FOLDER)
    return _with_descriptors(statement, done, state, takes=takes)


def redirected_to(statement: Statement, state: ShellState) -> frozenset[Location]:
    """Return the files that the redirects of a statement write."""
    return with_redirects(statement, Effects(), state).writes


def opened_by_exec(statement: Statement, state: ShellState) -> dict[str, Value] | None:
    """Return what `exec` without a command puts behind descriptors, by name; None where that is not followed.

    Not followed are a descriptor that the shell chooses, and a file that may be any.
    """
    table = _behind(statement, state)
    followed = all(number.isdigit() for number in table)
    known = all(value.exact or value.text[:2] in {">/", ">$", "</", "<$"} for value in table.values())
    return {descriptor(number): value for number, value in table.items()} if followed and known else None


def opens_connection(statement: Statement, state: ShellState) -> bool:
    """Tell whether a redirect may open a connection to a server."""
    return any(state.value(one.target).text.startswith(_CONNECTIONS) for one in statement.redirects)


def behind_renaming(statement: Statement, done: Effects, state: ShellState) -> ShellState:
    """Return a state behind a command, without the files behind descriptors that it may have renamed."""
    texts = [value.text for value in values_of(statement, state)]
    if not done.unknown and State.FILES not in done.writes and texts[:1] not in ([name] for name in _RENAMING):
        return state
    opened = [name for name, value in state.known.items() if name.startswith("&") and value.text[:1] in {"<", ">"}]
    if not opened:
        return state
    known = state.known.copy()
    known.update(dict.fromkeys(opened, UNKNOWN))
    return replace(state, known=known)


def _opens(redirect: Redirect, state: ShellState) -> bool:
    """Tell whether a redirect opens a file: it is no here-document, and copies or closes no descriptor."""
    return "<<" not in redirect.operator and (redirect.operator not in _COPIES or _is_file(redirect, state))


def _is_file(redirect: Redirect, state: ShellState) -> bool:
    """Tell whether `>&file` is for a file (bash): the word is neither a descriptor nor `-`."""
    value = state.value(redirect.target)
    plain = redirect.operator == ">&" and not redirect.number and value.exact
    return plain and value.text != _CLOSED and not _DESCRIPTOR.fullmatch(value.text)


def _numbers(redirect: Redirect, state: ShellState) -> tuple[str, ...]:
    if redirect.operator in {"&>", "&>>"} or _is_file(redirect, state):
        return _OUTPUTS
    return (redirect.number or ("0" if redirect.operator.startswith("<") else "1"),)


def _value(number: str, state: ShellState) -> Value:
    """Return what is behind a descriptor of the shell."""
    known = state.known.get(descriptor(number))
    if known is not None:
        return known
    return Value(descriptor(number)) if number in _OWN else UNKNOWN


def _behind(statement: Statement, state: ShellState) -> dict[str, Value]:
    """Return what the redirects of a statement put behind descriptors, in their order."""
    table: dict[str, Value] = {}
    for redirect in statement.redirects:
        text = state.value(redirect.target).text
        copied = _DESCRIPTOR.fullmatch(text)
        if "<<" in redirect.operator or text in {_CLOSED, "/dev/null"}:
            value = Value(_CLOSED)
        elif _opens(redirect, state):
            value = _file_value(redirect, state)
        else:
            value = table.get(copied[1], _value(copied[1], state)) if copied is not None else UNKNOWN
        table |= dict.fromkeys(_numbers(redirect, state), value)
        if copied is not None and copied[2] and redirect.operator in _COPIES:
            table[copied[1]] = Value(_CLOSED)
    return table


def _file_value(redirect: Redirect, state: ShellState) -> Value:
    target = state.value(redirect.target)
    place = state.place(target.text)
    vague = not isinstance(place, File) or state.folder is None or target.choices or not _is_path(target.text)
    if vague or redirect.operator == "<>" or _OF_PROCESS.fullmatch(target.text):
        return UNKNOWN
    assert isinstance(place, File)  # noqa: S101 (anything else is vague)
    path = place.path if place.path.startswith("/") else _FROM_PROJECT + place.path
    return replace(target, text=("<" if redirect.operator == "<" else ">") + path)


def _is_path(text: str) -> bool:
    return not text.startswith((">(", "<(", "~", "$(", "`", *_CONNECTIONS))


def _places(value: Value, state: ShellState) -> tuple[str, Location] | None:
    """Return how the file behind a descriptor was opened, and where it is; None where there is no file."""
    if value.text[:1] in {"<", ">"}:
        return value.text[:1], state.place(value.text[1:])
    return None if value.exact else (">", State.FILES)


def _open_places(state: ShellState) -> Iterator[Location]:
    """Yield the places that descriptors of the shell are open on: what they write, they add."""
    for name, value in state.known.items():
        place = _places(value, state) if name.startswith("&") else None
        if place is not None:
            yield place[1]


def _with_descriptors(statement: Statement, done: Effects, state: ShellState, *, takes: bool) -> Effects:
    """Add what a statement reads and writes by descriptors that it has not opened itself."""
    execs = [value.text for value in values_of(statement, state)] == ["exec"]
    copied = [
        match[1]
        for one in statement.redirects
        if one.operator in _COPIES and (match := _DESCRIPTOR.fullmatch(state.value(one.target).text)) is not None
    ]
    own = {number: _value(number, state) for number in _OWN}
    changed = [] if execs else [number for number, value in own.items() if value.text != descriptor(number)]
    used = {*copied, *changed}
    if done.unknown or _names_descriptor(statement, done, state):
        used |= {name[1:] for name in state.known if name.startswith("&")}
        if used:
            done = _with_place(done, State.FILES)
    done = replace(done, reads=done.reads | {Variable(descriptor(number)) for number in used})
    table = _behind(statement, state)
    files = {number for one in statement.redirects if _opens(one, state) for number in _numbers(one, state)}
    for number in () if execs else _OUTPUTS:
        place = _places(table.get(number, own[number]), state) if number not in files else None
        if place is not None:
            done = _with_place(done, place[1])
    taken = _places(table.get("0", own["0"]), state) if takes and not execs and "0" not in files else None
    return done if taken is None else with_taken(done, taken[1])


def with_taken(done: Effects, place: Location) -> Effects:
    """Add that a command reads on in a file behind a descriptor: the next one does not get what it has read."""
    position = File(f"/proc/positions/{place.path.lstrip('/')}") if isinstance(place, File) else State.FILES
    both = frozenset({place, position})
    return replace(done, reads=done.reads | both, writes=done.writes | {position}, prints=False)


def read_from(number: str, done: Effects, state: ShellState) -> Effects:
    """Add what a command reads that is given the number of a descriptor, as `read -u 3` is."""
    place = _places(_value(number, state), state) or (">", State.FILES)
    return with_taken(replace(done, reads=done.reads | {Variable(descriptor(number))}), place[1])


def _with_place(done: Effects, place: Location) -> Effects:
    there = frozenset({place})
    done = replace(done, writes=done.writes | there, appends=done.appends | there, keeps=done.keeps - there)
    return replace(done, prints=False)


def _names_descriptor(statement: Statement, done: Effects, state: ShellState) -> bool:
    """Tell whether a command names a descriptor by its path, as `/dev/stderr`."""
    paths = [place.path for place in done.reads | done.writes if isinstance(place, File)]
    paths += [state.value(one.target).text for one in statement.redirects]
    return any(map(_OF_PROCESS.fullmatch, paths))
