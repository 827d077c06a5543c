"""What did strace see of a program: which paths were read, listed, looked at, written and executed?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SYSCALLS = (
    "%file,%process,%network,read,pread64,readv,sendfile,copy_file_range,getdents64,fchdir,fchmod,fchown,ftruncate,fallocate,"
    "fsetxattr,fremovexattr"
)
_CALL = re.compile(r"(?P<pid>\d+)\s+(?P<name>\w+)\((?P<arguments>.*)\)\s+= (?P<result>-?\w+|\?)(?P<rest>.*)")
_UNFINISHED = re.compile(r"(?P<pid>\d+)\s+(?P<head>.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"(?P<pid>\d+)\s+<\.\.\. \w+ resumed>(?P<tail>.*)")
_TOKEN = re.compile(r'(?:AT_FDCWD|\d+)<(?P<base>[^>]*)>|"(?P<text>(?:[^"\\]|\\.)*)"')
_WRITES = frozenset(
    [
        "unlink",
        "unlinkat",
        "rmdir",
        "mkdir",
        "mkdirat",
        "mknod",
        "mknodat",
        "chmod",
        "fchmodat",
        "fchmodat2",
        "chown",
        "lchown",
        "fchownat",
        "truncate",
        "utime",
        "utimes",
        "utimensat",
        "futimesat",
        "setxattr",
        "lsetxattr",
        "removexattr",
    ]
)
_BY_DESCRIPTOR = frozenset({"fchmod", "fchown", "ftruncate", "fallocate", "fsetxattr", "fremovexattr"})
_TWO_PATHS = frozenset({"rename", "renameat", "renameat2"})
_LINKS = frozenset({"link", "linkat", "symlink", "symlinkat"})
_OPENS = frozenset({"open", "openat", "openat2", "creat"})
_READS = frozenset({"read", "pread64", "readv", "sendfile", "copy_file_range"})
_IGNORED = frozenset({"getcwd", "execve", "execveat", "chdir", "fchdir", "mount", "umount2", "swapon"})


@dataclass(slots=True)
class Seen:
    """What a program and those that it started did; paths are absolute.

    Attributes:
        reads: Files that were opened for reading.
        looks: Paths that were asked for: their mode, their existence, where a link leads.
        lists: Folders whose names were read.
        writes: Paths that were created, removed, renamed, or whose content, mode, owner or time was set.
        makes: Folders that were made.
        replaces: Those of `writes` that were emptied, removed, or renamed to.
        executes: Programs that were started.
        descriptors: Paths that were read through a descriptor.
        relative: A path was relative to the working directory.
        network: A server was asked.
    """

    reads: set[str] = field(default_factory=set)
    looks: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    makes: set[str] = field(default_factory=set)
    replaces: set[str] = field(default_factory=set)
    executes: set[str] = field(default_factory=set)
    descriptors: set[str] = field(default_factory=set)
    relative: set[str] = field(default_factory=set)
    network: bool = False


def seen_in(log: Path, root: Path) -> Seen:
    """Read the log of `strace -f -y -o log`, of a program that was started in the folder `root`."""
    seen = Seen()
    folders: dict[str, str] = {}
    for line in _whole_lines(log.read_text(errors="replace")):
        match = _CALL.match(line)
        if match is None:
            continue
        pid, name, result = match["pid"], match["name"], match["result"]
        here = folders.setdefault(pid, str(root))
        if name in {"clone", "clone3", "fork", "vfork"} and result.isdigit():
            folders[result] = here
            continue
        paths = _paths_of(name, match["arguments"], here, seen)
        if name in {"chdir", "fchdir"} and result == "0":
            folders[pid] = paths[0] if paths else _bases(match["arguments"])[0]
            continue
        _note(seen, name, match["arguments"], result, paths)
    return seen


def _whole_lines(text: str) -> Iterator[str]:
    """Yield the calls; one that another process interrupted is put together again."""
    pending: dict[str, str] = {}
    for line in text.splitlines():
        if unfinished := _UNFINISHED.match(line):
            pending[unfinished["pid"]] = unfinished["head"]
        elif resumed := _RESUMED.match(line):
            head = pending.pop(resumed["pid"], None)
            if head is not None:
                yield f"{resumed['pid']} {head}{resumed['tail']}"
        else:
            yield line


def _bases(arguments: str) -> list[str]:
    return [match["base"] for match in _TOKEN.finditer(arguments) if match["base"]]


def _paths_of(name: str, arguments: str, here: str, seen: Seen) -> list[str]:
    """Return the paths among the arguments of a call: each is relative to the descriptor before it.

    Further texts are no paths: the words of `execve`, what `readlink` finds, the name of an attribute.
    """
    base = here
    texts = [match for match in _TOKEN.finditer(arguments) if match["base"] is not None or match["text"]]
    paths: list[str] = []
    skip = name.startswith("symlink")
    for match in texts:
        if match["base"] is not None:
            base = match["base"]
        elif skip:
            skip = False
        else:
            path = os.path.normpath(os.path.join(base, match["text"]))  # noqa: PTH118  # links stay
            if not match["text"].startswith("/") and base == here:
                seen.relative.add(path)
            paths.append(path)
            if len(paths) == (2 if name in _TWO_PATHS or name.startswith("link") else 1):
                break
    return paths


def _note(seen: Seen, name: str, arguments: str, result: str, paths: list[str]) -> None:
    worked = not result.startswith("-") and result != "?"
    if name in {"execve", "execveat"}:
        seen.executes.update(paths[:1] if worked else ())
    elif name in {"connect", "sendto"}:
        seen.network |= "AF_INET" in arguments
    elif name in _READS:
        # `sendfile` names the file that it writes first.
        seen.descriptors.update(_bases(arguments)[slice(1, 2) if name == "sendfile" else slice(0, 1)])
    elif name == "getdents64":
        seen.lists.update(_bases(arguments)[:1])
    elif name in _BY_DESCRIPTOR:
        seen.writes.update(_bases(arguments)[:1])
        seen.replaces.update(_bases(arguments)[:1] if name == "ftruncate" else ())
    elif name in _OPENS:
        _note_open(seen, name, arguments, paths[:1], worked=worked)
    elif not worked:
        seen.looks.update(paths)
    elif name in _TWO_PATHS:
        seen.writes.update(paths)
        seen.replaces.update(paths)
    elif name in _LINKS:
        seen.writes.update(paths[-1:])
        seen.reads.update(paths[:-1] if name.startswith("link") else ())
    elif name in _WRITES:
        # `utimensat` and its like may name a descriptor alone.
        seen.writes.update(paths[:1] or _bases(arguments)[:1])
        if name in {"mkdir", "mkdirat"}:
            seen.makes.update(paths[:1])
        if name in {"unlink", "unlinkat", "rmdir"}:
            seen.replaces.update(paths[:1])
    elif name not in _IGNORED:
        seen.looks.update(paths)


def _note_open(seen: Seen, name: str, arguments: str, paths: list[str], *, worked: bool) -> None:
    writes = name == "creat" or any(flag in arguments for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"))
    if not worked:
        seen.looks.update(paths)
        return
    if writes:
        seen.writes.update(paths)
        if name == "creat" or "O_TRUNC" in arguments or "O_EXCL" in arguments:
            seen.replaces.update(paths)
    # A folder is read by `getdents64`, and a file that is open for both by `read`.
    if "O_DIRECTORY" in arguments or "O_PATH" in arguments or any(Path(path).is_dir() for path in paths):
        seen.looks.update(paths)
    elif not writes:
        seen.reads.update(paths)
