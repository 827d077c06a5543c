"""What does one statement read, write and do?

The answer errs on the side of more: what is not known reads and writes every file of the job. Only what is
certain to be overwritten counts as overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kaniko_split.shell.branches import blocks_of_case, blocks_of_if, certainly_skipped
from kaniko_split.shell.commands import FRESH_VARIABLES, behind_wrappers, judges
from kaniko_split.shell.joining import (
    Effects,
    either,
    in_background,
    in_subshell,
    joined,
    maybe,
    one_after_the_other,
    outside_of_subshell,
)
from kaniko_split.shell.knowledge import Inside, Surroundings, after, inside_of_call, known_without
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
from kaniko_split.shell.programs import effects_of_command
from kaniko_split.shell.words import names_assigned, names_read, reads_indirectly, value_of_word
from kaniko_split.source.patterns import Pattern

__all__ = ["Effects", "effects_of"]

_CHANCE = Pattern(r"/dev/u?random|/proc/sys/kernel/random")
_PLACES = frozenset({"PWD", "OLDPWD"})
_IN_FOLDER: frozenset[Location] = frozenset({State.FOLDER})


def effects_of(statement: Statement, here: Surroundings) -> Effects:
    """Return what `statement` does when it runs in the surroundings `here`."""
    return here.effects(statement, _effects_of)


def _effects_of(statement: Statement, here: Surroundings) -> Effects:
    if isinstance(statement.command, Function):
        name: Location = Variable(f"{statement.command.name}()")
        return Effects(writes=frozenset({name}), overwrites=frozenset({name}))
    own = _own_effects(statement, here)
    inside = _inside(statement, here)
    if inside is not None:
        both = joined([replace(own, prints=own.prints and not own.writes), inside])
        own = replace(both, fails=inside.fails, leaves=inside.leaves)
    return in_background(own) if statement.background else own


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
            second = maybe(effects_of(right, there))
            return replace(one_after_the_other([first, second]), fails=second.fails)
        case Chain(left=left, right=right):
            return joined([in_subshell(effects_of(one, here)) for one in (left, right)])
        case Group(statements=inner, subshell=subshell):
            done = _sequence(inner, here)[0]
            return in_subshell(done) if subshell else done
        case If(condition=condition) as command:
            asked, there = _sequence(condition, here)
            branches = [_sequence(branch, there)[0] for branch in blocks_of_if(command, there)]
            done = one_after_the_other([asked, either(branches)])
            return replace(done, fails=any(branch.fails for branch in branches))
        case Case() as command:
            return either([_sequence(block, here)[0] for block in blocks_of_case(command, here)])
        case While(condition=condition, body=body):
            asked, there = _sequence(condition, _without_loop_values((*condition, *body), here))
            turn = maybe(_sequence(body, there)[0])
            return replace(joined([maybe(asked), turn]), fails=turn.fails)
        case For(name=name, body=body):
            turn = _sequence(body, _without_loop_values(body, here, name))[0]
            # Each turn sets the variable before its body reads it.
            own: frozenset[Location] = frozenset({Variable(name)})
            return maybe(replace(turn, reads=turn.reads - own))
    blocks = list(nested(statement))
    if not blocks:
        return None
    return joined([maybe(_sequence(block, here)[0]) for block in blocks])


def _sequence(statements: Iterable[Statement], here: Surroundings) -> tuple[Effects, Surroundings]:
    """Return what statements do that run one after the other, and what is known after them."""
    parts: list[Effects] = []
    start = here.folder
    for statement in statements:
        parts.append(effects_of(statement, here))
        here = after(statement, parts[-1].writes, here)
    done = one_after_the_other(parts)
    back = start is not None and here.folder == start
    writes = done.writes - _IN_FOLDER if back else done.writes
    return replace(done, writes=writes, fails=any(part.fails for part in parts)), here


def _without_loop_values(body: Iterable[Statement], here: Surroundings, name: str = "") -> Surroundings:
    """Return what is known in every turn of a loop: nothing of what the loop itself changes."""
    written = _sequence(body, replace(here, known={}, folder=None))[0].writes | {Variable(name)}
    known = known_without(written, here)
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
    read: set[Location] = {Variable(name) for name in names | written}
    if any(map(reads_indirectly, words)):
        read.add(State.VARIABLES)
    done = replace(
        done,
        reads=done.reads | read | (_IN_FOLDER if names & _PLACES else NOWHERE),
        writes=done.writes | {Variable(name) for name in written},
        fresh=done.fresh or bool(names & FRESH_VARIABLES),
        prints=done.prints and not written,
    )
    asked = [effects_of(one, here) for word in words for part in substitutions(word) for one in part.statements]
    if asked:
        # A substitution runs in a shell of its own: of what it changes, only files outlive it.
        kept = [
            # `$(grep ...)` asks for a value, and is no test of anything that was built.
            replace(
                outside_of_subshell(part),
                prints=done.prints and part.prints,
                fails=part.fails and (State.FILES in part.reads or part.acts),
            )
            for part in asked
        ]
        done = replace(joined([done, *kept]), prints=done.prints and all(part.prints for part in asked))
    return _redirected(statement, done, here)


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
        done = _of_body(inside)
        # A script of tests ends the job at what its commands find, whichever they are.
        return replace(done, fails=done.fails or judges(texts[:1]))
    leaves = texts[0] == "exec"
    texts = texts[behind_wrappers(texts, here.wrappers) :]
    if not texts:
        return Effects(prints=True, leaves=leaves)
    done = effects_of_command(texts, statement, here)
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
