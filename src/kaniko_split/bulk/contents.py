"""Which files of a commit can the analysis want to read, and how do they come into a folder?

Nothing is checked out: the contents are taken from git's objects as they are, so no filter, no hook and no
conversion of line endings touches them. That is also how GitLab reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from msgspec import Struct

from kaniko_split.bulk.failures import FailedError
from kaniko_split.bulk.git import Git
from kaniko_split.configuration import OWN, SHARED
from kaniko_split.source.patterns import Pattern

_LINK = "120000"
_FILES = frozenset({"100644", "100755", "100664"})
_LARGEST = 4 * 1024 * 1024
_ROUNDS = 4
_NAME = Pattern(r"[^\s\"'=,:;|&<>(){}\[\]$`]+")


class Entry(Struct, frozen=True):
    """A file of a commit."""

    mode: str
    object_id: str


Tree = Mapping[str, Entry]


def tree_of(git: Git, folder: Path, commit: str) -> dict[str, Entry]:
    """Return the files and links of a commit by path; those whose path could lead astray are left out.

    Raises:
        GitError: Git failed.
    """
    found: dict[str, Entry] = {}
    for line in git.run("ls-tree", "-r", "-z", commit, folder=folder).split(b"\0"):
        head, tab, name = line.partition(b"\t")
        if not tab:
            continue
        mode, _, object_id = head.decode().split(" ")
        path = name.decode("utf-8", "surrogateescape")
        if (mode == _LINK or mode in _FILES) and is_harmless(path):
            found[path] = Entry(mode, object_id)
    return found


def is_harmless(path: str) -> bool:
    """Tell whether a path of a repository stays inside of it, and out of git's own folder."""
    parts = path.split("/")
    return bool(path) and "\0" not in path and not any(
        part in {"", ".", ".."} or part.lower() in {".git", "git~1"} for part in parts
    )  # fmt: skip


def write_out(git: Git, folder: Path, tree: Tree, into: Path, further: Sequence[str], *, partial: bool) -> None:
    """Write the files of `tree` that may be read: YAML, Dockerfiles, our configuration, `further`, what those name.

    Args:
        git: For the folder's server, as blobs may have to be fetched.
        folder: The clone.
        tree: The files of the commit.
        into: An empty folder.
        further: Paths that are wanted besides, where they exist.
        partial: Whether the clone lacks contents that its remote `origin` has.

    Raises:
        GitError: Git failed.
        FailedError: The disk is full, or may not be written.
    """
    wanted = {path for path, entry in tree.items() if entry.mode != _LINK and _is_interesting(path)}
    wanted |= {path for path in further if path in tree and tree[path].mode != _LINK}
    done: set[str] = set()
    by_name: dict[str, list[str]] = {}
    for path, entry in tree.items():
        if entry.mode != _LINK:
            by_name.setdefault(PurePosixPath(path).name, []).append(path)
    try:
        for _ in range(_ROUNDS):
            new = wanted - done
            if not new:
                break
            contents = read_blobs(git, folder, {tree[path].object_id for path in new}, partial=partial)
            for path in sorted(new):
                data = contents.get(tree[path].object_id)
                if data is not None:
                    write_file(into, path, data)
                    if path.endswith((".yml", ".yaml")) or path in further or _is_script(path, data):
                        wanted.update(_named_in(data, by_name))
            done |= new
        links = {path: entry for path, entry in tree.items() if entry.mode == _LINK}
        targets = read_blobs(git, folder, {entry.object_id for entry in links.values()}, partial=partial)
        for path, entry in sorted(links.items()):
            _write_link(into, path, targets.get(entry.object_id, b""))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FailedError(f"the files cannot be written for the analysis ({reason})") from None


def read_blobs(git: Git, folder: Path, object_ids: Iterable[str], *, partial: bool) -> dict[str, bytes]:
    """Return the contents of blobs; very large ones are left out.

    What a partial clone may not have is fetched, all at once.

    Raises:
        GitError: Git failed.
        FailedError: The clone is damaged.
    """
    wanted = sorted(set(object_ids))
    if not wanted:
        return {}
    if partial:
        _fetch_missing(git, folder, wanted)
    given = "".join(f"{one}\n" for one in wanted).encode()
    sizes = git.run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", folder=folder, given=given)
    said = [line.split() for line in sizes.decode().splitlines()]
    if any(len(words) != 3 for words in said):
        raise FailedError("the clone lacks contents of its own commit; run `git fsck` in it")
    small = [name for name, kind, size in said if kind == "blob" and int(size) <= _LARGEST]
    out = git.run("cat-file", "--batch", folder=folder, given="".join(f"{one}\n" for one in small).encode())
    found: dict[str, bytes] = {}
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        object_id, _, size = out[at:end].decode().split(" ")
        found[object_id] = out[end + 1 : end + 1 + int(size)]
        at = end + 1 + int(size) + 1
    return found


def _fetch_missing(git: Git, folder: Path, object_ids: Sequence[str]) -> None:
    """Fetch in one go the blobs that a partial clone may lack; one by one it would be a round trip for each."""
    git.run(
        *("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head"),
        *("--recurse-submodules=no", "--filter=blob:none", "--stdin", "origin"),
        folder=folder,
        given="".join(f"{one}\n" for one in object_ids).encode(),
        network=True,
    )


def write_file(into: Path, path: str, data: bytes) -> None:
    """Write a file of a repository below `into`."""
    target = into / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _write_link(into: Path, path: str, target: bytes) -> None:
    """Write a link of a repository, and a folder where it leads to one; what leads out is left out."""
    text = target.decode("utf-8", "surrogateescape")
    place = into / path
    inside = PurePosixPath(path).parent
    for part in PurePosixPath(text).parts:
        if part == "/" or (part == ".." and inside == PurePosixPath()):
            return
        inside = inside.parent if part == ".." else inside / part
    if place.exists() or place.is_symlink() or not text or not is_harmless(inside.as_posix()):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if not (into / inside).exists():
        # An analysis asks for folders that are links; where this one leads is not among the files.
        (into / inside).mkdir(parents=True, exist_ok=True)
    place.symlink_to(text)


def _is_interesting(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    return path in {OWN, SHARED} or name.endswith((".yml", ".yaml")) or "dockerfile" in name or "containerfile" in name


def _is_script(path: str, data: bytes) -> bool:
    """Tell whether a file that is named may name others: scripts run and source scripts."""
    return data.startswith(b"#!") or path.endswith((".sh", ".bash", ".ash"))


def _named_in(data: bytes, by_name: Mapping[str, list[str]]) -> set[str]:
    """Return the paths whose last part stands in a text as a word, or at the end of one."""
    words = {word.rpartition("/")[2] for word in _NAME.findall(data.decode("utf-8", "replace"))}
    return {path for word in words & by_name.keys() for path in by_name[word] if len(by_name[word]) <= 50}
