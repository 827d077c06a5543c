"""What is done in clones of the user's, and what is left alone there, and why?"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bulk import world
from kaniko_split.bulk.commands import run_scan
from kaniko_split.bulk.settings import Settings

ARTICLE = (world.ARTICLE / ".gitlab-ci.yml").read_text()


@pytest.fixture(autouse=True)
def _nobodys_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in world.environment().items():
        monkeypatch.setenv(key, value)
    for key in ("GITLAB_TOKEN", "CI_JOB_TOKEN", "CI_SERVER_URL"):
        monkeypatch.delenv(key, raising=False)


def outcome(folder: Path, into: Path, **asked: object) -> tuple[int, str, str]:
    """Run in this process over one folder; return the exit code, and the one repository's state and reason."""
    settings = Settings(folders=(str(folder),), jobs=1, tries=1, **asked)  # type: ignore[arg-type]
    code = run_scan(settings, into, quiet=True)
    [row] = world.rows(into).values()
    return code, row.state, row.reason


def cloned(tmp_path: Path) -> tuple[Path, Path]:
    server = world.server(tmp_path / "server.git")
    world.git("clone", "--quiet", server, tmp_path / "checkout")
    return server, tmp_path / "checkout"


def test_a_scan_changes_nothing_and_runs_nothing_of_the_users(tmp_path: Path) -> None:
    folder = world.checkout(tmp_path / "checkout")
    trap = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
        (folder / ".git" / "hooks" / hook).write_bytes(program.read_bytes())
        (folder / ".git" / "hooks" / hook).chmod(0o755)
    world.git("config", "core.fsmonitor", program, cwd=folder)
    world.git("config", "core.sshCommand", program, cwd=folder)
    trap.unlink(missing_ok=True)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert outcome(folder, tmp_path / "run") == (1, "found", "")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert not trap.exists()


def test_a_branch_is_made_beside_the_work_tree(tmp_path: Path) -> None:
    folder = world.checkout(tmp_path / "checkout")
    (folder / "untracked").write_text("mine")
    assert outcome(folder, tmp_path / "run", branch="one-image", message="Split\n\nMine.\n")[:2] == (0, "committed")
    assert world.at(folder, "one-image") == world.wanted()
    assert world.git("status", "--porcelain", "--branch", cwd=folder) == "## main\n?? untracked"
    message = world.git("log", "-1", "--format=%B", "one-image", cwd=folder)
    tree = world.git("rev-parse", "one-image^{tree}", cwd=folder)
    assert message == f"Split\n\nMine.\n\nKaniko-split-tree: {tree}"
    assert world.git("rev-list", "--count", "main..one-image", cwd=folder) == "1"


def test_hooks_run_as_the_users_git_has_them(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    hooks = folder / ".git" / "hooks"
    (hooks / "pre-commit").write_text(
        f"#!/bin/sh\ngit symbolic-ref --short HEAD > {tmp_path}/pre-commit\nls -A > {tmp_path}/files\n"
    )
    (hooks / "commit-msg").write_text('#!/bin/sh\necho "Signed-off-by: Me" >> "$1"\n')
    (hooks / "pre-push").write_text(f"#!/bin/sh\ncat > {tmp_path}/pre-push\n")
    for hook in ("pre-commit", "commit-msg", "pre-push"):
        (hooks / hook).chmod(0o755)
    code, state, _ = outcome(folder, tmp_path / "run", branch="one-image", push=True)
    assert (code, state) == (0, "pushed")
    assert (tmp_path / "pre-commit").read_text() == "one-image\n"
    assert ".gitlab-ci.yml" in (tmp_path / "files").read_text()
    assert "refs/heads/one-image" in (tmp_path / "pre-push").read_text()
    assert "Signed-off-by: Me" in world.git("log", "-1", "--format=%B", "one-image", cwd=server)


@pytest.mark.parametrize(
    ("hook", "said"),
    [("exit 1", "git commit"), ("echo more >> .gitlab-ci.yml; git add .gitlab-ci.yml", "a hook of yours changed")],
)
def test_a_hook_that_says_no_leaves_nothing_behind(tmp_path: Path, hook: str, said: str) -> None:
    folder = world.checkout(tmp_path / "checkout")
    path = folder / ".git" / "hooks" / "pre-commit"
    path.write_text(f"#!/bin/sh\n{hook}\n")
    path.chmod(0o755)
    code, state, reason = outcome(folder, tmp_path / "run", branch="one-image")
    assert (code, state) == (1, "failed")
    assert said in reason
    assert world.git("for-each-ref", "--format=%(refname)", cwd=folder) == "refs/heads/main"
    assert not (folder / ".git" / "worktrees").exists()


def test_the_newest_commit_of_the_server_is_built_upon(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    world.git("clone", "--quiet", server, tmp_path / "other")
    (tmp_path / "other" / "new").write_text("new")
    world.git("add", "new", cwd=tmp_path / "other")
    world.git("commit", "--quiet", "--message=New", cwd=tmp_path / "other")
    world.git("push", "--quiet", "origin", "main", cwd=tmp_path / "other")
    assert outcome(folder, tmp_path / "run", branch="one-image", push=True)[:2] == (0, "pushed")
    assert world.git("rev-parse", "one-image^", cwd=server) == world.git("rev-parse", "main", cwd=server)
    assert world.git("rev-parse", "origin/main", cwd=folder) != world.git("rev-parse", "main", cwd=server)


def _detached(folder: Path) -> None:
    world.git("checkout", "--quiet", "--detach", cwd=folder)


def _dirty(folder: Path) -> None:
    (folder / ".gitlab-ci.yml").write_text("changed: {}\n")


def _on_the_branch(folder: Path) -> None:
    world.git("checkout", "--quiet", "-b", "one-image", cwd=folder)


def _ahead(folder: Path) -> None:
    world.git("commit", "--quiet", "--allow-empty", "--message=Mine", cwd=folder)


def _without_remote(folder: Path) -> None:
    world.git("remote", "remove", "origin", cwd=folder)


def _with_password(folder: Path) -> None:
    world.git("remote", "set-url", "origin", "https://me:s3cr3t@127.0.0.1:1/x.git", cwd=folder)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_detached, "the head is detached"),
        (_dirty, "there are uncommitted changes"),
        (_on_the_branch, "the branch `one-image` is checked out"),
        (_ahead, "`main` has commits that `main` at the server does not have"),
        (_without_remote, "the clone has no remote to push to"),
        (_with_password, "there is a password in the address"),
    ],
)
def test_a_clone_that_is_not_in_order_is_left_alone(tmp_path: Path, spoil: object, said: str) -> None:
    server, folder = cloned(tmp_path)
    assert callable(spoil)
    spoil(folder)
    code, state, reason = outcome(folder, tmp_path / "run", branch="one-image", push=True)
    assert (code, state) == (1, "skipped")
    assert said in reason
    assert "s3cr3t" not in reason
    assert world.pushes(server) == []


def test_the_default_branch_is_never_touched(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    world.git("checkout", "--quiet", "-b", "work", cwd=folder)
    for target in ("", "main"):
        code, state, reason = outcome(folder, tmp_path / f"run{target}", branch="main", push=True, target=target)
        assert (code, state) == (1, "skipped")
        assert reason == "`main` is the branch to merge into; take another name for the new branch"
    assert world.pushes(server) == []


def test_clones_of_every_kind(tmp_path: Path) -> None:
    server = world.server(tmp_path / "server.git")
    assert outcome(server, tmp_path / "bare") == (1, "found", "")
    code, state, reason = outcome(server, tmp_path / "bare-branch", branch="one-image")
    assert (code, state, reason.partition(";")[0]) == (1, "skipped", "this is a bare clone")
    world.git("clone", "--quiet", "--depth=1", f"file://{server}", tmp_path / "shallow")
    assert outcome(tmp_path / "shallow", tmp_path / "s", branch="from-shallow", push=True)[:2] == (0, "pushed")
    assert world.git("rev-list", "--count", "main..from-shallow", cwd=server) == "1"
    (tmp_path / "new").mkdir()
    world.git("init", "--quiet", tmp_path / "new")
    assert outcome(tmp_path / "new", tmp_path / "n")[:2] == (1, "skipped")
    outer = world.checkout(tmp_path / "outer")
    world.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{server}", "inner", cwd=outer)
    code, state, reason = outcome(outer / "inner", tmp_path / "i", branch="one-image")
    assert (code, state, reason.partition(";")[0]) == (1, "skipped", "this is a submodule of another clone")
    world.checkout(tmp_path / "without", {"README.md": "nothing"})
    code, state, reason = outcome(tmp_path / "without", tmp_path / "w")
    assert (code, state, reason) == (1, "skipped", "there is no `.gitlab-ci.yml`, nor any other pipeline")
    world.checkout(tmp_path / "clean", {".gitlab-ci.yml": world.CLEAN})
    assert outcome(tmp_path / "clean", tmp_path / "c") == (0, "clean", "")


def test_a_branch_of_ours_is_replaced_when_asked_and_no_other_is(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    assert outcome(folder, tmp_path / "first", branch="one-image", push=True, merge_request=True)[:2] == (0, "opened")
    ours = world.git("rev-parse", "one-image", cwd=server)
    # The default branch moves on, so another change is wanted.
    (folder / "new").write_text("new")
    world.git("add", "new", cwd=folder)
    world.git("commit", "--quiet", "--message=New", cwd=folder)
    world.git("push", "--quiet", "origin", "main", cwd=folder)
    asked = {"branch": "one-image", "push": True, "merge_request": True}
    code, state, reason = outcome(folder, tmp_path / "second", **asked)
    assert (code, state) == (1, "skipped")
    assert "`--on-conflict replace` makes it anew" in reason
    assert world.git("rev-parse", "one-image", cwd=server) == ours
    assert outcome(folder, tmp_path / "third", **asked, on_conflict="replace")[:2] == (0, "opened")
    assert world.git("rev-parse", "one-image^", cwd=server) == world.git("rev-parse", "main", cwd=server)
    assert world.git("rev-list", "--count", "main..one-image", cwd=server) == "1"
    # Somebody works on: it is theirs as well now.
    world.git("clone", "--quiet", "--branch=one-image", server, tmp_path / "other")
    _ahead(tmp_path / "other")
    world.git("push", "--quiet", "origin", "one-image", cwd=tmp_path / "other")
    theirs = world.git("rev-parse", "one-image", cwd=server)
    code, state, reason = outcome(folder, tmp_path / "fourth", **asked, on_conflict="replace")
    assert (code, state) == (1, "skipped")
    assert "with commits that are not ours" in reason
    assert world.git("rev-parse", "one-image", cwd=server) == theirs


def test_a_commit_of_ours_that_was_changed_is_not_ours_any_more(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    listed = tmp_path / "list"
    listed.write_text(f"file://{server}\n")
    outcome(folder, tmp_path / "first", branch="one-image", push=True)
    world.git("clone", "--quiet", "--branch=one-image", server, tmp_path / "other")
    (tmp_path / "other" / ".gitlab-ci.yml").write_text(ARTICLE + "# better\n")
    world.git("commit", "--quiet", "--all", "--amend", "--no-edit", cwd=tmp_path / "other")
    world.git("push", "--quiet", "--force", "origin", "one-image", cwd=tmp_path / "other")
    settings = Settings(lists=(str(listed),), branch="one-image", push=True, jobs=1, on_conflict="replace")
    assert run_scan(settings, tmp_path / "second") == 1
    [row] = world.rows(tmp_path / "second").values()
    assert row.state == "skipped"
    assert "with commits that are not ours" in row.reason


def test_what_the_server_says_no_to_is_told(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    hook = server / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\necho 'GitLab: You are not allowed to push code to protected branches on this project.'\nexit 1\n"
    )
    hook.chmod(0o755)
    code, state, reason = outcome(folder, tmp_path / "run", branch="one-image", push=True)
    assert (code, state) == (1, "failed")
    assert reason.startswith("the server does not take the push: GitLab: You are not allowed to push code to protected")
    hook.unlink()
    world.git("config", "receive.advertisePushOptions", "false", cwd=server)
    code, state, reason = outcome(folder, tmp_path / "other", branch="one-image", push=True, merge_request=True)
    assert (code, state) == (1, "failed")
    assert reason.startswith("the server takes no push options, so it is no GitLab")
    assert world.pushes(server) == []


def test_a_warning_about_the_options_is_no_merge_request(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    hook = server / "hooks" / "post-receive"
    hook.write_text(
        "#!/bin/sh\necho 'WARNINGS:'\n"
        "echo \"Error encountered with push options 'merge_request.create': Target is gone\"\n"
    )
    code, state, reason = outcome(folder, tmp_path / "run", branch="one-image", push=True, merge_request=True)
    assert (code, state) == (1, "failed")
    assert reason == "the branch is pushed, but GitLab opened no merge request: Target is gone"


def test_the_description_is_what_the_report_says(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    outcome(folder, tmp_path / "run", branch="one-image", push=True, merge_request=True)
    [push] = world.pushes(server)
    [description] = [one for one in push.options if one.startswith("merge_request.description=")]
    assert "build-images" in description
    assert "\\n" in description


def test_a_folder_that_may_not_be_read(tmp_path: Path) -> None:
    folder = world.checkout(tmp_path / "checkout")
    (folder / ".git" / "HEAD").write_text("nonsense\n")
    code, state, reason = outcome(folder, tmp_path / "run")
    assert (code, state) == (1, "failed")
    assert reason.startswith("there is no git repository here")


def test_two_runs_do_not_share_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = world.checkout(tmp_path / "checkout")
    from kaniko_split.bulk.running import alone_in

    with alone_in(tmp_path / "run"):
        assert run_scan(Settings(folders=(str(folder),), jobs=1), tmp_path / "run") == 2
    assert "another bulk run is at work in this folder" in capsys.readouterr().err


def test_a_git_that_is_too_slow_is_ended(tmp_path: Path) -> None:
    server, folder = cloned(tmp_path)
    hook = server / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexec sleep 600\n")
    hook.chmod(0o755)
    code, state, reason = outcome(folder, tmp_path / "run", branch="one-image", push=True, timeout=5.0)
    assert (code, state) == (1, "failed")
    assert reason == "git push did not end within 5 seconds"
    done = subprocess.run(["pgrep", "-f", str(server)], capture_output=True, check=False, text=True)
    assert done.stdout == ""


def names_in(run: Path) -> set[str]:
    """Return the names of templates that a run's page shows."""
    return set(re.findall(r"(?<![\w-])\.(?:build-image|image|mine)\b(?!\w)", (run / "report.html").read_text()))


@pytest.mark.parametrize("branch", ["", "one-image"])
def test_each_repository_is_asked_what_it_is_configured_for(branch: str, tmp_path: Path) -> None:
    asked = 'template-name = ".image"\njob-name = "{image}"\n'
    folder = world.checkout(tmp_path / "checkout", {".gitlab-ci.yml": ARTICLE, ".kaniko-split.toml": asked})
    state = "committed" if branch else "found"
    assert outcome(folder, tmp_path / "run", branch=branch)[1] == state
    assert names_in(tmp_path / "run") == {".image"}
    outcome(folder, tmp_path / "own", template_name=".mine")
    assert names_in(tmp_path / "own") == {".mine"}
    outcome(folder, tmp_path / "none", configured=False)
    assert names_in(tmp_path / "none") == {".build-image"}
    if branch:
        assert "\nimage-a:\n" in world.git("show", f"{branch}:.gitlab-ci.yml", cwd=folder)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            'templat-name = ".image"\n',
            ".kaniko-split.toml: there is no key `templat-name`; did you mean `template-name`?",
        ),
        ('template-name = "image: x"\n', "the configuration: template-name"),
        ("= 3\n", ".kaniko-split.toml: the file is not valid TOML"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told(text: str, reason: str, tmp_path: Path) -> None:
    folder = world.checkout(tmp_path / "checkout", {".gitlab-ci.yml": ARTICLE, ".kaniko-split.toml": text})
    code, state, said = outcome(folder, tmp_path / "run")
    assert (code, state) == (1, "failed")
    assert said.startswith(reason)


def test_a_configuration_outside_of_the_repository_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text("password = 3\n")
    folder = world.checkout(tmp_path / "checkout")
    (folder / ".kaniko-split.toml").symlink_to(tmp_path / "secret.toml")
    _, state, said = outcome(folder, tmp_path / "run")
    assert state == "failed"
    assert said == ".kaniko-split.toml: the link leads out of its folder; put the file itself there"


def test_a_run_that_asks_something_else_is_another_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = world.checkout(tmp_path / "checkout")
    assert outcome(folder, tmp_path / "run")[1] == "found"
    settings = Settings(folders=(str(folder),), jobs=1, tries=1, template_name=".mine")
    assert run_scan(settings, tmp_path / "run", quiet=True) == 2
    assert "this run was begun with another --template-name" in capsys.readouterr().err
