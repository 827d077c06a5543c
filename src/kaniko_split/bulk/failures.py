"""Why did a repository come to nothing, and is it worth another try?"""

from __future__ import annotations

import re

from kaniko_split.source.patterns import Pattern


class SkippedError(Exception):
    """A repository that is left alone, for a reason that a person has to deal with."""


class FailedError(Exception):
    """Something went wrong with a repository.

    Attributes:
        passing: Whether it may go well the next time, without anybody's doing.
        after: Seconds that the server wants to be left alone.
    """

    def __init__(self, reason: str, *, passing: bool = False, after: float = 0.0) -> None:
        super().__init__(reason)
        self.passing = passing
        self.after = after


class GitError(FailedError):
    """A call of git that failed.

    Attributes:
        said: All that it said.
    """

    def __init__(self, reason: str, *, passing: bool = False, said: str = "") -> None:
        super().__init__(reason, passing=passing)
        self.said = said


# What git and servers say, and what that means; the first that is found counts.
_KNOWN = (
    (r"No space left on device|Disk quota exceeded", "there is no space left on the disk; make room"),
    (r"detected dubious ownership", "the repository belongs to somebody else; add it to git's `safe.directory`"),
    (
        r"could not read (?:Username|Password)|Authentication failed|HTTP Basic: Access denied|returned error: 401",
        "the server wants credentials that git does not have (401); set GITLAB_TOKEN or a credential helper",
    ),
    (r"returned error: 403|access denied", "the server denies access (403); check what the token may do"),
    (
        r"returned error: 404|[Rr]epository .*not found|could not be found or you don't have permission",
        "the server knows no such repository (404), or the token may not see it",
    ),
    (
        r"not allowed to (?:push|create|force push|delete|upload)[^\n]*|protected branch[^\n]*",
        "the server does not let this branch be pushed",
    ),
    (r"Permission denied \(publickey", "the server does not accept the SSH key"),
    (r"Host key verification failed", "the server's SSH key is not known; connect to it once by hand"),
    (r"Permission denied", "no permission to read or write here; check who owns the files"),
    (r"does not appear to be a git repository|not a git repository", "there is no git repository here"),
    (r"the receiving end does not support push options", "the server takes no push options, so it is no GitLab"),
    (r"info/refs not valid|not valid: is this a git repository", "the server answers with something that is not git"),
    (r"transport '[^']*' not allowed", "the address uses a protocol that is not allowed"),
    (
        r"Author identity unknown|Please tell me who you are|empty ident name",
        "git does not know who commits; set user.name and user.email",
    ),
    (r"gpg failed to sign|failed to sign the data|error: gpg", "the commit could not be signed; check the signing key"),
)
_PASSING = Pattern(
    r"returned error: (?:408|429|5\d\d)|Could not resolve host|Connection (?:timed out|reset|refused)|timed out"
    r"|early EOF|unexpected disconnect|RPC failed|remote end hung up|Empty reply|Operation too slow"
    r"|Failed to connect|cannot lock ref|HTTP/2 stream|Temporary failure|kex_exchange_identification"
)
_NOISE = Pattern(r"(?:hint|warning|Cloning into|To |error: failed to push some refs|\s*$)")
_LONGEST = 300


def reason_of(command: str, code: int, said: str) -> GitError:
    """Return the error for a git that ended with `code` and said `said`, in one sentence."""
    passing = _PASSING.search(said) is not None
    if code < 0:
        return GitError(f"git {command} was ended by signal {-code}", passing=True, said=said)
    for pattern, sentence in _KNOWN:
        found = re.search(pattern, said)
        if found is not None:
            return GitError(f"{sentence} [{_shortened(_line_with(said, found.start()))}]", passing=passing, said=said)
    lines = [line for line in said.splitlines() if not _NOISE.match(line)]
    last = lines[-1] if lines else f"it ended with code {code}"
    rejected = next((line.strip() for line in lines if "rejected]" in line), None)
    return GitError(f"git {command}: {_shortened(rejected or last)}", passing=passing, said=said)


def _line_with(said: str, at: int) -> str:
    begin = said.rfind("\n", 0, at) + 1
    end = said.find("\n", at)
    return said[begin : end if end >= 0 else len(said)]


def _shortened(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "..."
