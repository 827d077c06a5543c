"""How is a job's list of `needs` written, in the habits of its file?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Items
from dataclasses import replace

from kaniko_split.gitlab.parallel import expanded_name
from kaniko_split.plan.needs import Need
from kaniko_split.rewrite.lines import dash_column, moved
from kaniko_split.rewrite.references import copy_of
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.rewrite.style import Style, name_text
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Alias, Entry, Node, Scalar, followed, walk
from kaniko_split.tree.nodes import Mapping as Yaml
from kaniko_split.tree.nodes import Sequence as NodeList


def needs_pieces(
    source: Source, style: Style, own: Entry | None, needs: Items[Need], names: Mapping[str, Items[str]]
) -> list[Piece]:
    """Return the lines of a job's `needs`.

    Args:
        source: The file.
        style: Its habits.
        own: The old job's `needs`, whose entries come first; None where they do not.
        needs: The entries to add.
        names: For each job that is gone, those that stand for it.

    Raises:
        CannotLayOutError: An entry of the old list cannot be written twice.
    """
    added = [replace(need, job=name) for need in needs for name in names.get(need.job, (need.job,))]
    kept: list[Piece] = []
    if own is not None and isinstance(own.value, NodeList):
        copies = [copy for item in own.value.items for copy in _copies(source, item, names)]
        if own.value.flow:
            inside = [piece for copy in copies for piece in (*copy, Written(", "))]
            last = ", ".join(_flow_need(need) for need in added)
            return [Written(f"{style.keys}needs: ["), *inside, Written(f"{last}]\n")]
        by = len(style.dashes) - dash_column(source, own.value)
        for item, copy in _copies_of_lines(source, own.value, names):
            start = source.line_start(item.span.start)
            if "-" not in source.text[start : item.span.start]:
                raise CannotLayOutError("needs-written-twice", item.span.start, "it stands below its dash")
            kept.extend((*moved(source, Span(start, item.span.start), by), *_moved(source, copy, by), Written("\n")))
    lines = "".join(_block_need(need, style.dashes) for need in added)
    return [Written(f"{style.keys}needs:\n"), *kept, Written(lines)]


def _copies_of_lines(
    source: Source, value: NodeList, names: Mapping[str, Items[str]]
) -> Iterator[tuple[Node, list[Piece]]]:
    for item in value.items:
        for copy in _copies(source, item, names):
            yield item, copy


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


def _block_need(need: Need, dashes: str) -> str:
    if need.artifacts is None and need.optional is None:
        return f"{dashes}- {name_text(need.job)}\n"
    text = f"{dashes}- job: {name_text(need.job)}\n"
    if need.artifacts is not None:
        text += f"{dashes}  artifacts: {str(need.artifacts).lower()}\n"
    if need.optional is not None:
        text += f"{dashes}  optional: {str(need.optional).lower()}\n"
    return text


def _flow_need(need: Need) -> str:
    if need.artifacts is None and need.optional is None:
        return name_text(need.job)
    keys = [f"job: {name_text(need.job)}"]
    if need.artifacts is not None:
        keys.append(f"artifacts: {str(need.artifacts).lower()}")
    if need.optional is not None:
        keys.append(f"optional: {str(need.optional).lower()}")
    return "{" + ", ".join(keys) + "}"
