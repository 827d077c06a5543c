"""What is an effect, and what do the effects of several statements add up to?"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.shell.locations import NOWHERE, File, Location, State, Variable

STATUS = Variable("?")
# What decides how each command is run, so that reading it says nothing of what a command asks.
AMBIENT: frozenset[Location] = frozenset({State.OPTIONS, Variable("IFS")})


class Effects(Struct, frozen=True, eq=False):
    """What a statement does.

    Attributes:
        reads: What its outcome may depend on.
        writes: What it may change.
        overwrites: What it changes for certain, whatever was there before.
        acts: Whether it may have an effect outside the container.
        fails: Whether it may well end the job, as a test or a scan does: a gate.
        leaves: Whether it may end the script, or the shell, by itself.
        fresh: Whether it gives another value each time that it runs.
        prints: Whether it does nothing but print.
        unknown: Whether it runs something of which nothing is known.
        exports: The variables that it puts into the environment of later commands.
        appends: The files that it adds to without reading them.
        asserts: The variables that are 0 behind it, since it ends the script where they are not.
        keeps: Of what it writes, the files whose content stays, as with `chmod`: their mode or time alone changes.
    """

    reads: frozenset[Location] = NOWHERE
    writes: frozenset[Location] = NOWHERE
    overwrites: frozenset[Location] = NOWHERE
    acts: bool = False
    fails: bool = False
    leaves: bool = False
    fresh: bool = False
    prints: bool = False
    unknown: bool = False
    exports: frozenset[str] = frozenset()
    appends: frozenset[Location] = NOWHERE
    keeps: frozenset[Location] = NOWHERE
    asserts: frozenset[Location] = NOWHERE

    @property
    def alters(self) -> frozenset[Location]:
        """What it writes other content to."""
        return self.writes - self.keeps


def in_sequence(parts: Sequence[Effects]) -> Effects:
    """Join what runs in order: what an earlier part has certainly set is not read from outside."""
    done = joined(parts)
    reads: set[Location] = set()
    certain: set[Location] = set()
    left = False
    for part in parts:
        reads |= part.reads - certain
        if not left:
            certain |= {place for place in part.overwrites if not isinstance(place, File)}
        left = left or part.leaves
        # Whatever ran last has set the status.
        certain.add(STATUS)
    return replace(done, reads=frozenset(reads), overwrites=frozenset(certain - {STATUS}))


def joined(parts: Sequence[Effects]) -> Effects:
    """Return all that the parts do, in whatever order."""
    if len(parts) == 1:
        return parts[0]
    altered = frozenset[Location]().union(*(part.alters for part in parts))
    return Effects(
        reads=frozenset().union(*(part.reads for part in parts)),
        writes=frozenset().union(*(part.writes for part in parts)),
        overwrites=frozenset().union(*(part.overwrites for part in parts)),
        acts=any(part.acts for part in parts),
        fails=any(part.fails for part in parts),
        leaves=any(part.leaves for part in parts),
        fresh=any(part.fresh for part in parts),
        prints=all(part.prints for part in parts),
        unknown=any(part.unknown for part in parts),
        exports=frozenset().union(*(part.exports for part in parts)),
        appends=frozenset().union(*(part.appends for part in parts)),
        keeps=frozenset().union(*(part.keeps for part in parts)) - altered,
    )


def either(parts: Sequence[Effects]) -> Effects:
    """Return what is done where one of the parts runs: what each of them overwrites is overwritten."""
    certain = frozenset.intersection(*(part.overwrites for part in parts)) if parts else NOWHERE
    return replace(joined(parts), overwrites=certain)


def maybe(effects: Effects) -> Effects:
    """Return what is done where it may not be done at all: nothing is sure to be overwritten."""
    return replace(effects, overwrites=NOWHERE)


def in_subshell(effects: Effects) -> Effects:
    """Return what is left of it outside: an `exit` ends the subshell alone, but makes it fail."""
    return replace(outside_of_subshell(effects), fails=effects.fails or effects.leaves)


def in_background(effects: Effects) -> Effects:
    """Return what a command in the background does: it runs in a subshell, and its process tells of it."""
    process = frozenset[Location]({Variable("!")})
    done = outside_of_subshell(effects)
    return replace(done, writes=done.writes | process, overwrites=process, fails=False, prints=False)


def outside_of_subshell(effects: Effects) -> Effects:
    """Return what outlives the shell in which it is done: files, of all that it changes."""
    files = frozenset(place for place in effects.writes if isinstance(place, File) or place is State.FILES)
    return replace(effects, writes=files, overwrites=NOWHERE, leaves=False, exports=frozenset())
