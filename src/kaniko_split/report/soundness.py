"""Is a plan sound in itself: do its paths stay inside, and do its edits make what it promises?

A plan may come from anywhere, so nothing in it is believed that can be looked up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from kaniko_split.report.contents import ImpossibleEditError, source_after, source_before
from kaniko_split.report.document import Document, File
from kaniko_split.source.text import Source, write_source


def flaws(document: Document) -> Iterator[str]:
    """Yield what is wrong with a plan, a sentence each; none for one that `diff --plan` wrote."""
    paths = {(file.repository, file.path) for file in document.files}
    if len(paths) < len(document.files):
        yield "it lists a file twice"
    for file in document.files:
        yield from _of_file(file)
    try:
        _ = document.asked.words.rows
    except ValueError as error:
        yield str(error)
    changed: set[tuple[str, str]] = set()
    for pipeline in document.pipelines:
        own = {(pipeline.repository, path) for path in pipeline.files}
        its_changes = {(pipeline.repository, path) for path in pipeline.changed}
        if (pipeline.repository, pipeline.root) not in own or not own <= paths or not its_changes <= own:
            yield f"`{pipeline.root}`: its pipeline names files that the plan does not list"
        changed |= its_changes
    for file in document.files:
        if bool(file.edits) != ((file.repository, file.path) in changed):
            yield f"`{file.path}`: its edits belong to no pipeline of the plan"


def _of_file(file: File) -> Iterator[str]:
    for path in (file.repository, file.path):
        if not _stays_inside(path):
            yield f"`{path}`: the path leads out of the repository"
            return
    if not file.edits and file.text is None:
        return
    try:
        before, after = source_before(file), source_after(file)
    except ImpossibleEditError as error:
        yield str(error)
        return
    if _sha256(before) != file.sha256_before:
        yield f"`{file.path}`: its text is not the one that its SHA-256 speaks of"
    elif file.edits and _sha256(after) != file.sha256_after:
        yield f"`{file.path}`: its edits do not make the text that its SHA-256 speaks of"


def _stays_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    odd = not path or "\0" in path or "\\" in path or pure.as_posix() != path
    return not odd and not pure.is_absolute() and ".." not in pure.parts


def _sha256(source: Source) -> str | None:
    try:
        return hashlib.sha256(write_source(source)).hexdigest()
    except UnicodeEncodeError:
        return None
