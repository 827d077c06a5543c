"""Does a command clean up what an executor left behind in its container?"""

from __future__ import annotations

from kaniko_split.source.patterns import Pattern

# What the executor leaves under its folder, as people clean it away (GoogleContainerTools/kaniko 1829 and 2793).
_LEFTOVER = Pattern(r"[\"']?/kaniko/(?:\*?\[0-9\]\*?|\d+|stages|layers|snapshots|cache|Dockerfile)(?:/.*)?[\"']?")


def removes_leftovers(words: tuple[str, ...]) -> bool:
    """Tell whether a command removes what the executor left, and nothing else."""
    paths = [word for word in words[1:] if not word.startswith("-")]
    return words[:1] == ("rm",) and bool(paths) and all(_LEFTOVER.fullmatch(path) for path in paths)


def makes_workspace(words: tuple[str, ...]) -> bool:
    """Tell whether a command makes the folder that `--cleanup` takes away and the executor wants."""
    return words in {("mkdir", "-p", "/workspace"), ("mkdir", "/workspace")}
