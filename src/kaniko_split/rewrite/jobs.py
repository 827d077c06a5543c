"""How does the text of a job become that of a template and the new jobs?"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kaniko_split.plan.outcome import NewJob, Placement, Split
from kaniko_split.rewrite.lines import (
    blank_lines_at_end,
    dash_column,
    ends_in_kept_block,
    entry_lines,
    moved,
    text_of,
    text_without,
    without_blank_lines,
)
from kaniko_split.rewrite.needs import needs_pieces
from kaniko_split.rewrite.script import ScriptText, StandIn, script_text
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.rewrite.style import Style, extends_text, name_text, shell_text, style_of
from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Entry, Sequence

if TYPE_CHECKING:
    from kaniko_split.detect.loops import Loop


def job_edits(split: Split, names: Mapping[str, Items[str]]) -> list[Edit]:
    """Return the edits of the job's own file: the key, the script, and the new jobs behind it.

    Args:
        split: What was planned.
        names: For each job that is gone, those that stand for it.

    Raises:
        CannotLayOutError: The job's text cannot be divided.
    """
    return _JobWriter(split, names).edits()


class _JobWriter:
    def __init__(self, split: Split, names: Mapping[str, Items[str]]) -> None:
        self._names = names
        finding = split.finding
        job = finding.job
        entry = finding.script.entry
        if entry is None or finding.trace is None:
            raise CannotLayOutError("script-inherited", job.entry.key.span.start)
        self._split = split
        self._job = job
        self._job_trace = finding.trace
        self._source: Source = job.file.source
        self._style: Style = style_of(job)
        self._entry: Entry = entry
        shared = split.home.index if split.home is not None else None
        text = script_text(job.file, job.mapping, entry, finding.trace, self._style.dash, shared)
        self._script: ScriptText = replace(text, dropped=frozenset(split.slices.dropped), guarded=split.slices.guarded)
        self._check_layout()

    def edits(self) -> list[Edit]:
        key = self._job.entry.key
        end = entry_lines(self._source, self._job.mapping, self._job.entry).end
        if self._split.template is None:
            return [Edit(key.span.start, end, tuple(self._without_template()))]
        template = []
        if self._split.template != self._job.name:
            template.append(Edit(key.span.start, key.span.end, (Written(name_text(self._split.template)),)))
        prelude = self._prelude_edits()
        # A `before_script` that ends the job grows at the very place where the new jobs begin.
        here = [edit for edit in prelude if edit.start == edit.end == end]
        others = [edit for edit in prelude if edit not in here]
        pieces = [piece for edit in here for piece in edit.pieces]
        kept = text_without(self._source, Span(key.span.start, end), others)
        # Blank lines below a block that keeps them would change its value, which other jobs may inherit.
        exact = not pieces and ends_in_kept_block(kept)
        for number, job in enumerate(self._split.jobs):
            gap = "" if exact and not number else self._gap(kept + text_of(self._source, pieces))
            pieces.extend(self._job_pieces(job, gap))
        if not pieces:
            return [*template, *others]
        following = self._source.text[end:]
        below = following[: len(following) - len(following.lstrip())].count("\n") if following.strip() else 0
        pieces = without_blank_lines(self._source, pieces, below)
        if following.strip() and not below and self._source.text[:end].endswith("\n\n"):
            # The blank lines above the next entry are those that the old job's last block keeps.
            pieces.append(Written(self._gap(kept + text_of(self._source, pieces))))
        return [*template, *others, Edit(end, end, tuple(pieces))]

    def _without_template(self) -> list[Piece]:
        """Return the new jobs for one that has nothing but a script: the first one takes its place and its line."""
        first, *others = self._split.jobs
        start = self._job.entry.key.span.end
        # What stands between the key and `script:`, comments included, stays where it is.
        kept = Span(start, self._script.lines.start)
        pieces: list[Piece] = [Written(name_text(first.name)), Copied(kept), *self._body(first)]
        for job in others:
            pieces.extend(self._job_pieces(job, self._gap(text_of(self._source, pieces))))
        return pieces

    def _check_layout(self) -> None:
        source, key = self._source, self._job.entry.key
        before = source.text[source.line_start(key.span.start) : key.span.start]
        first = self._job.mapping.entries[0].key.span.start
        if before.strip() or source.line_start(first) == source.line_start(key.span.start):
            raise CannotLayOutError("flow-layout", key.span.start)

    def _prelude_edits(self) -> list[Edit]:
        """Return what becomes of the `script` entry in the template."""
        prelude = self._split.slices.prelude
        loop = self._split.loop
        if loop is not None and self._split.placement is not Placement.SCRIPT:
            return self._prelude_and_body(prelude)
        if loop is not None and not isinstance(self._entry.value, Sequence):
            return [self._script.in_place((*prelude, *self._turns))]
        if loop is not None:
            return [self._kept(None, (*prelude, *self._turns), opens_loop=True)]
        match self._split.placement:
            case Placement.SCRIPT:
                return [self._kept(None, prelude)]
            case Placement.BEFORE_SCRIPT:
                return [self._kept("before_script", prelude)]
            case Placement.APPENDED:
                return [self._appended(prelude), self._removed()]
            case Placement.NOWHERE:
                return [self._removed()]

    @property
    def _turns(self) -> tuple[int, ...]:
        """The statements of the known loop, of all of its iterations."""
        return tuple(number for turn in self._split.slices.turns for number in turn)

    def _prelude_and_body(self, prelude: Items[int]) -> list[Edit]:
        """Keep the body of a loop alone in the template's script, with the prelude before it in `before_script`."""
        style, script, span = self._style, self._script, self._entry.key.span
        if not script.item_spans:
            raise CannotLayOutError("flow-layout", span.start, "a loop and what comes before it are in one text")
        body = script.block(self._turns, script.dash, opens_loop=True)
        if self._split.placement is Placement.BEFORE_SCRIPT:
            kept = self._kept("before_script", prelude)
            return [Edit(kept.start, kept.end, (*kept.pieces, Written(f"{style.keys}script:\n"), *body))]
        edit = Edit(span.start, script.lines.end, (Copied(span), *self._colon(), *body))
        return [edit] if self._split.placement is Placement.NOWHERE else [self._appended(prelude), edit]

    def _kept(self, renamed: str | None, prelude: Items[int], *, opens_loop: bool = False) -> Edit:
        """Keep the entry with the prelude alone, under its own key or a new one."""
        script = self._script
        span = self._entry.key.span
        name: list[Piece] = [Written(renamed)] if renamed else [Copied(span)]
        if script.flow:
            value = self._entry.value.span
            tail = Span(value.end, script.lines.end)
            pieces = [
                *name,
                Copied(script.before_value()),
                *script.brackets(prelude, opens_loop=opens_loop),
                Copied(tail),
            ]
        else:
            pieces = [*name, *self._colon(), *script.block(prelude, script.dash, opens_loop=opens_loop)]
        return Edit(span.start, script.lines.end, tuple(pieces))

    def _removed(self) -> Edit:
        """Take the entry out, with the blank lines above it, or below it where it is the job's first."""
        text, start, end = self._source.text, self._comments_above(), self._script.lines.end
        floor = self._source.line_end(self._job.entry.key.span.end)
        while start > floor and not text[self._source.line_start(start - 1) : start].strip():
            start = self._source.line_start(start - 1)
        if all(line.strip().startswith("#") for line in text[floor:start].splitlines()):
            # The comment that heads the job would seem to speak of the next key.
            start = self._comments_above()
        if start == floor and not text[floor : self._comments_above()].strip():
            stop = self._job.mapping.span.end
            while end < stop and not text[end : self._source.line_end(end)].strip():
                end = self._source.line_end(end)
        return Edit(start, end)

    def _appended(self, prelude: Items[int]) -> Edit:
        """Put the prelude behind the items of the job's own `before_script`."""
        entry = self._job.mapping.entry("before_script")
        assert entry is not None  # noqa: S101 (the plan saw it)
        value = entry.value
        assert isinstance(value, Sequence)  # noqa: S101 (the plan saw it)
        if value.flow:
            pieces = self._script.inline(prelude) if self._script.flow else self._texts(prelude)
            at = value.items[-1].span.end if value.items else value.span.end - 1
            return Edit(at, at, (*([Written(", ")] if value.items else []), *pieces))
        end = entry_lines(self._source, self._job.mapping, entry).end
        return Edit(end, end, tuple(self._script.block(prelude, dash_column(self._source, value))))

    def _texts(self, prelude: Items[int]) -> list[Piece]:
        raise CannotLayOutError(
            "flow-layout", self._entry.key.span.start, f"{len(prelude)} commands would move into brackets"
        )

    def _job_pieces(self, job: NewJob, gap: str) -> list[Piece]:
        """Return a new job's lines, below `gap`."""
        return [Written(gap + " " * self._style.base + name_text(job.name) + ":\n"), *self._body(job)]

    def _gap(self, above: str) -> str:
        """Return the blank lines that part a new job from the text above; a block there may keep some of its own."""
        return "\n" * max(0, self._style.gap - blank_lines_at_end(above))

    def _body(self, job: NewJob) -> list[Piece]:
        style, split = self._style, self._split
        pieces: list[Piece] = []
        if split.template is not None and split.extends_template:
            pieces.append(Written(extends_text(style, (split.template,))))
        pieces.extend(needs_pieces(split, job, self._names))
        pieces.extend(self._job_script(job))
        return pieces

    def _stand_in(self, job: NewJob) -> StandIn | None:
        """Return what the job has in the place of the item that stands for a shared script."""
        split, index = self._split, self._script.taken_over
        if index is None:
            return None
        kept = {self._job_trace.items[self._job_trace.steps[number].item].index for number in split.slices.prelude}
        first = job is split.jobs[0] and index not in kept
        try:
            return StandIn(f"!reference [{name_text(split.part(job).name)}, script]", with_comments=first)
        except KeyError:
            return None

    def _job_script(self, job: NewJob) -> list[Piece]:
        style, script = self._style, replace(self._script, omits=job.omits)
        part = self._stand_in(job)
        loop = self._split.loop
        refers = self._split.placement is Placement.SCRIPT and self._split.refers_to_template and loop is None
        reference = f"!reference [{name_text(self._split.template or '')}, {self._entry.name}]"
        if loop is not None and job.build not in self._split.slices.beside_the_loop:
            return self._turn(job, loop, reference)
        # What was said above or beside `script:` goes with the first script.
        takes_over = self._entry_is_gone() and job is self._split.jobs[0]
        lead = self._lead() if takes_over else []
        if script.flow:
            head = f"{reference}, " if refers and job.steps else reference if refers else ""
            if refers:
                inside = [Written(f": [{head}"), *script.inline(job.steps, part), Written("]")]
            else:
                inside = script.brackets(job.steps, part)
                own_line = isinstance(inside[0], Copied)
                inside = [Copied(script.before_value()) if own_line else Written(": "), *inside]
            return [*lead, Written(f"{style.keys}script"), *inside, *self._comment_beside(job), Written("\n")]
        header: list[Piece] = [Written(f"{style.keys}script:\n")]
        if takes_over:
            header = [*lead, Written(f"{style.keys}script"), *self._colon()]
        dash = self._dash_of_jobs()
        first = [Written(" " * dash + f"- {reference}\n")] if refers else []
        return [*header, *first, *script.block(job.steps, dash, part)]

    def _turn(self, job: NewJob, loop: Loop, reference: str) -> list[Piece]:
        """Return the script of a job that runs one turn of a loop, which stands in the template's script."""
        style, script, slices = self._style, replace(self._script, omits=job.omits), self._split.slices
        turn = next((numbers for numbers in slices.turns if job.build in numbers), ())
        above = [number for number in job.steps if turn and number < turn[0]]
        behind = [number for number in job.steps if number not in {*turn, *above}]
        heads: list[str] = []
        if turn:
            assignments = loop.assignments[slices.turns.index(turn)]
            heads = [*(shell_text(one, flow=script.flow) for one in assignments), reference]
        if script.flow:
            inside = script.inline(behind)
            comma = [Written(", ")] if heads and inside else []
            return [Written(f"{style.keys}script: [{', '.join(heads)}"), *comma, *inside, Written("]\n")]
        dash = self._dash_of_jobs()
        return [
            Written(f"{style.keys}script:\n"),
            *script.block(above, dash),
            Written("".join(" " * dash + f"- {head}\n" for head in heads)),
            *script.block(behind, dash),
        ]

    def _dash_of_jobs(self) -> int:
        return self._script.dash if self._script.item_spans else len(self._style.dashes)

    def _entry_is_gone(self) -> bool:
        gone = self._split.placement in {Placement.NOWHERE, Placement.APPENDED}
        return gone and self._split.loop is None

    def _lead(self) -> list[Piece]:
        """Return the comments right above `script:`, which the template no longer has."""
        if self._split.template is None:
            return []
        lines = self._script.lines
        span = Span(self._comments_above(), lines.start)
        return moved(self._source, span, 0)

    def _comments_above(self) -> int:
        """Return where the comment lines right above the entry begin; a blank line parts them from others."""
        start = self._script.lines.start
        floor = self._source.line_end(self._job.entry.key.span.end)
        while start > floor:
            above = self._source.line_start(start - 1)
            line = self._source.text[above:start]
            deeper = len(line) - len(line.lstrip(" ")) > self._style.base + self._style.step
            if not line.strip().startswith("#") or deeper:
                # A comment that is indented deeper ends the list above.
                break
            start = above
        return start

    def _colon(self) -> list[Piece]:
        header = self._script.header()
        ended = self._source.cut(header[-1]).endswith("\n")
        return [*map(Copied, header), *([] if ended else [Written("\n")])]

    def _comment_beside(self, job: NewJob) -> list[Piece]:
        """Return the comment behind a bracketed script, for the last job when the entry is gone."""
        value = self._entry.value.span
        tail = Span(value.end, self._source.line_end(value.end) - 1)
        if self._entry_is_gone() and job is self._split.jobs[-1] and self._source.cut(tail).strip():
            return [Copied(tail)]
        return []
