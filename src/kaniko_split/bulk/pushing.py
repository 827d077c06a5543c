"""How is a branch pushed once, and its merge request opened once?

GitLab opens a merge request for a push that carries the options documented under "Push options for merge requests"
(https://docs.gitlab.com/topics/git/commit/#push-options-for-merge-requests). They take effect when the branch
changes, and only then; so whether a merge request was asked for can be told from whether the branch is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from kaniko_split.bulk.failures import FailedError, GitError, SkippedError
from kaniko_split.bulk.git import Git
from kaniko_split.bulk.settings import Settings

# A push option travels as one packet of git's protocol, which holds 65,516 bytes.
_LARGEST_OPTION = 60_000
_CUT = "\n\n(The rest does not fit into a push option; it is on the review page.)\n"


class Remote(Struct, frozen=True):
    """What a remote says of itself.

    Attributes:
        default: Its default branch; empty where it does not say.
        target: The branch to merge into.
        target_tip: That branch's commit.
        tip: The commit of our branch there; empty where it has none.
    """

    default: str
    target: str
    target_tip: str
    tip: str


def look_at_remote(git: Git, folder: Path, remote: str, branch: str, target: str) -> Remote:
    """Ask a remote for its default branch, for the branch to merge into, and for ours.

    Args:
        git: With credentials for the remote.
        folder: The clone.
        remote: The remote's name.
        branch: Our branch.
        target: The branch to merge into; the default branch when empty.

    Raises:
        SkippedError: Our branch would be the default branch, or there is none to merge into.
        GitError: Git failed.
    """
    patterns = ["HEAD", f"refs/heads/{branch}", *([f"refs/heads/{target}"] if target else [])]
    said = git.text("ls-remote", "--symref", "--", remote, *patterns, folder=folder, network=True)
    default, tips = "", {}
    for line in said.splitlines():
        left, _, name = line.partition("\t")
        if left.startswith("ref: ") and name == "HEAD":
            default = left.removeprefix("ref: ").removeprefix("refs/heads/")
        else:
            tips[name] = left
    target = target or default
    if branch in {default, target}:
        raise SkippedError(f"`{branch}` is the branch to merge into; take another name for the new branch")
    if not target:
        raise SkippedError("the server does not say which branch is its default; name one with --target")
    target_tip = tips.get("HEAD" if target == default else f"refs/heads/{target}", "")
    if not target_tip:
        raise SkippedError(f"the server has no branch `{target}` to merge into")
    return Remote(default, target, target_tip, tips.get(f"refs/heads/{branch}", ""))


def push(git: Git, folder: Path, remote: str, branch: str, commit: str, options: list[str]) -> str:
    """Push a commit as a new branch, never by force; return what the server says.

    Raises:
        FailedError: The server does not take it.
        GitError: Git failed.
    """
    arguments = [f"--push-option={option}" for option in options]
    try:
        _, said = git.run_both(
            *("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", *arguments, "--"),
            *(remote, f"{commit}:refs/heads/{branch}"),
            folder=folder,
            network=True,
        )
    except GitError as error:
        message = _server_message(error.said)
        if message and not error.passing:
            raise FailedError(f"the server does not take the push: {message}") from None
        raise
    warning = re.search(r"Error encountered with push options.*", " ".join(_remote_lines(said)))
    if warning is not None:
        raise FailedError(f"the branch is pushed, but GitLab opened no merge request: {_last_part(warning[0])}")
    return said


def delete(git: Git, folder: Path, remote: str, branch: str, tip: str) -> None:
    """Delete a branch of the server's, if it still stands at `tip`.

    The lease makes the server compare before it deletes; nothing is overwritten by it.

    Raises:
        GitError: Git failed, or the branch stands elsewhere by now.
    """
    git.run(
        *("push", "--porcelain", "--no-follow-tags", "--no-verify", f"--force-with-lease=refs/heads/{branch}:{tip}"),
        *("--", remote, f":refs/heads/{branch}"),
        folder=folder,
        network=True,
    )


def options_for(settings: Settings, target: str, description: str) -> list[str]:
    """Return the push options that open a merge request."""
    title = settings.title or settings.message.strip().partition("\n")[0]
    return [
        "merge_request.create",
        f"merge_request.target={target}",
        f"merge_request.title={' '.join(title.split())}",
        *([f"merge_request.description={as_one_line(description)}"] if description.strip() else []),
        *(["merge_request.draft"] if settings.draft else []),
        *(f"merge_request.label={label}" for label in settings.labels),
        *(f"merge_request.assign={user}" for user in settings.assign),
    ]


def as_one_line(text: str) -> str:
    r"""Return Markdown as a push option holds it: git allows no line feeds, and GitLab reads `\n` as one.

    A backslash before an `n` that stands in the text itself is written as a character reference, because GitLab has
    no escape for it. What is too long for a packet is cut at a line.
    """
    text = text.replace("\r\n", "\n").replace("\\n", "&#92;n").replace("\0", "")
    if len(_escaped(text)) > _LARGEST_OPTION:
        kept: list[str] = []
        size = len(_escaped(_CUT))
        for line in text.split("\n"):
            size += len(_escaped(line)) + 2
            if size > _LARGEST_OPTION:
                break
            kept.append(line)
        if sum(line.lstrip().startswith("```") for line in kept) % 2:
            kept.append("```")
        text = "\n".join(kept) + _CUT
    return _escaped(text).decode()


def merge_request_in(said: str) -> str:
    """Return the address of the merge request that GitLab names after a push; empty where it names none."""
    found = re.search(r"(https?://\S+/merge_requests/\d+)(?:\s|$)", "\n".join(_remote_lines(said)))
    return found[1] if found is not None else ""


def _escaped(text: str) -> bytes:
    return text.replace("\n", "\\n").encode("utf-8", "replace")


def _remote_lines(said: str) -> Iterator[str]:
    for line in said.replace("\r", "\n").splitlines():
        if line.startswith("remote:"):
            yield line.removeprefix("remote:").strip()


def _server_message(said: str) -> str:
    """Return what the server said about a push that it did not take."""
    lines = [line for line in _remote_lines(said) if line.strip("= ")]
    rejected = re.search(r"\[remote rejected\][^(]*\((.*)\)|!\t[^\t]*\t\[remote rejected\] \((.*)\)", said)
    reason = next((group for group in rejected.groups() if group), "") if rejected is not None else ""
    return " ".join([*lines[:5], *([f"({reason})"] if reason else [])])[:400]


def _last_part(warning: str) -> str:
    return warning.rpartition("': ")[2][:300] or warning[:300]
