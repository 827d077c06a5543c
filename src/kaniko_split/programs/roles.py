"""What does a word do to a command's effect, by its role?"""

from __future__ import annotations

import posixpath
from typing import assert_never

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Role
from kaniko_split.programs.usage import holds_expansion, is_certain
from kaniko_split.source.patterns import Pattern

# Nothing that is written there is a file of the job.
_NO_FILE = frozenset(
    {"-", "/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/stdin", "/dev/fd/1", "/dev/fd/2"}
)
_OUTSIDE = Pattern(r"[A-Za-z][\w+.-]*://.*|(?:[\w.$@{}-]+@)?[\w.${}-]+:.*", 16)
# Transports that name a local path (containers-transports(5)); the rest of the table's names are images.
_LOCAL_TRANSPORT = Pattern(
    r"(?:oci|oci-archive|docker-archive|dir|oci-dir|singularity|file|sif|sbom|tarball|ocifile|ocidir):(?!//)"
)
_FILE_URL = Pattern(r"file:(?://)?", 2)


def in_folder(base: str, word: str) -> str:
    """Return the path of a word that is relative to the folder `base`, itself relative to the working directory."""
    if not base or word.startswith("/") or word == "-":
        return word
    return base if word in {".", ""} else posixpath.join(base, word)


def with_word(effect: CommandEffect, role: Role, word: str, rest: tuple[str, ...]) -> CommandEffect | None:
    """Return `effect` with what a word of this role adds; None where it may be anything.

    Args:
        effect: What is known so far.
        role: What the word is to the program.
        word: The word; a path has its folder already.
        rest: The words after it, for a command.
    """
    match role:
        case Role.TEXT | Role.BASE:
            return effect
        case Role.READ | Role.WRITE | Role.NEW | Role.CHANGE | Role.GONE | Role.MOVE | Role.TARGET | Role.LINK:
            return _with_file(effect, role, word)
        case Role.SEARCH:
            return replace(effect, searches=effect.searches | {word})
        case Role.IMAGE:
            return replace(effect, images=effect.images | {word})
        case Role.URL | Role.DATA | Role.FORM:
            return _with_text(effect, role, word)
        case Role.PLACE | Role.PLACETO | Role.ARCHIVE | Role.ARCHIVETO:
            return _with_place(effect, role, word)
        case Role.COMMAND:
            return replace(effect, runs=(word, *rest))
        case Role.SHELL:
            return replace(effect, runs_text=word) if effect.runs_text is None else None
        case Role.SCRIPT:
            return None
        case Role.NAME:
            if holds_expansion(word):
                return replace(effect, reads_environment=Certainty.MAYBE)
            return replace(effect, names=effect.names | {word})
        case Role.INPUT:
            return replace(effect, reads_input=True)
        case _:
            assert_never(role)


def with_unsure_word(effect: CommandEffect, role: Role, word: str) -> CommandEffect | None:
    """Return `effect` with what a word adds that may have this role; None where it may be anything."""
    match role:
        case Role.TEXT | Role.INPUT:
            return effect
        case Role.READ | Role.DATA | Role.FORM | Role.URL | Role.PLACE:
            return replace(effect, reads=effect.reads | {word})
        case Role.WRITE | Role.NEW | Role.CHANGE | Role.GONE | Role.MOVE | Role.TARGET | Role.LINK:
            return replace(effect, reads=effect.reads | {word}, writes=effect.writes | {word})
        case Role.SEARCH:
            return replace(effect, searches=effect.searches | {word})
        case Role.IMAGE | Role.ARCHIVE:
            return replace(effect, images=effect.images | {word}, reads=effect.reads | {word})
        case Role.PLACETO | Role.ARCHIVETO:
            acts = Certainty.YES if effect.acts is Certainty.YES else Certainty.MAYBE
            return replace(effect, writes=effect.writes | {word}, images=effect.images | {word}, acts=acts)
        case Role.NAME:
            return replace(effect, reads_environment=Certainty.MAYBE)
        case Role.BASE:
            return replace(effect, reads_files=True, writes_files=True)
        case Role.COMMAND | Role.SHELL | Role.SCRIPT:
            return None
        case _:
            assert_never(role)


def _with_file(effect: CommandEffect, role: Role, word: str) -> CommandEffect:
    reads, writes = effect.reads, effect.writes
    overwrites, overwrites_file = effect.overwrites, effect.overwrites_file
    if role in {Role.READ, Role.CHANGE, Role.MOVE, Role.LINK}:
        if word == "-":
            effect = replace(effect, reads_input=True)
        else:
            reads = reads | {word}
    if role is not Role.READ and word not in _NO_FILE:
        path = posixpath.basename(word.rstrip("/")) if role is Role.LINK else word
        writes = writes | {path}
        if role in {Role.NEW, Role.GONE, Role.MOVE} and is_certain(word):
            overwrites = overwrites | {word}
        if (
            role is Role.TARGET
            and is_certain(word)
            and not word.endswith(("/", "/.", "/.."))
            and word not in {".", ".."}
        ):
            overwrites_file = overwrites_file | {word}
    return replace(effect, reads=reads, writes=writes, overwrites=overwrites, overwrites_file=overwrites_file)


def _with_text(effect: CommandEffect, role: Role, word: str) -> CommandEffect:
    """Return `effect` with the file that an address or a datum names."""
    if role is Role.URL:
        match = _FILE_URL.match(word)
        if match:
            return replace(effect, reads=effect.reads | {word[match.end() :]})
        return effect
    text = word.partition("=")[2] if role is Role.FORM else word
    if text.startswith(("@", "<")):
        path = text[1:].partition(";")[0]
        return replace(effect, reads_input=True) if path == "-" else replace(effect, reads=effect.reads | {path})
    if "=@" in text or "@" in text.partition("=")[0]:
        # `--data-urlencode name@file`.
        return replace(effect, reads=effect.reads | {text.partition("@")[2]})
    return replace(effect, reads=effect.reads | {text}) if text.startswith(("$", "`")) else effect


def _with_place(effect: CommandEffect, role: Role, word: str) -> CommandEffect:
    """Return `effect` with a place that is a local path or outside; where that is not known, it is both."""
    sends = role in {Role.PLACETO, Role.ARCHIVETO}
    archive = role in {Role.ARCHIVE, Role.ARCHIVETO}
    local = _LOCAL_TRANSPORT.match(word)
    unknown = word.startswith(("$", "`"))
    if archive:
        path = word[local.end() :].partition(":")[0] if local else word if word.startswith(("/", "./", "../")) else ""
    else:
        path = "" if _OUTSIDE.fullmatch(word) else word
    if not path or unknown:
        acts = (Certainty.MAYBE if unknown else Certainty.YES) if sends else effect.acts
        effect = replace(effect, reads_network=Certainty.YES, acts=acts)
        if archive:
            effect = replace(effect, images=effect.images | {word})
            if not sends and ":" not in word and not holds_expansion(word):
                # A scanner takes a name that is no image for a path.
                effect = replace(effect, reads=effect.reads | {word})
        if not unknown:
            return effect
        path = word
    if path == "-":
        return effect if sends else replace(effect, reads_input=True)
    if sends:
        return replace(effect, writes=effect.writes | {path})
    return replace(effect, reads=effect.reads | {path})
