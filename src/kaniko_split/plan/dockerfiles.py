"""Which images does the Dockerfile of a build begin from or copy from, where it is in the repository to be read?

The instructions are those of https://docs.docker.com/reference/dockerfile/: `FROM`, `COPY --from`, `ADD --from` and
`RUN --mount=from=`. Before the first `FROM`, `ARG` gives defaults that `--build-arg` replaces.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from kaniko_split.detect.trace import Step
from kaniko_split.kaniko.expansion import is_expansion, units
from kaniko_split.shell.locations import File, State, file_at, is_exact, meeting
from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

Read = Callable[[str], str | None]

_DIRECTIVE = Pattern(r"#\s*escape\s*=\s*(.)", re.IGNORECASE)
_VARIABLE = Pattern(r"\$(?:\{(?P<braced>\w+)(?::?(?P<mark>[-+])(?P<word>[^}]*))?\}|(?P<plain>\w+))")
_FROM_FLAG = Pattern(r"--from=(\S+)")
_FROM_MOUNT = Pattern(r"--mount=\S*?\bfrom=([^,\s]+)")
# These are known not to be another image of the job, unless its own name stands behind them.
_OF_GITLAB = ("$CI_", "${CI_")
# `$X` in `X` would be replaced for ever.
_DEEPEST = 10


def dockerfile_of(step: Step, read: Read, earlier: Sequence[Step] = ()) -> str | None:
    """Return the text of the Dockerfile that a build reads; None where it is not known or not there.

    Kaniko seeks it from the working directory first, then in the context (`resolveDockerfilePath` in its
    `cmd/executor/cmd/root.go`).

    Args:
        step: A statement that builds.
        read: Gives the text of a file of the repository, by name; None where there is none.
        earlier: The statements before it: one that copies another file to the Dockerfile's place counts.
    """
    for name in _candidates(step, read):
        copied = [_copied_from(one) for one in earlier if File(name) in one.effects.writes]
        text = read(copied[-1] or name if copied else name)
        if text is not None:
            return text
    return None


def is_changed(step: Step, read: Read, earlier: Iterable[Step]) -> bool:
    """Tell whether the job may change the Dockerfile that a build reads before it does, other than by a copy of one."""
    names = [File(name) for name in _candidates(step, read)]
    writers = [one for one in earlier if one.build is None and meeting(names, one.effects.alters - {State.FILES})]
    return any(_copied_from(one) is None for one in writers)


def _copied_from(step: Step) -> str | None:
    """Return the file that `cp FILE OTHER` copies; None for any other statement."""
    words = tuple(value.text for value in step.values)
    place = file_at(words[1], step.folder) if len(words) == 3 and words[0] == "cp" else None
    return place.path if isinstance(place, File) and is_exact(place) and not place.path.startswith("/") else None


def images_of(dockerfile: str, arguments: Mapping[str, str]) -> tuple[str, ...]:
    """Return the references of the images that a Dockerfile names, as far as they are known.

    Args:
        dockerfile: Its text.
        arguments: What `--build-arg` gives.
    """
    found: list[str] = []
    known: dict[str, str] = {}
    stages: set[str] = set()
    for instruction, rest in _instructions(dockerfile):
        match instruction:
            case "ARG":
                for name, default in _arguments(rest):
                    given = arguments.get(name, default)
                    if given is not None:
                        known[name] = _replaced(given, known)
            case "FROM":
                words = [word for word in rest.split() if not word.startswith("--")]
                if not words:
                    continue
                image = _replaced(words[0], known)
                if image.lower() not in stages:
                    found.append(image)
                if len(words) >= 3 and words[1].upper() == "AS":
                    stages.add(words[2].lower())
            case "COPY" | "ADD" | "RUN":
                named = _FROM_FLAG.findall(rest) if instruction != "RUN" else _FROM_MOUNT.findall(rest)
                images = [_replaced(one, known) for one in named]
                found.extend(one for one in images if one.lower() not in stages and not one.isdecimal())
    return tuple(found)


def writes_to_project(dockerfile: str) -> bool:
    """Tell whether a Dockerfile runs a command with a path below `/builds`.

    GitLab's runner mounts the project there, and the executor leaves mounts alone, so that such a file is in the
    project's own folder afterwards.
    """
    return any(instruction == "RUN" and "/builds/" in rest for instruction, rest in _instructions(dockerfile))


def is_open(images: str) -> bool:
    """Tell whether one of the images, a line each, is known by nothing but a variable that the repository sets not."""
    return any(line.startswith(("$", "`")) and not line.startswith(_OF_GITLAB) for line in images.splitlines())


def arguments_of(step: Step, variables: Mapping[str, Value]) -> dict[str, str]:
    """Return what a build's `--build-arg` flags give; a bare name has the value of the variable.

    Args:
        step: A statement that builds.
        variables: What the pipeline gives the job's variables.
    """
    found: dict[str, str] = {}
    for one in step.build.build_arguments if step.build is not None else ():
        name, mark, value = one.partition("=")
        if mark:
            found[name] = value
        else:
            found[name] = variables[name].text if name in variables else f"${name}"
    return found


def _candidates(step: Step, read: Read) -> Iterator[str]:
    if step.build is None:
        return
    path = beside_script(step.build.dockerfile or "Dockerfile", step.calls, read)
    context = file_at(beside_script((step.build.context or ".").removeprefix("dir://"), step.calls, read), step.folder)
    here = file_at(path, step.folder)
    if isinstance(here, File) and is_exact(here) and not here.path.startswith(("/", "~")):
        yield here.path
    if isinstance(context, File) and is_exact(context) and not context.path.startswith(("/", "~")):
        yield posixpath.normpath(posixpath.join(context.path, path))


def beside_script(path: str, script: str, read: Read) -> str:
    """Return a path with the folder of the script that it is used in, where it begins with that.

    Scripts find their own folder by `$(dirname "$0")` and the like, also by a variable that is assigned once.

    Args:
        path: The path as the script has it.
        script: The path of that script from the project's root; empty where there is none.
        read: Gives the text of a file of the repository, by name; None where there is none.
    """
    parts = units(path)
    if not script or not parts or not is_expansion(parts[0]):
        return path
    first = parts[0]
    if first.startswith("$") and first[1:].isidentifier():
        values = re.findall(rf"^\s*(?:export\s+|readonly\s+)?{first[1:]}=(.*)$", read(script) or "", re.MULTILINE)
        first = values[0] if len(values) == 1 else ""
    folder = _OWN_FOLDER.fullmatch(_NO_MATTER.sub("", first).strip().rstrip(";"))
    if folder is None:
        return path
    above = folder["above"] or folder["beyond"] or ""
    own = posixpath.normpath(f"{posixpath.dirname(script)}{above}".lstrip("/"))
    return posixpath.normpath(f"$CI_PROJECT_DIR/{own}" + "".join(parts[1:]))


# Quotes, the end of options and where messages go change nothing about the folder.
_NO_MATTER = Pattern(r"[\"']|(?<= )-- |\s*[12]?>\s*/dev/null|\s*2>&1")
_SELF = r"(?:\$0|\$\{0\}|\$\{?BASH_SOURCE(?:\[0\])?\}?)"
_REAL = rf"(?:{_SELF}|\$\((?:readlink -f|realpath) {_SELF}\))"
_FOLDER = rf"(?:\$\(dirname {_REAL}\)|\$\{{0%/\*\}}|\$\{{BASH_SOURCE(?:\[0\])?%/\*\}})"
_OWN_FOLDER = Pattern(
    rf"{_FOLDER}(?P<above>(?:/\.\.)*)|\$\(cd (?:-P )?{_FOLDER}(?P<beyond>(?:/\.\.)*)\s*(?:&&|;)\s*pwd(?: -P)?\)"
)


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction in capitals with the rest of its line, continued lines joined, without comments."""
    lines = text.replace("\r\n", "\n").split("\n")
    first = _DIRECTIVE.match(lines[0]) if lines else None
    escape = first[1] if first is not None else "\\"
    joined = ""
    for line in lines:
        if line.lstrip().startswith("#"):
            continue
        bare = line.rstrip()
        if bare.endswith(escape):
            joined += bare.removesuffix(escape) + " "
            continue
        word, _, rest = (joined + bare).strip().partition(" ")
        joined = ""
        if word:
            yield word.upper(), rest.strip()


def _arguments(rest: str) -> Iterator[tuple[str, str | None]]:
    for word in rest.split():
        name, mark, value = word.partition("=")
        yield name, value.strip("\"'") if mark else None


def _replaced(text: str, known: Mapping[str, str], depth: int = 0) -> str:
    """Return `text` with what is known put in the place of its variables; the rest stays as it is written."""

    def value(found: re.Match[str]) -> str:
        name = found["braced"] or found["plain"]
        if known.get(name):
            return found["word"] if found["mark"] == "+" else known[name]
        if found["mark"] == "-":
            return _replaced(found["word"], known, depth + 1) if depth < _DEEPEST else found["word"]
        return found[0] if found["mark"] is None else ""

    return _VARIABLE.sub(value, text.strip("\"'"))
