"""Which statements do functions, scripts of the repository and texts for a shell run?"""

from __future__ import annotations

from kaniko_split.prove.claim import EVERYTHING, NOTHING, Claim
from kaniko_split.prove.descriptors import is_descriptor
from kaniko_split.prove.expansion import Shell
from kaniko_split.prove.machine import Machine
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.symbols import PROJECT, is_known, is_script
from kaniko_split.shell.nodes import Statement
from kaniko_split.shell.parse import ShellSyntaxError, parse
from kaniko_split.source.patterns import Pattern

_SHELLS = frozenset(["sh", "bash", "ash", "dash", "/bin/sh", "/bin/bash", "/bin/ash", "/busybox/sh", "/usr/bin/bash"])


def run(
    machine: Machine,
    statement: Statement,
    words: tuple[str, ...],
    plain: tuple[str, ...],
    prefix: dict[str, str],
    *,
    tail: bool,
) -> bool:
    """Run a command whose statements are known; tell whether it is one.

    Args:
        machine: Runs the script.
        statement: The command.
        words: Its words.
        plain: Its words without `env`, `command` and the like before them.
        prefix: The assignments before it.
        tail: Whether its status is that of the whole script.
    """
    callers = machine.callers
    machine.callers = (*callers, machine.written(statement))
    done = _run(machine, statement, words, plain, prefix, tail=tail)
    machine.callers = callers
    return done


def _run(
    machine: Machine,
    statement: Statement,
    words: tuple[str, ...],
    plain: tuple[str, ...],
    prefix: dict[str, str],
    *,
    tail: bool,
) -> bool:
    name, operands = plain[0], plain[1:]
    if name in machine.functions and words == plain:
        machine.run_command(statement, ("call", *words), NOTHING)
        with machine.redirected_to(statement.redirects):
            machine.untouched.clear()
            _function(machine, name, operands, tail=tail)
    elif name == "eval":
        text = " ".join(operands)
        machine.run_command(statement, words, NOTHING if is_known(text) else EVERYTHING)
        if not (is_known(text) and _run_text(machine, text, tail=tail)):
            machine.change_everything(machine.symbols.of("eval", text))
    elif name in {".", "source"}:
        _source(machine, statement, words, operands, tail=tail)
    elif name in _WRAPPERS_OF_TEXT:
        behind = _text_behind(operands)
        if behind is None or not is_script(behind) or (name == "su" and _LOGIN & {*operands}):
            return False
        # Without `-e`, `script` does not hand on the status.
        returns = name == "su" or any(_RETURNS.fullmatch(word) for word in operands)
        with machine.masked("" if returns else "script"):
            _script(machine, statement, words, ("sh", "-c", behind), prefix, claim=_wrapper_claim(machine, plain))
    else:
        return (name in _SHELLS or _is_script(name)) and _script(machine, statement, words, plain, prefix)
    return True


# They run the text behind `-c` in a shell (util-linux).
_WRAPPERS_OF_TEXT = frozenset({"script", "su"})
# With them `su` leaves the folder and the environment.
_LOGIN = frozenset({"-", "-l", "--login"})
_RETURNS = Pattern(r"-[a-zA-Z]*e[a-zA-Z]*|--return")


def _text_behind(operands: tuple[str, ...]) -> str | None:
    """Return the text behind `-c`; None where there is none, or more than the wrapper's own words with it."""
    for number, word in enumerate(operands):
        flag, equals, value = word.partition("=")
        if flag == "--command":
            return value if equals else next(iter(operands[number + 1 :]), None)
        if word.startswith("-") and not word.startswith("--") and word.endswith("c"):
            return next(iter(operands[number + 1 :]), None)
    return None


def _wrapper_claim(machine: Machine, words: tuple[str, ...]) -> Claim:
    """Return what the wrapper itself does: `script` writes the log that its last word names."""
    if words[0] != "script" or words[-1] == "/dev/null":
        return NOTHING
    path = path_in(machine.shell.folder, "." if words[-2] in {"-c", "--command"} else words[-1])
    return Claim(frozenset(), None if path is None else frozenset({path}))


def _is_script(name: str) -> bool:
    return "/" in name and is_known(name) and not name.startswith(("/kaniko/", "/bin/", "/usr/"))


def statements_of(machine: Machine, words: tuple[str, ...]) -> tuple[Statement, ...] | None:
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


def _function(machine: Machine, name: str, operands: tuple[str, ...], *, tail: bool) -> None:
    text, body = machine.functions[name]
    shell = machine.shell
    arguments, before = shell.arguments, machine.expander.text
    shell.arguments, machine.expander.text = operands, text
    machine.locals.append({})
    calls, machine.call_count = machine.calls, machine.call_count + 1
    machine.calls = (*calls, machine.call_count)
    with machine.deeper(), machine.scope():
        machine.statement(body, tail=tail)
    machine.calls = calls
    machine.expander.text = before
    for local, value in machine.locals.pop().items():
        if value is None:
            machine.shell.values.pop(local, None)
        else:
            machine.shell.values[local] = value
    machine.shell.arguments = arguments


def _run_text(machine: Machine, text: str, *, tail: bool) -> bool:
    try:
        script = parse(text if text.endswith("\n") else text + "\n")
    except ShellSyntaxError:
        return False
    before, machine.expander.text = machine.expander.text, script.text
    with machine.deeper():
        machine.run(script.statements, tail=tail)
    machine.expander.text = before
    return True


def _text_of(machine: Machine, name: str) -> str | None:
    """Return the text of a script of the repository, as the repository has it; None where that is not known."""
    folders = machine.symbols.possible(machine.shell.folder)
    if len(folders) > 1 and all(map(is_known, folders)):
        # In another folder there is no such file, and the call fails.
        found = {folder: text for folder in folders if (text := _text_in(machine, folder, name)) is not None}
        return next(iter(found.values())) if len(found) == 1 else None
    return _text_in(machine, machine.shell.folder, name)


def _text_in(machine: Machine, folder: str, name: str) -> str | None:
    path = path_in(folder, name)
    if path in machine.container.texts and path is not None:
        return machine.container.texts[path]
    if path is None or not is_known(name) or not path.startswith(PROJECT + "/") or machine.container.is_changed(path):
        return None
    text = machine.container.text_of(path)
    if text is not None:
        # What may have been written into any file counts: both runs read the script in the same state.
        machine.sources = (*machine.sources, *map(str, machine.container.seen({path}, machine.guards)))
    return text


def _source(
    machine: Machine, statement: Statement, words: tuple[str, ...], operands: tuple[str, ...], *, tail: bool
) -> None:
    text = _text_of(machine, operands[0]) if operands else None
    if text is None:
        paths = path_in(machine.shell.folder, operands[0]) if operands else None
        claim = Claim(None if paths is None else frozenset({paths}), None, gates=True, acts=False, known=False)
        machine.change_everything(machine.run_command(statement, words, claim).key)
        return
    machine.run_command(statement, words, NOTHING)
    arguments = machine.shell.arguments
    if operands[1:]:
        machine.shell.arguments = operands[1:]
    with machine.scope():
        if not _run_text(machine, text, tail=tail):
            machine.change_everything(machine.symbols.of("source", text))
    machine.shell.arguments = arguments


def _here_document(machine: Machine, statement: Statement) -> str | None:
    """Return what a shell without operands reads from a here-document; None where there is none."""
    bodies = [one.body for one in statement.redirects if one.body is not None]
    return machine.expander.value(bodies[0]) if len(bodies) == 1 else None


def _script(
    machine: Machine,
    statement: Statement,
    words: tuple[str, ...],
    plain: tuple[str, ...],
    prefix: dict[str, str],
    claim: Claim = NOTHING,
) -> bool:
    """Run a script of the repository, or the text behind `sh -c`, in a shell of its own; `claim` is its call's own."""
    operands = list(plain[1:]) if plain[0] in _SHELLS else list(plain)
    options = []
    while plain[0] in _SHELLS and operands and operands[0].startswith(("-", "+")) and operands[0] != "--":
        options.append(operands.pop(0))
        if options[-1] == "-o" and operands:
            options.append(operands.pop(0))
    given = _here_document(machine, statement) if plain[0] in _SHELLS and not operands else None
    if not operands and given is None:
        return False
    is_text = given is not None or any(
        one.startswith("-") and not one.startswith("--") and "c" in one for one in options
    )
    sources = machine.sources
    text = given if given is not None else operands[0] if is_text else _text_of(machine, operands[0])
    if text is None or not (is_script(text) if is_text else is_known(text)):
        return False
    machine.run_command(statement, words, claim)
    stops = any(
        one == "errexit" or (one.startswith("-") and not one.startswith("--") and "e" in one) for one in options
    )
    first = text.partition("\n")[0]
    if plain[0] not in _SHELLS and first.startswith("#!"):
        stops = any(part.startswith("-") and "e" in part for part in first.split()[1:])
    outer = machine.shell
    names = {name for name in outer.values if name in outer.exported or name in machine.given or name.startswith("CI_")}
    with machine.subshell():
        inner: Shell = machine.shell
        inner.values = {
            name: value for name, value in inner.values.items() if name in names or is_descriptor(name)
        } | prefix
        inner.exported |= prefix.keys()
        inner.options = {name: value for name, value in inner.options.items() if name == "umask"}
        inner.options["e"] = "-" if stops else "+"
        inner.arguments = tuple(operands[2:] if is_text else operands[1:])
        functions, machine.functions = machine.functions, {}
        machine.locals, machine.calls = [], ()
        if not _run_text(machine, text, tail=True):
            machine.run_command(statement, words, EVERYTHING)
        machine.functions = functions
    machine.sources = sources
    return True
