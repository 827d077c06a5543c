"""Is this line a folder or an address that git may fetch from, and how is it called?"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from kaniko_split.source.patterns import Pattern

# What git may speak; the same list is given to git itself, so that no redirect and no submodule leads elsewhere.
PROTOCOLS = ("file", "git", "http", "https", "ssh")

_TRANSPORT = Pattern(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")
_SCHEME = Pattern(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SHORT_SSH = Pattern(r"(?:(?P<user>[^\s/@:]+)@)?(?P<host>[^\s/@:]+):(?P<path>[^\s].*)")
# GitLab's own tokens begin so ("Token overview", https://docs.gitlab.com/security/tokens/).
_TOKEN = Pattern(r"gl[a-z]{2,5}-")


class BadAddressError(ValueError):
    """A line that names no repository which may be fetched; the text says why, without anything secret."""


class Address(Struct, frozen=True):
    """Where a repository is.

    Attributes:
        kind: `path` for a folder of this machine, `url` for anything that git fetches.
        text: What git is given.
        name: What people are shown, and what shards are made from: no user, no ending.
    """

    kind: Literal["path", "url"]
    text: str
    name: str


def address_of(text: str) -> Address:
    """Return what a line of a list, or an answer of a server, names.

    Raises:
        BadAddressError: It cannot be a repository, or it must not be fetched.
    """
    if not text.isprintable():
        raise BadAddressError("the address has control characters in it; write it anew")
    if text.startswith("-"):
        raise BadAddressError("the address begins with a dash, as an option does; write ./ before a folder's name")
    if _TRANSPORT.match(text):
        raise BadAddressError(f"`{text.partition('::')[0]}::` would run a program; use {_either()}")
    scheme = _SCHEME.match(text)
    if scheme is not None:
        return _of_url(text, scheme[1].lower())
    short = _SHORT_SSH.fullmatch(text)
    if short is not None and not Path(text).exists():
        return _of_short_ssh(text, short)
    return Address("path", text, Path(os.path.normpath(text)).as_posix())


def without_secrets(text: str) -> str:
    """Return `text` with what stands between `://` and `@` taken out, and with tokens of GitLab's making."""
    text = re.sub(r"(://)[^/\s@]*@", r"\1***@", text)
    return re.sub(r"\bgl[a-z]{2,5}-[A-Za-z0-9_.-]{10,}", "***", text)


def _of_url(text: str, scheme: str) -> Address:
    if scheme not in PROTOCOLS:
        raise BadAddressError(f"`{scheme}://` is not fetched from; use {_either()}")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise BadAddressError("the address cannot be read; write it anew") from None
    if parts.password is not None or _TOKEN.match(parts.username or ""):
        raise BadAddressError(
            f"{without_secrets(text)}: there is a password in the address; take it out, and let git's credential "
            "helper or GITLAB_TOKEN give it"
        )
    if parts.query or parts.fragment:
        raise BadAddressError(f"{text.partition('?')[0].partition('#')[0]}: nothing may follow the path")
    if scheme != "file" and (not host or host.startswith("-")):
        raise BadAddressError("the address has no host that can be reached; write it anew")
    _check_user(parts)
    path = parts.path.rstrip("/").removesuffix(".git")
    if not path.strip("/"):
        raise BadAddressError(f"{without_secrets(text)}: the address has no path; add the repository's")
    return Address("url", text, path if scheme == "file" else f"{host}{port}{path}")


def _check_user(parts: SplitResult) -> None:
    if (parts.username or "").startswith("-"):
        raise BadAddressError("the user's name begins with a dash, as an option does; write it anew")


def _of_short_ssh(text: str, match: re.Match[str]) -> Address:
    if match["host"].startswith("-") or (match["user"] or "").startswith("-") or match["path"].startswith("-"):
        raise BadAddressError("a part of the address begins with a dash, as an option does; write it anew")
    path = match["path"].strip("/").removesuffix(".git")
    return Address("url", text, f"{match['host']}/{path}")


def _either() -> str:
    return ", ".join(f"{one}://" for one in PROTOCOLS[:-1]) + f" or {PROTOCOLS[-1]}://"
