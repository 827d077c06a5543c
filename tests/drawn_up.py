"""What is the document of some folders, as the program would draw it up?"""

from __future__ import annotations

from pathlib import Path

from kaniko_split.codemod import split_pipeline
from kaniko_split.gitlab.discovery import Found, discover
from kaniko_split.plan.splitting import Request
from kaniko_split.report.asked import Asked
from kaniko_split.report.document import Document
from kaniko_split.report.drawing_up import document_of


def drawn_up(*folders: Path) -> Document:
    """Return the document of all pipelines in these folders."""
    found = [one for one in discover(folders) if isinstance(one, Found)]
    request = [Request(files=one.meant, links=one.repository.linked_folders, read=one.repository.text) for one in found]
    results = [(one, split_pipeline(one.pipeline, wish)) for one, wish in zip(found, request, strict=True)]
    return document_of(results, Asked())
