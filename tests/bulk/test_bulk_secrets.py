"""Does a token appear anywhere but in the header of a request?"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bulk import gitlab_server, world
from kaniko_split.bulk.secrets import NoTokenError, Redactor, Token, credentials_for, token_from

TOKEN = "planted-0123456789abcdef"  # noqa: S105 (it opens nothing)
ARTICLE = (world.ARTICLE / ".gitlab-ci.yml").read_text()


@contextmanager
def watched() -> Iterator[set[bytes]]:
    """Collect the command lines of all processes of this machine, again and again."""
    seen: set[bytes] = set()
    end = threading.Event()

    def watch() -> None:
        while not end.is_set():
            for folder in Path("/proc").iterdir():
                if folder.name.isdecimal():
                    try:
                        seen.add((folder / "cmdline").read_bytes())
                    except OSError:
                        continue

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("given", ["environment", "file"])
def test_a_planted_token_appears_nowhere(tmp_path: Path, given: str) -> None:
    stored = tmp_path / "user" / "stored"
    stored.parent.mkdir()
    # A helper of the user's that keeps what git tells it.
    (stored.parent / "gitconfig").write_text(f"[credential]\n\thelper = store --file={stored}\n")
    secret = stored.parent / "token"
    secret.write_text(TOKEN + "\n")
    with gitlab_server.running(tmp_path / "git", TOKEN) as gitlab, watched() as seen:
        gitlab.add("platform/found", {".gitlab-ci.yml": ARTICLE}, clone=True)
        gitlab.add("platform/says500").status = 500
        gitlab.add("platform/without", {".gitlab-ci.yml": ARTICLE})  # what is found cannot be cloned
        done = subprocess.run(
            [
                *(sys.executable, "-m", "kaniko_split", "bulk", "--group", "platform", "--gitlab-url", gitlab.url),
                *("--branch", "one-image", "--push", "--merge-request", "--requests-per-second", "500", "--tries", "1"),
                *(("--token-file", str(secret)) if given == "file" else ()),
            ],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            env=world.environment(
                NO_PROXY="127.0.0.1",
                GIT_CONFIG_GLOBAL=str(stored.parent / "gitconfig"),
                **({"GITLAB_TOKEN": TOKEN} if given == "environment" else {}),
            ),
        )
    assert done.returncode == 1
    states = {name: row.state for name, row in world.rows(tmp_path / "kaniko-split-bulk").items()}
    assert states == {"platform/found": "opened", "platform/says500": "failed", "platform/without": "failed"}
    assert len(world.pushes(gitlab.folder("platform/found"))) == 1, "the token did open the server"
    secret.unlink()
    assert TOKEN.encode() not in done.stdout + done.stderr
    assert any(b"git\0" in line and b"push\0" in line for line in seen), "the run was watched"
    assert not [line for line in seen if TOKEN.encode() in line]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_the_token_is_for_one_host() -> None:
    token = Token("private", TOKEN)
    assert (
        "credential.https://gitlab.example:8443.helper"
        in credentials_for("https://user@gitlab.example:8443/a/b.git", token).values()
    )
    assert credentials_for("ssh://git@gitlab.example/a/b.git", token) == {}
    assert credentials_for("https://gitlab.example/a/b.git", None) == {}


def test_a_token_is_taken_from_where_it_is_said(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\n")
    environment = {"GITLAB_TOKEN": "from-gitlab", "CI_JOB_TOKEN": "from-a-job"}
    assert token_from(file, environment) == Token("private", "from-a-file")
    assert token_from(None, environment) == Token("private", "from-gitlab")
    assert token_from(None, {"CI_JOB_TOKEN": "from-a-job"}) == Token("job", "from-a-job")
    assert token_from(None, {}) is None
    assert "from-gitlab" not in repr(token_from(None, environment))
    file.write_text("two words\n")
    with pytest.raises(NoTokenError, match="one word"):
        token_from(file, {})
    with pytest.raises(NoTokenError, match="cannot be read"):
        token_from(tmp_path / "none", {})


def test_what_is_shown_has_no_secrets() -> None:
    redact = Redactor.of(Token("private", "s3cr3t/word"), {"CI_JOB_TOKEN": "job-token"})
    assert redact("a s3cr3t/word, s3cr3t%2Fword and job-token") == "a ***, *** and ***"
    assert redact("https://somebody:password@host/x") == "https://***@host/x"
    assert redact("glpat-0123456789abcdefghij") == "***"
