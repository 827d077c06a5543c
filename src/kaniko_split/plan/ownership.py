"""Which build's output does each statement read, and whose image does it name?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from kaniko_split.detect.contexts import context_of
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.background import BackgroundState, waits, waits_for_all
from kaniko_split.flow.effects import AMBIENT, Effects
from kaniko_split.kaniko.image import same_repository
from kaniko_split.plan.divided_prints import PrintedPart, printed_parts
from kaniko_split.shell.locations import (
    File,
    Location,
    State,
    Variable,
    file_at,
    is_any_file,
    is_exact,
    is_in_root,
    may_meet,
    meeting,
)
from kaniko_split.source.patterns import Pattern

_STATUS = Variable("?")
_SUBSTITUTION = Pattern(r"\$\(|`")


class CannotSliceError(Exception):
    """The script cannot be divided; `code` names the refusal and `step` is the statement that stands in the way."""

    def __init__(self, code: str, step: Step, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.step = step
        self.detail = detail


class Bound(Struct, eq=False):
    """What ties the statements of a script to its builds, by number.

    Attributes:
        owners: For a statement, the builds whose output it reads or that it waits for, or the one whose image it names.
        mentions: For a statement, the earlier builds whose image it names.
        written: For a statement that writes files, all builds, also later ones, whose image it names.
        passing: The statements that only pass on that a build has failed.
        reading: The statements that read what a build has written.
        preparing: The statements that name an image in what they set or write, so that a later build may need them.
        prints: For a statement that prints the outputs of several builds, what the job of each of them prints.
        backed: The effects and checks that run in the job of the build before them, whatever they read.
    """

    owners: dict[int, frozenset[int]] = field(default_factory=dict)
    mentions: dict[int, frozenset[int]] = field(default_factory=dict)
    written: dict[int, frozenset[int]] = field(default_factory=dict)
    passing: set[int] = field(default_factory=set)
    preparing: set[int] = field(default_factory=set)
    reading: set[int] = field(default_factory=set)
    prints: dict[int, Mapping[int, PrintedPart]] = field(default_factory=dict)
    backed: set[int] = field(default_factory=set)


def bind(trace: Trace) -> Bound:
    """Give each statement behind a build the builds whose outputs it reads or whose images it names.

    Raises:
        CannotSliceError: A build reads the output of another one, or a statement that of several, or nothing waits
            for a build in the background.
    """
    binding = _Binding(trace)
    for step in trace.steps:
        if step.build is not None or step.partner is not None:
            binding.build(step)
        elif binding.running and waits_for_all(step.occurrence):
            binding.wait(step)
        else:
            binding.other(step)
    if binding.running:
        detail = "it runs in the background, and nothing waits for it"
        raise CannotSliceError("build-in-control-flow", trace.steps[min(binding.running)], detail)
    return binding.bound


class _Binding:
    """Goes down a script with what the builds so far have written, and those of them that still run."""

    def __init__(self, trace: Trace) -> None:
        self.bound = Bound()
        self.running: set[int] = set()
        self._trace = trace
        self._tainted: dict[Location, frozenset[int]] = {}
        self._builds: list[int] = []
        # What was written since the last build, and is not what that has left.
        self._made: set[Location] = set()
        # What was made of what a build has left in the root: it is no output, which only its own job reads.
        self._of_root: set[Location] = set()

    def build(self, step: Step) -> None:
        tainted = self._tainted
        if self._builds and is_in_root(context_of(step)):
            raise CannotSliceError("output-used-later", step, "its context is what the build before it has left")
        self._builds.append(step.number if step.partner is None else step.partner)
        self._made.clear()
        others = [place for place in tainted if not self._is_of_same_calls(place, step)]
        exact = meeting((place for place in step.effects.reads if is_exact(place)), others)
        named = _files_in_arguments(step, tainted) or _files_in_context(step, tainted)
        if exact or named:
            raise CannotSliceError("output-used-later", step)
        self._refuse_what_is_of_root(step)
        number = step.number if step.partner is None else step.partner
        if step.partner is not None:
            self.bound.owners[step.number] = frozenset({number})
        tainted |= {place: frozenset({number}) | kept for place, kept in _added_to(step, tainted)}
        tainted[_STATUS] = frozenset({number})
        if step.running is BackgroundState.HERE:
            self.running.add(number)

    def _refuse_what_is_of_root(self, step: Step) -> None:
        """Make sure that a build sees no file that was made of the image of an earlier one."""
        context = context_of(step)
        seen = sorted(place.path for place in self._of_root if isinstance(place, File) and may_meet(place, context))
        if seen:
            paths = ", ".join(f"`{path}`" for path in seen)
            detail = f"it sees {paths}, made of what the build before it has left in the container's root"
            raise CannotSliceError("output-used-later", step, detail)

    def _is_of_same_calls(self, place: Location, step: Step) -> bool:
        """Tell whether nobody can name what was written, and the build calls the very same script or function."""
        owners = self._tainted[place]
        return (
            is_any_file(place) and bool(step.calls) and {self._trace.steps[one].calls for one in owners} == {step.calls}
        )

    def wait(self, step: Step) -> None:
        """Every build that still runs needs this `wait`."""
        self.bound.owners[step.number] = frozenset(self.running)
        self.running.clear()
        self._tainted.pop(_STATUS, None)

    def _check_unknown(self, step: Step, hit: frozenset[Location], owners: frozenset[int]) -> None:
        """Refuse a program that may read what one of several builds has written, as nobody knows what it reads."""
        named = meeting(hit, step.effects.reads - {State.FILES})
        certain = frozenset[int]().union(*(self._tainted[place] for place in named))
        if step.effects.unknown and owners - certain and len(set(self._builds)) > 1:
            paths = sorted(place.path for place in hit if isinstance(place, File))
            detail = f"nobody can say whether it reads {', '.join(f'`{path}`' for path in paths)}"
            raise CannotSliceError("output-of-several", step, detail)

    def _owner_of_root(self, step: Step, reads: frozenset[Location]) -> frozenset[int]:
        """Return the last build where a statement reads what that has left in the container's root.

        After a build the root is its image (GoogleContainerTools/kaniko 1450). What is made of it is noted.
        """
        left = any(is_in_root(place) and place not in self._made for place in step.effects.reads)
        self._made |= step.effects.overwrites
        self._of_root -= step.effects.overwrites - reads
        if left or meeting(self._of_root, reads):
            self._of_root |= step.effects.writes
        return frozenset(self._builds[-1:]) if left else frozenset()

    def _owners(self, effects: Effects) -> frozenset[int]:
        """Return the builds whose outputs a statement with these effects reads."""
        hit = meeting(self._tainted, effects.reads)
        hit -= {_STATUS} - effects.reads
        return frozenset[int]().union(*(self._tainted[place] for place in hit))

    def other(self, step: Step) -> None:
        bound, tainted, reads = self.bound, self._tainted, step.effects.reads
        # What acts outside or scans reads what it is told to: its files are in its words.
        told = step.effects.acts or (step.effects.fails and not step.effects.unknown)
        hit = meeting(tainted, reads - {State.FILES} if told else reads)
        if _STATUS not in reads:
            hit -= {_STATUS}
        owners = frozenset[int]().union(*(tainted[place] for place in hit))
        self._check_unknown(step, hit, owners)
        owners |= self._owner_of_root(step, reads - {State.FILES} if told else reads)
        named = _named(self._trace, step)
        mentioned = frozenset(number for number in named if number < step.number)
        if named and any(place is State.FILES or isinstance(place, File) for place in step.effects.writes):
            bound.written[step.number] = named
        if len(owners) > 1:
            bound.prints[step.number] = printed_parts(step, self._trace.script.text, self._owners)
            owners = frozenset(bound.prints[step.number])
            # The body of a loop is the same in each turn.
            in_turn = self._trace.turn_of(step) is not None
            if not owners or (in_turn and any(part.omits for part in bound.prints[step.number].values())):
                raise CannotSliceError("output-of-several", step)
            # Each job prints what is its own.
            mentioned = frozenset()
        bound.mentions[step.number] = mentioned
        if waits(step.occurrence):
            self.running -= owners
        if owners:
            bound.reading.add(step.number)
        if owners and _only_passes_on(step, tainted):
            bound.passing.add(step.number)
        if owners or len(mentioned) == 1:
            bound.owners[step.number] = owners or mentioned
        effects = step.effects
        judges = effects.fails and not effects.unknown
        if not owners and mentioned and effects.writes and not (effects.acts or judges):
            bound.preparing.add(step.number)
        for place in (*effects.overwrites, *effects.asserts, _STATUS):
            tainted.pop(place, None)
        if owners:
            for place in step.effects.writes - step.effects.appends:
                tainted[place] = owners
        elif len(mentioned) == 1 and step.number not in bound.preparing:
            # A report on an image is that build's own.
            tainted |= {place: mentioned for place in effects.writes if isinstance(place, File) and is_exact(place)}


def _files_in_arguments(step: Step, tainted: dict[Location, frozenset[int]]) -> bool:
    """Tell whether a build is told by name to read what an earlier build, or what read it, wrote."""
    own = {path for one in step.inside for path in one.build.written}
    texts = [value.text for value in step.values if value.text not in own]
    paths = {place.path for place in tainted if isinstance(place, File)}
    return any(path in text for path in paths for text in texts if not text.startswith("--digest-file"))


def _files_in_context(step: Step, tainted: dict[Location, frozenset[int]]) -> bool:
    """Tell whether an earlier build's output lies in the very folder that this one is built from."""
    folder = context_of(step)
    if folder.path == ".":
        return False
    return any(place.path.startswith(folder.path + "/") for place in tainted if isinstance(place, File))


def _named(trace: Trace, step: Step) -> frozenset[int]:
    """Return the builds whose image a statement names, in its words, in what stands inside of it, or in its input."""
    script = trace.script.text
    bodies = [one.body.span for one in step.statement.redirects if one.body is not None]
    texts = [script[span.start : span.end] for span in (step.span, *bodies)]
    # What a substitution runs names images too.
    text = _SUBSTITUTION.sub(" ", "\n".join([" ".join(value.text for value in step.values), *texts]))
    return frozenset(
        other.number
        for other in trace.steps
        if other.build is not None and any(same_repository(text, one) for one in other.build.destinations)
    )


def _only_passes_on(step: Step, tainted: Mapping[Location, frozenset[int]]) -> bool:
    """Tell whether a statement can end the job only because a build has failed: it asks for nothing else."""
    effects = step.effects
    asks = all(isinstance(place, Variable) and place in tainted for place in effects.reads - AMBIENT)
    return asks and not (effects.acts or effects.unknown or effects.leaves)


def _added_to(step: Step, tainted: Mapping[Location, frozenset[int]]) -> Iterator[tuple[Location, frozenset[int]]]:
    """Yield each place that a build writes, with the builds whose output stays in it beside its own."""
    anew = {file_at(path, one.folder) for one in step.inside for path in one.build.written}
    # Of what nobody can name, nothing is certain to be written anew.
    anew = {place for place in anew | step.effects.overwrites if is_exact(place)}
    for place in step.effects.alters:
        yield place, tainted.get(place, frozenset()) if place not in anew else frozenset()
