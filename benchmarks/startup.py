"""How long does a whole run take, against the import of the two libraries that it cannot do without?

Both are run as they are when installed, with compiled bytecode, and as often as the other in turns.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ARTICLE = Path(__file__).parent.parent / "examples" / "article"
BASE = [sys.executable, "-c", "import typer, ruamel.yaml"]
DIFF = [sys.executable, "-m", "kaniko_split", "diff", ".gitlab-ci.yml"]
ROUNDS = 15


def seconds(command: list[str], bytecode: str) -> float:
    """Return the processor time of one run of `command`, which keeps its bytecode in the folder `bytecode`.

    Of a machine that is busy with other things the clock on the wall tells more than of `command`.
    """
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = bytecode
    begin = processor_time()
    subprocess.run(
        command, cwd=ARTICLE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env=environment
    )
    return processor_time() - begin


def processor_time() -> float:
    """Return how long the processes that have ended have run so far, those that they started included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print both medians, taken in turns, and their ratio."""
    with tempfile.TemporaryDirectory(prefix="bytecode-") as bytecode:
        for command in (BASE, DIFF):
            seconds(command, bytecode)
        pairs = [(seconds(BASE, bytecode), seconds(DIFF, bytecode)) for _ in range(ROUNDS)]
    base, diff = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"import typer, ruamel.yaml: {base * 1000:.0f} ms")
    print(f"diff of the article:       {diff * 1000:.0f} ms")
    print(f"ratio:                     {diff / base:.2f} (3 or less is wanted)")


if __name__ == "__main__":
    main()
