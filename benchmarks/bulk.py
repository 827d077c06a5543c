"""How many repositories a second does `bulk` scan, in how much memory, and which part of the time is git's?

`python benchmarks/bulk.py` makes 2,000 local repositories, one of twenty with a finding, and scans them with one job
and with two; then a tenth of them, to see whether the memory depends on their number. With `--group` it serves 3,000
projects, 60 of which have a finding, as a GitLab does, and counts the requests and the clones.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent.parent
# In the place of this folder, in which this file itself is called `bulk`.
sys.path[:1] = [str(HERE / "src"), str(HERE / "tests")]

from bulk import gitlab_server, world  # noqa: E402 (the path is set above)

NUMBER = 2000
ONE_IN = 20
PROJECTS, FOUND = 3000, 60
ARTICLE = (world.ARTICLE / ".gitlab-ci.yml").read_text()
# What most pipelines are like: some stages, templates, rules, and no executor.
ORDINARY = """stages: [test, build, deploy]
default:
  image: python:3.12
  retry: 1
.rules:
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
""" + "".join(
    f"job{number}:\n  extends: .rules\n  stage: test\n  script:\n    - make check{number}\n    - echo 'done'\n"
    for number in range(12)
)


def make(folder: Path, number: int) -> None:
    """Make `number` repositories in `folder`."""
    ordinary = world.checkout(folder / "ordinary", {".gitlab-ci.yml": ORDINARY, "Dockerfile": "FROM scratch\n"})
    found = world.checkout(folder / "found", {".gitlab-ci.yml": ARTICLE})
    for seed in (ordinary, found):
        shutil.rmtree(seed / ".git" / "hooks", ignore_errors=True)
    for at in range(number):
        shutil.copytree(ordinary if at % ONE_IN else found, folder / "all" / f"group{at % 50:02}" / f"app{at:04}")


def scan(folder: Path, jobs: int, into: Path) -> None:
    """Scan the repositories below `folder`, and print how that went."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "kaniko_split", "bulk", folder, "--jobs", str(jobs), "--into", into),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=world.environment(PYTHONPATH=str(HERE / "src")),
        text=True,
    )
    assert process.stderr is not None  # noqa: S101 (it was asked for)
    said = process.stderr.read().splitlines()
    _, _, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    print(f"{jobs} job{'s' if jobs > 1 else ' '}: {said[-1]}; {seconds:.1f} s with start and results, ", end="")
    print(f"{usage.ru_maxrss / 1024:.0f} MiB in the largest process")


def group(folder: Path) -> None:
    """Scan a group over the API, and print what was asked and cloned."""
    token = "benchmark"  # noqa: S105 (it opens nothing)
    with gitlab_server.running(folder / "git", token) as gitlab:
        gitlab.page_size = 100
        for at in range(PROJECTS):
            with_finding = at % (PROJECTS // FOUND) == 0
            gitlab.add(
                f"platform/app{at:04}", {".gitlab-ci.yml": ARTICLE if with_finding else ORDINARY}, clone=with_finding
            )
        begin = time.perf_counter()
        subprocess.run(
            [
                *(sys.executable, "-m", "kaniko_split", "bulk", "--group", "platform", "--gitlab-url", gitlab.url),
                *("--requests-per-second", "1000", "--jobs", "4", "--quiet", "--into", str(folder / "group")),
            ],
            stdout=subprocess.DEVNULL,
            check=False,
            env=world.environment(PYTHONPATH=str(HERE / "src"), GITLAB_TOKEN=token, NO_PROXY="127.0.0.1"),
        )
        seconds = time.perf_counter() - begin
        print(f"{PROJECTS} projects, {FOUND} with a finding: {seconds:.0f} s, {len(gitlab.fetched)} cloned, requests:")
        for path, number in Counter(gitlab.paths()).items():
            print(f"  {number:>5}  {path}")


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "--group" in sys.argv:
            group(folder)
            return
        make(folder, NUMBER)
        for jobs in (1, 2):
            scan(folder / "all", jobs, folder / f"run{jobs}")
        print(f"{NUMBER // 10} of them:")
        shutil.rmtree(folder / "all")
        shutil.rmtree(folder / "ordinary")
        shutil.rmtree(folder / "found")
        make(folder, NUMBER // 10)
        scan(folder / "all", 1, folder / "few")


if __name__ == "__main__":
    main()
