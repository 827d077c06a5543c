"""What do the jobs of `parallel` call themselves?

GitLab names them `job 1/3`, or `job: [amd64, web]` for a matrix (https://docs.gitlab.com/ci/yaml/#parallel). Other
jobs may name one of them in `needs` and `dependencies`.
"""

from __future__ import annotations

import re

from kaniko_split.source.patterns import Pattern

_EXPANDED = Pattern(r"(?P<job>.+?)(?P<suffix> \d+/\d+|: \[.*\])", re.DOTALL)


def expanded_name(name: str) -> tuple[str, str] | None:
    """Return the job's own name and the suffix by which GitLab tells its parallel jobs apart; None without a suffix."""
    found = _EXPANDED.fullmatch(name)
    return (found["job"], found["suffix"]) if found is not None else None
