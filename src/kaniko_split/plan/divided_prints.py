"""Which words of a statement that only prints belong to which build?

What a statement prints on the terminal is read by people alone, so each job may print its own part of it: of
`cat api.digest web.digest` the one job has `cat api.digest`, and the other one `cat web.digest`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from kaniko_split.detect.trace import Step
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.lower import lower
from kaniko_split.flow.occurrence import Occurrence, Shape
from kaniko_split.shell.locations import Variable, file_at
from kaniko_split.shell.nodes import Call, For, Literal, Part, Word
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span

Owners = Callable[[Effects], frozenset[int]]

_CONVERSION = Pattern(r"%(?!%)")
# In double quotes (POSIX, 2.2.3).
_ESCAPED = Pattern(r"\\(?s:.)")
# Options, and what a short one is given.
_OPTION = Pattern(r"-.*|[0-9]+")
# Stands for the owner of what reads the outputs of several builds.
_SEVERAL = -1
# What separates the parts of a text; a part does not begin with it.
_SEPARATORS = " ,;\t"
# These print each of their words, or a label with what it is about.
_SAYING = frozenset({"echo", "printf"})
# These print what is in each of their words, in order.
_SHOWING = frozenset({"cat", "head", "ls", "tail", "wc"})


class PrintedPart(Struct, frozen=True, eq=False):
    """What one job prints of a statement.

    Attributes:
        omits: The spans of the script's text that leave the statement, in order.
        effects: What is left of it does.
    """

    omits: tuple[Span, ...]
    effects: Effects


class _Atom(Struct, frozen=True, eq=False):
    """A word, or a text with an expansion in a quoted word, that a job has as a whole or not at all."""

    span: Span
    word: int
    parts: tuple[Part, ...]
    owner: int | None


def printed_parts(step: Step, text: str, owners: Owners) -> Mapping[int, PrintedPart]:
    """Return what each build's job prints of a statement that reads the outputs of several builds.

    Args:
        step: The statement.
        text: The script's text.
        owners: Gives the builds whose outputs a command with these effects reads.

    Returns:
        The part of each build, by number; none where the statement cannot be divided.
    """
    statement = step.statement
    # With a background or a turned status it is no plain print.
    if not _only_prints(step.occurrence) or step.chained or statement.background or statement.negated:
        return {}
    match statement.command:
        case Call(assignments=(), words=words) as call if step.occurrence.shape is Shape.COMMAND:
            if any(one.span.start < words[-1].span.end for one in statement.redirects):
                return {}
            return _listing(step, owners) or _divided(step, call, text, owners)
        case For(items=items) as loop if items is not None and not statement.redirects:
            return _divided_loop(step, loop, items, owners)
        case _:
            return {}


def _only_prints(occurrence: Occurrence) -> bool:
    """Tell whether a statement does nothing but print; a loop also sets its variable."""
    effects, command = occurrence.effects, occurrence.statement.command
    if not isinstance(command, For) or occurrence.shape is not Shape.LOOP:
        return effects.prints
    more = effects.acts or effects.fails or effects.leaves or effects.unknown
    sets = effects.writes <= {Variable(command.name)} and not effects.exports
    return sets and not more and all(map(_only_prints, occurrence.inner()))


def _listing(step: Step, owners: Owners) -> Mapping[int, PrintedPart]:
    """Return a list of the files in the working folder as a part of the last of the builds; it is there in any job."""
    texts = [value.text for value in step.values]
    if texts[0] != "ls" or not all(text.startswith("-") for text in texts[1:]) or step.folder is None:
        return {}
    here = frozenset({file_at(".", step.folder)})
    return {max(owners(step.effects)): PrintedPart((), replace(step.effects, reads=step.effects.reads - here))}


def _divided_loop(step: Step, loop: For, items: Sequence[Word], owners: Owners) -> Mapping[int, PrintedPart]:
    """Divide a loop over words by its words, each with what it makes the body print."""
    if any(item.literal is None for item in items):
        return {}

    def of_words(words: Sequence[Word]) -> Occurrence:
        statement = replace(step.statement, command=replace(loop, items=tuple(words)))
        return lower((statement,), step.occurrence.before)[0]

    homes = [owners(of_words([item]).effects) for item in items]
    if any(len(home) != 1 for home in homes):
        return {}
    found: dict[int, PrintedPart] = {}
    for build in dict.fromkeys(one for home in homes for one in home):
        stays = [build in home for home in homes]
        own = of_words([item for item, kept in zip(items, stays, strict=True) if kept])
        if not _only_prints(own) or owners(own.effects) != {build}:
            return {}
        found[build] = PrintedPart(tuple(_omitted_items(items, stays)), own.effects)
    return found


def _omitted_items(items: Sequence[Word], stays: Sequence[bool]) -> Iterator[Span]:
    """Yield the words that leave a list, with the blanks before them, or behind them where none is left before."""
    first = stays.index(True)
    for at, item in enumerate(items):
        if not stays[at]:
            start = item.span.start if at < first else items[at - 1].span.end
            yield Span(start, items[at + 1].span.start if at < first else item.span.end)


def _divided(step: Step, call: Call, text: str, owners: Owners) -> Mapping[int, PrintedPart]:
    atoms = list(_atoms(step, call, text, owners))
    name = call.words[0].literal
    first = next((at for at, one in enumerate(atoms) if one.owner is not None), None)
    if first is None or name not in _SAYING | _SHOWING:
        return {}
    heads = [atom for atom in atoms[:first] if name in _SHOWING or atom.word in dict(_options(call))]
    if name == "printf":
        form = call.words[1].literal if len(call.words) > 1 else None
        # One conversion takes all words, one after the other.
        if form is None or form.startswith("-") or len(_CONVERSION.findall(form)) != 1 or first == 0:
            return {}
        heads = [atom for atom in atoms if atom.word == 1]
    parted = _with_labels([atom for atom in atoms if not any(atom is one for one in heads)])
    if name in _SHOWING and any(atom.owner is None for atom in atoms[first:]):
        return {}
    builds = dict.fromkeys(atom.owner for atom in parted if atom.owner is not None)
    found: dict[int, PrintedPart] = {}
    for build in builds:
        kept = [*heads, *(atom for atom in parted if atom.owner == build)]
        effects = _effects(step, call, kept)
        if not effects.prints or owners(effects) != {build}:
            return {}
        found[build] = PrintedPart(tuple(_omitted(call, atoms, kept, text)), effects)
    return found


def _atoms(step: Step, call: Call, text: str, owners: Owners) -> Iterator[_Atom]:
    """Yield the atoms of a call's words."""
    options = [_Atom(word.span, number, word.parts, None) for number, word in _options(call)]

    def atom(span: Span, number: int, parts: Sequence[Part]) -> _Atom:
        reads = owners(_effects(step, call, [*options, _Atom(span, number, tuple(parts), None)]))
        return _Atom(span, number, tuple(parts), next(iter(reads), None) if len(reads) < 2 else _SEVERAL)

    yield from options
    for number, word in list(enumerate(call.words))[len(options) + 1 :]:
        whole = atom(word.span, number, word.parts)
        if whole.owner != _SEVERAL or not _is_in_quotes(word, text):
            yield whole
            continue
        start = word.span.start + 1
        runs = list(_runs(word))
        for at, run in enumerate(runs):
            end = word.span.end - 1 if at == len(runs) - 1 else _start_of(runs[at + 1], run)
            yield atom(Span(start, end), number, run)
            start = end


def _options(call: Call) -> Iterator[tuple[int, Word]]:
    """Yield the options right behind the name of the program, with their numbers among its words."""
    for number, word in enumerate(call.words[1:], 1):
        if word.literal is None or not _OPTION.fullmatch(word.literal):
            return
        yield number, word


def _runs(word: Word) -> Iterator[list[Part]]:
    """Yield the parts of a word, each expansion with its label: before it, or behind it where the word begins so."""
    leads = not isinstance(word.parts[0], Literal)
    expansions = sum(not isinstance(part, Literal) for part in word.parts)
    run: list[Part] = []
    seen = 0
    for part in word.parts:
        begins = not isinstance(part, Literal) if leads else bool(run) and not isinstance(run[-1], Literal)
        if run and begins and (leads or seen < expansions):
            yield run
            run = []
        run.append(part)
        seen += not isinstance(part, Literal)
    yield run


def _start_of(run: Sequence[Part], before: Sequence[Part]) -> int:
    """Return where a run of parts begins: where its expansion does, or where the one before it ends."""
    first, last = run[0], before[-1]
    if not isinstance(first, Literal):
        return first.span.start
    assert not isinstance(last, Literal)  # noqa: S101 (a run ends with an expansion, where the next begins with a text)
    return last.span.end


def _is_in_quotes(word: Word, text: str) -> bool:
    """Tell whether a word is one pair of double quotes with all its expansions in it."""
    inside = list(range(word.span.start + 1, word.span.end - 1))
    for part in word.parts:
        if not isinstance(part, Literal):
            inside = [at for at in inside if not part.span.start <= at < part.span.end]
    ends = text[word.span.start], text[word.span.end - 1]
    bare = _ESCAPED.sub("", "".join(text[at] for at in inside))
    return ends == ('"', '"') and '"' not in bare and not bare.endswith("\\")


def _with_labels(atoms: Sequence[_Atom]) -> list[_Atom]:
    """Return the atoms, what belongs to no build with the next that does; at the end, with the last one."""
    found: list[_Atom] = []
    owner: int | None = None
    for atom in reversed(atoms):
        owner = atom.owner if atom.owner is not None else owner
        found.append(replace(atom, owner=owner))
    last = next((atom.owner for atom in found if atom.owner is not None), None)
    return [atom if atom.owner is not None else replace(atom, owner=last) for atom in reversed(found)]


def _effects(step: Step, call: Call, atoms: Iterable[_Atom]) -> Effects:
    """Return what a call does that has these words alone."""
    words: dict[int, list[Part]] = {}
    for atom in sorted(atoms, key=lambda one: one.span.start):
        words.setdefault(atom.word, []).extend(atom.parts)
    kept = tuple(Word(call.words[number].span, tuple(parts)) for number, parts in words.items())
    statement = replace(step.statement, command=replace(call, words=(call.words[0], *kept)))
    return lower((statement,), step.occurrence.before)[0].effects


def _omitted(call: Call, atoms: Sequence[_Atom], kept: Sequence[_Atom], text: str) -> Iterator[Span]:
    """Yield what leaves a call: words with the blanks before them, and texts in quotes with what separates them."""
    stays = {atom.span for atom in kept}
    for number, word in enumerate(call.words[1:], 1):
        own = [atom for atom in atoms if atom.word == number]
        if not any(atom.span in stays for atom in own):
            yield Span(call.words[number - 1].span.end, word.span.end)
            continue
        left = [atom for atom in own if atom.span in stays]
        for atom in own:
            span = atom.span if atom.span in stays else Span(atom.span.end, atom.span.end)
            start, end = span.start, span.end
            if atom is left[0] is not own[0]:
                start = end - len(text[start:end].lstrip(_SEPARATORS))
            if atom is left[-1] is not own[-1]:
                end = start + len(text[start:end].rstrip(_SEPARATORS))
                end = span.end if text[end - 1] == "\\" else end
            yield from (one for one in (Span(atom.span.start, start), Span(end, atom.span.end)) if one.start < one.end)
