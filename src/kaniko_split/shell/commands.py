"""What is known of a command by its name?

One table a kind. What stands in none of them is unknown: it may read and write every file of the job.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from kaniko_split.source.patterns import Pattern


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
    WAITS = "waits for what runs in the background"
    DOWNLOADS = "reads from a server"
    LOGS_IN = "writes a login"
    ACTS = "has an effect outside the container"
    UNKNOWN = "may do anything to the job's files"


_WORDS: dict[Kind, str] = {
    Kind.PRINTS: ": echo printf true pwd env printenv id whoami uname date sleep seq expr nproc uptime hostname "
    "uuidgen basename dirname type which export_ df free shift",
    Kind.READS: "cat head tail ls wc cut sort uniq tr awk jq yq sed grep_ base64 md5sum sha1sum sha256sum sha512sum "
    "tree stat find du file xxd od tac rev nl column comm diff_ cmp_ readlink realpath envsubst",
    Kind.WRITES: "mkdir touch rm rmdir tee chmod chown truncate mktemp gzip gunzip unzip patch",
    Kind.COPIES: "cp mv ln install tar rsync_",
    Kind.TESTS: "test [ [[ false grep egrep fgrep diff cmp",
    Kind.SCANS: "trivy grype syft dockle hadolint dive snyk container-structure-test",
    Kind.MOVES: "cd pushd popd",
    Kind.OPTIONS: "set shopt umask ulimit alias unalias trap",
    Kind.LEAVES: "exit return exec break continue",
    Kind.DOWNLOADS: "curl wget",
    Kind.LOGS_IN: "ssh-add",
    Kind.ACTS: "helm kubectl oc cosign ssh scp sftp rsync ftp mail sendmail glab gh release-cli argocd terraform "
    "ansible ansible-playbook twine notation flyctl heroku vercel netlify nomad consul vault",
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
    "apk": {},
    "helm": {"registry": Kind.LOGS_IN, "template": Kind.READS, "lint": Kind.READS}
    | dict.fromkeys(("dependency", "dep", "repo", "pull", "package"), Kind.UNKNOWN),
}

# Clouds' own programs act on what is outside, but for the words that only ask or log in.
_CLOUDS = frozenset({"aws", "gcloud", "az", "oci", "doctl", "ibmcloud", "aliyun"})
_IN_CLOUDS = (
    (Pattern(r"get-login|print-access-token|print-identity-token"), Kind.READS),
    (Pattern(r"(?:login|auth|configure|config|update-kubeconfig|get-credentials)$"), Kind.LOGS_IN),
    (Pattern(r"get-object$|download"), Kind.UNKNOWN),
    (Pattern(r"(?:get|describe|list|show|sts)(?:$|-)"), Kind.READS),
)
# Programs that act, with the words behind which they only ask.
_ASKED: dict[str, tuple[tuple[str, ...], ...]] = {
    "kubectl": (("get",), ("describe",), ("version",), ("config", "current-context")),
    "oc": (("get",), ("describe",), ("version",), ("whoami",)),
    "helm": (("version",), ("list",), ("status",), ("show",)),
    "cosign": (("version",),),
    "terraform": (("output",), ("version",), ("show",)),
    "vault": (("kv", "get"), ("read",), ("version",)),
    "consul": (("kv", "get"), ("version",)),
    "gh": (("--version",), ("auth", "status")),
    "glab": (("--version",), ("auth", "status")),
}
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "busybox", "eval", "xargs"})
ACTING = Pattern(r"\b(?:curl|wget|git\s+push|crane|skopeo|helm|kubectl|ssh|scp|rsync|cosign|docker|oras|aws|gcloud)\b")

# Commands that run the command behind them; the number says how many words of their own stand before it.
_WRAPPERS = {
    "command": 0,
    "env": 0,
    "exec": 0,
    "ionice": 0,
    "nice": 0,
    "nohup": 0,
    "retry": 0,
    "stdbuf": 0,
    "sudo": 0,
    "time": 0,
    "timeout": 1,
}
# They say where a command is, and run nothing (POSIX, "command").
_ASKING_FOR_COMMAND = frozenset({("command", "-v"), ("command", "-V")})
_NO_MORE: Mapping[str, int] = {}
# Their options that take the next word with them.
_OPTIONS_WITH_VALUE = frozenset({"-n", "-c", "-k", "-s", "-u", "-t", "-d", "--signal", "--kill-after", "--tries"})

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


# The command `w` of sed's own language: alone, or behind an address or a substitution.
_WRITES_BY_SED = Pattern(r"(?:^|[;}/0-9$])\s*w\s+\S")
_JUDGING = Pattern(r"(?<!la)test|scan|check|verif|valid|sign|lint|audit|assert|smoke|probe", re.IGNORECASE)


def kind_of(words: tuple[str, ...]) -> Kind:
    """Return what the command `words` does, from its name and, where that decides, its first words."""
    if not words:
        return Kind.PRINTS
    name = base_name(words[0])
    if words[:2] in _ASKING_FOR_COMMAND:
        return Kind.PRINTS
    if name in _CLOUDS:
        return next((kind for pattern, kind in _IN_CLOUDS if any(map(pattern.match, words[1:]))), Kind.ACTS)
    if name in _ASKED and any(words[1 : 1 + len(asked)] == asked for asked in _ASKED[name]):
        return Kind.READS
    if name in _SHELLS and ACTING.search(" ".join(words[1:])):
        return Kind.ACTS
    if name == "trap" and ACTING.search(" ".join(words[1:])):
        return Kind.ACTS
    if name in _SUBCOMMANDS:
        table = _SUBCOMMANDS[name]
        found = next((table[word] for word in words[1:] if word in table), None)
        return found or _KINDS.get(name, Kind.UNKNOWN)
    if name == "wait" and not any(word.startswith(("-", "%")) for word in words[1:]):
        return Kind.WAITS
    kind = _KINDS.get(name, Kind.UNKNOWN)
    if kind is Kind.READS and _changes_files(name, words[1:]):
        return Kind.UNKNOWN
    if kind is Kind.DOWNLOADS and _sends(words[1:]):
        return Kind.ACTS
    return kind


def base_name(word: str) -> str:
    """Return a command's name without the folder that an absolute path gives."""
    return word.rsplit("/", 1)[-1] if word.startswith("/") else word


def behind_wrappers(words: tuple[str, ...], more: Mapping[str, int] = _NO_MORE) -> int:
    """Return the index of the command that is run in the end, its wrappers (`env`, `timeout 5m`) passed over.

    Args:
        words: A command and its arguments.
        more: Further wrappers by their command word, with how many words of their own stand behind it.
    """
    at = 0
    while at < len(words) and words[at : at + 2] not in _ASKING_FOR_COMMAND:
        own_words = more.get(words[at], more.get(base_name(words[at]), _WRAPPERS.get(base_name(words[at]))))
        if own_words is None:
            break
        at += 1
        while at < len(words):
            text = words[at]
            if text in _OPTIONS_WITH_VALUE:
                at += 2
            elif text.startswith("-") or ("=" in text and "/" not in text.partition("=")[0]) or text.isdigit():
                own_words -= text.isdigit()
                at += 1
            elif own_words > 0:
                own_words -= 1
                at += 1
            else:
                break
    return min(at, len(words))


def judges(words: tuple[str, ...]) -> bool:
    """Tell whether an unknown command speaks of testing, so that what follows it waits for its verdict."""
    return bool(_JUDGING.search(" ".join(words)))


def has_option(arguments: tuple[str, ...], letter: str, *names: str) -> bool:
    """Tell whether an option is given, by one of its long names or by its letter, also in a group such as `-ri`."""
    short = (word for word in arguments if word.startswith("-") and not word.startswith("--"))
    return any(word.startswith(names) for word in arguments) or any(letter in word.partition("=")[0] for word in short)


def _changes_files(name: str, arguments: tuple[str, ...]) -> bool:
    """Tell whether a command that reads is told to write, or to run something else."""
    match name:
        case "find":
            return any(word.startswith(("-delete", "-exec", "-ok", "-fprint", "-fls")) for word in arguments)
        case "sort":
            return has_option(arguments, "o", "--output")
        case "sed":
            return has_option(arguments, "i", "--in-place") or any(_WRITES_BY_SED.search(word) for word in arguments)
        case "yq":
            return has_option(arguments, "i", "--in-place", "--inplace")
        case "awk":
            return any(mark in word for word in arguments for mark in (">", "system", "|", "inplace"))
        case "uniq" | "xxd":
            return sum(not word.startswith("-") for word in arguments) > 1
    return False


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
