"""Does each command keep its word about streams, codes, files and bad input?"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import CASES, run, run_here, tree
from kaniko_split.shell.shfmt import _beside_this

ARTICLE = CASES / "article"
BEFORE = (ARTICLE / "before" / ".gitlab-ci.yml").read_bytes()
AFTER = (ARTICLE / "after" / ".gitlab-ci.yml").read_bytes()
NAME = ".gitlab-ci.yml"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / NAME).write_bytes(BEFORE)
    return folder


def test_the_article_by_patch_and_by_apply(work: Path) -> None:
    patch = run("diff", NAME, cwd=work)
    assert patch.code == 1
    subprocess.run(["git", "init", "-q", "."], cwd=work, check=True)
    subprocess.run(["git", "apply", "-"], cwd=work, input=patch.out, check=True)
    assert (work / NAME).read_bytes() == AFTER
    (work / NAME).write_bytes(BEFORE)
    assert run("apply", cwd=work).code == 0
    assert (work / NAME).read_bytes() == AFTER
    again = run("check", cwd=work)
    assert (again.code, again.out) == (0, b"0 findings in 1 file, 0 can be split, 0 refused, 0 ignored\n")


@pytest.mark.parametrize("name", ["plain.yml", "with spaces.yml", 'with "quotes".yml', "käse.yml", "tab\there.yml"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"\n"], ids=["open", "ended"])
def test_git_and_patch_take_the_diff(name: str, ending: bytes, last: bytes, work: Path) -> None:
    before = BEFORE.rstrip(b"\n").replace(b"\n", ending) + last.replace(b"\n", ending)
    after = AFTER.rstrip(b"\n").replace(b"\n", ending) + last.replace(b"\n", ending)
    (work / NAME).unlink()
    (work / name).write_bytes(before)
    found = run_here("diff", name, cwd=work)
    subprocess.run(["git", "init", "-q", "."], cwd=work, check=True)
    subprocess.run(["git", "apply", "-"], cwd=work, input=found.out, check=True)
    assert (work / name).read_bytes() == after
    if shutil.which("patch") and name.isascii() and "\t" not in name:
        (work / name).write_bytes(before)
        subprocess.run(["patch", "-p1", "--binary"], cwd=work, input=found.out, check=True, stdout=subprocess.DEVNULL)
        assert (work / name).read_bytes() == after


def test_stdin_goes_to_stdout(work: Path) -> None:
    found = run("apply", "-", cwd=work, stdin=BEFORE)
    assert (found.code, found.out) == (0, AFTER)
    assert run("apply", "--quiet", "-", cwd=work, stdin=AFTER).out == AFTER
    assert (work / NAME).read_bytes() == BEFORE


def test_stdin_that_is_refused_comes_out_as_it_was(work: Path) -> None:
    text = BEFORE.replace(b"  script:\n", b"  script:\n    - curl -X POST https://example.com\n")
    found = run_here("apply", "-", cwd=work, stdin=text)
    assert (found.code, found.out) == (1, text)
    assert "effect-before-builds" in found.err


def test_the_mode_and_a_link_survive(work: Path) -> None:
    target = work / "real.yml"
    (work / NAME).rename(target)
    target.chmod(0o640)
    (work / NAME).symlink_to("real.yml")
    assert run_here("apply", NAME, cwd=work).code == 0
    assert (work / NAME).is_symlink()
    assert target.read_bytes() == AFTER
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in work.iterdir()) == [NAME, "real.yml"]


def test_a_link_out_of_the_repository_is_not_followed(work: Path) -> None:
    outside = work.parent / "outside.yml"
    outside.write_bytes(BEFORE)
    (work / NAME).unlink()
    (work / NAME).symlink_to(outside)
    found = run_here("apply", NAME, cwd=work)
    assert found.code == 2
    assert "leads out of the repository" in found.err
    assert outside.read_bytes() == BEFORE


def test_a_read_only_file_is_left_alone_and_the_others_are_done(work: Path) -> None:
    (work / "other.yml").write_bytes(BEFORE)
    (work / NAME).chmod(0o444)
    found = run_here("apply", NAME, "other.yml", cwd=work)
    assert found.code == 2
    assert f"error: {NAME}: the file cannot be written (the file is read-only)" in found.err
    assert (work / NAME).read_bytes() == BEFORE
    assert (work / "other.yml").read_bytes() == AFTER


BAD = {
    "no-such-file": (None, "no.yml: there is no such file"),
    "broken-yaml": (b"a: [1,\nb: 2\n", "bad.yml:3:1: the file is not valid YAML: while parsing a flow"),
    "tab-for-indentation": (b"a:\n\tb: 1\n", "bad.yml:2:1: the file is not valid YAML"),
    "latin-1": ("a: käse\n".encode("latin-1"), "bad.yml:1:5: the file is not UTF-8 text"),
    "utf-16": (BEFORE.decode().encode("utf-16"), "bad.yml:1:1: the file is not UTF-8 text"),
    "nul": (b"a: b\0c\n", "bad.yml:1:5: the file holds a NUL character"),
    "control-character": (b"a: \x07\n", "bad.yml:1:4: the file is not valid YAML"),
    "deep": (b"[" * 10_000, "nested more than 100 levels"),
    "bomb": (
        b"a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + b"".join(b"%c: &%c [*%c]\n" % (i + 1, i + 1, i) for i in range(97, 99))
        + b"".join(b"k%d: &k%d [%s]\n" % (i, i, b", ".join([b"*k%d" % (i - 1) if i else b"*c"] * 10)) for i in range(8))
        + b"stages: [x]\n",
        "its aliases expand",
    ),
    "undefined-alias": (b"a: *b\n", "bad.yml:1:4: the file is not valid YAML: found undefined alias"),
    "job-twice": (BEFORE + BEFORE, "bad.yml:22:1: the key `build-images` stands twice"),
    "key-twice": (
        BEFORE.replace(b"  stage: build\n", b"  stage: build\n  stage: build\n"),
        "bad.yml:3:3: the key `stage`",
    ),
}


@pytest.mark.parametrize("command", ["check", "diff", "apply"])
@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_one_sentence_and_the_rest_is_done(kind: str, command: str, work: Path) -> None:
    content, sentence = BAD[kind]
    name = "bad.yml" if content is not None else "no.yml"
    if content is not None:
        (work / name).write_bytes(content)
    before = tree(work)
    found = run_here(command, "--quiet", name, NAME, cwd=work)
    errors = [line for line in found.err.splitlines() if line.startswith("error: ")]
    assert found.code == 2
    assert len(errors) == 1
    assert sentence in errors[0]
    assert "Traceback" not in found.err
    assert tree(work) == (before | {NAME: AFTER} if command == "apply" else before)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(work: Path) -> None:
    (work / NAME).chmod(0)
    found = run_here("check", NAME, cwd=work)
    assert found.code == 2
    assert "the file cannot be read (permission denied)" in found.err


def test_a_folder_without_pipelines(tmp_path: Path) -> None:
    found = run_here("check", cwd=tmp_path)
    assert (found.code, found.out) == (2, b"")
    assert "there is no GitLab pipeline in this folder" in found.err


def test_other_yaml_is_named_only_when_it_was_named(work: Path) -> None:
    (work / "templates").mkdir()
    (work / "templates" / "chart.yml").write_text("replicas: 3\n")
    assert run_here("check", cwd=work).err == ""
    found = run_here("check", "templates/chart.yml", NAME, cwd=work)
    assert "templates/chart.yml: the file is no GitLab pipeline" in found.err
    assert found.code == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("chart.yml",), "chart.yml: the file is no GitLab pipeline; name the file of a pipeline"),
        (("-",), "stdin: the file is no GitLab pipeline; name the file of a pipeline"),
        (("link.yml",), "link.yml: the file cannot be read (no such file or directory); mend the link"),
        ((".", "--ci-file", "../x.yml"), "../x.yml: there is no such file; --ci-file takes a path from the"),
        (("folder.yml",), "folder.yml: there is no GitLab pipeline in this folder; name its file"),
        (("pipe.yml",), "pipe.yml: `pipe.yml` is a pipe, a socket or a device; put a file in its place"),
        ((NAME, "--format", "sarif", "--output", "no/x"), "no/x: the file cannot be written (no such file or"),
        ((NAME, "--output", "folder.yml"), "folder.yml: the file cannot be written (is a directory)"),
    ],
)
def test_an_odd_input_is_told_in_one_sentence_and_nothing_else(
    arguments: tuple[str, ...], sentence: str, work: Path
) -> None:
    (work / "chart.yml").write_text("replicas: 3\n")
    (work / "link.yml").symlink_to("nowhere.yml")
    (work / "folder.yml").mkdir()
    os.mkfifo(work / "pipe.yml")
    found = run_here("check", *arguments, cwd=work, stdin=b"hello")
    assert (found.code, found.out) == (2, b"")
    assert found.err.startswith(f"error: {sentence}")
    assert found.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--template-name", "build-image"), "begins with a dot"),
        (("--job-name", "build"), "needs {image}"),
        (("--job-name", ".{image}"), "no dot at its start"),
        (("--no-such-option",), "No such option"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], word: str, work: Path) -> None:
    found = run_here("apply", *arguments, cwd=work)
    assert found.code == 2
    assert word in found.err
    assert (work / NAME).read_bytes() == BEFORE


def test_names_can_be_set(work: Path) -> None:
    found = run_here("apply", "--template-name", ".kaniko", "--job-name", "{job}: {image}", "-q", cwd=work)
    text = (work / NAME).read_text()
    assert found.code == 0
    assert text.startswith(".kaniko:\n")
    assert '"build-images: image-a":\n  extends:\n    - .kaniko\n' in text


def test_select_leaves_the_others(work: Path) -> None:
    other = BEFORE.replace(b"build-images", b"more-images").replace(b"/image-", b"/other-")
    (work / NAME).write_bytes(BEFORE + b"\n" + other)
    assert run_here("apply", "-q", "--select", "build-*", cwd=work).code == 0
    assert (work / NAME).read_bytes() == AFTER + b"\n" + other
    assert run_here("apply", "-q", cwd=work).code == 0
    assert b".build-image-more-images:\n" in (work / NAME).read_bytes()


def test_cached_only(work: Path) -> None:
    (work / NAME).write_bytes(BEFORE.replace(b"      --cache=true\n", b""))
    assert run_here("check", "--cached-only", cwd=work).code == 0
    assert run_here("check", cwd=work).code == 1


def test_the_cache_is_spoken_of_once(work: Path) -> None:
    for command in ("diff", "apply"):
        (work / NAME).write_bytes(BEFORE)
        assert run_here(command, cwd=work).err.count("note: layers that the joint builds cached") == 1
    (work / NAME).write_bytes(BEFORE)
    assert run_here("check", cwd=work).out.count(b"layers that the joint builds cached") == 1


@pytest.mark.parametrize(
    ("answers", "split"),
    [
        ("y\ny\n", (True, True)),
        ("n\ny\n", (False, True)),
        ("a\n", (True, True)),
        ("y\nq\n", (True, False)),
        ("", (False, False)),
        ("?\ny\nn\n", (True, False)),
    ],
)
def test_interactive(answers: str, split: tuple[bool, bool], work: Path) -> None:
    other = BEFORE.replace(b"build-images", b"more-images").replace(b"/image-", b"/other-")
    (work / NAME).write_bytes(BEFORE + b"\n" + other)
    found = run_here("apply", "--interactive", cwd=work, stdin=answers.encode())
    text = (work / NAME).read_text()
    assert found.code == 0
    assert ("\nbuild-images:" in "\n" + text, "\nmore-images:" in text) == (not split[0], not split[1])


def test_explain(work: Path) -> None:
    assert run_here("explain", "value-differs", cwd=work).out.startswith(b"## value-differs\n")
    found = run_here("explain", "value-difers", cwd=work)
    assert (found.code, found.err) == (2, "error: there is no code `value-difers`; did you mean `value-differs`?\n")


def test_content_cannot_steer_the_terminal(work: Path) -> None:
    text = BEFORE.replace(b"build-images:", '"build\\e[31m\u202eimages":'.encode())
    (work / NAME).write_bytes(text)
    found = run_here("check", cwd=work)
    assert b"\x1b" not in found.out
    assert "\u202e".encode() not in found.out
    assert b"build\\x1b[31m\\u202eimages" in found.out


def test_a_closed_pipe_is_no_trouble(work: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kaniko_split", "diff"], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
    assert b"Traceback" not in said
    assert b"BrokenPipe" not in said


def test_version(work: Path) -> None:
    assert run("--version", cwd=work).out == b"kaniko-split 0.1.0\n"


@pytest.mark.parametrize(
    ("pattern", "warning"),
    [
        ("bild-images", "warning: --select bild-images: there is no job of that name\n"),
        ("dep*", "warning: --select dep*: no job of that name builds several images\n"),
    ],
)
def test_a_pattern_that_selects_nothing_is_told(pattern: str, warning: str, work: Path) -> None:
    (work / NAME).write_bytes(BEFORE + b"\ndeploy:\n  script: ./deploy.sh\n")
    found = run_here("check", "--select", pattern, cwd=work)
    assert (found.code, found.err) == (0, warning)
    both = run_here("check", "--select", pattern, "--select", "build-*", cwd=work)
    assert (both.code, both.err) == (1, warning)


def test_jobs_that_share_a_script_are_asked_about_together(work: Path) -> None:
    text = b"""\
.images:
  script:
    - /kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api
    - /kaniko/executor -c web -d $CI_REGISTRY_IMAGE/web

nightly:
  extends: .images
  stage: build
weekly:
  extends: .images
  stage: build
"""
    (work / NAME).write_bytes(text)
    found = run_here("apply", "--interactive", cwd=work, stdin=b"n\n")
    assert "Split nightly, weekly [y,n,a,q,?]? " in found.err
    assert b"nightly-api" not in (work / NAME).read_bytes()
    run_here("apply", "--interactive", cwd=work, stdin=b"y\n")
    assert b"weekly-web:\n  extends:" in (work / NAME).read_bytes()


def test_a_missing_shfmt_is_told_in_one_sentence(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    _beside_this.cache_clear()
    # What was parsed before is known without it.
    (work / NAME).write_bytes((work / NAME).read_bytes().replace(b"--destination", b"--target nobody --destination"))
    try:
        done = run_here("check", cwd=work)
    finally:
        _beside_this.cache_clear()
    assert done.code == 2
    assert done.err.splitlines() == ["error: shfmt is missing, so no script can be read: install the package shfmt-py"]
