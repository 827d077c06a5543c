"""Which checks and effects must run in another job, so that each comes after what it came after, and nothing else?

A check that came after a build must not block it, and an effect must not wait for a check that came after it. So what
has no job of its own by what it reads moves: to the job of the build before it, of the next build, or to the finishing
job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from msgspec import Struct

from kaniko_split.detect.trace import Step
from kaniko_split.plan.ownership import Bound, CannotSliceError

_GOES_ON = "the script goes on when it fails, and what comes after it would wait for its success"


class Move(Enum):
    """Where a statement moves."""

    PREVIOUS = "to the job of the build before it"
    NEXT = "to the job of the next build"
    EACH = "to the jobs of all builds after it"
    FINISHING = "to the finishing job"


class Division(Struct, frozen=True, eq=False):
    """A script, divided for now.

    Attributes:
        steps: All statements.
        jobs: For each build, by number, all that its job runs.
        tail: All that the finishing job runs.
        after: For each build, the builds that its job waits for.
        bound: What ties the statements to the builds.
        free: The statements that may move: those of no loop and no `before_script`.
        ending: The builds whose failure the old job passed over, and which end their new job.
        bases: For each build, the builds whose image it may be built on.
    """

    steps: Sequence[Step]
    jobs: Mapping[int, frozenset[int]]
    tail: frozenset[int]
    after: Mapping[int, frozenset[int]]
    bound: Bound
    free: frozenset[int]
    ending: frozenset[int]
    bases: Mapping[int, frozenset[int]]

    def moves(self) -> dict[int, Move]:
        """Return the statements that must move, by number.

        Raises:
            CannotSliceError: No job has them in the order of the script.
        """
        found: dict[int, Move] = {}
        for moves in (
            self._late,
            self._behind_unknown,
            self._ahead_of_gates,
            self._unknown_ahead_of_gates,
            self._behind_gates,
            self._passed_over,
            self._at_the_end,
        ):
            for number, move in moves():
                found.setdefault(number, move)
        return found

    def _late(self) -> Iterator[tuple[int, Move]]:
        """Yield what came after a build that now waits for it."""
        for build in self.jobs:
            for other in closure(build, self.after):
                for step in self._own(other):
                    if step.number > build and _matters(step) and self._can_move(step):
                        yield step.number, self._onwards(step)

    def _behind_unknown(self) -> Iterator[tuple[int, Move]]:
        """Yield what brings a program that nobody knows into a job that does not wait for all builds ahead of it."""
        for build in self.jobs:
            ahead = {build, *closure(build, self.after)}
            early = [
                step.number
                for step in self._own(build)
                if step.effects.unknown
                and step.number > build
                and step.number not in self.bound.owners
                and any(other < step.number and other not in ahead for other in self.jobs)
            ]
            for step in self._own(build):
                if early and step.number > early[0] and _matters(step) and self._can_move(step):
                    yield step.number, self._onwards(step)

    def _ahead_of_gates(self) -> Iterator[tuple[int, Move]]:
        """Yield the effects that no longer come after a check that came before them."""
        for build in self.jobs:
            known = self.jobs[build].union(*(self.jobs[one] for one in closure(build, self.after)))
            for step in self._own(build):
                if not step.effects.acts or not self._can_move(step):
                    continue
                for gate in self.steps[: step.number]:
                    # What nobody knows keeps its place behind all builds, so that it runs in the job of a later one.
                    lost = gate.number not in known or (gate.effects.unknown and gate.number > build)
                    if _judges(gate) and gate.number in self.free and lost:
                        back = step.number in self.bound.backed
                        yield (gate.number, Move.PREVIOUS) if back else (step.number, self._onwards(step))

    def _unknown_ahead_of_gates(self) -> Iterator[tuple[int, Move]]:
        """Yield the checks that came before a program that nobody knows, which its job has since it may write a file.

        Raises:
            CannotSliceError: A check does not go along, since another build comes between.
        """
        for build in self.jobs:
            known = self.jobs[build].union(*(self.jobs[one] for one in closure(build, self.after)))
            unknown = [step.number for step in self._own(build) if step.effects.unknown and step.build is None]
            for gate in self.steps[: max(unknown, default=0)]:
                if gate.number in known or gate.number not in self.free or not _judges(gate):
                    continue
                if self._previous(gate) != build or not self._can_move(gate):
                    detail = "a check came before it that runs in the job of another build"
                    later = next(number for number in unknown if number > gate.number)
                    raise CannotSliceError("order-not-kept", self.steps[later], detail)
                yield gate.number, Move.PREVIOUS

    def _behind_gates(self) -> Iterator[tuple[int, Move]]:
        """Yield the checks, or the effects, where an effect now waits for a check that came after it."""
        places = {build: (numbers, closure(build, self.after)) for build, numbers in self.jobs.items()}
        for numbers, ahead in (*places.values(), (self.tail, frozenset(self.jobs))):
            effects = [self.steps[number] for number in sorted(numbers & self.free) if self.steps[number].effects.acts]
            for other in ahead:
                for gate in self._own(other):
                    for effect in effects:
                        if gate.effects.fails and _matters(gate) and effect.number < gate.number:
                            yield self._before_gate(effect, gate, other)

    def _before_gate(self, effect: Step, gate: Step, owner: int) -> tuple[int, Move]:
        previous = self._previous(effect)
        earlier = [build for build in self.jobs if build < effect.number]
        if previous == owner and len(earlier) == 1 and self._can_move(effect):
            return effect.number, Move.PREVIOUS
        if self._can_move(gate):
            return gate.number, self._onwards(gate)
        if previous == owner and self._can_move(effect):
            return effect.number, Move.PREVIOUS
        raise CannotSliceError("order-not-kept", effect, "a later command judges an image that was built before it")

    def _passed_over(self) -> Iterator[tuple[int, Move]]:
        """Yield the checks and effects for which a job waits for a build whose failure the old job passed over.

        Raises:
            CannotSliceError: It has to wait all the same.
        """
        waits = {build: self._waits_for_success(build) for build in self.jobs}
        for build, others in waits.items():
            # What another job must not wait for is settled there.
            ahead = closure(build, self.after)
            for other in sorted(others.difference(*(waits[one] for one in ahead))):
                moves = [*self._effects_between(other, build), *self._kept_before(other, build)]
                if not moves:
                    raise CannotSliceError("chain-hides-failure", self.steps[other], _GOES_ON)
                yield from moves

    def _waits_for_success(self, build: int) -> frozenset[int]:
        """Return the builds that a build waits for, where the old job went on after their failure.

        An image waits for its base.
        """
        return self._unchecked(closure(build, self.after) - closure(build, self.bases))

    def _unchecked(self, builds: frozenset[int]) -> frozenset[int]:
        """Return those of the builds whose failure was passed over and now ends their job.

        Where a check comes after a build in its job, that tells how it has ended.
        """
        return frozenset(
            one
            for one in builds & self.ending
            if not any(step.number > one and step.effects.fails for step in self._own(one))
        )

    def _at_the_end(self) -> Iterator[tuple[int, Move]]:
        """Yield what a finishing job does, where it would wait for a build whose failure was passed over to succeed.

        A check alone waits for no build, so that the job of the last one may have it.

        Raises:
            CannotSliceError: An effect would wait for it.
        """
        others = self._unchecked(frozenset(self.jobs)) if self.tail else frozenset[int]()
        if not others:
            return
        steps = [self.steps[number] for number in sorted(self.tail & self.free) if number > max(self.jobs)]
        steps = [step for step in steps if _matters(step) or step.effects.unknown]
        alone = all(_judges(step) and not step.effects.unknown for step in steps)
        if steps and not (alone or others == {max(self.jobs)}):
            raise CannotSliceError("chain-hides-failure", self.steps[min(others)], _GOES_ON)
        yield from ((step.number, Move.PREVIOUS) for step in steps)

    def _effects_between(self, other: int, build: int) -> Iterator[tuple[int, Move]]:
        """Yield the effects of a build's job that can follow the earlier build at once, whose job then goes on."""
        for step in self._own(build):
            if step.effects.acts and self._previous(step) == other and self._can_move(step):
                yield step.number, Move.PREVIOUS

    def _kept_before(self, other: int, build: int) -> Iterator[tuple[int, Move]]:
        """Yield what comes before the earlier build in its job, and need not be there alone."""
        for step in self._own(other):
            if step.number > other or step.number in self.jobs[build] or not self._can_move(step):
                continue
            if _judges(step) and not step.effects.unknown:
                yield step.number, Move.EACH
            elif step.effects.acts and self._previous(step) not in {None, *self.ending}:
                yield step.number, Move.PREVIOUS

    def _own(self, build: int) -> list[Step]:
        return [self.steps[number] for number in sorted(self.jobs[build]) if number in self.free]

    def _can_move(self, step: Step) -> bool:
        """Tell whether a statement may run in another job: it reads nothing that its own build has left."""
        return step.number in self.free and step.build is None and step.number not in self.bound.reading

    def _onwards(self, step: Step) -> Move:
        return Move.NEXT if step.number < max(self.jobs) else Move.FINISHING

    def _previous(self, step: Step) -> int | None:
        return max((build for build in self.jobs if build < step.number), default=None)


def _judges(step: Step) -> bool:
    """Tell whether a statement is a check, and no build and no effect."""
    return step.effects.fails and step.build is None and step.partner is None and not step.effects.acts


def _matters(step: Step) -> bool:
    return step.build is None and step.partner is None and (step.effects.fails or step.effects.acts)


def closure(build: int, edges: Mapping[int, frozenset[int]]) -> frozenset[int]:
    """Return all builds that one leads to over `edges`."""
    found: set[int] = set()
    waiting = [*edges.get(build, ())]
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += edges.get(number, ())
    return frozenset(found)
