"""What does one command do at most, as far as the proof believes?

These lists are the proof's own, and short: a command that is in none of them reads and writes every file, acts
outside of the container and may be a verdict. The plan's tables are not asked, so that the two can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kaniko_split.kaniko.command import is_executor
from kaniko_split.kaniko.leftovers import makes_workspace, removes_leftovers
from kaniko_split.prove.operands import files_among, is_plain_sed
from kaniko_split.prove.symbols import UNKNOWN_WORD, is_known, is_reference, is_whole, path_in
from kaniko_split.source.patterns import Pattern


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# They print, compare, wait or compute, and touch no file: their words are text (POSIX, "Utilities").
_TEXT = _words(
    """
    echo printf : true false test [ [[ sleep date basename dirname seq expr uname whoami id hostname
    """
)
# They read the files that their words name, and write none.
_LOOKS = _words(
    """
    cat ls grep egrep fgrep head tail wc cut tr uniq od cmp diff stat du df md5sum sha1sum sha256sum sha512sum
    readlink realpath column nproc pwd which type command hash base64 xxd nl rev tac comm paste fold tree free
    ps printenv file sort awk sed jq yq find xargs envsubst ts
    """
)
# They write what their words name, and nothing else.
_FILES = _words(
    """
    cp mv mkdir touch rm rmdir ln chmod chown chgrp install tee truncate tar gzip gunzip zip unzip dos2unix
    mktemp mkfifo dd split rsync
    """
)
# They talk to a server or a registry, and write what their words name.
_REMOTE = _words(
    """
    curl wget crane skopeo cosign trivy grype syft notation regctl oras dockle hadolint warmer snyk conftest aws
    mail sendmail
    """
)
# Their failure is an accident and no verdict on what was built: under `set -e` it gates no other image.
_NO_VERDICT = _words(
    """
    echo printf : true cp mkdir mv rm rmdir ls cat cd pushd popd export touch chmod chown ln date sleep sed tar
    tr cut head tail sort uniq basename dirname seq tee pwd wc install mktemp gzip gunzip unset set shift local
    readonly declare typeset shopt umask trap wait alias unalias ulimit hash which uname whoami id hostname
    nproc df du free ps base64 find stat readlink realpath printenv env warmer rsync ts
    envsubst
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
# They log in, and leave that where every build finds it.
_LOGINS = frozenset({("gcloud", "auth"), ("crane", "auth"), ("docker", "login"), ("az", "login"), ("skopeo", "login")})
_LOGIN_FILES = frozenset({"/root", "/kaniko/.docker"})
# They ask or change a cluster, and read what their words name; of any other command of theirs nothing is known.
_CLUSTER = {
    "helm": _words("upgrade install rollback uninstall list status history get"),
    "kubectl": _words("apply set rollout get delete annotate label scale patch wait"),
}
_REMOTE_WRITES = {
    "crane": frozenset(["push", "copy", "cp", "tag", "delete", "append", "mutate", "rebase", "index", "catalog"]),
    "skopeo": frozenset(["copy", "delete", "sync"]),
    "cosign": frozenset(["sign", "attest", "attach", "copy", "clean", "upload"]),
    "oras": frozenset(["push", "copy", "cp", "attach", "tag", "manifest"]),
    "notation": frozenset({"sign"}),
    "regctl": frozenset({"image", "tag", "manifest", "artifact"}),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a command does at most.

    Attributes:
        reads: The paths that it reads; None for every file.
        writes: The paths that it writes; None for every file.
        replaces: Those of them whose old content it neither reads nor keeps.
        gates: Whether its failure is a verdict on what came before.
        acts: Whether it does something outside of the container.
        environment: Whether it reads the exported variables.
        known: Whether one of the lists has it.
        fresh: Whether it gives another value each time.
    """

    reads: frozenset[str] | None = frozenset()
    writes: frozenset[str] | None = frozenset()
    replaces: frozenset[str] = frozenset()
    gates: bool = False
    acts: bool = False
    environment: bool = False
    known: bool = True
    fresh: bool = False

    def joined(self, other: Claim) -> Claim:
        """Return what two commands do at most, one after the other."""
        return Claim(
            None if self.reads is None or other.reads is None else self.reads | other.reads,
            None if self.writes is None or other.writes is None else self.writes | other.writes,
            frozenset(),
            self.gates or other.gates,
            self.acts or other.acts,
            self.environment or other.environment,
            self.known and other.known,
            self.fresh or other.fresh,
        )


NOTHING = Claim()
EVERYTHING = Claim(None, None, frozenset(), gates=True, acts=True, environment=True, known=False)


def claim_of(words: tuple[str, ...], folder: str) -> Claim:
    """Return what a command does at most.

    Args:
        words: Its words, symbols in them.
        folder: The folder that it runs in.
    """
    claim = _claim_of(words, folder)
    return replace(claim, fresh=True) if is_fresh(words) else claim


def is_fresh(words: tuple[str, ...]) -> bool:
    """Tell whether a command gives another value each time that it runs."""
    short, operands = _short(words), words[1:]
    text = " ".join(operands)
    return (
        short in {"date", "shuf", "uuidgen", "mktemp", "hostname"}
        or (short == "openssl" and "rand" in operands)
        or "/dev/urandom" in text
        or "/dev/random" in text
        or "/proc/sys/kernel/random" in text
        or (short == "awk" and "srand" in text)
        or (short in {"python3", "python"} and ("random" in text or "uuid" in text))
    )


def _claim_of(words: tuple[str, ...], folder: str) -> Claim:
    short = _short(words)
    gates = may_be_verdict(words)
    operands = words[1:]
    if makes_workspace(words) or (
        words[:1] and is_executor(words[0]) and words[1:] in {("version",), ("help",), ("--help",)}
    ):
        return NOTHING
    if removes_leftovers(words):
        # Without `-f` it fails where they are not.
        forced = any(word.startswith("-") and "f" in word for word in operands)
        return NOTHING if forced else Claim(frozenset({"/kaniko/0"}))
    if words[:1] in {("env",), ("/usr/bin/env",), ("export",)} and not operands:
        return Claim(environment=True)
    if words[:2] in {("command", "-v"), ("command", "-V")}:
        return NOTHING
    if short == "git":
        return _git(operands, folder)
    if short in _TEXT:
        # `test -f x` and `[ -d x ]` look at files.
        asks = short in {"test", "[", "[["} and any(word[:1] == "-" and word[1:] in _ASKS_FILES for word in operands)
        return Claim(_paths(operands, folder) if asks else frozenset(), gates=gates)
    if short in _LOOKS:
        return _look(short, operands, folder, gates=gates)
    if short in _FILES:
        return _file_command(short, operands, folder, gates=gates)
    if (short, *operands[:1]) in _LOGINS:
        return Claim(_paths(operands[1:], folder), _LOGIN_FILES, gates=True, environment=True)
    if operands and operands[0] in _CLUSTER.get(short, ()) and "--post-renderer" not in " ".join(operands):
        # A file may be named within a word: `--set-file k=values/x`, `--values=a,b`.
        pieces = tuple(piece for word in operands[1:] for piece in _PIECES.split(word))
        return Claim(_paths((*operands[1:], *pieces), folder), gates=True, acts=True, environment=True)
    if short in _REMOTE:
        acts = (short in {"curl", "wget"} and _sends(operands)) or bool(
            _REMOTE_WRITES.get(short, frozenset()) & set(operands)
        )
        read, written = _paths(files_among(short, operands), folder), _downloads(short, operands, folder)
        acts |= short in {"mail", "sendmail"}
        if short == "aws":
            acts = not any(word.startswith(("get-", "describe-", "list-", "ls")) for word in operands)
            sends = operands[:2] in {("s3", "cp"), ("s3", "sync")} and operands[-1].startswith("s3://")
            written = frozenset() if sends else read
        if short in {"curl", "wget"} and not acts and written and "--retry-connrefused" not in operands:
            # A download is there for its file; what only asks a server may be a verdict on it.
            gates = False
        return Claim(read, written, gates=gates, acts=acts, environment=True)
    return EVERYTHING


_PIECES = Pattern(r"[=,:]")
# In one group of short options the file comes last: `-fsSLo FILE`, `-qO-`.
_SHORT_OUTPUT = Pattern(r"-[a-zA-Z]*[oO](?![a-zA-Z])(.*)")
_OUTPUTS = frozenset(
    {"-o", "-O", "--output", "--output-document", "--output-file", "--output-signature", "--file", "-D"}
)


def _downloads(name: str, operands: tuple[str, ...], folder: str) -> frozenset[str] | None:
    """Return the paths that a program writes which talks to a server."""
    if name in {"crane", "skopeo", "oras"} and set(operands) & {"pull", "export", "save", "copy", "cp", "sync"}:
        return _paths(files_among(name, operands), folder)
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
    paths = _paths(tuple(word for word in named if word not in {"-", "/dev/null", "/dev/stdout"}), folder)
    here = path_in(folder, ".")
    saves = (name == "wget" and not named) or (
        name == "curl"
        and any(word in {"-O", "--remote-name", "-OJ", "-LO", "-sLO", "-fsSLO", "-sSLO"} for word in operands)
    )
    if saves:
        return None if paths is None or here is None else paths | {here}
    return paths


def _short(words: tuple[str, ...]) -> str:
    name = words[0] if words else ":"
    return name.rpartition("/")[2] if name.startswith(("/bin/", "/usr/bin/", "/busybox/", "/usr/local/bin/")) else name


def may_be_verdict(words: tuple[str, ...]) -> bool:
    """Tell whether the failure of a command may be a verdict on what came before it."""
    return _short(words) not in _NO_VERDICT


# What asks Git for commits alone; the working tree does not matter.
_GIT_COMMITS = _words(
    """
    rev-parse log show rev-list name-rev for-each-ref cat-file branch tag remote version ls-remote
    """
)
_GIT_TREE = _words(
    """
    status diff describe ls-files grep blame shortlog check-ignore
    """
)
_GIT_OWN = _words(
    """
    config fetch add commit
    """
)


def _git(operands: tuple[str, ...], folder: str) -> Claim:
    words = list(operands)
    while len(words) > 1 and words[0] in {"-C", "-c"}:
        del words[:2]
    name = words[0] if words else ""
    own = path_in(folder, ".git")
    if own is None or not is_known(name):
        return EVERYTHING
    if name in _GIT_COMMITS:
        return Claim(frozenset({own}), gates=True, environment=True)
    if name in _GIT_TREE:
        return Claim(None, gates=True, environment=True)
    if name == "push":
        return Claim(frozenset({own}), gates=True, acts=True, environment=True)
    if name in _GIT_OWN:
        return Claim(None, frozenset({own, "/root/.gitconfig"}), gates=name != "config", environment=True)
    return EVERYTHING


_ASKS_FILES = frozenset("abcdefghkprstuwxGLNOS") | {"nt", "ot", "ef"}
# A program of these may run commands or write files.
_WRITES_IN_AWK = (">", "system(", '| "', '|"', "close(", "getline")


def _look(name: str, operands: tuple[str, ...], folder: str, *, gates: bool) -> Claim:
    files = files_among(name, operands)
    if name == "find":
        return _find(operands, folder)
    paths = _paths(files, folder)
    if name in {"ls", "du", "tree", "grep", "egrep", "fgrep"} and paths is not None:
        plain = [word for word in files if not word.startswith("-")]
        here = path_in(folder, ".")
        recursive = name not in {"grep", "egrep", "fgrep"} or any(
            word.startswith("-") and ("r" in word or "R" in word) for word in operands
        )
        if here is None:
            paths = None
        elif recursive and not plain:
            paths |= {here}
    if name == "xargs":
        return _xargs(operands, folder)
    if name == "awk" and any(sign in word for word in operands for sign in _WRITES_IN_AWK):
        return EVERYTHING
    if name == "envsubst":
        return Claim(paths, environment=True, gates=gates)
    if name == "printenv":
        return Claim(environment=True, gates=gates)
    if name in {"jq", "yq"}:
        in_place = any(word in {"-i", "--inplace"} for word in operands)
        return Claim(paths, paths if in_place else frozenset(), gates=gates, environment=True)
    if name == "sed" and not is_plain_sed(operands):
        return EVERYTHING
    if name == "sed" and any(word.startswith(("-i", "--in-place", "-ni", "-ri", "-Ei")) for word in operands):
        return Claim(paths, paths, gates=gates)
    if name == "sort" and "-o" in operands:
        return Claim(paths, paths, gates=gates)
    return Claim(paths, gates=gates)


def _xargs(operands: tuple[str, ...], folder: str) -> Claim:
    """Return what the command behind `xargs` does with a word that nobody knows; `-I@` says where that is."""
    words, sign = list(operands), ""
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option[:2] not in {"-0", "-r", "-n", "-I", "-L", "-P", "-t"}:
            return EVERYTHING
        value = option[2:]
        if option[1] in "nILP" and not value:
            value = words.pop(0) if words else ""
        sign = value if option[1] == "I" else sign
    if not words or words[0] in {"sh", "bash", "xargs", "env", "find"} or not is_known(words[0]):
        return EVERYTHING
    inner = [word.replace(sign, UNKNOWN_WORD) for word in words] if sign else [*words, UNKNOWN_WORD]
    claim = claim_of(tuple(inner), folder)
    return replace(claim, replaces=frozenset())


_FIND_NOT_FOLLOWED = frozenset({"-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls"})


def _find(operands: tuple[str, ...], folder: str) -> Claim:
    """Return what `find` does below the folders that it begins in, and what it runs there (POSIX, "find")."""
    words = list(operands)
    while words and words[0] in {"-L", "-H", "-P"}:
        words.pop(0)
    roots: list[str] = []
    while words and not (words[0].startswith(("-", "(", "!")) and is_known(words[0])):
        roots.append(words.pop(0))
    roots = roots or ["."]
    below = _paths(tuple(roots), folder)
    if below is None or _FIND_NOT_FOLLOWED & {*words}:
        return EVERYTHING
    claim = Claim(below, below if "-delete" in words else frozenset())
    while "-exec" in words:
        del words[: words.index("-exec") + 1]
        end = next((number for number, word in enumerate(words) if word in {";", "\\;", "+"}), len(words))
        for root in roots:
            inner = tuple(word.replace("{}", f"{root}/{UNKNOWN_WORD}") for word in words[:end])
            claim = claim.joined(claim_of(inner, folder)) if inner and is_known(inner[0]) else EVERYTHING
    return claim


def _file_command(name: str, operands: tuple[str, ...], folder: str, *, gates: bool) -> Claim:
    paths = _paths(operands, folder)
    plain = [word for word in operands if not word.startswith("-")]
    options = [word for word in operands if word.startswith("-")]
    claim = Claim(paths, paths, gates=gates)
    if paths is None:
        return claim
    if name == "rsync" and any(":" in word for word in plain):
        return replace(claim, acts=True)
    if name == "mktemp":
        return Claim(frozenset(), paths, gates=gates)
    if name == "tar" and (done := _tar(operands, folder, paths)) is not None:
        return replace(done, gates=gates)
    if name == "tar" and not any("C" in word or "f" in word for word in operands[:1]):
        return replace(claim, reads=None, writes=None)
    if name in {"tar", "unzip", "split", "zip", "gunzip", "gzip"}:
        here = path_in(folder, ".")
        return replace(claim, writes=None if here is None else paths | {here})
    if name == "dd":
        return replace(claim, reads=None, writes=None)
    if name in {"cp", "install", "ln", "mv"} and (folders := _target_folders(operands)):
        to = [path_in(folder, word) for word in folders]
        return replace(claim, writes=None if None in to else paths if name == "mv" else frozenset(filter(None, to)))
    if name in {"cp", "install", "ln"} and len(plain) >= 2 and not any("t" in word for word in options):
        target, sources = plain[-1], plain[:-1]
        to = path_in(folder, target)
        read = _paths(tuple(sources), folder)
        if to is None or read is None:
            return claim
        # `cp f g`: where g is a folder, the file lies below it.
        one = len(sources) == 1 and is_whole(folder, target) and not target.endswith(("/", ".")) and not options
        return Claim(read, frozenset({to}), frozenset({to}) if one and to not in read else frozenset(), gates=gates)
    if name in {"mkdir", "touch"}:
        return Claim(frozenset(), paths, gates=gates)
    if name == "rm":
        known = all(is_whole(folder, word) for word in plain)
        return Claim(frozenset(), paths, paths if known else frozenset(), gates=gates)
    if name == "tee":
        return Claim(frozenset(), paths, frozenset() if options else paths, gates=gates)
    return claim


_TAR_LETTERS = Pattern(r"-?[a-zA-Z]+")


def _tar(operands: tuple[str, ...], folder: str, paths: frozenset[str]) -> Claim | None:
    """Return what `tar` does that creates or lists an archive; None where it unpacks, or where that is not known."""
    letters = operands[0].removeprefix("-") if operands and _TAR_LETTERS.fullmatch(operands[0]) else ""
    if "x" in letters or not {*letters} & {"c", "t"} or any(word.startswith("--") for word in operands):
        return None
    here = path_in(folder, ".")
    moves = any(word.startswith("-C") for word in operands)
    if here is None or (letters[-1] != "f" and "f" in letters):
        return None
    read = paths | {here} if moves else paths
    if "c" not in letters or "f" not in letters or operands[1:2] == ("-",):
        return Claim(read)
    to = path_in(folder, operands[1]) if operands[1:] else None
    return None if to is None else Claim(read, frozenset({to}))


# In one group of short options the folder comes last: `-vt web`, `-tweb`.
_SHORT_TARGET = Pattern(r"-[a-su-zA-Z]*t(.*)")


def _target_folders(operands: tuple[str, ...]) -> list[str]:
    """Return the folders that `-t` and `--target-directory` name (GNU Coreutils, "Target directory")."""
    named: list[str] = []
    for number, word in enumerate(operands):
        if word == "--":
            break
        flag, equals, value = word.partition("=")
        short = _SHORT_TARGET.fullmatch(word)
        if len(flag) > 3 and "--target-directory".startswith(flag):
            named += [value] if equals else operands[number + 1 : number + 2]
        elif short is not None:
            named += [short[1]] if short[1] else operands[number + 1 : number + 2]
    return named


def _paths(words: tuple[str, ...], folder: str) -> frozenset[str] | None:
    """Return every path that words may name: whole words, and what stands after `=` or an option's letter."""
    paths: set[str] = set()
    for word in words:
        attached = word[2:] if word.startswith("-") and ("/" in word or "." in word or word.startswith("-t")) else ""
        for text in {word, word.partition("=")[2], attached}:
            if not text or text.startswith("-") or "\n" in text or is_reference(text):
                continue
            path = path_in(folder, text)
            if path is None:
                if not is_known(text) and text is not word:
                    continue
                return None
            paths.add(path)
    return frozenset(paths)


def _sends(operands: tuple[str, ...]) -> bool:
    """Tell whether curl or wget sends something: short options may stand in one group (`-sX POST`)."""
    for number, word in enumerate(operands):
        if word.startswith("--"):
            if word.startswith(tuple(sign for sign in _SENDS if sign.startswith("--"))):
                return "GET" not in (word, *operands[number + 1 : number + 2]) or not word.startswith("--request")
        elif word.startswith("-") and any(letter in word for letter in "XdFT"):
            return operands[number + 1 : number + 2] != ("GET",) and not word.endswith("GET")
    return not all(map(is_known, operands[:1]))
