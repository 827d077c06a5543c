"""Do machines read what was found as it is, and are the formats what their readers take?"""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from conftest import CASES, Case, all_cases, run, run_here, tree
from kaniko_split.report.formats import Format

ROOT = Path(__file__).parent.parent
NAME = ".gitlab-ci.yml"
BEFORE = (CASES / "article" / "before" / NAME).read_bytes()
REFUSED = ROOT / "examples" / "refused-date-tag"
SARIF = ROOT / "node_modules" / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
SPLITTING = [case for case in all_cases() if case.splits and not case.not_yet]
HOSTILE = '"b\\e[31m\u202eu|ild`s`\\r::error::<script>alert(1)</script>%0A@all"'
NEW_LINE = b"\n"


@functools.cache
def schema(path: Path) -> Any:
    if path == SARIF and not SARIF.is_file():
        pytest.fail("SARIF's schema is missing: npm ci installs it")
    value = json.loads(path.read_text())
    kind = jsonschema.validators.validator_for(value)
    kind.check_schema(value)
    made: Any = kind(value)
    return made


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A repository with a split, a refusal, a job left out, an unused comment, an unreadable file and odd names."""
    folder = tmp_path / "work"
    (folder / "ci").mkdir(parents=True)
    (folder / NAME).write_bytes(BEFORE)
    (folder / "ci" / "date tag.yml").write_bytes((REFUSED / NAME).read_bytes())
    (folder / "ci" / "left.yml").write_bytes(BEFORE.replace(b"build-images:", b"build-images: # kaniko-split: ignore"))
    (folder / "ci" / "unused.yml").write_text("test: # kaniko-split: ignore\n  script: [make]\n")
    (folder / "ci" / "odd.yml").write_bytes(BEFORE.replace(b"build-images", HOSTILE.encode()))
    (folder / "ci" / "broken.yml").write_text("a: [\n")
    return folder


def test_json_fits_its_schema_and_counts(work: Path) -> None:
    for command in ("check", "diff"):
        done = run_here(command, "--format", "json", cwd=work)
        assert done.code == 2, "one file is broken"
        report = json.loads(done.out)
        schema(ROOT / "docs" / "report.schema.json").validate(report)
        assert report["counts"] == {"files": 5, "changed": 2, "split": 2, "refused": 1, "failed": 0, "ignored": 1}
        assert len(report["problems"]) == 1
        assert "ci/broken.yml:2:1: the file is not valid YAML" in report["problems"][0]


def test_sarif_fits_its_schema(work: Path) -> None:
    log = json.loads(run_here("check", "--format", "sarif", cwd=work).out)
    schema(SARIF).validate(log)
    results = log["runs"][0]["results"]
    assert [(one["ruleId"], one.get("properties", {}).get("verdict")) for one in results] == [
        ("builds-share-a-container", "split"),
        ("builds-share-a-container", "refused"),
        ("builds-share-a-container", "ignored"),
        ("builds-share-a-container", "split"),
        ("unused-ignore", None),
    ]
    assert results[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "ci/date%20tag.yml"
    assert results[2]["suppressions"] == [{"kind": "inSource"}]
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False


def with_fixes(log: dict[str, Any], before: dict[str, bytes]) -> dict[str, bytes]:
    """Make all fixes as a SARIF viewer does: by line and column, in the text as it is on disk, from the end."""
    after = dict(before)
    found: dict[str, list[tuple[int, int, str]]] = {}
    for result in log["runs"][0]["results"]:
        for fix in result.get("fixes", []):
            for change in fix["artifactChanges"]:
                path = unquote(change["artifactLocation"]["uri"])
                text = before[path].removeprefix(b"\xef\xbb\xbf").decode()
                for one in change["replacements"]:
                    region = one["deletedRegion"]
                    span = (
                        offset(text, region["startLine"], region["startColumn"]),
                        offset(text, region["endLine"], region["endColumn"]),
                    )
                    inserted = one.get("insertedContent", {}).get("text", "")
                    if (*span, inserted) not in found.setdefault(path, []):
                        found[path].append((*span, inserted))
    for path, changes in found.items():
        mark = b"\xef\xbb\xbf" if before[path].startswith(b"\xef\xbb\xbf") else b""
        text = before[path].removeprefix(mark).decode()
        for start, end, inserted in sorted(changes, reverse=True):
            text = text[:start] + inserted + text[end:]
        after[path] = mark + text.encode()
    return after


def offset(text: str, line: int, column: int) -> int:
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\n", text))]
    return starts[line - 1] + column - 1


def crlf_with_bom_and_open(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").removesuffix(b"\r\n")


def mixed(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n", data.count(b"\n") // 3)


def log_of(case: Case, work: Path) -> Any:
    return json.loads(run_here("check", "--format", "sarif", *case.arguments, cwd=work).out)


@pytest.mark.parametrize("case", SPLITTING, ids=lambda one: one.folder.name)
def test_the_fixes_of_sarif_make_what_apply_makes(case: Case) -> None:
    log = log_of(case, case.before)
    # The case itself holds that this is what apply makes.
    assert with_fixes(log, tree(case.before)) == tree(case.wanted)


@pytest.mark.parametrize("case", SPLITTING[::8], ids=lambda one: one.folder.name)
def test_sarif_fits_its_schema_for_cases(case: Case) -> None:
    schema(SARIF).validate(log_of(case, case.before))


@pytest.mark.parametrize("variant", [crlf_with_bom_and_open, mixed], ids=lambda one: one.__name__)
@pytest.mark.parametrize("case", SPLITTING[::4], ids=lambda one: one.folder.name)
def test_the_fixes_of_sarif_know_line_ends(case: Case, variant: Callable[[bytes], bytes], tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(case.before, work, symlinks=True)
    before = {}
    for name, data in tree(work).items():
        before[name] = variant(data) if name.endswith((".yml", ".yaml")) and b"\t" not in data else data
        (work / name).chmod(0o644)
        (work / name).write_bytes(before[name])
    log = log_of(case, work)
    run_here("apply", "-q", *case.arguments, cwd=work)
    assert with_fixes(log, before) == tree(work)


def test_code_quality(work: Path) -> None:
    done = run_here("check", "--format", "gitlab", cwd=work)
    report = json.loads(done.out)
    schema(ROOT / "tests" / "schemas" / "code-quality.schema.json").validate(report)
    assert [(one["location"]["path"], one["location"]["lines"]["begin"], one["severity"]) for one in report] == [
        (NAME, 17, "critical"),
        ("ci/date tag.yml", 9, "major"),
        ("ci/odd.yml", 17, "critical"),
        ("ci/unused.yml", 1, "info"),
    ]
    assert len({one["fingerprint"] for one in report}) == 4
    (work / NAME).write_bytes(b"# moved\n\n" + BEFORE)
    moved = json.loads(run_here("check", "--format", "gitlab", cwd=work).out)
    assert [one["fingerprint"] for one in moved] == [one["fingerprint"] for one in report]
    assert moved[0]["location"]["lines"]["begin"] == 19
    (work / NAME).write_text("test:\n  script: [make]\n")
    assert run_here("check", "--format", "gitlab", NAME, cwd=work).out == b"[]\n"


def test_annotations_are_one_line_each_and_nothing_breaks_out_of_one(work: Path) -> None:
    (work / "ci" / "date tag.yml").rename(work / "ci" / "a,b:c%d.yml")
    lines = run_here("check", "--format", "github", cwd=work).out.decode().splitlines()
    assert len(lines) == 4
    assert all(
        re.match(r"::(error|warning|notice) file=[^:]*,line=\d+,col=\d+,title=kaniko-split%3A ", one) for one in lines
    )
    assert lines[1].startswith("::warning file=ci/a%2Cb%3Ac%25d.yml,line=9,col=7,")
    assert "%250A@all" in lines[2]
    assert "\x1b" not in lines[2]


def test_markdown_says_what_why_and_what_to_do(work: Path) -> None:
    text = run_here("diff", "--format", "markdown", cwd=work).out.decode()
    assert text.startswith("Give each of 4 Kaniko images a job of its own, in 2 files.\n\n**Why.** Kaniko builds one")
    assert text.count("```mermaid\nflowchart LR\n") == 4
    assert "| `build-images` | `build-image-a` | `${CI_REGISTRY_IMAGE}/image-a:${CI_COMMIT_SHORT_SHA}`" in text
    assert "| `images` | `ci/date tag.yml:8:7` | `value-differs`: " in text
    assert "<details><summary>What was proved</summary>" in text
    assert "- Not read: ci/broken.yml:2:1" in text


def test_markdown_shows_content_and_does_nothing_with_it(work: Path) -> None:
    """Rendered as CommonMark with tables, the names of jobs are text, and every row has its cells."""
    from markdown_it import MarkdownIt

    text = run_here("diff", "--format", "markdown", cwd=work).out.decode()
    assert "\x1b" not in text
    assert "\u202e" not in text
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    unescaped = MarkdownIt("commonmark").enable("table").render(text.replace("\\@", ""))
    assert "@all" not in re.sub(r"<code.*?</code>", "", unescaped, flags=re.DOTALL), "it would be mentioned"
    for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
        cells = [row.count("<td>") for row in re.findall(r"<tr>.*?</tr>", table, re.DOTALL)[1:]]
        assert set(cells) == {4}


def test_a_large_graph_is_reduced_to_what_changes(tmp_path: Path) -> None:
    others = "".join(f"test-of-number-{number}:\n  stage: test\n  script: [make]\n" for number in range(80))
    (tmp_path / NAME).write_bytes(BEFORE + others.encode() + b"deploy:\n  needs: [build-images]\n  script: [make]\n")
    text = run_here("diff", "--format", "markdown", cwd=tmp_path).out.decode()
    graphs = re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL)
    assert max(map(len, graphs)) <= 2000
    assert "After, without the jobs that are far from the change:" in text
    assert [name in graphs[1] for name in ("build-image-a - new", "deploy - changed", "test-of-number-1")] == [
        True,
        True,
        False,
    ]


def test_nothing_found_in_every_format(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("test:\n  script: [make]\n")
    for form in Format:
        done = run_here("check", "--format", form, cwd=tmp_path)
        assert (done.code, done.err) == (0, ""), form
        if form is Format.SARIF:
            schema(SARIF).validate(json.loads(done.out))


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("command", ["check", "diff"])
def test_output_goes_to_a_file(command: str, form: Format, work: Path) -> None:
    plain = run_here(command, "--format", form, cwd=work)
    filed = run_here(command, "--format", form, "--output", "../out", cwd=work)
    assert filed.code == plain.code
    if command == "diff" and form in {Format.GITLAB, Format.GITHUB}:
        assert not (work.parent / "out").exists()
        assert "use it with check" in filed.err
        assert plain.out == b""
    else:
        assert filed.out == b""
        assert (work.parent / "out").read_bytes() == plain.out
        assert filed.err == plain.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("check", "--format", "yaml"), "--format yaml: there is no such format; the formats are text, json"),
        (("check", "--format", "serif"), "did you mean `sarif`?"),
        (("diff", "--format", "gitlab"), "--format gitlab is a Code Quality report, which lists what was found"),
        (("diff", "--format", "github"), "--format github is a list of annotations"),
        (("check", "--output", "no/such/file"), "no/such/file: the file cannot be written (no such file or directory)"),
        (("diff", "--output", NAME), f"{NAME}: the file is one of those that were read"),
        (("check", "--color", "red"), "--color red: there is no such choice; it is auto, always, never"),
        (("apply", "--color", "red"), "--color red: there is no such choice"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], word: str, work: Path) -> None:
    (work / "ci" / "broken.yml").unlink()
    before = tree(work)
    done = run_here(*arguments, cwd=work)
    assert (done.code, done.out, tree(work)) == (2, b"", before)
    assert done.err.count("error: ") == 1
    assert word in done.err


def test_stdin_has_a_name_in_reports(work: Path) -> None:
    report = json.loads(run("check", "--format", "gitlab", "-", cwd=work, stdin=BEFORE).out)
    assert report[0]["location"]["path"] == "stdin"
