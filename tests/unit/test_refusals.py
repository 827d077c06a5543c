"""Is every refusal explained, in words that fit their place and with an example that GitLab takes?"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kaniko_split.plan.refusals import REFUSALS, all_as_markdown, as_markdown, files, pipelines, scripts

ROOT = Path(__file__).parents[2]
KEBAB = re.compile(r"[a-z]+(-[a-z]+)*")
CODES = sorted(REFUSALS)
IMAGE = "gcr.io/kaniko-project/executor:debug"


class GitLabLoader(yaml.CSafeLoader):
    """libyaml, as GitLab reads, with its one tag; the loader that is written in Python takes no tab."""


def _reference(loader: GitLabLoader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node, deep=True)


GitLabLoader.add_constructor("!reference", _reference)


def example(code: str) -> dict[str, Any]:
    loaded = yaml.load(REFUSALS[code].looks_like, Loader=GitLabLoader)  # noqa: S506 (a safe loader)
    assert isinstance(loaded, dict)
    return loaded


def codes_in_source() -> Iterator[tuple[str, str]]:
    """Give the codes that the program refuses with, as far as they are written out."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if not name.endswith(("Error", "Refusal")):
                continue
            for one in (*node.args, *(keyword.value for keyword in node.keywords)):
                text = one.value if isinstance(one, ast.Constant) else None
                if isinstance(text, str) and "-" in text and KEBAB.fullmatch(text):
                    yield path.name, text


# The codes


def test_no_code_stands_twice() -> None:
    every = (*scripts.CODES, *pipelines.CODES, *files.CODES)
    assert Counter(one.code for one in every) == Counter(list(REFUSALS))


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_in_kebab_case_and_its_own_key(code: str) -> None:
    assert KEBAB.fullmatch(code)
    assert REFUSALS[code].code == code


def test_every_code_that_the_program_uses_is_explained() -> None:
    used = list(codes_in_source())
    assert used
    assert [(file, code) for file, code in used if code not in REFUSALS] == []


# The words


@pytest.mark.parametrize("code", CODES)
def test_the_summary_fits_after_the_name_of_the_job(code: str) -> None:
    summary = REFUSALS[code].summary
    assert summary == " ".join(summary.split())
    assert len(summary) < 120
    assert summary[0] == summary[0].lower()
    assert not summary.endswith((".", ":", "!"))
    assert "|" not in summary  # it stands in a table


@pytest.mark.parametrize("code", CODES)
def test_the_explanations_are_one_to_three_sentences(code: str) -> None:
    for prose in (REFUSALS[code].why, REFUSALS[code].by_hand):
        assert prose == " ".join(prose.split())
        assert prose.endswith(".")
        assert 1 <= len(re.findall(r"\.(?= |$)", re.sub(r"`[^`]*`", "", prose))) <= 3
        assert prose.count("`") % 2 == 0


def test_no_two_codes_say_the_same() -> None:
    for field in ("summary", "looks_like", "why", "by_hand"):
        assert len({getattr(one, field) for one in REFUSALS.values()}) == len(REFUSALS)


# The examples


@pytest.mark.parametrize("code", CODES)
def test_the_example_is_a_short_pipeline_with_a_job(code: str) -> None:
    text = REFUSALS[code].looks_like
    lines = text.split("\n")
    assert lines.pop() == ""
    assert 5 <= len(lines) <= 14
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines)
    job = example(code)["images"]
    assert job["stage"]
    assert job.get("script") or job.get("run")
    assert text.count("executor") > text.count(IMAGE)


def test_gitlabs_schema_takes_the_examples(tmp_path: Path) -> None:
    for code in CODES:
        # The schema's reader is one of those that take no tab, and no second end of a document.
        text = REFUSALS[code].looks_like.replace("\t", " ").replace("...\n", "")
        (tmp_path / f"{code}.yml").write_text(text, encoding="utf-8", newline="")
    command = [
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.gitlab-ci",
        "--data-transform",
        "gitlab-ci",
    ]
    files = sorted(tmp_path.iterdir())
    done = subprocess.run([sys.executable, *command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# The page


def test_the_page_is_what_the_program_says() -> None:
    page = (ROOT / "docs" / "refusals.md").read_bytes().decode("utf-8")
    assert page == all_as_markdown()


def test_the_table_links_every_section_once_and_in_order() -> None:
    page = all_as_markdown()
    rows = re.findall(r"^\| \[(.+?)\]\(#(.+?)\) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(one.code, one.code, one.summary) for one in REFUSALS.values()]
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == list(REFUSALS)


@pytest.mark.parametrize("code", CODES)
def test_a_section_holds_all_that_is_known(code: str) -> None:
    section, one = as_markdown(code), REFUSALS[code]
    assert section in all_as_markdown()
    assert f"```yaml\n{one.looks_like}```\n" in section
    words = " ".join(section.split())
    for prose in (one.summary[1:], one.why, one.by_hand):
        assert " ".join(prose.split()) in words


@pytest.mark.parametrize("code", CODES)
def test_code_in_the_prose_is_not_broken_across_lines(code: str) -> None:
    prose = as_markdown(code).replace(REFUSALS[code].looks_like, "").replace("```", "")
    assert all(line.count("`") % 2 == 0 for line in prose.split("\n"))


def test_an_unknown_code_has_no_section() -> None:
    with pytest.raises(KeyError):
        as_markdown("no-such-code")


def test_reading_the_table_loads_no_other_part_of_the_program() -> None:
    code = "import sys, kaniko_split.plan.refusals; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("kaniko_split")}
    rooms = {f"kaniko_split.plan.refusals.{name}" for name in ("code", "scripts", "pipelines", "files")}
    assert ours == {"kaniko_split", "kaniko_split.plan", "kaniko_split.plan.refusals", *rooms}
    assert {"yaml", "ruamel", "rich", "typer", "deepdiff"}.isdisjoint(done.stdout.split())
