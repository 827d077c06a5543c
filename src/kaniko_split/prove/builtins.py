"""What do the shell's own commands, functions and scripts of the repository do to the shell that runs them?"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kaniko_split.prove.claims import EVERYTHING, NOTHING, Claim, claim_of
from kaniko_split.prove.expansion import Shell
from kaniko_split.prove.symbols import PROJECT, is_known, path_in
from kaniko_split.shell.filters import filtered
from kaniko_split.shell.nodes import Call, Chain, Statement, Substitution
from kaniko_split.shell.parse import ShellSyntaxError, parse

if TYPE_CHECKING:
    from kaniko_split.prove.replay import Event, _Machine

_SHELLS = frozenset("sh bash ash dash /bin/sh /bin/bash /bin/ash /busybox/sh /usr/bin/bash".split())
_LONG_OPTIONS = {"errexit": "e", "allexport": "a", "nounset": "u", "noglob": "f", "xtrace": "x", "verbose": "v"}


def run(
    machine: _Machine,
    statement: Statement,
    words: tuple[str, ...],
    plain: tuple[str, ...],
    prefix: dict[str, str],
    *,
    tail: bool,
) -> bool:
    """Run a command that changes the shell, or whose statements are known; tell whether it is such a command.

    Args:
        machine: Runs the script.
        statement: The command.
        words: Its words.
        plain: Its words without `env`, `command` and the like before them.
        prefix: The assignments before it.
        tail: Whether its status is that of the whole script.
    """
    name, operands = plain[0], plain[1:]
    shell = machine.shell
    if name in machine.functions and words == plain:
        machine._event(statement, ("call", *words), NOTHING)
        _function(machine, name, operands, tail=tail)
        return True
    match name:
        case "cd" | "pushd" | "popd":
            machine._event(statement, words, NOTHING)
            _change_folder(machine, name, operands)
        case "set" | "shopt" | "umask" | "ulimit":
            machine._event(statement, words, NOTHING)
            _set(machine, name, operands)
        case "trap":
            machine._event(statement, words, _claim_of_text(operands[0]) if operands else NOTHING)
            for signal in operands[1:]:
                shell.options[f"trap {signal}"] = operands[0]
        case "unset":
            machine._event(statement, words, NOTHING)
            for one in operands:
                if one in {"-f", "-v"}:
                    continue
                shell.values[one] = " \t\n" if one == "IFS" else ""
                shell.exported.discard(one)
                if not is_known(one):
                    machine._change_everything(machine.symbols.of("unset", one))
        case "shift":
            machine._event(statement, words, NOTHING)
            count = operands[0] if operands else "1"
            known = shell.arguments is not None and count.isdigit()
            shell.arguments = shell.arguments[int(count) :] if known and shell.arguments is not None else None
        case "read" | "getopts" | "mapfile" | "readarray":
            key = machine._event(statement, words, Claim()).key
            names = [one for one in operands if one.replace("_", "a").isalnum() and not one[0].isdigit()]
            if not names:
                names = ["REPLY", "MAPFILE"]
            for one in (*names, *(("OPTIND", "OPTARG") if name == "getopts" else ())):
                machine._assign(one, machine.symbols.of("read", key, one))
        case "printf" if operands[:1] and operands[0].startswith("-v"):
            key = machine._event(statement, words, Claim(gates=False)).key
            target = operands[0][2:] or (operands[1] if len(operands) > 1 else "")
            machine._assign(target, machine.symbols.of("printf", key))
        case "let":
            key = machine._event(statement, words, NOTHING).key
            machine._change_everything(key)
        case "exit" | "return" | "exec":
            _leave(machine, statement, words, name, operands)
        case "break" | "continue":
            machine._event(statement, words, Claim(gates=True))
        case "eval":
            text = " ".join(operands)
            machine._event(statement, words, NOTHING if is_known(text) else EVERYTHING)
            if not (is_known(text) and _run_text(machine, text, tail=tail)):
                machine._change_everything(machine.symbols.of("eval", text))
        case "." | "source":
            _source(machine, statement, words, operands, tail=tail)
        case _ if name in _SHELLS or _is_script(name):
            return _script(machine, statement, words, plain, prefix, tail=tail)
        case "kill":
            # A signal may run a trap, which may change any variable.
            machine._change_everything(machine._event(statement, words, NOTHING).key)
        case "wait":
            machine._event(statement, words, NOTHING, more=machine.shell.values.get("!", ""))
        case "alias":
            machine._event(statement, words, NOTHING)
            _alias(machine, operands)
        case _:
            return False
    return True


def _is_script(name: str) -> bool:
    return "/" in name and is_known(name) and not name.startswith(("/kaniko/", "/bin/", "/usr/"))


def statements_of(machine: _Machine, words: tuple[str, ...]) -> tuple[Statement, ...] | None:
    """Return the statements of the script that a command runs; None where it runs none that is known."""
    operands = [word for word in words[1:] if not word.startswith("-")] if words and words[0] in _SHELLS else words
    if not operands or not _is_script(operands[0]):
        return None
    sources = machine.sources
    text = _text_of(machine, operands[0])
    machine.sources = sources
    try:
        return parse(text if text.endswith("\n") else text + "\n").statements if text is not None else None
    except ShellSyntaxError:
        return None


def _alias(machine: _Machine, operands: tuple[str, ...]) -> None:
    for one in operands:
        name, equals, text = one.partition("=")
        try:
            body = parse(f'{text} "$@"\n')
        except ShellSyntaxError:
            body = None
        if equals and body is not None and len(body.statements) == 1:
            machine.functions[name] = (body.text, body.statements[0])
        elif equals:
            machine._change_everything(machine.symbols.of("alias", one))


def _change_folder(machine: _Machine, name: str, operands: tuple[str, ...]) -> None:
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


def _set(machine: _Machine, name: str, operands: tuple[str, ...]) -> None:
    shell = machine.shell
    if name != "set":
        if operands and operands[0] != "-p":
            shell.options[f"{name} {operands[0]}" if name == "shopt" else name] = " ".join(operands)
            if name == "shopt":
                shell.options["shopt"] = machine.symbols.of("shopt", shell.options.pop(f"shopt {operands[0]}"), shell.options.get("shopt", ""))
        return
    waiting = list(operands)
    while waiting:
        word = waiting.pop(0)
        if word == "--" or word[:1] not in {"-", "+"}:
            shell.arguments = tuple(waiting if word == "--" else [word, *waiting])
            return
        if not is_known(word):
            machine._change_everything(machine.symbols.of("set", word))
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


def _leave(
    machine: _Machine, statement: Statement, words: tuple[str, ...], name: str, operands: tuple[str, ...]
) -> None:
    if name == "exec" and not operands:
        machine._event(statement, words, EVERYTHING)
        machine._change_everything(machine.symbols.of("exec", *words))
        return
    status = operands[0] if operands else ""
    by_build = any(condition in machine.from_builds for condition, _ in machine.guards)
    fails = status.isdigit() and status != "0" and name != "exec"
    event = machine._event(statement, words, Claim(gates=fails and not by_build) if name != "exec" else EVERYTHING)
    machine.ended = True
    if fails or (by_build and not is_known(status)):
        machine.shell.status = "failed"
        return
    machine.events[-1] = replace(event, ends=True)
    if machine.returns:
        own = machine.guards
        machine.returns[-1].append((own, machine.shell.copy()))


def _function(machine: _Machine, name: str, operands: tuple[str, ...], *, tail: bool) -> None:
    text, body = machine.functions[name]
    shell = machine.shell
    arguments, before = shell.arguments, machine.expander.text
    shell.arguments, machine.expander.text = operands, text
    machine.locals.append({})
    with machine._deeper(), machine._scope():
        machine.statement(body, tail=tail)
    machine.expander.text = before
    for local, value in machine.locals.pop().items():
        if value is None:
            machine.shell.values.pop(local, None)
        else:
            machine.shell.values[local] = value
    machine.shell.arguments = arguments


def _run_text(machine: _Machine, text: str, *, tail: bool) -> bool:
    try:
        script = parse(text if text.endswith("\n") else text + "\n")
    except ShellSyntaxError:
        return False
    before, machine.expander.text = machine.expander.text, script.text
    with machine._deeper():
        machine.run(script.statements, tail=tail)
    machine.expander.text = before
    return True


def _text_of(machine: _Machine, name: str) -> str | None:
    """Return the text of a script of the repository, as the repository has it; None where that is not known."""
    path = path_in(machine.shell.folder, name)
    if path in machine.container.texts and path is not None:
        return machine.container.texts[path]
    if path is None or not is_known(name) or not path.startswith(PROJECT + "/") or machine.container.is_changed(path):
        return None
    text = machine.read(path.removeprefix(PROJECT + "/"))
    if text is not None:
        # What may have been written into any file counts: both runs read the script in the same state.
        machine.sources = (*machine.sources, *map(str, machine.container.seen({path}, machine.guards)))
    return text


def _source(
    machine: _Machine, statement: Statement, words: tuple[str, ...], operands: tuple[str, ...], *, tail: bool
) -> None:
    text = _text_of(machine, operands[0]) if operands else None
    if text is None:
        paths = path_in(machine.shell.folder, operands[0]) if operands else None
        claim = Claim(None if paths is None else frozenset({paths}), None, gates=True, acts=False, known=False)
        machine._change_everything(machine._event(statement, words, claim).key)
        return
    machine._event(statement, words, NOTHING)
    arguments = machine.shell.arguments
    if operands[1:]:
        machine.shell.arguments = operands[1:]
    with machine._scope():
        if not _run_text(machine, text, tail=tail):
            machine._change_everything(machine.symbols.of("source", text))
    machine.shell.arguments = arguments


def _script(
    machine: _Machine,
    statement: Statement,
    words: tuple[str, ...],
    plain: tuple[str, ...],
    prefix: dict[str, str],
    *,
    tail: bool,
) -> bool:
    """Run a script of the repository, or the text behind `sh -c`, in a shell of its own."""
    operands = list(plain[1:]) if plain[0] in _SHELLS else list(plain)
    options = []
    while plain[0] in _SHELLS and operands and operands[0].startswith(("-", "+")) and operands[0] != "--":
        options.append(operands.pop(0))
        if options[-1] == "-o" and operands:
            options.append(operands.pop(0))
    if not operands:
        return False
    is_text = any(one.startswith("-") and not one.startswith("--") and "c" in one for one in options)
    sources = machine.sources
    text = operands[0] if is_text else _text_of(machine, operands[0])
    if text is None or not is_known(text):
        return False
    machine._event(statement, words, NOTHING)
    stops = any(one == "errexit" or (one.startswith("-") and not one.startswith("--") and "e" in one) for one in options)
    first = text.partition("\n")[0]
    if plain[0] not in _SHELLS and first.startswith("#!"):
        stops = any(part.startswith("-") and "e" in part for part in first.split()[1:])
    outer = machine.shell
    names = {name for name in outer.values if name in outer.exported or name in machine.given or name.startswith("CI_")}
    with machine._subshell():
        inner: Shell = machine.shell
        inner.values = {name: value for name, value in inner.values.items() if name in names} | prefix
        inner.exported |= prefix.keys()
        inner.options = {name: value for name, value in inner.options.items() if name == "umask"}
        inner.options["e"] = "-" if stops else "+"
        inner.arguments = tuple(operands[2:] if is_text else operands[1:])
        functions, machine.functions = machine.functions, {}
        if not _run_text(machine, text, tail=True):
            machine._event(statement, words, EVERYTHING)
        machine.functions = functions
    machine.sources = sources
    del tail
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


def printed(part: Substitution, events: Sequence[Event], text: str) -> str | None:
    """Return what a substitution prints where that follows from known words; None where it does not."""
    if len(part.statements) != 1 or text[part.span.start : part.span.start + 1] not in {"$", "`"}:
        return None
    calls = _calls(part.statements[0])
    if calls is None or len(calls) != len(events) or any(event.node is not one for event, one in zip(events, calls, strict=True)):
        return None
    output = ""
    for number, event in enumerate(events):
        if not all(map(is_known, event.words)) and event.words[:1] != ("pwd",):
            return None
        found = _output(event.words) if not number else filtered(event.words, output)
        if found is None:
            return None
        output = found
    return output.rstrip("\n")


def _calls(statement: Statement) -> list[Statement] | None:
    if statement.redirects or statement.negated or statement.background:
        return None
    match statement.command:
        case Call(assignments=()):
            return [statement]
        case Chain(operator="|", left=left, right=right):
            before, after = _calls(left), _calls(right)
            return None if before is None or after is None else before + after
        case _:
            return None


def _output(words: tuple[str, ...]) -> str | None:
    match words:
        case ("echo", *texts) if texts and not texts[0].startswith("-") and "\\" not in "".join(texts):
            return " ".join(texts) + "\n"
        case ("printf", "%s" | "%s\n" as form, text):
            return text + form[2:]
        case ("basename", path):
            return posixpath.basename(path.rstrip("/")) + "\n"
        case ("basename", path, suffix):
            name = posixpath.basename(path.rstrip("/"))
            return (name.removesuffix(suffix) if name != suffix else name) + "\n"
        case ("dirname", path):
            return (posixpath.dirname(path.rstrip("/")) or ("/" if path.startswith("/") else ".")) + "\n"
        case ("seq", last) if last.isdigit():
            return "".join(f"{number}\n" for number in range(1, min(int(last), 1000) + 1))
        case ("seq", first, last) if first.isdigit() and last.isdigit():
            return "".join(f"{number}\n" for number in range(int(first), min(int(last), int(first) + 1000) + 1))
        case _:
            return None
