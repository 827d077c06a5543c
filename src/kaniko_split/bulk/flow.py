"""How far does one repository go, step by step, and what stops it?

Each step asks the world before it does something: whether the branch is there, in the clone and at the server, and
whether it holds what is wanted. So a step that was begun by a run that died is not done a second time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec.structs
from msgspec import Struct

from kaniko_split.bulk import committing, journal, pushing
from kaniko_split.bulk.addresses import BadAddressError, address_of
from kaniko_split.bulk.analysis import Analysis
from kaniko_split.bulk.checkout import Checkout, check_for_branch, look_at
from kaniko_split.bulk.contents import tree_of, write_out
from kaniko_split.bulk.discovery import has_finding, root_of
from kaniko_split.bulk.failures import FailedError, GitError, SkippedError
from kaniko_split.bulk.git import Git
from kaniko_split.bulk.gitlab_api import Server, project_path
from kaniko_split.bulk.journal import Journal, JournalError, Row
from kaniko_split.bulk.looking import Looked
from kaniko_split.bulk.secrets import Token, credentials_for
from kaniko_split.bulk.settings import Settings


class Analyst(Protocol):
    """Reads pipelines; perhaps in another process."""

    def analyse(self, folder: Path, settings: Settings, root: str) -> Analysis:
        """Return what `analysis.analyse` does."""

    def look(self, folder: Path, root: str) -> Looked:
        """Return what `analysis.look` does."""


class Ended(Struct, frozen=True):
    """How work on a repository ended.

    Attributes:
        name: The repository.
        state: One of the journal's.
        reason: Why; may be empty.
        again: Seconds after which it is worth another try; None where it is not.
    """

    name: str
    state: str
    reason: str = ""
    again: float | None = None


class Place(Struct, frozen=True):
    """A clone in which a branch is made.

    Attributes:
        folder: The clone.
        ours: Whether it is one of our own, that is thrown away afterwards.
        remote: The name of its remote; empty where there is none.
        git: For reading, with the credentials that the remote wants.
    """

    folder: Path
    ours: bool
    remote: str
    git: Git


class Flow(Struct, frozen=True):
    """Takes repositories through the steps. Any thread may call it.

    Attributes:
        settings: What is asked for.
        journal: Where each step is noted.
        git: Git for reading, without credentials.
        token: The token for GitLab.
        analyst: Reads pipelines.
        work: The folder for clones and work trees of ours, as an absolute path.
        server: The GitLab of the groups; None without one.
    """

    settings: Settings
    journal: Journal
    git: Git
    token: Token | None
    analyst: Analyst
    work: Path
    server: Callable[[], Server] | None = None

    def take(self, row: Row) -> Ended:
        """Take a repository as far as is asked, and note that."""
        name = row.source.name
        again = None
        self.journal.begin(name)
        try:
            with self._room() as room:
                state, reason = self._steps(row, room)
        except SkippedError as error:
            state, reason = journal.SKIPPED, str(error)
        except FailedError as error:
            state, reason = journal.FAILED, str(error)
            if error.passing:
                again = error.after
        except OSError as error:
            state, reason = journal.FAILED, f"{(error.strerror or str(error)).lower()} ({error.filename})"
        except JournalError:
            raise
        except Exception as error:  # noqa: BLE001 (a fault of ours in one repository ends no run)
            state, reason = journal.FAILED, f"a bug in kaniko-split, please report it: {type(error).__name__}: {error}"
        reason = self.git.redact(reason)
        if again is None:
            self.journal.set(name, state=state, reason=reason)
        return Ended(name, state, reason, again)

    @contextlib.contextmanager
    def _room(self) -> Iterator[Path]:
        """Give a new folder for the files of one try, and take it away."""
        self.work.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(dir=self.work))
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def _steps(self, row: Row, room: Path) -> tuple[str, str]:
        match row.source.kind:
            case "checkout":
                return self._checkout(row, room)
            case "url":
                return self._fetched(row, room, self.settings.ci_file)
            case "project":
                if row.source.facts["clean"]:
                    return journal.CLEAN, ""
                return self._project(row, room)

    def _project(self, row: Row, room: Path) -> tuple[str, str]:
        root = root_of(row.source, self.settings.ci_file)
        if not row.jobs and self.server is not None:
            files = room / "files"
            if not has_finding(self.server(), row.source, root, files, self.analyst.look):
                return journal.CLEAN, ""
        try:
            address = address_of(row.source.where)
        except BadAddressError as error:
            raise FailedError(f"GitLab gives an address that is not fetched from: {error}") from None
        if address.kind != "url" or row.source.where.startswith("file:"):
            raise FailedError("GitLab gives an address that is not fetched from")
        return self._fetched(row, room, root)

    def _fetched(self, row: Row, room: Path, root: str) -> tuple[str, str]:
        """Clone as little as can be, and go on there."""
        git = self._git_for(row.source.where)
        clone = room / "clone"
        git.run(
            *("clone", "--quiet", "--depth=1", "--filter=blob:none", "--sparse", "--no-checkout", "--no-tags"),
            *("--single-branch", "--no-recurse-submodules", "--", row.source.where, str(clone)),
            network=True,
        )
        checkout = look_at(git, clone, ours=True)
        if self.settings.step != "scan" and not self.settings.push:
            raise SkippedError("it is fetched, and the clone is thrown away; add --push, or name a checkout")
        place = Place(clone, ours=True, remote="origin", git=git)
        remote = None
        base = checkout.commit
        if self.settings.push:
            remote = self._remote(place)
            if remote.target_tip != base:
                base = self._fetch_tip(place, remote.target, remote.target_tip)
        return self._from_commit(row, room, place, base, remote, root)

    def _checkout(self, row: Row, room: Path) -> tuple[str, str]:
        settings = self.settings
        folder = Path(os.path.abspath(row.source.where))
        checkout = look_at(self.git, folder)
        if settings.step == "scan":
            if checkout.bare:
                place = Place(checkout.folder, ours=False, remote="", git=self.git)
                return self._from_commit(row, room, place, checkout.commit, None, settings.ci_file)
            analysis = self.analyst.analyse(checkout.folder, settings, settings.ci_file)
            return self._told(row, analysis)
        check_for_branch(self.git, checkout, self.settings.branch)
        committing.clean_up(self.git, checkout.folder, self.work, row.branch, row.base)
        if not self.settings.push:
            place = Place(checkout.folder, ours=False, remote="", git=self.git)
            return self._from_commit(row, room, place, checkout.commit, None, settings.ci_file)
        place = self._place_with_remote(checkout)
        remote = self._remote(place)
        base = self._base_of(place, checkout, remote)
        return self._from_commit(row, room, place, base, remote, settings.ci_file)

    def _from_commit(
        self,
        row: Row,
        room: Path,
        place: Place,
        base: str,
        remote: pushing.Remote | None,
        root: str,
    ) -> tuple[str, str]:
        """Read the files of a commit, and commit and push the change to them as far as is asked."""
        tree = tree_of(place.git, place.folder, base)
        files = room / "tree"
        # What lies above may be a repository too; an empty folder of this name says that this is one.
        (files / ".git").mkdir(parents=True)
        write_out(place.git, place.folder, tree, files, (root,), partial=place.ours)
        analysis = self.analyst.analyse(files, self.settings, root)
        state, reason = self._told(row, analysis)
        if self.settings.step == "scan" or state != journal.FOUND or not analysis.changes:
            return state, reason
        wanted = committing.plan_tree(place.git, place.folder, base, tree, analysis.changes, room / "index")
        plan = committing.Plan(self.settings.branch, base, wanted, self.settings.message)
        if remote is not None and remote.tip:
            done = self._already_there(row, place, plan, remote)
            if done is not None:
                return done
        commit = self._committed(row, place, plan, room, [change.path for change in analysis.changes])
        if remote is None:
            return journal.COMMITTED, reason
        return self._pushed(row, place, commit, remote, analysis.description)

    def _told(self, row: Row, analysis: Analysis) -> tuple[str, str]:
        """Note what was found, and say which state that is."""
        reason = "; ".join(analysis.problems)
        if not analysis.pipelines:
            if reason:
                raise FailedError(reason)
            raise SkippedError(f"there is no `{self.settings.ci_file}`, nor any other pipeline")
        self.journal.found(row.source.name, analysis.jobs, analysis.document)
        if not analysis.jobs:
            if reason:
                raise FailedError(reason)
            return journal.CLEAN, ""
        return (journal.FOUND if analysis.changes else journal.REFUSED), reason

    def _git_for(self, url: str) -> Git:
        """Return git with the token, where the address is one of the GitLab that it is for."""
        if project_path(url, self.settings.gitlab_url) is None:
            return self.git
        return msgspec.structs.replace(self.git, credentials=credentials_for(url, self.token))

    def _place_with_remote(self, checkout: Checkout) -> Place:
        """Return where to push a clone of the user's to: the branch's own remote, else the only one, else origin."""
        git = self.git
        remotes = git.text("remote", folder=checkout.folder).split("\n")
        try:
            remote = git.text("config", "--get", f"branch.{checkout.branch}.remote", folder=checkout.folder)
        except GitError:
            remote = remotes[0] if len(remotes) == 1 else "origin"
        if remote not in remotes or not remote or remote.startswith("-"):
            raise SkippedError("the clone has no remote to push to")
        url = git.text("remote", "get-url", "--push", "--", remote, folder=checkout.folder)
        try:
            address_of(url)
        except BadAddressError as error:
            raise SkippedError(f"the remote `{remote}`: {error}") from None
        return Place(checkout.folder, ours=False, remote=remote, git=self._git_for(url))

    def _remote(self, place: Place) -> pushing.Remote:
        settings = self.settings
        return pushing.look_at_remote(place.git, place.folder, place.remote, settings.branch, settings.target)

    def _fetch_tip(self, place: Place, branch: str, tip: str) -> str:
        """Make sure that a commit of the remote's is in the clone; no branch of the clone's is moved."""
        if not place.git.succeeds("cat-file", "-e", f"{tip}^{{commit}}", folder=place.folder):
            narrow = ("--depth=1", "--filter=blob:none") if place.ours else ()
            place.git.run(
                *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--refmap="),
                *(*narrow, "--", place.remote, f"refs/heads/{branch}"),
                folder=place.folder,
                network=True,
            )
        return tip

    def _base_of(self, place: Place, checkout: Checkout, remote: pushing.Remote) -> str:
        """Return the commit to begin from: the newest of the branch to merge into, unless the clone has others."""
        if checkout.commit == remote.target_tip:
            return checkout.commit
        self._fetch_tip(place, remote.target, remote.target_tip)
        known = place.git.succeeds(
            "merge-base", "--is-ancestor", checkout.commit, remote.target_tip, folder=checkout.folder
        )
        if not known:
            raise SkippedError(
                f"`{checkout.branch}` has commits that `{remote.target}` at the server does not have; push them, or "
                f"check out `{remote.target}`"
            )
        return remote.target_tip

    def _already_there(
        self, row: Row, place: Place, plan: committing.Plan, remote: pushing.Remote
    ) -> tuple[str, str] | None:
        """Deal with a branch of the name that the server has; None where it was taken away."""
        ours = bool(row.commit_id) and row.commit_id == remote.tip
        if not ours:
            self._fetch_branch(place, plan.branch, remote)
            standing = committing.standing_of(place.git, place.folder, remote.tip, plan.base, plan.tree)
            ours = standing.done
        if ours:
            done = self._known(row, place, plan, remote)
            if done is not None:
                return done
        else:
            committing.decide(standing, plan.branch, self.settings.on_conflict)
        pushing.delete(self._writing(place), place.folder, place.remote, plan.branch, remote.tip)
        return None

    def _known(self, row: Row, place: Place, plan: committing.Plan, remote: pushing.Remote) -> tuple[str, str] | None:
        """Return the state of a branch that is at the server with what is wanted; None to make it anew."""
        self.journal.set(row.source.name, branch=plan.branch, base=plan.base, commit_id=remote.tip)
        if not self.settings.merge_request:
            return journal.PUSHED, ""
        if row.asked == "merge request":
            return journal.OPENED, "" if row.merge_request else self._look_up(row, place, plan) or ""
        path = self._project_of(row, place)
        if path is None or self.server is None:
            if row.asked != "push":
                return journal.PUSHED, "the branch was there already; nobody here knows of a merge request for it"
        elif self._look_up(row, place, plan) is None:
            return journal.OPENED, ""
        if self.settings.on_conflict == "replace":
            return None
        raise SkippedError(
            f"the branch `{plan.branch}` is there without a merge request; open it by hand, or let "
            "`--on-conflict replace` push it anew"
        )

    def _look_up(self, row: Row, place: Place, plan: committing.Plan) -> str | None:
        """Note the address of the merge request, where the API knows it; else return why it is not known."""
        path = self._project_of(row, place)
        if path is None or self.server is None:
            return "the push asked for a merge request; its address is not known"
        found = self.server().merge_request(path, plan.branch)
        if found is None:
            return "GitLab has no open merge request for the branch"
        self.journal.set(row.source.name, merge_request=found)
        return None

    def _project_of(self, row: Row, place: Place) -> str | None:
        if row.source.kind == "project":
            return row.source.name
        url = place.git.text("remote", "get-url", "--push", "--", place.remote, folder=place.folder)
        return project_path(url, self.settings.gitlab_url) if self.token is not None else None

    def _fetch_branch(self, place: Place, branch: str, remote: pushing.Remote) -> None:
        """Fetch the commits of a branch at the server; of our own clones no more than those it has for itself."""
        narrow = (f"--shallow-exclude={remote.target}", "--filter=blob:none") if place.ours else ()
        command = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--refmap=")
        try:
            place.git.run(
                *(*command, *narrow, "--", place.remote, f"refs/heads/{branch}"), folder=place.folder, network=True
            )
        except GitError as error:
            if not place.ours or error.passing:
                raise
            # It has no commit for itself; then its tip alone says all there is.
            place.git.run(
                *(*command, "--depth=1", "--filter=blob:none", "--", place.remote, f"refs/heads/{branch}"),
                folder=place.folder,
                network=True,
            )

    def _committed(self, row: Row, place: Place, plan: committing.Plan, room: Path, paths: Sequence[str]) -> str:
        """Return the one commit of ours, which is made where it is not there yet."""
        name, writing = row.source.name, self._writing(place)
        if place.ours:
            commit = committing.commit_in_clone(writing, place.folder, plan, paths)
            self.journal.set(name, branch=plan.branch, base=plan.base, commit_id=commit)
            return commit
        tip = committing.tip_of(place.git, place.folder, plan.branch)
        if (
            tip
            and tip == row.commit_id
            and place.git.succeeds("merge-base", "--is-ancestor", row.base, plan.base, folder=place.folder)
        ):
            return tip
        if tip:
            standing = committing.standing_of(place.git, place.folder, tip, plan.base, plan.tree)
            if standing.done:
                self.journal.set(name, branch=plan.branch, base=plan.base, commit_id=tip)
                return tip
            committing.decide(standing, plan.branch, self.settings.on_conflict)
            committing.replace_local(place.git, place.folder, plan.branch, tip)
        self.journal.set(name, branch=plan.branch, base=plan.base, commit_id="")
        commit = committing.commit_in_worktree(writing, place.folder, plan, room / "worktree")
        self.journal.set(name, commit_id=commit)
        return commit

    def _pushed(self, row: Row, place: Place, commit: str, remote: pushing.Remote, description: str) -> tuple[str, str]:
        """Push the commit, and with it open the merge request."""
        settings, name = self.settings, row.source.name
        self.journal.set(name, asked="merge request" if settings.merge_request else "push")
        options = pushing.options_for(settings, remote.target, description) if settings.merge_request else []
        said = pushing.push(self._writing(place), place.folder, place.remote, settings.branch, commit, options)
        if not settings.merge_request:
            return journal.PUSHED, ""
        self.journal.set(name, merge_request=pushing.merge_request_in(said))
        return journal.OPENED, ""

    def _writing(self, place: Place) -> Git:
        """Return git as the user has it: with hooks, filters and signing."""
        return msgspec.structs.replace(place.git, reading=False)
