"""What do the commands read, write and send that talk to a server, a registry or a cluster?"""

from __future__ import annotations

from kaniko_split.prove.claim import Claim, paths_of, words_in
from kaniko_split.prove.httpie import httpie_claim
from kaniko_split.prove.operands import files_among
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.symbols import is_known
from kaniko_split.source.patterns import Pattern

# They talk to a server or a registry, and write what their words name.
_REMOTE = words_in(
    """
    curl wget crane skopeo cosign trivy grype syft notation regctl oras dockle hadolint warmer snyk conftest aws
    mail sendmail nc
    """
)

# HTTPie and what takes its words (HTTPie, "Redirected input", "Download mode", "Output options").
_HTTPIE = words_in("http https xh xhs")

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
# Engines whose images lie in a store of their own.
_ENGINES = words_in("docker podman nerdctl buildah")

# They log in, and leave that where every build finds it.
_LOGINS = frozenset({("gcloud", "auth"), ("crane", "auth"), ("docker", "login"), ("az", "login"), ("skopeo", "login")})

_LOGIN_FILES = frozenset({"/root", "/kaniko/.docker"})

# They ask or change a cluster, and read what their words name; of any other command of theirs nothing is known.
_CLUSTER = {
    "helm": words_in(
        "upgrade install rollback uninstall delete del test push list ls status history get lint verify template"
    ),
    **dict.fromkeys(
        ("kubectl", "oc"),
        words_in(
            """
            apply create replace set rollout get describe version explain logs top api-resources api-versions delete
            annotate label scale patch wait expose autoscale cordon uncordon drain taint certificate tag import-image
            start-build new-app new-project
            """
        ),
    ),
}

# Of these, what changes nothing.
_CHECKS = {"helm": words_in("lint verify template list ls status history get")} | dict.fromkeys(
    ("kubectl", "oc"), words_in("get describe version explain logs top api-resources api-versions wait")
)
# Of these, what only prints what a server says.
_CLUSTER_LOOKS = {"helm": words_in("list ls status history get")} | dict.fromkeys(
    ("kubectl", "oc"), words_in("get describe version explain logs top api-resources api-versions")
)

_REMOTE_WRITES = {
    "crane": frozenset(["push", "copy", "cp", "tag", "delete", "append", "mutate", "rebase", "index", "catalog"]),
    "skopeo": frozenset(["copy", "delete", "sync"]),
    "cosign": frozenset(["sign", "attest", "attach", "copy", "clean", "upload"]),
    "oras": frozenset(["push", "copy", "cp", "attach", "tag", "manifest"]),
    "notation": frozenset({"sign"}),
    "regctl": words_in("copy cp create import mod add put delete del rm"),
}

_ASKS_WHETHER = Pattern(r"-[a-zA-Z]*f[a-zA-Z]*|--fail(-with-body)?|--spider")
# With these they read what is there.
_CONTINUES = words_in("-C -c -z -N --continue --continue-at --time-cond --timestamping --append")
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
    words = " ".join(operands)
    odd = "--post-renderer" in words or "--output-dir" in words
    if operands and operands[0] in _CLUSTER.get(name, ()) and not odd:
        # A file may be named within a word: `--set-file k=values/x`, `--values=a,b`.
        named = [word for word in operands[1:] if not word.startswith(("oci://", "https://", "http://"))]
        read = paths_of((*named, *(piece for word in named for piece in _PIECES.split(word))), folder)
        looks = operands[0] in _CLUSTER_LOOKS[name]
        return Claim(read, gates=not looks, acts=operands[0] not in _CHECKS[name], environment=True)
    if name in _HTTPIE:
        return httpie_claim(operands, folder)
    if name in _ENGINES and operands[:1] in {("push",), ("pull",), ("tag",)}:
        return Claim(gates=True, acts=operands[0] == "push", environment=True)
    if name not in _REMOTE:
        return None
    acts = (name in {"curl", "wget"} and _sends(operands)) or bool(
        _REMOTE_WRITES.get(name, frozenset()) & set(operands)
    )
    read, written = paths_of(files_among(name, operands), folder), _downloads(name, operands, folder)
    acts |= name in {"mail", "sendmail", "nc"}
    if name == "aws":
        copies = operands[:2] in {("s3", "cp"), ("s3", "sync")} and is_known(operands[-1][:1])
        sends = copies and operands[-1].startswith("s3://")
        asks = any(word.startswith(("get-", "describe-", "list-", "ls")) for word in operands)
        acts = not asks and (sends or not copies)
        written = frozenset() if sends else read
        gates = gates and (acts or "wait" in operands)
    if name in {"curl", "wget"} and not acts and "--retry-connrefused" not in operands:
        # A download is there for its file or its text; what only asks whether a server answers is a verdict on it.
        gates = gates and not written and any(_ASKS_WHETHER.fullmatch(word) for word in operands)
    replaced = frozenset[str]()
    if name in {"curl", "wget"} and read is not None and written and not _CONTINUES & {*operands}:
        read, replaced = read - written, written
    tool = name if name in _DOCUMENTED and not any("env" in word for word in operands) else ""
    return Claim(read, written, replaced, gates=gates, acts=acts, environment=True, tool=tool)


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
