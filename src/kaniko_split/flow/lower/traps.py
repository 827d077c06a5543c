"""What does a trap run?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.flow.lower.lowered import (
    Lowered,
    Lowering,
)
from kaniko_split.flow.scripts import (
    InnerRun,
    body_of_text,
)
from kaniko_split.flow.state import (
    ShellState,
)
from kaniko_split.shell.values import Value


def is_trap(values: tuple[Value, ...]) -> bool:
    """Tell whether a command sets a trap that runs something."""
    return len(values) > 2 and values[0].text == "trap" and not values[1].text.startswith("-")


def trapped(lowering: Lowering, values: tuple[Value, ...], state: ShellState) -> Lowered | None:
    """Return what a trap runs; None where its text is no script."""
    script = body_of_text(InnerRun(values[:1], often=False, text=values[1].text, exact=True), state)
    if script is None:
        return None
    return lowering.sequence(script.statements, replace(script.state, functions=state.functions))
