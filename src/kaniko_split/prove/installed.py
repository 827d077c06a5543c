"""Which programs does a command install, and does a later one run them?

A program is known by its name, in whatever folder of `PATH` it lies: a file of a folder of its own stands for it.
"""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from kaniko_split.prove.claim import Claim, words_in
from kaniko_split.prove.symbols import is_known

_PROGRAMS = "/proc/programs"
_FOLDERS = words_in("/bin /busybox /sbin /usr/bin /usr/local/bin /usr/local/sbin /usr/sbin")
_ABOVE = frozenset({"/", "/usr", "/usr/local"})
# They run no program: words of the shell, and what the proof itself notes.
_OF_THE_SHELL = words_in(
    """
    = case call [[ (( [ test echo printf : true false cd pushd popd export set unset shift read wait trap exit return
    eval . source local readonly declare typeset umask ulimit type command hash alias unalias exec let shopt break
    continue kill pwd
    """
)


def installs(claim: Claim) -> frozenset[str]:
    """Return what stands for the programs that a command installs, or for all of them."""
    paths = claim.writes or frozenset()
    named = {f"{_PROGRAMS}/{posixpath.basename(path)}" for path in paths if posixpath.dirname(path) in _FOLDERS}
    return frozenset(named | ({_PROGRAMS} if paths & (_FOLDERS | _ABOVE) else set()))


def with_programs(words: tuple[str, ...], claim: Claim, installed: frozenset[str]) -> Claim:
    """Return a claim with the program that is run, where that was installed, and with those that are installed.

    Args:
        words: The words of the command.
        claim: What it does.
        installed: What stands for the programs that earlier commands have installed.
    """
    name = words[0] if words else ""
    runs = is_known(name) and name not in _OF_THE_SHELL and "/" not in name
    program = f"{_PROGRAMS}/{name}"
    if runs and claim.reads is not None and installed & {_PROGRAMS, program}:
        claim = replace(claim, reads=claim.reads | {program})
    own = installs(claim)
    return replace(claim, writes=(claim.writes or frozenset()) | own) if own else claim
