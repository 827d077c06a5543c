"""What does one statement read, write and do?

The answer errs on the side of more: what is not known reads and writes every file of the job. Only what is
certain to be overwritten counts as overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from kaniko_split.shell.branches import blocks_of_case, blocks_of_if, certainly_skipped
from kaniko_split.shell.commands import (
    FRESH,
    FRESH_VARIABLES,
    Kind,
    base_name,
    behind_wrappers,
    judges,
    keeps_output,
    kind_of,
)
from kaniko_split.shell.knowledge import POSITIONAL, Inside, Surroundings, after, inside_of_call, sets_positional
from kaniko_split.shell.knowledge import Kind as Way
from kaniko_split.shell.locations import NOWHERE, File, Location, State, Variable, export_mark, file_at, is_exact
from kaniko_split.shell.nodes import (
    Assignment,
    Call,
    Case,
    Chain,
    Declaration,
    For,
    Function,
    Group,
    If,
    Statement,
    While,
    nested,
    substitutions,
    words_of,
)
from kaniko_split.shell.words import names_assigned, names_read, value_of_word

_CHANCE = re.compile(r"/dev/u?random|/proc/sys/kernel/random")
_PLACES = frozenset({"PWD", "OLDPWD"})
_ASKS_FOR_FILE = re.compile(r"-[abcdefghkprsuwxGLNOS]")
# An empty file that `touch` makes, or a folder that `mkdir` makes, is no other content for what is in the repository.
_KEEPING_CONTENT = frozenset({"chmod", "chown", "touch", "mkdir"})
_STATUS = Variable("?")
_IN_FOLDER: frozenset[Location] = frozenset({State.FOLDER})


@dataclass(frozen=True, slots=True)
class Effects:
    """What a statement does.

    Attributes:
        reads: What its outcome may depend on.
        writes: What it may change.
        overwrites: What it changes for certain, whatever was there before.
        acts: Whether it may have an effect outside the container.
        fails: Whether it may well end the job, as a test or a scan does: a gate.
        leaves: Whether it may end the script, or the shell, by itself.
        fresh: Whether it gives another value each time that it runs.
        prints: Whether it does nothing but print.
        unknown: Whether it runs something of which nothing is known.
        exports: The variables that it puts into the environment of later commands.
        appends: The files that it adds to without reading them.
        keeps: Of what it writes, the files whose content stays, as with `chmod`: their mode or time alone changes.
    """

    reads: frozenset[Location] = NOWHERE
    writes: frozenset[Location] = NOWHERE
    overwrites: frozenset[Location] = NOWHERE
    acts: bool = False
    fails: bool = False
    leaves: bool = False
    fresh: bool = False
    prints: bool = False
    unknown: bool = False
    exports: frozenset[str] = frozenset()
    appends: frozenset[Location] = NOWHERE
    keeps: frozenset[Location] = NOWHERE

    @property
    def alters(self) -> frozenset[Location]:
        """What it writes other content to."""
        return self.writes - self.keeps


def effects_of(statement: Statement, here: Surroundings) -> Effects:
    """Return what `statement` does when it runs in the surroundings `here`."""
    return here.effects(statement, _effects_of)


def _effects_of(statement: Statement, here: Surroundings) -> Effects:
    if isinstance(statement.command, Function):
        name: Location = Variable(f"{statement.command.name}()")
        return Effects(writes=frozenset({name}), overwrites=frozenset({name}))
    own = _own_effects(statement, here)
    inside = _inside(statement, here)
    if inside is None:
        return own
    joined = _joined([replace(own, prints=own.prints and not own.writes), inside])
    return replace(joined, fails=inside.fails, leaves=inside.leaves)


def _inside(statement: Statement, here: Surroundings) -> Effects | None:
    """Return what the statements do that stand inside of `statement`; None where there are none.

    Of what may not run at all, nothing is sure to be overwritten. Whether a test inside ends the job: `set -e`
    passes over all of a chain but its end, and conditions.
    """
    match statement.command:
        case Chain(operator="&&" | "||", left=left, right=right):
            first = effects_of(left, here)
            there = after(left, first.writes, here)
            if certainly_skipped(statement.command, there):
                return replace(first, fails=False)
            second = _maybe(effects_of(right, there))
            return replace(_one_after_the_other([first, second]), fails=second.fails)
        case Chain(left=left, right=right):
            return _joined([_in_subshell(effects_of(one, here)) for one in (left, right)])
        case Group(statements=inner, subshell=subshell):
            done = _sequence(inner, here)[0]
            return _in_subshell(done) if subshell else done
        case If(condition=condition) as command:
            asked, there = _sequence(condition, here)
            branches = [_maybe(_sequence(branch, there)[0]) for branch in blocks_of_if(command, there)]
            done = _one_after_the_other([asked, _joined(branches)])
            return replace(done, fails=any(branch.fails for branch in branches))
        case Case() as command:
            return _joined([_maybe(_sequence(block, here)[0]) for block in blocks_of_case(command, here)])
        case While(condition=condition, body=body):
            asked, there = _sequence(condition, _without_loop_values((*condition, *body), here))
            turn = _maybe(_sequence(body, there)[0])
            return replace(_joined([_maybe(asked), turn]), fails=turn.fails)
        case For(name=name, body=body):
            turn = _sequence(body, _without_loop_values(body, here, name))[0]
            # Each turn sets the variable before its body reads it.
            own: frozenset[Location] = frozenset({Variable(name)})
            return _maybe(replace(turn, reads=turn.reads - own))
    blocks = list(nested(statement))
    if not blocks:
        return None
    return _joined([_maybe(_sequence(block, here)[0]) for block in blocks])


def _sequence(statements: Iterable[Statement], here: Surroundings) -> tuple[Effects, Surroundings]:
    """Return what statements do that run one after the other, and what is known after them."""
    parts: list[Effects] = []
    start = here.folder
    for statement in statements:
        parts.append(effects_of(statement, here))
        here = after(statement, parts[-1].writes, here)
    done = _one_after_the_other(parts)
    back = start is not None and here.folder == start
    writes = done.writes - _IN_FOLDER if back else done.writes
    return replace(done, writes=writes, fails=any(part.fails for part in parts)), here


def _one_after_the_other(parts: list[Effects]) -> Effects:
    """Join what runs in order: what an earlier part has certainly set is not read from outside."""
    done = _joined(parts)
    reads: set[Location] = set()
    certain: set[Location] = set()
    left = False
    for part in parts:
        reads |= part.reads - certain
        if not left:
            certain |= {place for place in part.overwrites if not isinstance(place, File)}
        left = left or part.leaves
        # Whatever ran last has set the status.
        certain.add(_STATUS)
    return replace(done, reads=frozenset(reads), overwrites=frozenset(certain - {_STATUS}))


def _maybe(effects: Effects) -> Effects:
    return replace(effects, overwrites=NOWHERE)


def _in_subshell(effects: Effects) -> Effects:
    """Return what is left of it outside: an `exit` ends the subshell alone, but makes it fail."""
    done = _outside_of_subshell(effects)
    return replace(done, fails=effects.fails or effects.leaves)


def _without_loop_values(body: Iterable[Statement], here: Surroundings, name: str = "") -> Surroundings:
    """Return what is known in every turn of a loop: nothing of what the loop itself changes."""
    written = _sequence(body, replace(here, known={}, folder=None))[0].writes | {Variable(name)}
    known = {} if State.VARIABLES in written else dict(here.known)
    for place in written:
        if isinstance(place, Variable):
            known.pop(place.name, None)
    return replace(here, known=known, folder=None if State.FOLDER in written else here.folder)


def _own_effects(statement: Statement, here: Surroundings) -> Effects:
    match statement.command:
        case Call(words=()) as call:
            done = _assigned(call.assignments, here)
        case Call():
            done = _called(statement, here)
        case Declaration() as declaration:
            done = _declared(declaration, here)
        case _:
            done = Effects(prints=True)
    words = tuple(words_of(statement))
    if isinstance(statement.command, For) and statement.command.name:
        done = replace(done, writes=done.writes | {Variable(statement.command.name)}, prints=False)
    text = here.script[statement.span.start : statement.span.end]
    if _CHANCE.search(text):
        done = replace(done, fresh=True)
    # Each command that is run can see the names that it reads.
    names = {name for word in words for name in names_read(word)}
    written = {name for word in words for name in names_assigned(word)}
    done = replace(
        done,
        reads=done.reads | {Variable(name) for name in names | written} | (_IN_FOLDER if names & _PLACES else NOWHERE),
        writes=done.writes | {Variable(name) for name in written},
        fresh=done.fresh or bool(names & FRESH_VARIABLES),
        prints=done.prints and not written,
    )
    asked = [effects_of(one, here) for word in words for part in substitutions(word) for one in part.statements]
    if asked:
        # A substitution runs in a shell of its own: of what it changes, only files outlive it.
        kept = [replace(_outside_of_subshell(part), prints=done.prints and part.prints) for part in asked]
        done = replace(_joined([done, *kept]), prints=done.prints and all(part.prints for part in asked))
    return _redirected(statement, done, here)


def _outside_of_subshell(effects: Effects) -> Effects:
    files = frozenset(place for place in effects.writes if isinstance(place, File) or place is State.FILES)
    return replace(effects, writes=files, overwrites=NOWHERE, leaves=False, exports=frozenset())


def _assigned(assignments: Iterable[Assignment], here: Surroundings) -> Effects:
    del here
    places = frozenset[Location](Variable(one.name) for one in assignments)
    whole = frozenset[Location](Variable(one.name) for one in assignments if not (one.appends or one.indexed))
    return Effects(reads=places - whole, writes=places, overwrites=whole)


def _declared(declaration: Declaration, here: Surroundings) -> Effects:
    given = [one for one in declaration.assignments if one.value is not None]
    bare = frozenset(one.name for one in declaration.assignments if one.value is None)
    done = _assigned(given, here)
    options = "".join(word.literal or "?" for word in declaration.options)
    exported: frozenset[str] = frozenset()
    if (declaration.keyword == "export" and "n" not in options) or "x" in options:
        exported = frozenset(one.name for one in declaration.assignments)
        # That it is exported is a thing of its own: a plain assignment changes the value and leaves that.
        marks = frozenset[Location](export_mark(name) for name in exported)
        done = replace(done, writes=done.writes | marks, overwrites=done.overwrites | marks)
    touched = frozenset[Location](Variable(name) for name in bare)
    if any(word.literal is None for word in declaration.options):
        # `export $(cat file)`: nobody can say which names.
        touched |= {State.VARIABLES}
    return replace(done, reads=done.reads | touched, writes=done.writes | touched, exports=exported)


def _called(statement: Statement, here: Surroundings) -> Effects:
    texts = tuple(value.text for value in here.values(statement))
    if not texts:
        return Effects(unknown=True, reads=frozenset({State.FILES}), writes=frozenset({State.FILES}), fails=True)
    special = here.program(statement, here) if here.program is not None else None
    if special is not None:
        return special
    inside = inside_of_call(statement, here)
    if inside is not None:
        return _of_body(inside)
    leaves = texts[0] == "exec"
    texts = texts[behind_wrappers(texts, here.wrappers) :]
    if not texts:
        return Effects(prints=True, leaves=leaves)
    done = _command(texts, statement, here)
    return replace(done, leaves=True) if leaves else done


def _of_body(inside: Inside) -> Effects:
    """Return what the call of a function or script does, without its own parameters and local variables."""
    done, body = effects_of(inside.body, inside.here), inside.body
    own = {place for place in done.reads | done.writes if isinstance(place, Variable) and _is_own(place.name, body)}
    called: Location = Variable(f"{inside.name}()") if inside.kind is Way.FUNCTION else File(inside.name)
    return replace(
        done,
        reads=done.reads - own | {called},
        writes=done.writes - own,
        overwrites=done.overwrites - own,
        exports=done.exports - {place.name for place in own if isinstance(place, Variable)},
        prints=inside.kind is Way.FUNCTION and done.prints and not done.writes - own,
    )


def _is_own(name: str, body: Statement) -> bool:
    if name.isdigit() or name in {"@", "*", "#"}:
        return True
    statements = body.command.statements if isinstance(body.command, Group) else (body,)
    local = [one.command for one in statements if isinstance(one.command, Declaration)]
    return any(
        name == assignment.name and declaration.keyword == "local"
        for declaration in local
        for assignment in declaration.assignments
    )


def _command(texts: tuple[str, ...], statement: Statement, here: Surroundings) -> Effects:
    name = base_name(texts[0])
    arguments = tuple(text for text in texts[1:] if not text.startswith("-"))
    files = frozenset(file_at(text, here.folder) for text in arguments)
    folder: frozenset[Location] = frozenset({State.FOLDER})
    everything: frozenset[Location] = frozenset({State.FILES})
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
            read = NOWHERE if forced or texts[:2] == ("mkdir", "-p") else files
            kept = files if name in _KEEPING_CONTENT else NOWHERE
            return Effects(reads=read | folder, writes=files or everything, fresh=name in FRESH, keeps=kept)
        case Kind.COPIES:
            return _copied(texts, files, here)
        case Kind.TESTS:
            asked = _files_asked_for(texts) if name in {"test", "["} else set(arguments)
            return Effects(reads=_places(asked, here), fails=True)
        case Kind.SCANS:
            return Effects(reads=everything | folder, fails=True)
        case Kind.MOVES:
            return _moved(texts)
        case Kind.OPTIONS:
            changes: frozenset[Location] = frozenset({State.OPTIONS})
            return Effects(reads=changes, writes=changes | _variables_of_builtin(texts))
        case Kind.LEAVES:
            return Effects(leaves=True)
        case Kind.DOWNLOADS:
            return _downloaded(texts, statement, here)
        case Kind.LOGS_IN:
            return Effects(reads=everything, writes=everything)
        case Kind.ACTS:
            return Effects(reads=everything | folder, acts=True, fails=True)
        case Kind.UNKNOWN:
            return _unknown(texts)


def _variables_of_builtin(texts: tuple[str, ...]) -> frozenset[Location]:
    """Return the variables that a command of the shell sets by name, or the positional parameters."""
    match texts:
        case ("printf", "-v", name, *_) | ("mapfile" | "readarray", *_, name):
            return frozenset({Variable(name)})
        case ("getopts", _, name, *_):
            return frozenset({Variable(name), Variable("OPTIND"), Variable("OPTARG")})
    return POSITIONAL if sets_positional(texts) else NOWHERE


def _places(paths: Iterable[str], here: Surroundings) -> frozenset[Location]:
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


def _copied(texts: tuple[str, ...], files: frozenset[Location], here: Surroundings) -> Effects:
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


def _downloaded(texts: tuple[str, ...], statement: Statement, here: Surroundings) -> Effects:
    fresh = any("latest" in text for text in texts)
    everything: frozenset[Location] = frozenset({State.FILES})
    if keeps_output(texts):
        return Effects(reads=everything, writes=everything, fresh=fresh)
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


def _redirected(statement: Statement, done: Effects, here: Surroundings) -> Effects:
    for redirect in statement.redirects:
        if redirect.operator in {">&", "<&", "<<", "<<-", "<<<"}:
            continue
        value = value_of_word(redirect.target, here.script, here.known)
        if value.text == "/dev/null" or value.text.startswith("/dev/std"):
            continue
        place = file_at(value.text, here.folder)
        if redirect.operator == "<":
            done = replace(done, reads=done.reads | {place})
        elif redirect.operator in {">>", "&>>"}:
            done = replace(done, writes=done.writes | {place}, appends=done.appends | {place}, prints=False)
            done = replace(done, keeps=done.keeps - {place})
        else:
            over = done.overwrites | {place} if is_exact(place) else done.overwrites
            done = replace(done, writes=done.writes | {place}, overwrites=over, prints=False)
            done = replace(done, keeps=done.keeps - {place})
        if not (isinstance(place, File) and place.path.startswith("/")):
            done = replace(done, reads=done.reads | {State.FOLDER})
    return done


def _joined(parts: list[Effects]) -> Effects:
    altered = frozenset[Location]().union(*(part.alters for part in parts))
    return Effects(
        reads=frozenset().union(*(part.reads for part in parts)),
        writes=frozenset().union(*(part.writes for part in parts)),
        overwrites=frozenset().union(*(part.overwrites for part in parts)),
        acts=any(part.acts for part in parts),
        fails=any(part.fails for part in parts),
        leaves=any(part.leaves for part in parts),
        fresh=any(part.fresh for part in parts),
        prints=all(part.prints for part in parts),
        unknown=any(part.unknown for part in parts),
        exports=frozenset().union(*(part.exports for part in parts)),
        appends=frozenset().union(*(part.appends for part in parts)),
        keeps=frozenset().union(*(part.keeps for part in parts)) - altered,
    )
