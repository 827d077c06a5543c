"""What does a simple command do, with the function, the script or the text that it runs?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from kaniko_split.flow import effects as algebra
from kaniko_split.flow import exits
from kaniko_split.flow.commands import (
    effects_of_assignments,
    effects_of_build,
    effects_of_program,
    hardly_fails,
    with_words,
)
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.executor import executor_call, hides_executor
from kaniko_split.flow.exits import Paths
from kaniko_split.flow.joins import UNKNOWN_IFS, forgetting, join, known_without
from kaniko_split.flow.lower.lowered import (
    PROCESSES,
    Context,
    Followed,
    Inside,
    LimitError,
    Lowered,
    Lowering,
    finished,
    with_substituted,
)
from kaniko_split.flow.lower.paths import paths_of_call
from kaniko_split.flow.lower.traps import is_trap, trapped
from kaniko_split.flow.occurrence import CallKind, Occurrence, Part, Role, Shape
from kaniko_split.flow.positional import with_positional
from kaniko_split.flow.redirects import behind_renaming, opened_by_exec, with_redirects
from kaniko_split.flow.scripts import (
    body_of_script,
    body_of_text,
    called,
    inner_run,
    run_from_input,
    written_down,
)
from kaniko_split.flow.state import ShellState, WrittenTexts, values_of
from kaniko_split.flow.transitions import after_assignments, after_command, assigned, behind_call, behind_subshell
from kaniko_split.flow.wrappers import mentions_verdict
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.locations import NOWHERE, File, Location, State, Variable
from kaniko_split.shell.nodes import (
    Call,
    Declaration,
    Group,
    Statement,
)
from kaniko_split.shell.splitting import IFS
from kaniko_split.shell.values import Value

# How deep calls of functions and scripts are followed.
DEEPEST_CALL = 60

# POSIX, "Special Built-In Utilities", 2.14: an assignment before one of these stays.
_SPECIAL = frozenset(
    {
        *(".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set", "shift"),
        *("times", "trap", "unset"),
    }
)


def lower_call(
    lowering: Lowering, statement: Statement, state: ShellState, context: Context, substituted: Sequence[Lowered]
) -> Occurrence:
    """Return what a simple command does.

    Args:
        lowering: What goes on with the bodies that it runs.
        statement: The statement, whose command is a `Call`.
        state: The state in which it begins.
        context: What is known of the status before it.
        substituted: What its substitutions do, in their order.
    """
    command = statement.command
    assert isinstance(command, Call)  # noqa: S101 (the caller asked)
    if not command.words:
        done = with_words(statement, effects_of_assignments(command.assignments), state)
        done = with_redirects(statement, with_substituted(done, substituted), state)
        if state.exports_all:
            done = replace(done, reads=done.reads | {State.OPTIONS})
        after = after_assignments(command.assignments, state)
        # The status is that of the last substitution (POSIX, "Simple Commands", 2.9.1).
        last = exits.in_subshell(substituted[-1].paths) if substituted else exits.SUCCEEDS
        paths: Paths = dict.fromkeys(last, 0)
        inside = Inside(Shape.COMMAND, done, paths, after, after if substituted else None)
        return finished(statement, state, inside, substituted)
    call = executor_call(statement, state)
    hides = call is None and hides_executor(statement, state)
    effects = effects_of_build(statement, state, call)
    followed = _followed(lowering, statement, state) if effects is None or call is None else None
    parts: tuple[Part, ...] = ()
    if effects is not None and call is None:
        followed = None
    if effects is None and followed is not None:
        effects = _of_bodies(followed)
        parts = tuple(Part(Role.CALLED, body.occurrences, number) for number, body in enumerate(followed.bodies))
    effects = _of_command(lowering, statement, state) if effects is None else effects
    effects = with_substituted(with_words(statement, effects, state), substituted)
    effects = with_redirects(statement, effects, state, takes=not isinstance(call, Build))
    texts = tuple(value.text for value in values_of(statement, state))
    if not (effects.prints and hardly_fails(texts)) or effects.writes:
        # Umask, `set -e` and the like decide what each command does.
        effects = replace(effects, reads=effects.reads | {State.OPTIONS})
    paths = paths_of_call(lowering, statement, state, context, call, followed, hides=hides)
    after = _state_behind(statement, state, effects, followed)
    stays = _may_stay(statement, followed)
    if stays:
        effects = replace(effects, writes=effects.writes | stays)
        after = forgetting(stays, after)
    hardly = isinstance(call, Build) or hardly_fails(texts)
    after_failure = None if hardly else state if texts[:1] in {("cd",), ("pushd",)} else after
    inside = Inside(Shape.COMMAND, effects, paths, after, after_failure, parts)

    def as_call(occurrence: Occurrence) -> Occurrence:
        occurrence = replace(occurrence, call=call, hides=hides)
        return occurrence if followed is None else replace(occurrence, callee=followed.name, call_kind=followed.kind)

    return finished(statement, state, inside, substituted, as_call)


def _of_command(lowering: Lowering, statement: Statement, state: ShellState) -> Effects:
    """Return what a command does that runs nothing which can be followed; a trap acts when the script ends."""
    done = effects_of_program(statement, state)
    if not is_trap(values_of(statement, state)):
        return done
    lowered = trapped(lowering, values_of(statement, state), state)
    if lowered is None:
        return replace(done, unknown=True)
    later = lowered.effects
    return replace(done, reads=done.reads | later.reads, acts=later.acts or later.unknown, prints=False)


def _followed(lowering: Lowering, statement: Statement, state: ShellState) -> Followed | None:
    """Return what a command runs that can be read; None where there is nothing such."""
    command = statement.command
    values = values_of(statement, state)
    name = values[0].text if values else ""
    if len(state.calling) > DEEPEST_CALL:
        raise LimitError(f"it calls functions and scripts more than {DEEPEST_CALL} deep")
    if name in state.functions and isinstance(command, Call):
        if name in state.calling:
            lowering.recursive.add(name)
            return None
        own = replace(state, known=assigned(command.assignments, state))
        known = with_positional(own.known, values[1:])
        bodies: list[Lowered] = []
        local: set[str] = set()
        for one in state.functions[name]:
            there = replace(own, script=one.script, known=known, calling=(*state.calling, name))
            bodies.append(lowering.sequence((one.body,), there))
            local |= set(_locals(one.body))
        return Followed(tuple(bodies), frozenset(local), name, CallKind.FUNCTION)
    script = body_of_script(statement, state)
    if script is None:
        again = called(values, state.folder, state.setting.wrappers, state.made)
        if again is not None and again.path in state.calling:
            lowering.recursive.add(again.path)
            return None
        return _evaluated(lowering, statement, values, state)
    body = lowering.sequence(script.statements, script.state)
    kind = CallKind.SOURCED if script.sourced else CallKind.PROCESS
    return Followed((body,), frozenset(), script.path, kind)


def _evaluated(
    lowering: Lowering, statement: Statement, values: tuple[Value, ...], state: ShellState
) -> Followed | None:
    """Return what a text does that a command gives to a shell, as `sh -c` and `eval` do."""
    run = run_from_input(statement, state) or inner_run(values, state)
    if run.text is None:
        return None
    script = body_of_text(run, state)
    if script is None:
        return None
    body = lowering.sequence(script.statements, script.state)
    if run.often:
        body = replace(body, effects=algebra.maybe(body.effects), paths=exits.repeated(body.paths, None))
    if not run.exact:
        body = _with_unknown_text(body, state, sourced=script.sourced)
    return Followed((body,), frozenset(), run.text, CallKind.EVALUATED if script.sourced else CallKind.TEXT)


def _of_bodies(followed: Followed) -> Effects:
    """Return what a call does, without the callee's own parameters and local variables."""
    kind, name = followed.kind, followed.name
    done = algebra.either([body.effects for body in followed.bodies])
    if kind in PROCESSES:
        done = algebra.in_subshell(done)
    own = {
        place
        for place in done.reads | done.writes
        if isinstance(place, Variable) and (place.name.isdigit() or place.name in "@*#")
    }
    changed = done.writes - {Variable(name) for name in followed.local} - own
    called = frozenset[Location]({Variable(f"{name}()")} if kind is CallKind.FUNCTION else {File(name)})
    if kind in {CallKind.TEXT, CallKind.EVALUATED}:
        called = NOWHERE
    return replace(
        done,
        reads=done.reads - own | called,
        writes=changed,
        overwrites=done.overwrites & changed,
        exports=done.exports - followed.local,
        prints=kind is CallKind.FUNCTION and done.prints and not changed,
        # A script of tests ends the job at what its commands find, whichever they are.
        fails=done.fails or mentions_verdict(name) or any(exits.gives_up(body.paths) for body in followed.bodies),
    )


def _state_behind(
    statement: Statement,
    state: ShellState,
    effects: Effects,
    followed: Followed | None,
) -> ShellState:
    texts = tuple(value.text for value in values_of(statement, state))
    if followed is not None:
        ends = [behind_call(body.after, state, followed.local) for body in followed.bodies]
        if followed.kind in PROCESSES:
            ends = [behind_subshell(body.after, state) for body in followed.bodies]
        return join(ends)
    if texts == ("exec",):
        table = opened_by_exec(statement, state)
        if table is not None:
            known = state.known.copy()
            known.update(table)
            return replace(state, known=known)
    ifs = _ifs_behind(texts, statement, effects, state)
    after = after_command(values_of(statement, state), effects.writes, state, ifs)
    return _with_written(statement, effects, state, behind_renaming(statement, effects, after))


def _with_unknown_text(body: Lowered, state: ShellState, *, sourced: bool) -> Lowered:
    """Return what a text does of which a part is not known, as in `eval "$X"`: everything besides what is known.

    Args:
        body: The text as far as it is known.
        state: The state in which it runs.
        sourced: Whether it runs in the shell itself; else a process runs it, which changes files alone.
    """
    if not sourced:
        own = Effects(
            reads=frozenset({State.FILES, State.FOLDER}) | state.environment(),
            writes=frozenset({State.FILES}),
            fails=True,
            unknown=True,
        )
        return replace(body, effects=algebra.joined([body.effects, own]))
    everything = frozenset[Location]({State.FILES, State.FOLDER, State.VARIABLES, State.OPTIONS})
    own = Effects(reads=everything, writes=everything, fails=True, leaves=True, unknown=True)
    after = forgetting(everything, body.after)
    paths = exits.best([*body.paths.items(), *exits.ANY_EXIT.items()])
    return replace(
        body,
        effects=algebra.maybe(algebra.joined([body.effects, own])),
        paths=paths,
        after=after,
        after_failure=after,
    )


def _may_stay(statement: Statement, followed: Followed | None) -> frozenset[Location]:
    """Return the variables assigned before a command that may keep their values after it.

    Before a special builtin they do, and before a function they may (POSIX, 2.9.1 and 2.14).
    """
    command = statement.command
    if not isinstance(command, Call) or not command.assignments:
        return NOWHERE
    stays = command.words[0].literal in _SPECIAL or (followed is not None and followed.kind not in PROCESSES)
    return frozenset(Variable(one.name) for one in command.assignments) if stays else NOWHERE


def _with_written(statement: Statement, effects: Effects, before: ShellState, after: ShellState) -> ShellState:
    """Return the state with the files that a command gives content, and what it writes out in full."""
    places = [place for place in effects.alters if isinstance(place, File)]
    made = written_down(statement, before)
    texts_ = tuple(value.text for value in values_of(statement, before))
    if texts_[:1] == ("ln",) and places:
        after = replace(after, links=after.links.adding(place.path for place in places))
    if not places and made is None:
        return after
    spans = [statement.span, *(one.body.span for one in statement.redirects if one.body is not None)]
    text = "\n".join(before.script[span.start : span.end] for span in spans)
    written, texts = after.written.copy(), after.made.copy()
    for place in places:
        written[place.path] = WrittenTexts(text, written.get(place.path))
        texts.pop(place.path, None)
    if made is not None:
        path, content = made
        texts[path] = content
    return replace(after, written=written, made=texts)


def _ifs_behind(texts: tuple[str, ...], statement: Statement, effects: Effects, state: ShellState) -> Value | None:
    """Return what IFS holds behind a command; None where nobody has set it.

    Assignments before a special builtin or a function may stay (POSIX, 2.9.1 and 2.14), and `unset` lets the shell
    divide at blanks again (2.6.5).
    """
    if texts[:1] == ("unset",) and IFS in texts and "-f" not in texts:
        return None
    command = statement.command
    stays = bool(texts) and (texts[0] in _SPECIAL or texts[0] in state.functions)
    if stays and isinstance(command, Call) and any(one.name == IFS for one in command.assignments):
        return UNKNOWN_IFS
    return known_without(effects.writes, state).get(IFS)


def _locals(body: Statement) -> Iterator[str]:
    """Yield the local variables that a function declares in its body's own statements."""
    statements = body.command.statements if isinstance(body.command, Group) else (body,)
    for statement in statements:
        if isinstance(statement.command, Declaration) and statement.command.keyword == "local":
            yield from (one.name for one in statement.command.assignments)
