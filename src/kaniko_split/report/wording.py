"""What do all reports say alike, whatever their format?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from kaniko_split.report.document import Document, JobOutcome, PipelineOutcome
from kaniko_split.source.text import Place

# The one thing that is looked for; it is part of a fingerprint, so it must never change.
RULE = "builds-share-a-container"
# See docs/why.md, which says this and no more.
WHY = (
    "Kaniko builds one image per container: what the first build leaves behind can end up in the second image, "
    "worst with the cache on."
)
UNUSED_IGNORE = "unused-ignore"
UNUSED_IGNORE_TEXT = "`# kaniko-split: ignore` leaves nothing out here; remove it"


def every(document: Document) -> Iterator[tuple[PipelineOutcome, JobOutcome]]:
    """Yield every outcome that no comment leaves out, with its pipeline."""
    for pipeline in document.pipelines:
        for outcome in pipeline.outcomes:
            if outcome.verdict != "ignored":
                yield pipeline, outcome


def path_of(pipeline: PipelineOutcome, path: str) -> str:
    """Return a file's path from the folder that all repositories of a run lie in; mostly its repository's root."""
    return PurePosixPath(pipeline.repository, path).as_posix()


def shown(pipeline: PipelineOutcome, place: Place) -> str:
    """Return a place as people write it: path, line and column."""
    return f"{path_of(pipeline, place.path)}:{place.line}:{place.column}"


def headline(outcome: JobOutcome) -> str:
    """Return what a job does that it should not, in one sentence without a full stop."""
    cache = {True: "with the cache on", False: "without the cache", None: "with a cache that may be on"}
    number = "an unknown number of builds" if outcome.build_count is None else f"{outcome.build_count} builds"
    return f"`{outcome.job}` runs {number} in one container, {cache[outcome.cached]}"


def fate(pipeline: PipelineOutcome, outcome: JobOutcome) -> str:
    """Return what becomes of a job, in one sentence without a full stop."""
    match outcome.verdict:
        case "split":
            return f"it can be split into {listed(new_names(outcome))}"
        case "refused" if outcome.refused is not None:
            one = outcome.refused
            detail = f" ({one.detail})" if one.detail else ""
            return f"it stays as it is [{one.code}]: {shown(pipeline, one.place)}: {one.summary}{detail}"
        case "ignored":
            return "a comment leaves it out"
        case _:
            return "it stays as it is: the split could not be proved, which is a bug in kaniko-split; please report it"


def new_names(outcome: JobOutcome) -> list[str]:
    """Return the names that a split writes, the template first."""
    return [*([outcome.template] if outcome.template else []), *(job.name for job in outcome.jobs)]


def listed(names: list[str]) -> str:
    """Return names as one phrase, each in backticks."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
