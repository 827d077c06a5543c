"""Where do files of a repository speak of a job, other than where GitLab itself looks it up?

Links to the latest artifacts (`?job=NAME`, https://docs.gitlab.com/ci/jobs/job_artifacts/), scripts, documents, and
the child pipelines that fetch its artifacts (`needs:pipeline:job`). They are not edited; a person has to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from urllib.parse import quote, quote_plus

from msgspec import Struct

from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.source.repository import Repository
from kaniko_split.source.text import Place
from kaniko_split.tree.nodes import Mapping, Scalar, followed, walk

# More than this many are not listed, and so many small files are read and no more.
MOST = 20
MOST_FILES = 20_000
LARGEST = 1024 * 1024
LARGEST_TOGETHER = 32 * 1024 * 1024


class Mentions(Struct, frozen=True, eq=False):
    """The places that speak of a job, file by file; `more` where the list was cut short."""

    places: tuple[Place, ...] = ()
    more: bool = False


class Surroundings(Struct, frozen=True, eq=False, dict=True):
    """The small text files of a repository; they are read once, when they are first asked for."""

    repository: Repository

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """The names and texts, within the limits above."""
        found: list[tuple[str, str]] = []
        left = LARGEST_TOGETHER
        for number, name in enumerate(self.repository.every_name()):
            if number >= MOST_FILES or left <= 0:
                break
            text = self.repository.small_text(name, LARGEST)
            if text is not None:
                found.append((name, text))
                left -= len(text)
        return tuple(found)

    def mentions(self, job: str, own: Iterable[str], others: Iterable[PipelineFile]) -> Mentions:
        """Return where the job is spoken of.

        Args:
            job: Its name.
            own: The files of its pipeline: there GitLab's own references are known, and links alone are looked for.
            others: The files of the repository's other pipelines, whose jobs may have the same name.
        """
        own = set(own)
        elsewhere = {file.name: file for file in others if file.name not in own}
        link, any_word = _link(job), _word(job)
        places: list[Place] = []
        for name, text in self.texts:
            offsets: set[int] = set()
            is_pipeline = name in own or name in elsewhere
            if job in text or "%" in text or "+" in text:
                pattern = link if is_pipeline else any_word
                offsets |= {found.start("name") for found in pattern.finditer(text)}
            if name in elsewhere and job in text:
                offsets |= set(_fetched(elsewhere[name], job))
            for offset in sorted(offsets):
                if len(places) == MOST:
                    return Mentions(tuple(places), more=True)
                places.append(_place(self.repository.shown(name), text, offset))
        return Mentions(tuple(places))


def _link(job: str) -> re.Pattern[str]:
    """Return a pattern for a link to the job's artifacts."""
    spellings = sorted({job, quote(job, safe=""), quote_plus(job)}, key=len, reverse=True)
    return re.compile(rf"[?&;]job=(?P<name>{'|'.join(map(re.escape, spellings))})(?![\w%+-]|\.\w)")


def _word(job: str) -> re.Pattern[str]:
    """Return a pattern for what may well mean the job; a name that is a common word counts beside the word "job"."""
    name = re.escape(job)
    link = _link(job).pattern.replace("?P<name>", "")
    if job.isalpha():
        alone = rf"(?<=\bjob )[`'\"]?{name}\b|(?<=\bjob: )[`'\"]?{name}\b|\b{name}[`'\"]? job\b|`{name}`"
    else:
        alone = rf"(?<![\w./%-]){name}(?![\w-]|[./]\w)"
    return re.compile(rf"(?P<name>{link}|{alone})")


def _fetched(file: PipelineFile, job: str) -> Iterator[int]:
    """Yield where another pipeline takes artifacts of a job of its parent ("needs:pipeline:job")."""
    for document in file.documents:
        for node in walk(document.root) if document.root is not None else ():
            if isinstance(node, Mapping) and node.entry("pipeline") is not None:
                entry = node.entry("job")
                name = followed(entry.value) if entry is not None else None
                if isinstance(name, Scalar) and name.value == job:
                    yield name.span.start


def _place(path: str, text: str, offset: int) -> Place:
    return Place(path, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
