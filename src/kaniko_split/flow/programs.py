"""What does a program, or a command of the shell itself, do with the words that it is given?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from kaniko_split.flow.effects import Effects
from kaniko_split.flow.state import POSITIONAL, ShellState, sets_positional
from kaniko_split.shell.commands import FRESH, Kind, base_name, has_option, judges, kind_of
from kaniko_split.shell.locations import NOWHERE, Location, State, Variable, export_mark, file_at, is_exact
from kaniko_split.shell.nodes import Statement
from kaniko_split.shell.transfers import downloaded, files_named, moved
from kaniko_split.source.patterns import Pattern

_TURNS_OFF = Pattern(r"\bset\b.*(?:\+[a-z]*e|\+o errexit)")
_ASKS_FOR_FILE = Pattern(r"-[abcdefghkprsuwxGLNOS]")
# An empty file that `touch` makes, or a folder that `mkdir` makes, is no other content for what is in the repository.
_KEEPING_CONTENT = frozenset({"chmod", "chown", "touch", "mkdir"})
_IN_FOLDER: frozenset[Location] = frozenset({State.FOLDER})


def effects_of_command(texts: tuple[str, ...], statement: Statement, here: ShellState) -> Effects:
    """Return what a command does, its redirects left out.

    Args:
        texts: Its words, the wrappers before it left out.
        statement: The statement that it stands in.
        here: What is known where it runs.
    """
    texts = _with_function_of_trap(texts, here)
    name = base_name(texts[0])
    arguments = tuple(text for text in texts[1:] if not text.startswith("-"))
    files = frozenset(file_at(text, here.folder) for text in arguments)
    folder: frozenset[Location] = frozenset({State.FOLDER})
    everything: frozenset[Location] = frozenset({State.FILES})
    special = _told_by_words(texts, here)
    if special is not None:
        return special
    match kind_of(texts):
        case Kind.PRINTS:
            written = _variables_of_builtin(texts)
            reads = folder if name == "pwd" else written if name == "shift" else NOWHERE
            return Effects(reads=reads, writes=written, prints=not written, fresh=name in FRESH)
        case Kind.READS:
            lists = name in {"ls", "find", "tree", "du", "stat"} and not files
            return Effects(reads=files | folder | (everything if lists else NOWHERE), prints=True)
        case Kind.WRITES:
            # What is there already does not matter to `mkdir -p`, nor to `rm -f`.
            forced = name == "rm" and any(re.fullmatch(r"-[a-zA-Z]*f[a-zA-Z]*|--force", text) for text in texts[1:])
            anew = name == "tee" and not has_option(texts[1:], "a", "--append")
            read = NOWHERE if forced or anew or texts[:2] == ("mkdir", "-p") else files
            kept = files if name in _KEEPING_CONTENT else NOWHERE
            over = frozenset(place for place in files if anew and is_exact(place))
            return Effects(read | folder, files or everything, over, fresh=name in FRESH, keeps=kept)
        case Kind.COPIES:
            return _copied(texts, files, here)
        case Kind.TESTS:
            asked = _files_asked_for(texts) if name in {"test", "["} else set(arguments)
            return Effects(reads=_places(asked, here), fails=True)
        case Kind.SCANS:
            return Effects(
                reads=everything | folder | files_named(texts, here.folder), writes=_reports(texts, here), fails=True
            )
        case Kind.MOVES:
            return _moved(texts)
        case Kind.OPTIONS:
            return _options_set(texts, here)
        case Kind.LEAVES | Kind.WAITS as kind:
            # The words of `wait` name the processes; without any it cannot fail.
            return Effects(leaves=kind is Kind.LEAVES, fails=kind is Kind.WAITS and len(texts) > 1)
        case Kind.DOWNLOADS:
            return _downloaded(texts, statement, here)
        case Kind.LOGS_IN:
            return Effects(reads=everything, writes=everything)
        case Kind.ACTS:
            return Effects(reads=everything | folder | files_named(texts, here.folder), acts=True, fails=True)
    return _unknown(texts)


def _told_by_words(texts: tuple[str, ...], here: ShellState) -> Effects | None:
    """Return what a command does whose words tell it better than its name; None for any other."""
    between = moved(texts, here.folder)
    if between is not None:
        reads, writes, acts = between
        return Effects(reads=reads | _IN_FOLDER, writes=writes, acts=acts, fails=acts)
    if base_name(texts[0]) == "sed" and has_option(texts[1:], "i", "--in-place"):
        return _edited(texts, here)
    return None


def _with_function_of_trap(texts: tuple[str, ...], here: ShellState) -> tuple[str, ...]:
    """Return the words of a command, the text of the function in the place of its name where `trap` is to call one."""
    called = texts[1].split() if texts[0] == "trap" and len(texts) > 1 else []
    bodies = here.functions.get(called[0], ()) if called else ()
    if not bodies:
        return texts
    text = "\n".join(one.script[one.body.span.start : one.body.span.end] for one in bodies)
    return (texts[0], text, *texts[2:])


def _edited(texts: tuple[str, ...], here: ShellState) -> Effects:
    """Return what `sed -i` does: it changes the files that stand behind its script (sed's manual, "Overview")."""
    words = list(texts[1:])
    told = any(word in {"-e", "-f", "--expression", "--file"} for word in words)
    plain = [
        word
        for at, word in enumerate(words)
        if not word.startswith("-") and (at == 0 or words[at - 1] not in {"-e", "-f", "--expression", "--file"})
    ]
    operands = plain if told or any(word.startswith(("--expression=", "--file=")) for word in words) else plain[1:]
    files = frozenset(file_at(word, here.folder) for word in operands) or frozenset[Location]({State.FILES})
    return Effects(reads=files | _IN_FOLDER, writes=files, fails=False)


def _options_set(texts: tuple[str, ...], here: ShellState) -> Effects:
    if texts == ("set", "-e") and not _TURNS_OFF.search(here.script):
        # GitLab begins every script so, and nothing here turns it off.
        return Effects()
    changes: frozenset[Location] = frozenset({State.OPTIONS})
    return Effects(reads=changes, writes=changes | _variables_of_builtin(texts))


def _reports(texts: tuple[str, ...], here: ShellState) -> frozenset[Location]:
    """Return the files that a scanner is told to write: `-o report.json`, `--output=x`, syft's `-o json=x`."""
    found: set[str] = set()
    for at, text in enumerate(texts):
        name, mark, value = text.partition("=")
        if name in {"-o", "--output", "--file"}:
            found.add(value if mark else texts[at + 1] if at + 1 < len(texts) else "")
    paths = {path.rpartition("=")[2] for path in found}
    return frozenset(file_at(path, here.folder) for path in paths if "." in path or "/" in path)


def _variables_of_builtin(texts: tuple[str, ...]) -> frozenset[Location]:
    """Return the variables that a command of the shell sets by name, or the positional parameters."""
    match texts:
        case ("printf", "-v", name, *_) | ("mapfile" | "readarray", *_, name):
            return frozenset({Variable(name)})
        case ("getopts", _, name, *_):
            return frozenset({Variable(name), Variable("OPTIND"), Variable("OPTARG")})
    return POSITIONAL if sets_positional(texts) else NOWHERE


def _places(paths: Iterable[str], here: ShellState) -> frozenset[Location]:
    """Return the files at `paths`, with the folder that they are sought from."""
    files = frozenset(file_at(path, here.folder) for path in paths)
    return files | _IN_FOLDER if files else NOWHERE


def _files_asked_for(texts: tuple[str, ...]) -> set[str]:
    """Return the files that `test` looks at (POSIX, "test"); its other operands are texts and numbers."""
    found: set[str] = set()
    for at, text in enumerate(texts):
        if _ASKS_FOR_FILE.fullmatch(text) and at + 1 < len(texts):
            found.add(texts[at + 1])
        elif text in {"-nt", "-ot", "-ef"}:
            found.update(texts[at - 1 : at + 2 : 2])
    return found


def _copied(texts: tuple[str, ...], files: frozenset[Location], here: ShellState) -> Effects:
    arguments = [text for text in texts[1:] if not text.startswith("-")]
    folder: frozenset[Location] = frozenset({State.FOLDER})
    if texts[0] == "tar" or len(arguments) < 2:
        everything: frozenset[Location] = frozenset({State.FILES})
        return Effects(reads=everything | folder, writes=everything)
    *sources, target = (file_at(text, here.folder) for text in arguments)
    written = frozenset({target})
    moved = frozenset(sources) if texts[0] == "mv" else NOWHERE
    # A target that may be a folder is added to; a file of the same name is written anew.
    names = {text.rsplit("/", 1)[-1] for text in arguments[-2:]}
    single = texts[0] == "cp" and len(texts) == 3 and is_exact(target) and len(names) == 1
    return Effects(
        reads=files | folder if not single else frozenset(sources) | folder,
        writes=written | moved,
        overwrites=written if single else NOWHERE,
    )


def _moved(texts: tuple[str, ...]) -> Effects:
    folder: frozenset[Location] = frozenset({State.FOLDER})
    absolute = len(texts) == 2 and texts[1].startswith(("/", "$CI_PROJECT_DIR", "${CI_PROJECT_DIR}"))
    certain = texts[0] == "cd" and absolute
    return Effects(reads=NOWHERE if certain else folder, writes=folder, overwrites=folder if certain else NOWHERE)


def _downloaded(texts: tuple[str, ...], statement: Statement, here: ShellState) -> Effects:
    fresh = any("latest" in text for text in texts)
    written = downloaded(texts, here.folder)
    if written:
        sure = frozenset(place for place in written if is_exact(place))
        return Effects(reads=frozenset({State.FOLDER}), writes=written, overwrites=sure, fresh=fresh)
    captured = any(one.operator in {">", ">>", "&>", ">|"} for one in statement.redirects)
    # What is read and thrown away was asked for because of what it does on the server.
    inside = here.script[statement.span.end :].lstrip()[:1] in {"|", ")", "`"}
    return Effects(reads=NOWHERE, acts=not (captured or inside), fresh=fresh)


def _unknown(texts: tuple[str, ...]) -> Effects:
    everything: frozenset[Location] = frozenset({State.FILES, State.FOLDER})
    done = Effects(reads=everything, writes=frozenset({State.FILES}), fails=judges(texts), unknown=True)
    if texts[0] in {"eval", "source", "."}:
        changed = done.writes | {State.VARIABLES, State.OPTIONS, State.FOLDER}
        return replace(done, reads=done.reads | {State.VARIABLES}, writes=changed, leaves=True)
    if texts[0] == "read":
        return Effects(reads=NOWHERE, writes=frozenset(Variable(text) for text in texts[1:] if text[0] != "-"))
    if texts[0] in {"getopts", "mapfile", "readarray"}:
        return replace(done, writes=done.writes | _variables_of_builtin(texts))
    if texts[0] == "unset":
        names = [text for text in texts[1:] if text[0] != "-"]
        gone = frozenset[Location](place for name in names for place in (Variable(name), export_mark(name)))
        return Effects(writes=gone, overwrites=gone)
    return done
