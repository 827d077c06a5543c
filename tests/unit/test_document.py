"""Does a run's document hold what the run found, and give back every byte?"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from pathlib import Path

import jsonschema
import pytest

from conftest import CASES, Case, all_cases
from kaniko_split.codemod import split_pipeline
from kaniko_split.commands.running import wishes_of
from kaniko_split.gitlab.discovery import Found, discover
from kaniko_split.plan.request import Request
from kaniko_split.report.asked import Asked
from kaniko_split.report.contents import ImpossibleEditError, source_after, source_before
from kaniko_split.report.document import Document, File, TextEdit
from kaniko_split.report.drawing_up import document_of
from kaniko_split.report.encoding import UnreadableDocumentError, from_json, to_json
from kaniko_split.report.json_report import json_of
from kaniko_split.report.schema import plan_schema, report_schema
from kaniko_split.source.text import write_source

DOCS = Path(__file__).parent.parent.parent / "docs"
SHAPES = [case for case in all_cases() if not case.not_yet and not case.arguments]


def drawn(folder: Path) -> Document:
    found = [one for one in discover([folder]) if isinstance(one, Found)]
    results = [(one, split_pipeline(one.pipeline, wishes_of(Asked(), one, one.meant))) for one in found]
    return document_of(results, Asked())


@pytest.fixture(scope="module")
def article() -> Document:
    return drawn(CASES / "article" / "before")


@pytest.mark.parametrize("name", ["plan", "report"])
def test_the_schema_in_docs_is_current(name: str) -> None:
    schema = plan_schema() if name == "plan" else report_schema()
    path = DOCS / f"{name}.schema.json"
    if os.environ.get("KANIKO_SPLIT_UPDATE"):
        path.write_text(schema)
    assert path.read_text() == schema
    jsonschema.Draft202012Validator.check_schema(json.loads(schema))
    assert all("description" in part for part in json.loads(schema)["$defs"].values())


@functools.cache
def validators() -> tuple[jsonschema.Draft202012Validator, jsonschema.Draft202012Validator]:
    plan, report = (json.loads(schema) for schema in (plan_schema(), report_schema()))
    return jsonschema.Draft202012Validator(plan), jsonschema.Draft202012Validator(report)


@pytest.mark.parametrize("case", SHAPES, ids=lambda one: one.folder.name)
def test_every_case_by_its_document(case: Case) -> None:
    """The edits make the wanted bytes, the JSON comes back as it went, and both fit their schemas."""
    plan, report = validators()
    document = drawn(case.before)
    assert from_json(to_json(document)) == document
    plan.validate(json.loads(to_json(document)))
    report.validate(json.loads(json_of(document)))
    for file in document.files:
        before, after = (folder / file.path for folder in (case.before, case.wanted))
        assert hashlib.sha256(before.read_bytes()).hexdigest() == file.sha256_before
        if file.text is not None:
            assert write_source(source_before(file)) == before.read_bytes()
        if file.edits:
            assert write_source(source_after(file)) == after.read_bytes()
            assert hashlib.sha256(after.read_bytes()).hexdigest() == file.sha256_after
        else:
            assert file.sha256_after is None
            assert before.read_bytes() == after.read_bytes()


def test_what_the_article_becomes(article: Document) -> None:
    (pipeline,) = article.pipelines
    (outcome,) = pipeline.outcomes
    assert (outcome.verdict, outcome.job, outcome.template) == ("split", "build-images", ".build-image")
    assert [job.name for job in outcome.jobs] == ["build-image-a", "build-image-b"]
    assert pipeline.before is not None
    assert pipeline.after is not None
    assert [(job.name, job.difference) for job in pipeline.before.jobs] == [("build-images", "split")]
    assert [(job.name, job.difference) for job in pipeline.after.jobs] == [
        ("build-image-a", "new"),
        ("build-image-b", "new"),
    ]
    assert str(article.file(".", ".gitlab-ci.yml").path) == ".gitlab-ci.yml"


def test_a_fingerprint_survives_moved_lines(article: Document, tmp_path: Path) -> None:
    text = (CASES / "article" / "before" / ".gitlab-ci.yml").read_text()
    (tmp_path / ".gitlab-ci.yml").write_text("# moved\n\n" + text)
    moved = drawn(tmp_path)
    assert moved.pipelines[0].outcomes[0].fingerprint == article.pipelines[0].outcomes[0].fingerprint
    assert moved.pipelines[0].outcomes[0].place.line == article.pipelines[0].outcomes[0].place.line + 2


def test_several_repositories_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".gitlab-ci.yml").write_bytes((CASES / "article/before/.gitlab-ci.yml").read_bytes())
    monkeypatch.chdir(tmp_path)
    found = [one for one in discover([Path("a"), Path("b")]) if isinstance(one, Found)]
    results = [(one, split_pipeline(one.pipeline, Request(read=one.repository.text))) for one in found]
    document = document_of(results, Asked())
    assert [file.repository for file in document.files] == ["a", "b"]
    assert len({one.outcomes[0].fingerprint for one in document.pipelines}) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is not JSON"),
        (b"[]", "it is not JSON"),
        (b"\xff{}", "it is not JSON"),
        (b"{}", "it is no plan"),
        (b'{"kind": "report"}', "it is no plan"),
        (b'{"kind": "plan", "format": 1, "version": "0.0.1"}', "it was made by kaniko-split 0.0.1"),
        (b'{"kind": "plan", "format": 1, "version": "0.1.0"}', "it is damaged: Object missing required field"),
    ],
)
def test_what_is_no_plan(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableDocumentError, match=words):
        from_json(data)


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([TextEdit(-1, 0, "")], "beyond the text"),
        ([TextEdit(0, 99, "")], "beyond the text"),
        ([TextEdit(3, 2, "")], "beyond the text"),
        ([TextEdit(0, 3, ""), TextEdit(2, 4, "")], "two edits want the character at 2"),
        ([TextEdit(2, 2, "a"), TextEdit(2, 2, "b")], "two edits want the character at 2"),
    ],
)
def test_impossible_edits(edits: list[TextEdit], words: str) -> None:
    with pytest.raises(ImpossibleEditError, match=words):
        source_after(File(".", "a.yml", "", "", tuple(edits), "abcdef\n"))
