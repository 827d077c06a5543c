"""When something fails, does the split pipeline still build and send what the old job did, and no more?

In turn, a build, a verdict (a test, a scan, a comparison) or another call outside fails each time that it is made, on
both sides. What GitLab starts after it is what `needs` and stages let start.
"""

import random
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from judges.bases import is_based_on, leaves_nothing, values_of
from judges.meaning import script_text
from judges.records import is_build, is_repeatable
from judges.resolver import Resolved
from judges.running import Failure, Setting, run_all_with_failure
from judges.sandbox import EFFECTS, MOMENT, Call, Outcome, Record
from judges.verdicts import Meaning, is_unknown, is_verdict, meaning_of, verdicts_in_text

AT_MOST = 6
# They say the same in any folder, so that a split may run them in another one.
_THE_SAME_ANYWHERE = frozenset({"date", "hostname", "id", "sleep", "uname", "uptime", "whoami"})


@dataclass(frozen=True)
class Sampled:
    """One side of a split, and what its jobs do when nothing fails."""

    pipeline: Resolved
    names: Sequence[str]
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True)
class Injected:
    """What failures showed, and how many there were."""

    complaints: tuple[str, ...]
    failures: int


def compare_failures(old: Sampled, new: Sampled, setting: Setting, at_most: int = AT_MOST) -> Injected:
    """Let one thing after the other fail, and compare what both sides still do.

    Args:
        old: The jobs before the split.
        new: The jobs after it.
        setting: What is the same for all jobs.
        at_most: How many failures to try; which, is drawn from the scripts' text.

    Raises:
        RefusedError: A script cannot be run without a risk to the machine.
    """
    if any(outcome.status is None for outcome in (*old.outcomes.values(), *new.outcomes.values())):
        return Injected((), 0)
    if any(MOMENT.search(word.encode()) for build in _builds(old) for word in build.arguments):
        # Digests then differ from run to run, and with them all that names an image by its digest.
        return Injected((), 0)
    complaints: list[str] = []
    failures = _chosen(old, at_most)
    for failure in failures:
        before = run_all_with_failure(old.pipeline, old.names, setting, failure, old.outcomes)
        moved = _as_made(failure, new)
        after = run_all_with_failure(new.pipeline, new.names, setting, moved, new.outcomes)
        if any(outcome.status is None for outcome in (*before.values(), *after.values())):
            continue
        complaints += _Comparison(failure, old, before, after, new).complaints()
    return Injected(tuple(complaints), len(failures))


def _chosen(old: Sampled, at_most: int) -> list[Failure]:
    """Choose what is to fail: verdicts first, as nothing else shows a lost one."""
    calls = list(dict.fromkeys(call for name in old.names for call in old.outcomes[name].calls))
    script = "\n".join(script_text(old.pipeline.jobs[name]) for name in old.names)
    draw = random.Random(zlib.crc32(script.encode()))  # noqa: S311 (no secret)
    by_meaning: dict[Meaning, list[Failure]] = {meaning: [] for meaning in Meaning}
    for call in calls:
        by_meaning[meaning_of(call)].append(call)
    by_meaning[Meaning.VERDICT] += dict.fromkeys(verdicts_in_text(script))
    for failures in by_meaning.values():
        draw.shuffle(failures)
    verdicts, builds = by_meaning[Meaning.VERDICT], by_meaning[Meaning.BUILD]
    stopping = _builds_that_stop_others(old)
    builds.sort(key=lambda call: call not in stopping)
    first = [*verdicts[: max(at_most - 3, 1)], *builds[:2], *by_meaning[Meaning.EFFECT]]
    rest = [*verdicts, *builds, *by_meaning[Meaning.OTHER]]
    return list(dict.fromkeys([*first, *rest]))[:at_most]


def _as_made(failure: Failure, side: Sampled) -> Failure:
    """Give a call as a side makes it: in another folder, where that does not matter."""
    if isinstance(failure, str) or failure.name not in _THE_SAME_ANYWHERE:
        return failure
    calls = [call for name in side.names for call in side.outcomes[name].calls]
    alike = [call for call in calls if (call.name, call.arguments) == (failure.name, failure.arguments)]
    return failure if failure in calls or not alike else alike[0]


def _builds_that_stop_others(side: Sampled) -> set[Call]:
    """Give the builds that leave nothing but a status, and those that another one is built on."""
    builds = _builds(side)
    return {
        Call("executor", one.folder, one.arguments)
        for one in builds
        if leaves_nothing(one) or any(is_based_on(other, one) for other in builds)
    }


def _builds(side: Sampled) -> list[Record]:
    return [record for name in side.names for record in side.outcomes[name].records if is_build(record)]


@dataclass(frozen=True)
class _Comparison:
    """What both sides did when one thing failed."""

    failure: Failure
    old: Sampled
    before: Mapping[str, Outcome]
    after: Mapping[str, Outcome]
    new: Sampled

    def complaints(self) -> Iterator[str]:
        """Yield, in sentences, what is wrong after the split."""
        yield from self._statuses()
        yield from self._lost_builds()
        yield from self._needless_builds()
        yield from self._effects()
        yield from self._unknown_programs()

    @property
    def _meaning(self) -> Meaning:
        return Meaning.VERDICT if isinstance(self.failure, str) else meaning_of(self.failure)

    def _calls(self, outcomes: Mapping[str, Outcome], names: Sequence[str]) -> list[Call]:
        return [call for name in names for call in outcomes[name].calls if call != self.failure]

    def _statuses(self) -> Iterator[str]:
        failed = [name for name in self.old.names if self.before[name].status != 0]
        failed_after = [name for name in self.new.names if self.after[name].status != 0]
        if failed and not failed_after:
            yield f"When `{self.failure}` fails, {failed[0]!r} fails, and no job does after the split."
        if self._meaning is Meaning.BUILD:
            # A failure that `&&` hid shows in the build's own job; what waits for that job is compared otherwise.
            failed_after = [name for name in failed_after if self.failure not in self.after[name].calls]
        if failed_after and not failed:
            yield f"When `{self.failure}` fails, the old job passes, and {failed_after[0]!r} fails after the split."

    def _built(self, outcomes: Mapping[str, Outcome], names: Sequence[str]) -> Counter[Call]:
        return Counter(call for call in self._calls(outcomes, names) if meaning_of(call) is Meaning.BUILD)

    def _lost_builds(self) -> Iterator[str]:
        before = self._built(self.before, self.old.names)
        after = self._built(self.after, self.new.names)
        for call in before.keys() - after.keys():
            record = self._record(call)
            if record is None or values_of(record, "-d", "--destination"):
                yield f"When `{self.failure}` fails, `{call}` runs before the split, and not after it."

    def _needless_builds(self) -> Iterator[str]:
        before = self._built(self.before, self.old.names)
        for call in self._built(self.after, self.new.names).keys() - before.keys():
            if self._binds(call):
                yield f"When `{self.failure}` fails, `{call}` does not run before the split, and does after it."

    def _binds(self, call: Call) -> bool:
        """Say whether a build must not run when the failure stopped it before."""
        if self._meaning is not Meaning.BUILD:
            return self._meaning is Meaning.VERDICT
        failed, stopped = self._record(self.failure), self._record(call)
        if failed is None or stopped is None:
            return False
        if leaves_nothing(failed):
            # With a destination it is the dry run of an image, which is pushed in other pipelines.
            return not leaves_nothing(stopped) and not values_of(failed, "-d", "--destination")
        return is_based_on(stopped, failed)

    def _record(self, call: Failure) -> Record | None:
        if isinstance(call, str):
            return None
        same = (one for one in _builds(self.old) if (one.folder, one.arguments) == (call.folder, call.arguments))
        return next(same, None)

    def _effects(self) -> Iterator[str]:
        before = Counter(call for call in self._calls(self.before, self.old.names) if _acts(call))
        after = Counter(call for call in self._calls(self.after, self.new.names) if _acts(call))
        usual = Counter(call for call in self._calls(self.old.outcomes, self.old.names) if _acts(call))
        for call in before.keys() - after.keys():
            yield f"When `{self.failure}` fails, `{call}` runs before the split, and not after it."
        for call, count in after.items():
            if count > max(before[call], usual[call]) and not _may_repeat(call):
                yield f"When `{self.failure}` fails, `{call}` runs {count} times after the split."
            elif not before[call] and self._waits_for_failure(call):
                yield f"When `{self.failure}` fails, `{call}` does not run before the split, and does after it."

    def _waits_for_failure(self, call: Call) -> bool:
        """Say whether an effect that the failure stopped before must be stopped after."""
        if _may_repeat(call) or (isinstance(self.failure, Call) and self._meaning is Meaning.EFFECT):
            return False
        if self._meaning is Meaning.VERDICT:
            # A further verdict on another image may be given; a message may not be sent.
            return not is_verdict(call)
        if self._meaning is not Meaning.BUILD or is_verdict(call):
            return False
        jobs = [name for name in self.new.names if call in self.after[name].calls]
        alone = any(not any(is_build(one) for one in self.new.outcomes[name].records) for name in jobs)
        failed = self._record(self.failure)
        return alone or (failed is not None and _names_image_of(call, failed))

    def _unknown_programs(self) -> Iterator[str]:
        """Name programs that nobody knows and that ran after a build alone: they may look at what it pushed."""
        if self._meaning is not Meaning.BUILD:
            return
        before = {*self._calls(self.before, self.old.names)}
        for call in dict.fromkeys(self._calls(self.after, self.new.names)):
            if call not in before and is_unknown(call):
                yield f"When `{self.failure}` fails, `{call}` does not run before the split, and does after it."


def _acts(call: Call) -> bool:
    return meaning_of(call) is Meaning.EFFECT or (is_verdict(call) and call.name in EFFECTS)


def _may_repeat(call: Call) -> bool:
    return is_verdict(call) or is_repeatable(Record(call.name, call.arguments, call.folder, {}, None, None, {}))


def _names_image_of(call: Call, build: Record) -> bool:
    words = " ".join(call.arguments)
    images = values_of(build, "-d", "--destination")
    return any(re.search(rf"{re.escape(image)}(?![\w/-])", words) for image in images)
