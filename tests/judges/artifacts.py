"""Do the new jobs leave behind, together, the files that the old job left to later ones?"""

import fnmatch
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from judges.meaning import Division, Job
from judges.sandbox import MOMENT, Outcome


def left_behind(job: Job, outcome: Outcome, repository: Path) -> dict[str, bytes]:
    """Give the files of a job that others download, by path, but for those that came with the repository."""
    patterns = [*_texts((job.get("artifacts") or {}).get("paths")), *_dotenv_patterns(job)]
    return {
        path: content
        for path, content in outcome.files.items()
        if any(_matches(path, pattern) for pattern in patterns) and not _is_as_found(repository / path, content)
    }


def left_variables(job: Job, outcome: Outcome) -> dict[str, str]:
    """Give the variables that a job leaves to later ones in a dotenv report."""
    lines = [line for content in _dotenv_files(job, outcome) for line in content.decode(errors="replace").splitlines()]
    return dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))


def compare_artifacts(
    division: Division, job: Job, old: Mapping[str, Outcome], new: Mapping[str, Outcome], repository: Path
) -> list[str]:
    """Compare what the old job left behind with what the new ones do, all of them taken together."""
    complaints = []
    outcomes = [new[name] for name in division.everything]
    paths = {"artifacts": {"paths": (job.get("artifacts") or {}).get("paths")}}
    before = left_behind(paths, old[division.origin], repository)
    after = [left_behind(paths, outcome, repository) for outcome in outcomes]
    for path in sorted({*before, *(path for files in after for path in files)}):
        contents = {_still(files[path]) for files in after if path in files}
        if path not in before:
            complaints.append(f"The jobs that replace {division.origin!r} leave {path} behind, and it did not.")
        elif not contents:
            complaints.append(f"No job leaves {path} behind, as {division.origin!r} did.")
        elif contents != {_still(before[path])}:
            complaints.append(f"The artifact {path} of {division.origin!r} has another content after the split.")
    lines = _lines(_dotenv_files(job, old[division.origin]))
    lines_after = _lines([content for outcome in outcomes for content in _dotenv_files(job, outcome)])
    report = f"The dotenv report of {division.origin!r}"
    values: dict[str, set[str]] = {}
    for outcome in outcomes:
        for key, value in left_variables(job, outcome).items():
            values.setdefault(key, set()).add(value)
    complaints += [f"{report} gives {key} several values." for key in sorted(values) if len(values[key]) > 1]
    complaints += [f"{report} lost {line}." for line in sorted(lines - lines_after)]
    complaints += [f"{report} gained {line}." for line in sorted(lines_after - lines)]
    return complaints


def _still(content: bytes) -> bytes:
    return MOMENT.sub(b"...", content)


def _lines(contents: Sequence[bytes]) -> set[str]:
    return {_still(line).decode(errors="replace") for content in contents for line in content.splitlines()}


def _dotenv_patterns(job: Job) -> list[str]:
    reports = (job.get("artifacts") or {}).get("reports") or {}
    return _texts(reports.get("dotenv"))


def _dotenv_files(job: Job, outcome: Outcome) -> list[bytes]:
    patterns = _dotenv_patterns(job)
    return [content for path, content in outcome.files.items() if any(_matches(path, pattern) for pattern in patterns)]


def _matches(path: str, pattern: str) -> bool:
    pattern = re.sub(r"^(?:\$\{?CI_PROJECT_DIR\}?/|\./)", "", pattern).rstrip("/")
    return pattern in {"", "."} or fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"{pattern}/*")


def _is_as_found(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(entry) for entry in value] if isinstance(value, list) else []
