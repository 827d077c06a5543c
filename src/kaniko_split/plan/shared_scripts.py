"""How are the jobs split that take one script from the same place?

The place is divided once: it keeps what all builds share, and each build's part becomes a hidden job. Each of the
jobs then becomes one per image, made of what was its own and of such a part.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.detect.findings import Finding
from kaniko_split.detect.trace import Trace
from kaniko_split.gitlab.artifacts import gives_variables
from kaniko_split.gitlab.pipeline import Job, Pipeline
from kaniko_split.gitlab.places import written
from kaniko_split.gitlab.references import JobReference, Use, references_to
from kaniko_split.gitlab.resolve import UnresolvableError, effective_job, parents
from kaniko_split.gitlab.script import Origin, Provided, Section, provider, script_items
from kaniko_split.gitlab.values import scalar_value, value_of
from kaniko_split.kaniko.command import Build
from kaniko_split.plan.changes import with_changes
from kaniko_split.plan.division import divide
from kaniko_split.plan.inheritance import Group, Home, Way, aliases_of, ancestors, merges
from kaniko_split.plan.job_slices import JobSlice, Slices
from kaniko_split.plan.names import NameTakenError, name_of_rest, names_for, names_of_heir, names_of_parts
from kaniko_split.plan.needs import NoGateError
from kaniko_split.plan.new_jobs import check_needs, new_jobs
from kaniko_split.plan.obstacles import ObstacleError, check_home, check_inputs, check_job, places_of
from kaniko_split.plan.outcome import Decision, NewJob, Placement, Refusal, Split
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.plan.placement import check_before_loop, placement_of
from kaniko_split.plan.refusing import refusal_of, too_deep
from kaniko_split.plan.request import Request
from kaniko_split.tree.nodes import Entry, Scalar, followed
from kaniko_split.tree.nodes import Sequence as NodeList

_IN_THE_WAY = (ObstacleError, CannotSliceError, NoGateError, NameTakenError, UnresolvableError)


class _Heir(Struct, frozen=True, eq=False):
    """A finding of the group, with what was found out about it."""

    finding: Finding
    home: Home
    references: tuple[JobReference, ...]
    slices: Slices

    @property
    def trace(self) -> Trace:
        """Its statements."""
        assert self.finding.trace is not None  # noqa: S101 (it was divided)
        return self.finding.trace

    @property
    def builds(self) -> list[Build]:
        """What it builds, in order."""
        return [step.build for step in self.trace.steps if step.build is not None]

    @property
    def shared_builds(self) -> list[Build]:
        """Those of them that the shared script runs."""
        own = self.steps
        return [step.build for step in self.trace.steps if step.build is not None and step.number in own]

    @property
    def steps(self) -> frozenset[int]:
        """The statements of the shared script, by their numbers in the finding's own."""
        return frozenset(step.number for step in self.trace.steps if self._is_shared(step.item))

    def _is_shared(self, item: int) -> bool:
        found = self.trace.items[item]
        return found.section is Section.SCRIPT and self.home.index in {None, found.index}

    @property
    def division(self) -> object:
        """How the shared script is divided, in numbers that count from its first statement."""
        base, own = min(self.steps), self.steps
        parts = [
            (part.build is None, tuple(number - base for number in part.steps if number in own))
            for part in self.slices.jobs
        ]
        loop = self.trace.loop
        return (
            [part for part in parts if part[1]],
            [number - base for number in self.slices.prelude if number in own],
            [number - base for number in self.slices.dropped if number in own],
            loop.assignments if loop is not None else (),
        )

    @property
    def turn_by_turn(self) -> tuple[int, ...] | None:
        """The shared statements before a loop, counted from the first; None where a job has more than its turn."""
        turns, own = self.slices.turns, self.steps
        parts = [tuple(number for number in part.steps if number in own) for part in self.slices.jobs]
        if not turns or parts != list(turns) or self.slices.beside_the_loop or own & set(self.slices.dropped):
            return None
        return tuple(number - min(own) for number in self.slices.prelude if number in own)


def decide_together(group: Group, request: Request, taken: frozenset[str]) -> tuple[Decision, ...]:
    """Decide about all jobs that share one script; where one of them must stay, all must."""
    heirs: list[_Heir] = []
    refused: dict[int, Refusal] = {}
    places = frozenset(map(id, places_of(group)))
    for finding, home in zip(group.findings, group.homes, strict=True):
        try:
            references = references_to(finding.pipeline, finding.job.name)
            check_job(finding, references, group)
            # A mention by which a job of the group takes the script over goes with that job's script.
            left = tuple(one for one in references if id(one.item) not in places)
            slices = divide(finding, request)
            assert finding.trace is not None  # noqa: S101 (it was divided)
            # The shared script holds all that comes before the loop.
            check_before_loop(finding.trace, slices, Placement.SCRIPT)
            heirs.append(_Heir(finding, home, left, slices))
        except _IN_THE_WAY as error:
            refused[id(finding)] = refusal_of(finding, error)
        except RecursionError:
            refused[id(finding)] = too_deep(finding)
    for finding in group.findings:
        if id(finding) not in refused and not request.means(finding):
            refused[id(finding)] = _left_with(finding, finding, "is not asked for")
    if refused:
        first = next(iter(refused.values()))
        return tuple(
            refused.get(id(one)) or _left_with(one, first.finding, "is left as it is") for one in group.findings
        )
    try:
        return _splits(group, heirs, request, taken)
    except _IN_THE_WAY as error:
        return tuple(refusal_of(finding, error) for finding in group.findings)


def _left_with(finding: Finding, other: Finding, why: str) -> Refusal:
    """Refuse a job since another one needs the shared script as it is."""
    at = other.job.entry.key.span.start
    return Refusal(finding, "template-shared", other.job.file, at, f"`{other.job.name}` {why}")


def _splits(group: Group, heirs: list[_Heir], request: Request, taken: frozenset[str]) -> tuple[Split, ...]:
    check_home(group)
    apart = _differ_in_words(heirs)
    _check_alike(heirs, words=not apart)
    if heirs[0].home.way is Way.OWN:
        return _splits_below(group, heirs, request, taken)
    plain = not apart and all(_is_plain(one, group) for one in heirs)
    shared = _shared_split(group, heirs, taken, plain=plain, apart=apart)
    bare = shared.template is None
    if bare and _is_extended(group, plain=plain):
        raise ObstacleError("script-inherited", group.job.file, group.job.entry.key.span.start, "it has no other key")
    names = set(taken) | {job.name for job in shared.jobs}
    found: list[Split] = []
    for one in heirs:
        split = _split(one, shared, request, frozenset(names), plain=plain, alone=len(heirs) == 1)
        names |= {split.template or "", *(job.name for job in split.jobs)}
        found.append(split)
    return tuple(found)


def _splits_below(group: Group, heirs: list[_Heir], request: Request, taken: frozenset[str]) -> tuple[Split, ...]:
    """Split a job with a script of its own, and those that extend it: their new jobs extend its new jobs."""
    owner, *others = heirs
    finding, job = owner.finding, owner.finding.job
    moved = tuple(one for one in owner.references if one.use in {Use.EXTENDS, Use.REFERENCE})
    for one in others:
        if one.home.way is Way.KEYS and not _is_plain(one, group):
            at = next((use for use in moved if use.owner == one.finding.job.name), moved[0])
            raise ObstacleError("job-extended", at.file, at.name.span.start)
    names = names_for(job.name, owner.builds, taken, request.names)
    check_inputs(finding, [names.template, *names.jobs])
    jobs = new_jobs(finding, owner.slices, names.jobs)
    references = tuple(one for one in owner.references if one.use is not Use.EXTENDS or one.owner not in group.names)
    check_needs(finding, references, jobs)
    own = finding.before_script.entry if finding.before_script is not None else None
    befores = [one.finding.before_script for one in others]
    apart = any((before.entry if before is not None else None) is not own for before in befores)
    apart = apart or any(one.home.way is not Way.KEYS or _has_empty_before_script(one.finding, job) for one in others)
    more = any(one.use in {Use.EXTENDS, Use.REFERENCE} for one in references)
    placement = placement_of(finding, owner.slices, leaks=apart or more)
    bare = placement in {Placement.NOWHERE, Placement.APPENDED} and len(job.mapping.entries) == 1
    if bare and more:
        raise ObstacleError("job-extended", moved[0].file, moved[0].name.span.start)
    reports = gives_variables(effective_job(finding.pipeline, job.name))
    kept = references if jobs[-1].build is not None or reports else tuple(one for one in references if one in moved)
    split = Split(finding, None if bare else names.template, jobs, owner.slices, placement, kept, reports=reports)
    found = [with_changes(split)]
    given = set(taken) | {names.template, *names.jobs}
    for one in others:
        plain = one.home.way is Way.KEYS
        below = _split(one, found[0], request, frozenset(given), plain=plain, alone=False)
        if plain and any(new.needs is not None and below.jobs[number].needs is None for number, new in enumerate(jobs)):
            # It would be inherited, and name the jobs of another image.
            raise ObstacleError("job-extended", moved[0].file, moved[0].name.span.start, "one image waits for another")
        given |= {below.template or "", *(new.name for new in below.jobs)}
        found.append(below)
    return tuple(found)


def _is_extended(group: Group, *, plain: bool) -> bool:
    """Tell whether a job that stays needs the shared job, even where nothing of it is left."""
    for reference in references_to(group.findings[0].pipeline, group.job.name):
        if reference.use is Use.EXTENDS and not (plain and reference.owner in group.names):
            return True
    return bool(aliases_of(group.job))


def _differ_in_words(heirs: list[_Heir]) -> bool:
    """Tell whether a loop is all that the jobs divide, and goes over other words in each of them."""
    first = heirs[0].turn_by_turn
    alike = first is not None and all(one.turn_by_turn == first for one in heirs)
    whole = all(one.home.way in {Way.KEYS, Way.SCRIPT} for one in heirs)
    return alike and whole and any(one.division != heirs[0].division for one in heirs)


def _check_alike(heirs: list[_Heir], *, words: bool) -> None:
    """Make sure that all jobs divide the script in one way.

    Args:
        heirs: The jobs.
        words: Whether a loop of it must go over the same words in each.

    Raises:
        CannotSliceError: A build is outside of the loop of a script that several jobs have.
        ObstacleError: One divides it otherwise.
    """
    first = heirs[0]
    for one in heirs:
        job = one.finding.job
        if words and one.division != first.division:
            why = f"not as for `{first.finding.job.name}`"
            raise ObstacleError("template-differs", job.file, job.entry.key.span.start, why)
        if one.slices.beside_the_loop:
            why = "it stands beside a loop, in a script of several jobs"
            raise CannotSliceError("build-in-control-flow", one.trace.steps[one.slices.beside_the_loop[0]], why)
        strange = [part for part in one.slices.jobs if part.build is not None and part.build not in one.steps]
        if any(one.steps & set(part.steps) for part in strange):
            why = "another build needs a part of it"
            raise ObstacleError("script-inherited", job.file, job.entry.key.span.start, why)
        if one.home.way is Way.ITEM and one.trace.loop is not None:
            at = one.finding.script.entry
            offset = at.key.span.start if at is not None else job.entry.key.span.start
            raise ObstacleError("script-inherited", job.file, offset, "a loop is one of several items")
        mixed = first.home.way is not Way.OWN and any(
            (one.home.way is Way.ITEM) != (other.home.way is Way.ITEM) for other in heirs
        )
        if mixed and one.steps & set(one.slices.prelude):
            raise ObstacleError("script-inherited", job.file, job.entry.key.span.start, "in more than one way")


def _is_plain(heir: _Heir, group: Group) -> bool:
    """Tell whether the job extends the shared one and nothing else, and nobody builds on the job in turn."""
    job = heir.finding.job
    entry = job.mapping.entry("extends")
    if heir.home.way is not Way.KEYS or entry is None or parents(value_of(job.mapping)) != (group.job.name,):
        return False
    simple = isinstance(entry.value, Scalar) or (isinstance(entry.value, NodeList) and not entry.value.anchor)
    moved = any(one.use in {Use.EXTENDS, Use.REFERENCE} for one in heir.references)
    return simple and not moved and not _has_comment(job, entry)


def _has_comment(job: Job, entry: Entry) -> bool:
    """Tell whether a comment stands among the lines of an entry, or right above it inside of the job.

    One behind an entry on a single line goes where the entry goes.
    """
    source = job.file.source
    start = source.line_start(entry.key.span.start)
    lines = source.text[start : entry.value.span.end]
    lines = source.text[start : source.line_end(entry.value.span.end - 1)] if "\n" in lines else lines
    above = source.text[:start].rstrip("\n").rpartition("\n")[2]
    return "#" in lines or (above.strip().startswith("#") and entry is not job.mapping.entries[0])


def _shared_split(group: Group, heirs: list[_Heir], taken: frozenset[str], *, plain: bool, apart: bool) -> Split:
    """Return how the shared script is divided where it is written.

    Args:
        group: The jobs.
        heirs: What was found out about them.
        taken: The names that are given.
        plain: Whether each part of it extends the hidden job that holds it.
        apart: Whether it has no parts, since each job gives the loop words of its own.
    """
    first, job = heirs[0], group.job
    pipeline = first.finding.pipeline
    own, slices = first.steps, first.slices
    script = Provided(Origin.OWN, group.entry, job.file, job.name)
    trace = _trace_at_home(pipeline, first, script)
    shared = Slices(
        before=slices.before,
        prelude=tuple(number for number in slices.prelude if number in own),
        jobs=tuple(
            JobSlice(part.build, tuple(number for number in part.steps if number in own), part.omits)
            for part in slices.jobs
            if own & set(part.steps)
        ),
        dropped=tuple(number for number in slices.dropped if number in own),
        turns=slices.turns,
    )
    before = provider(pipeline, job, "before_script")
    finding = replace(first.finding, job=job, script=script, before_script=before, trace=trace)
    placement = placement_of(finding, shared, leaks=_leaks(group, heirs, before))
    if apart:
        return Split(finding, job.name, (), shared, placement, (), extends_template=False)
    names = names_of_parts(job.name, [one.shared_builds for one in heirs], taken)
    builds = [part.build for part in shared.jobs if part.build is not None]
    by_build = dict(zip(builds, names.jobs, strict=True))
    rest = name_of_rest(job.name, taken)
    parts = tuple(
        NewJob(by_build[part.build] if part.build is not None else rest, part.build, part.steps, omits=part.omits)
        for part in shared.jobs
    )
    gone = placement in {Placement.NOWHERE, Placement.APPENDED} and len(job.mapping.entries) == 1
    return Split(
        finding,
        None if gone else job.name,
        parts,
        shared,
        placement,
        (),
        extends_template=plain,
        refers_to_template=first.home.way is not Way.ITEM,
    )


def _trace_at_home(pipeline: Pipeline, heir: _Heir, script: Provided) -> Trace:
    """Return the heir's statements with the shared items as they stand in their own place.

    All other items count as if they stood in `before_script`: they are not divided there.
    """
    at_home = iter(script_items(pipeline, script, Section.SCRIPT))
    items = []
    for item in heir.trace.items:
        if item.section is Section.SCRIPT and heir.home.index in {None, item.index}:
            here = next(at_home, None)
            if here is None or here.text != item.text:
                job = heir.finding.job
                raise ObstacleError("script-inherited", job.file, job.entry.key.span.start)
            items.append(here)
        else:
            items.append(replace(item, section=Section.BEFORE_SCRIPT))
    return replace(heir.trace, items=tuple(items))


def _leaks(group: Group, heirs: list[_Heir], before: Provided | None) -> bool:
    """Tell whether a new or longer `before_script` of the shared job would not reach its heirs, or reach others."""
    own = before.entry if before is not None else None
    for one in heirs:
        theirs = one.finding.before_script
        if one.home.way is not Way.KEYS or (theirs.entry if theirs is not None else None) is not own:
            return True
        if _has_empty_before_script(one.finding, group.job):
            return True
    pipeline, name = heirs[0].finding.pipeline, group.job.name
    above = frozenset[str]().union(*(ancestors(pipeline, one) for one in group.names))
    for job in pipeline.jobs:
        inherits = name in ancestors(pipeline, job.name) or merges(job.mapping, group.job.mapping)
        if inherits and job.name not in group.names and not (job.hidden and job.name in above):
            return True
    return any(one.use is Use.REFERENCE for one in references_to(pipeline, name))


def _has_empty_before_script(finding: Finding, home: Job) -> bool:
    """Tell whether a job has a `before_script` without a value, which takes away the one that `home` would get."""
    nearest = next(written(finding.pipeline, finding.job.name, "before_script"), None)
    if nearest is None or nearest.entry is None or nearest.job == home.name:
        return False
    real = followed(nearest.entry.value)
    return isinstance(real, Scalar) and scalar_value(real) is None


def _split(heir: _Heir, shared: Split, request: Request, taken: frozenset[str], *, plain: bool, alone: bool) -> Split:
    finding, job = heir.finding, heir.finding.job
    names = names_of_heir(job.name, heir.builds, taken, request.names, alone=alone)
    check_inputs(finding, [names.template, *names.jobs])
    jobs = new_jobs(finding, heir.slices, names.jobs)
    check_needs(finding, heir.references, jobs)
    references = heir.references
    moved = tuple(one for one in references if one.use in {Use.EXTENDS, Use.REFERENCE})
    placement, slices = shared.placement, heir.slices
    if not shared.finding.job.hidden:
        # What all builds of the shared script begin with, each part of it has, and a build of the job's own has not.
        if len(heir.shared_builds) < len(heir.builds) and heir.steps & set(slices.prelude):
            why = "another build needs a part of it"
            raise ObstacleError("script-inherited", job.file, job.entry.key.span.start, why)
        slices = replace(slices, prelude=tuple(number for number in slices.prelude if number not in heir.steps))
    lost = {"extends"} if plain else {"script"} if heir.home.way is Way.SCRIPT else set()
    if heir.home.way is Way.ITEM:
        placement = placement_of(finding, slices, leaks=bool(moved))
        lost = {"script"} if placement in {Placement.NOWHERE, Placement.APPENDED} else set()
    bare = {entry.name for entry in job.mapping.entries} <= lost
    if bare and moved:
        raise ObstacleError("job-extended", moved[0].file, moved[0].name.span.start)
    reports = gives_variables(effective_job(finding.pipeline, job.name))
    split = Split(
        finding,
        None if bare else names.template,
        jobs,
        heir.slices,
        placement,
        references if jobs[-1].build is not None or reports else moved,
        reports=reports,
        shared=shared,
        home=heir.home,
        drops_extends=plain,
    )
    return replace(with_changes(split), slices=slices)
