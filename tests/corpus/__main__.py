"""Does everything stay as it is in repositories of others, also when one job of ours is split there?

`python -m corpus DIR`: `check` finds nothing in any of DIR's folders; each pipeline that gitlab-ci-local takes means
the same to our own resolver; then the article's job is written at the end of each and split, and nothing else may
change.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from corpus.grafts import Grafted, graft
from corpus.hosts import Host, check, hosts, repositories
from judges import schema
from judges.agreement import Figures, compare
from judges.judge import judge_all
from judges.resolver import MissingJudgeError, Pipeline

WRONG, WRONG_USAGE = 1, 2


def main() -> int:
    """Go through the folder that the command line names, and say what was found."""
    parser = argparse.ArgumentParser(prog="corpus", description=(__doc__ or "").strip())
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    if not folder.is_dir():
        parser.error(f"{folder} is no folder")
    folders = repositories(folder.resolve())
    checks = [check(one) for one in folders]
    wrong = [sentence for one in checks for sentence in one.wrong]
    for one in checks:
        if one.rejected:
            print(f"rejected: {one.rejected}")
    try:
        found = hosts(folders)
        with tempfile.TemporaryDirectory(prefix="corpus-") as scratch:
            grafted = _graft_all(found, Path(scratch).resolve())
            verdict = judge_all([one.pair for one in grafted if one.pair is not None])
    except MissingJudgeError as missing:
        sys.stderr.write(f"{missing}\n")
        return WRONG_USAGE
    readings = Figures(tuple(compare(Pipeline(host.folder, host.file), host.resolved) for host in found))
    for reading in readings.agreements:
        name = f"{reading.pipeline.folder.name}/{reading.pipeline.file}"
        for gap in reading.gaps:
            print(f"read otherwise: {name}: {gap}")
        wrong += [f"{name}: read otherwise: {sentence}" for sentence in reading.wrong]
    wrong += [sentence for one in grafted for sentence in one.wrong]
    wrong += map(str, verdict.complaints)
    refused = [(one.host, *one.refused) for one in grafted if one.refused is not None]
    for host, code, reason in refused:
        print(f"refused: {host}: [{code}] {reason}")
    for sentence in wrong:
        print(f"wrong: {sentence}")
    print(readings)
    splits = sum(one.pair is not None for one in grafted)
    print(
        f"{len(folders)} folders, {sum(bool(one.rejected) for one in checks)} rejected by check, "
        f"{len(found)} pipelines, {len(grafted)} grafts, {splits} splits, {len(refused)} refusals, "
        f"{verdict.jobs} jobs, {verdict.builds} recorded builds; wrong: {len(wrong)}"
    )
    return WRONG if wrong else 0


def _graft_all(found: list[Host], scratch: Path) -> list[Grafted]:
    rejected = schema.reject_all(host.folder / host.file for host in found)
    return [
        graft(host, scratch / str(number), schema_takes_it=host.folder / host.file not in rejected)
        for number, host in enumerate(found)
    ]


if __name__ == "__main__":
    sys.exit(main())
