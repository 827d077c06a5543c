"""What does one command do at most, as far as the proof believes?

These lists are the proof's own, and short: a command that is in none of them reads and writes every file, acts
outside of the container and may be a verdict. The plan's tables are not asked, so that the two can disagree.
"""

from __future__ import annotations

from itertools import pairwise

from msgspec.structs import replace

from kaniko_split.kaniko.command import is_executor
from kaniko_split.kaniko.leftovers import makes_workspace, removes_leftovers
from kaniko_split.prove.claim import EVERYTHING, NOTHING, Claim, paths_of, short_name, words_in
from kaniko_split.prove.file_claims import file_claim
from kaniko_split.prove.operands import files_among, files_of_insertion, is_plain_sed
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.symbols import UNKNOWN_WORD, is_known
from kaniko_split.prove.tool_claims import tool_claim
from kaniko_split.source.patterns import Pattern

# They print, compare, wait or compute, and touch no file: their words are text (POSIX, "Utilities").
_TEXT = words_in(
    """
    echo printf : true false test [ [[ sleep date basename dirname seq expr uname whoami id hostname yes cal uptime w
    who tty arch groups logname hostid getconf lscpu lsblk lsmod vmstat iostat pidof pgrep lsb_release uuidgen usleep
    history clear
    """
)

# They read the files that their words name, and write none.
_LOOKS = words_in(
    """
    cat ls grep egrep fgrep head tail wc cut tr uniq od cmp diff stat du df md5sum sha1sum sha256sum sha512sum
    readlink realpath column nproc pwd which type command hash base64 xxd nl rev tac comm paste fold tree free
    ps printenv file sort awk sed jq yq find xargs envsubst ts join fmt expand unexpand base32 hexdump hd strings
    tsort bc dir vdir pathchk cksum sum crc32 sha224sum sha384sum sha3sum b2sum shasum zcat gzcat bzcat xzcat lzcat
    zstdcat zgrep rg ag diff3 colordiff lsof netstat ss
    pr sync uuencode
    """
)

# They ask a server, and write nothing.
_ASKS = words_in("host whois ipcalc ping6")

# They ask a daemon what it has.
_DAEMONS = words_in("docker podman buildah nerdctl")

# They write what their words name, and nothing else.
_FILES = words_in(
    """
    cp mv mkdir touch rm rmdir ln chmod chown chgrp install tee truncate tar gzip gunzip zip unzip dos2unix
    mktemp mkfifo dd split rsync
    """
)

# Their failure is an accident and no verdict on what was built: under `set -e` it gates no other image.
_NO_VERDICT = words_in(
    """
    echo printf : true cp mkdir mv rm rmdir ls cat cd pushd popd export touch chmod chown ln date sleep sed tar
    tr cut head tail sort uniq basename dirname seq tee pwd wc install mktemp gzip gunzip unset set shift local
    readonly declare typeset shopt umask trap wait alias unalias ulimit hash which uname whoami id hostname
    nproc df du free ps base64 find stat readlink realpath printenv env warmer rsync ts
    envsubst yes cal uptime w who tty arch groups logname hostid getconf lscpu lsblk lsmod vmstat iostat lsb_release
    uuidgen usleep nl od rev tac column comm paste fold tree xxd file fmt expand unexpand base32 hexdump hd strings
    tsort dir vdir zcat gzcat bzcat xzcat lzcat zstdcat cksum sum crc32 netstat ss
    join bc dig host nslookup getent whois ipcalc bzip2 bunzip2 xz unxz lzma unlzma
    zstd unzstd
    history clear pr sync uuencode dd dos2unix mkfifo split truncate unzip zip
    """
)


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
    short, operands = short_name(words), words[1:]
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
    short = short_name(words)
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
    told = tool_claim(short, operands, folder)
    if told is not None:
        return told
    if short == "git":
        return _git(operands, folder)
    if short in _TEXT:
        # `test -f x` and `[ -d x ]` look at files.
        asks = short in {"test", "[", "[["} and any(word[:1] == "-" and word[1:] in _ASKS_FILES for word in operands)
        return Claim(paths_of(operands, folder) if asks else frozenset(), gates=gates)
    if short in _LOOKS:
        return _look(short, operands, folder, gates=gates)
    if short in _DAEMONS and operands in {("ps",), ("images",), ("info",), ("version",)}:
        return Claim(environment=True)
    if short in _ASKS:
        return Claim(None, gates=gates, environment=True)
    if short in _FILES:
        return file_claim(short, operands, folder, gates=gates)
    from kaniko_split.prove.server_claims import server_claim

    return server_claim(short, operands, folder, gates=gates) or EVERYTHING


def may_be_verdict(words: tuple[str, ...]) -> bool:
    """Tell whether the failure of a command may be a verdict on what came before it."""
    name = short_name(words)
    if name == "awk":
        # It fails where its program says so.
        return not all(map(is_known, words)) or any("exit" in word or word.startswith("-f") for word in words)
    if name in _SUMS:
        # With `-c` they compare.
        return any(word.startswith("--c") or _has_letter(word, "c") for word in words[1:])
    if name in {"jq", "yq"}:
        return not all(map(is_known, words)) or any(
            word.startswith("--e") or _has_letter(word, "e") or "error" in word for word in words[1:]
        )
    # A command of crane is one word, and one of regctl two.
    looks = any(" ".join((name, *words[1:end])) in _IMAGE_LOOKS for end in (2, 3))
    return not looks and name not in _NO_VERDICT


# They print what a registry says of an image.
_IMAGE_LOOKS = frozenset(
    f"{name} {command}"
    for name, commands in {
        "crane": "digest ls manifest config catalog version",
        "oras": "repo discover resolve version",
        "regctl image": "config digest inspect manifest ratelimit",
        "regctl manifest": "get head",
        "regctl repo": "ls list",
        "regctl tag": "ls list",
        "regctl artifact": "list tree",
    }.items()
    for command in commands.split()
)


def gives_text(words: tuple[str, ...]) -> bool:
    """Tell whether a command in a substitution is run for the lines that it finds, and does not judge."""
    quiet = any(word.startswith("--q") or _has_letter(word, "q") for word in words[1:])
    return short_name(words) in _FINDS and not quiet


_FINDS = words_in("awk diff egrep fgrep grep jq yq")


def _has_letter(word: str, letter: str) -> bool:
    """Tell whether a word is a group of short options with a letter."""
    return word.startswith("-") and word[1:2] != "-" and letter in word


_SUMS = words_in("md5sum sha1sum sha224sum sha256sum sha384sum sha512sum sha3sum b2sum shasum")

# What asks Git for commits alone; the working tree does not matter.
_GIT_COMMITS = words_in(
    """
    ls-tree rev-parse log show rev-list name-rev for-each-ref cat-file branch tag remote version ls-remote
    """
)

_GIT_TREE = words_in(
    """
    status diff describe ls-files grep blame shortlog check-ignore
    """
)

# They print what is there; the words of the second line make a verdict of it.
_GIT_LOOKS = words_in(
    """
    ls-files blame log show status shortlog describe rev-parse name-rev for-each-ref version diff branch tag remote
    """
)
_GIT_VERDICTS = words_in("--error-unmatch --exit-code --quiet -q --verify -e --exact-match --check --is-ancestor")

# They change the working tree, or files that no word names; none sends anything.
_GIT_CHANGES = words_in(
    """
    archive apply bundle checkout clean clone format-patch gc init lfs mv pull reset restore rm sparse-checkout stash
    submodule switch worktree
    """
)
_GIT_CHECKS = words_in("verify-commit verify-tag fsck")

_GIT_OWN = words_in(
    """
    config add commit
    """
)


def _git(operands: tuple[str, ...], folder: str) -> Claim:
    words = list(operands)
    while len(words) > 1 and words[0] in {"-C", "-c"}:
        del words[:2]
    name = words[0] if words else ""
    own = path_in(folder, ".git")
    if name == "clone" and words == list(operands):
        return _git_clone(operands[1:], folder)
    if name in _GIT_CHANGES and "push" not in words and "foreach" not in words:
        return Claim(None, None, environment=True)
    if own is None or not is_known(name):
        return EVERYTHING
    if name in _GIT_CHECKS:
        return Claim(frozenset({own}), gates=True, environment=True)
    judges = name not in _GIT_LOOKS or bool(_GIT_VERDICTS & {*words}) or not all(map(is_known, words))
    if name in _GIT_COMMITS:
        return Claim(frozenset({own}), gates=judges, environment=True)
    if name in _GIT_TREE:
        return Claim(None, gates=judges, environment=True)
    if name == "push":
        return Claim(frozenset({own}), gates=True, acts=True, environment=True)
    if name == "fetch":
        return Claim(None, frozenset({own}), environment=True)
    if name in _GIT_OWN:
        return Claim(None, frozenset({own, "/root/.gitconfig"}), gates=name != "config", environment=True)
    return EVERYTHING


_ADDRESS = Pattern(r"(?:https?|ssh|git)://.+|[\w.-]+@[\w.-]+:.+")


def _git_clone(words: tuple[str, ...], folder: str) -> Claim:
    """Return what `git clone` does: it writes the folder that follows the address, or is named after it."""
    address = next((number for number, word in enumerate(words) if _ADDRESS.fullmatch(word)), None)
    odd = any(word.startswith(("-c", "--config", "--ref", "--sep", "--templ")) for word in words)
    named = words[address + 1 :] if address is not None else ()
    if address is None or odd or len(named) > 1 or any(word.startswith("-") for word in named):
        return Claim(None, None, environment=True)
    base = words[address].rstrip("/").rpartition("/")[2].removesuffix(".git")
    into = path_in(folder, named[0] if named else base) if is_known(base) or named else None
    return Claim(frozenset(), None if into is None else frozenset({into}), environment=True)


_ASKS_FILES = frozenset("abcdefghkprstuwxGLNOS") | {"nt", "ot", "ef"}

# A program of these may run commands or write files.
_WRITES_IN_AWK = ("system(", '| "', '|"', "close(", "getline")
# After `print`, `>` leads into a file; before any it compares (POSIX, "awk").
_AWK_REDIRECT = Pattern(r"(?s)\bprintf?\b.*>")


def _look(name: str, operands: tuple[str, ...], folder: str, *, gates: bool) -> Claim:
    files = files_among(name, operands)
    if name == "find":
        return _find(operands, folder)
    paths = paths_of(files, folder)
    if name in {"ls", "dir", "vdir", "du", "tree", "rg", "ag", "grep", "egrep", "fgrep"} and paths is not None:
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
    if name == "awk" and any(
        _AWK_REDIRECT.search(word) or any(sign in word for sign in _WRITES_IN_AWK) for word in operands
    ):
        return EVERYTHING
    if name == "envsubst":
        return Claim(paths, environment=True, gates=gates)
    if name == "printenv":
        return Claim(environment=True, gates=gates)
    if name in {"jq", "yq"}:
        in_place = any(word in {"-i", "--inplace"} for word in operands)
        # A filter sees the environment by `env`, `$ENV` and the like.
        sees = any("env" in word.lower() or not is_known(word) for word in operands)
        return Claim(paths, paths if in_place else frozenset(), gates=gates, environment=sees)
    if name == "sed" and (inserted := files_of_insertion(operands)):
        paths = paths_of(inserted, folder)
    elif name == "sed" and not is_plain_sed(operands):
        return EVERYTHING
    if name == "sed" and any(word.startswith(("-i", "--in-place", "-ni", "-ri", "-Ei")) for word in operands):
        return Claim(paths, paths, gates=gates)
    if name == "sort" and "-o" in operands:
        # The word after `-o` is the only file that it writes.
        named = [word for before, word in pairwise(operands) if before == "-o"]
        return Claim(paths, paths_of(tuple(named), folder), gates=gates)
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
    below = paths_of(tuple(roots), folder)
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
