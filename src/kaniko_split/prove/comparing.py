"""Do the new jobs give each build and each effect what the old job gave it?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from kaniko_split.prove.symbols import Symbol


class Heed(Enum):
    """What becomes of a build's failure."""

    ENDS = "it ends the job, or is how the job ends"
    CHAINED = "the links behind it, builds or what hardly ever fails, are left out, and the job goes on"
    PASSED_OVER = "it is passed over"


@dataclass(frozen=True, slots=True)
class BuildRecord:
    """What one build is given, and whether its failure counts; two builds with equal records make the same image.

    Attributes:
        words: The words of its statement, as written.
        given: The condition that it runs in.
        heeded: What becomes of its failure.
        reads: The variables that it reads.
        folder: The folder that it runs in, where that matters.
        options: The shell's options.
        environment: What is exported.
        files: The files that are there.
        unseen: Those of them that lie beside its context, so that they do not matter; left out before records are
            compared.
    """

    words: tuple[str, ...]
    given: Symbol
    heeded: Heed
    reads: tuple[tuple[str, Symbol], ...]
    folder: Symbol
    options: Symbol
    environment: tuple[tuple[str, Symbol], ...]
    files: tuple[tuple[str, Symbol], ...]
    unseen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class JobRecord:
    """What one job does.

    Attributes:
        builds: Its builds in order.
        acts: Its effects outside the container.
        guards: For each build, the statements before it that may end the job.
        verdicts: Every statement of the job that may end it.
        endings: The last statements of it or its branches whose failure would have been passed over anywhere else.
        most: The most builds that one run of it makes.
        waits: What waits for a build in the background, and for which.
    """

    builds: tuple[BuildRecord, ...]
    acts: tuple[Symbol, ...]
    guards: tuple[frozenset[Symbol], ...]
    verdicts: frozenset[Symbol] = frozenset()
    endings: frozenset[tuple[str, ...]] = frozenset()
    most: float = 0
    waits: tuple[Symbol, ...] = ()


def check_circumstances(
    old: JobRecord, new: Mapping[str, JobRecord], waits: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    """Yield what is different for a build or an effect; nothing where all are as before.

    Args:
        old: The job that was split.
        new: The jobs that it became, by name.
        waits: For each of them, those that must have succeeded before it starts.
    """
    old, new = _without_unseen(old, new)
    before = Counter(old.builds)
    after = Counter(record for job in new.values() for record in job.builds)
    # A build that leaves such a chain ends its job when it fails, as the split says; nothing else may change here.
    missing, strange = _heeded(before - after), after - before
    for record in missing - strange:
        yield f"the build `{_short(record.words)}` does not run as before in any new job"
    for record in strange - missing:
        yield f"the build `{_short(record.words)}` runs in a new job as it did not before"
    for name, job in new.items():
        if job.most > 1:
            yield f"`{name}` still runs {job.most} builds"
    if Counter(old.acts) != Counter(act for job in new.values() for act in job.acts):
        yield "an effect outside of the container is lost, doubled or changed"
    if Counter(old.waits) != Counter(one for job in new.values() for one in job.waits):
        yield "a build in the background is not waited for as before"
    if any(job.endings - old.endings for job in new.values()):
        yield "a job ends with a statement whose failure was passed over before"
    yield from _check_guards(old, new, waits)


def _without_unseen(old: JobRecord, new: Mapping[str, JobRecord]) -> tuple[JobRecord, dict[str, JobRecord]]:
    """Return the jobs without the files that their builds do not see.

    Two builds with the same words, variables and folder have the same context, also where only one text tells it.
    """
    unseen: dict[BuildRecord, frozenset[str]] = {}
    for record in (*old.builds, *(record for job in new.values() for record in job.builds)):
        alike = replace(record, files=(), unseen=frozenset())
        unseen[alike] = unseen.get(alike, frozenset()) | record.unseen

    def seen(record: BuildRecord) -> BuildRecord:
        alike = replace(record, files=(), unseen=frozenset())
        return replace(alike, files=tuple(one for one in record.files if one[0] not in unseen[alike]))

    def without(job: JobRecord) -> JobRecord:
        return replace(job, builds=tuple(map(seen, job.builds)))

    return without(old), {name: without(job) for name, job in new.items()}


def _heeded(records: Counter[BuildRecord]) -> Counter[BuildRecord]:
    """Return the records with the failures that a chain of harmless links passed over as such that end the job."""
    found = Counter[BuildRecord]()
    for record, count in records.items():
        found[replace(record, heeded=Heed.ENDS) if record.heeded is Heed.CHAINED else record] += count
    return found


def _check_guards(old: JobRecord, new: Mapping[str, JobRecord], waits: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """What may end the job before a build must stand before it still, in its job or in one that it waits for."""
    wanted: dict[BuildRecord, list[frozenset[Symbol]]] = {}
    for record, guards in zip(old.builds, old.guards, strict=True):
        for one in {record, *_heeded(Counter((record,)))}:
            wanted.setdefault(one, []).append(guards)
    kept: dict[BuildRecord, list[tuple[str, frozenset[Symbol]]]] = {}
    for name, job in new.items():
        ahead = {guard for other in waits.get(name, ()) for guard in new[other].verdicts}
        for record, guards in zip(job.builds, job.guards, strict=True):
            kept.setdefault(record, []).append((name, guards | ahead))
    for record, found in kept.items():
        yield from _unguarded(wanted.get(record, []), found)


def _unguarded(wanted: Sequence[frozenset[Symbol]], found: Sequence[tuple[str, frozenset[Symbol]]]) -> Iterator[str]:
    """Yield what is wrong where several builds are given the same: which of them is which, only their guards tell.

    Down a script guards only become more: what is enough for the last of these builds is enough for all of them.
    """
    left = list(found)
    for guards in sorted(wanted, key=len, reverse=True)[: len(found)]:
        one = next((pair for pair in left if guards <= pair[1]), None)
        if one is None:
            yield f"`{left[-1][0]}` no longer waits for a statement that could end the job before it"
            one = left[-1]
        left.remove(one)


def _short(words: tuple[str, ...]) -> str:
    text = " ".join(" ".join(words).split())
    return text if len(text) <= 80 else text[:77] + "..."
