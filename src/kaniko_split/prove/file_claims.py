"""What do the commands read and write that copy, move, make, remove and pack files?"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from kaniko_split.prove.claim import Claim, paths_of, words_in
from kaniko_split.prove.paths import is_whole, path_in
from kaniko_split.source.patterns import Pattern


def file_claim(name: str, operands: tuple[str, ...], folder: str, *, gates: bool) -> Claim:
    """Return what such a command does at most.

    Args:
        name: The command.
        operands: Its words without the first, symbols in them.
        folder: The folder that it runs in.
        gates: Whether its failure may be a verdict.
    """
    paths = paths_of(operands, folder)
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
    if name == "dd" or (name == "tar" and not any("C" in word or "f" in word for word in operands[:1])):
        return replace(claim, reads=None, writes=None)
    if name in _PACKS:
        return replace(claim, writes=_packed(paths, options, folder))
    if name in {"tar", "unzip", "split", "zip"}:
        to_folder = name == "unzip" and operands.count("-d") == 1 and operands[-1] != "-d"
        place = path_in(folder, operands[operands.index("-d") + 1] if to_folder else ".")
        return replace(claim, writes=None if place is None else frozenset({place}) if to_folder else paths | {place})
    if name in {"cp", "install", "ln", "mv"} and (folders := _target_folders(operands)):
        into = paths_of(tuple(folders), folder)
        return replace(claim, writes=None if into is None else paths if name == "mv" else into)
    if name in {"cp", "install", "ln", "mv"} and len(plain) >= 2 and not any("t" in word for word in options):
        return _to_target(name, plain, folder, claim, certain=not options)
    if name in {"mkdir", "touch"}:
        return Claim(frozenset(), paths, gates=gates)
    if name == "rm":
        known = all(is_whole(folder, word) for word in plain)
        return Claim(frozenset(), paths, paths if known else frozenset(), gates=gates)
    if name == "tee":
        whole = not options and all(is_whole(folder, word) for word in plain)
        return Claim(frozenset(), paths, paths if whole else frozenset(), gates=gates)
    return claim


# They write a file beside the one that they read, with another ending.
_PACKS = words_in("gzip gunzip")
_ENDINGS = (".gz", ".tgz")


def _packed(paths: frozenset[str], options: Sequence[str], folder: str) -> frozenset[str] | None:
    """Return what a program writes that packs or unpacks single files: options may give another name or ending."""
    if any(word.startswith(("-S", "--suffix", "-o", "--output")) for word in options):
        here = path_in(folder, ".")
        return None if here is None else paths | {here}
    packed = {f"{path}{end}" for path in paths for end in _ENDINGS}
    return paths | packed | {path.removesuffix(end) for path in paths for end in _ENDINGS}


def _to_target(name: str, plain: list[str], folder: str, claim: Claim, *, certain: bool) -> Claim:
    """Return what a command does whose last word is a new file or a folder; `certain` where no option changes that."""
    target, sources = plain[-1], plain[:-1]
    to = path_in(folder, target)
    read = paths_of(tuple(sources), folder)
    if to is None or read is None:
        return claim
    if name == "mv":
        return replace(claim, reads=read)
    # `cp f g`: where g is a folder, the file lies below it.
    one = len(sources) == 1 and is_whole(folder, target) and not target.endswith(("/", ".")) and certain
    return Claim(read, frozenset({to}), frozenset({to}) if one and to not in read else frozenset(), gates=claim.gates)


# They decide what the files are called, and whose they are.
_TAR_OPTIONS = ("--strip-components=", "--exclude=", "--no-same-", "--owner=", "--group=", "--warning=", "--overwrite")
_TAR_LETTERS = Pattern(r"-?[a-zA-Z]+")


def _tar(operands: tuple[str, ...], folder: str, paths: frozenset[str]) -> Claim | None:
    """Return what `tar` does; None where that is not known."""
    operands = tuple(word for word in operands if not word.startswith(_TAR_OPTIONS))
    letters = operands[0].removeprefix("-") if operands and _TAR_LETTERS.fullmatch(operands[0]) else ""
    if any(word.startswith("--") for word in operands):
        return None
    if "x" in letters and operands.count("-C") == 1 and operands[-1] != "-C":
        into = path_in(folder, operands[operands.index("-C") + 1])
        return None if into is None else Claim(paths - {into}, frozenset({into}))
    here = path_in(folder, ".")
    if "x" in letters:
        archive = operands[1:2] if letters[-1] == "f" else ()
        options = any(word.startswith("-") and word != "-" for word in operands[1:])
        read = frozenset[str]() if archive == ("-",) else paths_of(archive, folder)
        plain = not (options or "P" in letters or ("f" in letters and not archive))
        return Claim(read, frozenset({here})) if plain and here is not None and read is not None else None
    if not {*letters} & {"c", "t"}:
        return None
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
