"""What does a script say besides its builds: login, tags, files, messages?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from generator.choices import Choices


@dataclass(frozen=True)
class Statement:
    """One shell statement.

    Attributes:
        words: Its words; a line may be broken between two of them.
        lines: For an `if`, its lines when it is written over several.
    """

    words: tuple[str, ...]
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The statement on one line."""
        return " ".join(self.words)

    @property
    def is_build(self) -> bool:
        """Say whether it runs the executor on an image."""
        return "executor" in self.words[0] and "version" not in self.words


def said(text: str) -> Statement:
    """Make a statement that stays on one line."""
    return Statement((text,))


_LOGINS = (
    (
        'echo "{\\"auths\\":{\\"$CI_REGISTRY\\":{\\"username\\":\\"$CI_REGISTRY_USER\\",'
        '\\"password\\":\\"$CI_REGISTRY_PASSWORD\\"}}}" > /kaniko/.docker/config.json'
    ),
    'echo \'{"auths":{"registry.example.com":{"auth":"abc="}}}\' > /kaniko/.docker/config.json',
    (
        'echo "{\\"auths\\":{\\"${CI_REGISTRY}\\":{\\"auth\\":\\"$(printf "%s:%s" "${CI_REGISTRY_USER}" '
        '"${CI_REGISTRY_PASSWORD}" | base64 | tr -d \'\\n\')\\"}}}" > /kaniko/.docker/config.json'
    ),
    'printf \'{"auths": {"%s": {}}}\\n\' "$CI_REGISTRY" > /kaniko/.docker/config.json',
)
_TAGS = (
    "export TAG=$CI_COMMIT_SHORT_SHA",
    "TAG=${CI_COMMIT_TAG:-latest}",
    'TAG="$(cat version.txt)"',
    'export TAG="v$(cut -c1-3 version.txt)"',
    "TAG=$(date +%s)",
)
_CHOSEN_TAG = Statement(
    ('if [ -n "$CI_COMMIT_TAG" ]; then TAG=$CI_COMMIT_TAG; else TAG=latest; fi',),
    ('if [ -n "$CI_COMMIT_TAG" ]; then', "  TAG=$CI_COMMIT_TAG", "else", "  TAG=latest", "fi"),
)
_HEADS = (
    "set -e",
    'echo "building all images"',
    "ls -la",
    "cat version.txt",
    "set -eu",
    "/kaniko/executor version",
    "test -f version.txt",
    "mkdir -p cache",
    "export DOCKER_CONFIG=/kaniko/.docker",
    'echo "version: $(cat version.txt) # as released"',
    "cp version.txt built.txt",
    "pwd",
    "export HTTP_PROXY=http://proxy:3128",
    "umask 022",
    "true",
    "sed -i s/a/b/ version.txt",
    "mkdir -p out && touch out/list",
)
_TAILS = (
    'echo "done"',
    'curl -X POST -d "tag=$CI_COMMIT_SHA" "https://hooks.example.com/done"',
    "ls -la",
    "rm -rf /kaniko/0",
    'wget -qO- "https://hooks.example.com/$CI_COMMIT_SHA"',
    "date",
    'echo "all: pushed" # quietly',
    "test -s version.txt",
    "cat version.txt",
)


def prelude(choices: Choices, *, tag: bool) -> list[Statement]:
    """Write what comes before the first build; with `tag` it sets TAG."""
    found: list[Statement] = []
    if choices.chance(60):
        found += [said("mkdir -p /kaniko/.docker"), said(choices.pick(_LOGINS))]
    if tag:
        computed = _CHOSEN_TAG if choices.chance(15) else said(choices.pick(_TAGS[: 5 if choices.chance(10) else 4]))
        found.insert(choices.number(0, len(found)), computed)
    for _ in range(choices.number(0, 2)):
        found.insert(choices.number(0, len(found)), said(choices.pick(_HEADS)))
    # A login cannot be written before its folder is there.
    order = [index for index, one in enumerate(found) if "/kaniko/.docker" in one.text and "export" not in one.text]
    for first, second in pairwise(order):
        if "mkdir" in found[second].text:
            found[first], found[second] = found[second], found[first]
    return found


def before_build(choices: Choices, name: str) -> list[Statement]:
    """Write what makes a build ready, and concerns it alone."""
    options = (
        f'echo "building {name}"',
        f'echo "$CI_COMMIT_SHA" > {name}/version.txt',
        f"cp version.txt {name}/",
        f"test -f {name}/Dockerfile",
        f"export LEVEL={name}",
        f"LEVEL={name}",
        "mkdir -p /workspace",
        f"rm -f {name}/old.txt",
        f'sed -i "s/latest/$CI_COMMIT_SHA/" {name}/Dockerfile',
        "set -x",
        "echo next >> built.txt",
        f"mkdir -p {name}/out && touch {name}/out/here",
    )
    return [said(choices.pick(options)) for _ in range(choices.pick((0, 0, 0, 1, 1, 2)))]


def after_build(choices: Choices, name: str, image: str, *, digest: bool, dotenv: bool) -> list[Statement]:
    """Write what follows a build: with `digest`, something that reads its digest file."""
    found: list[Statement] = []
    if digest:
        upper = name.upper().replace("-", "_")
        readers = (
            f'echo "{upper}_DIGEST=$(cat {name}.digest)" >> images.env',
            f"cat {name}.digest",
            f'crane tag "{image}@$(cat {name}.digest)" stable',
            f'DIGEST=$(cat {name}.digest); echo "{upper}_DIGEST=$DIGEST" >> images.env',
        )
        found.append(said(readers[0] if dotenv else choices.pick(readers)))
    if choices.chance(20):
        options = (
            f'echo "{name} is pushed"',
            "rm -rf /kaniko/0",
            f'crane tag "{image}" stable',
            "mkdir -p /workspace",
            "rm -rf /kaniko/*[0-9]*",
            f'cosign sign --yes "{image}"',
        )
        found.append(said(choices.pick(options)))
    return found


def tail(choices: Choices) -> list[Statement]:
    """Write what follows all builds."""
    return [said(choices.pick(_TAILS)) for _ in range(choices.pick((0, 0, 0, 1, 1, 2)))]
