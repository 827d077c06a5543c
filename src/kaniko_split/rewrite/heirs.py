"""How does a job that takes its whole script from elsewhere become one job per image?

It stays as a hidden job with its other keys, and each new job extends that and its part of the shared script.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items

from kaniko_split.plan.inheritance import Way
from kaniko_split.plan.outcome import NewJob, Split
from kaniko_split.rewrite.lines import entry_lines
from kaniko_split.rewrite.needs import needs_pieces
from kaniko_split.rewrite.script_items import CannotLayOutError
from kaniko_split.rewrite.style import extends_text, name_text, shell_text, style_of
from kaniko_split.source.edits import Copied, Edit, Piece, Written
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.nodes import Alias, Entry, Node
from kaniko_split.tree.nodes import Mapping as Yaml


def heir_edits(split: Split, names: Mapping[str, Items[str]]) -> list[Edit]:
    """Return the edits of the job's own file: its key, what it loses, and the new jobs behind it.

    Args:
        split: What was planned.
        names: For each job that is gone, those that stand for it.

    Raises:
        CannotLayOutError: The job's text cannot be divided.
    """
    job, source = split.finding.job, split.finding.job.file.source
    key = job.entry.key
    if isinstance(job.entry.value, Alias) or job.mapping.flow or _begins_on_line(source, key, job.mapping):
        raise CannotLayOutError("flow-layout", key.span.start)
    end = entry_lines(source, job.mapping, job.entry).end
    if split.template is None:
        return [Edit(key.span.start, end, tuple(_without_template(split, names)))]
    lost = job.mapping.entry("extends") if split.drops_extends else None
    if split.home is not None and split.home.way is Way.SCRIPT:
        lost = split.finding.script.entry
    first, *others = split.jobs
    said = _comment_beside(source, lost) if lost is not None else None
    pieces = [*_job(split, first, names, said), *(piece for new in others for piece in _job(split, new, names))]
    edits = [Edit(key.span.start, key.span.end, (Written(name_text(split.template)),))]
    if lost is not None:
        edits.append(_removed(source, split, lost))
    return [*edits, Edit(end, end, tuple(pieces))]


def _begins_on_line(source: Source, key: Node, mapping: Yaml) -> bool:
    start = source.line_start(key.span.start)
    beside = source.text[start : key.span.start].strip()
    return bool(beside) or source.line_start(mapping.entries[0].key.span.start) == start


def _job(split: Split, new: NewJob, names: Mapping[str, Items[str]], comment: Span | None = None) -> list[Piece]:
    style = style_of(split.finding.job)
    head = "\n" * style.gap + " " * style.base + name_text(new.name) + ":\n"
    return [Written(head), *_body(split, new, names, comment)]


def _body(split: Split, new: NewJob, gone: Mapping[str, Items[str]], comment: Span | None = None) -> list[Piece]:
    """Return the keys of a new job; a comment that was beside what they replace is beside the first of them."""
    job = split.finding.job
    style = style_of(job)
    own = [split.template] if split.template is not None else []
    assert split.shared is not None  # noqa: S101 (the script is taken from elsewhere)
    script: list[Piece] = []
    part = split.part(new).name if split.shared.jobs else ""
    if not part:
        script = [Written(_turn(split, new))]
    elif split.drops_extends or split.shared.finding.job.hidden:
        # What is nearest last wins: a part that extends the shared job comes first, one that is a script alone last.
        own = [part, *own] if split.drops_extends else [*own, part]
    else:
        # The part is a job of its own, with keys that are not this job's.
        script = [Written(f"{style.keys}script: !reference [{name_text(part)}, script]\n")]
    pieces: list[Piece] = [Written(extends_text(style, own))] if own else []
    return _with_comment([*pieces, *needs_pieces(split, new, gone), *script], comment)


def _turn(split: Split, new: NewJob) -> str:
    """Return the script of a job that runs one turn of a shared loop, whose words are this job's alone."""
    style, loop = style_of(split.finding.job), split.loop
    assert split.shared is not None and loop is not None  # noqa: S101, PT018 (the plan saw it)
    home, entry = split.shared.finding.job, split.shared.finding.script.entry
    turn = next(number for number, steps in enumerate(split.slices.turns) if new.build in steps)
    heads = [shell_text(one, flow=False) for one in loop.assignments[turn]]
    reference = f"!reference [{name_text(home.name)}, {entry.name if entry is not None else 'script'}]"
    return f"{style.keys}script:\n" + "".join(f"{style.dashes}- {line}\n" for line in (*heads, reference))


def _with_comment(pieces: Items[Piece], comment: Span | None) -> list[Piece]:
    """Put a comment behind the first line."""
    first, *others = pieces
    if comment is None or not isinstance(first, Written):
        return list(pieces)
    line, ended, further = first.text.partition("\n")
    return [Written(line), Copied(comment), Written(ended + further), *others]


def _without_template(split: Split, names: Mapping[str, Items[str]]) -> list[Piece]:
    """Return the new jobs for one that has nothing of its own: the first one takes its place."""
    job, (first, *others) = split.finding.job, split.jobs
    source = job.file.source
    entry = job.mapping.entries[0]
    said = _comment_beside(source, entry)
    if said is None:
        _check_no_comment(source, entry)
    kept = Span(job.entry.key.span.end, entry_lines(source, job.mapping, entry).start)
    head: list[Piece] = [Written(name_text(first.name)), Copied(kept), *_body(split, first, names, said)]
    return [*head, *(piece for new in others for piece in _job(split, new, names))]


def _removed(source: Source, split: Split, entry: Entry) -> Edit:
    """Take an entry out, with the blank lines below it where it is the job's first, else with those above."""
    if _comment_beside(source, entry) is None:
        _check_no_comment(source, entry)
    lines = entry_lines(source, split.finding.job.mapping, entry)
    start, end = lines.start, lines.end
    floor = source.line_end(split.finding.job.entry.key.span.end)
    if start == floor:
        stop = split.finding.job.mapping.span.end
        while end < stop and not source.text[end : source.line_end(end)].strip():
            end = source.line_end(end)
    else:
        while start > floor and not source.text[source.line_start(start - 1) : start].strip():
            start = source.line_start(start - 1)
    return Edit(start, end)


def _comment_beside(source: Source, entry: Entry) -> Span | None:
    """Return the comment behind an entry on one line, with the blanks before it; None where there is no such one."""
    if source.line_start(entry.key.span.start) != source.line_start(entry.value.span.end - 1):
        return None
    end = source.line_end(entry.value.span.end - 1) - 1
    return Span(entry.value.span.end, end) if source.text[entry.value.span.end : end].lstrip().startswith("#") else None


def _check_no_comment(source: Source, entry: Entry) -> None:
    """A comment beside what goes would have to go too, or stand beside something else."""
    lines = source.text[source.line_start(entry.key.span.start) : source.line_end(entry.value.span.end - 1)]
    if any(line.lstrip().startswith("#") or " #" in line for line in lines.split("\n")):
        raise CannotLayOutError("flow-layout", entry.key.span.start, "there is a comment beside it")
