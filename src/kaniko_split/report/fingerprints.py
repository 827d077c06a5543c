"""Which name does a finding keep, when lines move and verdicts change?"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from msgspec import Struct, field

from kaniko_split.report.wording import RULE


class Fingerprints(Struct):
    """The names that were given in one run."""

    _taken: set[str] = field(default_factory=set)

    def name(self, repository: str, path: str, job: str) -> str:
        """Return a name made from what does not move when lines do; a number is added where two would be the same.

        Args:
            repository: As a document calls it.
            path: The job's file, from the repository's root.
            job: The job.
        """
        whole = PurePosixPath(repository, path).as_posix()
        salt = 0
        while True:
            parts = [RULE, whole, job, *([str(salt)] if salt else [])]
            name = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]
            if name not in self._taken:
                self._taken.add(name)
                return name
            salt += 1
