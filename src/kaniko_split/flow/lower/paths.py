"""How can a simple command end?"""

from __future__ import annotations

from kaniko_split.flow import exits
from kaniko_split.flow.exits import Exit, Path, Paths
from kaniko_split.flow.lower.lowered import (
    PROCESSES,
    Context,
    Followed,
    Lowering,
)
from kaniko_split.flow.lower.traps import is_trap, trapped
from kaniko_split.flow.questions import answer_of
from kaniko_split.flow.scripts import (
    inner_run,
)
from kaniko_split.flow.state import (
    ShellState,
    values_of,
)
from kaniko_split.kaniko.command import Build
from kaniko_split.shell.nodes import (
    Call,
    Parameter,
    Statement,
)

_BUILTIN_PATHS: dict[str, Paths] = {
    **dict.fromkeys(("true", ":", "echo", "printf", "sleep", "tee"), exits.SUCCEEDS),
    "false": exits.FAILS,
    "break": {Path(Exit.BROKEN): 0},
    "continue": {Path(Exit.CONTINUED): 0},
    **dict.fromkeys((".", "source", "eval"), exits.ANY_EXIT),
}


def paths_of_call(
    lowering: Lowering,
    statement: Statement,
    state: ShellState,
    context: Context,
    call: object,
    followed: Followed | None,
    *,
    hides: bool,
) -> Paths:
    """Return how a simple command can end, and how many builds it has run by then.

    Args:
        lowering: What goes on with the text of a trap.
        statement: The statement, whose command is a `Call`.
        state: The state in which it begins.
        context: What is known of the status before it.
        call: Its call of the executor, if it is one.
        followed: What it runs that can be read.
        hides: Whether it may run the executor where nobody can see it.
    """
    texts = tuple(value.text for value in values_of(statement, state))
    if isinstance(call, Build) or (hides and followed is None):
        if hides and inner_run(values_of(statement, state), state).often:
            return {Path(Exit.TRUE): exits.UNBOUNDED, Path(Exit.FALSE, build_failed=True): exits.UNBOUNDED}
        leaves = {Path(Exit.LEFT): 1.0} if texts[:1] == ("exec",) else {}
        return {Path(Exit.TRUE): 1, Path(Exit.FALSE, build_failed=True): 0, **leaves}
    if followed is not None:
        paths = exits.best(pair for body in followed.bodies for pair in body.paths.items())
        if followed.kind in PROCESSES:
            paths = exits.in_subshell(paths)
        paths = exits.of_function(paths)
        if followed.name in lowering.recursive and exits.most_builds(paths):
            return dict.fromkeys(paths, exits.UNBOUNDED)
        return paths
    if not texts:
        return exits.EITHER
    answer = answer_of(statement, state)
    if answer is not None:
        return exits.SUCCEEDS if answer else exits.FAILS
    if texts[0] == "exit":
        return {Path(Exit.DIED if _exits_with_failure(statement.command, context) else Exit.LEFT): 0}
    if texts[0] == "return":
        return {Path(Exit.GAVE_UP if _exits_with_failure(statement.command, context) else Exit.RETURNED): 0}
    if texts[0] == "exec" and len(texts) > 1:
        return {Path(Exit.LEFT): 0}
    if is_trap(values_of(statement, state)):
        script = trapped(lowering, values_of(statement, state), state)
        # What it builds counts here, though it is built when the script ends.
        return dict.fromkeys(exits.EITHER, exits.most_builds(script.paths) if script is not None else 0)
    return _BUILTIN_PATHS.get(texts[0], exits.EITHER)


def _exits_with_failure(command: Call | object, context: Context) -> bool:
    """Tell whether `exit` certainly has a status other than 0: a number, or that of what has just failed."""
    if not isinstance(command, Call) or len(command.words) < 2:
        return context.failed
    parts = command.words[1].parts
    if len(parts) == 1 and isinstance(parts[0], Parameter) and parts[0].plain:
        return parts[0].name in context.codes or (parts[0].name == "?" and context.failed)
    status = command.words[1].literal or ""
    return status.isdigit() and int(status) % 256 != 0
