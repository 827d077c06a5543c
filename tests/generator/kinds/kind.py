"""What does one kind of pipeline add to an ordinary one?

Texts are templates. `@NEXT` is the folder of the build that follows, `@PREVIOUS` of the one before it, `@FIRST` and
`@LAST` of the first and last one of the job, `@IMAGE` the image that was built before, `@OTHER` the same image in
another spelling, `@VARIABLE` the name of a variable for the build that follows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.choices import Choices
from generator.statements import Statement

FOLDERS = ("api", "web", "worker", "db", "proxy", "docs", "cron_jobs", "mail-out", "Shop", "node20", "base", "x.y")


@dataclass(frozen=True)
class Kind:
    """What a kind adds to the script of a job that builds several images.

    Attributes:
        name: What it is called in figures.
        head: Statements before the first build.
        between: Alternatives, of which one comes between two builds; each is a list of statements.
        tail: Statements after the last build.
        flag: A word of the executor in all builds.
        own_flag: A word of the executor in the build that follows `between`.
        around: Alternatives of what a build is wrapped in, with `@BUILD` for its text.
        body: Alternatives of a whole body, with `@BUILD` for a build of `$1` and `@NAMES` for all names.
        files: What has to be in the repository.
        keys: What the job has.
        rest: What stands above the jobs.
        bash: Whether it needs more than a POSIX shell.
        more: How many builds it adds.
        digests: Whether each build writes a digest file.
        places: Whether `between` also comes before the first build and after the last one.
    """

    name: str
    head: tuple[str, ...] = ()
    between: tuple[tuple[str, ...], ...] = ()
    tail: tuple[str, ...] = ()
    flag: str = ""
    own_flag: str = ""
    around: tuple[tuple[str, ...], ...] = ()
    body: tuple[tuple[str, ...], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, Any] = field(default_factory=dict)
    rest: Mapping[str, Any] = field(default_factory=dict)
    bash: bool = False
    more: int = 0
    digests: bool = False
    places: bool = False


@dataclass(frozen=True)
class Place:
    """Where in a script a template is filled in."""

    previous: str
    next: str
    first: str
    last: str
    image: str = ""
    build: str = ""
    names: str = ""

    def fill(self, template: str) -> str:
        """Put names in the place of the marks of a template."""
        values = {
            "@PREVIOUS": self.previous,
            "@NEXT": self.next,
            "@FIRST": self.first,
            "@LAST": self.last,
            "@OTHER": _spelled_otherwise(self.image),
            "@IMAGE": self.image,
            "@BUILD": self.build,
            "@NAMES": self.names,
            "@VARIABLE": re.sub(r"\W", "_", self.next.upper()),
        }
        for mark, value in values.items():
            template = template.replace(mark, value)
        return template


def statement(text: str) -> Statement:
    """Make a statement, which stands on lines of its own where the text has several."""
    lines = text.split("\n")
    if len(lines) == 1:
        return Statement((text,))
    return Statement((_on_one_line(lines),), tuple(lines))


def pick_places(choices: Choices, kind: Kind, count: int) -> list[int]:
    """Choose before which builds the statements in between come; `count` is after all of them."""
    if not kind.between:
        return []
    inner = list(range(1, count)) or [1]
    chosen = [choices.pick(inner)]
    if kind.places and choices.chance(25):
        chosen.append(choices.pick((0, count)))
    return chosen


def _on_one_line(lines: list[str]) -> str:
    found = ""
    for line in (one.strip() for one in lines):
        if not found:
            found = line
        elif found.endswith(("{", "then", "do", "else", "(", ";;", "&&", "||", " in", "&")):
            found += f" {line}"
        else:
            found += f"; {line}"
    return found


def _spelled_otherwise(image: str) -> str:
    for spelling in ("$CI_REGISTRY_IMAGE", "${CI_REGISTRY_IMAGE}"):
        if spelling in image:
            return image.replace(spelling, "$CI_REGISTRY/$CI_PROJECT_PATH")
    return image.replace("registry.example.com/group/project", "$CI_REGISTRY_IMAGE")
