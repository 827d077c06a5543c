"""Does the review page do in a browser what it promises, from disk, with the network off, and with hostile files?

One browser and one page serve most tests: each leaves the page as it found it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from chromium import INSTALL, browser, chromium
from conftest import CASES, tree
from drawn_up import drawn_up
from kaniko_split.bulk.joining import _named as named
from kaniko_split.report.page.rendering import page

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BUILD = ROOT / "build"

# What each pipeline of the repository under review is: a name, and the case that it is taken from.
PIPELINES = {
    ".gitlab-ci.yml": "references",
    "ci/article.yml": "article",
    "ci/date-tag.yml": "date-tag",
    "ci/same-name.yml": "article",
    "ci/shared.yml": "template-of-several-jobs",
    "ci/two.yml": "two-findings-in-one-file",
}
HOSTILE = """\
"<script>window.pwned = 1</script>":
  stage: build # </script><script>window.pwned = 2</script> <!-- <img src=x onerror="window.pwned = 3">
  image: {name: "gcr.io/kaniko-project/executor:debug", entrypoint: [""]}
  script:
    - /kaniko/executor -c a -d "$CI_REGISTRY_IMAGE/a" # \u202egnitirw \u200b
    - /kaniko/executor -c b -d "$CI_REGISTRY_IMAGE/b"

"it's [a]* `pwd` $(id) \\e[31m \\u202E\\u2066 \\"&lt;":
  stage: build
  image: {name: "gcr.io/kaniko-project/executor:debug", entrypoint: [""]}
  script:
    - /kaniko/executor -c c -d "$CI_REGISTRY_IMAGE/c"
    - /kaniko/executor -c d -d "$CI_REGISTRY_IMAGE/d"

'" onclick="window.pwned=4" x="':
  stage: build
  image: {name: "gcr.io/kaniko-project/executor:debug", entrypoint: [""]}
  script:
    - TAG=$(date +%s%N) # <b onmouseover=alert(1)>
    - /kaniko/executor -c c -d "$CI_REGISTRY_IMAGE/c:$TAG"
    - /kaniko/executor -c d -d "$CI_REGISTRY_IMAGE/d:$TAG"
"""
INVISIBLE = "\u202e\u202a\u2066\u200b\u2028\u001b"


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    if chromium() is None:
        if os.environ.get("CI"):
            pytest.fail(f"there is no Chromium; install it: {INSTALL}")
        pytest.skip(f"there is no Chromium; install it: {INSTALL}")
    with browser() as one:
        yield one


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review") / "repository"
    for name, case in PIPELINES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CASES / case / "before" / ".gitlab-ci.yml", folder / name)
    return folder


@pytest.fixture(scope="module")
def context(started: Browser) -> Iterator[BrowserContext]:
    one = started.new_context(offline=True, color_scheme="light", viewport={"width": 1360, "height": 900})
    one.grant_permissions(["clipboard-read", "clipboard-write"])
    yield one
    one.close()


@pytest.fixture(scope="module")
def opened(context: BrowserContext, repository: Path) -> Page:
    path = repository.parent / "review.html"
    path.write_text(page(drawn_up(repository)), "utf-8")
    return opening(context, path)


def opening(context: BrowserContext, path: Path) -> Page:
    """Open a page from disk; anything that it asks for besides itself, and any error, ends the test."""
    one = context.new_page()
    one.set_default_timeout(10_000)
    complaints: list[str] = []
    one.on("console", lambda message: complaints.append(message.text))
    one.on("pageerror", lambda error: complaints.append(str(error)))
    one.on("request", lambda request: complaints.append(request.url) if request.url != path.as_uri() else None)
    one.on("dialog", lambda dialog: complaints.append(dialog.message))
    one.goto(path.as_uri())
    assert complaints == []
    return one


def fresh(opened: Page) -> None:
    """Open the page again as if for the first time."""
    opened.emulate_media(color_scheme="light", media="screen")
    opened.evaluate("localStorage.clear()")
    opened.goto(opened.url.partition("#")[0])


def text(locator: Locator) -> str:
    """Return the text of an element; that of one which is far from the window is not drawn, but there."""
    return (locator.text_content() or "").strip()


def change(opened: Page, job: str, section: int | None = None) -> Locator:
    within = opened.locator(".pipeline").nth(section) if section is not None else opened.locator("body")
    return within.locator(f".change[data-job='{job}']")


def is_current(locator: Locator) -> bool:
    return "here" in (locator.get_attribute("class") or "").split()


def test_it_opens_from_disk_and_shows_each_change(opened: Page) -> None:
    assert opened.title() == "Review: 7 jobs to split"
    assert opened.locator(".pipeline").count() == len(PIPELINES)
    assert opened.locator(".change").count() == 8
    refused = text(opened.locator(".change.refused"))
    assert "value-differs" in refused
    assert "kaniko-split explain value-differs" in refused
    assert "every comment is there once" in text(opened.locator(".proof").first)


def test_a_job_of_the_graph_leads_to_its_lines(opened: Page) -> None:
    first = opened.locator(".pipeline").first
    before, after = first.locator("svg").all()
    assert text(before.locator(".split text")) == "\N{MINUS SIGN} build-images"
    assert after.locator(".new text").all_text_contents() == ["+ build-web", "+ build-worker"]
    assert after.locator(".changed text").all_text_contents() == ["~ test", "~ deploy"]
    before.locator(".split a").click()
    assert text(opened.locator(".lit")) == "build-images:"
    after.locator(".new a").last.click()
    assert text(opened.locator(".lit")) == "build-worker:"
    assert opened.locator(".lit").evaluate("line => line === document.activeElement")
    # Of a job that stays, the line is the same in both.
    before.get_by_text("lint", exact=True).click()
    assert text(opened.locator(".lit")) == "lint:"


def test_filters_by_file_verdict_and_code(opened: Page) -> None:
    shown = opened.locator(".change:visible")
    search = opened.get_by_label("File or job")
    search.fill("ci/two")
    assert shown.count() == 2
    assert opened.locator("#shown").inner_text() == "2 of 8 shown"
    search.fill("nothing is called so")
    assert shown.count() == 0
    assert opened.locator("#none").is_visible()
    search.fill("")
    opened.get_by_role("checkbox", name="split 7").uncheck()
    assert shown.count() == 1
    opened.get_by_role("checkbox", name="split 7").check()
    opened.get_by_label("Code of the refusal").select_option("value-differs")
    assert shown.count() == 1
    assert opened.locator("nav li:visible").count() == 1
    opened.get_by_label("Code of the refusal").select_option("")
    assert shown.count() == 8


def test_keys_step_fold_choose_and_help(opened: Page) -> None:
    fresh(opened)
    jobs = opened.locator(".change")
    opened.keyboard.press("j")
    opened.keyboard.press("j")
    assert is_current(jobs.nth(1))
    assert jobs.nth(1).evaluate("one => one === document.activeElement")
    opened.keyboard.press("k")
    assert is_current(jobs.nth(0))
    assert not is_current(jobs.nth(1))
    body = jobs.nth(0).locator(".body")
    opened.keyboard.press("e")
    assert jobs.nth(0).locator(".fold").get_attribute("aria-expanded") == "false"
    assert body.get_attribute("hidden") is not None
    opened.keyboard.press("e")
    assert body.get_attribute("hidden") is None
    opened.keyboard.press("x")
    assert not jobs.nth(0).locator(".take").is_checked()
    opened.keyboard.press("x")
    assert jobs.nth(0).locator(".take").is_checked()
    opened.keyboard.press("s")
    assert opened.get_by_role("button", name="Side by side").get_attribute("aria-pressed") == "true"
    opened.keyboard.press("s")
    assert opened.get_by_role("button", name="Side by side").get_attribute("aria-pressed") == "false"
    opened.keyboard.press("?")
    assert opened.get_by_role("dialog").is_visible()
    opened.keyboard.press("Escape")
    assert not opened.get_by_role("dialog").is_visible()
    opened.keyboard.press("/")
    opened.keyboard.type("jkex")
    assert opened.get_by_label("File or job").input_value() == "jkex", "what is typed is no command"
    opened.get_by_label("File or job").fill("")
    opened.keyboard.press("Escape")


def test_folds_open_for_a_link_into_them(opened: Page) -> None:
    file = opened.locator(".file").first
    file.locator(".fold").click()
    assert not file.locator(".diff").is_visible()
    opened.locator(".change").first.locator("a.place").first.click()
    assert file.locator(".diff").is_visible()


def test_side_by_side_shows_each_line_once_on_its_side(opened: Page) -> None:
    opened.get_by_role("button", name="Side by side").click()
    diff = opened.locator(".diff").first
    old, new = diff.locator(".r del").first, diff.locator(".r ins").first
    left, right = old.bounding_box(), new.bounding_box()
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    same = diff.locator(".pairs").first
    assert same.locator(".u").count() == 2
    assert opened.locator("[id]").evaluate_all("all => new Set(all.map((one) => one.id)).size === all.length")
    opened.get_by_role("button", name="Unified").click()
    below = new.bounding_box()
    assert below is not None
    assert below["y"] > left["y"]
    assert not same.locator(".u").nth(1).is_visible()


def test_words_that_differ_are_marked(opened: Page) -> None:
    diff = opened.locator(".diff").first
    assert diff.locator("del", has_text="needs:").locator("mark").all_text_contents() == ["images"]
    assert "".join(diff.locator("ins", has_text="needs: [").locator("mark").all_text_contents()) == "web, build-worker"


def paper(opened: Page) -> str:
    found: str = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    return found


def test_the_theme_follows_the_reader(opened: Page) -> None:
    light = paper(opened)
    opened.emulate_media(color_scheme="dark")
    dark = paper(opened)
    assert dark != light
    opened.get_by_role("button", name="Light").click()
    assert paper(opened) == light
    opened.emulate_media(color_scheme="light")
    opened.get_by_role("button", name="Dark").click()
    opened.reload()
    assert paper(opened) == dark, "what a reader chose is kept"
    fresh(opened)
    assert paper(opened) == light


def command_of(opened: Page) -> str:
    return opened.locator("#command").inner_text()


def carry_out(command: str, repository: Path, tmp_path: Path) -> dict[str, bytes]:
    """Run a command line as a user does, in a shell, on a copy of the repository; give all of its files."""
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(repository, copy)
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "kaniko-split"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kaniko_split "$@"\n')
    program.chmod(0o755)
    subprocess.run(
        ["bash", "-euc", command],
        cwd=copy,
        check=True,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return tree(copy)


def wanted(repository: Path, *names: str) -> dict[str, bytes]:
    """Return the repository's files, with those of these names as their cases want them."""
    files = tree(repository)
    for name in names:
        files[name] = (CASES / PIPELINES[name] / "after" / ".gitlab-ci.yml").read_bytes()
    return files


def test_the_command_does_exactly_what_is_chosen(opened: Page, repository: Path, tmp_path: Path) -> None:
    fresh(opened)
    done = carry_out(command_of(opened), repository, tmp_path)
    assert done == wanted(repository, *(name for name, case in PIPELINES.items() if case != "date-tag"))
    opened.get_by_role("button", name="None").click()
    assert command_of(opened) == "Nothing is chosen."
    assert opened.get_by_role("button", name="Copy").is_disabled()
    # Of three files that have a job of this name, one; of two jobs in a file, one.
    change(opened, "build-images", 1).locator(".take").check()
    assert command_of(opened) == "kaniko-split apply --select build-images ci/article.yml"
    change(opened, "release-images").locator(".take").check()
    assert opened.locator("#chosen").inner_text() == "2 of 7"
    assert (
        command_of(opened)
        == "kaniko-split apply --select build-images --select release-images ci/article.yml ci/two.yml"
    )
    two = opened.locator(".pipeline").nth(5)
    assert two.locator(".r.out").count() > 0, "what is not chosen is told apart"
    assert two.locator(".r:not(.out)").count() > 0
    done = carry_out(command_of(opened), repository, tmp_path)
    text_of_two = done.pop("ci/two.yml")
    left = wanted(repository, "ci/article.yml")
    assert left.pop("ci/two.yml") != text_of_two
    assert done == left
    assert b"\nbranch-images:\n" in text_of_two
    assert b"\nrelease-images:\n" not in text_of_two
    opened.get_by_role("button", name="All shown").click()
    assert opened.locator("#chosen").inner_text() == "7 of 7"


def test_jobs_with_a_shared_script_are_chosen_together(opened: Page, repository: Path, tmp_path: Path) -> None:
    fresh(opened)
    opened.get_by_role("button", name="None").click()
    change(opened, "preview").locator(".take").check()
    assert change(opened, "release").locator(".take").is_checked()
    assert carry_out(command_of(opened), repository, tmp_path) == wanted(repository, "ci/shared.yml")
    change(opened, "release").locator(".take").uncheck()
    assert not change(opened, "preview").locator(".take").is_checked()


def test_what_is_on_no_disk_is_cloned_first(context: BrowserContext, tmp_path: Path) -> None:
    """Of the repositories of a group, those with something that is chosen, to where the paths lead."""
    server, name = tmp_path / "ser ver", "platform/it's"
    shutil.copytree(CASES / "article" / "before", server)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for arguments in (["init", "-q", "."], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], cwd=server, check=True)
    path = tmp_path / "group.html"
    path.write_text(page(named(drawn_up(server), name), {name: server.as_uri()}), "utf-8")
    group = opening(context, path)
    (tmp_path / "empty").mkdir()
    done = carry_out(command_of(group), tmp_path / "empty", tmp_path)
    assert done == {f"{name}/.gitlab-ci.yml": (CASES / "article" / "after" / ".gitlab-ci.yml").read_bytes()}
    group.get_by_role("button", name="None").click()
    assert command_of(group) == "Nothing is chosen."
    group.close()


def test_the_command_is_copied(opened: Page) -> None:
    fresh(opened)
    opened.get_by_role("button", name="Copy").click()
    opened.locator("#said", has_text="copied").wait_for(state="attached")
    assert opened.evaluate("navigator.clipboard.readText()") == command_of(opened)
    opened.get_by_role("button", name="None").click()
    change(opened, "build-images", 1).locator(".take").check()
    # As where a file from disk may not use the clipboard: the older way copies too.
    opened.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    opened.locator("h1").click()
    opened.keyboard.press("c")
    opened.locator("#said", has_text="copied").wait_for(state="attached")
    assert opened.evaluate("navigator.clipboard.readText()") == command_of(opened)
    fresh(opened)


def test_hostile_content_is_text(context: BrowserContext, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / ".gitlab-ci.yml").write_text(HOSTILE, "utf-8")
    (folder / "ci").mkdir()
    (folder / "ci" / "<img src=x onerror=alert(1)>.yml").write_text(HOSTILE.replace("stage: build #", "stage: test #"))
    path = tmp_path / "hostile.html"
    path.write_text(page(drawn_up(folder)), "utf-8")
    hostile = opening(context, path)
    assert hostile.evaluate("typeof window.pwned") == "undefined"
    assert hostile.locator("script").count() == 2
    assert hostile.locator("img, iframe, object, embed, link, base, [onclick], [onerror], [onmouseover]").count() == 0
    said = text(hostile.locator("main"))
    assert "<script>window.pwned = 1</script>" in said
    assert '<img src=x onerror="window.pwned = 3">' in said
    assert "# \\u202egnitirw \\u200b" in said
    assert "$(id) \\x1b[31m \\u202e\\u2066" in text(hostile.locator("h3").nth(1))
    assert not set(INVISIBLE) & set(hostile.content())
    for number in range(hostile.locator(".change").count()):
        hostile.keyboard.press("j")
        hostile.locator(".change").nth(number).locator("h3").click()
    hostile.get_by_role("button", name="Side by side").click()
    hostile.get_by_role("button", name="None").click()
    hostile.locator(".take").nth(1).check()
    done = carry_out(command_of(hostile), folder, tmp_path)
    changed = [name for name, content in tree(folder).items() if done[name] != content]
    assert changed == [".gitlab-ci.yml"]
    new = done[".gitlab-ci.yml"].decode()
    assert '"<script>window.pwned = 1</script>":\n' in new
    assert "it's [a]*" not in new
    assert hostile.evaluate("typeof window.pwned") == "undefined"
    hostile.set_viewport_size({"width": 360, "height": 740})
    assert hostile.evaluate("document.documentElement.scrollWidth") == 360
    hostile.close()


def test_a_large_page_writes_its_lines_when_they_are_wanted(started: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "large"
    shutil.copytree(CASES / "references" / "before", folder)
    (folder / "ci").mkdir()
    for number in range(30):
        before = (CASES / "article" / "before" / ".gitlab-ci.yml").read_text()
        filler = "".join(f"# {number} {line}\n" for line in range(200))
        (folder / "ci" / f"{number}.yml").write_text(before + filler)
    path = tmp_path / "large.html"
    path.write_text(page(drawn_up(folder)), "utf-8")
    # Without idle time, what is far from the window stays unwritten until it is asked for.
    context = started.new_context(offline=True)
    context.add_init_script("window.requestIdleCallback = (work) => { window.idle = work; }")
    large = opening(context, path)
    last = large.locator(".file").last
    assert large.locator(".file").first.locator("ins").count() > 0
    assert last.locator("ins").count() == 0
    large.locator("nav a").last.click()
    last.locator("ins").first.wait_for(state="attached")
    large.locator(".pipeline").last.locator("svg a").first.click()
    assert last.locator("ins").count() > 0
    assert text(large.locator(".lit")) == "build-images:"
    middle = large.locator(".file").nth(15)
    assert middle.locator("ins").count() == 0
    large.evaluate("location.hash = document.querySelectorAll('.file .diff')[16].id.replace(/b$/, 'n1')")
    large.locator(".file").nth(16).locator("ins").first.wait_for(state="attached")
    large.evaluate("window.idle({timeRemaining: () => 50})")
    assert middle.locator("ins").count() > 0
    assert large.locator("main script").count() == 0
    context.close()


def violations(opened: Page) -> list[dict[str, Any]]:
    """Ask axe-core, and give what it finds wrong, with the first element of each."""
    found: list[dict[str, Any]] = opened.evaluate(
        """async () => {
          const asked = {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}};
          return (await axe.run(asked)).violations.map(({id, help, nodes}) => (
            {id, help, where: nodes.slice(0, 3).map((node) => node.html + node.failureSummary)}));
        }"""
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened: Page, scheme: str) -> None:
    if not AXE.is_file():
        if os.environ.get("CI"):
            pytest.fail("axe-core is not installed: npm ci")
        pytest.skip("axe-core is not installed: npm ci")
    fresh(opened)
    light = paper(opened)
    opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert (paper(opened) == light) == (scheme == "light")
    # Skipped parts have no colours to look at.
    opened.evaluate("document.styleSheets[0].insertRule('* { content-visibility: visible !important }')")
    opened.evaluate(AXE.read_text("utf-8"))
    assert violations(opened) == []
    opened.get_by_role("button", name="Side by side").click()
    opened.keyboard.press("?")
    assert violations(opened) == []
    opened.get_by_role("button", name="Close").click()
    fresh(opened)


def test_paper_has_all_of_it(opened: Page) -> None:
    fresh(opened)
    opened.locator(".change").first.locator(".fold").click()
    opened.emulate_media(media="print")
    assert opened.locator(".change").first.locator(".body").is_visible()
    assert not opened.locator("#side").is_visible()
    assert opened.locator("#command").is_visible()
    fresh(opened)


def test_pictures_to_look_at(opened: Page) -> None:
    BUILD.mkdir(exist_ok=True)
    fresh(opened)
    for name, scheme, width in (("light", "light", 1360), ("dark", "dark", 1360), ("narrow", "light", 360)):
        opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") == width
        path = BUILD / f"review-{name}.png"
        opened.screenshot(path=path)
        assert path.stat().st_size > 10_000
    opened.set_viewport_size({"width": 1360, "height": 900})
