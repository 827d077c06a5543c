"""Which words of a command name files, and which are patterns, programs, images or text?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kaniko_split.prove.symbols import is_known
from kaniko_split.source.patterns import Pattern

# The first word that is no option is a pattern or a program, unless one of these options gives it (POSIX, "Utilities").
_PROGRAM_OPTIONS = {
    **dict.fromkeys(("grep", "egrep", "fgrep"), ("-e", "-f", "--regexp", "--file")),
    "sed": ("-e", "-f", "--expression", "--file"),
    "awk": ("-f", "--file"),
    "jq": ("-f", "--from-file"),
    "yq": ("-f", "--from-file"),
}
# Options of theirs whose value is the next word and no file.
_VALUE_OPTIONS = {
    **dict.fromkeys(("grep", "egrep", "fgrep"), ("-m", "-A", "-B", "-C")),
    "awk": ("-F", "-v"),
}
# A program of `sed` that reads, writes and runs nothing but what its words name (POSIX, "sed"): no `r`, `w`, `e`.
_ADDRESS = r"(?:(?:\d+|\$|/(?:[^/\\]|\\.)*/)(?:,(?:\d+|\$|/(?:[^/\\]|\\.)*/))?!?)?"
_COMMAND = r"(?:[sy]([^\w\s\\])(?:(?!\1)[^\\]|\\.)*\1(?:(?!\1)[^\\]|\\.)*\1[gpIi0-9]*|[dDpPnNqQhHgGx=]|[aic]\\?[^\n]*)"
_PLAIN_SED = Pattern(rf"(?s)(?:\s*{_ADDRESS}\s*{_COMMAND}\s*(?:;|\n|$))+")
_TEXT_OPTIONS_OF_CURL = frozenset(
    [
        "-d",
        "--data",
        "--data-ascii",
        "--data-binary",
        "--json",
        "--data-urlencode",
        "-H",
        "--header",
        "--proxy-header",
        "-F",
        "--form",
    ]
)
_WORD_OPTIONS_OF_CURL = frozenset(
    [
        "-X",
        "--request",
        "-u",
        "--user",
        "-A",
        "--user-agent",
        "-e",
        "--referer",
        "-m",
        "--max-time",
        "--retry",
        "--retry-delay",
        "--retry-max-time",
        "--connect-timeout",
        "-w",
        "--write-out",
        "--data-raw",
        "--form-string",
        "--url",
        "-x",
        "--proxy",
        "--resolve",
        "--oauth2-bearer",
    ]
)
_SHORT_GROUP = Pattern(r"-[a-zA-Z]+")


def files_among(name: str, operands: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a command that may name files; all of them where nothing else is known.

    Args:
        name: The command.
        operands: Its words without the first.
    """
    if name in _PROGRAM_OPTIONS:
        return _without_program(name, operands)
    if name == "curl":
        return tuple(_of_curl(operands))
    if name == "wget":
        return tuple(_of_wget(operands))
    if name == "aws" and operands[:1] == ("s3",):
        return tuple(word for word in operands[2:] if not word.startswith("s3://"))
    if name in _NAMES_IMAGES and operands:
        return tuple(_of_registry(name, operands))
    return operands


_NAMES_IMAGES = frozenset({"crane", "skopeo", "cosign", "trivy", "grype", "notation", "regctl"})
# A reference with the host of a registry (https://github.com/distribution/reference): `registry.example.com/app`.
_WITH_HOST = Pattern(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?/.*")
# Subcommands of crane whose words name images and tags alone (its `cmd/crane/doc`).
_IMAGES_ALONE = frozenset({"copy", "cp", "tag", "digest", "manifest", "config", "ls", "delete", "catalog"})


def _of_registry(name: str, operands: tuple[str, ...]) -> Iterator[str]:
    if name == "crane" and operands[0] in _IMAGES_ALONE and not any(word.startswith("-") for word in operands):
        return
    # A command of regctl is two words.
    for word in operands[2 if name == "regctl" else 1 :]:
        if not word.startswith("docker://") and not (is_known(word[:1]) and _WITH_HOST.fullmatch(word)):
            yield word


def _without_program(name: str, operands: tuple[str, ...]) -> tuple[str, ...]:
    kept: list[str] = []
    given = False
    waiting = list(operands)
    while waiting:
        word = waiting.pop(0)
        if word in _VALUE_OPTIONS.get(name, ()):
            waiting = waiting[1:]
        elif word in {"-e", "--regexp", "--expression"} and word in _PROGRAM_OPTIONS[name]:
            given = True
            program = waiting.pop(0) if waiting else ""
            kept += [] if _is_text(name, program) else [program]
        elif word in _PROGRAM_OPTIONS[name] or word.startswith(tuple(f"{one}=" for one in _PROGRAM_OPTIONS[name])):
            given = True
            kept.append(word)
        elif word.startswith("-") and word != "-":
            kept.append(word)
        elif not given:
            given = True
            kept += [] if _is_text(name, word) else [word]
        else:
            kept.append(word)
    return tuple(kept)


def is_plain_sed(operands: tuple[str, ...]) -> bool:
    """Tell whether `sed` reads and writes nothing but the files that its words name."""
    files = set(_without_program("sed", operands))
    programs = [word for word in operands if word not in files and not word.startswith("-")]
    options = any(word in {"-f", "--file", "-s"} or word.startswith(("--file=", "-f")) for word in operands)
    return bool(programs) and not options


# `/ADDRESS/r FILE` (POSIX, "sed").
_INSERTS = Pattern(rf"\s*{_ADDRESS}\s*r\s*([^\s;{{}}]+)\s*")


def files_of_insertion(operands: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files of `sed` where its only command inserts one, that among them; none for any other program."""
    words = [word for word in operands if not word.startswith("-") or word == "-"]
    options = [word for word in operands if word.startswith("-") and word != "-"]
    found = _INSERTS.fullmatch(words[0]) if words and set(options) <= {"-i", "-n", "-E", "-r"} else None
    return (found[1], *words[1:]) if found is not None else ()


def _is_text(name: str, program: str) -> bool:
    """Tell whether a program reads and writes no file of its own."""
    return name != "sed" or _PLAIN_SED.fullmatch(program) is not None


def _of_curl(operands: Sequence[str]) -> Iterator[str]:
    """Yield what curl may read or write: its data is text unless it begins with `@` (curl(1))."""
    waiting = list(operands)
    while waiting:
        word = waiting.pop(0)
        flag, equals, attached = word.partition("=") if word.startswith("--") else (word, "", "")
        if _SHORT_GROUP.fullmatch(word) and f"-{word[-1]}" in _TEXT_OPTIONS_OF_CURL | _WORD_OPTIONS_OF_CURL:
            flag = f"-{word[-1]}"
        if flag in _WORD_OPTIONS_OF_CURL:
            waiting = waiting if equals else waiting[1:]
        elif flag in _TEXT_OPTIONS_OF_CURL:
            value = attached if equals else waiting.pop(0) if waiting else ""
            if not is_known(value[:1]):
                yield value
            elif flag in {"-F", "--form", "--data-urlencode"}:
                yield from (piece[1:] for piece in value.split("=") if piece[:1] in {"@", "<"})
                if flag == "--data-urlencode" and "@" in value:
                    yield value.partition("@")[2]
            elif value.startswith("@"):
                yield value[1:]
        elif "://" not in word:
            yield word


def _of_wget(operands: Sequence[str]) -> Iterator[str]:
    for word in operands:
        if not word.startswith(("--post-data=", "--header=", "--method=", "--body-data=")) and "://" not in word:
            yield word
