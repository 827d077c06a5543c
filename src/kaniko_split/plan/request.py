"""What does the user ask of the plan?"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from msgspec import Struct, field

from kaniko_split.detect.findings import Finding
from kaniko_split.gitlab.mentions import Mentions
from kaniko_split.plan.names import NamePatterns


class Request(Struct, frozen=True, eq=False, kw_only=True):
    """What the user asks of the plan.

    Attributes:
        select: Job names or patterns; with none, every job is meant.
        ignore: Names or patterns of the jobs that are not meant.
        files: The files whose jobs are meant, by name; None for all.
        names: How the new jobs are to be called.
        cached_only: Whether only jobs that use Kaniko's cache are meant.
        keep_order: Whether each new job waits for the one before it, though nothing of it is used.
        links: Gives the folders of the repository that are symbolic links; asked only where it matters.
        read: Gives the text of a file of the repository, by name; None where there is none. It has no default: a
            Dockerfile that nobody can read would lose the order that it asks for.
        elsewhere: Gives the root of another pipeline of the repository that has a file too, by name, or None.
        mentions: Gives the places of the repository that speak of a job, by its name.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    files: frozenset[str] | None = None
    names: NamePatterns = field(default_factory=NamePatterns)
    cached_only: bool = False
    keep_order: bool = False
    links: Callable[[], frozenset[str]] = frozenset
    read: Callable[[str], str | None]
    elsewhere: Callable[[str], str | None] = lambda _: None
    mentions: Callable[[str], Mentions] = lambda _: Mentions()

    def means(self, finding: Finding) -> bool:
        """Tell whether the finding is one that the user asked for."""
        if self.files is not None and finding.job.file.name not in self.files:
            return False
        if self.cached_only and finding.cached is not True:
            return False
        if any(fnmatchcase(finding.job.name, one) for one in self.ignore):
            return False
        return not self.select or any(fnmatchcase(finding.job.name, one) for one in self.select)
