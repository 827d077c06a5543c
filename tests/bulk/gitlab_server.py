"""What does a GitLab answer, as far as bulk asks it?

The answers have the form that GitLab documents at https://docs.gitlab.com/api/: lists by page with a `Link` header,
the tree by keyset, errors as JSON, 429 with `Retry-After`. Git is served by git's own `http-backend`. Requests are
kept, and held against `openapi.json`: the paths and parameters that GitLab's OpenAPI description has for them.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from bulk import world

DESCRIPTION = json.loads((Path(__file__).parent / "openapi.json").read_text())


@dataclass
class Project:
    """A project of the server, with the files of its default branch."""

    identifier: int
    path: str
    files: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass
class GitLab:
    """A server that is running, and what it was asked."""

    url: str
    root: Path
    token: str
    projects: list[Project] = field(default_factory=list)
    searchable: bool = False
    page_size: int = 7
    too_many: int = 0
    retry_after: str = "1"
    answer: Callable[[str], tuple[int, str, bytes] | None] = lambda _: None
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    fetched: Counter[str] = field(default_factory=Counter)

    def add(self, path: str, files: dict[str, str] | None = None, *, clone: bool = False, **facts: Any) -> Project:
        """Add a project; with `clone` there is a repository to fetch and push to."""
        files = {".gitlab-ci.yml": world.CLEAN} if files is None else files
        project = Project(len(self.projects) + 1, path, files, facts)
        self.projects.append(project)
        if clone:
            folder = self.root / f"{path}.git"
            folder.parent.mkdir(parents=True, exist_ok=True)
            world.server(folder, files)
            world.git("config", "http.receivepack", "true", cwd=folder)
        return project

    def folder(self, path: str) -> Path:
        return self.root / f"{path}.git"

    def paths(self) -> list[str]:
        """Return the paths that were asked for, each as the description names it."""
        return [path for _, path, _ in self.requests]

    def shown(self, project: Project) -> dict[str, Any]:
        return {
            "id": project.identifier,
            "path_with_namespace": project.path,
            "default_branch": "main",
            "http_url_to_repo": f"{self.url}/{project.path}.git",
            "ssh_url_to_repo": f"git@127.0.0.1:{project.path}.git",
            "web_url": f"{self.url}/{project.path}",
            "archived": False,
            "empty_repo": False,
            "ci_config_path": None,
            **project.facts,
        }


@contextmanager
def running(root: Path, token: str = "") -> Iterator[GitLab]:
    """Run a server on this machine alone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    gitlab = GitLab(f"http://127.0.0.1:{server.server_port}", root, token)
    server.gitlab = gitlab  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gitlab
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def complaint(method: str, path: str, query: dict[str, str]) -> tuple[str, str | None]:
    """Return the path as the description names it, and what it has against a request; None where nothing."""
    name = next((one for one in DESCRIPTION["paths"] if re.fullmatch(_pattern(one), path)), None)
    if name is None:
        return path, f"{path}: the description has no such path"
    known = {one["name"]: one for one in DESCRIPTION["paths"][name].get(method.lower(), {}).get("parameters", ())}
    if not known:
        return name, f"{method} {name}: the description has no such method"
    for key, value in query.items():
        one = known.get(key)
        if one is None:
            return name, f"{name}: no parameter `{key}`"
        if "enum" in one and value not in one["enum"]:
            return name, f"{name}: `{key}` is not `{value}`"
        if one["type"] == "boolean" and value not in {"true", "false"}:
            return name, f"{name}: `{key}` is a boolean, not `{value}`"
        if one["type"] == "integer" and not value.isdecimal():
            return name, f"{name}: `{key}` is a number, not `{value}`"
    missing = [key for key, one in known.items() if one["in"] == "query" and one.get("required") and key not in query]
    return name, f"{name}: {missing} is wanted" if missing else None


def _pattern(name: str) -> str:
    optional = re.escape(name).replace(r"\(\-/\)", "(?:-/)?")
    return re.sub(r"\\\{\w+\\\}", "[^/]+", optional)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def gitlab(self) -> GitLab:
        return self.server.gitlab  # type: ignore[attr-defined, no-any-return]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/api/v4/"):
            self._api(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)))
        else:
            self._git(parts.path, parts.query)

    def _api(self, path: str, query: dict[str, str]) -> None:
        gitlab = self.gitlab
        name, wrong = complaint(self.command, path, query)
        gitlab.requests.append((self.command, name, query))
        gitlab.headers.append(dict(self.headers))
        if wrong is not None:
            gitlab.complaints.append(wrong)
        if gitlab.too_many > 0:
            gitlab.too_many -= 1
            self._send(429, {"message": "429 Too Many Requests"}, {"Retry-After": gitlab.retry_after})
            return
        given = gitlab.answer(unquote(path))
        if given is not None:
            code, kind, data = given
            if code:
                self._reply(code, data, {"Content-Type": kind})
            else:
                self.close_connection = True
            return
        if gitlab.token and self.headers.get("PRIVATE-TOKEN") != gitlab.token:
            self._send(401, {"message": "401 Unauthorized"})
            return
        words = [unquote(word) for word in path.removeprefix("/api/v4/").split("/")]
        match words:
            case ["groups", group, "projects"]:
                shown = [gitlab.shown(one) for one in gitlab.projects if one.path.startswith(f"{group}/")]
                if query.get("archived") == "false":
                    shown = [one for one in shown if not one["archived"]]
                if query.get("include_subgroups") != "true":
                    shown = [one for one in shown if one["path_with_namespace"].count("/") == group.count("/") + 1]
                self._page(path, query, shown or None)
            case ["groups", group, "search"]:
                self._search(path, query, group)
            case ["projects", identifier, "repository", "tree"]:
                self._tree(path, query, self._project(identifier))
            case ["projects", identifier, "repository", "files", name, "raw"]:
                self._file(self._project(identifier), name)
            case ["projects", identifier, "merge_requests"]:
                project = self._project(identifier)
                opened = [{"web_url": f"{gitlab.url}/{project.path}/-/merge_requests/1"}]
                self._page(path, query, opened if world.pushes(gitlab.folder(project.path)) else [])
            case _:
                self._send(404, {"error": "404 Not Found"})

    def _project(self, identifier: str) -> Project:
        return next(one for one in self.gitlab.projects if identifier in {str(one.identifier), one.path})

    def _page(self, path: str, query: dict[str, str], items: list[dict[str, Any]] | None) -> None:
        if items is None:
            self._send(404, {"message": "404 Group Not Found"})
            return
        page = int(query.get("page", "1"))
        size = min(int(query.get("per_page", "20")), self.gitlab.page_size)
        headers = {"X-Page": str(page), "X-Per-Page": str(size)}
        if page * size < len(items):
            following = urlencode({**query, "page": str(page + 1)})
            headers |= {"X-Next-Page": str(page + 1), "Link": f'<{self.gitlab.url}{path}?{following}>; rel="next"'}
        self._send(200, items[(page - 1) * size : page * size], headers)

    def _search(self, path: str, query: dict[str, str], group: str) -> None:
        gitlab = self.gitlab
        if not gitlab.searchable:
            self._send(400, {"message": "400 Bad request - Scope supported only with advanced search"})
            return
        word, _, ending = query["search"].partition(" extension:")
        hits = [
            {"basename": name, "path": name, "filename": name, "project_id": one.identifier, "ref": "main"}
            for one in gitlab.projects
            for name, text in one.files.items()
            if one.path.startswith(f"{group}/") and word in text and name.endswith(ending)
        ]
        self._page(path, query, hits)

    def _tree(self, path: str, query: dict[str, str], project: Project) -> None:
        within = f"{query['path']}/" if "path" in query else ""
        names = sorted(name for name in project.files if name.startswith(within))
        folders: set[str] = set()
        if query.get("recursive") != "true":
            inner = [name.removeprefix(within) for name in names]
            folders = {within + name.partition("/")[0] for name in inner if "/" in name}
            names = sorted(folders | {within + name for name in inner if "/" not in name})
        if "page_token" in query:
            names = [name for name in names if name > query["page_token"]]
        shown = names[: min(int(query.get("per_page", "20")), self.gitlab.page_size)]
        headers = {}
        if len(shown) < len(names):
            following = urlencode({**query, "page_token": shown[-1]})
            headers["Link"] = f'<{self.gitlab.url}{path}?{following}>; rel="next"'
        kinds = ({"type": "tree" if name in folders else "blob", "path": name} for name in shown)
        self._send(200, list(kinds), headers)

    def _file(self, project: Project, name: str) -> None:
        if project.status != 200:
            self._send(project.status, {"message": f"{project.status} Something"})
        elif name in project.files:
            self._reply(200, project.files[name].encode(), {"Content-Type": "text/plain; charset=utf-8"})
        else:
            self._send(404, {"message": "404 File Not Found"})

    def _send(self, code: int, value: object, headers: dict[str, str] | None = None) -> None:
        self._reply(code, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _reply(self, code: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _git(self, path: str, query: str) -> None:
        """Let git's own program answer, as a web server does (RFC 3875)."""
        gitlab = self.gitlab
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if gitlab.token and not self._allowed():
            self._reply(401, b"", {"WWW-Authenticate": 'Basic realm="GitLab"'})
            return
        if "git-upload-pack" in query:
            gitlab.fetched[path.removeprefix("/").partition(".git/")[0]] += 1
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=True,
            env=world.environment(
                GIT_PROJECT_ROOT=str(gitlab.root),
                GIT_HTTP_EXPORT_ALL="1",
                GIT_PROTOCOL=self.headers.get("Git-Protocol", ""),
                PATH_INFO=path,
                QUERY_STRING=query,
                REQUEST_METHOD=self.command,
                CONTENT_TYPE=self.headers.get("Content-Type", ""),
                CONTENT_LENGTH=str(len(body)),
                REMOTE_ADDR="127.0.0.1",
            ),
        )
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        code = int(headers.pop("Status", "200").split(" ")[0])
        self._reply(code, data, headers)

    def _allowed(self) -> bool:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return False
        user, _, password = base64.b64decode(value).decode().partition(":")
        return user == "oauth2" and password == self.gitlab.token
