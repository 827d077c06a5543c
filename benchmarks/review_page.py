"""How large is the review page of 500 changed files, and how soon can it be read in a browser?

Prints the seconds to make the page, its size, and what Chromium needs to open it and to scroll through it.
Usage: PYTHONPATH=tests python benchmarks/review_page.py [FILES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from chromium import browser
from drawn_up import drawn_up
from kaniko_split.report.document import Document
from kaniko_split.report.page.rendering import page

HEAD = """\
# Pipeline of service {number}
stages: [check, build, deploy]

variables:
  REGISTRY: registry.example.com/group-{number}

unit-tests:
  stage: check
  image: python:3.12
  script:
    - pip install --quiet -r requirements.txt
    - python -m pytest -q
  artifacts:
    reports:
      junit: report.xml

build-images:
  stage: build
  image:
    name: gcr.io/kaniko-project/executor:v1.23.2-debug
    entrypoint: [""]
  before_script:
    - mkdir -p /kaniko/.docker
    - echo "$DOCKER_AUTH_CONFIG" > /kaniko/.docker/config.json
  script:
"""
BUILD = """\
    # the image of {name}
    - >-
      /kaniko/executor
      --cache=true
      --context "$CI_PROJECT_DIR/{name}"
      --dockerfile "$CI_PROJECT_DIR/{name}/Dockerfile"
      --destination "$REGISTRY/{name}:$CI_COMMIT_SHORT_SHA"
      --destination "$REGISTRY/{name}:latest"
"""
TAIL = """\
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
    - if: $CI_COMMIT_TAG

deploy-staging:
  stage: deploy
  image: alpine/helm:3.15
  needs: [build-images]
  script:
    - helm upgrade --install service-{number} ./chart --set tag=$CI_COMMIT_SHORT_SHA
  environment:
    name: staging
"""
NAMES = ("api", "worker", "web", "migrations", "proxy")

# Goes down the page by a window at a time, as fast as the browser can show it; gives the frames' milliseconds.
SCROLL = """async () => {
  const frames = [];
  const frame = () => new Promise(requestAnimationFrame);
  let last = await frame();
  const step = Math.max(innerHeight, document.documentElement.scrollHeight / 200);
  for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
    scrollTo(0, y);
    const now = await frame();
    frames.push(now - last);
    last = now;
  }
  return frames.sort((one, other) => one - other);
}"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
# What is left to do when the page is loaded shows in the frames after it.
READY = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


def document(folder: Path, files: int) -> Document:
    """Return the document of a run over as many pipelines, of two to five images each."""
    (folder / "ci").mkdir()
    for number in range(files):
        builds = "".join(BUILD.format(name=name) for name in NAMES[: 2 + number % 4])
        text = HEAD.format(number=number) + builds + TAIL.format(number=number)
        (folder / "ci" / f"service-{number:03}.yml").write_text(text)
    return drawn_up(folder)


def opened(browser_page: Page, path: Path) -> dict[str, float]:
    """Open the page once, and give the seconds that it took."""
    session = browser_page.context.new_cdp_session(browser_page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    begin = time.perf_counter()
    browser_page.goto(path.as_uri(), wait_until="load")
    loaded = time.perf_counter() - begin
    ready = browser_page.evaluate(READY) / 1000
    painted = browser_page.evaluate(PAINTED) / 1000
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return {
        "first paint": painted,
        "loaded": loaded,
        "ready for input": max(ready, loaded),
        # What the page's own thread worked, which other work on the machine does not change.
        "processor time": metrics["TaskDuration"],
    }


def main() -> None:
    """Print the figures."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        plan = document(folder, files)
        begin = time.perf_counter()
        html = page(plan)
        print(f"changed files     {sum(file.sha256_after is not None for file in plan.files)}")
        print(f"page made in      {time.perf_counter() - begin:.2f} s")
        path = folder / "review.html"
        path.write_text(html)
        print(f"size              {path.stat().st_size / 1e6:.2f} MB (under 8 is wanted)")
        with browser() as started:
            started.new_page().goto("about:blank")
            runs = []
            for _ in range(3):
                context = started.new_context(offline=True)
                opening = context.new_page()
                runs.append(opened(opening, path))
                frames = opening.evaluate(SCROLL)
                elements = opening.evaluate("document.getElementsByTagName('*').length")
                context.close()
        for what in runs[0]:
            print(f"{what:17} " + ", ".join(f"{run[what]:.2f}" for run in runs) + " s (under 2 is wanted)")
        print(f"elements          {elements}")
        median, longest = frames[len(frames) // 2], frames[-1]
        print(f"scrolling         {len(frames)} frames, median {median:.0f} ms, longest {longest:.0f} ms")


if __name__ == "__main__":
    main()
