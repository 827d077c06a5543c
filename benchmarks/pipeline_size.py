"""Does the time of `diff` grow as the pipeline does, and not faster?

A pipeline of 40 files is written in three sizes: jobs that extend a template, refer to it, and wait for others. In
every fourth file some jobs build two images, one for every 250 lines of the whole.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

FILES = 40
SIZES = (2_500, 5_000, 10_000)
LINES_OF_A_FINDING = 250
ROUNDS = 3
DIFF = [sys.executable, "-m", "kaniko_split", "diff"]

IMAGES = """\
images-{number}:
  stage: build
  image:
    name: gcr.io/kaniko-project/executor:debug
    entrypoint: [""]
  script:
    - /kaniko/executor --cache=true --context api-{number} --destination "$CI_REGISTRY_IMAGE/api-{number}:latest"
    - /kaniko/executor --cache=true --context web-{number} --destination "$CI_REGISTRY_IMAGE/web-{number}:latest"

deploy-{number}:
  stage: deploy
  needs: [images-{number}]
  script:
    - ./deploy.sh {number}

"""
JOB = """\
# job {job} of file {number}
test-{number}-{job}:
  extends: .tested
  stage: test
  variables:
    PART: "{number}.{job}"
    DEPTH: 1
  before_script:
    - !reference [.tested, before_script]
    - make prepare PART="$PART"
  script:
    - make test PART="$PART"
    - make report
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
      changes: [src/{number}/**/*]
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  artifacts:
    when: always
    paths:
      - out/{number}/{job}

"""
ROOT = """\
stages: [build, test, deploy]

include:
  - local: ci/*.yml

.tested:
  image: debian:12
  before_script:
    - ./prepare.sh
"""


def write(folder: Path, lines: int) -> tuple[int, int]:
    """Write a pipeline of some `lines` lines into `folder`; return how many they are, and how many findings."""
    (folder / "ci").mkdir(parents=True)
    (folder / ".gitlab-ci.yml").write_text(ROOT)
    written = ROOT.count("\n")
    findings = 0
    for number in range(FILES - 1):
        texts: list[str] = []
        while written < lines * (number + 1) // (FILES - 1):
            if number % 4 == 0 and len(texts) < lines // LINES_OF_A_FINDING // 10:
                texts.append(IMAGES.format(number=findings))
                findings += 1
            else:
                texts.append(JOB.format(number=number, job=len(texts)))
            written += texts[-1].count("\n")
        (folder / "ci" / f"part-{number}.yml").write_text("".join(texts))
    return written, findings


def seconds(folder: Path, findings: int) -> float:
    """Return the processor time of one `diff` of the repository in `folder`; other programs do not disturb it."""
    begin = processor_time()
    done = subprocess.run(DIFF, cwd=folder, capture_output=True, check=False)
    taken = processor_time() - begin
    if done.returncode != 1 or done.stdout.count(b"\n+.build-image") != findings:
        raise SystemExit(f"the findings are not all split:\n{done.stdout.decode()[-500:]}\n{done.stderr.decode()}")
    return taken


def processor_time() -> float:
    """Return how long the processes that have ended have run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the median time for each size, and per line."""
    print(f"{FILES} files, {os.cpu_count()} processors")
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="pipeline-") as scratch:
            folder = Path(scratch, "pipeline")
            lines, findings = write(folder, size)
            taken = statistics.median(seconds(folder, findings) for _ in range(ROUNDS))
        print(f"{lines:6} lines, {findings:2} findings: {taken:6.2f} s, {taken / lines * 1e6:5.0f} us a line")


if __name__ == "__main__":
    main()
