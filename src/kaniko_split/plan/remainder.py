"""Which job gets what no build needs?

What stands before the builds may be the head of all of them; what is printed belongs to the build that it speaks of;
anything else goes with the build that it stands before, or the last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from kaniko_split.detect.trace import Step
from kaniko_split.plan.printed_lines import spoken_of


class Attaching(Struct, frozen=True, eq=False):
    """A script whose statements are to be given to its builds.

    Attributes:
        steps: Its statements.
        builds: The builds, by number.
        owned: The statements that belong to a build whose output they read, by number.
        homes: For each statement of a loop that is written out, the build of its turn.
    """

    steps: Sequence[Step]
    builds: Sequence[int]
    owned: frozenset[int]
    homes: dict[int, int]

    def attach(self, roots: dict[int, set[int]], left: frozenset[int]) -> None:
        """Add the statements of `left`, which no build needs, to the roots of the builds that are to have them."""
        first = self.builds[0]
        named = spoken_of(self.steps)
        spoken = self._spoken_before_each()
        behind = self._spoken_behind_each(bool(spoken))
        for step in self.steps:
            number = step.number
            if number not in left:
                continue
            if number in self.homes:
                roots[self.homes[number]].add(number)
                continue
            if number in named:
                roots[named[number]].add(number)
                continue
            if number in behind:
                roots[behind[number]].add(number)
                continue
            if number < first and number not in spoken:
                # It may be the head of all of them; the prelude decides.
                for build in self.builds:
                    if not self._overwritten(step, build):
                        roots[build].add(number)
                if not any(number in roots[build] for build in self.builds):
                    for build in self.builds:
                        roots[build].add(number)
                continue
            makers = [one for one in self.steps if one.build is not None or one.partner is not None]
            makers = [one for one in makers if _in_same_branch(step, one)] or makers
            home = next((one for one in makers if one.number > number), makers[-1])
            if step.chained and (not step.effects.prints or self._ends_chain(step)):
                # A link that needs nothing stays with the build that it cleans up behind, or speaks of.
                home = next((one for one in reversed(makers) if one.number < number), home)
            roots[home.number if home.partner is None else home.partner].add(number)

    def _ends_chain(self, step: Step) -> bool:
        """Tell whether a link has a build of its chain before it, and none behind it."""
        first = step.number
        while self.steps[first].chained:
            first -= 1
        last = step.number
        while last + 1 < len(self.steps) and self.steps[last + 1].chained:
            last += 1
        return any(first <= build < step.number for build in self.builds) and not any(
            step.number < build <= last for build in self.builds
        )

    def _spoken_before_each(self) -> frozenset[int]:
        """Return what is printed right before the first build, where each build has such words of its own."""

        def words_before(build: int) -> list[int]:
            found: list[int] = []
            number = build - 1
            while number >= 0 and self.steps[number].effects.prints:
                found.append(number)
                number -= 1
            return found

        if all(words_before(build) for build in self.builds):
            return frozenset(words_before(self.builds[0])[:1])
        return frozenset()

    def _spoken_behind_each(self, spoken_before: bool) -> dict[int, int]:  # noqa: FBT001 (asked once)
        """Return what is printed right behind a build, with the build, where each has such words of its own.

        Those in one condition are each other's measure, and those outside of any.
        """
        found: dict[int, int] = {}
        for frame in dict.fromkeys(self.steps[build].frame for build in self.builds):
            builds = [build for build in self.builds if self.steps[build].frame is frame]
            words = {build: list(self._words_behind(build)) for build in builds}
            spare = 1 if spoken_before else 0
            most = min(len(words[build]) - (spare if build != builds[-1] else 0) for build in builds)
            found |= {number: build for build in builds for number in words[build][: max(most, 0)]}
        return found

    def _words_behind(self, build: int) -> Iterator[int]:
        for step in self.steps[build + 1 :]:
            alike = step.frame is self.steps[build].frame and step.branch == self.steps[build].branch
            if not alike or not step.effects.prints or step.number in self.owned:
                return
            yield step.number

    def _overwritten(self, step: Step, build: int) -> bool:
        """Tell whether all that `step` writes is certainly written anew before `build` reads it."""
        later = [other.effects for other in self.steps[step.number + 1 : build]]
        return bool(step.effects.writes) and all(
            any(place in effects.overwrites for effects in later) for place in step.effects.writes
        )


def _in_same_branch(step: Step, other: Step) -> bool:
    return step.frame is not None and step.frame is other.frame and step.branch == other.branch
