"""In what state is a clone of the user's, and may a branch be made in it?"""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from kaniko_split.bulk.failures import GitError, SkippedError
from kaniko_split.bulk.git import Git


class Checkout(Struct, frozen=True):
    """What git says of a clone.

    Attributes:
        folder: The top of its work tree; of a bare clone, the clone itself.
        bare: Whether it has no work tree.
        shallow: Whether its history is cut off.
        commit: The commit that is checked out; empty where there is none yet.
        branch: The branch that is checked out; empty with a detached head.
        submodule_of: The work tree that it is a submodule of; empty where it is none.
    """

    folder: Path
    bare: bool
    shallow: bool
    commit: str
    branch: str
    submodule_of: str


def look_at(git: Git, folder: Path, *, ours: bool = False) -> Checkout:
    """Return the state of the clone in `folder`; where it is one of `ours`, nobody asks what it is a submodule of.

    Raises:
        SkippedError: It has no commit yet.
        GitError: It is no clone, or a broken one.
    """
    try:
        said = git.text(
            *("rev-parse", "--is-bare-repository", "--is-shallow-repository", "--is-inside-work-tree", "--show-cdup"),
            *(() if ours else ("--show-superproject-working-tree",)),
            *("HEAD^{commit}", "--symbolic-full-name", "HEAD", "--"),
            folder=folder,
        ).split("\n")
    except GitError as error:
        if "HEAD^{commit}" in error.said:
            raise SkippedError("the repository is empty; there is no commit to look at") from None
        raise
    bare, shallow, inside = (word == "true" for word in said[:3])
    if not bare and not inside:
        raise SkippedError("this is git's own folder inside of a clone; name the clone")
    # A bare clone has no way up to its top, and only a submodule has an outer work tree.
    rest = said[3:]
    up = "" if bare else rest.pop(0)
    *outer, commit, branch, _ = rest
    return Checkout(
        folder=Path(os.path.normpath(folder / up)),
        bare=bare,
        shallow=shallow,
        commit=commit,
        branch=branch.removeprefix("refs/heads/") if branch != "HEAD" else "",
        submodule_of="".join(outer),
    )


def check_for_branch(git: Git, checkout: Checkout, name: str) -> None:
    """Make sure that a branch called `name` may be made in a clone of the user's.

    Raises:
        SkippedError: It may not; the text says why and what to do.
        GitError: Git failed.
    """
    if checkout.submodule_of:
        raise SkippedError("this is a submodule of another clone; name a clone of its own repository")
    if checkout.bare:
        raise SkippedError("this is a bare clone; name a checkout, or its address (file://...) with --push")
    if not checkout.branch:
        raise SkippedError("the head is detached; check out the branch that the change is to be made from")
    if checkout.branch == name:
        raise SkippedError(f"the branch `{name}` is checked out; check out the branch that the change is made from")
    changed = git.text(
        "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty", folder=checkout.folder
    )
    if changed:
        raise SkippedError("there are uncommitted changes; commit or stash them")


def check_branch_name(git: Git, name: str) -> str | None:
    """Return what is wrong with the name of a branch, in one sentence; None where nothing is."""
    if name.startswith("-") or name == "HEAD" or not git.succeeds("check-ref-format", f"refs/heads/{name}"):
        return f"--branch `{name}`: git does not allow a branch of this name"
    return None
