"""In which circumstances does each build of a job run?

A script is run with symbols for values: a variable stands for the words that gave it its value, a file for the
statements that wrote it. What a build is given is its words, folder, options, environment and files; `comparing` holds
it against what the other job gives. The plan is not asked: only the two texts are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kaniko_split.detect.contexts import lies_outside
from kaniko_split.detect.frames import Frame
from kaniko_split.detect.trace import Step, Trace
from kaniko_split.flow.background import BackgroundState as Running
from kaniko_split.flow.background import waits, waits_for_all
from kaniko_split.flow.builds import masks_failure
from kaniko_split.flow.commands import hardly_fails
from kaniko_split.flow.effects import Effects
from kaniko_split.prove.comparing import BuildRecord, Heed, JobRecord
from kaniko_split.prove.symbols import Symbol, choice_of, chosen_of, decided, symbol_of
from kaniko_split.shell.locations import File, Location, State, Variable, is_exact, may_meet
from kaniko_split.shell.nodes import Assignment, Call, Declaration, Statement, nested, words_of
from kaniko_split.shell.words import names_read, reads_indirectly
from kaniko_split.source.text import Span

_STATUS = Variable("?")
_UNSET = symbol_of("unset")


@dataclass
class _Machine:
    trace: Trace
    given: frozenset[str]
    values: dict[str, Symbol] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    folder: Symbol = ""
    options: Symbol = ""
    files: dict[str, Symbol] = field(default_factory=dict)
    log: Symbol = ""
    logs: dict[str, Symbol] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    writers: dict[str, str] = field(default_factory=dict)
    output_values: set[str] = field(default_factory=set)
    builds: list[BuildRecord] = field(default_factory=list)
    acts: list[Symbol] = field(default_factory=list)
    guards: list[frozenset[Symbol]] = field(default_factory=list)
    passed: set[Symbol] = field(default_factory=set)
    frame: Frame | None = None
    asked: list[Symbol] = field(default_factory=list)
    running: list[tuple[Symbol, frozenset[Location]]] = field(default_factory=list)
    waits: list[Symbol] = field(default_factory=list)
    holds: Symbol = ""
    outside: tuple[dict[str, Symbol], set[str], Symbol, Symbol] = field(default_factory=lambda: ({}, set(), "", ""))

    def run(self) -> JobRecord:
        for step in self.trace.steps:
            self._step(step)
        endings = frozenset(
            _words(step.statement, self.trace.script.text)
            for step in self.trace.steps
            if self._is_last(step) and self._hides_failure(step)
        )
        verdicts = frozenset(self.passed)
        waits = tuple(self.waits)
        return JobRecord(
            tuple(self.builds), tuple(self.acts), tuple(self.guards), verdicts, endings, self.trace.builds, waits
        )

    def _is_last(self, step: Step) -> bool:
        """Tell whether nothing runs after a statement: what follows is only another branch of its condition."""
        later = self.trace.steps[step.number + 1 :]
        return all(step.frame is not None and one.frame is step.frame and one.branch != step.branch for one in later)

    def _hides_failure(self, step: Step) -> bool:
        """Tell whether the failure of a statement may be passed over; that of a subshell is not."""
        following = self.trace.steps[step.number + 1 : step.number + 2]
        ends_subshell = step.frame is not None and step.frame.is_subshell
        if ends_subshell and not any(one.frame is step.frame for one in following):
            return False
        return masks_failure(step.occurrence)

    def _heed(self, step: Step) -> Heed:
        """Tell what becomes of the failure of a build; of one in the background, what waits for it decides."""
        if step.running is Running.HERE:
            return Heed.PASSED_OVER
        steps = self.trace.steps
        start = end = step.number
        while steps[start].chained:
            start -= 1
        while end + 1 < len(steps) and steps[end + 1].chained:
            end += 1
        if self._is_last(steps[end]):
            return Heed.ENDS
        if not step.stops_at_failure or self._hides_failure(step):
            return Heed.PASSED_OVER
        if start == end:
            return Heed.ENDS
        chain = steps[start : end + 1]
        if not all(
            one.build is not None or hardly_fails(tuple(value.text for value in one.occurrence.values)) for one in chain
        ):
            return Heed.PASSED_OVER
        return Heed.ENDS if end == step.number else Heed.CHAINED

    def _enter(self, step: Step) -> None:
        """Ask the conditions around a statement, once for each time that the shell comes to them."""
        if step.frame is not self.frame:
            if self.frame is not None and self.frame.is_subshell:
                self.values, self.exported, self.folder, self.options = self.outside
            elif self.frame is not None and any(self.frame.conditions) and not self.frame.conditions[-1]:
                # One of the branches has run: where each gives a value, nothing is left of the one before.
                givens = [self._given(self.frame, branch) for branch in range(len(self.frame.branches))]
                self.values = {name: decided(givens, symbol) for name, symbol in self.values.items()}
                self.files = {path: decided(givens, symbol) for path, symbol in self.files.items()}
            self.outside = (dict(self.values), set(self.exported), self.folder, self.options)
            self.frame = step.frame
            self.asked = self._inputs(step.frame.reads) if step.frame is not None else []
        conditional = step.frame is not None and any(step.frame.conditions)
        self.holds = self._given(step.frame, step.branch) if step.frame is not None and conditional else ""

    def _given(self, frame: Frame, branch: int) -> Symbol:
        """Return what stands for the answers with which a branch of the condition that was asked last runs."""
        texts = [
            self.trace.script.text[one.span.start : one.span.end]
            for condition in frame.conditions[: branch + 1]
            for one in condition
        ]
        is_else = not frame.conditions[branch]
        return symbol_of("if", str(branch), str(is_else), *texts, *self.asked)

    def _step(self, step: Step) -> None:
        self._enter(step)
        if step.folder is not None:
            # `cd a` and `cd ..` lead back: a known folder stands for itself, not for the way to it.
            self.folder = choice_of(self.holds, self.outside[2], step.folder)
        words = _words(step.statement, self.trace.script.text)
        effects = step.effects
        self.exported |= effects.exports
        inputs = self._inputs(effects.reads - effects.appends)
        if step.build is not None:
            seen = self._inputs(effects.reads - effects.appends - {State.FILES})
            self._build(step, words, symbol_of("build", self.holds, *words, *seen, self._snapshot_for(step)))
            return
        if self.running and waits_for_all(step.occurrence):
            self._wait()
            return
        if words[:1] == ("unset",):
            for name in words[1:]:
                if self.holds or name in self.given:
                    # What the pipeline gives is gone then, which is something else than what was never there.
                    self._write(Variable(name), _UNSET if name in self.given else "", tainted=False)
                    continue
                self.values.pop(name, None)
                self.exported.discard(name)
            return
        tainted = self._is_tainted(effects.reads)
        status_read = _STATUS in effects.reads
        if not status_read:
            self._forget_status()
        outcome = symbol_of(*words, *inputs, *([self.holds] if self.holds else []))
        if effects.acts:
            self.acts.append(outcome)
        if waits(step.occurrence):
            self.waits.append(outcome)
        if (effects.fails or effects.leaves) and not self._passes_on_a_failure(step):
            self.passed.add(outcome)
        if self._assign(step.statement, tainted=tainted):
            return
        self._write_all(effects, outcome, tainted=tainted)
        if step.leads_to is not None and State.FOLDER in effects.writes:
            self.folder = choice_of(self.holds, self.outside[2], step.leads_to)

    def _build(self, step: Step, words: tuple[str, ...], outcome: Symbol) -> None:
        effects = step.effects
        self.guards.append(frozenset(self.passed))
        self.builds.append(self._record(step, words))
        for place in sorted(effects.writes, key=str):
            kept = self._read(place) if place in effects.appends else ""
            output = place not in step.beside
            if place is State.FILES and not output and step.calls:
                # A later call of the same script or function does it too, and is taken to need nothing of this one.
                self.logs[step.calls] = symbol_of(self.logs.get(step.calls, ""), outcome)
                continue
            self._write(place, symbol_of(kept, outcome) if kept else outcome, tainted=output)
            if isinstance(place, File) and not output:
                self.writers[place.path] = step.calls
        self._write(_STATUS, outcome, tainted=True)
        if step.running is Running.HERE:
            self.running.append((outcome, effects.writes))

    def _wait(self) -> None:
        """Have all that runs in the background come to its end: only then is what it writes there."""
        for outcome, places in self.running:
            self.waits.append(symbol_of("wait", outcome))
            for place in sorted(places, key=str):
                self._write(place, symbol_of("wait", self._read(place)), tainted=True)
        self.running.clear()
        self._forget_status()

    def _write_all(self, effects: Effects, outcome: Symbol, *, tainted: bool) -> None:
        """Change all that a statement changes; what it does not overwrite for certain is what it was and more."""
        for place in sorted(effects.writes, key=str):
            if isinstance(place, File) and place in effects.keeps - effects.reads:
                # `mkdir -p` looks at nothing that is in the folder.
                self._write(
                    place, symbol_of(self.log, self.files.get(place.path, ""), outcome), tainted=tainted, adds=True
                )
            elif place in effects.appends or (place not in effects.overwrites and is_exact(place)):
                self._write(place, symbol_of(self._read(place), outcome), tainted=tainted, adds=True)
            else:
                self._write(place, outcome, tainted=tainted)

    def _passes_on_a_failure(self, step: Step) -> bool:
        """Tell whether a statement can end the job only because a build has failed, and is no gate of its own."""
        effects = step.effects
        return (
            bool(effects.reads)
            and not (effects.acts or effects.unknown or effects.leaves)
            and all(isinstance(place, Variable) and place.name in self.output_values for place in effects.reads)
        )

    def _forget_status(self) -> None:
        self.values.pop(_STATUS.name, None)
        self.output_values.discard(_STATUS.name)

    def _assign(self, statement: Statement, *, tainted: bool) -> bool:
        """Give plain assignments the value of their words; tell whether that is all the statement does."""
        command = statement.command
        if isinstance(command, Call) and not command.words:
            assignments: Sequence[Assignment] = command.assignments
        elif isinstance(command, Declaration):
            assignments = [one for one in command.assignments if one.value is not None]
        else:
            return False
        for one in assignments:
            text = self.trace.script.text[one.span.start : one.span.end]
            symbol = symbol_of(text, *self._inputs(_places_in(one)), self._files_symbol(text))
            if one.appends or one.indexed:
                symbol = symbol_of(self.values.get(one.name, ""), symbol)
            self._write(Variable(one.name), symbol, tainted=tainted)
        return True

    def _files_symbol(self, text: str) -> Symbol:
        """A command substitution may read files; anything else in a value does not."""
        return self._snapshot() if "$(" in text or "`" in text else ""

    def _record(self, step: Step, words: tuple[str, ...]) -> BuildRecord:
        reads = tuple(
            (str(place), self._read(place))
            for place in sorted(step.effects.reads, key=str)
            if isinstance(place, Variable) or place is State.VARIABLES
        )
        seen = sorted(name for name in self.values if name in self.exported or name in self.given)
        files = self._files_before(step)
        return BuildRecord(
            words=words,
            given=self.holds,
            heeded=self._heed(step),
            reads=reads,
            folder=chosen_of(self.holds, self.folder) if State.FOLDER in step.effects.reads else "",
            options=self.options,
            environment=tuple((name, value) for name in seen if (value := chosen_of(self.holds, self.values[name]))),
            files=(*sorted(files.items()), ("", self._log_before(step))),
            unseen=frozenset(path for path in files if lies_outside(File(path), step)),
        )

    def _log_before(self, step: Step) -> Symbol:
        """Return what stands for all that was done to files which nobody can name, but by earlier calls of the same."""
        others = [log for calls, log in sorted(self.logs.items()) if calls != step.calls]
        return symbol_of(self.log, *others) if others else self.log

    def _files_before(self, step: Step) -> dict[str, Symbol]:
        """Return the files that a build finds.

        A file that an earlier call of the same script or function has left, and this one writes anew without
        reading it, does not matter to it.
        """
        effects = step.effects
        anew = {place.path for place in effects.writes - effects.appends - effects.reads if isinstance(place, File)}
        passed_over = {path for path in anew if step.calls and self.writers.get(path) == step.calls}
        return {path: symbol for path, symbol in self._own_files().items() if path not in passed_over}

    def _own_files(self) -> dict[str, Symbol]:
        return {path: chosen_of(self.holds, symbol) for path, symbol in self.files.items() if path not in self.outputs}

    def _snapshot(self) -> Symbol:
        return symbol_of(
            self.log, *self.logs.values(), *(f"{path}={symbol}" for path, symbol in sorted(self._own_files().items()))
        )

    def _snapshot_for(self, step: Step) -> Symbol:
        """Return what stands for the files that a build can see."""
        files = sorted(self._files_before(step).items())
        seen = (f"{path}={symbol}" for path, symbol in files if not lies_outside(File(path), step))
        return symbol_of(self._log_before(step), *seen)

    def _inputs(self, places: frozenset[Location]) -> list[Symbol]:
        return [f"{place}={self._read(place)}" for place in sorted(places, key=str)]

    def _read(self, place: Location) -> Symbol:
        match place:
            case Variable(name=name):
                return chosen_of(self.holds, self.values.get(name, ""))
            case File(path=path):
                met = [self.files[one] for one in sorted(self.files) if may_meet(File(one), place)]
                own = self.files.get(path, "") if is_exact(place) else ""
                return symbol_of(self.log, own, *met) if met or self.log else ""
            case State.FILES:
                return self._snapshot()
            case State.FOLDER:
                return chosen_of(self.holds, self.folder)
            case State.OPTIONS:
                return self.options
            case _:
                known = sorted((name, symbol) for name, symbol in self.values.items() if name != _STATUS.name)
                return symbol_of(*(f"{name}={symbol}" for name, symbol in known))

    def _write(self, place: Location, symbol: Symbol, *, tainted: bool, adds: bool = False) -> None:
        match place:
            case Variable(name=name):
                self.values[name] = choice_of(self.holds, self.values.get(name, ""), symbol)
                (self.output_values.add if tainted else self.output_values.discard)(name)
            case File(path=path):
                self.files[path] = choice_of(self.holds, self.files.get(path, ""), symbol)
                if tainted:
                    self.outputs.add(path)
                elif not adds:
                    self.outputs.discard(path)
            case State.FILES if not tainted:
                self.log = symbol_of(self.log, symbol)
            case State.FOLDER:
                self.folder = choice_of(self.holds, self.folder, symbol)
            case State.OPTIONS:
                self.options = symbol_of(self.options, symbol)
            case State.VARIABLES:
                self.values = {name: symbol_of(old, symbol) for name, old in self.values.items()}

    def _is_tainted(self, places: frozenset[Location]) -> bool:
        outputs = [File(path) for path in self.outputs]
        for place in places:
            if isinstance(place, Variable) and place.name in self.output_values:
                return True
            if any(may_meet(place, one) for one in outputs):
                return True
        return False


def record_of(trace: Trace, given: Mapping[str, object] | Sequence[str] = ()) -> JobRecord:
    """Run a job's script with symbols.

    Args:
        trace: The job's statements.
        given: The names that the pipeline puts into the job's environment.
    """
    machine = _Machine(trace, frozenset(given))
    return machine.run()


def _words(statement: Statement, text: str) -> tuple[str, ...]:
    """Return a statement's words as written; for anything but a simple command, those between them too."""
    command = statement.command
    if isinstance(command, Call):
        spans = [one.span for one in command.assignments] + [one.span for one in command.words]
        redirects = [one.span for one in statement.redirects]
        return tuple(text[span.start : span.end] for span in (*spans, *redirects))
    found: list[str] = []
    at = statement.span.start
    for span in sorted(_spans_of_words(statement)):
        if span.start >= at:
            # Between two words blanks and line breaks only lay out what stands there.
            found += [*text[at : span.start].split(), text[span.start : span.end]]
            at = span.end
    return (*found, *text[at : statement.span.end].split())


def _spans_of_words(statement: Statement) -> Iterator[Span]:
    yield from (word.span for word in words_of(statement))
    for block in nested(statement):
        for one in block:
            yield from _spans_of_words(one)


def _places_in(assignment: Assignment) -> frozenset[Location]:
    if assignment.value is None:
        return frozenset()
    places: set[Location] = {Variable(name) for name in names_read(assignment.value)}
    if reads_indirectly(assignment.value):
        places.add(State.VARIABLES)
    return frozenset(places)
