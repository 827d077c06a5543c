"""What is there to say of one reason for which a job is not split?"""

from __future__ import annotations

from msgspec import Struct


class RefusalCode(Struct, frozen=True):
    """One reason for which a job stays as it is.

    Attributes:
        code: The name to look it up by.
        summary: The reason in one sentence without a full stop, to stand after `file:line:column: job: `.
        looks_like: A pipeline in YAML with a job that is refused for this reason.
        why: What would go wrong.
        by_hand: What a person can do.
    """

    code: str
    summary: str
    looks_like: str
    why: str
    by_hand: str
