"""How are builds and the rest put together into the script of a job?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from generator import control
from generator.builds import Habits, build, habits
from generator.choices import Choices
from generator.kinds.script import KINDS, kind_script, with_and
from generator.statements import Statement, after_build, before_build, prelude, said, tail


@dataclass(frozen=True)
class Item:
    """One entry of a script: some statements, and what stands between them."""

    statements: tuple[Statement, ...]
    joint: str = "\n"


@dataclass
class ScriptPlan:
    """All that a job runs, and what it leaves.

    Attributes:
        before: The items of its `before_script`.
        items: The items of its `script`.
        whole: Whether the script is one scalar and no list.
        dotenv: Whether it writes `images.env`.
        files: What has to be in the repository.
        kind: Which kind of pipeline it is; empty for an ordinary one.
        builds: How many images it builds.
        behind: The items of its `after_script`.
        keys: What else the job has.
        rest: What stands above the jobs.
    """

    before: list[Item] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    whole: bool = False
    dotenv: bool = False
    files: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    builds: int = 0
    behind: list[Item] = field(default_factory=list)
    keys: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)


def script(choices: Choices, names: list[str], *, may_begin_before: bool) -> ScriptPlan:
    """Write a script that builds the images `names`, one after the other."""
    found = ScriptPlan(files={"version.txt": "1.2.3\n"})
    tag = choices.chance(40)
    how = habits(choices, tag=tag)
    found.dotenv = how.digests and choices.chance(70)
    head = prelude(choices, tag=tag)
    if may_begin_before and head and choices.chance(20):
        cut = choices.number(1, len(head))
        found.before = [_alone(one) for one in head[:cut]]
        head = head[cut:]
    for name in names:
        found.files[f"{name}/Dockerfile"] = f"FROM scratch\nCOPY {name}.txt /\n"
        found.files[f"{name}/{name}.txt"] = f"{name}\n"
    found.builds = len(names)
    body = _body(choices, names, how, found)
    found.items = _grouped(choices, head, body, tail(choices))
    found.whole = len(found.items) == 1 and choices.chance(60)
    if any("$CI_COMMIT_TAG" in one.text for item in (*found.before, *found.items) for one in item.statements):
        found.before, found.items = _without_nounset(found.before), _without_nounset(found.items)
    return found


def script_of_kind(choices: Choices, names: list[str], *, may_begin_before: bool) -> ScriptPlan:
    """Write a script of one of the kinds, which builds the images `names`."""
    kind = choices.pick(KINDS)
    how = habits(choices, tag=False)
    odd = kind_script(choices, kind, names, how)
    found = ScriptPlan(kind=kind.name, builds=odd.builds, keys=odd.keys, rest=odd.rest)
    for name in names:
        found.files[f"{name}/Dockerfile"] = f"FROM scratch\nCOPY {name}.txt /\n"
        found.files[f"{name}/{name}.txt"] = f"{name}\n"
    found.files |= {"version.txt": "1.2.3\n", **odd.files}
    head = [one for one in prelude(choices, tag=False) if one.text != "sed -i s/a/b/ version.txt"] + odd.head
    if may_begin_before and head and choices.chance(20):
        cut = choices.number(1, len(head))
        found.before = [_alone(one) for one in head[:cut]]
        head = head[cut:]
    end = odd.tail or ([] if kind.tail else tail(choices))
    if kind.name == "and-across-items":
        found.items = [*map(_alone, head), *map(_alone, with_and(odd.body)), *map(_alone, end)]
    elif choices.chance(30):
        found.items = [Item((*head, *odd.body, *end))]
        found.whole = choices.chance(40)
    elif choices.chance(20):
        # What a person writes together stands in one item, line by line.
        parts = [part for part in (head, odd.body, end) if part]
        found.items = [Item(tuple(part)) for part in parts]
    else:
        found.items = [_alone(one) for one in (*head, *odd.body, *end)]
    found.behind = [_alone(one) for one in odd.behind]
    found.before, found.items = _without_nounset(found.before), _without_nounset(found.items)
    return found


def _without_nounset(items: list[Item]) -> list[Item]:
    """Leave out `-u`, which ends a script at the tag that a branch has not: the builds behind it never ran."""
    loose = {"set -eu": said("set -e")}
    return [replace(item, statements=tuple(loose.get(one.text, one) for one in item.statements)) for item in items]


def _body(choices: Choices, names: list[str], how: Habits, found: ScriptPlan) -> list[Statement]:
    """Write all builds with what stands between them; some within control flow."""
    flows = ("none", "each", "function", "loop", "condition", "background")
    flow = choices.pick(flows) if choices.chance(30) else "none"
    if flow in {"function", "loop"}:
        found.dotenv = False
        variable = "1" if flow == "function" else "name"
        context = "{}" if how.context == "." else how.context
        text = build(choices, names[0], replace(how, variable=variable, context=context, digests=False), []).build.text
        if flow == "function":
            return control.function(choices, text, names)
        return _around_a_loop(choices, text, names, how)
    if flow == "background":
        found.dotenv = False
        together = [build(choices, name, replace(how, digests=False), []) for name in names]
        if not any(one.before or one.after for one in together):
            return control.in_background(choices, [one.build.text for one in together])
    body: list[Statement] = []
    images: list[str] = []
    entered = how.context == "." and not how.shared
    around = control.wrapping(choices, entered=entered) if flow == "each" else None
    for name in names:
        one = build(choices, name, how, [] if how.variable else images)
        body += before_build(choices, name)
        if around is not None and "||" not in one.build.text and choices.chance(85):
            inside = around(one.build.text, name)
            body += [inside] if entered else [*one.before, inside, *one.after]
        else:
            body += [*one.before, one.build, *one.after]
        body += after_build(choices, name, one.image, digest=how.digests, dotenv=found.dotenv)
        images.append(one.image)
    return [control.condition(choices, body)] if flow == "condition" else body


def _around_a_loop(choices: Choices, text: str, names: list[str], how: Habits) -> list[Statement]:
    """Write a loop of the build `text` over the names, or over all but some that are built before or behind it."""
    beside = choices.pick((0, 0, 1, len(names) - 2)) if len(names) > 2 else 0
    alone, looped = names[:beside], names[beside:]
    around: list[Statement] = []
    for name in alone:
        one = build(choices, name, replace(how, digests=False), [])
        around += [*before_build(choices, name), *one.before, one.build, *one.after]
    both = [around, [control.loop(choices, text, "name", looped)]]
    return [one for part in (both if choices.chance(60) else both[::-1]) for one in part]


def _alone(statement: Statement) -> Item:
    return Item((statement,))


def _grouped(choices: Choices, head: list[Statement], body: list[Statement], end: list[Statement]) -> list[Item]:
    """Choose which statements stand in one item."""
    every = [*head, *body, *end]
    shape = choices.pick(("items", "items", "items", "items", "pairs", "block", "block", "chain", "semicolons"))
    if shape == "block":
        return [Item(tuple(every))]
    if any(one.text.endswith("&") for one in every) and shape not in {"items", "block"}:
        # It ends the command itself: nothing else may part it from the next one.
        return [_alone(one) for one in every]
    if shape == "semicolons" and not any("#" in one.text for one in every):
        return [Item(tuple(every), "; ")]
    if shape == "chain" and not any("#" in one.text or "||" in one.text for one in every):
        return [*(_alone(one) for one in head), Item(tuple(body), " && "), *(_alone(one) for one in end)]
    if shape == "pairs":
        items: list[Item] = []
        left = every
        while left:
            size = choices.pick((1, 1, 1, 2, 3))
            part, left = tuple(left[:size]), left[size:]
            plain = not any("#" in one.text or "||" in one.text for one in part)
            joint = choices.pick(("\n", "\n", "\n", " && ", "; ")) if plain else "\n"
            items.append(Item(part, joint))
        return items
    return [_alone(one) for one in every]


def plain_script(choices: Choices) -> list[Item]:
    """Write the script of a job that builds nothing with Kaniko."""
    options = ("make test", "./deploy.sh", 'echo "nothing: here"', "make lint # all of it", "kubectl apply -f k8s/")
    return [_alone(said(choices.pick(options))) for _ in range(choices.number(1, 2))]
