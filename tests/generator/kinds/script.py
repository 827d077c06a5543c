"""How does a script of one kind come about?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from generator.builds import Habits, build
from generator.choices import Choices
from generator.kinds import bases, calls, effects, gates, reads, windows, writes
from generator.kinds.kind import Kind, Place, pick_places, statement
from generator.statements import Statement, before_build, said

KINDS: tuple[Kind, ...] = (
    *gates.KINDS,
    *gates.KINDS[:2],
    *writes.KINDS,
    *reads.KINDS,
    *windows.KINDS,
    *windows.KINDS[:1],
    *effects.KINDS,
    *calls.KINDS,
    *bases.KINDS,
)
BASH_IMAGE = "registry.example.com/kaniko-bash:1"
_IN_A_TEXT = "'@BUILD'"


@dataclass
class KindScript:
    """The statements of a job of one kind, and what else the kind asks for."""

    head: list[Statement] = field(default_factory=list)
    body: list[Statement] = field(default_factory=list)
    tail: list[Statement] = field(default_factory=list)
    behind: list[Statement] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    builds: int = 0


def kind_script(choices: Choices, kind: Kind, names: Sequence[str], how: Habits) -> KindScript:
    """Write what a job of a kind runs, without its ordinary prelude and end.

    Args:
        choices: Where choices come from.
        kind: The kind.
        names: The folders to build, three or more.
        how: The habits of whoever writes the job.
    """
    named = kind.own_flag or kind.tail
    how = replace(
        how,
        registry="$CI_REGISTRY_IMAGE",
        variable="",
        tag="" if named else how.tag,
        digests=kind.digests,
        context="{}" if how.context == "." else how.context,
        executor="k" if kind.name == "alias" else how.executor,
        extra=(*how.extra, *((kind.flag,) if kind.flag else ())),
    )
    found = KindScript(builds=len(names) + kind.more)
    ends = Place(names[0], names[1], names[0], names[-1], names=" ".join(names))
    found.head = [statement(ends.fill(one)) for one in kind.head]
    found.tail = [statement(ends.fill(one)) for one in kind.tail]
    found.rest = _filled(kind.rest, ends)
    found.keys = _filled(kind.keys, ends)
    if kind.bash:
        found.keys["image"] = BASH_IMAGE
    if kind.body:
        text = _plain(build(choices, names[0], replace(how, variable="name", digests=False), []).build.text)
        here = replace(ends, build=text)
        found.body = [statement(here.fill(one)) for one in choices.pick(kind.body)]
        found.files = _filled(kind.files, ends)
        return found
    _write_builds(choices, kind, names, how, found)
    if kind.name == "last-in-after-script":
        found.behind = [found.body.pop()]
    return found


def _write_builds(choices: Choices, kind: Kind, names: Sequence[str], how: Habits, found: KindScript) -> None:
    where = pick_places(choices, kind, len(names))
    template = choices.pick(kind.around) if kind.around else ("@BUILD",)
    previous = image = ""
    for index, name in enumerate([*names, names[-1]]):
        here = Place(previous or names[0], name, names[0], names[-1], image or f"$CI_REGISTRY_IMAGE/{names[0]}")
        if index in where:
            found.body += [statement(here.fill(one)) for one in choices.pick(kind.between)]
        if index == len(names):
            break
        if index in where[:1]:
            found.files |= _filled(kind.files, here)
        elif not where:
            found.files |= _filled(kind.files, replace(here, next=names[-1]))
        own = kind.own_flag if index in where[:1] else ""
        written = build(choices, name, replace(how, extra=(*how.extra, own)) if own else how, [])
        if choices.chance(20):
            found.body += before_build(choices, name)
        text = here.fill(_plain(written.build.text))
        around = template if "'" not in text or _IN_A_TEXT not in template[0] else ("@BUILD",)
        if around == ("@BUILD",):
            found.body += [*written.before, Statement(tuple(text.split(" "))), *written.after]
        else:
            inside = replace(here, build=text)
            found.body += [*written.before, *(statement(inside.fill(one)) for one in around), *written.after]
        previous, image = name, written.image


def _plain(build: str) -> str:
    """Leave out what a build's line ends with now and then: it has no place within other words."""
    for end in (" 2>&1", " > /tmp/build.log", " || exit 1"):
        build = build.removesuffix(end)
    return build


def _filled(value: Any, place: Place) -> Any:
    if isinstance(value, str):
        return place.fill(value)
    if isinstance(value, Mapping):
        return {place.fill(key): _filled(one, place) for key, one in value.items()}
    return [_filled(one, place) for one in value] if isinstance(value, (list, tuple)) else value


def with_and(statements: Sequence[Statement]) -> list[Statement]:
    """End each statement but the last with `&&`, so that a chain goes on in the next item."""
    return [*(said(f"{one.text} &&") for one in statements[:-1]), *statements[-1:]]
