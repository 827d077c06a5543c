"""Which words must never be written down, and how does git get them all the same?

A token stands in memory, in the header of a request and in the environment of a git that speaks to GitLab's own
host; nowhere else. Git asks a helper for it that is a line of shell with a variable's name in it, so the value is in
no process's arguments, and the helpers that the user has for that host are left out, because git would give them the
token to keep.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from msgspec import Struct

from kaniko_split.bulk.addresses import without_secrets

# The variables of a process that may hold a token for GitLab, the one that is asked first in front.
VARIABLES = ("GITLAB_TOKEN", "CI_JOB_TOKEN")

_HANDED_ON = "KANIKO_SPLIT_PASSWORD"
_SHORTEST = 6


class NoTokenError(Exception):
    """The file that was to hold a token does not; the text says why."""


class Token(Struct, frozen=True):
    """A token for GitLab.

    Attributes:
        kind: `private` for one that a user made, `job` for the one of a pipeline's job.
        value: The secret; it is not shown when the token is printed.
    """

    kind: Literal["private", "job"]
    value: str

    def __repr__(self) -> str:
        """Show the kind alone."""
        return f"Token({self.kind})"


def token_from(file: Path | None, environment: Mapping[str, str] | None = None) -> Token | None:
    """Return the token of `--token-file`, else that of GITLAB_TOKEN, else that of CI_JOB_TOKEN.

    Raises:
        NoTokenError: The file cannot be read, or holds no token.
    """
    environment = os.environ if environment is None else environment
    if file is not None:
        try:
            value = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no text"
            raise NoTokenError(f"{file}: the token cannot be read ({reason.lower()})") from None
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise NoTokenError(f"{file}: a token is one word in one line; check the file")
        return Token("private", value)
    for variable in VARIABLES:
        value = environment.get(variable, "").strip()
        if value:
            return Token("job" if variable == "CI_JOB_TOKEN" else "private", value)
    return None


class Redactor(Struct, frozen=True):
    """Takes out of a text what must not be shown: the tokens at hand, and what stands before the host of an address.

    Attributes:
        words: The secrets, as they are and as an address would write them.
    """

    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, token: Token | None, environment: Mapping[str, str] | None = None) -> Redactor:
        """Return a redactor for `token` and for the tokens in the environment."""
        environment = os.environ if environment is None else environment
        values = {environment.get(variable, "").strip() for variable in VARIABLES}
        values |= {token.value} if token is not None else set()
        words = {form for value in values if len(value) >= _SHORTEST for form in (value, quote(value, safe=""))}
        return cls(tuple(sorted(words, key=len, reverse=True)))

    def __call__(self, text: str) -> str:
        """Return `text` without the secrets."""
        for word in self.words:
            text = text.replace(word, "***")
        return without_secrets(text)


def credentials_for(url: str, token: Token | None) -> dict[str, str]:
    """Return the environment in which git finds the token for the host of `url`, and for no other.

    Without a token it is empty, and git asks the helpers that the user has.
    """
    parts = urlsplit(url)
    if token is None or parts.scheme not in {"http", "https"}:
        return {}
    user = "gitlab-ci-token" if token.kind == "job" else "oauth2"
    key = f"credential.{parts.scheme}://{re.sub(r'^.*@', '', parts.netloc)}.helper"
    answer = f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" {user} "${_HANDED_ON}"; }}; f'
    return {
        _HANDED_ON: token.value,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": key,
        "GIT_CONFIG_VALUE_0": "",
        "GIT_CONFIG_KEY_1": key,
        "GIT_CONFIG_VALUE_1": answer,
    }
