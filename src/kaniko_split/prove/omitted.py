"""Does a job leave out a command that may change what the job keeps?"""
from __future__ import annotations
from collections.abc import Iterator, Mapping
from kaniko_split.prove.replay import Run


def check_omitted(old: Run, new: Mapping[str, Run], waits: Mapping[str, frozenset[str]]) -> Iterator[str]:
    return iter(())
