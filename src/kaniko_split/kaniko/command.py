"""Does a command run the executor, and what does that run build, push, cache and write?

The environment has a say too: `KANIKO_NO_PUSH` beats `--no-push`, and `KANIKO_REGISTRY_MAP` and
`KANIKO_REGISTRY_MIRROR` replace their flags (`cmd/executor/cmd/root.go`). On the fork `KANIKO_CLEANUP`,
`KANIKO_PRE_CLEANUP` and `KANIKO_PRESERVE_CONTEXT` set the defaults of their flags, which changes no image.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.kaniko.flags import BOOLEAN_VALUES, OUTPUT_FLAGS
from kaniko_split.kaniko.pflag import Argument, Line, divide
from kaniko_split.kaniko.registries import mirrors
from kaniko_split.source.patterns import Pattern

__all__ = ["ENVIRONMENT", "Argument", "Build", "NotABuild", "Reason", "is_executor", "read_command", "with_environment"]

Reason = Literal["version", "help", "completion", "login", "push", "dryrun"]

_SUBCOMMANDS: dict[str, Reason] = {
    "version": "version",
    "help": "help",
    "completion": "completion",
    "__complete": "completion",
    "__completeNoDesc": "completion",
    "login": "login",
    "push": "push",
}
_BAKE = "bake"
_FLAGS_OF_BAKE = frozenset({"set"})


class Build(Struct, frozen=True):
    """What one run of the executor is asked for; None where a flag is not given.

    Attributes:
        destinations: The references to push, in order; on the fork one may be `stage=reference`.
        context: The build context; `/workspace/` when None.
        context_sub_path: The folder inside the context; Kaniko uses it only when the context is a URL.
        dockerfile: Its path, sought from the working directory first, then in the context; `Dockerfile` when
            None.
        targets: The stages asked for. The archived executor builds the last one; the fork builds all and
            pushes the first (its README, "Flag --target").
        build_arguments: The values of `--build-arg`, in order.
        cache: Whether layers are cached; None where that is not known.
        cache_repository: Where they are kept. `oci:PATH` is a local folder, which is not among `written`.
        cleanup: Whether the file system is cleaned at the end; None where that is not known.
        no_push: Whether nothing is pushed; None where that is not known.
        asks_no_push: Whether a flag or the environment may say that nothing is pushed.
        registry_maps: From where the images of which registries are pulled, as `--registry-map` has it.
        written: The files that the run writes, in the order of their flags; a relative one begins at the
            working directory, but for `--oci-layout-path` on the archived executor, where it begins at `/`.
        kaniko_dir: Where `/kaniko` is moved to before the build, so that `/kaniko/executor` is gone
            afterwards.
        bakefile: The file that the fork's `bake` sub-command takes stages and destinations from.
        flags: Every flag with its value, in order, under its name of today; None for a boolean that stands
            alone.
        unknown: Flags that no executor knows, without values.
        invalid: Flags with a value that the parser rejects; None where a value is missing.
        stray: Words that belong to no flag (`true` in `--cache true`).
        ignored: Words that are passed over: empty ones, a lone `-`, all after `--`.
        unclear: Words of which it cannot be told whether they are flags, values or neither.
        assumed_whole: Flags whose value is an unquoted expansion, read as exactly one word.
        opaque: Whether a word may hold any flags (`$DESTINATIONS`, `"$@"`), so that what stands here is not
            all.
    """

    destinations: tuple[str, ...] = ()
    context: str | None = None
    context_sub_path: str | None = None
    dockerfile: str | None = None
    targets: tuple[str, ...] = ()
    build_arguments: tuple[str, ...] = ()
    cache: bool | None = False
    cache_repository: str | None = None
    cleanup: bool | None = False
    no_push: bool | None = False
    asks_no_push: bool = False
    registry_maps: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    kaniko_dir: str | None = None
    bakefile: str | None = None
    flags: tuple[tuple[str, str | None], ...] = ()
    unknown: tuple[str, ...] = ()
    invalid: tuple[tuple[str, str | None], ...] = ()
    stray: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    assumed_whole: tuple[str, ...] = ()
    opaque: bool = False

    @property
    def target(self) -> str | None:
        """The stage that names the build best: the last one asked for."""
        return self.targets[-1] if self.targets else None

    @property
    def rejected(self) -> bool:
        """Whether the executor fails on the command line itself, before it builds anything.

        A stray word is such a failure: `unknown command "true" for "executor"` (GoogleContainerTools/kaniko
        807).
        """
        return bool(self.unknown or self.invalid or self.stray)

    @property
    def inherited_build_arguments(self) -> tuple[str, ...]:
        """The environment variables that are read as build arguments: `--build-arg NAME`, without a value."""
        return tuple(argument for argument in self.build_arguments if "=" not in argument)


class NotABuild(Struct, frozen=True):
    """A run of the executor that builds no image.

    Attributes:
        why: `version`, `help` and `completion` print; `dryrun` prints the plan of a build; `login` stores an
            account in `$DOCKER_CONFIG`; `push` pushes a file that an earlier build wrote. The last three are
            the fork's.
        operands: The words after the sub-command: the registry of `login`, the tar or folder of `push`.
        destinations: What `push` pushes to.
        written: The files that `push` writes digests to.
    """

    why: Reason
    operands: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    written: tuple[str, ...] = ()


ENVIRONMENT = frozenset({"KANIKO_DIR", "KANIKO_NO_PUSH", "KANIKO_REGISTRY_MAP", "KANIKO_REGISTRY_MIRROR"})
"""The variables that change what a run of the executor pulls or pushes, and where it leaves itself."""

# The executor's folders in images that are not Kaniko's own: of Wolfi and Chainguard, of Debian, of self-made images.
_BINARIES = frozenset({"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/bin"})
_KANIKO = Pattern(r"kaniko[\w*?-]*|\$\{?KANIKO_DIR\}?")


def is_executor(command_word: str, extra: Sequence[str] = ()) -> bool:
    """Return whether `command_word` runs Kaniko's executor.

    That is `executor` itself, a path to an `executor` in a folder for programs (`/usr/bin/executor`) or at any depth
    under a folder whose name begins with `kaniko`, or a word in `extra`. A relative path is taken as it stands: join it
    with the working directory where that is known.
    """
    if command_word == "executor" or command_word in extra:
        return True
    *folders, name = posixpath.normpath(command_word).split("/")
    if name != "executor":
        return False
    return "/".join(folders) in _BINARIES or any(map(_KANIKO.fullmatch, folders))


def with_environment(build: Build, environment: Mapping[str, Argument]) -> Build:
    """Return a build as the variables of `ENVIRONMENT` have it that its process sees.

    Args:
        build: What its command line asks for.
        environment: The variables by name, as far as they are set.
    """
    push = environment.get("KANIKO_NO_PUSH")
    if push is not None and not (push.exact and not push.text):
        # A value that is no boolean makes the executor fail before it pushes anything.
        value = BOOLEAN_VALUES.get(push.text, True) if push.exact else None
        build = replace(build, no_push=value, asks_no_push=value is not False)
    moved = environment.get("KANIKO_DIR")
    if moved is not None and moved.text and build.kaniko_dir is None:
        build = replace(build, kaniko_dir=moved.text)
    maps = [environment[name].text for name in ("KANIKO_REGISTRY_MAP",) if name in environment]
    pulls = [environment[name].text for name in ("KANIKO_REGISTRY_MIRROR",) if name in environment]
    more = tuple(text for text in (*maps, *mirrors(pulls)) if text)
    return replace(build, registry_maps=(*build.registry_maps, *more)) if more else build


@lru_cache(maxsize=1024)
def read_command(arguments: tuple[Argument, ...]) -> Build | NotABuild:
    """Return what the executor is asked for by `arguments`, the words after the command word.

    Sub-commands are found as cobra finds them (`Find` and `stripFlags` in its `command.go`): the first word
    that is neither a flag nor the value of one. A line that the executor rejects is a `Build` too: see
    `Build.rejected`. A line that was read is not read again.
    """
    line = divide(arguments)
    subcommand = line.positional[0] if line.positional else None
    why = _SUBCOMMANDS.get(subcommand.text) if subcommand is not None and subcommand.exact else None
    if line.boolean("help"):
        why = "help"
    elif why is None and line.boolean("dryrun"):
        why = "dryrun"
    if why is not None:
        pushes = why == "push"
        return NotABuild(
            why=why,
            operands=tuple(word.text for word in line.positional[1:]) if why in ("login", "push") else (),
            destinations=line.values("destination") if pushes else (),
            written=_written(line) if pushes else (),
        )
    if subcommand is not None and subcommand == Argument(_BAKE, exact=True):
        line = divide(arguments, _FLAGS_OF_BAKE)
        return _build(line, stray=(), bakefile=line.positional[1].text if len(line.positional) > 1 else None)
    return _build(line, stray=tuple(word.text for word in line.positional), bakefile=None)


def _build(line: Line, *, stray: tuple[str, ...], bakefile: str | None) -> Build:
    return Build(
        destinations=line.values("destination"),
        context=line.text("context"),
        context_sub_path=line.text("context-sub-path"),
        dockerfile=line.text("dockerfile"),
        targets=line.values("target"),
        build_arguments=line.values("build-arg"),
        cache=line.boolean("cache"),
        cache_repository=line.text("cache-repo"),
        cleanup=line.boolean("cleanup"),
        no_push=line.boolean("no-push"),
        asks_no_push=line.last("no-push") is not None and line.boolean("no-push") is not False,
        registry_maps=(*line.values("registry-map"), *mirrors(line.values("registry-mirror"))),
        written=_written(line),
        kaniko_dir=line.text("kaniko-dir"),
        bakefile=bakefile,
        flags=tuple((setting.name, setting.value) for setting in line.settings),
        unknown=line.unknown,
        invalid=line.invalid,
        stray=stray,
        ignored=line.ignored,
        unclear=line.unclear,
        assumed_whole=line.assumed_whole,
        opaque=line.last_opaque >= 0,
    )


def _written(line: Line) -> tuple[str, ...]:
    """Return the files that the output flags name: the last of each, and none for an empty value."""
    return tuple(
        setting.value
        for setting in line.settings
        if setting.name in OUTPUT_FLAGS and setting.value and setting is line.last(setting.name)
    )
