"""What do the commands read, write and send that talk to a server, a registry or a cluster?"""

from __future__ import annotations

from kaniko_split.prove.claim import Claim, paths_of, words_in
from kaniko_split.prove.operands import files_among
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.symbols import is_known
from kaniko_split.source.patterns import Pattern

# They talk to a server or a registry, and write what their words name.
_REMOTE = words_in(
    """
    curl wget crane skopeo cosign trivy grype syft notation regctl oras dockle hadolint warmer snyk conftest aws
    mail sendmail
    """
)

_SENDS = (
    "-X",
    "--request",
    "-d",
    "--data",
    "-F",
    "--form",
    "-T",
    "--upload-file",
    "--post",
    "--method",
    "--body",
    "--json",
)

# Their manuals name all variables that they look at.
_DOCUMENTED = frozenset({"curl", "crane", "skopeo", "cosign", "trivy", "grype", "syft"})
# They log in, and leave that where every build finds it.
_LOGINS = frozenset({("gcloud", "auth"), ("crane", "auth"), ("docker", "login"), ("az", "login"), ("skopeo", "login")})

_LOGIN_FILES = frozenset({"/root", "/kaniko/.docker"})

# They ask or change a cluster, and read what their words name; of any other command of theirs nothing is known.
_CLUSTER = {
    "helm": words_in("upgrade install rollback uninstall list status history get lint verify"),
    "kubectl": words_in("apply set rollout get delete annotate label scale patch wait"),
}

# Of these, what looks at files alone.
_CHECKS = {"helm": words_in("lint verify")}

_REMOTE_WRITES = {
    "crane": frozenset(["push", "copy", "cp", "tag", "delete", "append", "mutate", "rebase", "index", "catalog"]),
    "skopeo": frozenset(["copy", "delete", "sync"]),
    "cosign": frozenset(["sign", "attest", "attach", "copy", "clean", "upload"]),
    "oras": frozenset(["push", "copy", "cp", "attach", "tag", "manifest"]),
    "notation": frozenset({"sign"}),
    "regctl": frozenset({"image", "tag", "manifest", "artifact"}),
}

_PIECES = Pattern(r"[=,:]")

# In one group of short options the file comes last: `-fsSLo FILE`, `-qO-`.
_SHORT_OUTPUT = Pattern(r"-[a-zA-Z]*[oO](?![a-zA-Z])(.*)")

_OUTPUTS = frozenset(
    {"-o", "-O", "--output", "--output-document", "--output-file", "--output-signature", "--file", "-D"}
)


def server_claim(name: str, operands: tuple[str, ...], folder: str, *, gates: bool) -> Claim | None:
    """Return what such a command does at most; None for any other command.

    Args:
        name: The command.
        operands: Its words without the first, symbols in them.
        folder: The folder that it runs in.
        gates: Whether its failure may be a verdict.
    """
    if (name, *operands[:1]) in _LOGINS:
        return Claim(paths_of(operands[1:], folder), _LOGIN_FILES, gates=True, environment=True)
    if operands and operands[0] in _CLUSTER.get(name, ()) and "--post-renderer" not in " ".join(operands):
        # A file may be named within a word: `--set-file k=values/x`, `--values=a,b`.
        pieces = tuple(piece for word in operands[1:] for piece in _PIECES.split(word))
        read = paths_of((*operands[1:], *pieces), folder)
        return Claim(read, gates=True, acts=operands[0] not in _CHECKS.get(name, ()), environment=True)
    if name not in _REMOTE:
        return None
    acts = (name in {"curl", "wget"} and _sends(operands)) or bool(
        _REMOTE_WRITES.get(name, frozenset()) & set(operands)
    )
    read, written = paths_of(files_among(name, operands), folder), _downloads(name, operands, folder)
    acts |= name in {"mail", "sendmail"}
    if name == "aws":
        acts = not any(word.startswith(("get-", "describe-", "list-", "ls")) for word in operands)
        sends = operands[:2] in {("s3", "cp"), ("s3", "sync")} and operands[-1].startswith("s3://")
        written = frozenset() if sends else read
    if name in {"curl", "wget"} and not acts and written and "--retry-connrefused" not in operands:
        # A download is there for its file; what only asks a server may be a verdict on it.
        gates = False
    tool = name if name in _DOCUMENTED and not any("env" in word for word in operands) else ""
    return Claim(read, written, gates=gates, acts=acts, environment=True, tool=tool)


def _downloads(name: str, operands: tuple[str, ...], folder: str) -> frozenset[str] | None:
    """Return the paths that a program writes which talks to a server."""
    if name in {"crane", "skopeo", "oras"} and set(operands) & {"pull", "export", "save", "copy", "cp", "sync"}:
        return paths_of(files_among(name, operands), folder)
    named: list[str] = []
    for number, word in enumerate(operands):
        flag, equals, value = word.partition("=")
        short = _SHORT_OUTPUT.fullmatch(word)
        if flag in _OUTPUTS and len(flag) > 2:
            named += [value] if equals else operands[number + 1 : number + 2]
        elif (short is not None and name in {"curl", "wget"}) or word[:2] in {"-o", "-O", "-D"}:
            rest = short[1] if short is not None else word[2:]
            named += [rest] if rest else operands[number + 1 : number + 2]
        elif word.startswith("--output"):
            named.append(value)
    paths = paths_of(tuple(word for word in named if word not in {"-", "/dev/null", "/dev/stdout"}), folder)
    here = path_in(folder, ".")
    saves = (name == "wget" and not named and "--spider" not in operands) or (
        name == "curl"
        and any(word in {"-O", "--remote-name", "-OJ", "-LO", "-sLO", "-fsSLO", "-sSLO"} for word in operands)
    )
    if saves:
        return None if paths is None or here is None else paths | {here}
    return paths


def _sends(operands: tuple[str, ...]) -> bool:
    """Tell whether curl or wget sends something: short options may stand in one group (`-sX POST`)."""
    for number, word in enumerate(operands):
        if word.startswith("--"):
            if word.startswith(tuple(sign for sign in _SENDS if sign.startswith("--"))):
                return "GET" not in (word, *operands[number + 1 : number + 2]) or not word.startswith("--request")
        elif word.startswith("-") and any(letter in word for letter in "XdFT"):
            return operands[number + 1 : number + 2] != ("GET",) and not word.endswith("GET")
    return not all(map(is_known, operands[:1]))
