"""Is what was reviewed what is applied, on another machine or a week later, and can it be taken back?"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conftest import CASES, run_here, tree

ROOT = Path(__file__).parent.parent
NAME = ".gitlab-ci.yml"
BEFORE = (CASES / "article" / "before" / NAME).read_bytes()
AFTER = (CASES / "article" / "after" / NAME).read_bytes()
SPLIT = (
    b"images:\n  script:\n    - /kaniko/executor --context a --destination $R/a\n"
    b"    - /kaniko/executor --context b --destination $R/b\n"
)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A repository with a pipeline of two files, and two files that are pipelines of their own."""
    folder = tmp_path / "work"
    (folder / "ci").mkdir(parents=True)
    (folder / NAME).write_bytes(b"include:\n  - local: ci/deploy.yml\n" + SPLIT)
    (folder / "ci" / "deploy.yml").write_bytes(b"deploy:\n  needs: [images]\n  script: [make]\n")
    (folder / "ci" / "one.yml").write_bytes(BEFORE)
    (folder / "ci" / "two.yml").write_bytes(BEFORE.replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    return folder


def planned(folder: Path) -> Path:
    plan = folder.parent / "plan.json"
    assert run_here("diff", "--plan", str(plan), cwd=folder).code == 1
    return plan


def applied(folder: Path) -> dict[str, bytes]:
    """Return what a plain apply makes of a copy."""
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    assert run_here("apply", "-q", cwd=copy).code == 0
    return tree(copy)


def test_a_plan_does_what_apply_does_elsewhere_and_the_undo_patch_gives_back_every_byte(work: Path) -> None:
    before, wanted = tree(work), applied(work)
    plan = planned(work)
    assert tree(work) == before
    elsewhere = work.parent / "else" / "where"
    shutil.copytree(work, elsewhere)
    undo = work.parent / "undo.patch"
    done = run_here("apply", "--plan", str(plan), "--undo", str(undo), cwd=elsewhere / "ci")
    assert (done.code, tree(elsewhere)) == (0, wanted)
    again = run_here("apply", "--plan", str(plan), cwd=elsewhere)
    assert again.code == 1
    assert again.err.count("the plan's change is in it already") == 4
    subprocess.run(["git", "init", "-q", "."], cwd=elsewhere, check=True)
    subprocess.run(["git", "apply", str(undo)], cwd=elsewhere, check=True)
    assert tree(elsewhere) == before


def test_a_file_that_moved_is_refused_with_what_belongs_to_it_and_the_others_are_done(work: Path) -> None:
    wanted = applied(work)
    plan = planned(work)
    moved = (work / "ci" / "deploy.yml").read_bytes() + b"# touched\n"
    (work / "ci" / "deploy.yml").write_bytes(moved)
    root = (work / NAME).read_bytes()
    done = run_here("apply", "--plan", str(plan), cwd=work)
    assert done.code == 1
    assert tree(work) == wanted | {"ci/deploy.yml": moved, NAME: root}
    assert "ci/deploy.yml: left as it is [moved]: the file has changed since the plan was made" in done.err
    assert f"{NAME}: left as it is [moved]: its change belongs together with ci/deploy.yml" in done.err


def test_a_file_that_is_gone_and_one_that_leads_out(work: Path) -> None:
    plan = planned(work)
    before = tree(work)
    outside = work.parent / "outside.yml"
    (work / "ci" / "one.yml").rename(outside)
    (work / "ci" / "one.yml").symlink_to(outside)
    (work / "ci" / "two.yml").unlink()
    done = run_here("apply", "-q", "--plan", str(plan), cwd=work)
    assert done.code == 1
    assert "ci/one.yml: left as it is [moved]: `ci/one.yml` leads out of the repository" in done.err
    assert "ci/two.yml: left as it is [moved]: the file cannot be read (no such file or directory)" in done.err
    assert outside.read_bytes() == before["ci/one.yml"]


def test_a_plan_over_several_repositories(work: Path) -> None:
    for name in ("a", "b"):
        (work.parent / name).mkdir()
        (work.parent / name / NAME).write_bytes(BEFORE)
    plan = work.parent / "plan.json"
    assert run_here("diff", "--plan", str(plan), "a", "b", cwd=work.parent).code == 1
    assert run_here("apply", "-q", "--plan", str(plan), str(work.parent), cwd=work).code == 0
    assert [(work.parent / name / NAME).read_bytes() for name in ("a", "b")] == [AFTER, AFTER]


def test_names_and_selections_are_those_of_the_plan(work: Path) -> None:
    plan = work.parent / "plan.json"
    run_here("diff", "--plan", str(plan), "--template-name", ".kaniko", "--select", "build-*", cwd=work)
    assert run_here("apply", "-q", "--plan", str(plan), cwd=work).code == 0
    assert b".kaniko:\n" in (work / "ci" / "one.yml").read_bytes()
    assert (work / NAME).read_bytes().endswith(SPLIT)


def test_the_file_that_gitlab_starts_from_is_that_of_the_plan(work: Path) -> None:
    """By itself `ci/deploy.yml` would be a pipeline, and the job that waits for `images` would be none of its own."""
    (work / "ci" / "two.yml").unlink()
    (work / NAME).rename(work / "root.yml")
    plan = work.parent / "plan.json"
    assert run_here("diff", "-q", "--plan", str(plan), "--ci-file", "root.yml", cwd=work).code == 1
    document = json.loads(plan.read_text())
    assert document["asked"]["ci_file"] == "root.yml"
    assert [one["root"] for one in document["pipelines"]] == ["root.yml", "ci/one.yml"]
    copy = work.parent / "copy"
    shutil.copytree(work, copy)
    assert run_here("apply", "-q", "--ci-file", "root.yml", cwd=copy).code == 0
    assert run_here("apply", "-q", "--plan", str(plan), cwd=work).code == 0
    assert tree(work) == tree(copy)
    assert b"needs: [build-a, build-b]" in (work / "ci" / "deploy.yml").read_bytes()
    (work / "root.yml").unlink()
    again = run_here("apply", "-q", "--plan", str(plan), cwd=work)
    assert again.code == 1
    assert "root.yml: left as it is [moved]: the file cannot be read (no such file or directory)" in again.err


def test_a_dockerfile_that_the_plan_rests_on(work: Path) -> None:
    """Another Dockerfile may ask for another order, so the plan is not what would be made now."""
    (work / "b").mkdir()
    (work / "b" / "Dockerfile").write_text("FROM alpine\n")
    plan = planned(work)
    before = tree(work)
    (work / "b" / "Dockerfile").write_text("ARG R\nFROM $R/a\n")
    (work / NAME).write_bytes(before[NAME])
    done = run_here("apply", "--plan", str(plan), cwd=work)
    assert (done.code, (work / NAME).read_bytes()) == (1, before[NAME])
    assert f"{NAME}: left as it is [moved]: read again, the repository no longer gives the change" in done.err


def changed(plan: Path, change: str) -> None:
    """Write a plan that somebody tampered with."""
    document: dict[str, Any] = json.loads(plan.read_text())
    files = {file["path"]: file for file in document["files"]}
    file, pipeline = files["ci/one.yml"], next(one for one in document["pipelines"] if one["root"] == "ci/one.yml")
    match change:
        case "up" | "absolute" | "odd":
            path = {"up": "../outside.yml", "absolute": "/etc/hosts", "odd": "ci/./one.yml"}[change]
            file["path"] = pipeline["root"] = path
            pipeline["files"] = pipeline["changed"] = [path]
        case "repository":
            for one in (*document["files"], *document["pipelines"]):
                one["repository"] = "../.."
        case "overlap":
            file["edits"] = [file["edits"][0], file["edits"][0]]
        case "beyond":
            file["edits"][0]["end"] = 1_000_000
        case "text":
            file["text"] += "# more\n"
        case "evil":
            file["edits"][-1]["text"] += "evil:\n  script: [curl evil.example]\n"
        case "orphan":
            pipeline["changed"] = []
        case "unlisted":
            pipeline["files"] = ["ci/one.yml", "ci/three.yml"]
        case "twice":
            document["files"].append(file)
        case "older":
            document["version"] = "0.0.1"
        case "type":
            file["edits"][0]["start"] = "0"
        case "surrogate":
            file["edits"][0]["text"] = "\ud800"
    plan.write_text(json.dumps(document))


TAMPERED = {
    "up": "`../outside.yml`: the path leads out of the repository",
    "absolute": "`/etc/hosts`: the path leads out of the repository",
    "odd": "`ci/./one.yml`: the path leads out of the repository",
    "repository": "`../..`: the path leads out of the repository",
    "overlap": "two edits want the character at",
    "beyond": "an edit reaches from 0 to 1000000, beyond the text",
    "text": "its text is not the one that its SHA-256 speaks of",
    "evil": "its edits do not make the text that its SHA-256 speaks of",
    "orphan": "its edits belong to no pipeline",
    "unlisted": "its pipeline names files that the plan does not list",
    "twice": "it lists a file twice",
    "older": "it was made by kaniko-split 0.0.1, and this is 0.1.0",
    "type": "it is damaged: Expected `int`, got `str` - at `$.files[",
    "surrogate": "plan.json: ",
}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_plan_that_was_tampered_with_writes_nothing(change: str, work: Path) -> None:
    plan = planned(work)
    (work.parent / "outside.yml").write_bytes(BEFORE)
    changed(plan, change)
    before = tree(work.parent)
    done = run_here("apply", "--plan", str(plan), cwd=work)
    assert done.code == 2
    assert done.err.count("error: ") == 1
    assert TAMPERED[change] in done.err
    assert tree(work.parent) == before


def test_a_plan_with_a_change_of_its_own_is_not_believed(work: Path) -> None:
    """Even one whose sums are right: what is written is what was proved."""
    import hashlib

    plan = planned(work)
    document = json.loads(plan.read_text())
    file = next(one for one in document["files"] if one["path"] == "ci/one.yml")
    file["edits"][-1]["text"] += "evil:\n  script: [curl evil.example]\n"
    evil = AFTER + b"evil:\n  script: [curl evil.example]\n"
    file["sha256_after"] = hashlib.sha256(evil).hexdigest()
    plan.write_text(json.dumps(document))
    done = run_here("apply", "--plan", str(plan), cwd=work)
    assert done.code == 1
    assert (work / "ci" / "one.yml").read_bytes() == BEFORE
    assert "ci/one.yml: left as it is [moved]: read again" in done.err


def test_a_plan_fits_its_schema(work: Path) -> None:
    schema = json.loads((ROOT / "docs" / "plan.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(planned(work).read_text()))


@pytest.mark.parametrize("shape", ["plain", "crlf", "mixed", "bom", "open", "all"])
def test_the_undo_patch_gives_back_every_byte(shape: str, tmp_path: Path) -> None:
    before = BEFORE
    if shape in {"crlf", "all"}:
        before = before.replace(b"\n", b"\r\n")
    if shape == "mixed":
        before = before.replace(b"\n", b"\r\n", 5)
    if shape in {"bom", "all"}:
        before = b"\xef\xbb\xbf" + before
    if shape in {"open", "all"}:
        before = before.removesuffix(b"\n").removesuffix(b"\r")
    (tmp_path / NAME).write_bytes(before)
    assert run_here("apply", "-q", "--undo", "undo.patch", cwd=tmp_path).code == 0
    after = (tmp_path / NAME).read_bytes()
    assert after != before
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "undo.patch"], cwd=tmp_path, check=True)
    assert (tmp_path / NAME).read_bytes() == before


def test_an_undo_patch_is_never_lost(work: Path) -> None:
    before = tree(work)
    (work.parent / "undo.patch").write_text("older")
    done = run_here("apply", "--undo", "../undo.patch", cwd=work)
    assert (done.code, tree(work)) == (2, before)
    assert "../undo.patch: there is such a file already" in done.err
    done = run_here("apply", "--undo", "no/such/folder/undo.patch", cwd=work)
    assert (done.code, tree(work)) == (2, before)
    assert "no/such/folder/undo.patch: the file cannot be written (no such file or directory)" in done.err


def test_an_undo_patch_speaks_of_what_was_written_only(work: Path) -> None:
    before = tree(work)
    (work / "ci" / "one.yml").chmod(0o444)
    done = run_here("apply", "-q", "--undo", "../undo.patch", cwd=work)
    assert done.code == 2
    assert "ci/one.yml" not in (work.parent / "undo.patch").read_text()
    subprocess.run(["git", "init", "-q", "."], cwd=work, check=True)
    subprocess.run(["git", "apply", "../undo.patch"], cwd=work, check=True)
    assert tree(work) == before


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("apply", "--plan", "no.json"), "no.json: the plan cannot be read (no such file or directory)"),
        (("apply", "--plan", NAME), "it is not JSON"),
        (("apply", "--plan", "p.json", "--select", "x"), "give --plan without such options"),
        (("apply", "--plan", "p.json", "-i"), "without --interactive"),
        (("apply", "--plan", "p.json", "ci", "ci"), "at most one path"),
        (("apply", "--plan", "p.json", NAME), "at most one path"),
        (("apply", "--undo", "u.patch", "-"), "- cannot be a path"),
        (("diff", "--plan", "p.json", "-"), "- cannot be a path"),
        (("diff", "--plan", "no/such/p.json"), "no/such/p.json: the file cannot be written"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], word: str, work: Path) -> None:
    before = tree(work)
    done = run_here(*arguments, cwd=work)
    assert (done.code, tree(work)) == (2, before)
    assert word in done.err
    assert "Traceback" not in done.err
