"""How do the shell's own commands change the shell that runs them?"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from msgspec.structs import replace

from kaniko_split.prove.claim import EVERYTHING, NOTHING, Claim
from kaniko_split.prove.claims import claim_of
from kaniko_split.prove.descriptors import is_descriptor, name_of
from kaniko_split.prove.event_names import writes_of
from kaniko_split.prove.machine import Machine
from kaniko_split.prove.printing import only_prints
from kaniko_split.prove.symbols import PROJECT, is_known
from kaniko_split.shell.nodes import Call, Literal, Redirect, Statement, Substitution
from kaniko_split.shell.parse import ShellSyntaxError, parse
from kaniko_split.source.patterns import Pattern

Words = tuple[str, ...]
Handler = Callable[[Machine, Statement, Words], None]

_LONG_OPTIONS = {"errexit": "e", "allexport": "a", "nounset": "u", "noglob": "f", "xtrace": "x", "verbose": "v"}


def handler_of(words: Words) -> Handler | None:
    """Return what runs one of the shell's own commands; None for any other command.

    Args:
        words: The words of the command.
    """
    if words[0] == "printf" and len(words) > 1 and words[1].startswith("-v"):
        return _print_into
    return _HANDLERS.get(words[0])


def _folder(machine: Machine, statement: Statement, words: Words) -> None:
    machine.run_command(statement, words, NOTHING)
    _change_folder(machine, words[0], words[1:])


def _options(machine: Machine, statement: Statement, words: Words) -> None:
    # What it sets does not depend on what was set; a mask of letters (`umask g-w`) does.
    overwrites = words[0] in {"set", "shopt"} or (words[0] == "umask" and words[-1].isdigit())
    event = machine.run_command(statement, words, NOTHING, reads_options=not overwrites)
    before, arguments = dict(machine.shell.options), machine.shell.arguments
    _set(machine, words[0], words[1:])
    if words[0] == "set" and all(map(is_known, words)):
        same = machine.shell.options == before and machine.shell.arguments == arguments
        machine.events[-1] = replace(event, changes_nothing=same)


def _trap(machine: Machine, statement: Statement, words: Words) -> None:
    machine.run_command(statement, words, _claim_of_text(words[1]) if words[1:] else NOTHING)
    for signal in words[2:]:
        # What only prints changes nothing for a build.
        machine.shell.options[f"trap {signal}"] = "" if only_prints(words[1]) else words[1]


def _unset(machine: Machine, statement: Statement, words: Words) -> None:
    machine.run_command(statement, words, NOTHING)
    for one in words[1:]:
        if not is_known(one):
            machine.change_everything(machine.symbols.of("unset", one))
        elif not one.startswith("-"):
            # Without IFS, words divide at blanks (POSIX, 2.6.5).
            machine.shell.values[one] = " \t\n" if one == "IFS" else ""
            machine.shell.exported.discard(one)


def _shift(machine: Machine, statement: Statement, words: Words) -> None:
    machine.run_command(statement, words, NOTHING)
    count = words[1] if words[1:] else "1"
    arguments = machine.shell.arguments
    machine.shell.arguments = arguments[int(count) :] if arguments is not None and count.isdigit() else None


def _read(machine: Machine, statement: Statement, words: Words) -> None:
    numbers = [] if words[0] == "getopts" else _numbers_of(words)
    key = machine.run_command(statement, words, NOTHING, taken=numbers).key
    names = [one for one in words[1:] if one.isidentifier()] or ["REPLY", "MAPFILE"]
    if words[0] == "getopts":
        names += ["OPTIND", "OPTARG"]
    for name in names:
        machine.assign(name, machine.symbols.of("read", key, name))
    if not all(map(is_known, words)):
        machine.change_everything(key)


_OF_DESCRIPTOR = Pattern(r"-[a-tv-zA-Z]*u(.*)")


def _numbers_of(words: Words) -> list[str]:
    """Return the descriptors that `read -u 3` reads from."""
    matches = [(at, match) for at, word in enumerate(words) if (match := _OF_DESCRIPTOR.fullmatch(word)) is not None]
    return [match[1] or next(iter(words[at + 1 :]), "") for at, match in matches]


def _print_into(machine: Machine, statement: Statement, words: Words) -> None:
    key = machine.run_command(statement, words, NOTHING).key
    name = words[1][2:] or (words[2] if words[2:] else "")
    machine.assign(name.partition("[")[0], machine.symbols.of("printf", key))


def _anything(machine: Machine, statement: Statement, words: Words) -> None:
    # `let` with words that the parser did not read; `kill`, since a signal may run a trap.
    machine.change_everything(machine.run_command(statement, words, NOTHING).key)


def _break(machine: Machine, statement: Statement, words: Words) -> None:
    machine.run_command(statement, words, Claim(gates=True))


def _wait(machine: Machine, statement: Statement, words: Words) -> None:
    machine.run_command(statement, words, NOTHING)


def _alias(machine: Machine, statement: Statement, words: Words) -> None:
    machine.run_command(statement, words, NOTHING)
    for one in words[1:]:
        name, equals, text = one.partition("=")
        try:
            body = parse(f'{text} "$@"\n')
        except ShellSyntaxError:
            body = None
        if equals and body is not None and len(body.statements) == 1:
            machine.functions[name] = (body.text, body.statements[0])
        elif equals:
            machine.change_everything(machine.symbols.of("alias", one))


def _change_folder(machine: Machine, name: str, operands: tuple[str, ...]) -> None:
    shell = machine.shell
    before = shell.folder
    target = operands[-1] if operands else ""
    if name == "popd":
        shell.folder, shell.folders = (
            (shell.folders[-1], shell.folders[:-1]) if shell.folders else (machine.symbols.of("popd", before), ())
        )
    elif target == "-":
        shell.folder = shell.values.get("OLDPWD", machine.symbols.of("cd", before))
    elif not target:
        shell.folder = machine.expander.variable("HOME")
    elif target.startswith("/") or before.startswith("/"):
        text = target if target.startswith("/") else f"{before}/{target}"
        shell.folder = posixpath.normpath(text) if _is_followed(text) else machine.symbols.of("cd", before, target)
    else:
        shell.folder = machine.symbols.of("cd", before, target)
    if name == "pushd":
        shell.folders = (*shell.folders, before)
    shell.values["OLDPWD"] = before


def _is_followed(text: str) -> bool:
    """Tell whether no `..` follows a part that is not known: that part may be several folders deep."""
    at = text.find("\x02")
    return at < 0 or "/.." not in text[at:]


def _set(machine: Machine, name: str, operands: tuple[str, ...]) -> None:
    shell = machine.shell
    if name != "set":
        if operands and operands[0] != "-p":
            shell.options[f"{name} {operands[0]}" if name == "shopt" else name] = " ".join(operands)
            if name == "shopt":
                shell.options["shopt"] = machine.symbols.of(
                    "shopt", shell.options.pop(f"shopt {operands[0]}"), shell.options.get("shopt", "")
                )
        return
    waiting = list(operands)
    while waiting:
        word = waiting.pop(0)
        if word == "--" or word[:1] not in {"-", "+"}:
            shell.arguments = tuple(waiting if word == "--" else [word, *waiting])
            return
        if not is_known(word):
            machine.change_everything(machine.symbols.of("set", word))
            return
        for letter in word[1:]:
            if letter != "o":
                if letter not in "xv":
                    shell.options[letter] = word[0]
            elif waiting:
                option = waiting.pop(0)
                short = _LONG_OPTIONS.get(option, option)
                if short not in {"x", "v"}:
                    shell.options[short] = word[0]
    for option in [one for one, sign in shell.options.items() if sign == "+" and one != "e"]:
        # An option that is off is as one that nobody set.
        del shell.options[option]


def _leave(machine: Machine, statement: Statement, words: Words) -> None:
    name, operands = words[0], words[1:]
    if words == ("exec",):
        _open(machine, statement, words)
        return
    status = operands[0] if operands else ""
    by_build = any(condition in machine.from_builds for condition, _ in machine.guards)
    fails = status.isdigit() and status != "0" and name != "exec"
    event = machine.run_command(statement, words, Claim(gates=fails and not by_build) if name != "exec" else EVERYTHING)
    machine.ended = True
    if fails or (by_build and not is_known(status)):
        machine.shell.status = "failed"
        return
    machine.events[-1] = replace(event, ends=True)
    if machine.returns:
        own = machine.guards
        machine.returns[-1].append((own, machine.shell.copy()))


def _open(machine: Machine, statement: Statement, words: Words) -> None:
    """Open and close files for all commands that follow, which judges nothing."""
    table = machine.opened_by(statement)
    if table is not None:
        machine.run_command(statement, words, NOTHING)
        for number, value in table.items():
            machine.assign(name_of(number), value)
        return
    acts = any(_may_connect(one, machine.expander.text) for one in statement.redirects)
    event = machine.run_command(statement, words, replace(EVERYTHING, gates=acts, acts=acts))
    machine.change_everything(event.key)
    for name in writes_of(event):
        if is_descriptor(name):
            machine.assign(name, machine.symbols.of("exec", event.key, name))


def _may_connect(redirect: Redirect, script: str) -> bool:
    """Tell whether a redirect may open a connection by a path, as bash does; a process substitution is none."""
    match redirect.target.parts:
        case (Literal(text=text), *_):
            return text.startswith(("/dev/tcp/", "/dev/udp/"))
        case (Substitution(span=span),):
            return script[span.start : span.start + 1] not in {"<", ">"}
        case _:
            return True


def _claim_of_text(text: str) -> Claim:
    """Return what the commands of a trap do at most, which run once in each shell that sets it."""
    try:
        statements = parse(text + "\n").statements
    except ShellSyntaxError:
        return EVERYTHING
    claim = NOTHING
    for statement in statements:
        match statement.command:
            case Call(words=words) if words and all(word.literal is not None for word in words):
                claim = claim.joined(claim_of(tuple(word.literal or "" for word in words), PROJECT))
            case Call(words=words) if not words or words[0].literal in {"echo", "printf", "rm", "kill"}:
                continue
            case _:
                return EVERYTHING
    return claim


_HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("cd", "pushd", "popd"), _folder),
    **dict.fromkeys(("set", "shopt", "umask", "ulimit"), _options),
    **dict.fromkeys(("read", "getopts", "mapfile", "readarray"), _read),
    **dict.fromkeys(("exit", "return", "exec"), _leave),
    **dict.fromkeys(("break", "continue"), _break),
    **dict.fromkeys(("let", "kill"), _anything),
    "trap": _trap,
    "unset": _unset,
    "shift": _shift,
    "wait": _wait,
    "alias": _alias,
}
