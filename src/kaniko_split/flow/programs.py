"""What does a program do to the job, by the table of programs?

The table speaks of words; here its paths become places of the job, and what it does not know becomes everything.
"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.flow.effects import Effects, in_sequence, joined, maybe
from kaniko_split.flow.state import ShellState
from kaniko_split.kaniko.command import is_executor
from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.table import effect_of, row_name
from kaniko_split.shell.locations import NOWHERE, File, Location, State, Variable, is_exact
from kaniko_split.shell.values import Value

_FOLDER: frozenset[Location] = frozenset({State.FOLDER})
_FILES: frozenset[Location] = frozenset({State.FILES})
_LOGIN: frozenset[Location] = frozenset({File("~/.docker")})
_HOME = ("$HOME/", "${HOME}/")
# In a word that is known, a `$` is a character like any other; the table takes it for something unknown.
_DOLLAR, _BACKQUOTE = "\uff04", "\uff40"
# An empty file that `touch` makes, or a folder that `mkdir` makes, is no other content for what is in the repository.
_OPERAND = "operand"
# What a program keeps there to be faster changes nothing else.
_CACHES = ("~/.cache/", "~/.npm/", "~/.wget-hsts")
# Git's look at the working tree notes there which files it need not read again (git-status(1), "Background refresh").
_REFRESHED = ("/.git/index", "/.git/index.lock")
_KEEPING_CONTENT = frozenset({"chmod", "chown", "touch", "mkdir"})
_NO_PATHS = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", "-"})


def effects_of_words(values: tuple[Value, ...], state: ShellState, *, captured: bool) -> Effects:
    """Return what a program does with its words, redirects left out.

    Args:
        values: Its words as far as they are known, its name first.
        state: The state in which it runs.
        captured: Whether something takes what it prints.
    """
    return _of_texts(tuple(map(as_table_word, values)), state, captured=captured)


def _of_texts(texts: tuple[str, ...], state: ShellState, *, captured: bool) -> Effects:
    programs = state.setting.programs
    effect = effect_of(texts, programs)
    if row_name(texts, programs) is not None:
        return _of_configured(effect, texts, state)
    done = _as_effects(effect, texts, state, captured=captured)
    if done.unknown and effect.known:
        # A word that nobody knows may be an option; where it is none, the others tell what is done.
        plain = tuple(_OPERAND if "$" in text or "`" in text else text for text in texts)
        if plain != texts and (sure := effect_of(plain, programs)) != effect:
            told = _as_effects(sure, plain, state, captured=captured)
            done = replace(joined([done, told]), prints=False)
    if effect.runs:
        inner = _of_texts(effect.runs, state, captured=captured)
        return in_sequence([done, maybe(inner) if effect.runs_often else inner])
    if effect.runs_text is not None:
        return joined([done, _everything(state)])
    return done


def _of_configured(effect: CommandEffect, texts: tuple[str, ...], state: ShellState) -> Effects:
    """Return what a program does that the user describes: `maybe` is `yes`.

    A program that asks a server may ask for the image that was pushed before it, so it keeps its place as one does
    that acts.
    """
    acts = effect.acts.possible or effect.reads_network.possible or bool(effect.images)
    if acts and effect.reads_files and effect.writes_files:
        return replace(_everything(state), acts=effect.acts is Certainty.YES, fails=effect.failure.possible)
    bound = replace(
        effect,
        acts=Certainty.YES if acts else Certainty.NO,
        failure=Certainty.YES if effect.failure.possible else Certainty.NO,
        differs=Certainty.YES if effect.differs.possible else Certainty.NO,
    )
    return replace(_as_effects(bound, texts, state, captured=False), fresh=effect.differs.possible)


def as_table_word(value: Value) -> str:
    """Return a word as the table of programs takes it: in a known one, `$` is a character like any other."""
    return value.text.replace("$", _DOLLAR).replace("`", _BACKQUOTE) if value.exact else value.text


def as_written(text: str) -> str:
    """Return a word of the table of programs as the script has it."""
    return text.replace(_DOLLAR, "$").replace(_BACKQUOTE, "`")


def _as_effects(effect: CommandEffect, texts: tuple[str, ...], state: ShellState, *, captured: bool) -> Effects:
    reads = _places(effect.reads | effect.searches, state)
    if effect.acts.possible and effect.reads_files and effect.writes_files:
        everything = replace(_everything(state), acts=effect.acts is Certainty.YES)
        # After a build, a file outside of the project is that image's, but for the executor.
        return everything if is_executor(texts[0]) else replace(everything, reads=everything.reads | reads)
    reads |= frozenset(
        link for path in effect.reads | effect.searches | effect.writes for link in state.links_on(as_written(path))
    )
    writes = _without_caches(_places(effect.writes, state)) | (
        _FILES if effect.writes_files or effect.logs_in else NOWHERE
    )
    variables = frozenset[Location](map(Variable, effect.names & state.assigned))
    if effect.reads_environment.possible or effect.reads_network.possible:
        # What asks a server takes its login, proxy and certificates from there, by whatever names its libraries know.
        variables |= state.environment()
    if effect.logs_in:
        reads |= _FILES
    if effect.images:
        reads |= _LOGIN
    name = texts[0].rpartition("/")[2]
    # What is asked for and thrown away was asked for because of what it does on the server.
    acts = effect.acts is Certainty.YES or (effect.acts is Certainty.MAYBE and not captured)
    fails = effect.failure is Certainty.YES or (effect.failure is Certainty.MAYBE and effect.acts is Certainty.YES)
    fresh = (effect.differs is Certainty.YES and not effect.logs_in) or (
        effect.differs is Certainty.MAYBE and any("latest" in text for text in texts)
    )
    return Effects(
        reads=reads
        | variables
        | (_FILES if effect.reads_files else NOWHERE)
        | (_FOLDER if effect.reads_folder else NOWHERE),
        writes=writes,
        overwrites=_overwritten(effect, state) & writes,
        acts=acts,
        fails=fails,
        fresh=fresh,
        prints=not (writes or acts or fails),
        keeps=writes if name in _KEEPING_CONTENT else NOWHERE,
    )


def _without_caches(places: frozenset[Location]) -> frozenset[Location]:
    return frozenset(
        place
        for place in places
        if not (
            isinstance(place, File) and (f"{place.path}/".startswith(_CACHES) or f"/{place.path}".endswith(_REFRESHED))
        )
    )


def _overwritten(effect: CommandEffect, state: ShellState) -> frozenset[Location]:
    """Return what has new content for certain; a target that may be a folder counts where its name is the source's."""
    names = {path.rpartition("/")[2] for path in effect.reads}
    files = {path for path in effect.overwrites_file if path.rpartition("/")[2] in names}
    return frozenset(place for place in _places(effect.overwrites | files, state) if is_exact(place))


def _everything(state: ShellState) -> Effects:
    """Return what a program may do of which nobody knows what it does: its failure may be a verdict, too."""
    return Effects(reads=_FILES | _FOLDER | state.environment(), writes=_FILES, fails=True, unknown=True)


def _places(paths: frozenset[str], state: ShellState) -> frozenset[Location]:
    found: set[Location] = set()
    for path in paths - _NO_PATHS:
        text = as_written(path)
        for home in _HOME:
            text = f"~/{text.removeprefix(home)}" if text.startswith(home) else text
        found.add(state.place(text))
    return frozenset(found)
