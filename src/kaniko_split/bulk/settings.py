"""What was asked of a bulk run, such that it can be gone on with by another command?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import asdict, fields

Step = Literal["scan", "branch", "push", "merge-request"]
Conflict = Literal["skip", "replace"]

_SUBJECT = "Build each image in a job of its own"
MESSAGE = f"""{_SUBJECT}

Kaniko builds one image per container: what the first build leaves behind
can leak into the second image, worst with the cache on. Each job that built
several images is now a template and one job for each image. Nothing else
of the pipeline was changed.
"""


class BadSettingsError(Exception):
    """Options that do not go together; the text says which."""


class Settings(Struct, frozen=True):
    """What was asked of a run. Nothing in it is secret, and all of it is kept in the journal.

    Attributes:
        folders: Folders in which to look for clones.
        lists: Files with a folder or an address a line.
        groups: Groups of a GitLab, by full path.
        gitlab_url: That GitLab.
        ssh: Whether a group's repositories are fetched by SSH.
        subgroups: Whether a group's groups are meant too.
        archived: Whether its archived projects are meant too.
        forks: Whether its forks are meant too.
        code_search: Whether GitLab's code search may say which projects to look at.
        include: Regular expressions; a name must have one of them in it.
        exclude: Regular expressions; a name must have none of them in it.
        shard: The share of the repositories that is meant, and of how many: from 1.
        branch: The branch to commit on; empty for a scan.
        push: Whether that is pushed.
        merge_request: Whether merge requests are opened.
        target: The branch that they are to be merged into; the default branch with none.
        title: Their title; the first line of the commit's message with none.
        labels: Their labels.
        draft: Whether they are drafts.
        assign: Who they are assigned to.
        message: The commit's message.
        on_conflict: What becomes of a branch of that name that is there already.
        jobs: How many repositories are in hand at a time.
        timeout: Seconds that one call of git or the server may take.
        rate: The most requests a second to GitLab.
        tries: How often something is tried that may pass.
        token_file: The file with the token.
        ci_file: The file that GitLab starts from, where a project does not name another.
        select: Names or patterns of the jobs that are meant.
        template_name: How the template is to be called.
        job_name: The pattern for the new jobs' names.
        cached_only: Whether only jobs that use Kaniko's cache are meant.
        keep_order: Whether each new job waits for the one before it.
        configured: Whether a repository's own configuration counts.
    """

    folders: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    gitlab_url: str = "https://gitlab.com"
    ssh: bool = False
    subgroups: bool = True
    archived: bool = False
    forks: bool = False
    code_search: bool = True
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    shard: tuple[int, int] = (1, 1)
    branch: str = ""
    push: bool = False
    merge_request: bool = False
    target: str = ""
    title: str = ""
    labels: tuple[str, ...] = ()
    draft: bool = False
    assign: tuple[str, ...] = ()
    message: str = MESSAGE
    on_conflict: Conflict = "skip"
    jobs: int = 4
    timeout: float = 300.0
    rate: float = 10.0
    tries: int = 4
    token_file: str = ""
    ci_file: str = ".gitlab-ci.yml"
    select: tuple[str, ...] = ()
    template_name: str | None = None
    job_name: str | None = None
    cached_only: bool = False
    keep_order: bool = False
    configured: bool = True

    @property
    def step(self) -> Step:
        """The last thing that is done with a repository."""
        if self.merge_request:
            return "merge-request"
        if self.push:
            return "push"
        return "branch" if self.branch else "scan"

    def as_json(self) -> str:
        """Return them as JSON."""
        return json.dumps(asdict(self), sort_keys=True)


def settings_from(text: str) -> Settings:
    """Return the settings that `as_json` wrote.

    Raises:
        BadSettingsError: They are of another version.
    """
    known = {one.name for one in fields(Settings)}
    try:
        given: dict[str, Any] = json.loads(text)
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in given.items()
        }
        return Settings(**{key: value for key, value in values.items() if key in known})
    except (ValueError, TypeError, AttributeError):
        raise BadSettingsError("the journal's settings cannot be read; begin a new run in another folder") from None


def check(settings: Settings) -> None:
    """Make sure that the options go together.

    Raises:
        BadSettingsError: They do not.
    """
    if settings.push and not settings.branch:
        raise BadSettingsError("--push needs --branch NAME: the branch to commit on and to push")
    if settings.merge_request and not settings.push:
        raise BadSettingsError("--merge-request needs --push: GitLab opens one for a branch that is pushed")
    if not 1 <= settings.shard[0] <= settings.shard[1]:
        raise BadSettingsError("--shard I/N: I counts from 1 to N")
    if not re.match(r"https?://[^/]", settings.gitlab_url):
        raise BadSettingsError("--gitlab-url: an address that begins with https:// or http://")
    if settings.jobs < 1:
        raise BadSettingsError("--jobs: one at least")
    if settings.rate <= 0 or settings.timeout <= 0:
        raise BadSettingsError("--timeout and --requests-per-second are above 0")
    if not settings.message.strip():
        raise BadSettingsError("--message-file: the message is empty")
    for pattern in (*settings.include, *settings.exclude):
        try:
            re.compile(pattern)
        except re.error as error:
            raise BadSettingsError(f"`{pattern}` is no regular expression: {error}") from None
    for value in (settings.title, settings.target, *settings.labels, *settings.assign):
        if not value.isprintable():
            raise BadSettingsError("a title, target, label or user must be one line of printable characters")


def message_from(file: Path) -> str:
    """Return the commit message that a file holds.

    Raises:
        BadSettingsError: It cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
        raise BadSettingsError(f"--message-file {file}: the file cannot be read ({reason.lower()})") from None
