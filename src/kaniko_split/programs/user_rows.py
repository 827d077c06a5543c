"""What does a user's `[programs]` say of a program?

Each program is a table with the columns of our own rows. A column that is not there has its pessimistic value, so a
table only ever narrows what a program may do:

| key | value | without it |
|---|---|---|
| `options` | a synopsis, as in `-o,--output:new -q` | any option |
| `operands` | roles by position, as in `read... target` | each word is read and written |
| `reads`, `writes`, `searches` | paths that it always reads, writes, reads recursively | none besides the next two |
| `reads-files`, `writes-files` | true or false: files that no word names | true |
| `reads-folder`, `reads-input`, `can-fail`, `logs-in` | true or false | true |
| `names` | variables of the environment | none besides the next |
| `reads-environment`, `acts`, `reads-network`, `failure`, `differs` | "no", "maybe", "yes", true or false | "maybe" |
| `prints` | the same: its only effect may be what it prints | "maybe" |
| `images` | images that it always uses | none |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from kaniko_split.programs.effect import Certainty
from kaniko_split.programs.row import Columns, Role, Row, operands_of, options_of

_PATHS = frozenset({"reads", "writes", "searches", "names", "images"})
_FLAGS = frozenset({"reads-files", "writes-files", "reads-folder", "reads-input", "can-fail", "logs-in"})
_CERTAINTIES = frozenset({"reads-environment", "acts", "reads-network", "failure", "differs", "prints"})
_TEXTS = frozenset({"options", "operands", "source"})
_RUNNING = tuple(role.value for role in (Role.COMMAND, Role.SHELL, Role.SCRIPT))
KEYS = _PATHS | _FLAGS | _CERTAINTIES | _TEXTS
_PESSIMISTIC = Columns(
    reads_files=True,
    writes_files=True,
    reads_folder=True,
    reads_input=True,
    can_fail=True,
    logs_in=True,
    reads_environment=Certainty.MAYBE,
    acts=Certainty.MAYBE,
    reads_network=Certainty.MAYBE,
    failure=Certainty.MAYBE,
    differs=Certainty.MAYBE,
    prints=Certainty.MAYBE,
)


def parse_row(name: str, mapping: Mapping[str, object]) -> Row:
    """Return the row that a user's table describes; see the module for its keys.

    Args:
        name: The program's name, or its first words (`notify built`), or the path of a script as commands write it.
        mapping: The table.

    Raises:
        ValueError: a key is not known, or its value is of another type; the message is a sentence for the user.
    """
    changes: dict[str, object] = {}
    for key, value in mapping.items():
        if key not in KEYS:
            known = ", ".join(f"`{known}`" for known in sorted(KEYS))
            raise ValueError(f"`programs.{name}.{key}` is not a key; use one of {known}")
        changes[key.replace("-", "_")] = _value(f"programs.{name}.{key}", key, value)
    options = cast("str", changes.pop("options", ""))
    operands = cast("str", changes.pop("operands", "change..."))
    source = cast("str", changes.pop("source", f"[programs] {name}"))
    for key, check, text in (("options", options_of, options), ("operands", operands_of, operands)):
        try:
            check(text)
        except ValueError as error:
            raise ValueError(f"`programs.{name}.{key}`: {error}") from None
        if any(role in text for role in _RUNNING):
            raise ValueError(
                f"`programs.{name}.{key}`: a role must not run another command; name the program in `wrappers`"
            )
    columns = cast("Columns", {**_PESSIMISTIC, **changes})
    return Row(name, options, operands, columns, any_options="options" not in mapping, source=source)


def _value(where: str, key: str, value: object) -> object:
    if key in _TEXTS:
        if not isinstance(value, str):
            raise ValueError(f"`{where}` must be a string")
        return value
    if key in _FLAGS:
        if not isinstance(value, bool):
            raise ValueError(f"`{where}` must be true or false")
        return value
    if key in _PATHS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"`{where}` must be a list of strings")
        return tuple(value)
    if isinstance(value, bool):
        return Certainty.YES if value else Certainty.NO
    if value not in {certainty.value for certainty in Certainty}:
        raise ValueError(f'`{where}` must be "no", "maybe" or "yes"')
    return Certainty(value)
