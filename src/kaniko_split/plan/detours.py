"""Which `cd`s of a slice lead back to where they began, and can be left out of it?

`cd a`, then `cd ..`, `cd -` or `cd "$CI_PROJECT_DIR"` with nothing between them that stands in the slice: the way to
another build's folder and back; or the way back alone, where the slice has no way there. `cd ..` is logical in POSIX,
so a folder that is no known link can be left like this.
A `cd` with a comment stays in some job: what is said there is to be read by somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kaniko_split.detect.remarks import spoken_of
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.tables import Variables
from kaniko_split.flow.transitions import moved
from kaniko_split.gitlab.pipeline import PipelineFile
from kaniko_split.gitlab.script import Section
from kaniko_split.shell.locations import State, Variable
from kaniko_split.source.text import Source, Span
from kaniko_split.tree.comments import comments
from kaniko_split.tree.nodes import Node, Scalar


def detours(
    steps: Sequence[Step], chosen: Iterable[int], fixed: Iterable[int], links: Callable[[], frozenset[str]]
) -> frozenset[int]:
    """Return those of the statements `chosen` that only go somewhere and come back.

    Args:
        steps: All statements of the script.
        chosen: The numbers of those that a job would have.
        fixed: The numbers of those that stay in any case.
        links: Gives the repository's folders that are symbolic links.
    """
    walk = _Walk(steps, frozenset(fixed), links)
    every = sorted(chosen)
    kept: list[int] = []
    for number in every:
        # `cd -` belongs to the `cd` right before it, so these are looked at first.
        kept.append(number)
        walk.come_back(kept, ("cd", "-"))
    straight, kept = kept, []
    folder: str | None = ""
    for number in straight:
        if walk.only_left_another_folder(number, folder):
            continue
        kept.append(number)
        walk.come_back(kept)
        folder = walk.behind(number, folder)
    dropped = frozenset(every) - frozenset(kept)
    return dropped if dropped and walk.leads_alike(kept) else frozenset()


def commented(file: PipelineFile, trace: Trace) -> frozenset[int]:
    """Return the numbers of the statements that have, or may have, a comment above or beside them."""
    source = file.source
    outside = comments(source.text, file.documents)
    found: set[int] = set()
    begin: int | None = None
    for number, item in enumerate(trace.items):
        if item.section is not Section.SCRIPT:
            continue
        end = source.line_end(max(item.node.span.end - 1, item.node.span.start))
        start = _lead(source, item.node.span.start) if begin is None else begin
        numbers = [step.number for step in trace.steps if step.item == number]
        # Beside the mark of a block a comment goes with its first statement.
        mark = Span(item.node.span.start, source.line_end(item.node.span.start)) if _is_block(item.node) else None
        for span in outside:
            if mark is not None and mark.contains(span):
                found |= set(numbers[:1])
            elif start <= span.start < end:
                found |= set(numbers)
        begin = end
    for span in trace.script.comments:
        step = spoken_of(trace, span)
        if step is not None:
            found.add(step.number)
    return frozenset(found)


def _lead(source: Source, offset: int) -> int:
    """Return where the comments and blank lines above the line of `offset` begin."""
    start = source.line_start(offset)
    while start > 0:
        above = source.line_start(start - 1)
        line = source.text[above:start].strip()
        if line and not line.startswith("#"):
            break
        start = above
    return start


def _is_block(node: Node) -> bool:
    return isinstance(node, Scalar) and node.style.is_block


class _Walk:
    def __init__(self, steps: Sequence[Step], fixed: frozenset[int], links: Callable[[], frozenset[str]]) -> None:
        self._steps = steps
        self._fixed = fixed
        self._links = links

    def come_back(self, kept: list[int], words: tuple[str, ...] = ()) -> None:
        """Where the last of `kept` leads back to where an earlier one began, take both and all `cd`s between away.

        With `words`, only where it is that command.
        """
        there = self._there(kept[-1])
        if there is None or (words and words != self._words(kept[-1])):
            return
        for index in range(len(kept) - 2, -1, -1):
            number = kept[index]
            if self._there(number) is None:
                if {State.FOLDER} & (self._steps[number].effects.reads | self._steps[number].effects.writes):
                    return
            elif self._steps[number].folder == there:
                kept[index:] = [one for one in kept[index:] if self._there(one) is None]
                return

    def only_left_another_folder(self, number: int, folder: str | None) -> bool:
        """Tell whether a `cd` leads to where the job stands by now: it left a folder that this job never enters."""
        there = self._there(number)
        return there is not None and there == folder != self._steps[number].folder

    def behind(self, number: int, folder: str | None) -> str | None:
        """Return the folder after a statement that runs in `folder`."""
        return self._behind(number) if State.FOLDER in self._steps[number].effects.writes else folder

    def leads_alike(self, kept: Sequence[int]) -> bool:
        """Tell whether each `cd` that is kept leads where it led, `cd -` too, which depends on the one before it."""
        here = ShellState("", Variables(), "")
        for number in kept:
            step = self._steps[number]
            if Variable("OLDPWD") in step.effects.reads:
                return False
            if State.FOLDER not in step.effects.writes or number + 1 == len(self._steps):
                continue
            words = self._words(number)
            here = moved(words, here)
            if here.folder != self._behind(number) or (words == ("cd", "-") and here.folder is None):
                return False
        return True

    def _there(self, number: int) -> str | None:
        """Return the folder to which a plain `cd` of the script leads; None for any other statement."""
        step, words = self._steps[number], self._words(number)
        goes = words == ("popd",) or (len(words) == 2 and words[0] in {"cd", "pushd"})
        plain = goes and not step.statement.redirects
        if not plain or number in self._fixed or step.folder is None:
            return None
        there = self._behind(number)
        return there if there is not None and not self._is_link(there) else None

    def _behind(self, number: int) -> str | None:
        """Return the folder in which the shell stands after a statement; None where that is not known."""
        step = self._steps[number]
        if number + 1 < len(self._steps):
            return self._steps[number + 1].folder
        return moved(self._words(number), ShellState("", Variables(), step.folder)).folder

    def _words(self, number: int) -> tuple[str, ...]:
        return tuple(value.text for value in self._steps[number].values)

    def _is_link(self, folder: str) -> bool:
        return any(folder == link or folder.startswith(f"{link}/") for link in self._links())
