"""What does a build need of the statements above it?

The rules are those of backward slicing: from a statement, back over those before it, taking each that may write what
is still to be read. What belongs to another build is passed over, where it has left nothing behind that is read later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from kaniko_split.detect.contexts import context_of, lies_outside
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.occurrence import Shape
from kaniko_split.plan.ownership import CannotSliceError
from kaniko_split.shell.locations import (
    File,
    Location,
    LocationIndex,
    State,
    Variable,
    export_mark,
    is_any_file,
    is_exact,
    meeting,
)

# Names that programs read from their environment without being told to.
_UNNAMED_READS = (
    "ALL_PROXY",
    "AWS_",
    "AZURE_",
    "CI_",
    "DOCKER_",
    "FF_",
    "GIT_",
    "GOOGLE_",
    "HTTP",
    "KANIKO_",
    "LC_",
    "NO_PROXY",
    "SSL_",
    "http_",
    "https_",
    "no_proxy",
    "all_proxy",
)
_UNNAMED_READS_WHOLE = frozenset({"HOME", "IFS", "LANG", "PATH", "PS4", "TMPDIR"})


def names_in_environment(trace: Trace, given: frozenset[str]) -> frozenset[str]:
    """Return the variables that a script assigns and every later command can see.

    Args:
        trace: The script.
        given: The variables that the pipeline gives the job, which are in the environment of every command.
    """
    assigned = {place.name for step in trace.steps for place in step.effects.writes if isinstance(place, Variable)}
    return frozenset(
        name
        for name in assigned
        if name in given or name in trace.exported or name in _UNNAMED_READS_WHOLE or name.startswith(_UNNAMED_READS)
    )


class Backward(Struct, frozen=True, eq=False):
    """The way back through a script, whose `environment` names the variables that every command sees."""

    steps: tuple[Step, ...]
    environment: frozenset[str]

    def needed(
        self, roots: Iterable[int], of_others: Iterable[int], passed_over: frozenset[int] = frozenset()
    ) -> frozenset[int]:
        """Return `roots` and all before them that they need.

        Args:
            roots: Statements, by number.
            of_others: The statements that belong to builds or to the finishing job, and not to all.
            passed_over: The statements that are taken for not being there.

        Raises:
            CannotSliceError: A statement of others has left something that is read later.
        """
        wanted, others = set(roots), frozenset(of_others)
        last = self.steps[max(wanted)]
        chosen: set[int] = set()
        live = LocationIndex()
        covered: set[Location] = set()
        goes_back = False
        branch, in_branch = (last.frame, last.branch), set[Location]()
        seers: list[Step] = []
        asserted: set[Location] = set()
        for step in reversed(self.steps[: last.number + 1]):
            number = step.number
            if branch != (step.frame, step.branch):
                branch, in_branch = (step.frame, step.branch), set()
            if number in passed_over:
                continue
            if number not in wanted:
                apart = {place for place in step.effects.writes if seers and self._is_of_others(place, seers)}
                hits = _live_writes(step, live, in_branch, covered, apart)
                # What sets options alone may be in several jobs.
                sets_options = step.effects.writes == {State.OPTIONS} and not (step.effects.fails or step.effects.acts)
                if step.build is not None or (number in others and not sets_options):
                    # Behind a check of its status, what a build has left there is what was there before it.
                    hits -= asserted
                    asserted |= step.effects.asserts
                    _refuse_what_is_left(step, live, hits, last, seers)
                    continue
                if not hits and not step.effects.leaves and State.VARIABLES not in step.effects.writes:
                    continue
            chosen.add(number)
            for place in step.effects.overwrites:
                live.discard(place)
            covered |= {place for place in step.effects.overwrites if isinstance(place, File)}
            covered -= step.effects.reads
            in_branch |= step.in_branch
            in_branch -= step.effects.reads
            if State.FILES in step.effects.reads:
                seers.append(step)
                covered.clear()
                in_branch = {place for place in in_branch if not isinstance(place, File)}
            for place in step.effects.reads - step.effects.appends:
                live.add(place)
            if State.FOLDER in step.effects.writes:
                # `cd -` leads to where the shell was before the `cd` that it undoes.
                if goes_back:
                    live.add(State.FOLDER)
                goes_back = tuple(value.text for value in step.values) == ("cd", "-")
            if step.build is not None or step.effects.unknown or step.effects.acts:
                seen = {place for name in self.environment for place in (Variable(name), export_mark(name))}
                for place in seen:
                    live.add(place)
                in_branch -= seen
        return frozenset(chosen)

    def _is_of_others(self, place: Location, seers: Iterable[Step]) -> bool:
        """Tell whether a file is Git's own or lies in the context of another build, where no reader looks."""
        if not isinstance(place, File):
            return False
        if not all(one.build is not None and not one.calls and lies_outside(place, one) for one in seers):
            return False
        folders = {context_of(step).path for step in self.steps if step.build is not None}
        return "/.git/" in f"/{place.path}/" or any(
            f"{place.path}/".startswith(f"{folder}/") for folder in folders if not folder.startswith((".", "/"))
        )


def _written_again(step: Step, later: Step) -> frozenset[Location]:
    """Return what a later call of the same function or script writes anew, whatever it finds there."""
    if not step.calls or step.calls != later.calls:
        return frozenset()
    anew = later.beside - later.effects.appends - later.effects.reads
    # What nobody can name, the later call does too; that it needs nothing of the earlier one's is said to the reader.
    unknown = frozenset(place for place in step.beside & later.beside if is_any_file(place))
    return unknown | frozenset(place for place in anew if isinstance(place, File) and is_exact(place))


def _refuse_what_is_left(
    step: Step, live: LocationIndex, hits: frozenset[Location], later: Step, seers: Sequence[Step]
) -> None:
    """Make sure that what is passed over has left nothing which is read later.

    Args:
        step: The statement that is passed over.
        live: What is still to be read.
        hits: What of that the statement writes, but for what it does beside a build.
        later: The last statement of the slice.
        seers: The statements of the slice that come after `step` and may see every file.
    """
    if any(is_exact(place) and place in live for place in hits):
        raise CannotSliceError("output-used-later", step)
    if step.build is None and State.FOLDER in hits:
        raise CannotSliceError("output-used-later", step, "it leads the shell to another folder")
    unnamed = {place for place in hits if is_any_file(place) and (place is not State.FILES or step.effects.unknown)}
    if step.build is None and unnamed:
        raise CannotSliceError("output-used-later", step, "nobody can say which files it writes")
    if step.build is None and _does_more_than_ask(step, hits):
        raise CannotSliceError("output-used-later", step, "it does more than ask for an image")
    # A program that is no build sees each file as the statement leaves it, in any folder.
    builds_alone = all(one.build is not None for one in seers)
    again = _written_again(step, later) if builds_alone else frozenset[Location]()
    left = {place for place in step.beside - again if meeting({place}, live)}
    # A folder of another image is seen by nothing but what reads it by name.
    outside = {place for place in left if builds_alone and lies_outside(place, later)}
    left -= outside - meeting(outside, [place for place in live if place is not State.FILES] if outside else ())
    if State.FOLDER in left:
        raise CannotSliceError("output-used-later", step, "it leaves the shell in another folder")
    if left:
        paths = [f"`{place.path}`" for place in left if isinstance(place, File)]
        more = f"writes {', '.join(sorted(paths))} too" if paths else "does more than build"
        reader = "build" if builds_alone else "command"
        raise CannotSliceError("output-used-later", step, f"it {more}, and a later {reader} may see it")


def _does_more_than_ask(step: Step, hits: frozenset[Location]) -> bool:
    """Tell whether a command of a compound statement writes what is read later, and is no check of an image."""
    files = [place for place in hits if place is State.FILES or isinstance(place, File)]
    leaves = [one.effects for one in step.occurrence.walk() if one.shape is Shape.COMMAND]
    checks = [leaf.fails or leaf.acts for leaf in leaves]
    return any(checks) and any(
        not check and meeting(leaf.writes, files) for leaf, check in zip(leaves, checks, strict=True)
    )


def _live_writes(
    step: Step, live: LocationIndex, in_branch: set[Location], covered: set[Location], apart: set[Location]
) -> frozenset[Location]:
    """Return what the statement writes that is still to be read.

    Args:
        step: The statement.
        live: What is still to be read.
        in_branch: What of that the same branch sets behind the statement.
        covered: The files that are written anew behind it.
        apart: The files that nobody looks at who may see every file.
    """
    if in_branch:
        exact = [place for place in live if place is not State.FILES and place not in in_branch]
        hits = set(meeting(step.effects.writes, exact))
    else:
        hits = {place for place in step.effects.writes if live.meets_named(place)}
    if State.FILES in live and State.FILES not in in_branch:
        hits |= {
            place
            for place in step.effects.writes
            if place is State.FILES
            or (isinstance(place, File) and not (place in covered or place in in_branch or place in apart))
        }
    return frozenset(hits)
