"""Which variables of the environment do many programs read?"""

from __future__ import annotations

LOCALE = (
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NUMERIC",
    "LC_TIME",
    "POSIXLY_CORRECT",
)
"""The locale, which decides order, classes of characters and messages (POSIX, chapter 8)."""

LISTING = (
    *LOCALE,
    *["COLUMNS", "LS_COLORS", "TZ", "TERM", "QUOTING_STYLE", "BLOCK_SIZE", "BLOCKSIZE", "TIME_STYLE", "TABSIZE"],
)
"""What `ls` and its like look at (GNU coreutils manual, "General output formatting")."""

PROXY = (
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ftp_proxy",
    "FTP_PROXY",
    "no_proxy",
    "NO_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HOME",
)
"""The proxies and certificates that programs use which ask servers (curl manual, "ENVIRONMENT")."""

REGISTRY = (*PROXY, *["DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE", "TMPDIR"])
"""What tools for images look at (go-containerregistry, authn; containers-auth.json(5))."""

GIT = (
    *PROXY,
    *LOCALE,
    *[
        "XDG_CONFIG_HOME",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_CEILING_DIRECTORIES",
        "TZ",
        "TERM",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_AUTHOR_DATE",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_DATE",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_ASKPASS",
        "SSH_ASKPASS",
        "SSH_AUTH_SOCK",
        "GIT_PAGER",
        "PAGER",
        "GIT_EDITOR",
        "EDITOR",
        "VISUAL",
        "GIT_TRACE",
        "GIT_SSL_NO_VERIFY",
        "EMAIL",
        "GIT_EXTERNAL_DIFF",
        "GIT_OPTIONAL_LOCKS",
        "GIT_TERMINAL_PROMPT",
        "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE",
    ],
)
"""What git looks at (git(1), "ENVIRONMENT VARIABLES")."""
