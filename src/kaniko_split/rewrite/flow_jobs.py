"""How does the text of a job in braces become that of a template and the new jobs, in braces too?

A pipeline in JSON stays JSON: each new job has the braces, separators, quotes and lines of the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items

from msgspec.structs import replace

from kaniko_split.plan.outcome import NewJob, Placement, Split
from kaniko_split.rewrite.lines import behind_properties, entry_lines
from kaniko_split.rewrite.needs import needs_in_brackets
from kaniko_split.rewrite.script import ScriptText, script_text
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.rewrite.style import name_text, quote_of, style_of
from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.text import Span
from kaniko_split.tree.comments import comments
from kaniko_split.tree.nodes import Mapping as Yaml
from kaniko_split.tree.nodes import Sequence


def flow_job_edits(split: Split, names: Mapping[str, Items[str]]) -> list[Edit]:
    """Return the edits of the file of a job in braces: the key, the script, and the new jobs after it.

    Args:
        split: What was planned.
        names: For each job that is gone, those that stand for it.

    Raises:
        CannotLayOutError: The job's text cannot be divided.
    """
    return _FlowJobWriter(split, names).edits()


class _FlowJobWriter:
    def __init__(self, split: Split, names: Mapping[str, Items[str]]) -> None:
        job, entry, trace = split.finding.job, split.finding.script.entry, split.finding.trace
        start, root = job.entry.key.span.start, job.file.root
        if entry is None or trace is None:
            raise CannotLayOutError("script-inherited", start)
        if split.home is not None or split.loop is not None or split.placement is Placement.SCRIPT:
            raise CannotLayOutError("flow-layout", start, "its jobs would need `!reference` in braces")
        if root is None or not any(one is job.entry for one in root.entries):
            raise CannotLayOutError("flow-layout", start)
        self._split, self._names, self._job, self._entry = split, names, job, entry
        self._source = source = job.file.source
        self._root: Yaml = root
        whole = Span(start, job.entry.value.span.end)
        inside = [one for one in comments(source.text, job.file.documents) if whole.contains(one)]
        if inside:
            raise CannotLayOutError("flow-layout", inside[0].start, "there is a comment inside of its braces")
        text = script_text(job.file, job.mapping, entry, trace, 0)
        self._script: ScriptText = replace(text, dropped=frozenset(split.slices.dropped), guarded=split.slices.guarded)
        self._quote = quote_of(entry.key)

    def edits(self) -> list[Edit]:
        split, key = self._split, self._job.entry.key
        end = self._job.entry.value.span.end
        first, *others = split.jobs
        if split.template is None:
            behind = [piece for job in others for piece in (*self._between(), *self._new_job(job))]
            return [Edit(key.span.start, end, (*self._new_job(first), *behind))]
        edits = [Edit(key.span.start, key.span.end, (Written(name_text(split.template, quote_of(key))),))]
        edits.extend(self._prelude_edits())
        if self._root.flow:
            pieces = [piece for job in split.jobs for piece in (*self._between(), *self._new_job(job))]
            return [*edits, Edit(end, end, tuple(pieces))]
        # What is beside the old job stays there.
        end = entry_lines(self._source, self._root, self._job.entry).end
        style = style_of(self._job)
        head = Written("\n" * style.gap + " " * style.base)
        pieces = [piece for job in split.jobs for piece in (head, *self._new_job(job), Written("\n"))]
        return [*edits, Edit(end, end, tuple(pieces))]

    def _between(self) -> list[Piece]:
        """Return what parts two jobs: blank lines, or between braces what parts the job from the next key."""
        source, entries, entry = self._source, self._root.entries, self._job.entry
        margin = Span(source.line_start(entry.key.span.start), entry.key.span.start)
        if not self._root.flow:
            return [Written("\n" * (style_of(self._job).gap + 1)), Copied(margin)]
        at = max(1, min(len(entries) - 1, next(number for number, one in enumerate(entries, 1) if one is entry)))
        if at < len(entries):
            between = Span(entries[at - 1].value.span.end, entries[at].key.span.start)
            if "#" not in source.cut(between):
                return [Copied(between)]
        return [Written(", ")] if source.cut(margin).strip() else [Written(",\n"), Copied(margin)]

    def _prelude_edits(self) -> list[Edit]:
        """Return what becomes of the `script` entry in the template."""
        entry, entries, prelude = self._entry, self._job.mapping.entries, self._split.slices.prelude
        if self._split.placement is Placement.BEFORE_SCRIPT:
            name = Written(name_text("before_script", self._quote))
            pieces = (name, Copied(self._script.before_value()), *self._list(self._script, prelude))
            return [Edit(entry.key.span.start, entry.value.span.end, pieces)]
        number = next(number for number, one in enumerate(entries) if one is entry)
        if number:
            removed = Edit(entries[number - 1].value.span.end, entry.value.span.end)
        else:
            removed = Edit(entry.key.span.start, entries[1].key.span.start)
        if self._split.placement is Placement.NOWHERE:
            return [removed]
        before = self._job.mapping.entry("before_script")
        assert before is not None  # noqa: S101 (the plan saw it)
        assert isinstance(before.value, Sequence)  # noqa: S101 (the plan saw it)
        at = before.value.items[-1].span.end
        return [Edit(at, at, (self._separator(before.value), *self._script.inline(prelude))), removed]

    def _list(self, script: ScriptText, numbers: Items[int]) -> list[Piece]:
        """Return the items of a script in brackets, on lines of their own where the old ones are."""
        value = self._entry.value
        if (
            not isinstance(value, Sequence)
            or "\n" not in self._source.text[value.span.start : value.items[0].span.start]
        ):
            return script.brackets(numbers)
        separator = self._separator(value)
        opening, closing = (
            Span(value.span.start, value.items[0].span.start),
            Span(value.items[-1].span.end, value.span.end),
        )
        return [Copied(opening), *script.inline(numbers, separator=separator), Copied(closing)]

    def _separator(self, value: Sequence) -> Piece:
        """Return what parts two items of a list in brackets."""
        first, *others = value.items
        if others:
            return Copied(Span(first.span.end, others[0].span.start))
        blanks = self._source.text[value.span.start + 1 : first.span.start]
        return Written("," + (blanks if "\n" in blanks else " "))

    def _new_job(self, job: NewJob) -> list[Piece]:
        """Return a new job: its name, the old job's braces, and its keys with the old job's separators."""
        split, mapping, entries = self._split, self._job.mapping, self._job.mapping.entries
        key, value = self._job.entry.key, self._job.entry.value
        brace = behind_properties(self._source, mapping)
        opening, colon = Span(brace, entries[0].key.span.start), Copied(self._script.before_value())
        blanks = self._source.text[brace + 1 : opening.end]
        separator: Piece = Written("," + (blanks if "\n" in blanks else " "))
        if len(entries) > 1:
            separator = Copied(Span(entries[0].value.span.end, entries[1].key.span.start))
        pieces: list[Piece] = [
            Written(name_text(job.name, quote_of(key))),
            Copied(Span(key.span.end, value.span.start)),
        ]
        pieces.append(Copied(opening))
        if split.template is not None and split.extends_template:
            name = name_text(split.template, self._quote)
            text = name if style_of(self._job).extends == "scalar" else f"[{name}]"
            pieces.extend((Written(name_text("extends", self._quote)), colon, Written(text), separator))
        if job.needs is not None:
            needs = needs_in_brackets(split, job, self._names, self._quote)
            pieces.extend((Written(name_text("needs", self._quote)), colon, *needs, separator))
        script = replace(self._script, omits=job.omits)
        pieces.extend((Copied(self._entry.key.span), colon, *self._list(script, job.steps)))
        pieces.append(Copied(Span(entries[-1].value.span.end, mapping.span.end)))
        return pieces
