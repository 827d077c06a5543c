"""What is known of a command by its name?

One table a kind. What stands in none of them is unknown: it may read and write every file of the job.
"""

from __future__ import annotations

import re
from enum import Enum


class Kind(Enum):
    """What a command does beyond its redirects."""

    PRINTS = "prints what it is given"
    READS = "reads files and prints"
    WRITES = "changes files"
    COPIES = "reads files and writes another"
    TESTS = "tests something, and ends the job where it does not hold"
    SCANS = "reads an image, and ends the job where it finds something"
    MOVES = "changes the folder"
    OPTIONS = "changes the shell"
    LEAVES = "may end the script"
    DOWNLOADS = "reads from a server"
    LOGS_IN = "writes a login"
    ACTS = "has an effect outside the container"
    UNKNOWN = "may do anything to the job's files"


_WORDS: dict[Kind, str] = {
    Kind.PRINTS: ": echo printf true pwd env printenv id whoami uname date sleep seq expr nproc uptime hostname "
    "uuidgen basename dirname type which export_ df free ulimit",
    Kind.READS: "cat head tail ls wc cut sort uniq tr awk jq yq sed grep_ base64 md5sum sha1sum sha256sum sha512sum "
    "tree stat find du file xxd od tac rev nl column comm diff_ cmp_ readlink realpath envsubst",
    Kind.WRITES: "mkdir touch rm rmdir tee chmod chown truncate mktemp gzip gunzip unzip patch",
    Kind.COPIES: "cp mv ln install tar rsync_",
    Kind.TESTS: "test [ [[ false grep egrep fgrep diff cmp",
    Kind.SCANS: "trivy grype syft dockle hadolint dive snyk container-structure-test",
    Kind.MOVES: "cd pushd popd",
    Kind.OPTIONS: "set shopt umask alias unalias trap",
    Kind.LEAVES: "exit return exec break continue",
    Kind.DOWNLOADS: "curl wget",
    Kind.ACTS: "helm kubectl oc cosign ssh scp sftp rsync ftp mail sendmail glab gh release-cli argocd terraform "
    "ansible ansible-playbook twine notation flyctl heroku vercel netlify ssh-add nomad consul vault",
}
_KINDS: dict[str, Kind] = {name: kind for kind, names in _WORDS.items() for name in names.split()}

# Programs whose first words decide; a sub-command that is not listed is unknown.
_SUBCOMMANDS: dict[str, dict[str, Kind]] = {
    "crane": {
        **dict.fromkeys(("digest", "manifest", "config", "ls", "validate", "version"), Kind.READS),
        **dict.fromkeys(("push", "tag", "copy", "cp", "delete", "append", "mutate", "rebase", "index"), Kind.ACTS),
        "auth": Kind.LOGS_IN,
        "pull": Kind.WRITES,
    },
    "skopeo": {
        **dict.fromkeys(("copy", "delete", "sync"), Kind.ACTS),
        **dict.fromkeys(("login", "logout"), Kind.LOGS_IN),
        **dict.fromkeys(("inspect", "list-tags"), Kind.READS),
    },
    "docker": {
        **dict.fromkeys(("push", "tag", "run", "rm", "rmi", "stop", "manifest"), Kind.ACTS),
        **dict.fromkeys(("login", "logout"), Kind.LOGS_IN),
    },
    "podman": {"push": Kind.ACTS, "login": Kind.LOGS_IN},
    "buildah": {"push": Kind.ACTS, "login": Kind.LOGS_IN},
    "oras": {"push": Kind.ACTS, "attach": Kind.ACTS, "login": Kind.LOGS_IN},
    "regctl": {"image": Kind.ACTS, "registry": Kind.LOGS_IN, "tag": Kind.ACTS},
    "cosign": {
        **dict.fromkeys(("verify", "verify-attestation", "tree", "triangulate"), Kind.SCANS),
        "login": Kind.LOGS_IN,
    },
    "git": {
        **dict.fromkeys(("describe", "rev-parse", "log", "show", "diff", "status", "ls-files", "rev-list"), Kind.READS),
        **dict.fromkeys(("push", "send-email"), Kind.ACTS),
        "config": Kind.OPTIONS,
    },
    "npm": {"publish": Kind.ACTS},
    "aws": {"ecr": Kind.READS, "sts": Kind.READS, "s3": Kind.ACTS, "ecs": Kind.ACTS, "lambda": Kind.ACTS},
    "gcloud": {"auth": Kind.LOGS_IN, "run": Kind.ACTS},
    "az": {"acr": Kind.LOGS_IN, "login": Kind.LOGS_IN},
    "apk": {},
    "helm": {"registry": Kind.LOGS_IN, "template": Kind.READS, "lint": Kind.READS, "package": Kind.WRITES},
}

# Commands whose output is another one each time they run.
FRESH = frozenset({"date", "uuidgen", "mktemp", "hostname"})
# Variables that are another one in each job, or each time they are read (GitLab, "Predefined variables").
FRESH_VARIABLES = frozenset(
    {
        "RANDOM",
        "SRANDOM",
        "SECONDS",
        "EPOCHSECONDS",
        "EPOCHREALTIME",
        "HOSTNAME",
        "$",
        "BASHPID",
        "CI_JOB_ID",
        "CI_JOB_STARTED_AT",
        "CI_JOB_URL",
    }
)

_SENDING_FLAGS = frozenset(
    ["-d", "-F", "-T", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--json", "--form"]
) | {
    "--upload-file",
    "--post-data",
    "--post-file",
    "--body-data",
    "--body-file",
}
_SENDING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


_JUDGING = re.compile(r"test|scan|check|verif|valid|sign|lint|audit|assert|smoke|probe", re.IGNORECASE)


def kind_of(words: tuple[str, ...]) -> Kind:
    """Return what the command `words` does, from its name and, where that decides, its first words."""
    if not words:
        return Kind.PRINTS
    name = words[0].rsplit("/", 1)[-1] if words[0].startswith("/") else words[0]
    if name in _SUBCOMMANDS:
        first = next((word for word in words[1:] if not word.startswith("-")), "")
        found = _SUBCOMMANDS[name].get(first)
        return found or _KINDS.get(name, Kind.UNKNOWN)
    kind = _KINDS.get(name, Kind.UNKNOWN)
    if kind is Kind.READS and name in {"sed", "find", "yq"} and _changes_files(name, words[1:]):
        return Kind.WRITES
    if kind is Kind.DOWNLOADS and _sends(words[1:]):
        return Kind.ACTS
    return kind


def judges(words: tuple[str, ...]) -> bool:
    """Tell whether an unknown command speaks of testing, so that what follows it waits for its verdict."""
    return bool(_JUDGING.search(" ".join(words)))


def keeps_output(words: tuple[str, ...]) -> bool:
    """Tell whether a download writes what it reads to a file of its own accord."""
    if words[0].endswith("wget"):
        return not any(word.startswith(("-qO-", "-O-", "--spider")) or word == "-" for word in words)
    return any(
        word.startswith(("-o", "-O", "--output", "--remote-name")) or word in {"-fsSLO", "-sSLo", "-LO", "-Lo"}
        for word in words[1:]
    )


def _changes_files(name: str, arguments: tuple[str, ...]) -> bool:
    if name == "find":
        return any(word in {"-delete", "-exec", "-execdir", "-ok", "-fprint"} for word in arguments)
    return any(word.startswith(("-i", "--in-place")) for word in arguments)


def _sends(arguments: tuple[str, ...]) -> bool:
    for at, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name in _SENDING_FLAGS or (word[:2] in {"-d", "-F", "-T"} and not word.startswith("--")):
            return True
        if name in {"--method", "--request"} or word.startswith("-X"):
            given = value if equals else word[2:] if word.startswith("-X") and len(word) > 2 else ""
            method = given or (arguments[at + 1] if at + 1 < len(arguments) else "")
            if method.upper() in _SENDING_METHODS or method.startswith("$"):
                return True
    return False
