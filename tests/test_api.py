"""Does the Python interface do what the commands do, and is it loaded only where it is used?"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import kaniko_split
from conftest import CASES, run, tree
from kaniko_split import InputError, apply, plan, scan

ROOT = Path(__file__).parent.parent
NAME = ".gitlab-ci.yml"
BEFORE = (CASES / "article" / "before" / NAME).read_bytes()
AFTER = (CASES / "article" / "after" / NAME).read_bytes()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / NAME).write_bytes(BEFORE)
    return folder


def test_scan_plan_and_apply(work: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (finding,) = scan(work)
    assert (finding.path, finding.outcome.job, finding.outcome.verdict) == (NAME, "build-images", "split")
    document = plan(str(work))
    assert (work / NAME).read_bytes() == BEFORE
    done = apply(document, work)
    assert [path.name for path in done.written] == [NAME]
    assert (work / NAME).read_bytes() == AFTER
    again = apply(document, work)
    assert [one.reason for one in again.left_alone] == ["the plan's change is in it already"]
    assert scan(work) == ()
    assert capfd.readouterr() == ("", "")


def test_what_can_be_asked(work: Path) -> None:
    (work / ".kaniko-split.toml").write_text('ignore = ["build-*"]\n')
    assert scan(work) == ()
    assert len(scan(work, configured=False)) == 1
    assert scan(work, configured=False, select=["other"]) == ()
    document = plan(work, configured=False, template_name=".kaniko")
    assert document.pipelines[0].outcomes[0].template == ".kaniko"


def test_what_cannot_be_read(work: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="there is no such file or folder"):
        scan(work / "no")
    with pytest.raises(InputError, match="begins with a dot"):
        plan(work, template_name="x")
    (work / "ci").mkdir()
    (work / "ci" / "broken.yml").write_text("a: [\n")
    assert len(plan(work).problems) == 1
    with pytest.raises(InputError) as caught:
        scan(work)
    assert len(caught.value.problems) == 1
    assert capfd.readouterr() == ("", "")


def test_the_function_plan_stays_itself() -> None:
    """Python puts a sub-package of the same name into its parent when it is imported."""
    from kaniko_split.plan.names import names_for

    assert names_for.__module__ == "kaniko_split.plan.names"
    assert kaniko_split.plan is plan
    assert callable(kaniko_split.plan)
    with pytest.raises(AttributeError, match="no attribute 'plans'"):
        _ = kaniko_split.plans


def test_the_interface_is_loaded_where_it_is_used() -> None:
    code = "import sys, kaniko_split; print(sorted(one for one in sys.modules if one.startswith('kaniko_split')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['kaniko_split']\n"


def test_the_example_in_the_docs_runs(tmp_path: Path) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)
    assert code is not None
    shutil.copytree(ROOT / "examples" / "article", tmp_path / "examples" / "article")
    done = subprocess.run([sys.executable, "-c", code[1]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == (
        ".gitlab-ci.yml build-images split 2\n"
        "build-images becomes build-images-image-a, build-images-image-b\n"
        "['.gitlab-ci.yml'] ()\n"
    )
    assert b"\nbuild-images-image-a:\n" in (tmp_path / "examples" / "article" / NAME).read_bytes()


def test_a_plan_of_the_command_is_one_of_the_interface(work: Path) -> None:
    from kaniko_split.report.encoding import from_json

    run("diff", "--plan", "../plan.json", cwd=work)
    document = from_json((work.parent / "plan.json").read_bytes())
    assert document == plan(work)
    before = tree(work)
    apply(document, work)
    assert tree(work) == before | {NAME: AFTER}
