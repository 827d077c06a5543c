"""Does each hostile script lead to a result or a refusal, in 10 s of one core and 300 MB?

The scripts are those of `tests/hostile_shapes.py` at full size, each in a process of its own. An argument selects those
whose name holds it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 10
MEGABYTES = 300
TESTS = Path(__file__).resolve().parent.parent / "tests"
CHECK = [sys.executable, "-m", "kaniko_split", "check", "--no-config", "--format", "json"]


def outcome(document: bytes, errors: bytes) -> str:
    """Return what became of the job; nothing but a result or a refusal with a code is right."""
    if b"Traceback" in errors:
        return f"WRONG: {errors.decode().splitlines()[-1]}"
    try:
        outcomes = [one for pipeline in json.loads(document)["pipelines"] for one in pipeline["outcomes"]]
    except (ValueError, KeyError):
        return f"WRONG: no report; {errors.decode()[-200:]}"
    if not outcomes:
        return "WRONG: not counted"
    (one,) = outcomes
    refusal = one.get("refused") or {}
    return f"{one['verdict']} {refusal.get('code', '')}".rstrip()


def measured(folder: Path) -> tuple[float, int, str]:
    """Return the processor time in seconds, the most memory in megabytes, and what became of the job in `folder`."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(CHECK, cwd=folder, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        became = outcome(output.read(), errors.read())
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, became


def main(part: str) -> int:
    """Run each shape and print its figures; return 1 where a bound is exceeded."""
    sys.path.insert(0, str(TESTS))
    from hostile_shapes import SHAPES

    exceeded = 0
    for shape in SHAPES:
        if part not in shape.name:
            continue
        with tempfile.TemporaryDirectory() as name:
            for path, text in shape.files(shape.full).items():
                (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(name) / path).write_text(text)
            seconds, megabytes, became = measured(Path(name))
        bad = seconds > SECONDS or megabytes > MEGABYTES or became.startswith("WRONG")
        exceeded += bad
        print(
            f"{'!' if bad else ' '} {shape.name:42} {shape.full:>10} {seconds:5.1f} s {megabytes:4} MB  {became}",
            flush=True,
        )
    print(f"{exceeded} exceed {SECONDS} s or {MEGABYTES} MB, or are wrong")
    return int(exceeded > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
