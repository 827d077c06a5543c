"""What does a list of script items look like, under another key and with some of its items?"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

from kaniko_split.detect.trace import Trace
from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.rewrite.lines import dash_column, entry_lines, item_lines, moved, without_leading_blanks
from kaniko_split.rewrite.parts import CannotLayOutError, Part, divider, parts_for
from kaniko_split.source.edits import Copied, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.comments import comments
from kaniko_split.tree.nodes import Entry, Mapping, Node, Scalar, Sequence


@dataclass(frozen=True, slots=True)
class ScriptText:
    """A job's `script` as it is written.

    Attributes:
        source: The file.
        trace: Its statements.
        entry: The key with its value.
        lines: All lines of the entry.
        flow: Whether it is a list in brackets.
        item_spans: The lines of each item of a block list.
        dash: The column of its dashes, or where they would stand.
        column: The column that its items' own lines count from: the dashes', or the key's where it is no list.
    """

    source: Source
    trace: Trace
    entry: Entry
    lines: Span
    flow: bool
    item_spans: tuple[Span, ...]
    dash: int
    column: int

    def block(self, numbers: Items[int], dash: int) -> list[Piece]:
        """Return the items that hold the statements `numbers`, as lines of a list with dashes in column `dash`.

        Raises:
            CannotLayOutError: An item cannot be divided.
        """
        pieces: list[Piece] = []
        for part in parts_for(self.trace, numbers):
            if not part.runs and self.item_spans:
                span = self.item_spans[part.index]
                if not pieces:
                    span = without_leading_blanks(self.source, span)
                pieces.extend(moved(self.source, span, dash - self.dash))
            else:
                pieces.extend(self._divided(part, dash, first=not pieces))
        return pieces

    def inline(self, numbers: Items[int]) -> list[Piece]:
        """Return the items that hold the statements `numbers`, as they stand between brackets.

        Raises:
            CannotLayOutError: An item cannot be divided.
        """
        pieces: list[Piece] = []
        for part in parts_for(self.trace, numbers):
            texts: list[list[Piece]]
            if part.runs:
                cutter = divider(self.source, self.trace, part.index, self.column)
                texts = [cutter.inline(run) for run in part.runs]
            else:
                texts = [[Copied(self._node(part.index).span)]]
            for text in texts:
                if pieces:
                    pieces.append(Written(", "))
                pieces.extend(text)
        return pieces

    def header(self) -> Span:
        """Return what follows the key on its line: the colon, and a comment beside it."""
        end = self.entry.key.span.end
        line = self.source.line_end(end)
        colon = self.source.text.find(":", end) + 1
        if isinstance(self.entry.value, Sequence) and not self.flow:
            return Span(end, line)
        return Span(end, colon)

    def _divided(self, part: Part, dash: int, *, first: bool) -> list[Piece]:
        cutter = divider(self.source, self.trace, part.index, self.column)
        every = part.runs or (cutter.steps,)
        pieces = cutter.items(every, dash)
        if self.item_spans and cutter.steps and every[0][0] is cutter.steps[0]:
            # The comments above the item go with its first statement.
            lead = Span(self.item_spans[part.index].start, self.source.line_start(cutter.node.span.start))
            if first:
                lead = without_leading_blanks(self.source, lead)
            pieces = [*moved(self.source, lead, dash - self.dash), *pieces]
        return pieces

    def _node(self, index: int) -> Node:
        value = self.entry.value
        return value.items[index] if isinstance(value, Sequence) else value


def script_text(file: PipelineFile, job: Mapping, entry: Entry, trace: Trace, indent: int) -> ScriptText:
    """Read the layout of a job's `script`.

    Args:
        file: The job's file.
        job: The job's mapping.
        entry: Its `script`.
        trace: Its statements.
        indent: By how much a list of this file is indented under its key, for a script that is no list.

    Raises:
        CannotLayOutError: The layout is one that cannot be divided.
    """
    source, value = file.source, entry.value
    lines = entry_lines(source, job, entry)
    if source.text[lines.start : entry.key.span.start].strip():
        raise CannotLayOutError("flow-layout", entry.key.span.start)
    column = entry.key.span.start - lines.start
    if isinstance(value, Sequence) and not value.flow:
        if source.line_start(value.span.start) == lines.start and value.anchor is None:
            raise CannotLayOutError("flow-layout", value.span.start)
        spans = item_lines(source, value, lines.end)
        dash = dash_column(source, value)
        return ScriptText(source, trace, entry, lines, flow=False, item_spans=spans, dash=dash, column=dash)
    if isinstance(value, Sequence):
        inside = [span for span in comments(source.text, file.documents) if value.span.contains(span)]
        if inside:
            raise CannotLayOutError("flow-layout", inside[0].start, "there is a comment inside of its brackets")
        dash = column + indent
        return ScriptText(source, trace, entry, lines, flow=True, item_spans=(), dash=dash, column=column)
    if not isinstance(value, Scalar):
        raise CannotLayOutError("flow-layout", value.span.start)
    dash = column + indent
    return ScriptText(source, trace, entry, lines, flow=False, item_spans=(), dash=dash, column=column)
