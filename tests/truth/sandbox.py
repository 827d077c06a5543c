"""What small files does a traced program find, and which server?"""

from __future__ import annotations

import gzip
import http.server
import os
import shutil
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATH = "/usr/local/bin:/usr/bin:/bin"
CANARY = "canary-5f1c"
STDIN = '{"x": "$CANARY"}\n'
_FILES = {
    "a": "x=1 a\ny=2 b\n",
    "b": "old b\n",
    "list.txt": "a\nb\n",
    "ok.json": '{"x": 1}\n',
    "c.yaml": "x: 1\n",
    "dir/x": "x of dir\n",
    "other/x": "x of other\n",
    "pairs": "a b\nb c\n",
    "sum": "1+1\nquit\n",
    "change.diff": "--- old/a\n+++ new/a\n@@ -1,2 +1,2 @@\n-x=1 a\n+x=3 a\n y=2 b\n",
    "sums": "1ff3dd1b0fe2a1b6e8fcb0e2bc4d7d4c1ab2a0e0e9d1c1c1b0a5d7c7e6f5a4b3  a\n",
    "home/.gitconfig": "[user]\n\tname = n\n\temail = e@example.org\n[safe]\n\tdirectory = *\n",
    "hello.sh": "#!/bin/sh\necho hello\n",
}
_LONG_AGO = 1_000_000_000


def environment(root: Path) -> dict[str, str]:
    """Return the whole environment of a traced program."""
    return {"PATH": PATH, "HOME": str(root / "home"), "CANARY": CANARY}


def fill(root: Path) -> None:
    """Make the sandbox anew below `root`; all times are the same each time."""
    shutil.rmtree(root, ignore_errors=True)
    for name, text in _FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "hello.sh").chmod(0o755)
    (root / "empty").mkdir()
    (root / "link").symlink_to("a")
    with tarfile.open(root / "t.tar", "w") as archive:
        archive.add(root / "a", "a")
    with zipfile.ZipFile(root / "t.zip", "w") as packed:
        packed.writestr("a", _FILES["a"])
    (root / "t.gz").write_bytes(gzip.compress(_FILES["a"].encode(), mtime=0))
    _repository(root)
    for path in sorted(root.rglob("*"), reverse=True):
        os.utime(path, (_LONG_AGO, _LONG_AGO), follow_symlinks=False)


def _repository(root: Path) -> None:
    repo = root / "repo"
    repo.mkdir()
    (repo / "f").write_text("x\n")
    dates = {"GIT_AUTHOR_DATE": f"{_LONG_AGO} +0000", "GIT_COMMITTER_DATE": f"{_LONG_AGO} +0000"}
    for words in (["init", "-q", "--template="], ["add", "f"], ["commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=repo, env={**environment(root), **dates}, check=True)


class _Answer(http.server.BaseHTTPRequestHandler):
    methods: list[str]

    def _answer(self) -> None:
        self.methods.append(self.command)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"x\n")

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer any method: the server looks for `do_GET` and its like."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class has it so
        """Say nothing."""


@contextmanager
def serving() -> Iterator[tuple[int, list[str]]]:
    """Run a server on this machine; yields its port, and the methods of the requests that it gets."""
    methods: list[str] = []
    handler = type("Answer", (_Answer,), {"methods": methods})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port, methods
        finally:
            server.shutdown()
            thread.join()
