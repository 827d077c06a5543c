"""How long does a whole run take, against the import of the two libraries that it cannot do without?"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ARTICLE = Path(__file__).parent.parent / "examples" / "article"
BASE = [sys.executable, "-c", "import typer, ruamel.yaml"]
DIFF = [sys.executable, "-m", "kaniko_split", "diff", ".gitlab-ci.yml"]
ROUNDS = 15


def seconds(command: list[str]) -> float:
    """Return the wall time of one run of `command`."""
    begin = time.perf_counter()
    subprocess.run(command, cwd=ARTICLE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begin


def main() -> None:
    """Print both medians, taken in turns, and their ratio."""
    pairs = [(seconds(BASE), seconds(DIFF)) for _ in range(ROUNDS)]
    base, diff = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"import typer, ruamel.yaml: {base * 1000:.0f} ms")
    print(f"diff of the article:       {diff * 1000:.0f} ms")
    print(f"ratio:                     {diff / base:.2f} (3 or less is wanted)")


if __name__ == "__main__":
    main()
