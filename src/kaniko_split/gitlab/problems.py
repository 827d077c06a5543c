"""What in a pipeline would GitLab reject, and where does it stand?

Only what makes the pipeline mean nothing is looked for; GitLab's schema and its CI Lint tell the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaniko_split.gitlab.includes import BrokenFileError
from kaniko_split.gitlab.keywords import GLOBAL_KEYWORDS
from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile
from kaniko_split.gitlab.places import written
from kaniko_split.gitlab.resolve import MissingTargetError, UnresolvableError, extended_job, look_up_all
from kaniko_split.gitlab.values import Reference, is_reference, reference_path
from kaniko_split.tree.nodes import Entry, Mapping, followed, walk


def problems(pipeline: Pipeline, *, whole: bool) -> Iterator[BrokenFileError]:
    """Yield what GitLab would reject, in the order in which it would come upon it.

    Args:
        pipeline: The files.
        whole: Whether these are all files of the pipeline; of a part alone, other files may define what is missing.
    """
    yield from _jobs_without_content(pipeline)
    yield from _extends(pipeline, whole=whole)
    if pipeline.refers:
        yield from _references(pipeline, whole=whole)


def _jobs_without_content(pipeline: Pipeline) -> Iterator[BrokenFileError]:
    """Find names that are a job in one place and, where it counts, nothing in another: GitLab takes the nothing."""
    empty = {name for name, value in pipeline.value.items() if value is None and name not in GLOBAL_KEYWORDS}
    if not empty:
        return
    jobs: dict[str, tuple[PipelineFile, Entry]] = {}
    nothing: dict[str, tuple[PipelineFile, Entry]] = {}
    for file in pipeline.files:
        for entry in file.root.entries if file.root is not None else ():
            if entry.name in empty:
                is_job = isinstance(followed(entry.value), Mapping)
                (jobs if is_job else nothing)[entry.name] = (file, entry)
    for name in sorted(jobs.keys() & nothing.keys()):
        (file, entry), (holder, other) = jobs[name], nothing[name]
        place = file.place(entry.key.span.start)
        reason = f"`{name}` has no content here, and is a job at {place}; take one of the two out"
        yield BrokenFileError(holder.place(other.key.span.start), reason)


def _extends(pipeline: Pipeline, *, whole: bool) -> Iterator[BrokenFileError]:
    told: set[str] = set()
    for job in pipeline.jobs:
        try:
            extended_job(pipeline, job.name)
        except UnresolvableError as error:
            if error.job in told or (isinstance(error, MissingTargetError) and not whole):
                continue
            told.add(error.job)
            found = next(written(pipeline, error.job, "extends"), None)
            file, node = (job.file, job.entry.key)
            if found is not None and found.entry is not None and found.file is not None:
                file, node = found.file, found.entry.key
            advice = (
                "define it, or take the word out" if isinstance(error, MissingTargetError) else "take one of them out"
            )
            yield BrokenFileError(file.place(node.span.start), f"{error}; {advice}")


def _references(pipeline: Pipeline, *, whole: bool) -> Iterator[BrokenFileError]:
    for file in pipeline.files:
        if file.root is None or "!reference" not in file.source.text:
            continue
        for node in walk(file.root):
            if not is_reference(node):
                continue
            try:
                look_up_all(pipeline, Reference(reference_path(node)))
            except UnresolvableError as error:
                if whole or not isinstance(error, MissingTargetError):
                    advice = "mend its words or what they lead to"
                    yield BrokenFileError(file.place(node.span.start), f"{error}; {advice}")
