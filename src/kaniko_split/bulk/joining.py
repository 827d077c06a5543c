"""How do the documents of all repositories become one, for the review page?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from msgspec.structs import replace

from kaniko_split import __version__
from kaniko_split.bulk.addresses import without_secrets
from kaniko_split.bulk.analysis import asked_of
from kaniko_split.bulk.journal import Journal
from kaniko_split.bulk.settings import settings_from
from kaniko_split.report.asked import Asked
from kaniko_split.report.document import Document, JobOutcome
from kaniko_split.report.encoding import from_json


def joined(book: Journal) -> Document:
    """Return one document over the repositories with findings; each is named where a folder was.

    Raises:
        UnreadableDocumentError: One was made by another version.
    """
    settings = book.about("settings")
    given = settings_from(settings) if settings is not None else None
    documents = list(_documents(book))
    return Document(
        version=__version__,
        asked=asked_of(given, given.ci_file) if given is not None else Asked(),
        files=tuple(file for one in documents for file in one.files),
        pipelines=tuple(pipeline for one in documents for pipeline in one.pipelines),
        problems=tuple(problem for one in documents for problem in one.problems),
    )


def clones_of(book: Journal) -> dict[str, str]:
    """Return the address of each repository with findings that is fetched, and so on no disk of the reader's."""
    return {
        row.source.name: without_secrets(row.source.where)
        for row in book.rows()
        if row.jobs and row.source.kind != "checkout"
    }


def _documents(book: Journal) -> Iterator[Document]:
    for row in book.rows():
        if not row.jobs:
            continue
        data = book.document(row.source.name)
        if data is not None:
            yield _named(from_json(data), row.source.name)


def _named(document: Document, name: str) -> Document:
    """Return the document of a repository with its name in it."""
    return replace(
        document,
        files=tuple(replace(file, repository=name) for file in document.files),
        pipelines=tuple(
            replace(one, repository=name, outcomes=tuple(_own(outcome, name) for outcome in one.outcomes))
            for one in document.pipelines
        ),
        problems=tuple(f"{name}: {problem}" for problem in document.problems),
    )


def _own(outcome: JobOutcome, name: str) -> JobOutcome:
    """Return an outcome whose fingerprint is that of one repository alone."""
    digest = hashlib.sha256(f"{name}\0{outcome.fingerprint}".encode("utf-8", "surrogateescape"))
    return replace(outcome, fingerprint=digest.hexdigest()[:32])
