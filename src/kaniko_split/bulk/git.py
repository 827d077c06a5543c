"""How is git called so that it asks nothing, hangs nowhere, and runs nothing that was not meant?"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from kaniko_split.bulk.addresses import PROTOCOLS
from kaniko_split.bulk.failures import GitError, reason_of
from kaniko_split.bulk.secrets import VARIABLES, Redactor

# Variables of a git that called us (a hook, an alias); they would point every git here at that repository.
_LOCAL = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
# No background work may outlive a run, or change a clone that was only to be read.
_QUIET = ("gc.auto=0", "maintenance.auto=false", "advice.detachedHead=false", "core.fsmonitor=false")
# Nothing of the user's runs while a repository is only read: no hooks, no filters, no monitor of files.
_READ_ONLY = ("core.hooksPath=/dev/null", "protocol.ext.allow=never", "submodule.recurse=false")


# Seconds that a process has to end by itself.
_PATIENCE = 3.0


class Children:
    """The processes that are running, so that a second Ctrl-C can end them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self.ended = False

    @contextlib.contextmanager
    def of(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Hold `process`, which leads a session of its own, while it runs."""
        with self._lock:
            self._groups.add(process.pid)
            ended = self.ended
        if ended:
            _end(process.pid)
        try:
            yield
        finally:
            with self._lock:
                self._groups.discard(process.pid)

    def end(self) -> None:
        """End them all, and each that begins later."""
        with self._lock:
            self.ended = True
            groups = tuple(self._groups)
        for group in groups:
            _end(group)


class Clock(Struct):
    """How long git ran, over all threads, in seconds of wall time."""

    seconds: float = 0.0
    calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, seconds: float) -> None:
        """Count one call."""
        with self._lock:
            self.seconds += seconds
            self.calls += 1


class Git(Struct, frozen=True):
    """Calls git.

    Attributes:
        redact: Takes secrets out of what git says.
        credentials: Further environment of the calls that speak to a server.
        timeout: Seconds after which a call is ended.
        inherited: File descriptors that stay open in every git, so that the lock of a run lasts as long as they do.
        children: Where running calls are known.
        clock: Where their time is counted.
        reading: Whether nothing of the user's may run: no hooks, no tokens in the environment.
    """

    redact: Redactor = field(default_factory=Redactor)
    credentials: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 300.0
    inherited: tuple[int, ...] = ()
    children: Children = field(default_factory=Children)
    clock: Clock = field(default_factory=Clock)
    reading: bool = True

    def run(
        self,
        *arguments: str,
        folder: Path | None = None,
        given: bytes = b"",
        network: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> bytes:
        """Run `git ARGUMENTS` and return what it prints.

        Args:
            arguments: The command and its arguments; what does not come from this program stands behind `--`.
            folder: Where to run it.
            given: Its standard input.
            network: Whether it speaks to a server, and so may have the token.
            environment: Further variables.

        Raises:
            GitError: It failed, or took too long.
        """
        out, _ = self.run_both(*arguments, folder=folder, given=given, network=network, environment=environment)
        return out

    def run_both(
        self,
        *arguments: str,
        folder: Path | None = None,
        given: bytes = b"",
        network: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> tuple[bytes, str]:
        """Run `git ARGUMENTS` and return what it prints, and what it says besides."""
        begin = time.monotonic()
        try:
            process = subprocess.Popen(  # noqa: S603 (git, with arguments that are checked or stand behind --)
                self._command(arguments, folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment(network=network) | dict(environment or {}),
                start_new_session=True,
                pass_fds=self.inherited,
            )
        except OSError as error:
            raise GitError(f"git cannot be started ({(error.strerror or str(error)).lower()})") from None
        with self.children.of(process):
            try:
                out, err = process.communicate(given, timeout=self.timeout)
            except subprocess.TimeoutExpired:
                _ended(process)
                raise GitError(
                    f"git {arguments[0]} did not end within {self.timeout:.0f} seconds", passing=True
                ) from None
            except BaseException:
                _ended(process)
                raise
            finally:
                self.clock.add(time.monotonic() - begin)
        said = self.redact(err.decode("utf-8", "replace"))
        if process.returncode:
            raise reason_of(arguments[0], process.returncode, said)
        return out, said

    def text(self, *arguments: str, folder: Path | None = None, network: bool = False) -> str:
        """Run `git ARGUMENTS` and return what it prints as text, without the last line feed."""
        return self.run(*arguments, folder=folder, network=network).decode("utf-8", "surrogateescape").rstrip("\n")

    def succeeds(self, *arguments: str, folder: Path | None = None) -> bool:
        """Tell whether `git ARGUMENTS` ends with 0."""
        try:
            self.run(*arguments, folder=folder)
        except GitError:
            return False
        return True

    def _command(self, arguments: Sequence[str], folder: Path | None) -> list[str]:
        settings = (*_QUIET, *_READ_ONLY) if self.reading else _QUIET
        command = ["git", *(part for setting in settings for part in ("-c", setting))]
        return [*command, *(["-C", str(folder)] if folder is not None else []), *arguments]

    def _environment(self, *, network: bool) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if key not in _LOCAL}
        environment |= {
            "GIT_ALLOW_PROTOCOL": ":".join(PROTOCOLS),
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GCM_INTERACTIVE": "never",
            "LANGUAGE": "en",
            "LC_ALL": "C.UTF-8",
            "SSH_ASKPASS_REQUIRE": "never",
        }
        # Without a program of the user's to ask, none may open a window.
        environment.setdefault("GIT_ASKPASS", "")
        if self.reading:
            for variable in VARIABLES:
                environment.pop(variable, None)
            # The contents are wanted as they are in the repository, so large files stay pointers.
            environment["GIT_LFS_SKIP_SMUDGE"] = "1"
        return environment | (_joined(environment, self.credentials) if network else {})


def _joined(environment: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return `more` with its GIT_CONFIG_ numbers behind those that the environment has already."""
    first = int(environment.get("GIT_CONFIG_COUNT") or 0)
    result: dict[str, str] = {}
    for key, value in more.items():
        head, _, number = key.rpartition("_")
        if key == "GIT_CONFIG_COUNT":
            result[key] = str(first + int(value))
        elif head in {"GIT_CONFIG_KEY", "GIT_CONFIG_VALUE"}:
            result[f"{head}_{first + int(number)}"] = value
        else:
            result[key] = value
    return result


def _end(group: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Ask a group of processes to end; git takes its lock files away then."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _ended(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started; gently, and then for good."""
    _end(process.pid)
    try:
        process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        _end(process.pid, signal.SIGKILL)
        process.communicate()
