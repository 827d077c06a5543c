"""Is a pipeline what GitLab makes of its files, and does each part of it keep its place?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from conftest import CASES
from kaniko_split.gitlab.artifacts import artifact_jobs, dotenv_names
from kaniko_split.gitlab.discovery import Found, Problem, discover
from kaniko_split.gitlab.includes import BrokenFileError, read_pipeline
from kaniko_split.gitlab.parallel import expanded_name
from kaniko_split.gitlab.pipeline import Pipeline
from kaniko_split.gitlab.references import input_mentions, references_to
from kaniko_split.gitlab.resolve import (
    MissingTargetError,
    UnresolvableError,
    effective_job,
    levels_of,
    resolved_job,
    visible_jobs,
)
from kaniko_split.gitlab.script import Origin, Section, provider, script_items
from kaniko_split.gitlab.survey import Survey
from kaniko_split.gitlab.variables import Variable, variables_of
from kaniko_split.source.repository import LARGEST, NotInRepositoryError, Repository, include_pattern

ROOT = ".gitlab-ci.yml"


def pipeline(folder: Path, text: str, **files: str) -> Pipeline:
    """Read a pipeline; a file's name is that of its argument, `_` for `/`."""
    for name, content in {
        ROOT: text,
        **{name.replace("_", "/") + ".yml": text for name, text in files.items()},
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return read_pipeline(Repository(folder), ROOT, strict=True)


def sentence(folder: Path, path: str = "") -> str:
    """Return what is wrong with a repository, which is one sentence."""
    (problem,) = discover([folder / path])
    assert isinstance(problem, Problem)
    assert problem.fatal
    return problem.text


# Files


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("ci/*.yml", ["ci/a.yml"], ["ci/b/a.yml", "a.yml", "ci/a.yaml"]),
        ("ci/**.yml", ["ci/a.yml", "ci/b/a.yml"], ["a.yml"]),
        ("ci/**/*.yml", ["ci/b/a.yml", "ci/b/c/a.yml"], ["ci/a.yml"]),
        ("**/*.yml", ["ci/a.yml"], ["a.yml"]),
        ("ci/[ab].yml", ["ci/[ab].yml"], ["ci/a.yml"]),
    ],
)
def test_a_pattern_matches_as_gitlabs_own_does(pattern: str, names: list[str], others: list[str]) -> None:
    matches = include_pattern(pattern)
    assert [name for name in (*names, *others) if matches(name)] == names


def test_a_file_that_is_included_twice_counts_at_its_later_place(tmp_path: Path) -> None:
    read = pipeline(tmp_path, "include: [a.yml, b.yml, a.yml]\n", a="x: {stage: a}\n", b="x: {stage: b}\n")
    assert [file.name for file in read.files] == ["b.yml", "a.yml", ROOT]
    assert read.value["x"] == {"stage": "a"}


def test_an_include_with_rules_may_be_missing(tmp_path: Path) -> None:
    rules = "    rules:\n      - exists: [gone.yml]\n"
    read = pipeline(tmp_path, f"include:\n  - local: gone.yml\n{rules}  - local: a.yml\n{rules}", a="x: {stage: a}\n")
    assert [one.what for one in read.unread] == ["gone.yml"]
    assert list(read.perhaps) == ["a.yml"]


def test_an_include_of_another_file_makes_it_certain(tmp_path: Path) -> None:
    rules = "    rules: [{if: $CI}]\n"
    read = pipeline(
        tmp_path, f"include:\n  - local: a.yml\n{rules}  - local: b.yml\n", a="{}\n", b="include: [a.yml]\n"
    )
    assert read.perhaps == {}


def test_a_hundred_and_fifty_includes_are_read_and_one_more_is_not(tmp_path: Path) -> None:
    most = "include:\n" + "  - a.yml\n" * 150
    assert len(pipeline(tmp_path, most, a="x: {stage: a}\n").files) == 2
    with pytest.raises(BrokenFileError, match="one include more than the 150"):
        pipeline(tmp_path, most + "  - a.yml\n")


def test_a_pipe_a_device_and_a_large_file_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ROOT)
    assert sentence(tmp_path) == sentence(tmp_path, ROOT)
    assert "is a pipe, a socket or a device; put a file in its place" in sentence(tmp_path)
    (tmp_path / ROOT).unlink()
    (tmp_path / ROOT).symlink_to("/dev/zero")
    assert "leads out of the repository" in sentence(tmp_path)
    (tmp_path / ROOT).unlink()
    with (tmp_path / ROOT).open("wb") as file:
        file.truncate(LARGEST + 1)
    assert "is larger than 8 MiB; GitLab takes 2 MiB; divide it" in sentence(tmp_path)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "!!x [", "&a ["])
@pytest.mark.parametrize("levels", [10_000, 100_000])
def test_deep_nesting_is_told_before_it_is_read(tmp_path: Path, opening: str, levels: int) -> None:
    start = "job: " if opening[0] in "[{!&" else "job:\n  "
    (tmp_path / ROOT).write_text(start + opening * levels + "\n")
    assert "nested more than 100 levels deep" in sentence(tmp_path)


def test_a_chain_of_aliases_is_as_deep_as_it_is_written_out(tmp_path: Path) -> None:
    lines = [".a0: &a0 [x]", *(f".a{one}: &a{one} [*a{one - 1}]" for one in range(1, 5_000))]
    (tmp_path / ROOT).write_text("\n".join(lines))
    assert "nested more than 100 levels deep" in sentence(tmp_path)


def test_a_file_outside_of_the_repository_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.yml").write_text("x: {stage: a}\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    for name in ("../outside.yml", str(tmp_path / "outside.yml")):
        with pytest.raises(NotInRepositoryError):
            Repository(inside).read(name)


# Pipelines of a repository


def test_children_are_pipelines_of_their_own(tmp_path: Path) -> None:
    trigger = "child: {trigger: {include: [{local: a.yml}, {local: b.yml}]}}\n"
    pipeline(
        tmp_path, trigger, a="x: {stage: a}\n", b="y: {stage: b, trigger: {include: c.yml}}\n", c="z: {stage: c}\n"
    )
    started = Survey(Repository(tmp_path)).started
    assert [[file.name for file in one.files] for one in started] == [[ROOT], ["a.yml", "b.yml"], ["c.yml"]]


def test_children_that_start_one_another_come_to_an_end(tmp_path: Path) -> None:
    pipeline(tmp_path, "x: {trigger: {include: a.yml}}\n", a=f"x: {{trigger: {{include: {ROOT}}}}}\n")
    assert len(Survey(Repository(tmp_path)).started) == 2


def test_a_file_of_a_pipeline_is_given_once(tmp_path: Path) -> None:
    pipeline(tmp_path, "include: [ci/a.yml]\n", ci_a="x: {script: a}\n", ci_b="y: {script: b}\n")
    found = [one for one in discover([tmp_path / "ci" / "a.yml", tmp_path, tmp_path / ROOT]) if isinstance(one, Found)]
    assert [one.meant for one in found] == [frozenset({"ci/a.yml"}), frozenset({ROOT}), None]
    assert found[2].pipeline.root.name == "ci/b.yml"


def test_the_git_repository_counts_where_its_pipeline_reaches_a_folders(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / ROOT).write_text("include: [/shared.yml]\n")
    pipeline(tmp_path, f"x: {{trigger: {{include: service/{ROOT}}}}}\n", shared="y: {script: y}\n")
    (found,) = discover([tmp_path / "service"])
    assert isinstance(found, Found)
    assert [file.name for file in found.pipeline.files] == ["shared.yml", f"service/{ROOT}"]


def test_a_broken_root_says_so_for_each_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "a.yml").write_text("x: {script: x}\n")
    (tmp_path / ROOT).write_text("include: [ci/a.yml, ci/b.yml]\n")
    assert sentence(tmp_path, "ci/a.yml") == sentence(tmp_path)
    assert "`ci/b.yml` is not in the repository" in sentence(tmp_path)


# Resolution


def job(folder: Path, text: str, name: str = "job") -> dict[str, Any]:
    return effective_job(pipeline(folder, text), name)


def test_of_several_parents_the_last_wins_and_mappings_are_merged(tmp_path: Path) -> None:
    text = """\
.a: {variables: {A: a, B: a}, tags: [a, b], script: a}
.b: {variables: {B: b}, tags: [b]}
job: {extends: [.a, .b], variables: {C: c}}
"""
    assert job(tmp_path, text) == {"variables": {"A": "a", "B": "b", "C": "c"}, "tags": ["b"], "script": "a"}


def test_levels_count_whatever_was_resolved_before(tmp_path: Path) -> None:
    chain = "".join(f".l{one}: {{extends: .l{one - 1}}}\n" for one in range(1, 11))
    read = pipeline(tmp_path, ".l0: {script: x}\n" + chain + ".l11: {extends: .l10}\n")
    for one in range(11):
        assert levels_of(read, f".l{one}") == one + 1
    with pytest.raises(UnresolvableError, match="deeper than 11 levels"):
        levels_of(read, ".l11")


def test_references_are_looked_up_ten_levels_deep_and_made_flat(tmp_path: Path) -> None:
    chain = "".join(f".l{one}: {{script: [a, !reference [.l{one - 1}, script]]}}\n" for one in range(1, 11))
    read = pipeline(tmp_path, ".l0: {script: [x]}\n" + chain + "job: {script: [!reference [.l10, script]]}\n")
    assert resolved_job(read, ".l10")["script"] == ["a"] * 10 + ["x"]
    with pytest.raises(UnresolvableError, match="nested more than 10 levels"):
        resolved_job(read, "job")


def test_a_reference_that_leads_nowhere_names_its_words(tmp_path: Path) -> None:
    read = pipeline(tmp_path, "job: {script: [!reference [.gone, script]]}\n")
    with pytest.raises(MissingTargetError, match=r"`!reference \[.gone, script\]` leads to nothing"):
        resolved_job(read, "job")


def test_rules_that_a_reference_brings_in_are_made_flat(tmp_path: Path) -> None:
    text = ".a: {rules: [{if: $A}]}\njob: {script: x, rules: [!reference [.a, rules], {if: $B}]}\n"
    assert job(tmp_path, text)["rules"] == [{"if": "$A"}, {"if": "$B"}]


@pytest.mark.parametrize(
    ("inherit", "wanted"),
    [
        ("", {"image": "d", "tags": ["t"], "before_script": ["g"]}),
        ("inherit: {default: false}, ", {}),
        ("inherit: {default: [tags]}, ", {"tags": ["t"]}),
        ("image: , ", {"image": "d", "tags": ["t"], "before_script": ["g"]}),
        ("before_script: [], ", {"image": "d", "tags": ["t"], "before_script": []}),
    ],
)
def test_what_a_job_inherits(tmp_path: Path, inherit: str, wanted: dict[str, Any]) -> None:
    text = f"default: {{image: d, tags: [t]}}\nbefore_script: [g]\njob: {{{inherit}script: x}}\n"
    found = job(tmp_path, text)
    assert {key: value for key, value in found.items() if key not in {"inherit", "script"}} == wanted


KNOWN, B_KNOWN = Variable("a", known=True, texts=("a",)), Variable("b", known=True, texts=("b",))
OPEN = Variable("$A", known=False, texts=("a", "b"))
DOTENV = "first: {stage: .pre, script: 'echo A=1 >> v.env', artifacts: {reports: {dotenv: v.env}}}\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("variables: {A: a}\njob: {script: x}\n", {"A": Variable("a", known=True, texts=("a",))}),
        ("variables: {A: a}\njob: {script: x, inherit: {variables: false}}\n", {}),
        ("variables: {A: a, B: b}\njob: {inherit: {variables: [B]}}\n", {"B": Variable("b", known=True, texts=("b",))}),
        ("job: {variables: {A: {value: $B, expand: false}}}\n", {"A": Variable("$B", known=True, texts=("$B",))}),
        ("job: {variables: {A: {value: $B}}}\n", {"A": Variable("$B", known=False, texts=("$B",))}),
        ("variables: {A: {description: a}, B: , C: yes, D: 010}\njob: {script: x}\n", {
            "B": Variable("", known=True, texts=("",)),
            "C": Variable("true", known=True, texts=("true",)),
            "D": Variable("8", known=True, texts=("8",)),
        }),
        # What may be set at another place has no known value.
        ("job: {variables: {A: a}, rules: [{variables: {A: b}}]}\n", {"A": OPEN}),
        ("variables: {A: a}\nworkflow: {rules: [{variables: {A: b}}]}\njob: {}\n", {"A": OPEN}),
        ("job: {variables: {A: a}, parallel: {matrix: [{A: [b]}]}}\n", {"A": OPEN}),
        # It is given also where `variables` does not name it.
        ("job: {parallel: {matrix: [{A: [a, b]}]}}\n", {"A": OPEN}),
        ("job: {rules: [{variables: {A: b}}]}\n", {"A": replace(OPEN, texts=("b",))}),
        # An include that was not read may have a `workflow`, or be what the job extends.
        ("include: {remote: 'https://a/b.yml'}\nvariables: {A: a}\njob: {}\n", {"A": replace(OPEN, texts=("a",))}),
        ("include: {remote: 'https://a/b.yml'}\nworkflow: {rules: []}\nvariables: {A: a}\njob: {}\n", {"A": KNOWN}),
        ("include: {remote: 'https://a/b.yml'}\njob: {variables: {A: a}}\n", {"A": KNOWN}),
        (
            "include: {remote: 'https://a/b.yml'}\nworkflow: {rules: []}\nvariables: {A: a}\njob: {extends: .b}\n",
            {"A": replace(OPEN, texts=("a",))},
        ),
        # So may a dotenv report of an earlier job.
        (f"{DOTENV}variables: {{A: a, B: b}}\njob: {{}}\n", {"A": replace(OPEN, texts=("a",)), "B": B_KNOWN}),
        (f"{DOTENV}variables: {{A: a}}\njob: {{needs: []}}\n", {"A": KNOWN}),
        (f"{DOTENV}variables: {{A: a}}\njob: {{stage: .pre}}\n", {"A": KNOWN}),
        (f"{DOTENV}job: {{needs: [first]}}\n", {"A": replace(OPEN, texts=())}),
        (f"{DOTENV}variables: {{A: a}}\njob: {{needs: [{{job: first, artifacts: false}}]}}\n", {"A": KNOWN}),
    ],
)  # fmt: skip
def test_the_variables_of_a_job(tmp_path: Path, text: str, wanted: dict[str, Variable]) -> None:
    assert variables_of(pipeline(tmp_path, text), "job") == wanted


# Places


def test_jobs_that_a_merge_key_brings_into_the_root_are_jobs(tmp_path: Path) -> None:
    text = ".a: &a\n  x: {script: a}\n  y: {script: a}\n<<: *a\ny: {script: b}\n"
    read = pipeline(tmp_path, text)
    assert [one.name for one in read.jobs] == [".a", "x", "y"]
    assert effective_job(read, "y") == {"script": "b"}


def test_pieces_of_a_job_come_before_what_it_extends(tmp_path: Path) -> None:
    read = pipeline(tmp_path, "include: [a.yml]\njob: {extends: .b}\n.b: {script: [b]}\n", a="job: {script: [a]}\n")
    assert effective_job(read, "job")["script"] == ["a"]
    found = provider(read, read.named("job")[-1], "script")
    assert found is not None
    assert found.file is not None
    assert (found.origin, found.file.name) == (Origin.OWN, "a.yml")


def test_a_keyword_without_a_value_is_inherited(tmp_path: Path) -> None:
    read = pipeline(tmp_path, "default: {before_script: [d]}\njob: {before_script: , script: x}\n")
    found = provider(read, read.named("job")[0], "before_script")
    assert found is not None
    assert found.origin is Origin.DEFAULT


def test_each_command_knows_the_scalar_and_file_that_it_is_written_in(tmp_path: Path) -> None:
    text = "include: [a.yml]\n.c: &c [c, d]\njob:\n  script:\n    - b\n    - !reference [.a, script]\n    - *c\n"
    read = pipeline(tmp_path, text, a=".a: {extends: .z}\n.z: {script: [a, [e]]}\n")
    items = script_items(read, provider(read, read.named("job")[0], "script"), Section.SCRIPT)
    assert [(item.text, item.file.name if item.file else "", item.index) for item in items] == [
        ("b", ROOT, 0),
        ("a", "a.yml", 1),
        ("e", "a.yml", 1),
        ("c", ROOT, 2),
        ("d", ROOT, 2),
    ]
    assert [item.file.source.cut(item.source.span) for item in items if item.file and item.source] == list("baecd")


@pytest.mark.parametrize("side", ["before", "after"])
def test_commands_by_place_are_those_of_the_resolved_job(side: str) -> None:
    compared = 0
    for case in sorted(CASES.glob(f"*/{side}")):
        for found in discover([case]):
            if not isinstance(found, Found) or found.pipeline.unread:
                continue
            for name in visible_jobs(found.pipeline):
                wanted = effective_job(found.pipeline, name).get("script")
                one = found.pipeline.named(name)[-1]
                if isinstance(wanted, list) and all(isinstance(text, str) for text in wanted):
                    items = script_items(found.pipeline, provider(found.pipeline, one, "script"), Section.SCRIPT)
                    assert [item.text for item in items] == wanted, f"{case}: {name}"
                    assert all(item.source is not None for item in items), f"{case}: {name}"
                    compared += 1
    assert compared > 100


# Artifacts


@pytest.mark.parametrize(
    ("artifacts", "jobs"),
    [
        ("{paths: [a]}", ("first",)),
        ("{untracked: true}", ("first",)),
        ("{untracked: false}", ()),
        ("{reports: {dotenv: a}}", ("first",)),
        ("{expire_in: 1 day, when: always}", ()),
        ("{something_new: a}", ("first",)),
    ],
)
def test_what_gives_artifacts(tmp_path: Path, artifacts: str, jobs: tuple[str, ...]) -> None:
    text = f"first: {{stage: .pre, script: a, artifacts: {artifacts}}}\njob: {{script: x}}\n"
    assert artifact_jobs(pipeline(tmp_path, text), "job") == jobs


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("echo A=1 >> v.env", {"A"}),
        ("printf 'A=%s\\nB=%s' 1 2 > v.env", {"A"}),
        ("env > v.env", None),
        ("cat other.env >> v.env", None),
        ("make", None),
    ],
)
def test_the_names_of_a_report(tmp_path: Path, script: str, wanted: set[str] | None) -> None:
    first = f"first:\n  stage: .pre\n  script:\n    - {script}\n  artifacts: {{reports: {{dotenv: v.env}}}}\n"
    text = first + "job: {script: x}\n"
    found = dotenv_names(pipeline(tmp_path, text), "job")
    assert found is None if wanted is None else found is not None and found >= wanted


# Names of jobs


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("images", None),
        ("images 1/2", ("images", " 1/2")),
        ("images: [amd64, web]", ("images", ": [amd64, web]")),
        ("a: [b]: [c]", ("a", ": [b]: [c]")),
        ("images 1", None),
    ],
)
def test_names_of_parallel_jobs(name: str, wanted: tuple[str, str] | None) -> None:
    assert expanded_name(name) == wanted


def test_a_parallel_job_is_mentioned_by_its_expanded_name(tmp_path: Path) -> None:
    text = "images: {script: x, parallel: 2}\na: {needs: ['images 1/2', images]}\nb: {extends: 'images 1/2'}\n"
    found = references_to(pipeline(tmp_path, text), "images")
    assert [(one.owner, one.suffix) for one in found] == [("a", " 1/2"), ("a", "")]


def test_a_job_with_such_a_name_of_its_own_is_another_job(tmp_path: Path) -> None:
    text = "images: {script: x}\nimages 1/2: {script: x}\na: {needs: ['images 1/2']}\n"
    assert references_to(pipeline(tmp_path, text), "images") == ()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("include: {component: a/b@1, inputs: {after: images}}\n", 1),
        ("include: [{component: a/b@1, inputs: {after: [x, images]}}]\n", 1),
        ("include: {component: a/b@1, inputs: {stage: images}}\n", 0),
        ("include: {component: a/b@1, inputs: {after: 'images 1/2'}}\n", 1),
        ("spec: {inputs: {after: {default: images}}}\n---\n", 1),
        ("spec: {inputs: {images: {default: x}}}\n---\n", 0),
    ],
)
def test_an_input_may_be_a_name(tmp_path: Path, text: str, count: int) -> None:
    found = list(input_mentions(pipeline(tmp_path, text + "images: {script: x}\n"), "images"))
    assert len(found) == count
