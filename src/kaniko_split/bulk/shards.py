"""Which share of the repositories is this machine's?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping


def shard_from(given: str | None, environment: Mapping[str, str]) -> tuple[int, int] | None:
    """Return I and N of `--shard I/N`, else those that GitLab gives a job with `parallel: N`, else 1 and 1.

    None where `given` cannot be read. See CI_NODE_INDEX at https://docs.gitlab.com/ci/variables/predefined_variables/.
    """
    if given is None:
        index, total = environment.get("CI_NODE_INDEX", ""), environment.get("CI_NODE_TOTAL", "")
        given = f"{index}/{total}" if index.isdecimal() and total.isdecimal() else "1/1"
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", given)
    if match is None:
        return None
    share, shares = int(match[1]), int(match[2])
    return (share, shares) if 1 <= share <= shares else None


def is_in(name: str, shard: tuple[int, int]) -> bool:
    """Tell whether the repository called `name` is in share I of N; no other repository has a say in that."""
    number = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8])
    return number % shard[1] == shard[0] - 1
