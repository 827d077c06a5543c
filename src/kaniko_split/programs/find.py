"""What does an expression of `find` read, write and run?"""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Usage
from kaniko_split.programs.usage import may_be_option

# Parts of an expression by how many words they take (GNU findutils manual, "Finding Files").
_ALONE = frozenset(
    [
        "-print",
        "-print0",
        "-ls",
        "-prune",
        "-quit",
        "-depth",
        "-d",
        "-daystart",
        "-follow",
        "-mount",
        "-xdev",
        "-noleaf",
        "-true",
        "-false",
        "-empty",
        "-executable",
        "-readable",
        "-writable",
        "-nouser",
        "-nogroup",
        "-warn",
        "-nowarn",
        "-ignore_readdir_race",
        "-noignore_readdir_race",
        "-a",
        "-and",
        "-o",
        "-or",
        "-not",
        "!",
        "(",
        ")",
        ",",
    ]
)
_TEXT = frozenset(
    [
        "-name",
        "-iname",
        "-path",
        "-ipath",
        "-wholename",
        "-iwholename",
        "-lname",
        "-ilname",
        "-regex",
        "-iregex",
        "-regextype",
        "-type",
        "-xtype",
        "-maxdepth",
        "-mindepth",
        "-perm",
        "-user",
        "-group",
        "-uid",
        "-gid",
        "-size",
        "-links",
        "-inum",
        "-fstype",
        "-printf",
        "-context",
        "-used",
    ]
)
_TIME = frozenset(["-mtime", "-atime", "-ctime", "-mmin", "-amin", "-cmin", "-newermt", "-newerat", "-newerct"])
_FILE = frozenset(["-newer", "-anewer", "-cnewer", "-samefile", "-neweraa", "-newermm", "-newercc", "-newerBB"])
_WRITES = frozenset({"-fprint", "-fprint0", "-fls"})
_RUNS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})


class _Expression(Struct, eq=False):
    deletes: bool = False
    differs: bool = False
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    runs: list[tuple[str, ...]] = field(default_factory=list)


def find_effect(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Return what `find` does; None where a part of its expression is not known, or it runs several commands."""
    words = list(usage.operands)
    while words and (words[0] in {"-H", "-L", "-P"} or words[0].startswith("-O")):
        words.pop(0)
    starts: list[str] = []
    while words and not (words[0].startswith("-") or words[0] in {"(", "!", ")"}):
        if may_be_option(words[0]):
            return None
        starts.append(words.pop(0))
    expression = _read(words)
    if expression is None or len(set(expression.runs)) > 1:
        return None
    folders = frozenset(starts) or frozenset({"."})
    runs = expression.runs[0] if expression.runs else ()
    item = f"{starts[0] if starts else '.'}/$(find)" if len(starts) < 2 else "$(find)"
    return replace(
        effect,
        searches=folders,
        reads=effect.reads | expression.reads,
        writes=frozenset(expression.writes) | (folders if expression.deletes else frozenset()),
        differs=Certainty.MAYBE if expression.differs else effect.differs,
        runs=tuple(word.replace("{}", item) for word in runs),
        runs_often=bool(runs),
    )


def _read(words: list[str]) -> _Expression | None:
    done = _Expression()
    while words:
        word = words.pop(0)
        if word in _ALONE:
            done.differs |= word == "-ls"
            continue
        if word == "-delete":
            done.deletes = True
        elif word in _RUNS:
            command = _command(words)
            # `-execdir` runs it in the folder of each file.
            if command is None or word.endswith("dir"):
                return None
            done.runs.append(command)
        elif not words:
            return None
        elif word in _TEXT:
            words.pop(0)
            # It may print times and inodes, as `-ls` does.
            done.differs |= word == "-printf"
        elif word in _TIME:
            words.pop(0)
            done.differs = True
        elif word in _FILE:
            done.reads.add(words.pop(0))
        elif word in _WRITES:
            done.writes.add(words.pop(0))
        elif word == "-fprintf" and len(words) > 1:
            done.writes.add(words.pop(0))
            words.pop(0)
        else:
            return None
    return done


def _command(words: list[str]) -> tuple[str, ...] | None:
    """Take the words of `-exec` up to `;` or `{} +`."""
    command: list[str] = []
    while words:
        word = words.pop(0)
        if word == ";" or (word == "+" and command and command[-1] == "{}"):
            return tuple(command) or None
        command.append(word)
    return None
