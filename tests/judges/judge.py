"""What do all judges together say of many cases at once?"""

import filecmp
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from judges import meaning, psych, schema
from judges.agreement import Agreement, Figures, compare
from judges.replay import Sides, replay
from judges.resolver import MissingJudgeError, Pipeline, Rejected, Resolved, resolve_all
from judges.sandbox import toolbox

RESOLVER, SCHEMA, REPLAY, PSYCH = "resolver", "schema", "replay", "psych"
ROOT_FILE = ".gitlab-ci.yml"
CHILD_LEVELS = 2  # GitLab's own limit


@dataclass(frozen=True)
class CasePair:
    """A repository before the split and after it; without `after`, one that is to stay as it is.

    `rejected_by` names the judges that cannot read the case, and whose silence on it is therefore no news.
    """

    name: str
    before: Path
    after: Path | None = None
    rejected_by: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Complaint:
    """One thing that one judge has against one case."""

    case: str
    judge: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.case}: {self.judge}: {self.sentence}"


@dataclass(frozen=True)
class Verdict:
    """What the judges found, and on how much they looked."""

    complaints: tuple[Complaint, ...]
    cases: int
    jobs: int
    builds: int
    readings: str
    failures: int = 0

    @property
    def figures(self) -> str:
        """The size of what was judged, as one line."""
        size = f"{self.cases} cases, {self.jobs} jobs, {self.builds} recorded builds"
        size += f", {self.failures} injected failures"
        return f"{size}, {self.readings}, {len(self.complaints)} complaints"


def judge_all(pairs: Sequence[CasePair]) -> Verdict:
    """Put all cases before all judges: one process each of Node, Ruby and the schema, and the replays side by side."""
    complaints, loaded = _ask_psych(pairs)
    complaints += _compare_schemas(pairs)
    complaints += [found for pair in pairs for found in _compare_other_files(pair)]
    jobs = 0
    readings: list[Agreement] = []
    replays: list[tuple[CasePair, Sides]] = []
    for pair, resolved in zip(pairs, _resolve(pairs), strict=True):
        readable = RESOLVER not in pair.rejected_by
        for before, after in resolved:
            where = "" if before.file == ROOT_FILE else f"{before.file}: "
            old, new = before.answer, after.answer if after else None
            for folder, answer in ((pair.before, old), (pair.after, new)):
                if folder is not None and answer is not None and readable:
                    reading = compare(Pipeline(folder, before.file), answer)
                    readings.append(reading)
                    complaints += [
                        Complaint(pair.name, RESOLVER, f"{where}kaniko-split reads {folder.name}/ otherwise: {text}")
                        for text in reading.wrong
                    ]
            if isinstance(old, Rejected):
                if readable:
                    complaints.append(Complaint(pair.name, RESOLVER, f"{where}The case is broken: {old.why}"))
                continue
            jobs += len(old.jobs)
            if isinstance(new, Rejected):
                complaints.append(Complaint(pair.name, RESOLVER, f"{where}It takes the result no more: {new.why}"))
            elif new is not None:
                complaints += [Complaint(pair.name, RESOLVER, where + text) for text in meaning.compare(old, new)]
                if REPLAY not in pair.rejected_by:
                    replays.append((pair, Sides(pair.before, old, new)))
    builds = failures = 0
    with toolbox() as box, ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = pool.map(lambda entry: replay(entry[1], box), replays)
        for (pair, _), outcome in zip(replays, outcomes, strict=True):
            builds += outcome.builds
            failures += outcome.failures
            complaints += [Complaint(pair.name, REPLAY, text) for text in outcome.complaints]
    return Verdict(tuple(complaints), len(pairs), jobs, builds, f"{loaded}, {Figures(tuple(readings))}", failures)


def _ask_psych(pairs: Sequence[CasePair]) -> tuple[list[Complaint], str]:
    """Give the complaints of Psych, and its figures; without Ruby, what installs it, unless this is the gate."""
    try:
        loaded = psych.read_all(folder for pair in pairs for folder in _folders(pair))
    except MissingJudgeError as missing:
        if os.environ.get("CI") == "true":
            raise
        return [], f"Psych is not asked ({missing})"
    found = [
        Complaint(pair.name, PSYCH, text) for pair in pairs for text in psych.compare(pair.before, pair.after, loaded)
    ]
    return found, str(psych.Figures(tuple(loaded.values())))


@dataclass(frozen=True)
class _Answer:
    file: str
    answer: Resolved | Rejected


def _resolve(pairs: Sequence[CasePair]) -> list[list[tuple[_Answer, _Answer | None]]]:
    """Resolve the roots of all cases, then the files that these run as child pipelines."""
    # What stays as it is and cannot be read gives nothing to compare; some of it is made to exhaust its reader.
    files = [[] if pair.after is None and RESOLVER in pair.rejected_by else [ROOT_FILE] for pair in pairs]
    answers: dict[Pipeline, Resolved | Rejected] = {}
    for _ in range(CHILD_LEVELS + 1):
        wanted = [
            Pipeline(folder, file)
            for pair, names in zip(pairs, files, strict=True)
            for folder in _folders(pair)
            for file in names
        ]
        answers |= resolve_all(pipeline for pipeline in wanted if pipeline not in answers)
        for pair, names in zip(pairs, files, strict=True):
            found = [answers[Pipeline(pair.before, file)] for file in names]
            children = [name for answer in found if isinstance(answer, Resolved) for name in answer.child_files]
            names += [name for name in dict.fromkeys(children) if name not in names and (pair.before / name).is_file()]
    # A changed file that no pipeline of the repository reaches is read as one of its own, where it can be.
    lone = [_changed_alone(pair, names, answers) for pair, names in zip(pairs, files, strict=True)]
    answers |= resolve_all(
        Pipeline(folder, file)
        for pair, names in zip(pairs, lone, strict=True)
        for folder in _folders(pair)
        for file in names
    )
    for pair, names, more in zip(pairs, files, lone, strict=True):
        names += [file for file in more if isinstance(answers[Pipeline(pair.before, file)], Resolved)]
    return [
        [
            (
                _Answer(file, answers[Pipeline(pair.before, file)]),
                _Answer(file, answers[Pipeline(pair.after, file)]) if pair.after else None,
            )
            for file in names
            if Pipeline(pair.before, file) in answers
        ]
        for pair, names in zip(pairs, files, strict=True)
    ]


def _changed_alone(pair: CasePair, files: Iterable[str], answers: dict[Pipeline, Resolved | Rejected]) -> list[str]:
    if pair.after is None:
        return []
    for file in files:
        old, new = answers.get(Pipeline(pair.before, file)), answers.get(Pipeline(pair.after, file))
        if isinstance(old, Resolved) and isinstance(new, Resolved) and meaning.find_divisions(old, new):
            return []
    return [
        file for file in _changed(pair.before, pair.after) if file.endswith((".yml", ".yaml")) and file not in files
    ]


def _folders(pair: CasePair) -> list[Path]:
    return [pair.before] if pair.after is None else [pair.before, pair.after]


def _changed(before: Path, after: Path) -> list[str]:
    """Name the files that stand on both sides and differ."""
    names = [
        path.relative_to(before).as_posix()
        for path in sorted(before.rglob("*"))
        if path.is_file()
        and ".git" not in path.relative_to(before).parts
        and (after / path.relative_to(before)).is_file()
    ]
    return [name for name in names if not filecmp.cmp(before / name, after / name, shallow=False)]


def _compare_other_files(pair: CasePair) -> list[Complaint]:
    if pair.after is None:
        return []
    return [
        Complaint(pair.name, RESOLVER, f"{name} is no pipeline and was changed.")
        for name in _changed(pair.before, pair.after)
        if not name.endswith((".yml", ".yaml"))
    ]


def _compare_schemas(pairs: Sequence[CasePair]) -> list[Complaint]:
    pairs = [pair for pair in pairs if SCHEMA not in pair.rejected_by]
    files = {
        folder / name: None for pair in pairs for folder in _folders(pair) for name in schema.pipeline_files(folder)
    }
    rejected = schema.reject_all(files)
    complaints = [
        Complaint(pair.name, SCHEMA, f"The case is broken: {rejected[pair.before / ROOT_FILE]}")
        for pair in pairs
        if pair.before / ROOT_FILE in rejected
    ]
    for pair in pairs:
        if pair.after is not None:
            complaints += [
                Complaint(pair.name, SCHEMA, sentence) for sentence in schema.compare(pair.before, pair.after, rejected)
            ]
    return complaints
