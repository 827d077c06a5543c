"""What can be asked of a command, and what is wrong with what was asked?"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

COLOURS = ("auto", "always", "never")
NOTHING, SOMETHING, TROUBLE = 0, 1, 2


class Options(Struct, frozen=True, eq=False):
    """What the command line asks for, whatever the command."""

    paths: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    template_name: str | None = None
    job_name: str | None = None
    cached_only: bool = False
    quiet: bool = False
    ci_file: str | None = None
    keep_order: bool = False
    explain: bool = False
    colour: str = "auto"
    baseline: Path | None = None
    configured: bool = True
    no_baseline: bool = False
    silent: bool = False

    def wrong_colour(self) -> str | None:
        """Return what is wrong with `--color`, in one sentence."""
        if self.colour in COLOURS:
            return None
        return f"--color {self.colour}: there is no such choice; it is {', '.join(COLOURS)}"

    @property
    def reads_stdin(self) -> bool:
        """Whether one of the paths is `-`."""
        return any(str(path) == "-" for path in self.paths)
