"""How does a list of commands outside of any job become hidden jobs with a part of it each?

`.commands: &commands` with a list under it is no job, but jobs may take it over by `*commands` or `!reference`.
"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.plan.outcome import NewJob, Split
from kaniko_split.rewrite.lines import entry_lines
from kaniko_split.rewrite.script import ScriptText, script_text
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.rewrite.style import Style, name_text, style_of
from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Mapping, Sequence

# Where neither a job nor the list itself shows by how much a file indents.
_STEP = 2


def list_edits(split: Split) -> list[Edit]:
    """Return the edits of the list's file: what is left of it, and the hidden jobs behind or in its place.

    Raises:
        CannotLayOutError: The list's text cannot be divided.
    """
    job, trace = split.finding.job, split.finding.trace
    source, entry = job.file.source, job.entry
    assert trace is not None  # noqa: S101 (what cannot be read is refused)
    if not isinstance(entry.value, Sequence) or entry.value.flow:
        raise CannotLayOutError("flow-layout", entry.key.span.start)
    own = style_of(job)
    style = replace(own, step=_step(job.file) or own.dash or _STEP)
    text = script_text(job.file, job.mapping, entry, trace, style.dash)
    script = replace(text, dropped=frozenset(split.slices.dropped), guarded=split.slices.guarded)
    lines = entry_lines(source, job.mapping, entry)
    rest = f"*{entry.value.anchor}" if entry.value.anchor else f"!reference [{name_text(job.name)}]"
    reference = rest if split.refers_to_template else None
    first, *others = split.jobs
    if split.template is None:
        header = "".join(source.cut(span) for span in script.header())
        if "#" in header:
            raise CannotLayOutError("flow-layout", entry.key.span.start, "there is a comment beside its name")
        end = entry.key.span.end
        colon = Copied(Span(end, source.text.find(":", end) + 1))
        pieces = [Written(name_text(first.name)), colon, Written("\n"), *_body(script, style, first, None)]
        behind = [piece for one in others for piece in _part(script, style, one, None)]
        return [Edit(entry.key.span.start, lines.end, (*pieces, *behind))]
    kept = script.block(split.slices.prelude, script.dash)
    behind = [piece for one in split.jobs for piece in _part(script, style, one, reference)]
    start = _first_item(source, script)
    return [Edit(start, lines.end, (*kept, *behind))]


def _part(script: ScriptText, style: Style, job: NewJob, reference: str | None) -> list[Piece]:
    head = "\n" * style.gap + " " * style.base + name_text(job.name) + ":\n"
    return [Written(head), *_body(script, style, job, reference)]


def _body(script: ScriptText, style: Style, job: NewJob, reference: str | None) -> list[Piece]:
    first = f"{style.dashes}- {reference}\n" if reference is not None else ""
    return [
        Written(f"{style.keys}script:\n{first}"),
        *replace(script, omits=job.omits).block(job.steps, len(style.dashes)),
    ]


def _first_item(source: Source, script: ScriptText) -> int:
    """Return where the lines of the first item begin, behind the key's own line."""
    start = script.item_spans[0].start
    return start if source.line_start(start) == start else source.line_end(start)


def _step(file: PipelineFile) -> int:
    """Return by how much the keys of this file's jobs are indented; 0 where it has none."""
    for entry in file.root.entries if file.root is not None else ():
        if isinstance(entry.value, Mapping) and not entry.value.flow:
            first, own = entry.value.entries[0].key.span.start, entry.key.span.start
            return (first - file.source.line_start(first)) - (own - file.source.line_start(own))
    return 0
