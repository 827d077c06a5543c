"""Does Ruby's Psych, which GitLab loads YAML with, read what we read, and the same before and after the split?

All files are read by one Ruby process (see `psych.rb`). A file that it does not take is left out: GitLab does not run
such a pipeline.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judges.resolver import MissingJudgeError
from judges.schema import pipeline_files
from kaniko_split.gitlab.values import Reference, value_of
from kaniko_split.source.text import UnreadableSourceError, read_source
from kaniko_split.tree.compose import BrokenYamlError, TooMuchYamlError, compose

PROGRAM = Path(__file__).with_name("psych.rb")
# Where a job is named: these change with the name.
_MENTIONS = frozenset({"dependencies", "extends", "needs", "trigger"})
_DIVIDED = ("before_script", "extends", "script")


@dataclass(frozen=True)
class Reading:
    """What Psych reads in one file, document by document; None where it does not take the text."""

    path: Path
    documents: list[Any] | None
    wrong: str = ""


@dataclass(frozen=True)
class Figures:
    """How many files were compared, and with what result."""

    readings: tuple[Reading, ...]

    def __str__(self) -> str:
        compared = [one for one in self.readings if one.documents is not None]
        differing = sum(bool(one.wrong) for one in compared)
        return f"{len(compared)} files compared with Psych, {len(compared) - differing} equal, {differing} differing"


def read_all(folders: Iterable[Path]) -> dict[Path, Reading]:
    """Read all YAML files of some folders with Psych, and hold each against our own reading."""
    if shutil.which("ruby") is None:
        raise MissingJudgeError("Ruby, whose YAML reader GitLab uses, is not installed: `apt-get install ruby`.")
    files = [folder / name for folder in folders for name in pipeline_files(folder)]
    done = subprocess.run(
        ["ruby", PROGRAM], input=json.dumps([str(file) for file in files]), capture_output=True, text=True, check=True
    )
    answers = [answer.get("documents") for answer in json.loads(done.stdout)]
    return {
        file: Reading(file, documents, _difference(file, documents) if documents is not None else "")
        for file, documents in zip(files, answers, strict=True)
    }


def compare(before: Path, after: Path | None, readings: dict[Path, Reading]) -> list[str]:
    """List what Psych reads otherwise than we do, and what it reads otherwise after the split outside of it."""
    folders = [before] if after is None else [before, after]
    complaints = [
        f"Psych reads {folder.name}/{name} otherwise: {readings[folder / name].wrong}"
        for folder in folders
        for name in pipeline_files(folder)
        if readings[folder / name].wrong
    ]
    for name in pipeline_files(before) if after is not None else ():
        old, new = readings[before / name], readings.get((after or before) / name)
        if old.documents is None or new is None:
            continue
        if new.documents is None:
            complaints.append(f"Psych takes {name} no more")
            continue
        complaints += [
            f"{name}: Psych reads {key!r} otherwise after the split, though its script is the same"
            for was, now in zip(old.documents, new.documents, strict=True)
            for key in _changed(was, now)
        ]
    return complaints


def _changed(old: Any, new: Any) -> Iterator[str]:
    """Yield the root's keys that stay, whose value does not, and that are outside of the split.

    A job is inside where its script changes, or what it extends; the resolver's judge looks at what hidden jobs hold.
    """
    was, now = (_mapping(one) for one in (old, new))
    for key in was.keys() & now.keys():
        inside = [[_mapping(one[key]).get(keyword) for keyword in _DIVIDED] for one in (was, now)]
        if not key.startswith(".") and inside[0] == inside[1] and _outside(was[key]) != _outside(now[key]):
            yield key


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value["mapping"]) if isinstance(value, dict) and "mapping" in value else {}


def _outside(value: Any) -> Any:
    """Return a value without what names jobs."""
    if isinstance(value, list):
        return [_outside(one) for one in value]
    if isinstance(value, dict) and "!reference" in value:
        return value["!reference"][1:]
    if isinstance(value, dict):
        return {key: _outside(one) for key, one in _mapping(value).items() if key not in _MENTIONS}
    return value


def _difference(file: Path, theirs: list[Any]) -> str:
    try:
        source = read_source(str(file), file.read_bytes())
        ours = [_plain(value_of(one.root)) if one.root is not None else False for one in compose(source.text)]
    except TooMuchYamlError:
        return ""
    except (BrokenYamlError, UnreadableSourceError) as error:
        return f"we do not take it: {error}"
    # We read the last line of a file as one that ends, also where no newline ends it.
    found = _differences(ours, theirs, "")
    return next((one.text for one in found if source.final_newline or not one.is_last_newline), "")


def _plain(value: Any) -> Any:
    """Return a value of ours as `psych.rb` writes it."""
    if isinstance(value, dict):
        return {"mapping": [[str(key), _plain(one)] for key, one in value.items()]}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Reference):
        return {"!reference": list(value.path)}
    return value


@dataclass(frozen=True)
class _Difference:
    where: str
    ours: Any
    theirs: Any

    @property
    def text(self) -> str:
        return f"{self.where}: ours {self.ours!r}, theirs {self.theirs!r}"

    @property
    def is_last_newline(self) -> bool:
        return isinstance(self.theirs, str) and self.ours == f"{self.theirs}\n"


def _differences(ours: Any, theirs: Any, where: str) -> Iterator[_Difference]:
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(*pair, f"{where}[{number}]")
    elif isinstance(ours, dict) and isinstance(theirs, dict) and "mapping" in ours and "mapping" in theirs:
        mine, other = _mapping(ours), _mapping(theirs)
        for key in dict.fromkeys((*mine, *other)):
            yield from _differences(mine.get(key, "nothing"), other.get(key, "nothing"), f"{where}: {key}")
    elif isinstance(ours, dict) and isinstance(theirs, dict) and "!reference" in ours and "!reference" in theirs:
        # GitLab goes down a path by texts and numbers alike; we keep texts.
        if ours["!reference"] != [str(step) for step in theirs["!reference"]]:
            yield _Difference(where, ours, theirs)
    elif (type(ours), ours) != (type(theirs), theirs):
        yield _Difference(where, ours, theirs)
