"""Which findings are known already, so that a large group can begin with what is new?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.codemod import Failed, Ignored, Outcome, Result, only, together
from kaniko_split.gitlab.discovery import Found
from kaniko_split.plan.outcome import Split
from kaniko_split.report.asked import Asked

_KIND, _FORMAT = "baseline", 1


class BadBaselineError(Exception):
    """The file cannot be used; the text is one sentence that names it."""


class Baseline(Struct, frozen=True, eq=False):
    """The findings of an earlier run, by their fingerprints."""

    path: Path
    fingerprints: frozenset[str]


def read_baseline(path: Path) -> Baseline:
    """Return the baseline that `baseline_of` wrote.

    Raises:
        BadBaselineError: The file cannot be read, or is none.
    """
    import json

    try:
        found: Any = json.loads(path.read_bytes())
        if found["kind"] != _KIND or found["format"] != _FORMAT:
            raise BadBaselineError(f"{path}: the file is no baseline of this version; write it with --write-baseline")
        return Baseline(path, frozenset(str(one["fingerprint"]) for one in found["findings"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadBaselineError(f"{path}: the file is no baseline; write one with --write-baseline") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadBaselineError(f"{path}: the baseline cannot be read ({reason}); check the path") from None


def baseline_of(results: Sequence[tuple[Found, Result]]) -> bytes:
    """Return the file that holds all findings of a run, one a line and sorted, so that its own diffs are small."""
    import json

    rows = sorted(
        (path, job, fingerprint)
        for fingerprint, outcome, path, job in _named(results)
        if not isinstance(outcome, Ignored)
    )
    entries = [
        json.dumps({"fingerprint": fingerprint, "path": path, "job": job}, ensure_ascii=False)
        for path, job, fingerprint in rows
    ]
    body = ",\n".join(f"    {entry}" for entry in entries)
    listed = f"[\n{body}\n  ]" if entries else "[]"
    text = f'{{\n  "kind": "{_KIND}",\n  "format": {_FORMAT},\n  "findings": {listed}\n}}\n'
    return text.encode("utf-8", "backslashreplace")


def without_known(
    results: Sequence[tuple[Found, Result]], asked: Mapping[Path, Asked], baseline: Baseline
) -> tuple[list[tuple[Found, Result]], int]:
    """Return the results without what the baseline holds, and how much that was.

    Jobs that share a script are split together, so they are new as long as one of them is.
    """
    known = {id(outcome) for fingerprint, outcome, _, _ in _named(results) if fingerprint in baseline.fingerprints}
    left: list[tuple[Found, Result]] = []
    count = 0
    for found, result in results:
        kept = [one for one in result.outcomes if id(one) not in known or _belongs_to_new(result, one, known)]
        count += len(result.outcomes) - len(kept)
        if len(kept) < len(result.outcomes):
            splits = [one for one in kept if isinstance(one, Split)]
            again = only(result, splits, asked[found.repository.root].words)
            rest = [one for one in kept if not isinstance(one, Split)]
            left.append(
                (
                    found,
                    replace(result, outcomes=(*again.outcomes, *rest), rewritten=again.rewritten, proof=again.proof),
                )
            )
        else:
            left.append((found, result))
    return left, count


def _belongs_to_new(result: Result, outcome: Outcome, known: set[int]) -> bool:
    return isinstance(outcome, Split) and any(id(one) not in known for one in together(result, outcome))


def _named(results: Sequence[tuple[Found, Result]]) -> Iterator[tuple[str, Outcome, str, str]]:
    from kaniko_split.report.drawing_up import folders_of
    from kaniko_split.report.fingerprints import Fingerprints

    folders = folders_of([found.repository.root for found, _ in results])
    names = Fingerprints()
    for found, result in results:
        for outcome in result.outcomes:
            job = (outcome.split.finding if isinstance(outcome, Failed) else outcome.finding).job
            folder = folders[found.repository.root]
            path = job.file.name if folder == "." else f"{folder}/{job.file.name}"
            yield names.name(folder, job.file.name, job.name), outcome, path, job.name
