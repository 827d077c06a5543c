"""Of which statement does a comment of the shell speak?"""

from __future__ import annotations

from kaniko_split.detect.trace import Step, Trace
from kaniko_split.source.text import Span


def spoken_of(trace: Trace, comment: Span) -> Step | None:
    """Return the statement that a comment stands beside or above; the last one before it where none follows.

    Behind `&&` it speaks of what follows. None where its item has no statement.

    Args:
        trace: A script.
        comment: One of its comments, in characters of the trace's text.
    """
    item = trace.item_at(comment.start)
    steps = [step for step in trace.steps if step.item == item]
    begun = [step for step in steps if step.span.start <= comment.start]
    behind = [step for step in steps if step.span.start > comment.start]
    between = trace.script.text[min(begun[-1].span.end, comment.start) : comment.start] if begun else "\n"
    if begun and (not behind or not ("\n" in between or "&&" in between)):
        return begun[-1]
    return behind[0] if behind else None
