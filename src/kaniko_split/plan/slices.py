"""Which statements does each job get, and which do all of them share?

A build's own outputs (digest files, tars) are not read by the other builds; a statement that reads them belongs to
the build that wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from kaniko_split.detect.contexts import lies_outside
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.effects import AMBIENT
from kaniko_split.flow.occurrence import Occurrence, Role, Shape
from kaniko_split.gitlab.script import Section
from kaniko_split.plan.chains import heeded_now
from kaniko_split.plan.dependence import Backward, names_in_environment
from kaniko_split.plan.detours import detours
from kaniko_split.plan.idle_options import idle_options
from kaniko_split.plan.indivisible import check_effects, check_end, ends_with_guard, refuse_what_cannot_be_followed
from kaniko_split.plan.installed import refuse_lost_programs
from kaniko_split.plan.iterations import builds_of_turns, check_turns, touches_loop_variable
from kaniko_split.plan.job_slices import JobSlice, Slices
from kaniko_split.plan.moves import Division, Move, closure
from kaniko_split.plan.opaque import check_opaque
from kaniko_split.plan.order import images_used, left_behind, order_of
from kaniko_split.plan.ownership import Bound, CannotSliceError, bind
from kaniko_split.plan.remainder import Attaching
from kaniko_split.plan.shared_beginning import shared_beginning
from kaniko_split.shell.locations import File, State, Variable, meeting


def slice_script(
    trace: Trace,
    given: Iterable[str] = (),
    links: Callable[[], frozenset[str]] = frozenset,
    dockerfiles: Mapping[int, str] | None = None,
    commented: frozenset[int] = frozenset(),
) -> Slices:
    """Divide the statements of `trace` among its builds.

    Args:
        trace: A script in which every build is a statement of its own.
        given: The variables that the pipeline gives the job, which are in the environment of every command.
        links: Gives the repository's folders that are symbolic links; `cd` into any other and `cd ..` cancel out.
        dockerfiles: For a build, by number, the images that its Dockerfile names.
        commented: The statements that have a comment, by number.

    Raises:
        CannotSliceError: A statement stands in the way.
    """
    return _Slicer(trace, frozenset(given), links, dockerfiles or {}, commented).slices()


class _Slicer:
    def __init__(
        self,
        trace: Trace,
        given: frozenset[str],
        links: Callable[[], frozenset[str]],
        dockerfiles: Mapping[int, str],
        commented: frozenset[int],
    ) -> None:
        self._commented = commented
        self._dockerfiles = dockerfiles
        self._trace = trace
        self._steps = trace.steps
        self._links = links
        self._builds = [step.number for step in self._steps if step.build is not None]
        self._environment = names_in_environment(trace, given)
        self._homes = builds_of_turns(trace)
        self._bound = Bound()
        self._moves: dict[int, Move] = {}

    def slices(self) -> Slices:
        """Return the slices, in which no check or effect blocks what came before it."""
        while True:
            found = self._sliced()
            division = self._division(found)
            moves = division.moves()
            if moves.items() <= self._moves.items():
                self._check_opaque(found, division)
                return found
            for number, move in moves.items():
                if self._moves.setdefault(number, move) is not move:
                    raise CannotSliceError("order-not-kept", self._steps[number], "no job has it in this order")

    def _division(self, found: Slices) -> Division:
        shared = frozenset(found.prelude)
        jobs = {job.build: shared | frozenset(job.steps) for job in found.jobs if job.build is not None}
        tail = next((shared | frozenset(job.steps) for job in found.jobs if job.build is None), frozenset[int]())
        free = frozenset(
            step.number
            for step in self._steps
            if step.number not in self._homes and step.number not in shared and not self._in_before_script(step)
        )
        bases = {
            build: frozenset().union(*images_used(self._steps, self._builds, build, self._dockerfiles.get(build, "")))
            for build in self._builds
        }
        return Division(
            self._steps, jobs, tail, found.after, self._bound, free, self._ending(found.jobs) & jobs.keys(), bases
        )

    def _check_opaque(self, found: Slices, division: Division) -> None:
        before = frozenset(found.before)
        jobs = {build: numbers | before for build, numbers in division.jobs.items()}
        after = {build: closure(build, division.after) for build in jobs}
        check_opaque(self._steps, jobs, division.tail | before if division.tail else division.tail, after)

    def _ending(self, jobs: Iterable[JobSlice]) -> frozenset[int]:
        """Return the builds whose failure a chain passed over, and which end their new job when they fail."""
        return frozenset(heeded_now(self._trace, [(job.build, job.steps) for job in jobs if job.build is not None]))

    def _move(self) -> None:
        """Give each statement that moves to the job that it moves to."""
        for number, move in self._moves.items():
            if move is Move.PREVIOUS:
                self._bound.owners[number] = frozenset({max(one for one in self._builds if one < number)})
                self._bound.backed.add(number)
            else:
                self._bound.owners.pop(number, None)

    def _sliced(self) -> Slices:
        first, last = self._builds[0], self._builds[-1]
        in_before_script = frozenset(step.number for step in self._steps if self._in_before_script(step))
        refuse_what_cannot_be_followed(self._steps, first, in_before_script, self._homes)
        self._bound = bind(self._trace)
        self._release_what_prepares()
        self._move()
        finishing = self._finishing(last)
        roots = {build: {build} for build in self._builds}
        for number, owners in self._bound.owners.items():
            if number not in finishing:
                for build in owners:
                    roots[build].add(number)
        for number, move in self._moves.items():
            later = [build for build in self._builds if build > number]
            if move in {Move.NEXT, Move.EACH}:
                for build in later if move is Move.EACH else later[:1]:
                    roots[build].add(number)
        self._keep_gates(roots)
        sliced = {build: self._needed(roots[build], finishing) for build in self._builds}
        finishing |= self._around_the_effects(finishing, frozenset().union(*sliced.values()))
        tail = self._needed(finishing, finishing) if finishing else frozenset[int]()
        needed = tail.union(*sliced.values())
        left = frozenset(step.number for step in self._steps if not self._in_before_script(step)) - needed
        # The body of a loop stays whole; what it sets and nothing needs may go on from what it set before.
        left -= {number for number in left if number in self._homes and _only_sets_variables(self._steps[number])}
        owned = frozenset(self._bound.owners)
        Attaching(self._steps, self._builds, owned, self._homes).attach(roots, left)
        sliced = {build: self._needed(roots[build], finishing) for build in self._builds}
        cleaned, tail = self._cleaned(roots, sliced, tail, finishing)
        turns: tuple[tuple[int, ...], ...] = ()
        if self._trace.loop is not None:
            turns = check_turns(self._trace, cleaned, tail)
            # The body stays whole.
            for turn in turns:
                cleaned[self._homes[turn[0]]] |= frozenset(turn)
        if len(turns) == len(self._builds):
            return self._turn_by_turn(turns, cleaned, tail)
        beginning = [step for step in self._steps[:first] if not self._in_before_script(step)]
        prelude = shared_beginning(beginning, cleaned, tail if finishing else None)
        jobs = [self._job(build, cleaned, prelude) for build in self._builds]
        if finishing:
            jobs.append(JobSlice(None, self._own(tail, prelude)))
        ends = {job.build: self._steps[job.steps[-1]] for job in jobs}
        guarded = frozenset(end.number for end in ends.values() if ends_with_guard(self._steps, end))
        for owner, end in ends.items():
            if owner not in self._homes and end.number not in guarded:
                check_end(self._steps, end)
        check_effects(self._steps, (job.steps for job in jobs))
        self._check_programs((prelude, job) for job in jobs)
        held = {number for job in jobs for number in job.steps} | prelude
        before = [step.number for step in self._steps if self._in_before_script(step)]
        script = [step.number for step in self._steps if not self._in_before_script(step)]
        return Slices(
            before=tuple(before),
            prelude=tuple(sorted(prelude)),
            jobs=tuple(jobs),
            dropped=tuple(number for number in script if number not in held),
            after=self._order(jobs),
            left_behind=left_behind(self._steps, self._builds),
            turns=turns,
            before_loop=touches_loop_variable(self._trace, self._environment) if turns else None,
            guarded=guarded,
            prints=self._printing(),
        )

    def _turn_by_turn(
        self, turns: tuple[tuple[int, ...], ...], sliced: Mapping[int, frozenset[int]], tail: frozenset[int]
    ) -> Slices:
        """Divide a script all of whose builds one loop makes: what stands before it stays before its body."""
        before = tuple(step.number for step in self._steps if self._in_before_script(step))
        prelude = frozenset(range(turns[0][0])) - frozenset(before)
        jobs = [self._job(build, sliced, prelude) for build in self._builds]
        if tail:
            # Its script is its own, so it has what it needs of the others too.
            jobs.append(JobSlice(None, tuple(number for number in sorted(tail) if number not in before)))
        self._check_programs((prelude if job.build is not None else frozenset(), job) for job in jobs)
        return Slices(
            before=before,
            prelude=tuple(sorted(prelude)),
            jobs=tuple(jobs),
            after=self._order(jobs),
            left_behind=left_behind(self._steps, self._builds),
            turns=turns,
            before_loop=touches_loop_variable(self._trace, self._environment),
            prints=self._printing(),
        )

    def _check_programs(self, jobs: Iterable[tuple[frozenset[int], JobSlice]]) -> None:
        """Make sure that each job, which runs what is shared and then its own, keeps what installs its programs."""
        before = frozenset(step.number for step in self._steps if self._in_before_script(step))
        refuse_lost_programs(self._steps, [before | shared | frozenset(job.steps) for shared, job in jobs])

    def _release_what_prepares(self) -> None:
        """Take what names an image from its build where a later build needs it: it waits for that image then."""
        for build in self._builds:
            for number in self._bound.preparing:
                step = self._steps[number]
                if number < build and self._bound.owners.get(number) and self._needs(build, step):
                    del self._bound.owners[number]

    def _needs(self, build: int, step: Step) -> bool:
        """Tell whether a build reads a variable that the statement sets, or sees a file that it writes."""
        reads = self._steps[build].effects.reads
        for place in step.effects.writes:
            if isinstance(place, File) and not lies_outside(place, self._steps[build]):
                return True
            if isinstance(place, Variable) and (place in reads or place.name in self._environment):
                return True
        return State.FILES in step.effects.writes

    def _order(self, jobs: Sequence[JobSlice]) -> dict[int, frozenset[int]]:
        slices = {job.build: job.steps for job in jobs if job.build is not None}
        return order_of(self._steps, slices, self._bound, self._dockerfiles, self._ending(jobs))

    def _in_before_script(self, step: Step) -> bool:
        return self._trace.items[step.item].section is Section.BEFORE_SCRIPT

    def _finishing(self, last: int) -> set[int]:
        """Return the statements that come after all builds and belong to none."""
        found: set[int] = set()
        behind = [step for step in self._steps[last + 1 :] if step.number not in self._homes]
        for step in behind:
            names_several = len(self._bound.mentions.get(step.number, ())) > 1 and not step.effects.prints
            moved = self._moves.get(step.number) is Move.FINISHING
            ends = step.effects.acts or step.effects.unknown or step.effects.fails
            if step.number in self._bound.backed:
                continue
            if names_several or moved or (step.number not in self._bound.owners and ends):
                found.add(step.number)
        for step in self._steps[:last]:
            if len(self._bound.mentions.get(step.number, ())) > 1 and not step.effects.prints:
                raise CannotSliceError("output-of-several", step)
        return found

    def _keep_gates(self, roots: dict[int, set[int]]) -> None:
        """Let the first build behind a gate that judges no image keep it; later builds keep it or wait for that one.

        A gate ahead of all builds is for each of them, unless it is there for a value alone.
        """
        for step in self._steps:
            gates = step.effects.fails and not step.effects.acts and step.build is None and step.partner is None
            if not gates or step.number in self._homes or self._in_before_script(step):
                continue
            later = [build for build in self._builds if build > step.number]
            if later and step.number > self._builds[0] and step.number not in self._bound.owners:
                roots[later[0]].add(step.number)
            elif step.number < self._builds[0] and _holds_verdict(step.occurrence):
                for build in later:
                    roots[build].add(step.number)

    def _around_the_effects(self, finishing: set[int], needed: frozenset[int]) -> set[int]:
        """Return what else stands behind all builds, where a finishing job does something, and no build needs it.

        It may need what that job does, speak of it, or clean up behind it; but not a mere print ahead of it.
        """
        if not finishing:
            return set()
        behind = [
            step
            for step in self._steps[self._builds[-1] + 1 :]
            if step.number not in self._homes and step.number not in self._bound.owners and step.number not in needed
        ]
        around = {step.number for step in behind if step.number > min(finishing) or not _only_speaks(step)}
        # What prints a value goes to where that is set.
        given = [place for step in behind if step.number in around for place in step.effects.writes]
        return around | {step.number for step in behind if meeting(given, step.effects.reads - AMBIENT)}

    def _needed(
        self, roots: Iterable[int], finishing: set[int], passed_over: frozenset[int] = frozenset()
    ) -> frozenset[int]:
        wanted = frozenset(roots)
        build = next((one for one in self._builds if one in wanted), None)
        steps = list(self._steps)
        for number, parts in self._bound.prints.items():
            if build is not None and build in parts:
                steps[number] = replace(steps[number], effects=parts[build].effects)
        way_back = Backward(tuple(steps), self._environment)
        return way_back.needed(wanted, finishing | self._bound.owners.keys(), passed_over)

    def _printing(self) -> dict[int, frozenset[int]]:
        return {number: frozenset(parts) for number, parts in self._bound.prints.items()}

    def _job(self, build: int, sliced: Mapping[int, frozenset[int]], prelude: frozenset[int]) -> JobSlice:
        prints = [parts[build] for parts in self._bound.prints.values() if build in parts]
        omits = tuple(span for part in prints for span in part.omits)
        return JobSlice(build, self._own(sliced[build], prelude), omits)

    def _own(self, steps: frozenset[int], prelude: frozenset[int]) -> tuple[int, ...]:
        return tuple(
            number
            for number in sorted(steps)
            if number not in prelude and not self._in_before_script(self._steps[number])
        )

    def _cleaned(
        self, roots: dict[int, set[int]], sliced: dict[int, frozenset[int]], tail: frozenset[int], finishing: set[int]
    ) -> tuple[dict[int, frozenset[int]], frozenset[int]]:
        """Leave out the detours of all slices; what has a comment stays where that is read."""
        fixed = {build: frozenset[int]() for build in self._builds}
        end_fixed = frozenset[int]()
        while True:
            cleaned = {
                build: self._direct(roots[build], steps, finishing, fixed[build]) for build, steps in sliced.items()
            }
            end = self._direct(finishing, tail, finishing, end_fixed)
            lost = tail.union(*sliced.values()) - end.union(*cleaned.values())
            lost = lost & self._commented - end_fixed.union(*fixed.values())
            if not lost:
                return cleaned, end
            for number in lost:
                readers = self._readers(number, sliced)
                for build in readers:
                    fixed[build] |= {number}
                if not readers or number < self._builds[0]:
                    end_fixed |= {number}

    def _readers(self, number: int, sliced: Mapping[int, frozenset[int]]) -> list[int]:
        """Return the builds whose jobs keep a statement with a comment: all that share it, or the next behind it."""
        builds = [build for build in self._builds if number in sliced[build]]
        if number < self._builds[0] or self._trace.loop is not None:
            return builds
        return ([build for build in builds if build > number] or builds[-1:])[:1]

    def _direct(
        self, roots: set[int], steps: frozenset[int], finishing: set[int], fixed: frozenset[int]
    ) -> frozenset[int]:
        """Leave out the detours of a slice, and what only they needed."""
        before = frozenset(step.number for step in self._steps if self._in_before_script(step))
        left_out = detours(self._steps, steps | before, before | fixed, self._links)
        left_out |= idle_options(self._steps, (steps | before) - left_out, before | fixed)
        # Without them less is needed, and nothing more.
        return self._needed(roots - left_out, finishing, left_out) & steps if left_out else steps


def _only_sets_variables(step: Step) -> bool:
    effects = step.effects
    sets = bool(effects.writes) and all(isinstance(place, Variable) for place in effects.writes)
    return sets and not (effects.acts or effects.fails or effects.unknown or effects.leaves or effects.fresh)


def _holds_verdict(occurrence: Occurrence) -> bool:
    """Tell whether a compound command holds a check that is there for its verdict, and not for a value or a file."""
    if occurrence.shape is Shape.COMMAND or _writes_to_file(occurrence):
        return False
    return any(
        _holds_verdict(one)
        or (one.shape is Shape.COMMAND and one.effects.fails and bool(one.values) and not _writes_to_file(one))
        or _exits_with_failure(one)
        for one in occurrence.inner(Role.LEFT, Role.RIGHT, Role.BRANCH, Role.BODY)
    )


def _exits_with_failure(occurrence: Occurrence) -> bool:
    """Tell whether a command ends its shell, maybe with a failure: in a subshell, that makes the subshell fail."""
    words = tuple(value.text for value in occurrence.values)
    return words[:1] == ("exit",) and words[1:] != ("0",)


def _writes_to_file(occurrence: Occurrence) -> bool:
    redirects = occurrence.statement.redirects
    return any(">" in one.operator and one.target.literal not in {"/dev/null", None} for one in redirects)


def _only_speaks(step: Step) -> bool:
    return step.effects.prints and not any(isinstance(place, File) for place in step.effects.reads)
