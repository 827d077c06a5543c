"""What does a split touch outside of its pipeline: other pipelines, files not read, files that speak of the job?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from kaniko_split.gitlab.pipeline import Unread
from kaniko_split.gitlab.resolve import UNREAD_PARENT, resolved_job
from kaniko_split.plan.outcome import Change, Decision, Mark, Split
from kaniko_split.plan.request import Request

# More of a kind are counted, not listed.
_MOST = 5


def with_surroundings(decision: Decision, request: Request) -> Decision:
    """Add to the changes of a split what it means for files that are not rewritten."""
    if not isinstance(decision, Split):
        return decision
    return replace(decision, changes=(*decision.changes, *_mentions(decision, request), *_not_seen(decision)))


def _mentions(split: Split, request: Request) -> Iterator[Change]:
    """List the links, scripts and documents that speak of a job whose name is gone."""
    name = split.finding.job.name
    if split.jobs[-1].build is None:
        return
    found = request.mentions(name)
    for place in found.places:
        yield Change(Mark.ASKS, f"`{place.path}` speaks of `{name}`; see whether it means the job", place)
    if found.more:
        yield Change(Mark.ASKS, f"more files than these speak of `{name}`; search for the name")


def _not_seen(split: Split) -> Iterator[Change]:
    """Say which files were not read, what may stand there, and which were read without knowing that they count."""
    pipeline, job = split.finding.pipeline, split.finding.job
    told: dict[str, Unread] = {}
    for one in pipeline.unread:
        told.setdefault(one.what, one)
    for what, one in list(told.items())[:_MOST]:
        yield Change(Mark.ASKS, f"`{what}` was not read", one.place)
    if len(told) > _MOST:
        yield Change(Mark.ASKS, f"{len(told) - _MOST} more includes were not read either")
    parents = resolved_job(pipeline, job.name).get(UNREAD_PARENT)
    if parents:
        yield Change(
            Mark.ASKS,
            f"`{job.name}` extends {_list(parents)} from there: see whether its keywords, as `environment`, "
            "`after_script`, `needs` or `artifacts`, suit several jobs",
            job.file.place(job.entry.key.span.start),
        )
    new = _list([part for part in (split.template, *(one.name for one in split.jobs)) if part and part != job.name])
    clash = (
        f"a job that names `{job.name}` would still look for it, and one called {new} would be merged with the new one"
    )
    if told:
        yield Change(Mark.ASKS, f"there, {clash}")
    if pipeline.partial:
        place = job.file.place(job.entry.key.span.start)
        yield Change(Mark.ASKS, f"in a project that includes `{pipeline.root.name}`, {clash}", place)
    for file, place in list(pipeline.perhaps.items())[:_MOST]:
        yield Change(Mark.ASSUMED, f"`{file}` is included, whatever the rules of its include say", place)
    if len(pipeline.perhaps) > _MOST:
        yield Change(Mark.ASSUMED, f"so are {len(pipeline.perhaps) - _MOST} more files with such rules")


def _list(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
