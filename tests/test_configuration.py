"""Is what a repository configures, and what it knows already, taken into account, and the command line before it?"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from conftest import CASES, run_here, tree
from kaniko_split.configuration import KEYS
from kaniko_split.programs.user_rows import KEYS as PROGRAM_KEYS
from kaniko_split.programs.user_rows import parse_row

NAME = ".gitlab-ci.yml"
BEFORE = (CASES / "article" / "before" / NAME).read_bytes()
OTHER = BEFORE.replace(b"build-images", b"more-images").replace(b"/image-", b"/other-")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / NAME).write_bytes(BEFORE + b"\n" + OTHER)
    return folder


def jobs(folder: Path, *arguments: str) -> list[str]:
    """Return the jobs that are found."""
    report = json.loads(run_here("check", "--format", "json", *arguments, cwd=folder).out)
    return [outcome["job"] for pipeline in report["pipelines"] for outcome in pipeline["outcomes"]]


@pytest.mark.parametrize("shared", [False, True], ids=["own", "pyproject"])
def test_a_file_at_the_root_says_what_is_wanted(shared: bool, work: Path) -> None:  # noqa: FBT001
    text = 'ignore = ["more-*"]\ntemplate-name = ".kaniko"\njob-name = "{job}-{image}"\n'
    if shared:
        (work / "pyproject.toml").write_text("[tool.kaniko-split]\n" + text)
    else:
        (work / ".kaniko-split.toml").write_text(text)
        (work / "pyproject.toml").write_text("[tool.kaniko-split]\nselect = ['none']\n")
    (work / "sub").mkdir()
    assert jobs(work) == ["build-images"]
    assert run_here("apply", "-q", NAME, cwd=work).code == 0
    assert b".kaniko:\n" in (work / NAME).read_bytes()
    assert b"\nbuild-images-image-a:\n" in (work / NAME).read_bytes()
    assert (work / NAME).read_bytes().endswith(OTHER)


def test_the_command_line_wins(work: Path) -> None:
    (work / ".kaniko-split.toml").write_text('select = ["build-*"]\nignore = ["x"]\nformat = "gitlab"\n')
    assert jobs(work) == ["build-images"]
    assert jobs(work, "--select", "more-*") == ["more-images"]
    assert jobs(work, "--select", "*", "--ignore", "build-*") == ["more-images"]
    assert jobs(work, "--no-config") == ["build-images", "more-images"]
    assert json.loads(run_here("check", cwd=work).out)[0]["check_name"] == "builds-share-a-container"
    assert run_here("check", "--format", "text", cwd=work).out.startswith(b".gitlab-ci.yml:17:7: build-images")


def test_each_repository_has_its_own(work: Path) -> None:
    for name, text in (("a", 'ignore = ["build-*"]\n'), ("b", 'ignore = ["more-*"]\n')):
        (work.parent / name).mkdir()
        (work.parent / name / NAME).write_bytes((work / NAME).read_bytes())
        (work.parent / name / ".kaniko-split.toml").write_text(text)
    assert jobs(work.parent, "a", "b") == ["more-images", "build-images"]
    found = run_here("diff", "--plan", "plan.json", "a", "b", cwd=work.parent)
    assert found.code == 2
    assert "the repositories are configured each in its own way; make a plan for each" in found.err
    assert not (work.parent / "plan.json").exists()


def test_executors_of_ones_own(work: Path) -> None:
    (work / NAME).write_bytes(BEFORE.replace(b"/kaniko/executor", b"/opt/build-image"))
    assert jobs(work) == []
    (work / ".kaniko-split.toml").write_text('executors = ["/opt/build-image"]\n')
    assert jobs(work) == ["build-images"]
    assert run_here("diff", "-q", "--plan", "../plan.json", cwd=work).code == 1
    before = tree(work)
    assert run_here("apply", "-q", "--interactive", cwd=work, stdin=b"y\n").code == 0
    after = (work / NAME).read_bytes()
    assert after == (CASES / "article" / "after" / NAME).read_bytes().replace(b"/kaniko/executor", b"/opt/build-image")
    (work / NAME).write_bytes(before[NAME])
    assert run_here("apply", "-q", "--plan", "../plan.json", cwd=work).code == 0
    assert (work / NAME).read_bytes() == after


def test_wrappers_of_ones_own(work: Path) -> None:
    """A word behind the command stands for one that it takes first; what wraps the executor stays before it."""
    plain, wrapped = b"/kaniko/executor", b"./ci/with-lock --wait=5 builds mirror /kaniko/executor"
    (work / NAME).write_bytes(BEFORE.replace(plain, wrapped))
    assert b"1 finding in 1 file, 0 can be split, 1 refused" in run_here("check", cwd=work).out
    (work / ".kaniko-split.toml").write_text('wrappers = ["./ci/with-lock NAME", "mirror"]\n')
    assert jobs(work) == ["build-images"]
    assert run_here("diff", "-q", "--plan", "../plan.json", cwd=work).code == 1
    before = tree(work)
    assert run_here("apply", "-q", cwd=work).code == 0
    after = (work / NAME).read_bytes()
    assert after == (CASES / "article" / "after" / NAME).read_bytes().replace(plain, wrapped)
    (work / NAME).write_bytes(before[NAME])
    assert run_here("apply", "-q", "--no-config", "--plan", "../plan.json", cwd=work).code == 0
    assert (work / NAME).read_bytes() == after


def test_a_wrapper_in_a_script_and_before_another_command(work: Path) -> None:
    """Also what a wrapped command changes is known; and a script that is run behind a wrapper is read."""
    (work / ".kaniko-split.toml").write_text('wrappers = ["mirror"]\n')
    text = BEFORE.decode()
    start = text.index("    - >-\n")
    (work / "build.sh").write_text("".join(f"mirror /kaniko/executor -c {one} -d r/{one}\n" for one in "ab"))
    (work / NAME).write_text(text[:start] + "    - mirror sh build.sh\n")
    assert jobs(work) == ["build-images"]
    assert run_here("check", "--no-config", cwd=work).code == 0


NOTIFYING = """\
build:
  image: {name: "gcr.io/kaniko-project/executor:debug", entrypoint: [""]}
  script:
    - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
    - notify "api is built"
    - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
"""
PRINTS = """\
[programs.notify]
operands = "text..."
reads-files = false
writes-files = false
reads-environment = false
reads-network = false
logs-in = false
acts = false
failure = false
differs = false
"""


def changes(folder: Path, *arguments: str) -> list[str]:
    """Return what the only finding says of its split, or of why there is none."""
    (pipeline,) = json.loads(run_here("check", "--format", "json", *arguments, cwd=folder).out)["pipelines"]
    (outcome,) = pipeline["outcomes"]
    refused = outcome["refused"]
    return [refused["code"]] if refused else [change["text"] for change in outcome["changes"]]


def test_an_unknown_program_holds_later_builds_back(work: Path) -> None:
    """It may read the image that was pushed before it, or be a check."""
    (work / NAME).write_text(NOTIFYING)
    assert "`build-web` waits for `build-api` and starts only when it succeeded" in changes(work)
    assert run_here("apply", "-q", cwd=work).code == 0
    web = (work / NAME).read_text().partition("build-web:")[2]
    assert "needs:\n    - build-api\n" in web
    assert web.index("notify") < web.index("--context web")


def test_a_program_of_ones_own_that_only_prints(work: Path) -> None:
    (work / NAME).write_text(NOTIFYING)
    (work / ".kaniko-split.toml").write_text(PRINTS)
    assert not any("waits for" in text for text in changes(work))
    assert run_here("diff", "-q", "--plan", "../plan.json", cwd=work).code == 1
    asked = json.loads((work.parent / "plan.json").read_text())["asked"]
    assert asked["programs"]["notify"]["operands"] == "text..."
    assert run_here("apply", "-q", "--no-config", "--plan", "../plan.json", cwd=work).code == 0
    api, _, web = (work / NAME).read_text().partition("build-web:")
    assert "notify" in api
    assert "notify" not in web
    assert "needs" not in web


@pytest.mark.parametrize(
    ("command", "table"),
    [
        ("/usr/local/bin/notify built", "[programs.notify]"),
        ("notify built api", '[programs."notify built"]'),
        ("./ci/notify.py built", '[programs."./ci/notify.py"]'),
        ("python3 ci/notify.py built", '[programs."python3 ci/notify.py"]'),
        ("busybox notify built", "[programs.notify]"),
    ],
)
def test_the_words_that_name_a_program(command: str, table: str, work: Path) -> None:
    (work / NAME).write_text(NOTIFYING.replace('notify "api is built"', command))
    (work / ".kaniko-split.toml").write_text(PRINTS.replace("[programs.notify]", table))
    assert any("are built at the same time" in text for text in changes(work))


@pytest.mark.parametrize(
    ("command", "columns"),
    [
        ("notify built", ""),
        ("notify built", PRINTS.replace("acts = false\n", "")),
        ("notify built", PRINTS.replace("failure = false\n", "")),
        ("notify built", PRINTS.replace("reads-network = false\n", "")),
        ("notify built", PRINTS.replace('operands = "text..."\n', 'operands = "image..."\n')),
        ("notify --to web", PRINTS + 'options = "--from:text"\n'),
        ("notify rebuilt", PRINTS.replace("[programs.notify]", '[programs."notify built"]')),
        ("./notify built", PRINTS),
    ],
)
def test_a_key_that_is_missing_says_everything(command: str, columns: str, work: Path) -> None:
    (work / NAME).write_text(NOTIFYING.replace('notify "api is built"', command))
    (work / ".kaniko-split.toml").write_text(columns or "[programs.notify]\n")
    assert not any("are built at the same time" in text for text in changes(work))


@pytest.mark.parametrize("key", ["writes-files", "logs-in"])
def test_a_program_that_may_write_any_file_stays_before_what_reads_files(key: str, work: Path) -> None:
    (work / NAME).write_text(NOTIFYING)
    (work / ".kaniko-split.toml").write_text(PRINTS.replace(f"{key} = false\n", ""))
    assert run_here("apply", "-q", cwd=work).code == 0
    web = (work / NAME).read_text().partition("build-web:")[2]
    assert 0 < web.index("notify") < web.index("--context web")


def test_a_program_of_ones_own_may_be_a_check(work: Path) -> None:
    (work / NAME).write_text(NOTIFYING)
    (work / ".kaniko-split.toml").write_text(PRINTS.replace("failure = false", 'failure = "yes"'))
    assert "`build-web` waits for `build-api` and starts only when it succeeded" in changes(work)
    assert run_here("apply", "-q", cwd=work).code == 0


def test_a_program_of_ones_own_that_writes_a_file(work: Path) -> None:
    """The file belongs to the build that reads it."""
    (work / NAME).write_text(NOTIFYING.replace('notify "api is built"', "notify --to web/version.txt"))
    (work / ".kaniko-split.toml").write_text(PRINTS.replace('"text..."', '""') + 'options = "--to:new"\n')
    assert run_here("apply", "-q", cwd=work).code == 0
    api, _, web = (work / NAME).read_text().partition("build-web:")
    assert "notify" not in api
    assert "notify" in web
    assert "needs" not in web


def test_after_script_sends_what_the_table_says(work: Path) -> None:
    (work / NAME).write_text(NOTIFYING.replace('    - notify "api is built"\n', "") + "  after_script: [notify done]\n")
    (work / ".kaniko-split.toml").write_text(PRINTS)
    assert any("are built at the same time" in text for text in changes(work))
    (work / ".kaniko-split.toml").write_text(PRINTS.replace("acts = false", "acts = true"))
    assert changes(work) == ["effect-in-after-script"]


def test_a_plan_whose_programs_are_wrong_is_damaged(work: Path) -> None:
    (work / NAME).write_text(NOTIFYING)
    (work / ".kaniko-split.toml").write_text(PRINTS)
    run_here("diff", "-q", "--plan", "../plan.json", cwd=work)
    plan = work.parent / "plan.json"
    plan.write_text(plan.read_text().replace('"acts"', '"act"'))
    done = run_here("apply", "--plan", "../plan.json", cwd=work)
    assert done.code == 2
    assert "the plan is damaged: `programs.notify.act` is not a key" in done.err


def test_the_page_explains_each_key_and_its_examples_are_right() -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text()
    named = set(re.findall(r"`([a-z-]+)` ?\|", page.partition("The values of")[0]))
    assert set(PROGRAM_KEYS) <= named
    for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        table = tomllib.loads(block)
        assert set(table) <= set(KEYS)
        for name, columns in table.get("programs", {}).items():
            assert parse_row(name, columns).name == name


def test_other_keys(work: Path) -> None:
    (work / ".kaniko-split.toml").write_text('cached-only = true\nkeep-order = true\nci-file = "ci.yml"\n')
    (work / NAME).rename(work / "ci.yml")
    assert run_here("apply", "-q", cwd=work).code == 0
    assert b"needs:" in (work / "ci.yml").read_bytes()
    (work / "ci.yml").write_bytes(BEFORE.replace(b"      --cache=true\n", b""))
    assert jobs(work) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('tempate-name = ".x"\n', ".kaniko-split.toml: there is no key `tempate-name`; did you mean `template-name`?"),
        ("zzz = 1\n", "there is no key `zzz`; the keys are: template-name, job-name, select"),
        ("a = \n", ".kaniko-split.toml: the file is not valid TOML: Invalid value (at line 1, column 5)"),
        ('select = "x"\n', "`select` is to be a list of texts"),
        ("cached-only = 1\n", "`cached-only` is to be true or false"),
        ("ci-file = 1\n", "`ci-file` is to be a text"),
        ('template-name = "x"\n', "the configuration: template-name `x`: a hidden job's name begins with a dot"),
        ('format = "yaml"\n', "--format yaml: there is no such format"),
        ("programs = 1\n", ".kaniko-split.toml: `programs` must be a table"),
        ("[programs]\nnotify = 1\n", ".kaniko-split.toml: `programs.notify` must be a table"),
        (
            "[programs.notify]\nact = true\n",
            ".kaniko-split.toml: `programs.notify.act` is not a key; use one of `acts`",
        ),
        ("[programs.notify]\ncan-fail = 1\n", ".kaniko-split.toml: `programs.notify.can-fail` must be true or false"),
        ('[programs.notify]\noperands = "file"\n', "`programs.notify.operands`: `file` is no role"),
        (
            '[programs.notify]\noperands = "command"\n',
            "a role must not run another command; name the program in `wrappers`",
        ),
        ('baseline = "no.json"\n', "no.json: the baseline cannot be read (no such file or directory)"),
    ],
)
def test_bad_configuration_is_one_sentence(text: str, words: str, work: Path) -> None:
    (work / ".kaniko-split.toml").write_text(text)
    before = tree(work)
    for command in ("check", "apply"):
        done = run_here(command, cwd=work)
        if "format" not in text or command == "check":
            assert (done.code, done.out, tree(work)) == (2, b"", before)
            assert done.err.count("error: ") == 1
            assert words in done.err


def test_a_baseline_leaves_out_what_is_known(work: Path) -> None:
    (work / NAME).write_bytes(BEFORE)
    written = run_here("check", "--write-baseline", "known.json", cwd=work)
    assert (written.code, written.out, written.err) == (0, b"", "")
    assert run_here("check", "--baseline", "known.json", cwd=work).code == 0
    (work / NAME).write_bytes(b"# moved\n" + BEFORE + b"\n" + OTHER)
    found = run_here("check", "--baseline", "known.json", cwd=work)
    assert found.code == 1
    assert found.out.startswith(b".gitlab-ci.yml:40:7: more-images: ")
    assert found.out.endswith(b"1 finding in 1 file, 1 can be split, 0 refused, 0 ignored, 1 in the baseline\n")
    (work / ".kaniko-split.toml").write_text('baseline = "known.json"\n')
    assert jobs(work) == ["more-images"]
    assert run_here("apply", "-q", cwd=work).code == 0
    assert (work / NAME).read_bytes().startswith(b"# moved\n" + BEFORE)
    assert b"\nmore-images:" not in (work / NAME).read_bytes()


def test_a_baseline_that_is_out_of_date_says_so(work: Path) -> None:
    run_here("check", "--write-baseline", "known.json", cwd=work)
    assert len(json.loads((work / "known.json").read_text())["findings"]) == 2
    (work / NAME).write_bytes(BEFORE)
    found = run_here("check", "--baseline", "known.json", cwd=work)
    assert (found.code, found.err) == (
        0,
        "note: 1 finding of known.json is no longer there; --write-baseline writes it anew\n",
    )


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"kind": "baseline"}', b'{"kind": "plan"}', b"\xff"])
def test_what_is_no_baseline(content: bytes, work: Path) -> None:
    (work / "known.json").write_bytes(content)
    found = run_here("check", "--baseline", "known.json", cwd=work)
    assert (found.code, found.out) == (2, b"")
    assert found.err.startswith("error: known.json: the file is no baseline")
    assert found.err.count("\n") == 1


def test_a_comment_that_leaves_out_nothing_is_reported(work: Path) -> None:
    text = "test: # kaniko-split: ignore\n  script: [make]\n\n# kaniko-split: ignore, small\nlint:\n  script: [lint]\n"
    (work / NAME).write_bytes(text.encode() + BEFORE.replace(b"images:", b"images: # kaniko-split: ignore", 1))
    found = run_here("check", cwd=work)
    assert (found.code, found.out.decode().splitlines()) == (
        0,
        [
            ".gitlab-ci.yml:1:7: note: `# kaniko-split: ignore` leaves nothing out here; remove it",
            ".gitlab-ci.yml:4:1: note: `# kaniko-split: ignore` leaves nothing out here; remove it",
            "0 findings in 1 file, 0 can be split, 0 refused, 1 ignored",
        ],
    )
    (work / NAME).write_text(text)
    assert run_here("check", cwd=work).out.count(b"leaves nothing out here") == 2
