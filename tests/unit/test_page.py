"""Is the review page whole, in itself and beside its document?"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from conftest import CASES, Case, all_cases, run_here, tree
from drawn_up import drawn_up
from kaniko_split.report.asked import Asked
from kaniko_split.report.document import Document
from kaniko_split.report.page.rendering import page

# Elements that have no end; https://html.spec.whatwg.org/multipage/syntax.html#void-elements
VOID = {"meta", "input", "br", "link", "img"}
SHAPES = [case for case in all_cases() if not case.not_yet]


class Reader(HTMLParser):
    """Reads a page, and holds that each element is ended where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: list[str] = []
        self.targets: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        for name, value in attrs:
            if name == "id" and value:
                self.names.append(value)
            if name in {"href", "aria-controls", "aria-labelledby", "for"} and value:
                self.targets.append(value.removeprefix("#"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


@pytest.mark.parametrize("case", SHAPES[::16], ids=lambda case: case.folder.name)
def test_each_element_ends_and_each_link_leads_somewhere(case: Case) -> None:
    reader = Reader(page(drawn_up(case.before)))
    assert reader.open == []
    assert len(reader.names) == len(set(reader.names))
    assert set(reader.targets) <= set(reader.names)


def test_it_loads_nothing_and_runs_its_own_script_alone() -> None:
    html = page(drawn_up(CASES / "references" / "before"))
    reader = Reader(html)
    assert not {name for name, _ in reader.attributes if name.startswith("on") or name in {"src", "style", "action"}}
    policy = next(value for _, value in reader.attributes if value and value.startswith("default-src 'none'"))
    for tag, source in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{source} 'sha256-{digest}'" in policy


def test_data_of_the_script_cannot_end_it(tmp_path: Path) -> None:
    text = (CASES / "article" / "before" / ".gitlab-ci.yml").read_text()
    (tmp_path / ".gitlab-ci.yml").write_text(text.replace("build-images:", '"</script><!--&":'))
    html = page(drawn_up(tmp_path))
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert "<" not in data
    assert json.loads(data)["changes"]["p1c1"]["select"] == "--select '</script><!--&'"


def test_the_same_run_makes_the_same_page() -> None:
    folder = CASES / "two-findings-in-one-file" / "before"
    assert page(drawn_up(folder)) == page(drawn_up(folder))


def test_a_run_without_findings_says_so() -> None:
    html = page(
        Document(version="1", asked=Asked(), files=(), pipelines=(), problems=("x.yml: this is <b>broken</b>",))
    )
    assert "There is nothing to review." in html
    assert "this is &lt;b&gt;broken&lt;/b&gt;" in html


def test_a_very_large_run_leaves_out_lines_far_from_changes(tmp_path: Path) -> None:
    text = (CASES / "article" / "before" / ".gitlab-ci.yml").read_text()
    filler = "".join(f"# line {number}\n" for number in range(31_000))
    (tmp_path / ".gitlab-ci.yml").write_text(text + filler)
    html = page(drawn_up(tmp_path))
    assert "build-image-b" in html
    assert "# line 20000" not in html
    assert re.search(r"<p class=f>\d+ unchanged lines</p>", html)


def test_what_changes_for_one_image_stands_on_its_card() -> None:
    html = page(drawn_up(CASES / "finishing-job" / "before"))
    (card,) = re.findall(r'<div class=card role=group aria-label="images">(.*?)</ul>\s*</div>', html, re.DOTALL)
    assert "waits for all of them" in card
    assert "What changes for all of them" in html


def carried_out(html: str, folder: Path) -> None:
    """Run the command that the page shows to a reader without scripts."""
    (command,) = Reader(html).texts["pre"]
    words = shlex.split(command)
    assert words[0] == "kaniko-split"
    assert run_here(*words[1:], cwd=folder).code == 0


@pytest.mark.parametrize(
    "name",
    ["job-in-an-included-file", "template-in-an-included-file", "needs-in-an-included-file", "job-name-with-spaces"],
)
def test_the_command_without_scripts_does_all(name: str, tmp_path: Path) -> None:
    case = Case(CASES / name)
    shutil.copytree(case.before, tmp_path, dirs_exist_ok=True)
    carried_out(page(drawn_up(tmp_path)), tmp_path)
    assert tree(tmp_path) == tree(case.wanted)


def test_paths_lead_from_the_folder_of_several_repositories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        shutil.copytree(CASES / "article" / "before", tmp_path / name)
    html = page(drawn_up(Path("one"), Path("two")))
    assert "run in the folder of the repositories" in html
    carried_out(html, tmp_path)
    assert all(tree(tmp_path / name) == tree(CASES / "article" / "after") for name in ("one", "two"))
