"""Are the recorded builds, and the recorded effects outside, of two runs the same?"""

import hashlib
import json
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from judges.sandbox import EFFECTS, MOMENT, MOMENTS, PROJECT, Call, Outcome, Record
from judges.surroundings import VARIABLES_OF_JOB
from judges.verdicts import is_verdict

Form = dict[str, Any]

# What a shell changes by itself, or what differs between two jobs by its nature.
_NOISE = frozenset({"_", "CI_JOB_GROUP_NAME", "CI_JOB_NAME", "OLDPWD", "PWD", "SHLVL", *VARIABLES_OF_JOB})
_LEFTOVER = re.compile(r"/kaniko/\d+/")
_CONTEXT_FLAGS = ("-c", "--context")
_SENDS = re.compile(r"-[a-zA-Z]*[dFTX]|--(?:data|form|json|upload|post|request|method)")
_INTO_FILE = re.compile(r"-[a-zA-Z]*[oO](?!-)|--(?:output|remote-name)")
_DIGEST_CHARACTERS = 10  # scripts cut digests short


def is_build(record: Record) -> bool:
    """Say whether a call of the executor builds an image."""
    return record.command == "executor" and not {"version", "--help", "-h", "help"} & {*record.arguments[:1]}


def is_effect(record: Record) -> bool:
    """Say whether a call would have had an effect outside the container."""
    return record.command in EFFECTS or (record.command == "git" and "push" in record.arguments)


def is_repeatable(record: Record) -> bool:
    """Say whether a call only fetches, checks or logs in, so that each job may do it again: it must not be lost."""
    words = record.arguments
    if is_verdict(Call(record.command, record.folder, words)):
        return True
    if {"login", "auth", "configure", "config", "set-context"} & set(words[:2]) and "push" not in words:
        return True
    if record.command in {"curl", "wget"}:
        sends = bool(record.given) or any(_SENDS.match(word) for word in words)
        return not sends and any(_INTO_FILE.match(word) for word in words)
    if record.command in {"rsync", "scp"} or words[:2] in {("s3", "cp"), ("s3", "sync"), ("storage", "cp")}:
        # What the last word names is written.
        return ":" not in words[-1]
    return False


def forms_of_builds(outcomes: Iterable[Outcome]) -> list[Form]:
    """Give all builds of some jobs, each without what it owes to other builds of its container."""
    forms: list[Form] = []
    for outcome in outcomes:
        builds = [record for record in outcome.records if is_build(record)]
        digests = {build.digest for build in builds if build.digest}
        forms.extend(_build(build, _marks(digests - {build.digest})) for build in builds)
    return _with_moments(forms)


def forms_of_effects(outcomes: Iterable[Outcome]) -> list[Form]:
    """Give all effects outside of some jobs; what each of them may do for itself is given once."""
    forms: list[Form] = []
    for record in (record for outcome in outcomes for record in outcome.records if is_effect(record)):
        form = {
            "command": record.command,
            "arguments": list(record.arguments),
            "input": record.given,
            "files": _named(record),
        }
        if not (is_repeatable(record) and form in forms):
            forms.append(form)
    return _with_moments(forms)


def other_commands(outcomes: Iterable[Outcome]) -> dict[str, list[Mapping[str, str]]]:
    """Give all other commands that are not in the sandbox, such as a compiler, with the environment of each call."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for outcome in outcomes:
        digests = _marks({record.digest for record in outcome.records if record.digest})
        for record in outcome.records:
            if not is_effect(record) and record.command not in {"executor", *MOMENTS}:
                words = MOMENT.sub(b"...", " ".join((record.command, *record.arguments)).encode()).decode()
                given = {
                    name: MOMENT.sub(b"...", value.encode()).decode()
                    for name, value in record.environment.items()
                    if name not in _NOISE and not _bears(value.encode(), digests)
                }
                found.setdefault(words, []).append(given)
    return found


def environment_difference(before: Sequence[Mapping[str, str]], after: Sequence[Mapping[str, str]]) -> set[str]:
    """Name the variables in which calls of a command after the split differ from all of those before it.

    A program that nobody knows may look at any of them.
    """
    if all(given in before for given in after):
        return set()
    given = next(given for given in after if given not in before)
    near = min(before, key=lambda other: len(dict(given.items() ^ other.items())))
    return set(dict(given.items() ^ near.items()))


def differences(what: str, before: Sequence[Form], after: Sequence[Form]) -> list[str]:
    """Compare two multisets, and say how each member that only one of them has differs from its nearest."""
    old = Counter(_key(form) for form in before)
    new = Counter(_key(form) for form in after)
    lost = [json.loads(key) for key in (old - new).elements()]
    added = [json.loads(key) for key in (new - old).elements()]
    complaints = []
    for form in lost:
        near = min(added, key=lambda other: _unlike(form, other), default=None)
        if near is None or _unlike(form, near) > 2:
            complaints.append(f"{what} lost: {_title(form)}.")
            continue
        added.remove(near)
        complaints += [
            f"{what} {_title(form)}: {key} differ: {_first_difference(form[key], near[key])}."
            for key in form
            if form[key] != near[key]
        ]
    return complaints + [f"{what} that did not run before, or not as often: {_title(form)}." for form in added]


def _build(record: Record, foreign: Sequence[bytes]) -> Form:
    words = " ".join(record.arguments)
    environment = {
        name: value
        for name, value in record.environment.items()
        if name not in _NOISE and (name in words or not _bears(value.encode(), foreign))
    }
    kept = {}
    for path, content in {**context_files(record), **_named(record), **_settings(record)}.items():
        own = _without_foreign(content, foreign)
        if own is not None:
            kept[path] = own
    return {
        "arguments": list(record.arguments),
        "folder": record.folder,
        "environment": environment,
        "input": record.given,
        "files": kept,
    }


def _marks(digests: Iterable[str]) -> list[bytes]:
    return [digest.removeprefix("sha256:")[:_DIGEST_CHARACTERS].encode() for digest in digests]


def _bears(content: bytes, marks: Sequence[bytes]) -> bool:
    return any(mark in content for mark in marks)


def _without_foreign(content: bytes, marks: Sequence[bytes]) -> bytes | None:
    """Drop what another build of the container wrote: its image, its digest, lines that were made from it."""
    if not _bears(content, marks):
        return content
    if b"\0" in content:
        return None
    left = b"".join(line for line in content.splitlines(keepends=True) if not _bears(line, marks))
    return left if left.strip() else None


def context_files(record: Record) -> Mapping[str, bytes]:
    """Give the files of a build's context, by absolute path."""
    place = "/workspace"
    previous = ""
    for argument in record.arguments:
        name, _, value = argument.partition("=")
        if previous in _CONTEXT_FLAGS:
            place = argument
        elif value and name in _CONTEXT_FLAGS:
            place = value
        elif re.match(r"-c[^=-]", argument):
            place = argument[2:]
        previous = argument
    if re.match(r"(?!dir:|tar:)\w+://", place):
        return {}
    folder = _absolute(record, re.sub(r"^(?:dir|tar)://", "", place))
    return {path: content for path, content in record.files.items() if f"{path}/".startswith(f"{folder}/")}


def _settings(record: Record) -> Mapping[str, bytes]:
    """Give the files that an executor reads without being told: login, certificates, its user's settings."""
    folders = (
        "/kaniko",
        "/root",
        posixpath.normpath(record.environment.get("DOCKER_CONFIG") or "/kaniko/.docker"),
    )
    return {
        path: content
        for path, content in record.files.items()
        if path.startswith(tuple(f"{folder}/" for folder in folders))
        and path != "/kaniko/executor"
        and not _LEFTOVER.match(path)
    }


def _named(record: Record) -> Mapping[str, bytes]:
    """Give the files that the arguments name."""
    words = {word for argument in record.arguments for word in re.split(r"[=,@]|(?<=\w)://", argument)}
    paths = {_absolute(record, word) for word in words if word}
    return {path: content for path, content in record.files.items() if path in paths}


def _absolute(record: Record, path: str) -> str:
    return posixpath.normpath(posixpath.join(record.folder or f"/{PROJECT}", path))


def _with_moments(forms: list[Form]) -> list[Form]:
    """Name each value that differs from moment to moment by where it was used, to make two runs comparable.

    One such value used by two builds is another thing than two values used by one build each.
    """
    uses: dict[bytes, list[str]] = {}
    for form in forms:
        seen: set[bytes] = set()
        mask = _digest(_changed(form, partial(_mask, seen=seen)))
        for moment in seen:
            uses.setdefault(moment, []).append(mask)
    names = {moment: _digest(sorted(places))[:12].encode() for moment, places in uses.items()}
    return [_changed(form, partial(_rename, names=names)) for form in forms]


def _mask(content: bytes, seen: set[bytes]) -> bytes:
    seen.update(MOMENT.findall(content))
    return MOMENT.sub(b"...", content)


def _rename(content: bytes, names: Mapping[bytes, bytes]) -> bytes:
    return MOMENT.sub(lambda found: names[found[0]], content)


def _changed(value: Any, change: Callable[[bytes], bytes]) -> Any:
    """Apply a change to all texts and contents, and put a hash in the place of each content."""
    if isinstance(value, bytes):
        return hashlib.sha256(change(value)).hexdigest()
    if isinstance(value, str):
        return change(value.encode()).decode(errors="replace")
    if isinstance(value, Mapping):
        return {_changed(key, change): _changed(entry, change) for key, entry in value.items()}
    if isinstance(value, list):
        return [_changed(entry, change) for entry in value]
    return value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _key(form: Form) -> str:
    return json.dumps(form, sort_keys=True)


def _unlike(form: Form, other: Form) -> int:
    return [*(form[key] != other[key] for key in form), form["arguments"] != other["arguments"]].count(True)


def _title(form: Form) -> str:
    return " ".join([form.get("command", "executor"), *form["arguments"]])


def _first_difference(old: Any, new: Any) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
        return ", ".join(
            f"{name} ({old.get(name, 'absent')} before, {new.get(name, 'absent')} after)" for name in names[:5]
        )
    return f"{old} before, {new} after"
