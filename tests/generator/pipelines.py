"""What is a whole repository, with its pipeline and the files that its scripts read?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

from generator.choices import Choices, Draw
from generator.jobs import IMAGES, JOB_NAMES, ImageJob, Neighbours, earlier_job, image_job, later_job
from generator.kinds.kind import FOLDERS
from generator.layout import Commands, Named, Page, Raw, style
from generator.scripts import Item
from generator.statements import said

ROOT = ".gitlab-ci.yml"
_LOGIN = (
    said("mkdir -p /kaniko/.docker"),
    said('echo "{\\"auths\\":{\\"$CI_REGISTRY\\":{}}}" > /kaniko/.docker/config.json'),
)


@dataclass(frozen=True)
class Drawn:
    """A repository: its files, how many images each job builds that builds any, and of which kinds they are."""

    files: Mapping[str, bytes]
    builds: Mapping[str, int]
    kinds: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shown = [f"--- {name}\n{data.decode()}" for name, data in self.files.items() if name.endswith(".yml")]
        return "\n".join(("", *shown))


class MisdrawnError(AssertionError):
    """The generator wrote something else than it meant: a fault of the generator."""


@st.composite
def pipelines(draw: st.DrawFn) -> Drawn:
    """Draw a repository."""
    drawing: Draw = draw
    return _Repository(Choices(drawing)).drawn()


class _Repository:
    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._page = Page(choices, style(choices))
        self._files: dict[str, str] = {}
        self._head: list[tuple[str, Any]] = []
        self._jobs: list[tuple[str, Any]] = []
        self._meant: dict[str, Any] = {}

    def drawn(self) -> Drawn:
        """Write everything."""
        choices = self._choices
        stages = choices.pick(
            (["build", "deploy"], None, ["prepare", "images", "release"], ["test", "build", "deploy"])
        )
        listed = stages or ["build", "test", "deploy"]
        if stages is not None:
            self._head.append(("stages", stages))
        where = choices.number(0, len(listed) - 2) if stages is not None else choices.number(0, 1)
        around = Neighbours(stage=listed[where])
        self._surroundings(around)
        self._earlier(around, listed[:where])
        images = self._image_jobs(around)
        others = self._others(listed[where])
        later = [
            (name, later_job(choices, listed[-1], images, [*others, *around.earlier]))
            for name in choices.some(("deploy", "notify all", "smoke:test", "report"), choices.pick((0, 1, 1, 2)))
        ]
        for key, value in (pair for one in images for pair in one.rest.items()):
            self._above(key, value)
        jobs = [*self._jobs, *((one.name, one.keys) for one in images), *later]
        jobs = choices.shuffled(jobs) if choices.chance(40) else jobs
        self._write(jobs)
        kinds = tuple(one.kind for one in images if one.kind)
        return Drawn(self._encoded(), {one.name: one.builds for one in images}, kinds)

    def _surroundings(self, around: Neighbours) -> None:
        """Write what stands above the jobs: variables, defaults, templates, anchors."""
        choices = self._choices
        if choices.chance(25):
            self._head.append(("variables", choices.pick(({"LEVEL": "low"}, {"TAG": "main", "FORCE_COLOR": "1"}))))
        given: dict[str, Any] = {}
        if choices.chance(25):
            given["image"] = choices.pick(IMAGES)
            around.has_image = True
        login = Commands([Item((one,)) for one in _LOGIN])
        if choices.chance(12):
            given["before_script"] = login
        elif choices.chance(5):
            self._head.append(("before_script", login))
        if choices.chance(15):
            given["tags"] = ["docker"]
        kind = choices.pick(("default", "template", "anchor", "template")) if given else ""
        if kind == "default":
            self._head.append(("default", given))
        elif kind == "template":
            around.template = choices.pick((".kaniko", ".images base"))
            self._head.append((around.template, given))
        elif kind == "anchor":
            self._head.append((".kaniko", Named("kaniko", given)))
            around.merged = Raw("*kaniko", lambda meant: meant[".kaniko"])
        if choices.chance(12):
            self._login(around, login)

    def _above(self, key: str, value: dict[str, Any]) -> None:
        """Write something above the jobs, together with what is there under its key."""
        there = {name: given for name, given in self._head if name == key}
        self._head = [(name, given) for name, given in self._head if name != key]
        self._head.append((key, {**there.get(key, {}), **value}))

    def _login(self, around: Neighbours, login: Commands) -> None:
        """Write the login elsewhere, for the job to take it from there."""
        if self._choices.chance(50):
            self._head.append((".login", Named("login", login)))
            around.login = Raw("*login", lambda meant: meant[".login"])
        else:
            self._head.append((".setup", {"before_script": login}))
            around.login = Raw("!reference [.setup, before_script]", ("!reference", [".setup", "before_script"]))

    def _earlier(self, around: Neighbours, stages: list[str]) -> None:
        for name in self._choices.some(("prepare", "lint: all", "compile"), self._choices.number(0, 2)):
            if not stages:
                return
            keys, giving = earlier_job(self._choices, self._choices.pick(stages))
            self._jobs.append((name, keys))
            around.earlier.append(name)
            if giving:
                around.giving.append(name)

    def _image_jobs(self, around: Neighbours) -> list[ImageJob]:
        choices = self._choices
        names = choices.some(JOB_NAMES, choices.pick((1, 1, 1, 1, 2)))
        half = len(FOLDERS) // 2
        folders = [choices.pick((FOLDERS, FOLDERS[::-1]))] if len(names) == 1 else [FOLDERS[:half], FOLDERS[half:]]
        found = [image_job(choices, name, own, around) for name, own in zip(names, folders, strict=True)]
        for one in found:
            self._files |= one.files
        return found

    def _others(self, stage: str) -> list[str]:
        """Write jobs beside those that build images, some with a name that the split would like to use."""
        choices = self._choices
        names = choices.some(
            ("lint", "unit tests", "build-api", ".build-image", "build-web"), choices.pick((0, 0, 1, 2))
        )
        for name in names:
            self._jobs.append((name, {"stage": stage, "script": Commands([Item((said("make check"),))])}))
        return [name for name in names if not name.startswith(".")]

    def _write(self, jobs: list[tuple[str, Any]]) -> None:
        """Write the sections into the root, or some of the jobs into a file that it includes."""
        choices = self._choices
        apart: list[tuple[str, Any]] = []
        aliases = any(isinstance(value, Named) for _, value in self._head)
        if choices.chance(15) and not aliases:
            apart = jobs[: choices.number(1, len(jobs))]
            jobs = jobs[len(apart) :]
            self._head.insert(0, ("include", [{"local": choices.pick(("ci/jobs.yml", "/ci/jobs.yml"))}]))
        self._files[ROOT] = self._file([*self._head, *jobs])
        if apart:
            self._files["ci/jobs.yml"] = self._file(apart)

    def _file(self, sections: list[tuple[str, Any]]) -> str:
        choices = self._choices
        lines: list[str] = []
        meant: dict[str, Any] = {}
        if choices.chance(5):
            lines.append("---")
        for key, value in sections:
            if lines and lines[-1].strip() not in {"", "---"} and not choices.chance(10):
                lines += [""] * choices.pick((1, 1, 2))
            written, means = self._page.entry(key, value, 0)
            lines += written
            meant[key] = means
            if choices.chance(self._page.style.notes // 2):
                lines += self._page.comment(0)
        if choices.chance(5):
            lines += ["", ""]
        text = "\n".join(lines) + "\n"
        _check(text, _settled(meant, meant))
        return text

    def _encoded(self) -> dict[str, bytes]:
        choices = self._choices
        crlf, bom, unended = choices.chance(8), choices.chance(6), choices.chance(12)
        found: dict[str, bytes] = {}
        for name, text in self._files.items():
            data = text.encode()
            if name.endswith(".yml"):
                if unended:
                    data = data.rstrip(b"\n")
                if crlf:
                    data = data.replace(b"\n", b"\r\n")
                if bom:
                    data = b"\xef\xbb\xbf" + data
            found[name] = data
        return found


def _settled(meant: Any, whole: dict[str, Any]) -> Any:
    """Put what they stand for in the place of aliases and merges."""
    if isinstance(meant, Callable):  # type: ignore[arg-type]
        return _settled(meant(whole), whole)
    if isinstance(meant, dict):
        own = {key: _settled(value, whole) for key, value in meant.items()}
        return {**own.pop("<<", {}), **own}
    return [_settled(one, whole) for one in meant] if isinstance(meant, list) else meant


class _Loader(yaml.CSafeLoader):
    """Knows GitLab's own tag."""


def _reference(loader: yaml.CSafeLoader, node: yaml.Node) -> object:
    assert isinstance(node, yaml.SequenceNode)
    return ("!reference", loader.construct_sequence(node))


_Loader.add_constructor("!reference", _reference)


def _check(text: str, meant: Any) -> None:
    """Make sure that a text means what it was to mean.

    Raises:
        MisdrawnError: It does not.
    """
    try:
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        raise MisdrawnError(f"{error}\n{text}") from error
    if _plain(found) != _plain(meant):
        raise MisdrawnError(f"{found}\n is not\n{meant}\n in\n{text}")


def _plain(value: Any) -> Any:
    """Leave out what the chomping of block scalars at the end of a file may change."""
    if isinstance(value, str):
        return value.rstrip("\n")
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
