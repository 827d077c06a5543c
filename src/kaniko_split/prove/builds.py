"""Does a command run the executor, and what does that run read, as far as the proof believes?"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Mapping

from msgspec import Struct, field

from kaniko_split.kaniko.command import Build, is_executor, read_command
from kaniko_split.kaniko.pflag import Argument
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.symbols import PROJECT, is_known, without_dollar, written_with_dollar
from kaniko_split.source.patterns import Pattern

_REMOTE = Pattern(r"(?:git|s3|gs|https?|ssh)://.*|.*\.blob\.core\.windows\.net/.*")
_TAG = Pattern(r":[^/:]*$")
_DESTINATION = Pattern(r"(?:^|\s)(?:-d|--destination)(?:[\s=]|$)")
# Its logins and its own files lie there, and Kaniko reads them in every build.
_LOGINS = ("/kaniko/.docker", "/kaniko/ssl", "/kaniko/.config", "/kaniko/.aws", "/root")

# What runs the command behind it, with the options that take a word of their own.
_WRAPPERS: Mapping[str, frozenset[str]] = {
    "command": frozenset(),
    "builtin": frozenset(),
    "exec": frozenset({"-a"}),
    "nohup": frozenset(),
    "sudo": frozenset({"-u", "-g"}),
    "nice": frozenset({"-n"}),
    "ionice": frozenset({"-c", "-n"}),
    "time": frozenset({"-f", "-o"}),
    "stdbuf": frozenset({"-o", "-e", "-i"}),
    "env": frozenset({"-u", "-C"}),
    "busybox": frozenset(),
    "timeout": frozenset({"-s", "-k"}),
    "/usr/bin/env": frozenset({"-u", "-C"}),
    "/busybox/env": frozenset({"-u", "-C"}),
}


class Names(Struct, frozen=True, eq=False):
    """The user's own words.

    Attributes:
        executors: Further command words that count as the executor.
        wrappers: For further commands that run another one, how many words of their own come first.
        programs: The programs that the user describes, by their first words, each with its keys.
    """

    executors: tuple[str, ...] = ()
    wrappers: Mapping[str, int] | None = None
    programs: Mapping[str, Mapping[str, str | bool | tuple[str, ...]]] = field(default_factory=dict)


NO_NAMES = Names()


class ExecutorRun(Struct, frozen=True, eq=False):
    """One run of the executor that builds.

    Attributes:
        reads: The paths that it reads; None for every file.
        outputs: The words that name the files that it writes.
        is_test: Whether it leaves nothing but its verdict (`--no-push` without a tar).
        default: The file of the working folder that it reads where no option names a Dockerfile.
    """

    reads: frozenset[str] | None
    outputs: tuple[str, ...]
    is_test: bool
    default: str | None = None


def _behind_own_words(words: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return the words after a user's wrapper, its options and assignments, and `count` words of its own."""
    at = 1
    while at < len(words):
        word = words[at]
        if not (word.startswith("-") or ("=" in word and "/" not in word.partition("=")[0])):
            if not count:
                break
            count -= 1
        at += 1
    return words[at:]


def unwrapped(words: tuple[str, ...], names: Names) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of the command that runs in the end, and the assignments that `env` gives it."""
    assigned: list[str] = []
    while words:
        name = words[0]
        if names.wrappers is not None and name in names.wrappers:
            words = _behind_own_words(words, names.wrappers[name])
            continue
        if name not in _WRAPPERS or words[:2] in {("command", "-v"), ("command", "-V")}:
            break
        at = 1
        while at < len(words) and (words[at].startswith("-") or (name.endswith("env") and "=" in words[at])):
            if not words[at].startswith("-"):
                assigned.append(words[at])
            at += 2 if words[at] in _WRAPPERS[name] else 1
        if name == "timeout":
            at += 1
        if at >= len(words):
            break
        words = words[at:]
    return words, tuple(assigned)


def executor_run(
    words: tuple[str, ...],
    folder: str,
    environment: Mapping[str, str],
    names: Names,
    texts: Collection[str] = (),
) -> ExecutorRun | None:
    """Return what a command makes the executor do; None where it builds nothing.

    Args:
        words: The words of the command, symbols in them.
        folder: The folder that it runs in.
        environment: The exported variables that the script or the pipeline gave a value.
        names: The user's own words.
        texts: What words that are not known may be made of.
    """
    name = words[0] if words else ""
    if name.startswith("./") and is_known(folder):
        name = posixpath.normpath(f"{folder}/{name}")
    if not (is_executor(name, names.executors) or name in {"/usr/bin/executor", "/usr/local/bin/executor"}):
        return None
    arguments = tuple(
        Argument(
            written_with_dollar(word), exact=is_known(word), splits=word.endswith("\x03") and word.startswith("\x02")
        )
        for word in words[1:]
    )
    build = read_command(arguments)
    if not isinstance(build, Build):
        return None
    outputs = tuple(without_dollar(path) for path in build.written)
    from_environment = environment.get("KANIKO_NO_PUSH", "false") not in {"false", "0", ""}
    # Where words are not known, a destination among them tells that the build is there to be pushed.
    perhaps = build.no_push is None and not build.destinations and not any(_DESTINATION.search(text) for text in texts)
    no_push = build.no_push is True or perhaps or from_environment
    default = path_in(folder, "Dockerfile") if build.dockerfile is None else None
    return ExecutorRun(_reads(build, folder, environment), outputs, no_push and not outputs, default)


def build_of(words: tuple[str, ...]) -> Build | None:
    """Return what the words of an executor ask for; None where they ask for no build."""
    build = read_command(
        tuple(Argument(written_with_dollar(word), exact=is_known(word), splits=False) for word in words[1:])
    )
    return build if isinstance(build, Build) else None


def results_of(words: tuple[str, ...]) -> frozenset[str]:
    """Return what an executor makes: the references that it pushes, with and without tags, and the files."""
    build = build_of(words)
    if build is None:
        return frozenset()
    names = {without_dollar(name) for name in build.destinations}
    return frozenset(names | {_TAG.sub("", name) for name in names} | set(map(without_dollar, build.written)))


def _reads(build: Build, folder: str, environment: Mapping[str, str]) -> frozenset[str] | None:
    if build.bakefile is not None:
        return None
    paths = {*_LOGINS}
    texts = []
    context = without_dollar(build.context) if build.context is not None else None
    if context is None and build.opaque:
        return None
    if context is None:
        paths.add("/workspace")
    elif context.startswith("tar://stdin"):
        return None
    elif not _REMOTE.fullmatch(context):
        place = path_in(folder, context.removeprefix("dir://").removeprefix("tar://"))
        if place is None:
            return None
        paths.add(place)
    dockerfile = without_dollar(build.dockerfile) if build.dockerfile is not None else "Dockerfile"
    texts.append(dockerfile)
    texts += [
        value
        for name in ("DOCKER_CONFIG", "GOOGLE_APPLICATION_CREDENTIALS", "HOME")
        if (value := environment.get(name))
    ]
    for text in texts:
        place = path_in(folder, text)
        if place is None:
            return None
        paths.add(place)
    for _, value in build.flags:
        if value and "/" in value and is_known(plain := without_dollar(value)):
            place = path_in(folder, plain.partition("src=")[2] or plain)
            if place is not None and place.startswith(PROJECT + "/"):
                paths.add(place)
    return frozenset(paths)
