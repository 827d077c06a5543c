"""Which checks and effects must run in another job, so that each comes after what it came after, and nothing else?

A check that came after a build must not block it, and an effect must not wait for a check that came after it. So what
has no job of its own by what it reads moves: to the job of the build before it, of the next build, or to the finishing
job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from kaniko_split.detect.trace import Step
from kaniko_split.plan.binding import Bound, CannotSliceError


class Move(Enum):
    """Where a statement moves."""

    PREVIOUS = "to the job of the build before it"
    NEXT = "to the job of the next build"
    FINISHING = "to the finishing job"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Division:
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
        for number, move in (*self._late(), *self._ahead_of_gates(), *self._behind_gates(), *self._passed_over()):
            found.setdefault(number, move)
        return found

    def _late(self) -> Iterator[tuple[int, Move]]:
        """Yield what came after a build that now waits for it."""
        for build in self.jobs:
            for other in _closure(build, self.after):
                for step in self._own(other):
                    if step.number > build and _matters(step) and self._can_move(step):
                        yield step.number, self._onwards(step)

    def _ahead_of_gates(self) -> Iterator[tuple[int, Move]]:
        """Yield the effects that no longer come after a check that came before them."""
        for build in self.jobs:
            known = self.jobs[build].union(*(self.jobs[one] for one in _closure(build, self.after)))
            for step in self._own(build):
                if not step.effects.acts or not self._can_move(step):
                    continue
                for gate in self.steps[: step.number]:
                    if _judges(gate) and gate.number in self.free and gate.number not in known:
                        back = step.number in self.bound.backed
                        yield (gate.number, Move.PREVIOUS) if back else (step.number, self._onwards(step))

    def _behind_gates(self) -> Iterator[tuple[int, Move]]:
        """Yield the checks, or the effects, where an effect now waits for a check that came after it."""
        places = {build: (numbers, _closure(build, self.after)) for build, numbers in self.jobs.items()}
        for numbers, ahead in (*places.values(), (self.tail, frozenset(self.jobs))):
            effects = [self.steps[number] for number in sorted(numbers) if self.steps[number].effects.acts]
            for other in ahead:
                for gate in self._own(other):
                    for effect in effects:
                        if _judges(gate) and effect.number < gate.number and effect.build is None:
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
        """Yield the effects that came after a build in any case, and now wait for its success."""
        for build in self.jobs:
            for other in sorted(_closure(build, self.after) & self.ending - _closure(build, self.bases)):
                if any(step.number > other and step.effects.fails for step in self._own(other)):
                    continue
                effects = [
                    step
                    for step in self._own(build)
                    if other < step.number < build and _binds(step) and self._previous(step) == other
                ]
                if not effects or not all(map(self._can_move, effects)):
                    detail = "its failure is passed over, and what comes after it would have to wait for its success"
                    raise CannotSliceError("chain-hides-failure", self.steps[other], detail)
                yield from ((step.number, Move.PREVIOUS) for step in effects)

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


def _binds(step: Step) -> bool:
    """Tell whether a statement must come after all builds that came before it."""
    return step.effects.acts or step.effects.unknown


def _matters(step: Step) -> bool:
    return step.build is None and step.partner is None and (step.effects.fails or step.effects.acts)


def _closure(build: int, edges: Mapping[int, frozenset[int]]) -> frozenset[int]:
    """Return all builds that one leads to over `edges`."""
    found: set[int] = set()
    waiting = [*edges.get(build, ())]
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += edges.get(number, ())
    return frozenset(found)
