"""Which jobs does a comment leave out, and which such comments leave out nothing?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaniko_split.detect.findings import Finding
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Place
from kaniko_split.tree.comments import comments

_IGNORE = Pattern(r"#\s*kaniko-split:\s*ignore\b")
# A text without these words has no such comment.
_WORDS = "kaniko-split:"


def is_ignored(finding: Finding) -> bool:
    """Tell whether `# kaniko-split: ignore` stands at the end of the job's key line, or alone above it."""
    return _comment_of(finding) is not None


def unused_ignores(pipeline: Pipeline, findings: Sequence[Finding]) -> tuple[Place, ...]:
    """Return where a comment would leave out a job in which nothing was found, or stands by no job at all.

    Args:
        pipeline: All files of the pipeline.
        findings: All that was found in it, asked for or not.
    """
    used = {(finding.job.file.name, _comment_of(finding)) for finding in findings}
    return tuple(
        file.place(offset)
        for file in pipeline.files
        for offset in _comments_in(file)
        if (file.name, offset) not in used
    )


def _comments_in(file: PipelineFile) -> Iterator[int]:
    if _WORDS in file.source.text:
        for span in comments(file.source.text, file.documents):
            if _IGNORE.match(file.source.cut(span)):
                yield span.start


def _comment_of(finding: Finding) -> int | None:
    """Return the offset of the comment that leaves a job out."""
    source = finding.job.file.source
    key = finding.job.entry.key.span
    start = source.line_start(key.start)
    mark = source.text.find("#", key.end, source.line_end(start))
    if mark >= 0 and _IGNORE.match(source.text, mark):
        return mark
    while start > 0:
        above = source.line_start(start - 1)
        mark = above + len(source.text[above:start]) - len(source.text[above:start].lstrip(" \t"))
        if not source.text.startswith("#", mark):
            return None
        if _IGNORE.match(source.text, mark):
            return mark
        start = above
    return None
