"""Where does a program do more than the table says?

Paths outside of the sandbox do not count: libraries, `/etc`, `/proc`, the locale. A file that is neither there before
nor after is no effect (`sed -i` writes one and renames it).

Whether a program looks at the environment is seen only where it prints or writes a value: each run has a variable with
a value of its own. A row that claims less and prints nothing of it is not seen here. Whether a failure is a verdict is
not seen at all.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from os.path import normpath
from pathlib import Path

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.table import effect_of
from truth.sandbox import CANARY, STDIN, environment, fill
from truth.strace import SYSCALLS, Seen, seen_in

SECONDS = 20
_PORT_OF_EXAMPLES = "127.0.0.1:9/"


class Judge:
    """Runs examples in a sandbox and compares what strace sees with the table.

    Args:
        folder: An empty folder; the sandbox is below it.
        port: Where the server listens that examples name as port 9.
        methods: The methods of the requests that the server got.
    """

    def __init__(self, folder: Path, port: int, methods: list[str]) -> None:
        self.root = folder / "sandbox"
        self.folder = folder
        # The files are made once, where the sandbox is: a path in them stays right.
        fill(self.root)
        self._at_first = self._names()
        # What a name reads is what its link leads to; which names are links is for the caller of the table.
        self._links = {name: str(Path(name).resolve()) for name in self._at_first if Path(name).is_symlink()}
        shutil.copytree(self.root, folder / "template", symlinks=True)
        self.port = port
        self.methods = methods

    def disagreements(self, example: str) -> list[str]:
        """Return what `example` does that its row does not say, a sentence each."""
        words = tuple(shlex.split(example.replace(_PORT_OF_EXAMPLES, f"127.0.0.1:{self.port}/")))
        effect = whole_effect(words)
        if not effect.known:
            return [f"{example}: no row"]
        if effect.reads_files and effect.writes_files and effect.acts is Certainty.MAYBE:
            return [f"{example}: means everything, so that there is nothing to judge"]
        before, seen, status, output = self._run(words)
        after = self._names()
        kept = {path for path in seen.writes if path in before or path in after}
        problems = [
            *self._about_files(effect, seen, kept),
            *self._about_the_rest(effect, seen, status, output),
        ]
        if effect.differs is Certainty.NO:
            _, _, again, output_again = self._run(words)
            if (again, output_again) != (status, output):
                problems.append("gives another value the second time")
        return [f"{example}: {problem}" for problem in problems]

    def _refill(self) -> None:
        """Make the sandbox as it was at first, with the times that it had."""
        shutil.rmtree(self.root)
        shutil.copytree(self.folder / "template", self.root, symlinks=True)

    def _names(self) -> set[str]:
        return {str(path) for path in self.root.rglob("*")}

    def _run(self, words: tuple[str, ...]) -> tuple[set[str], Seen, int, str]:
        self._refill()
        before = self._names()
        self.methods.clear()
        log, stdin = self.folder / "log", self.folder / "stdin"
        stdin.write_text(STDIN)
        options = ["-f", "-y", "-qq", "-s", "500", "-e", f"trace={SYSCALLS}", "-e", "signal=none", "-o", str(log)]
        with stdin.open() as given:
            done = subprocess.run(
                ["strace", *options, *words],
                cwd=self.root,
                env=environment(self.root),
                stdin=given,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
        return before, seen_in(log, self.root), done.returncode, done.stdout

    def _about_files(self, effect: CommandEffect, seen: Seen, writes: set[str]) -> Iterator[str]:
        claimed_reads = effect.reads | effect.searches
        claimed = claimed_reads | effect.writes
        own = seen.writes - self._at_first
        for path in sorted(self._inside((seen.reads | seen.descriptors) - own)):
            if not effect.reads_files and not self._covers(claimed_reads, path):
                yield f"reads {self._short(path)}"
        for path in sorted(self._inside(seen.lists - own)):
            if not effect.reads_files and not self._covers(claimed, path):
                yield f"lists {self._short(path)}"
        for path in sorted(self._inside(seen.looks - own)):
            if not effect.reads_files and not self._covers(claimed, path) and not self._leads_to(claimed, path):
                yield f"looks at {self._short(path)}"
        for path in sorted(self._inside(writes)):
            makes_way = path in seen.makes and self._leads_to(effect.writes, path)
            if not effect.writes_files and not self._covers(effect.writes, path) and not makes_way:
                yield f"writes {self._short(path)}"
        for path in sorted(self._inside(seen.executes)):
            if effect.runs_file is None and effect.runs_text is None:
                yield f"executes {self._short(path)}"

    def _about_the_rest(self, effect: CommandEffect, seen: Seen, status: int, output: str) -> Iterator[str]:
        if self._inside(seen.relative) and not effect.reads_folder:
            yield "depends on the working directory"
        if str(self.folder / "stdin") in seen.descriptors and not effect.reads_input:
            yield "reads standard input"
        if seen.network and not effect.reads_network.possible:
            yield "asks a server"
        if {*self.methods} - {"GET", "HEAD"} and effect.acts is not Certainty.YES:
            yield "sends something to a server"
        if status != 0 and not effect.can_fail:
            yield f"fails with status {status}"
        if status == 0:
            for path in sorted(effect.overwrites):
                if self._resolved(path) in self._at_first - seen.replaces:
                    yield f"keeps what was in {path}"
            for path in sorted(effect.overwrites_file):
                place = Path(self._resolved(path))
                if not place.is_dir() and str(place) in self._at_first - seen.replaces:
                    yield f"keeps what was in the file {path}"
        silent = effect.prints is Certainty.NO and not (effect.writes or effect.writes_files or effect.acts.possible)
        if output and silent:
            yield "prints"
        texts = [output, *(self._text(path) for path in self._inside(seen.writes))]
        if any(CANARY in text for text in texts) and not (
            "CANARY" in effect.names or effect.reads_environment.possible
        ):
            yield "reads the environment"

    @staticmethod
    def _text(path: str) -> str:
        file = Path(path)
        return file.read_text(errors="replace") if file.is_file() else ""

    def _resolved(self, claim: str) -> str:
        claim = claim.replace("${HOME}", "$HOME").replace("$HOME", str(self.root / "home"))
        return normpath(self.root / claim)

    def _inside(self, paths: set[str]) -> set[str]:
        return {path for path in paths if path.startswith(f"{self.root}/") or path == str(self.root)} - {""}

    def _short(self, path: str) -> str:
        return str(Path(path).relative_to(self.root))

    def _covers(self, claims: frozenset[str], path: str) -> bool:
        """Tell whether one of the claims is `path`, or a folder that it is in. An unknown part may be anything."""
        for claim in claims:
            if "$" in claim.replace("$HOME", ""):
                if path.startswith(self._resolved(claim.partition("$")[0] or ".")):
                    return True
                continue
            place = self._resolved(claim)
            if str(self.root).startswith(f"{place}/"):
                continue
            places = (place, self._links.get(place, place))
            if any(path == place or path.startswith(f"{place}/") for place in places):
                return True
            if "*" in place and (fnmatchcase(path, place) or fnmatchcase(path, f"{place}/*")):
                return True
        return False

    def _leads_to(self, claims: frozenset[str], path: str) -> bool:
        """Tell whether `path` is a folder on the way to a claim."""
        return any(
            self._resolved(claim).startswith(f"{path}/") or self._resolved(claim) == path for claim in claims
        ) or (path == str(self.root))


def whole_effect(words: tuple[str, ...]) -> CommandEffect:
    """Return what a command does together with the command that it runs."""
    outer = effect_of(words)
    if not outer.runs:
        return outer
    inner = whole_effect(outer.runs)
    weak = outer.runs_often
    return replace(
        outer,
        reads=outer.reads | inner.reads,
        writes=outer.writes | inner.writes,
        overwrites=outer.overwrites | (frozenset() if weak else inner.overwrites),
        overwrites_file=outer.overwrites_file | (frozenset() if weak else inner.overwrites_file),
        searches=outer.searches | inner.searches,
        names=outer.names | inner.names,
        images=outer.images | inner.images,
        reads_files=outer.reads_files or inner.reads_files,
        writes_files=outer.writes_files or inner.writes_files,
        reads_folder=outer.reads_folder or inner.reads_folder,
        reads_input=outer.reads_input or inner.reads_input,
        can_fail=outer.can_fail or inner.can_fail,
        logs_in=outer.logs_in or inner.logs_in,
        reads_environment=_more(outer.reads_environment, inner.reads_environment),
        acts=_more(outer.acts, inner.acts),
        reads_network=_more(outer.reads_network, inner.reads_network),
        failure=_more(outer.failure, inner.failure),
        differs=_more(outer.differs, inner.differs),
        prints=_more(outer.prints, inner.prints),
        known=outer.known and inner.known,
    )


def _more(one: Certainty, two: Certainty) -> Certainty:
    order = (Certainty.NO, Certainty.MAYBE, Certainty.YES)
    return max(one, two, key=order.index)
