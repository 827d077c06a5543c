"""What do the terminal's difference and the review page look like, in the real output's own picture?

Writes docs/pictures/diff.svg and docs/pictures/review.png, which the README shows.
Usage: PYTHONPATH=tests python docs/pictures.py
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from chromium import browser

DOCS = Path(__file__).parent
PICTURES = DOCS / "pictures"
EXAMPLES = DOCS.parent / "examples"
COLUMNS = 96
# Enough of the output to see what it is.
LINES = 34

THEME = TerminalTheme(
    (255, 255, 255),
    (28, 33, 40),
    [
        (28, 33, 40),
        (155, 32, 40),
        (23, 99, 47),
        (117, 76, 0),
        (10, 88, 168),
        (95, 55, 174),
        (13, 90, 90),
        (84, 93, 104),
    ],
)
# As rich has it, but without the fonts that it loads from elsewhere.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font: {char_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font: bold 18px system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def ran(*arguments: str, cwd: Path) -> str:
    """Run the program as a terminal would, and return what it prints."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS)}
    command = [sys.executable, "-m", "kaniko_split", *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 1:
        raise SystemExit(done.stderr)
    return done.stdout


def terminal(folder: Path) -> None:
    """Draw what `diff` prints for the article's example."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    lines = ran("diff", "--quiet", cwd=folder).splitlines()[:LINES]
    for line in ["$ kaniko-split diff", *lines]:
        console.print(Text.from_ansi(line), no_wrap=True, overflow="ellipsis", crop=True)
    svg = console.export_svg(title="kaniko-split diff", theme=THEME, code_format=SVG, unique_id="diff")
    (PICTURES / "diff.svg").write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n")


def review(folder: Path) -> None:
    """Take a picture of the review page, light, as it opens."""
    path = folder / "review.html"
    path.write_text(ran("diff", "--format", "html", cwd=folder), "utf-8")
    with browser() as started:
        context = started.new_context(
            offline=True, color_scheme="light", viewport={"width": 1280, "height": 960}, device_scale_factor=1
        )
        page = context.new_page()
        page.goto(path.as_uri())
        page.screenshot(path=PICTURES / "review.png")
        context.close()


def main() -> None:
    """Make both pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(EXAMPLES / "article" / ".gitlab-ci.yml", folder)
        terminal(folder)
        shutil.copy(EXAMPLES / "login-and-tag" / ".gitlab-ci.yml", folder)
        review(folder)
    for path in sorted(PICTURES.iterdir()):
        print(f"{path.relative_to(DOCS.parent)}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
