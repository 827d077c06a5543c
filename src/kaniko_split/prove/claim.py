"""What may one command do, and which paths do its words name?"""

from __future__ import annotations

from msgspec import Struct

from kaniko_split.prove.paths import path_in
from kaniko_split.prove.symbols import is_known, is_reference
from kaniko_split.source.patterns import Pattern


def words_in(text: str) -> frozenset[str]:
    """Return the words of a list that is written as a text."""
    return frozenset(text.split())


# What the libraries for registries, clouds and HTTP look at: folders, logins, proxies, certificates, other names of
# the tool's maker.
_COMMON = Pattern(
    r"HOME|PATH|TMPDIR|USER|NETRC|KUBECONFIG|(?i:\w+_proxy)|\w*(?:TOKEN|PASSWORD|USERNAME|SECRET|CREDENTIALS|KEY|AUTH)\w*|"
    r"(?:DOCKER|XDG|SSL|AWS|GOOGLE|AZURE|GCP|CI|GITLAB|REGISTRY|SIGSTORE|REKOR|FULCIO|TUF|OCI|GO|LC|CURL|CONTAINERS)_\w*"
)


def is_common(name: str) -> bool:
    """Tell whether many programs look at a variable, so that the runner or the image may well have set it."""
    return _COMMON.fullmatch(name) is not None


class Claim(Struct, frozen=True, eq=False):
    """What a command does at most.

    Attributes:
        reads: The paths that it reads; None for every file.
        writes: The paths that it writes; None for every file.
        replaces: Those of them whose old content it neither reads nor keeps.
        gates: Whether its failure is a verdict on what came before.
        acts: Whether it does something outside of the container.
        environment: Whether it reads the exported variables.
        tool: The program, where only the variables matter that it or its libraries document; else empty.
        known: Whether one of the lists has it.
        fresh: Whether it gives another value each time.
        takes: How far the descriptors have come that it may read, where it reads every file.
    """

    reads: frozenset[str] | None = frozenset()
    writes: frozenset[str] | None = frozenset()
    replaces: frozenset[str] = frozenset()
    gates: bool = False
    acts: bool = False
    environment: bool = False
    known: bool = True
    fresh: bool = False
    tool: str = ""
    takes: frozenset[str] = frozenset()

    def sees(self, name: str) -> bool:
        """Tell whether the command may look at an exported variable."""
        if not self.environment or not self.tool:
            return self.environment
        return name.upper().startswith(f"{self.tool.upper()}_") or is_common(name)

    def joined(self, other: Claim) -> Claim:
        """Return what two commands do at most, one after the other."""
        return Claim(
            None if self.reads is None or other.reads is None else self.reads | other.reads,
            None if self.writes is None or other.writes is None else self.writes | other.writes,
            frozenset(),
            self.gates or other.gates,
            self.acts or other.acts,
            self.environment or other.environment,
            self.known and other.known,
            self.fresh or other.fresh,
        )


NOTHING = Claim()

EVERYTHING = Claim(None, None, frozenset(), gates=True, acts=True, environment=True, known=False)


def short_name(words: tuple[str, ...]) -> str:
    """Return the name of the program that a command runs, without the usual folders before it."""
    name = words[0] if words else ":"
    return name.rpartition("/")[2] if name.startswith(("/bin/", "/usr/bin/", "/busybox/", "/usr/local/bin/")) else name


def paths_of(words: tuple[str, ...], folder: str) -> frozenset[str] | None:
    """Return every path that words may name: whole words, and what stands after `=` or an option's letter."""
    paths: set[str] = set()
    for word in words:
        attached = word[2:] if word.startswith("-") and ("/" in word or "." in word or word.startswith("-t")) else ""
        for text in {word, word.partition("=")[2], attached}:
            if not text or text.startswith("-") or "\n" in text or is_reference(text):
                continue
            path = path_in(folder, text)
            if path is None:
                if not is_known(text) and text is not word:
                    continue
                return None
            paths.add(path)
    return frozenset(paths)
