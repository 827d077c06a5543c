"""Where did each old character go, and where did each new one come from?

The new text may hold spans of the old one and words from a closed list; an old character may be missing only
where it is one of those words, a separator of the shell or of YAML, or a statement that the plan left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from kaniko_split.gitlab.resolve import effective_job
from kaniko_split.plan.inheritance import Way
from kaniko_split.plan.outcome import Split
from kaniko_split.rewrite.rewriting import Rewritten
from kaniko_split.rewrite.style import name_text
from kaniko_split.shell.parse import ShellSyntaxError, parse
from kaniko_split.source.edits import Copied, Written, ordered
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Source, Span, write_source
from kaniko_split.tree.comments import comments
from kaniko_split.tree.compose import compose
from kaniko_split.tree.nodes import Scalar, Style, walk
from kaniko_split.tree.nodes import Sequence as NodeList

if TYPE_CHECKING:
    from kaniko_split.detect.loops import Loop

_OWN_WORDS = frozenset(
    {
        "extends",
        "needs",
        "script",
        "before_script",
        "!reference",
        "job",
        "artifacts",
        "optional",
        "true",
        "false",
    }
)
# What a chain becomes that a test may leave a build out of.
_GUARD_WORDS = frozenset({"if ", "; then", "; fi", "fi"})
_MARKS = Pattern(r"[\s\[\]{},:'\"]+|-(?=\s|$)|>-|\|")
# Line breaks that are none: the shell's, and in double quotes YAML's, with those that it writes as `\n`.
_CONTINUATION = Pattern(r"\\\n")
_MAY_BE_BESIDE = Pattern(r"\S[ \t]+#")
_SHELL_COMMENT = Pattern(r"\s*(#.*?)\s*")
_ESCAPED_BREAK = Pattern(r"\\(?:\n|n)")
_SEPARATORS = Pattern(r"[\s\[\],;'\"]+|&&|-(?=\s|$)|[|>][-+0-9]*(?=\s|$)|\bscript\b[\"']?\s*:?")


def check_accounts(rewritten: Rewritten, splits: Sequence[Split]) -> Iterator[str]:
    """Yield what is wrong with the edits of one file; nothing where every character is accounted for."""
    # A script that several jobs share is split once.
    every = list({id(one): one for split in splits for one in split.every}.values())
    yield from _check_written(rewritten, every)
    yield from _check_dropped(rewritten, every)
    yield from _check_lines(rewritten)
    yield from check_comments(rewritten.before, rewritten.after)


def check_comments(before: Source, after: Source) -> Iterator[str]:
    """Yield each comment, of YAML or of the shell, that is not in the new text as often as in the old one."""
    old, new = _comments(before), _comments(after)
    for text in sorted(old.keys() | new.keys()):
        if old[text] != new[text]:
            yield f"the comment `{text}` stood {old[text]} times and now stands {new[text]} times"


def _comments(source: Source) -> Counter[str]:
    found = [source.cut(span).rstrip() for span in comments(source.text, compose(source.text))]
    # Those of the shell, inside of block scalars, are lines that begin with the mark, or stand beside a command.
    lines = map(_SHELL_COMMENT.fullmatch, source.text.split("\n"))
    shell = Counter(str(match[1]) for match in lines if match is not None)
    return (Counter(found) | shell) + Counter(_beside_commands(source))


def _beside_commands(source: Source) -> Iterator[str]:
    """Yield the shell's comments that stand behind a command on its line, in texts that are blocks."""
    for document in compose(source.text):
        for node in walk(document.root) if document.root is not None else ():
            if not isinstance(node, Scalar) or not node.style.is_block or not _MAY_BE_BESIDE.search(node.value):
                continue
            try:
                script = parse(node.value)
            except ShellSyntaxError:
                continue
            for span in script.comments:
                line = node.value.rfind("\n", 0, span.start) + 1
                if node.value[line : span.start].strip():
                    yield node.value[span.start : span.end].rstrip()


def _check_written(rewritten: Rewritten, splits: Sequence[Split]) -> Iterator[str]:
    names = {split.template for split in splits if split.template} | {
        job.name for split in splits for job in split.jobs
    }
    names |= {need.job for split in splits for job in split.jobs for need in job.needs or ()}
    names |= {word for split in splits for word in _needs_written_out(split)}
    # A shared script may stand under a key of another name than `script`.
    names |= {entry.name for split in splits if (entry := split.finding.script.entry) is not None}
    turns = {one for split in splits if split.loop is not None for turn in split.loop.assignments for one in turn}
    # What is left of a list is taken over as the list was.
    turns |= {f"*{anchor}" for split in splits if (anchor := _anchor(split)) is not None}
    allowed = sorted((name_text(name, quote) for name in names for quote in ("", "'", '"')), key=len, reverse=True)
    if any(split.slices.guarded for split in splits):
        turns |= _GUARD_WORDS
    words = (*allowed, *sorted(_OWN_WORDS, key=len, reverse=True))
    longest = sorted(turns, key=len, reverse=True)
    for edit in rewritten.edits:
        for piece in edit.pieces:
            if isinstance(piece, Written):
                rest = piece.text
                for one in longest:
                    rest = rest.replace(one, " ")
                for name in words:
                    rest = _without(rest, name)
                rest = _MARKS.sub("", rest)
                if rest:
                    yield f"the new text holds `{rest}`, which is neither old nor a word that a split writes"


def _needs_written_out(split: Split) -> Iterator[str]:
    """Yield the words of a list of `needs` that the old job inherits, where a new job has a list of its own."""
    job, entry = split.finding.job, split.finding.job.mapping.entry("needs")
    own = entry is not None and isinstance(entry.value, NodeList) and entry.value.tag is None
    if not own and any(new.keeps_needs for new in split.jobs):
        yield from _words_of(effective_job(split.finding.pipeline, job.name)["needs"])


def _words_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (word for pair in value.items() for inner in pair for word in _words_of(inner))
    elif isinstance(value, list):
        yield from (word for inner in value for word in _words_of(inner))
    else:
        yield str(value)


def _check_dropped(rewritten: Rewritten, splits: Sequence[Split]) -> Iterator[str]:
    text = rewritten.before.text
    words = {" ".join(one.split()) for split in splits for one in _left_out(split)}
    left_out = sorted(words - {""}, key=len, reverse=True)
    used = sorted(
        (piece.span.start, piece.span.end)
        for edit in rewritten.edits
        for piece in edit.pieces
        if isinstance(piece, Copied)
    )
    quoted = sorted(
        (
            node.span
            for document in compose(text)
            for node in (walk(document.root) if document.root is not None else ())
            if isinstance(node, Scalar) and node.style is Style.DOUBLE
        ),
        key=lambda span: span.start,
    )
    for edit in ordered(rewritten.edits):
        at = edit.start
        for start, end in (*used, (edit.end, edit.end)):
            if end < at or start > edit.end:
                continue
            if start > at:
                yield from _check_gap(text, Span(at, start), left_out, quoted)
            at = max(at, end)


def _without(text: str, word: str) -> str:
    """Return `text` without `word`, wherever it stands there as a word of its own."""
    # Few of all words stand in one piece, and a search is cheaper than an expression.
    return re.sub(rf"(?<![\w.-]){re.escape(word)}(?![\w.-])", " ", text) if word in text else text


def _check_gap(text: str, gap: Span, left_out: Iterable[str], quoted: Iterable[Span]) -> Iterator[str]:
    # A folded text has its line breaks elsewhere than its value.
    rest = " ".join(_without_breaks(text, gap, quoted).split())
    for word in left_out:
        rest = _without(rest, word)
    rest = _SEPARATORS.sub("", rest)
    if rest.strip():
        yield f"`{' '.join(text[gap.start : gap.end].split())}` is in the old text and not in the new one"


def _without_breaks(text: str, gap: Span, quoted: Iterable[Span]) -> str:
    """Return the text of a gap with a blank for what breaks a line in it, also as double quotes write it."""
    found, at = "", gap.start
    for span in quoted:
        start, end = max(span.start, at), min(span.end, gap.end)
        if start < end:
            found += _CONTINUATION.sub(" ", text[at:start]) + _ESCAPED_BREAK.sub(" ", text[start:end])
            at = end
    return found + _CONTINUATION.sub(" ", text[at : gap.end])


def _left_out(split: Split) -> Iterator[str]:
    """Yield what the plan says is gone: the old name where it was a name, and the detours of the shell."""
    job = split.finding.job
    yield job.file.source.cut(job.entry.key.span)
    if split.template is None and (anchor := _anchor(split)) is not None:
        yield f"&{anchor}"
    if split.drops_extends and (extends := job.mapping.entry("extends")) is not None:
        # Each part of the shared script extends the shared job.
        yield job.file.source.cut(Span(extends.key.span.start, extends.value.span.end))
    if split.home is not None and split.finding.script.entry is not None and split.home.way is not Way.KEYS:
        # What stood for the shared script; the new jobs have a part of it each.
        value = split.finding.script.entry.value
        taken = value.items[split.home.index or 0] if isinstance(value, NodeList) and not value.tag else value
        yield job.file.source.cut(taken.span)
    for reference in split.references:
        yield reference.file.source.cut(reference.name.span)
    trace = split.finding.trace
    if trace is not None:
        for number in split.slices.dropped:
            span = trace.steps[number].span
            yield from _as_written(trace.script.text[span.start : span.end])
    if split.loop is not None:
        for words in _loop_words(split.loop):
            yield from _as_written(words)


def _as_written(text: str) -> tuple[str, ...]:
    """Return a text of the shell as YAML writes it: plain, in double quotes and in single quotes."""
    return text, text.replace("\\", "\\\\").replace('"', '\\"'), text.replace("'", "''")


def _loop_words(loop: Loop) -> Iterator[str]:
    """Yield what is around the body of a loop, line by line; a line that goes on with the next one along with it."""
    before = ""
    for line in (*loop.frame, *(line.partition(" #")[0] for line in loop.frame if " #" in line)):
        before += line.removesuffix("\\").strip("; \t") + " "
        if not line.endswith("\\"):
            yield before
            before = ""


def _anchor(split: Split) -> str | None:
    """Return the anchor of a list of commands that stands beside the jobs."""
    entry = split.finding.script.entry
    beside = entry is split.finding.job.entry and entry is not None
    return entry.value.anchor if beside and entry is not None and isinstance(entry.value, NodeList) else None


def _check_lines(rewritten: Rewritten) -> Iterator[str]:
    """Every line that no edit touches must be in the new bytes, in its old place among such lines."""
    source = rewritten.before
    touched: set[int] = set()
    for edit in ordered(rewritten.edits):
        if edit.start == edit.end and edit.start == source.line_start(edit.start):
            continue
        last = max(edit.start, edit.end - 1)
        touched.update(range(source.place(edit.start).line, source.place(last).line + 1))
    old = write_source(source).split(b"\n")
    new = iter(write_source(rewritten.after).split(b"\n"))
    for number, line in enumerate(old, 1):
        if number in touched or (number == len(old) and not line):
            continue
        if not any(line == other or (number == len(old) and other.rstrip(b"\r") == line) for other in new):
            yield f"line {number} of {rewritten.name} is no edit's and is not in the new text"
            return
