"""What does a GitLab say of a group, its projects and their files?

All of it is read; nothing is changed. The calls are those of the REST API as GitLab documents it at
https://docs.gitlab.com/api/rest/, made through `python-gitlab`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from kaniko_split.bulk.failures import FailedError
from kaniko_split.bulk.pace import Pace, pause_after, seconds_of
from kaniko_split.bulk.secrets import Redactor, Token

if TYPE_CHECKING:
    import gitlab
    import requests

_LARGEST_FILE = 4 * 1024 * 1024
_SECRET_HEADERS = ("PRIVATE-TOKEN", "JOB-TOKEN", "Authorization")
# A search shows no more than this ("Search API", pagination).
MOST_HITS = 10_000


class NoLibraryError(Exception):
    """`python-gitlab` is not installed; the text says what to do."""


class Server:
    """A GitLab, read over its API. Any thread may call it."""

    def __init__(
        self, url: str, token: Token | None, redact: Redactor, pace: Pace, *, timeout: float, jobs: int
    ) -> None:
        """Prepare to ask the GitLab at `url`.

        Raises:
            NoLibraryError: `python-gitlab` is not installed.
        """
        try:
            import gitlab
        except ImportError:
            raise NoLibraryError(
                "--group needs python-gitlab; install it with `pip install 'kaniko-split[gitlab]'`"
            ) from None
        self._redact = redact
        self._pace = pace
        self._url = url
        self._gitlab: gitlab.Gitlab = gitlab.Gitlab(
            url,
            private_token=token.value if token is not None and token.kind == "private" else None,
            job_token=token.value if token is not None and token.kind == "job" else None,
            timeout=timeout,
            user_agent="kaniko-split",
            keep_base_url=True,
            session=_session(pace, jobs),
        )

    def projects(self, group: str, *, subgroups: bool, archived: bool, tries: int) -> Iterator[dict[str, Any]]:
        """Yield the projects of a group as `GET /groups/:id/projects` has them, page by page.

        Raises:
            FailedError: The server does not answer as documented.
        """
        query: dict[str, Any] = {
            "include_subgroups": _word(subgroups),
            "with_shared": "false",
            "order_by": "id",
            "sort": "asc",
        }
        if not archived:
            query["archived"] = "false"
        yield from self._listed(f"/groups/{quote(group, safe='')}/projects", query, tries)

    def projects_with(self, group: str, words: str, tries: int) -> Iterator[dict[str, Any]]:
        """Yield the files of a group in which words stand, as `GET /groups/:id/search?scope=blobs` has them.

        Raises:
            FailedError: The server has no code search, or does not answer as documented.
        """
        query = {"scope": "blobs", "search": words}
        yield from self._listed(f"/groups/{quote(group, safe='')}/search", query, tries)

    def paths(self, project: int, ref: str, tries: int, folder: str = "") -> Iterator[str]:
        """Yield the paths of all files below a folder of a project, as `GET /projects/:id/repository/tree` has them.

        Raises:
            FailedError: The server does not answer as documented.
        """
        query = {"recursive": "true", "pagination": "keyset", "ref": ref, **({"path": folder} if folder else {})}
        for one in self._listed(f"/projects/{project}/repository/tree", query, tries):
            if one.get("type") == "blob" and isinstance(one.get("path"), str):
                yield one["path"]

    def top(self, project: int, ref: str, tries: int) -> Iterator[tuple[str, bool]]:
        """Yield what is in the root of a project, and of each whether it is a folder.

        Raises:
            FailedError: The server does not answer as documented.
        """
        query = {"pagination": "keyset", "ref": ref}
        for one in self._listed(f"/projects/{project}/repository/tree", query, tries):
            if one.get("type") in {"blob", "tree"} and isinstance(one.get("path"), str):
                yield one["path"], one["type"] == "tree"

    def file(self, project: int, path: str, ref: str) -> bytes | None:
        """Return the content of a file, as `GET /projects/:id/repository/files/:file_path/raw` has it.

        None where there is no such file.

        Raises:
            FailedError: The server does not answer as documented, or the file is too large to be a pipeline.
        """
        address = f"/projects/{project}/repository/files/{quote(path, safe='')}/raw"

        def ask() -> bytes | None:
            response = self._gitlab.http_request(
                "get", address, query_data={"ref": ref}, streamed=True, obey_rate_limit=False, max_retries=0
            )
            with response:
                if "text/html" in response.headers.get("Content-Type", ""):
                    raise FailedError("the server answers with a web page where a file was asked for")
                data = b""
                for chunk in response.iter_content(65536):
                    data += chunk
                    if len(data) > _LARGEST_FILE:
                        raise FailedError(f"{path}: the file is too large for a pipeline")
                return data

        answer: bytes | None = self._answered(ask, missing=True)
        return answer

    def merge_request(self, project: str, branch: str) -> str | None:
        """Return the address of the open merge request of a branch; None where there is none.

        Raises:
            FailedError: The server does not answer as documented.
        """
        query = {"source_branch": branch, "state": "opened"}
        for one in self._listed(f"/projects/{quote(project, safe='')}/merge_requests", query, 1):
            if isinstance(one.get("web_url"), str):
                return str(one["web_url"])
        return None

    def _listed(self, path: str, query: dict[str, Any], tries: int) -> Iterator[dict[str, Any]]:
        """Yield the items of a list, over all of its pages; a page that fails is asked for again."""
        pages: Any = None
        failures = 0
        while True:

            def ask() -> Any:
                nonlocal pages
                if pages is None:
                    pages = self._gitlab.http_list(
                        path, query_data={**query, "per_page": 100}, iterator=True, obey_rate_limit=False, max_retries=0
                    )
                return next(pages, None)

            try:
                item = self._answered(ask)
            except FailedError as error:
                failures += 1
                if not error.passing or failures >= tries:
                    raise
                self._pace.hold(max(error.after, pause_after(failures)))
                continue
            if item is None:
                return
            failures = 0
            if not isinstance(item, dict):
                raise FailedError("the server answers with a list that is none of GitLab's")
            yield item

    def _answered(self, ask: Callable[[], Any], *, missing: bool = False) -> Any:
        """Ask, and say in one sentence what went wrong."""
        import gitlab
        import requests

        try:
            return ask()
        except gitlab.GitlabAuthenticationError:
            raise FailedError(
                "GitLab does not accept the token (401); set GITLAB_TOKEN, or name its file with --token-file"
            ) from None
        except gitlab.GitlabParsingError:
            raise FailedError(
                "the server answers with something that is not GitLab's API; check --gitlab-url"
            ) from None
        except (gitlab.GitlabHttpError, gitlab.exceptions.RedirectError) as error:
            code = error.response_code or 0
            if code == 404 and missing:
                return None
            said = self._redact(" ".join(str(error.error_message).split()))[:200]
            raise FailedError(
                _sentence(code, said), passing=code in {408, 429} or code >= 500, after=self._held(code)
            ) from None
        except requests.Timeout:
            raise FailedError("GitLab does not answer in time", passing=True) from None
        except requests.RequestException as error:
            said = self._redact(_cause(error))[:200]
            raise FailedError(f"GitLab cannot be reached ({said})", passing=True) from None

    def _held(self, code: int) -> float:
        return self._pace.held() if code in {429, 503} else 0.0


def _cause(error: BaseException) -> str:
    """Return what the system says of a connection that failed; the libraries wrap it several times."""
    waiting: list[object] = [error]
    seen: list[object] = []
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or any(one is other for other in seen):
            continue
        if isinstance(one, OSError) and one.strerror:
            return one.strerror.lower()
        seen.append(one)
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return " ".join(str(error).split())


def project_path(url: str, gitlab_url: str) -> str | None:
    """Return the full path of a project from its address for git; None where that is of another server."""
    parts, server = urlsplit(url), urlsplit(gitlab_url)
    if parts.scheme in {"http", "https"} and (parts.scheme, parts.netloc) == (server.scheme, server.netloc):
        path = parts.path.removeprefix(server.path.rstrip("/"))
        return path.strip("/").removesuffix(".git") or None
    return None


def _sentence(code: int, said: str) -> str:
    known = {
        403: "GitLab denies access (403); the token needs the scope `read_api`",
        404: "GitLab knows no such group or project, or the token may not see it (404)",
        429: "GitLab wants fewer requests (429); lower --requests-per-second",
    }
    if code in known:
        return known[code]
    return f"GitLab answers with {code}" + (f" ({said})" if said and "<" not in said else "")


def _word(flag: bool) -> str:  # noqa: FBT001 (a value, not a switch)
    return "true" if flag else "false"


def _session(pace: Pace, jobs: int) -> requests.Session:
    """Return a session that keeps the pace, and takes the token to no other host."""
    import requests
    from requests.adapters import HTTPAdapter

    class Paced(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
            pace.wait()
            response = super().send(request, *arguments, **named)
            if response.status_code in {429, 503}:
                after = seconds_of(response.headers.get("Retry-After"), time.time())
                if after is not None:
                    pace.hold(after)
            return response

    class Faithful(requests.Session):
        def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
            if _host(prepared_request.url) != _host(response.request.url):
                for header in _SECRET_HEADERS:
                    prepared_request.headers.pop(header, None)
            super().rebuild_auth(prepared_request, response)

    session = Faithful()
    for scheme in ("http://", "https://"):
        session.mount(scheme, Paced(pool_connections=2, pool_maxsize=max(10, jobs)))
    return session


def _host(url: str | None) -> tuple[str, str]:
    parts = urlsplit(url or "")
    return parts.scheme, parts.netloc
