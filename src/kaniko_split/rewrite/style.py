"""How does this file lay out its YAML, so that new lines look like its own?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence as Items
from itertools import pairwise

from msgspec import Struct

from kaniko_split.gitlab.pipeline import Job, PipelineFile
from kaniko_split.rewrite.lines import behind_properties
from kaniko_split.source.patterns import Pattern
from kaniko_split.tree.nodes import Entry, Mapping, Node, Scalar, Sequence, followed, walk

_NOT_PLAIN_AT_START = Pattern(r"[-?:](?:\s|$)|[\[\]{}&*!|>'\"%@`#,]")
_NOT_PLAIN_INSIDE = Pattern(r":(?:\s|$)|\s#|\t")
_ENDS_IN_BRACKETS = Pattern(r"[\[\]{},]")
_PLAIN = Pattern(r"[A-Za-z0-9_./][A-Za-z0-9_./ -]*(?:[A-Za-z0-9_./-])?")
_MEANS_SOMETHING_ELSE = Pattern(r"(?i)(?:true|false|yes|no|on|off|null|~|y|n|[-+.0-9_,:]+|0x[0-9a-f]+)")


class Style(Struct, frozen=True, eq=False):
    """The habits that new lines follow; columns count spaces.

    Attributes:
        base: The column of the job's key.
        step: By how much a job's keys are indented.
        dash: By how much the dashes of a list are indented under their key.
        extends: How `extends` is written: `scalar`, `block` or `flow`.
        gap: How many blank lines stand between two jobs.
    """

    base: int
    step: int
    dash: int
    extends: str
    gap: int

    @property
    def keys(self) -> str:
        """The indentation of a job's keys."""
        return " " * (self.base + self.step)

    @property
    def dashes(self) -> str:
        """The indentation of the dashes of a list under one of them."""
        return " " * (self.base + self.step + self.dash)


def style_of(job: Job) -> Style:
    """Return the habits of the job's file, the job's own first."""
    file = job.file
    base = _column(file, job.entry.key)
    step = _column(file, job.mapping.entries[0].key) - base
    return Style(
        base=base,
        step=max(step, 1),
        dash=_dash(file, job, step),
        extends=_habit(file, "extends", "scalar" if job.mapping.flow else "block"),
        gap=_gap(file),
    )


def extends_text(style: Style, names: Items[str]) -> str:
    """Return the lines by which a job extends `names`, the nearest last."""
    texts = [name_text(name) for name in names]
    if style.extends == "block":
        return f"{style.keys}extends:\n" + "".join(f"{style.dashes}- {text}\n" for text in texts)
    if style.extends == "scalar" and len(texts) == 1:
        return f"{style.keys}extends: {texts[0]}\n"
    return f"{style.keys}extends: [{', '.join(texts)}]\n"


def quote_of(node: Node) -> str:
    """Return the quote that a key or name is written in; none where it is plain."""
    return node.style.value if isinstance(node, Scalar) and node.style.value in "'\"" else ""


def name_text(name: str, quote: str = "") -> str:
    """Return a job's name as YAML, in the quotes given, or in quotes where plain text would not do."""
    if not quote and _PLAIN.fullmatch(name) and not _MEANS_SOMETHING_ELSE.fullmatch(name):
        return name
    if quote == "'":
        return "'" + name.replace("'", "''") + "'"
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shell_text(text: str, *, flow: bool) -> str:
    """Return one short shell command as YAML, plain where that will do, between brackets too if `flow`."""
    if is_plain(text) and not (flow and _ENDS_IN_BRACKETS.search(text)):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_plain(text: str) -> bool:
    """Tell whether `text` may stand as a plain scalar in a block list, and means itself there."""
    if not text or _NOT_PLAIN_AT_START.match(text) or _NOT_PLAIN_INSIDE.search(text) or text != text.strip():
        return False
    return not text.endswith(":") and not _MEANS_SOMETHING_ELSE.fullmatch(text)


def _column(file: PipelineFile, node: Node) -> int:
    return node.span.start - file.source.line_start(node.span.start)


def _dash(file: PipelineFile, job: Job, step: int) -> int:
    own = list(_dash_offsets(file, job.mapping))
    found = own or (list(_dash_offsets(file, file.root)) if file.root is not None else [])
    return Counter(found).most_common(1)[0][0] if found else step


def _dash_offsets(file: PipelineFile, root: Node) -> Iterator[int]:
    """Yield, for each block list in a mapping, how far its dashes are indented under the key."""
    for node in walk(root):
        if not isinstance(node, Mapping) or node.flow:
            continue
        for entry in node.entries:
            value = entry.value
            if isinstance(value, Sequence) and not value.flow and value.items:
                first = file.source.text.find("-", behind_properties(file.source, value))
                yield first - file.source.line_start(first) - _column(file, entry.key)


def _values(file: PipelineFile, keyword: str) -> Iterator[Node]:
    if file.root is None:
        return
    for entry in file.root.entries:
        mapping = followed(entry.value)
        if isinstance(mapping, Mapping):
            found = mapping.entry(keyword)
            if found is not None:
                yield found.value


def _habit(file: PipelineFile, keyword: str, default: str) -> str:
    kinds = Counter(_kind(node) for node in _values(file, keyword))
    return kinds.most_common(1)[0][0] if kinds else default


def _kind(node: Node) -> str:
    if isinstance(node, Scalar):
        return "scalar"
    return "flow" if isinstance(node, Sequence) and node.flow else "block"


def _gap(file: PipelineFile) -> int:
    """Return how many blank lines most often stand before a job and its comments, else before any top-level key."""
    source = file.source
    counts: Counter[int] = Counter()
    entries = file.root.entries if file.root is not None else ()
    among_jobs = [two for one, two in pairwise(entries) if _is_block(one) and _is_block(two)]
    for entry in among_jobs or [one for one in entries[1:] if _is_block(one)] or entries[1:]:
        at = source.line_start(entry.key.span.start)
        blank = 0
        while at > 0:
            start = source.line_start(at - 1)
            line = source.text[start : at - 1].strip()
            if not line:
                blank += 1
            elif blank or not line.startswith("#"):
                break
            at = start
        counts[blank] += 1
    return counts.most_common(1)[0][0] if counts else 1


def _is_block(entry: Entry) -> bool:
    return isinstance(entry.value, Mapping) and not entry.value.flow
