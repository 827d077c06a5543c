"""What comes of many drawn repositories, when the judges look at them together?"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky

from generator.pipelines import Drawn, pipelines
from generator.second.pipelines import pipelines as second_pipelines
from generator.trial import Trial, Wrong, attempt
from judges.judge import REPLAY, RESOLVER, SCHEMA, CasePair, judge_all

# Hypothesis begins with the plainest example, which is always the same, and goes over to variations of what it had
# after some ten. So each round is short, and its first example is left out.
ROUND = 10
_SHRINKS = 400
GRAMMARS = {"first": pipelines, "second": second_pipelines}
JUDGES = frozenset({RESOLVER, SCHEMA, REPLAY})


@dataclass(frozen=True)
class Mistake:
    """A repository with which something went wrong."""

    drawn: Drawn
    wrong: tuple[Wrong, ...]
    round: int
    grammar: str = "first"

    def __str__(self) -> str:
        sentences = "\n".join(f"{one.kind}: {one.sentence}" for one in self.wrong)
        return f"Round {self.round}: {sentences}\n{self.drawn!r}"

    def as_json(self) -> dict[str, Any]:
        """Write the mistake as JSON; a byte becomes a character."""
        return {
            "files": {name: data.decode("latin-1") for name, data in self.drawn.files.items()},
            "counts": dict(self.drawn.builds),
            "kinds": list(self.drawn.kinds),
            "wrong": [[one.kind, one.sentence] for one in self.wrong],
            "round": self.round,
            "grammar": self.grammar,
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        files = {name: text.encode("latin-1") for name, text in written["files"].items()}
        wrong = tuple(Wrong(kind, sentence) for kind, sentence in written["wrong"])
        return cls(
            Drawn(files, written["counts"], tuple(written["kinds"])), wrong, written["round"], written["grammar"]
        )


@dataclass
class Tally:
    """How many repositories were drawn, and what became of their jobs.

    Attributes:
        draws: How many repositories were drawn.
        splits: How many jobs were split.
        alone: How many jobs were left alone, as they build one image.
        unproved: How many jobs stayed as they were, as the proof broke.
        builds: How many builds were replayed.
        failures: How many failures were injected.
        refusals: How many jobs were refused, by code.
        kinds: How many wrong repositories there were, by the kind of their job.
        mistakes: What went wrong.
    """

    draws: int = 0
    splits: int = 0
    alone: int = 0
    unproved: int = 0
    builds: int = 0
    failures: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another tally has counted."""
        self.draws += other.draws
        self.splits += other.splits
        self.alone += other.alone
        self.unproved += other.unproved
        self.builds += other.builds
        self.failures += other.failures
        self.kinds += other.kinds
        self.refusals += other.refusals
        self.mistakes += other.mistakes

    def as_json(self) -> dict[str, Any]:
        """Write the tally as JSON."""
        return {**vars(self), "mistakes": [one.as_json() for one in self.mistakes]}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        mistakes = [Mistake.from_json(one) for one in written["mistakes"]]
        counts = {name: Counter(written[name]) for name in ("refusals", "kinds")}
        return cls(**{**written, **counts, "mistakes": mistakes})

    def __str__(self) -> str:
        codes = ", ".join(f"{count} {code}" for code, count in self.refusals.most_common())
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.most_common())
        return (
            f"{self.draws} draws, {self.splits} splits, {self.refusals.total()} refusals ({codes}), "
            f"{self.alone} left alone, {self.unproved} not proved, {self.builds} builds replayed, "
            f"{self.failures} injected failures; wrong: {len(self.mistakes)}{f' ({kinds})' if kinds else ''}"
        )


def play(rounds: Sequence[int], grammar: str = "first") -> Tally:
    """Draw ten repositories for each number, always the same ones for one number, and ask everyone about them."""
    found: list[tuple[int, Drawn]] = []
    for number in rounds:
        drawn: list[Drawn] = []
        draw(number, grammar, (Phase.generate,), drawn.append)
        found += [(number, one) for one in drawn[1 : ROUND + 1]]
    return _judged(found, grammar)


def _judged(draws: Sequence[tuple[int, Drawn]], grammar: str, *, judged: bool = True) -> Tally:
    tally = Tally(draws=len(draws))
    with tempfile.TemporaryDirectory(prefix="draws-") as scratch:
        trials: list[Trial] = []
        pairs: list[CasePair] = []
        for index, (_, drawn) in enumerate(draws):
            before, after = Path(scratch, f"{index}/before"), Path(scratch, f"{index}/after")
            trial = attempt(drawn, before, after)
            trials.append(trial)
            pairs.append(CasePair(str(index), before, after if trial.splits and after.is_dir() else None))
            _drop_marks(before, after)
        verdict = judge_all(pairs if judged else [])
        for complaint in verdict.complaints:
            trials[int(complaint.case)].wrong.append(Wrong(complaint.judge, complaint.sentence))
    for (number, drawn), trial in zip(draws, trials, strict=True):
        tally.splits += trial.splits
        tally.alone += trial.alone
        tally.unproved += trial.unproved
        tally.refusals.update(trial.refusals)
        if trial.wrong:
            tally.mistakes.append(Mistake(drawn, tuple(trial.wrong), number, grammar))
            tally.kinds.update(drawn.kinds or ("ordinary",))
    tally.builds, tally.failures = verdict.builds, verdict.failures
    return tally


def _drop_marks(*folders: Path) -> None:
    """Take the byte order mark from files that the resolver is to read: it knows none."""
    for folder in folders:
        for path in folder.rglob("*.yml"):
            path.write_bytes(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))


def trouble(mistake: Mistake) -> str:
    """Give the kind of a mistake: what shows without judges comes first."""
    return min((one.kind for one in mistake.wrong), key=lambda kind: kind in JUDGES)


def shrink(mistake: Mistake) -> Mistake:
    """Find the smallest repository with which the same goes wrong."""
    wanted = trouble(mistake)
    best = [mistake]
    started = False
    tries = 0

    def look(drawn: Drawn) -> None:
        nonlocal started, tries
        if not started and drawn.files != mistake.drawn.files:
            return
        started = True
        tries += 1
        if tries > _SHRINKS:
            return
        found = _judged([(mistake.round, drawn)], mistake.grammar, judged=wanted in JUDGES).mistakes
        if found and wanted in {one.kind for one in found[0].wrong}:
            best[0] = found[0]
            raise _StillWrongError

    # Hypothesis shows the smallest one again at the end, and is told no more of it when the tries are used up.
    with suppress(_StillWrongError, Flaky):
        draw(mistake.round, mistake.grammar, (Phase.generate, Phase.shrink), look)
    return best[0]


class _StillWrongError(Exception):
    """What goes wrong does so with this repository too."""


def draw(number: int, grammar: str, phases: tuple[Phase, ...], use: Callable[[Drawn], None]) -> None:
    """Draw repositories for one number, and use each: first the plainest, then others, always the same ones."""

    @seed(number)
    @settings(
        max_examples=ROUND + 1,
        phases=phases,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(GRAMMARS[grammar]())
    def look(drawn: Drawn) -> None:
        use(drawn)

    look()


def save(mistake: Mistake, cases: Path) -> Path:
    """Write a repository as a case, of which only the start is known."""
    data = b"".join(name.encode() + content for name, content in sorted(mistake.drawn.files.items()))
    folder = cases / f"found-{sha256(data).hexdigest()[:8]}" / "before"
    for name, content in mistake.drawn.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder.parent
