"""Does a group come to merge requests, with a clone of nothing that has no finding?"""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk import gitlab_server, world
from bulk.gitlab_server import GitLab
from kaniko_split.bulk.commands import run_scan
from kaniko_split.bulk.settings import Settings

TOKEN = "glpat-planted-0123456789abcdef"  # noqa: S105 (it opens nothing)
ARTICLE = (world.ARTICLE / ".gitlab-ci.yml").read_text()


def scan(gitlab: GitLab, cwd: Path, *arguments: str, **more: str) -> world.Ran:
    more.setdefault("GITLAB_TOKEN", gitlab.token)
    return world.bulk(
        *("--group", "platform", "--gitlab-url", gitlab.url, "--requests-per-second", "500", "--jobs", "1", *arguments),
        cwd=cwd,
        NO_PROXY="127.0.0.1",
        **more,
    )


def test_only_repositories_with_a_finding_are_cloned(tmp_path: Path) -> None:
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab:
        for number in range(40):
            gitlab.add(f"platform/team{number % 3}/clean{number:02}")
        gitlab.add("platform/mentions", {".gitlab-ci.yml": "# the executor\nbuild:\n  script: [make]\n"})
        gitlab.add("platform/found", {".gitlab-ci.yml": ARTICLE}, clone=True)
        gitlab.add("platform/deep/er/found", {".gitlab-ci.yml": ARTICLE}, clone=True)
        gitlab.add("platform/old", {".gitlab-ci.yml": ARTICLE}, archived=True)
        gitlab.add("platform/fork", {".gitlab-ci.yml": ARTICLE}, forked_from_project={"id": 1})
        gitlab.add("elsewhere/found", {".gitlab-ci.yml": ARTICLE}, clone=True)
        ran = scan(gitlab, tmp_path)

    assert gitlab.complaints == []
    assert ran.code == 1
    assert set(gitlab.fetched) == {"platform/found", "platform/deep/er/found"}
    report = world.report(tmp_path / "kaniko-split-bulk")
    assert len(report) == 43
    states = {name: str(one["state"]) for name, one in report.items()}
    assert {name for name, state in states.items() if state == "found"} == {"platform/found", "platform/deep/er/found"}
    assert set(states.values()) == {"found", "clean"}
    paths = gitlab.paths()
    assert paths.count("/api/v4/projects/{id}/repository/files/{file_path}/raw") == 43
    assert paths.count("/api/v4/groups/{id}/projects") == 7, "pages of seven"
    assert all(query["per_page"] == "100" for _, name, query in gitlab.requests if name.endswith("/projects"))


def test_a_code_search_says_where_to_look(tmp_path: Path) -> None:
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab:
        gitlab.searchable = True
        for number in range(20):
            gitlab.add(f"platform/clean{number:02}")
        gitlab.add("platform/found", {".gitlab-ci.yml": ARTICLE}, clone=True)
        gitlab.add("platform/odd-name", {"ci/pipeline": ARTICLE}, clone=True, ci_config_path="ci/pipeline")
        ran = scan(gitlab, tmp_path)

    assert gitlab.complaints == []
    assert ran.code == 1
    report = world.report(tmp_path / "kaniko-split-bulk")
    assert {name for name, one in report.items() if one["state"] == "found"} == {"platform/found", "platform/odd-name"}
    assert gitlab.paths().count("/api/v4/projects/{id}/repository/files/{file_path}/raw") == 2


def test_a_group_comes_to_merge_requests_and_is_asked_again_for_nothing(tmp_path: Path) -> None:
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab:
        gitlab.add("platform/clean")
        gitlab.add("platform/found", {".gitlab-ci.yml": ARTICLE}, clone=True)
        scan(gitlab, tmp_path)
        further = ("--branch", "one-image", "--push", "--merge-request")
        ran = scan(gitlab, tmp_path, *further)
        asked = len(gitlab.requests)
        again = scan(gitlab, tmp_path, *further)
        elsewhere = scan(gitlab, tmp_path, *further, "--into", "elsewhere")

    assert gitlab.complaints == []
    assert (ran.code, again.code, elsewhere.code) == (0, 0, 0), elsewhere.out + elsewhere.err
    assert len(world.pushes(gitlab.folder("platform/found"))) == 1
    assert world.at(gitlab.folder("platform/found"), "one-image") == world.wanted()
    row = world.rows(tmp_path / "kaniko-split-bulk")["platform/found"]
    assert row.merge_request.endswith("/merge_requests/7")
    # Another run, with a journal of its own, finds the branch there, and asks for the merge request.
    assert world.rows(tmp_path / "elsewhere")["platform/found"].merge_request.endswith("/merge_requests/1")
    assert asked == 5 + 2, "a search, a list, two files and a folder; then the search and the list again"


def test_local_includes_and_configured_paths_are_read(tmp_path: Path) -> None:
    job = ARTICLE
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab:
        gitlab.add(
            "platform/includes",
            {
                ".gitlab-ci.yml": "include:\n  - local: /ci/one.yml\n",
                "ci/one.yml": "include: ci/two.yml\n",
                "ci/two.yml": job,
            },
            clone=True,
        )
        files = {f"ci/z{number}.yml": world.CLEAN.replace("build", f"b{number}") for number in range(20)}
        gitlab.add(
            "platform/wildcard",
            {".gitlab-ci.yml": "include:\n  - local: ci/*.yml\n", **files, "ci/zz.yml": job},
            clone=True,
        )
        gitlab.add("platform/configured", {"build/ci.yml": job}, clone=True, ci_config_path="build/ci.yml")
        gitlab.add("platform/missing", {"README.md": "nothing"})
        gitlab.add("platform/empty", {}, empty_repo=True, default_branch=None)
        gitlab.add("platform/other", {}, ci_config_path="ci.yml@platform/shared")
        gitlab.add("platform/remote", {}, ci_config_path="https://example.com/ci.yml")
        gitlab.add("platform/outside", {}, ci_config_path="../ci.yml")
        ran = scan(gitlab, tmp_path)

    assert gitlab.complaints == []
    assert ran.code == 1
    report = world.report(tmp_path / "kaniko-split-bulk")
    states = {name.removeprefix("platform/"): (str(one["state"]), str(one["reason"])) for name, one in report.items()}
    assert states["includes"][0] == states["wildcard"][0] == states["configured"][0] == "found"
    assert states["missing"] == ("skipped", "there is no `.gitlab-ci.yml`, nor any other pipeline")
    assert states["empty"] == ("skipped", "the repository is empty; there is no commit to look at")
    assert states["other"][1] == "its pipeline is `ci.yml` of the project platform/shared; look at that one"
    assert states["remote"][1].startswith("its pipeline is read from https://example.com/ci.yml")
    assert states["outside"][1] == "the configured path of its pipeline leads out of the repository"
    assert "/api/v4/projects/{id}/repository/tree" in gitlab.paths()


BUILDS = "".join(f"/kaniko/executor --context {one} --destination $CI_REGISTRY_IMAGE/{one}\n" for one in "ab")
RUNS = "build:\n  script:\n    - {}\n"


@pytest.mark.parametrize("searchable", [False, True], ids=["without-code-search", "with-code-search"])
def test_child_pipelines_lone_files_and_scripts_are_read(tmp_path: Path, *, searchable: bool) -> None:
    child = "start:\n  trigger:\n    include:\n      - local: {}\n"
    found: dict[str, dict[str, str]] = {
        "child": {".gitlab-ci.yml": child.format("sub/child.yml"), "sub/child.yml": ARTICLE},
        "grandchild": {
            ".gitlab-ci.yml": child.format("sub/child.yml"),
            "sub/child.yml": child.format("sub/grandchild.yml"),
            "sub/grandchild.yml": ARTICLE,
        },
        "lone": {".gitlab-ci.yml": world.CLEAN, "templates/build.yml": ARTICLE},
        "component": {"templates/build/template.yml": ARTICLE},
        "other-root": {"images.gitlab-ci.yml": ARTICLE},
        "script": {".gitlab-ci.yml": RUNS.format("sh ci/build.sh"), "ci/build.sh": BUILDS},
        "script-of-a-script": {
            ".gitlab-ci.yml": RUNS.format("./build"),
            "build": "#!/bin/sh\n. ci/lib.sh\n",
            "ci/lib.sh": BUILDS,
        },
        "script-of-a-child": {
            ".gitlab-ci.yml": child.format("sub/child.yml"),
            "sub/child.yml": RUNS.format("bash ci/build.sh"),
            "ci/build.sh": BUILDS,
        },
    }
    clean: dict[str, dict[str, str]] = {
        "chart": {".gitlab-ci.yml": world.CLEAN, "templates/deployment.yml": "{{ executor }}: [kaniko\n"},
        "unused": {".gitlab-ci.yml": world.CLEAN, "ci/build.sh": BUILDS, "src/a.yml": ARTICLE},
    }
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab:
        gitlab.searchable = searchable
        for name, files in found.items():
            gitlab.add(f"platform/{name}", files, clone=True)
        for name, files in clean.items():
            gitlab.add(f"platform/{name}", files)
        ran = scan(gitlab, tmp_path)

    assert gitlab.complaints == []
    assert ran.code == 1
    report = world.report(tmp_path / "kaniko-split-bulk")
    states = {name.removeprefix("platform/"): str(one["state"]) for name, one in report.items()}
    assert {name for name, state in states.items() if state in {"found", "refused"}} == set(found), report
    assert {name for name, state in states.items() if state == "clean"} == set(clean)
    assert set(gitlab.fetched) == {f"platform/{name}" for name in found}
    page = (tmp_path / "kaniko-split-bulk" / "report.html").read_text()
    assert f"git clone -- {gitlab.url}/platform/lone.git platform/lone\n" in page
    assert " platform/lone/templates/build.yml" in page


def test_a_server_that_wants_fewer_requests_gets_fewer(tmp_path: Path) -> None:
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab:
        gitlab.too_many = 3
        gitlab.add("platform/clean")
        ran = scan(gitlab, tmp_path)
    assert ran.code == 0, ran.err
    assert gitlab.too_many == 0


def test_one_broken_project_keeps_no_other(tmp_path: Path) -> None:
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab:
        for code in (403, 404, 500):
            gitlab.add(f"platform/says{code}").status = code
        gitlab.add("platform/html")
        gitlab.add("platform/nothing")
        gitlab.add("platform/broken", {".gitlab-ci.yml": "a: [\n"})
        gitlab.add("platform/found", {".gitlab-ci.yml": ARTICLE}, clone=True)
        html, nothing = gitlab.projects[3].identifier, gitlab.projects[4].identifier

        def answer(path: str) -> tuple[int, str, bytes] | None:
            if f"/projects/{html}/" in path:
                return 200, "text/html", b"<html>Sign in</html>"
            if f"/projects/{nothing}/" in path:
                return 0, "", b""
            return None

        gitlab.answer = answer
        ran = scan(gitlab, tmp_path, "--tries", "1")
    assert ran.code == 1
    report = world.report(tmp_path / "kaniko-split-bulk")
    states = {name.removeprefix("platform/"): (str(one["state"]), str(one["reason"])) for name, one in report.items()}
    assert states["found"] == ("found", "")
    assert states["says403"] == ("failed", "GitLab denies access (403); the token needs the scope `read_api`")
    assert states["says404"] == ("skipped", "there is no `.gitlab-ci.yml`, nor any other pipeline")
    assert states["says500"] == ("failed", "GitLab answers with 500 (500 Something)")
    assert states["html"] == ("failed", "the server answers with a web page where a file was asked for")
    assert states["nothing"][1].startswith("GitLab cannot be reached")
    assert states["broken"][1].startswith(".gitlab-ci.yml:")


@pytest.mark.parametrize(
    ("code", "kind", "data", "said"),
    [
        (401, "application/json", b'{"message": "401 Unauthorized"}', "does not accept the token (401)"),
        (403, "application/json", b'{"message": "403 Forbidden"}', "denies access (403)"),
        (404, "application/json", b'{"message": "404 Group Not Found"}', "no such group or project"),
        (500, "text/plain", b"oops", "answers with 500 (oops)"),
        (200, "text/html", b"<html>Sign in</html>", "not GitLab's API"),
        (200, "application/json", b'"nonsense"', "none of GitLab's"),
        (0, "", b"", "GitLab cannot be reached ("),
    ],
)
def test_a_group_that_cannot_be_listed_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int, kind: str, data: bytes, said: str
) -> None:
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab:
        gitlab.answer = lambda _: (code, kind, data)
        settings = Settings(groups=("platform",), gitlab_url=gitlab.url, rate=500, tries=1, code_search=False, jobs=1)
        ended = run_scan(settings, tmp_path / "run")
    assert ended == 2
    [line] = capsys.readouterr().err.splitlines()
    assert said in line
    assert line.startswith("error: the group platform: ")


def test_a_server_that_is_not_there_is_told_in_a_few_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(groups=("platform",), gitlab_url="http://127.0.0.1:1", tries=1, code_search=False, jobs=1)
    assert run_scan(settings, tmp_path / "run") == 2
    assert capsys.readouterr().err == "error: the group platform: GitLab cannot be reached (connection refused)\n"
