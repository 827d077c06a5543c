"""Does GitLab's own schema, as `check-jsonschema` carries it, take after what it took before?"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from judges.resolver import MissingJudgeError

FILES_AT_ONCE = 500
COMMAND = (
    "check_jsonschema",
    "--builtin-schema",
    "vendor.gitlab-ci",
    "--data-transform",
    "gitlab-ci",
    "--default-filetype",
    "yaml",
    "--output-format",
    "json",
)


def pipeline_files(folder: Path) -> list[str]:
    """Name all YAML files of a folder, relative to it."""
    found = {
        path.relative_to(folder).as_posix()
        for pattern in ("*.yml", "*.yaml")
        for path in folder.rglob(pattern)
        if path.is_file() and not {".git", "node_modules"} & set(path.relative_to(folder).parts)
    }
    return sorted(found)


def reject_all(files: Iterable[Path]) -> dict[Path, str]:
    """Check any number of files, and give the reason for each that the schema does not take."""
    if importlib.util.find_spec("check_jsonschema") is None:
        raise MissingJudgeError(
            "The schema judge is not installed: `pip install -e '.[dev]'` installs it, `make test` sets everything up."
        )
    wanted = list(dict.fromkeys(files))
    rejected: dict[Path, str] = {}
    for start in range(0, len(wanted), FILES_AT_ONCE):
        rejected |= _reject(wanted[start : start + FILES_AT_ONCE])
    return rejected


def compare(before: Path, after: Path, rejected: dict[Path, str]) -> list[str]:
    """List the files that the schema took before and does not take after."""
    old = set(pipeline_files(before))
    return [
        f"The schema takes {name} no more: {rejected[after / name]}"
        for name in pipeline_files(after)
        if after / name in rejected and not (name in old and before / name in rejected)
    ]


def _reject(files: Sequence[Path]) -> dict[Path, str]:
    done = subprocess.run(
        [sys.executable, "-m", *COMMAND, "--", *files], capture_output=True, encoding="utf-8", check=False
    )
    try:
        report: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    except json.JSONDecodeError:
        # A tag that the checker does not know ends it; find the file that carries it.
        if len(files) == 1:
            return {files[0]: (done.stderr.strip().splitlines() or ["the checker broke down"])[-1]}
        half = len(files) // 2
        return _reject(files[:half]) | _reject(files[half:])
    reasons: dict[Path, str] = {}
    for error in report.get("parse_errors", []):
        reasons[Path(error["filename"])] = "it cannot be parsed"
    for error in report.get("errors", []):
        reasons.setdefault(Path(error["filename"]), f"{error['path']}: {error['message']}")
    return reasons
