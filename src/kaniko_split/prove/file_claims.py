"""What do the commands read and write that copy, move, make, remove and pack files?"""

from __future__ import annotations

from dataclasses import replace

from kaniko_split.prove.claim import Claim, paths_of
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
    if name == "tar" and not any("C" in word or "f" in word for word in operands[:1]):
        return replace(claim, reads=None, writes=None)
    if name in {"tar", "unzip", "split", "zip", "gunzip", "gzip"}:
        here = path_in(folder, ".")
        return replace(claim, writes=None if here is None else paths | {here})
    if name == "dd":
        return replace(claim, reads=None, writes=None)
    if name in {"cp", "install", "ln", "mv"} and (folders := _target_folders(operands)):
        into = paths_of(tuple(folders), folder)
        return replace(claim, writes=None if into is None else paths if name == "mv" else into)
    if name in {"cp", "install", "ln"} and len(plain) >= 2 and not any("t" in word for word in options):
        target, sources = plain[-1], plain[:-1]
        to = path_in(folder, target)
        read = paths_of(tuple(sources), folder)
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
        whole = not options and all(is_whole(folder, word) for word in plain)
        return Claim(frozenset(), paths, paths if whole else frozenset(), gates=gates)
    return claim


_TAR_LETTERS = Pattern(r"-?[a-zA-Z]+")


def _tar(operands: tuple[str, ...], folder: str, paths: frozenset[str]) -> Claim | None:
    """Return what `tar` does; None where that is not known."""
    letters = operands[0].removeprefix("-") if operands and _TAR_LETTERS.fullmatch(operands[0]) else ""
    if any(word.startswith("--") for word in operands):
        return None
    if "x" in letters and operands.count("-C") == 1 and operands[-1] != "-C":
        into = path_in(folder, operands[operands.index("-C") + 1])
        return None if into is None else Claim(paths, frozenset({into}))
    if "x" in letters or not {*letters} & {"c", "t"}:
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
