"""Which files does a program move between the container and the outside?

`curl`, `wget`, `rsync`, `scp` and the clouds' own programs fetch or send by what their words say: `host:path`,
`s3://bucket/key` and their kin are outside, other paths are the job's own files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from kaniko_split.shell.locations import File, Location, State, file_at, is_exact
from kaniko_split.source.patterns import Pattern

# curl's short options that take a value (curl's manual); the rest of their group is that value.
_TAKES_VALUE = frozenset("AbCcDdEeFhHKmoPQrTtuUwXxYyz")
_OUTSIDE = Pattern(r"[A-Za-z][\w+.-]*://.*|(?:[\w.$@{}-]+@)?[\w.${}-]{2,}:.*")
_JOINT = Pattern(r"[=@,]|:(?!//)")
_EXPANSION = Pattern(r"\$\{[^}]*\}|\$\(.*\)|\$\w+|`[^`]*`")
_OWN_FOLDER = ("$CI_PROJECT_DIR", "${CI_PROJECT_DIR}", "$PWD", "${PWD}")
_ANY: frozenset[Location] = frozenset({State.FILES})
# The words before the paths: `aws s3 cp a b`.
_MOVERS = (
    ("aws", "s3", "cp"),
    ("aws", "s3", "sync"),
    ("aws", "s3", "mv"),
    ("gcloud", "storage", "cp"),
    ("gcloud", "storage", "rsync"),
    ("gsutil", "cp"),
    ("gsutil", "rsync"),
    ("gsutil", "mv"),
    ("kubectl", "cp"),
    ("oc", "cp"),
    ("oc", "rsync"),
    ("mc", "cp"),
    ("rclone", "copy"),
    ("rclone", "sync"),
    ("rsync",),
    ("scp",),
)


def files_named(texts: tuple[str, ...], folder: str | None) -> frozenset[Location]:
    """Return the files that the words of a command may name: also behind `@`, `=` and a scheme such as `oci:`.

    A word that is nothing but a variable may be anything, and is taken for no file.

    Args:
        texts: The command's words, its name first.
        folder: The folder that it runs in, from the project's root; None where it is not known.
    """
    found = (part for text in texts[1:] for part in _JOINT.split(text) if _may_be_path(part))
    return frozenset(file_at(part, folder) for part in found)


def _may_be_path(text: str) -> bool:
    if not text or text.startswith("-") or "://" in text:
        return False
    if text.startswith(_OWN_FOLDER) or _EXPANSION.search(text) is None:
        return True
    # Of `$DIR/api.tar` the end tells that it is a file; `$IMAGE/api` may be anything.
    name = text.rpartition("/")[2]
    return "." in name and _EXPANSION.search(name) is None


def moved(texts: tuple[str, ...], folder: str | None) -> tuple[frozenset[Location], frozenset[Location], bool] | None:
    """Return what a program reads and writes here that copies between places, and whether one outside is changed.

    None stands for any other command. The arguments are those of `files_named`.
    """
    name = texts[0].rpartition("/")[2]
    words = (name, *texts[1:])
    plain = tuple(word for word in words if not word.startswith("-"))
    head = next((one for one in _MOVERS if plain[: len(one)] == one), None)
    if head is None:
        return None
    paths = [text for text in plain[1:] if text not in head]
    if len(paths) < 2:
        return _ANY, _ANY, True
    *sources, target = paths
    outside = [one for one in (*sources, target) if _OUTSIDE.fullmatch(one)]
    reads = frozenset(file_at(one, folder) for one in sources if one not in outside)
    if target in outside:
        return reads, frozenset(), True
    # `--delete` and `mv` change the source too; where it is outside, that is an effect there.
    return reads, frozenset({file_at(target, folder)}), bool({"mv", "--remove-source-files"} & set(words) and outside)


def downloaded(texts: tuple[str, ...], folder: str | None) -> frozenset[Location]:
    """Return the files that `curl` or `wget` writes of its own accord; none where it prints what it reads.

    The arguments are those of `files_named`.
    """
    name = texts[0].rpartition("/")[2]
    found = list(_written_by_curl(texts) if name == "curl" else _written_by_wget(texts))
    return frozenset(file_at(path, folder) if path else State.FILES for path in found)


def _written_by_curl(texts: tuple[str, ...]) -> Iterator[str]:
    """Yield the files that curl writes; an empty one where its name is not known."""
    urls = [text for text in texts[1:] if "://" in text and not text.startswith("-")]
    for at, text in enumerate(texts):
        behind = texts[at + 1] if at + 1 < len(texts) else ""
        if text.startswith("--"):
            name, equals, value = text.partition("=")
            if name == "--output":
                yield value if equals else behind
            elif name in {"--remote-name", "--remote-name-all", "--remote-header-name"}:
                yield _name_of(urls)
            continue
        for index, option in enumerate(text[1:] if text.startswith("-") else "", start=2):
            if option == "o":
                yield text[index:] or behind
            elif option in "OJ":
                yield _name_of(urls)
            if option in _TAKES_VALUE:
                break


def _written_by_wget(texts: tuple[str, ...]) -> Iterator[str]:
    urls = [text for text in texts[1:] if not text.startswith("-")]
    for at, text in enumerate(texts):
        behind = texts[at + 1] if at + 1 < len(texts) else ""
        if text == "--spider":
            return
        name, equals, value = text.partition("=")
        long = name == "--output-document"
        short = not text.startswith("--") and text.startswith("-") and "O" in text
        if long or short:
            target = (value if equals else behind) if long else text.partition("O")[2] or behind
            if target not in {"-", "/dev/null", "/dev/stdout"}:
                yield target
            return
    prefixed = any(text.startswith(("-P", "--directory-prefix", "-i", "-r", "-x")) for text in texts)
    yield "" if prefixed else _name_of(urls)


def _name_of(urls: list[str]) -> str:
    """Return the file name that the only address ends with; nothing where that is not known."""
    name = posixpath.basename(urls[0].partition("?")[0]) if len(urls) == 1 else ""
    return name if name and is_exact(File(name)) and "://" in urls[0] else ""
