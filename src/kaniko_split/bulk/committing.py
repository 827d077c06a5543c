"""How does a change become exactly one commit on a new branch, whatever was begun before?

The commit is made by the user's own git, so hooks run and signatures are made as ever; what it holds is decided
beforehand, as the id of a tree, and compared afterwards. The id also stands in the message: so a commit is known as
ours as long as nobody has changed what it holds.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec.structs
from msgspec import Struct

from kaniko_split.bulk.analysis import Change
from kaniko_split.bulk.contents import Entry, Tree
from kaniko_split.bulk.failures import FailedError, GitError, SkippedError
from kaniko_split.bulk.git import Children, Git
from kaniko_split.bulk.settings import Conflict

TRAILER = "Kaniko-split-tree"

_OURS = f"--format=%H %T %(trailers:key={TRAILER},valueonly,separator=%x2C)"


class Plan(Struct, frozen=True):
    """A commit that is to be made.

    Attributes:
        branch: The branch to make it on.
        base: The commit to make it from.
        tree: The id of the tree that it holds.
        message: What it says.
    """

    branch: str
    base: str
    tree: str
    message: str


def plan_tree(git: Git, folder: Path, base: str, tree: Tree, changes: Sequence[Change], index: Path) -> str:
    """Return the id of the tree of `base` with the changes made; its objects are in the clone then.

    Args:
        git: Git, reading.
        folder: The clone.
        base: The commit.
        tree: The files of that commit.
        changes: What changes; each file must be in the tree.
        index: A file that does not exist, for git's use.

    Raises:
        FailedError: A file is not what it was.
        GitError: Git failed.
    """
    environment = {"GIT_INDEX_FILE": str(index)}
    lines: list[str] = []
    try:
        git.run("read-tree", base, folder=folder, environment=environment)
        for change in changes:
            entry = tree.get(change.path)
            if entry is None or entry.mode not in {"100644", "100755"}:
                raise FailedError(f"{change.path}: the file is no ordinary file of the commit, so it is left alone")
            _check_content(entry, change)
            written = git.run("hash-object", "-w", "-t", "blob", "--stdin", folder=folder, given=change.after)
            lines.append(f"{entry.mode} {written.decode().strip()}\t{change.path}")
        given = "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
        git.run("update-index", "-z", "--index-info", folder=folder, environment=environment, given=given)
        return git.run("write-tree", "--missing-ok", folder=folder, environment=environment).decode().strip()
    finally:
        for one in (index, index.with_name(index.name + ".lock")):
            with contextlib.suppress(OSError):
                one.unlink()


def _check_content(entry: Entry, change: Change) -> None:
    """Make sure that what was analysed is what the commit holds (git, "Git Objects": the id of a blob)."""
    algorithm = hashlib.sha1(usedforsecurity=False) if len(entry.object_id) == 40 else hashlib.sha256()
    algorithm.update(b"blob %d\0" % len(change.before))
    algorithm.update(change.before)
    if algorithm.hexdigest() != entry.object_id:
        raise FailedError(f"{change.path}: the file was read otherwise than it is in the commit, so it is left alone")


class Standing(Struct, frozen=True):
    """What a branch that is there already holds.

    Attributes:
        commits: How many commits it has that the base lacks.
        ours: Whether every one of them is ours, and unchanged.
        done: Whether it has one commit, and that holds what is wanted.
    """

    commits: int
    ours: bool
    done: bool


def standing_of(git: Git, folder: Path, tip: str, base: str, tree: str) -> Standing:
    """Say what a branch holds, from its tip, the commit that it may begin from, and the tree that is wanted.

    Raises:
        GitError: Git failed.
    """
    lines = git.text("log", "--no-show-signature", _OURS, tip, f"^{base}", folder=folder).splitlines()
    words = [line.split(" ") for line in lines]
    ours = all(len(found) == 3 and found[1] == found[2] for found in words)
    return Standing(len(words), ours, ours and len(words) == 1 and words[0][1] == tree)


def decide(standing: Standing, branch: str, on_conflict: Conflict) -> None:
    """Make sure that a branch which is there may be replaced.

    Raises:
        SkippedError: It may not; the text says why and what to do.
    """
    if not standing.ours:
        raise SkippedError(f"the branch `{branch}` is there already, with commits that are not ours; take another name")
    if on_conflict == "skip":
        raise SkippedError(
            f"the branch `{branch}` is there already, with another content; `--on-conflict replace` makes it anew"
        )


def commit_in_worktree(git: Git, repository: Path, plan: Plan, worktree: Path) -> str:
    """Make the commit on a new branch of a clone of the user's, in a work tree of its own; return its id.

    Nobody's work tree is touched. When it fails, neither the work tree nor the branch is left behind.

    Raises:
        GitError: Git failed, or a hook of the user's said no.
        FailedError: A hook of the user's changed what is committed.
    """
    try:
        git.run("worktree", "add", "--quiet", "-b", plan.branch, "--", str(worktree), plan.base, folder=repository)
        commit = _commit(git, worktree, plan)
    except BaseException:
        _remove_worktree(git, repository, worktree)
        _drop_untouched(git, repository, plan.branch, plan.base)
        raise
    _remove_worktree(git, repository, worktree)
    return commit


def commit_in_clone(git: Git, clone: Path, plan: Plan, paths: Sequence[str]) -> str:
    """Make the commit on a new branch of a clone of our own, of which only some files are checked out.

    Raises:
        GitError: Git failed, or a hook of the user's said no.
        FailedError: A hook of the user's changed what is committed.
    """
    patterns = "".join(f"/{_literal(path)}\n" for path in paths).encode("utf-8", "surrogateescape")
    git.run("sparse-checkout", "set", "--no-cone", "--stdin", folder=clone, given=patterns, network=True)
    git.run("checkout", "--quiet", "--no-track", "-b", plan.branch, plan.base, folder=clone, network=True)
    return _commit(git, clone, plan)


def _commit(git: Git, folder: Path, plan: Plan) -> str:
    git.run("read-tree", "-m", "-u", "HEAD", plan.tree, folder=folder)
    # From a file, and not from a pipe: git would take what a run that is killed has written so far for the message.
    message = folder.with_name(folder.name + ".message")
    message.write_text(plan.message, encoding="utf-8")
    git.run(
        *("commit", "--quiet", f"--file={message}", f"--trailer={TRAILER}: {plan.tree}"),
        folder=folder,
        environment={"GIT_EDITOR": ":"},
    )
    said = git.text("log", "-1", "--no-show-signature", "--format=%H %T %P", folder=folder).split(" ")
    if said[1:] != [plan.tree, plan.base]:
        # The branch holds what was not proved: it goes, and the next try begins from nothing.
        git.run("update-ref", "-m", "kaniko-split: take back", f"refs/heads/{plan.branch}", plan.base, folder=folder)
        raise FailedError("a hook of yours changed what is committed, so the commit was taken back")
    return said[0]


def replace_local(git: Git, repository: Path, branch: str, tip: str) -> None:
    """Remove a branch of the user's clone that holds nothing but commits of ours, while it stands at `tip`.

    Raises:
        SkippedError: It is checked out somewhere.
        GitError: Git failed.
    """
    listed = git.text("worktree", "list", "--porcelain", folder=repository).splitlines()
    if f"branch refs/heads/{branch}" in listed:
        raise SkippedError(f"the branch `{branch}` is checked out; check out another one")
    git.run("update-ref", "-d", f"refs/heads/{branch}", tip, folder=repository)


def clean_up(git: Git, repository: Path, work: Path, branch: str, base: str) -> None:
    """Take away what a run that was killed left in a clone of the user's: work trees, locks, a branch without commit.

    To be called only while no git of that run is alive.

    Args:
        git: Git.
        repository: The clone.
        work: The folder that all work trees of ours are in.
        branch: The branch that was to be made; empty where none was begun.
        base: The commit that it was begun from.

    Raises:
        GitError: Git failed.
    """
    for line in git.text("worktree", "list", "--porcelain", folder=repository).splitlines():
        key, _, path = line.partition(" ")
        if key == "worktree" and Path(path).is_relative_to(work.resolve()):
            _remove_worktree(git, repository, Path(path))
    if branch and base:
        common = repository / git.text("rev-parse", "--git-common-dir", folder=repository)
        with contextlib.suppress(OSError):
            (common / "refs" / "heads" / f"{branch}.lock").unlink()
        _drop_untouched(git, repository, branch, base)


def tip_of(git: Git, repository: Path, branch: str) -> str:
    """Return the commit of a branch of the clone; empty where there is no such branch."""
    try:
        return git.text("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}", folder=repository)
    except GitError:
        return ""


def _drop_untouched(git: Git, repository: Path, branch: str, base: str) -> None:
    """Remove the branch that was begun, as long as it holds nothing."""
    with contextlib.suppress(GitError):
        _to_the_end(git).run("update-ref", "-d", f"refs/heads/{branch}", base, folder=repository)


def _remove_worktree(git: Git, repository: Path, worktree: Path) -> None:
    git = _to_the_end(git)
    with contextlib.suppress(GitError):
        # Git holds a work tree locked while it makes it; one that it was ended at stays so.
        git.run("worktree", "unlock", "--", str(worktree), folder=repository)
    with contextlib.suppress(GitError):
        git.run("worktree", "remove", "--force", "--force", "--", str(worktree), folder=repository)
    with contextlib.suppress(GitError):
        git.run("worktree", "prune", folder=repository)


def _to_the_end(git: Git) -> Git:
    """Return a git that a second Ctrl-C does not end: it tidies up."""
    return msgspec.structs.replace(git, children=Children(), reading=True)


def _literal(path: str) -> str:
    """Return a path such that it stands for itself among patterns of git's."""
    return re.sub(r"([\\*?\[\]!# ])", r"\\\1", path)
