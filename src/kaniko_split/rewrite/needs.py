"""How is a job's list of `needs` written, in the habits of its file?"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items
from typing import Any

from msgspec.structs import replace

from kaniko_split.gitlab.parallel import expanded_name
from kaniko_split.gitlab.resolve import effective_job
from kaniko_split.plan.needs import Need, own_list
from kaniko_split.plan.outcome import NewJob, Split
from kaniko_split.rewrite.lines import behind_properties, dash_column, moved
from kaniko_split.rewrite.references import copy_of
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.rewrite.style import name_text, style_of
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Alias, Node, Scalar, followed, walk
from kaniko_split.tree.nodes import Mapping as Yaml
from kaniko_split.tree.nodes import Sequence as NodeList


def needs_pieces(split: Split, new: NewJob, names: Mapping[str, Items[str]]) -> list[Piece]:
    """Return the lines of a new job's `needs`; none where it has no list of its own.

    Args:
        split: How the old job is split. Entries of its own list are copied, those that it inherits written out.
        new: The new job.
        names: For each job that is gone, those that stand for it.

    Raises:
        CannotLayOutError: An entry of the old list cannot be written twice.
    """
    if new.needs is None:
        return []
    job, style = split.finding.job, style_of(split.finding.job)
    source = job.file.source
    own, added = own_list(job, "needs") if new.keeps_needs else None, _added(split, new, names)
    kept: list[Piece] = []
    if own is not None:
        bare = [(item, _without_anchor(source, item)) for item in own.items]
        copies = [(item, one, copy) for item, one in bare for copy in _copies(source, one, names)]
        if own.flow:
            return [Written(f"{style.keys}needs: "), *needs_in_brackets(split, new, names), Written("\n")]
        by = len(style.dashes) - dash_column(source, own)
        for item, one, copy in copies:
            start = source.line_start(item.span.start)
            if "-" not in source.text[start : item.span.start]:
                raise CannotLayOutError("needs-written-twice", item.span.start, "it stands below its dash")
            # What stands below its anchor moves up to the dash.
            down = one.span.start - source.line_start(one.span.start) - (item.span.start - start)
            below = down if source.line_start(one.span.start) != start else 0
            dash = moved(source, Span(start, item.span.start), by)
            kept.extend((*dash, *_moved(source, copy, by - below), Written("\n")))
    return [
        Written(f"{style.keys}needs:\n"),
        *kept,
        Written("".join(_block_need(need, style.dashes) for need in added)),
    ]


def needs_in_brackets(split: Split, new: NewJob, names: Mapping[str, Items[str]], quote: str = "") -> list[Piece]:
    """Return the list of a new job's `needs` in brackets, on one line.

    Args:
        split: How the old job is split. Entries of its own list are copied, those that it inherits written out.
        new: The new job, which has a list of its own.
        names: For each job that is gone, those that stand for it.
        quote: The quote around the words that are written; empty where they may be plain.

    Raises:
        CannotLayOutError: An entry of the old list cannot be written twice.
    """
    job = split.finding.job
    own = own_list(job, "needs") if new.keeps_needs else None
    bare = [_without_anchor(job.file.source, item) for item in own.items] if own is not None else []
    copies = [copy for item in bare for copy in _copies(job.file.source, item, names)]
    inside = [piece for copy in copies for piece in (*copy, Written(", "))]
    last = ", ".join(_text(need, quote) for need in _added(split, new, names))
    return [Written("["), *inside, Written(f"{last}]")]


def _added(split: Split, new: NewJob, names: Mapping[str, Items[str]]) -> list[Any]:
    """Return the entries of a new job's `needs` that are written: those that it inherits, and those of its own."""
    job = split.finding.job
    needs: list[Any] = [_value(need) for need in new.needs or ()]
    if new.keeps_needs and own_list(job, "needs") is None:
        needs = [*effective_job(split.finding.pipeline, job.name)["needs"], *needs]
    return [renamed for need in needs for renamed in _renamed(need, names)]


def _value(need: Need) -> Any:
    keys = {"artifacts": need.artifacts, "optional": need.optional}
    given = {key: value for key, value in keys.items() if value is not None}
    return {"job": need.job, **given} if given else need.job


def _renamed(need: Any, names: Mapping[str, Items[str]]) -> list[Any]:
    """Return an entry once for each job that stands for one that is gone."""
    if isinstance(need, str):
        name, suffix = expanded_name(need) or (need, "")
        return [new + suffix for new in names.get(name, (name,))] if need not in names else list(names[need])
    if {"project", "pipeline"} & need.keys() or "job" not in need:
        return [need]
    return [{**need, "job": new} for new in _renamed(need["job"], names)]


def _without_anchor(source: Source, item: Node) -> Node:
    """Return an entry without the anchor before it, which can stand once."""
    if isinstance(item, Alias) or item.anchor is None or item.tag is not None:
        return item
    start = behind_properties(source, item)
    if not source.text[start : source.line_end(start)].partition("#")[0].strip() and isinstance(item, Yaml):
        start = item.entries[0].key.span.start
    return replace(item, span=Span(start, item.span.end), anchor=None)


def _copies(source: Source, item: Node, names: Mapping[str, Items[str]]) -> list[list[Piece]]:
    """Return an entry of the old job's `needs` once more, or once for each job that stands for one that is gone."""
    anchored = any(not isinstance(node, Alias) and node.anchor is not None for node in walk(item))
    real = followed(item)
    name: Node | None = real
    if isinstance(real, Yaml):
        entry = real.entry("job") if not (real.entry("project") or real.entry("pipeline")) else None
        name = followed(entry.value) if entry is not None else None
    gone = isinstance(name, Scalar) and name.value in names
    expanded = expanded_name(name.value) if isinstance(name, Scalar) else None
    if expanded is not None and expanded[0] in names:
        raise CannotLayOutError("needs-written-twice", item.span.start)
    if anchored or isinstance(real, NodeList) or (gone and any(isinstance(node, Alias) for node in walk(item))):
        raise CannotLayOutError("needs-written-twice", item.span.start)
    if isinstance(name, Scalar) and gone:
        return [copy_of(source, item, name, new) for new in names[name.value]]
    if isinstance(item, Yaml):
        return [copy_of(source, item, None, "")]
    return [[Copied(item.span)]]


def _moved(source: Source, pieces: Items[Piece], by: int) -> list[Piece]:
    """Return the text of an entry, its lines but for the first one indented by `by` spaces more or less."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Copied) and source.line_start(piece.span.start) == piece.span.start:
            found.extend(moved(source, piece.span, by))
        else:
            found.append(piece)
    return found


def _block_need(need: Any, dashes: str) -> str:
    if isinstance(need, str):
        return f"{dashes}- {name_text(need)}\n"
    lines = [f"{key}: {_text(value)}\n" for key, value in need.items()]
    return f"{dashes}- " + f"{dashes}  ".join(lines)


def _text(value: Any, quote: str = "") -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name_text(key, quote)}: {_text(inner, quote)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(inner, quote) for inner in value) + "]"
    return name_text(value, quote) if isinstance(value, str) else str(value).lower()
