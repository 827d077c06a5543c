"""Which streams get colour, how wide are they, and how do lines wrap?"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest

from kaniko_split.commands import progress
from kaniko_split.gitlab.discovery import Found, discover
from kaniko_split.report.asked import Asked
from kaniko_split.report.lines import line
from kaniko_split.report.terminal import cells, fitted, has_colour, show, show_diff, width_of

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize(
    ("stream", "wanted", "variables", "colour"),
    [
        (Terminal(), "auto", {}, True),
        (io.StringIO(), "auto", {}, False),
        (Terminal(), "never", {"FORCE_COLOR": "1"}, False),
        (io.StringIO(), "always", {"NO_COLOR": "1"}, True),
        (Terminal(), "auto", {"NO_COLOR": "1"}, False),
        (Terminal(), "auto", {"NO_COLOR": ""}, True),
        (io.StringIO(), "auto", {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), "auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (Terminal(), "auto", {"TERM": "dumb"}, False),
    ],
)
def test_who_gets_colour(
    stream: io.StringIO, wanted: str, variables: dict[str, str], *, colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert has_colour(stream, wanted) is colour


@pytest.mark.parametrize(("columns", "width"), [("72", 72), ("0", None), ("-5", None), ("many", None), ("", None)])
def test_the_width_of_a_terminal(columns: str, width: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width_of(io.StringIO()) is None, "a pipe has no width"
    assert width_of(Terminal()) == width


def test_the_width_that_the_system_says() -> None:
    reader, terminal = os.openpty()
    with os.fdopen(terminal, "w") as stream, os.fdopen(reader):
        import fcntl
        import struct
        import termios

        fcntl.ioctl(stream.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 24, 61, 0, 0))
        assert width_of(stream) == 61


TEXT = "each is built even when another one fails; `--keep-order` has them wait"


@pytest.mark.parametrize("width", [20, 33, 60, len(TEXT) - 1])
def test_a_sentence_wraps_at_spaces_and_hangs(width: int) -> None:
    one = line(("- ", "dim"), (TEXT, "bold"), hanging=2)
    rows = [str(row) for row in fitted(one, width)]
    assert len(rows) > 1
    assert all(len(row) <= width for row in rows)
    assert all(row.startswith("  ") for row in rows[1:])
    assert " ".join(row.strip() for row in rows) == f"- {TEXT}"


def test_a_line_of_a_file_is_cut_off() -> None:
    assert [str(row) for row in fitted(line(TEXT), 12)] == [TEXT[:11] + "…"]
    assert [str(row) for row in fitted(line(TEXT), len(TEXT))] == [TEXT]
    assert [str(row) for row in fitted(line(TEXT), None)] == [TEXT]


def test_wide_letters_take_two_columns() -> None:
    assert cells("語語a") == 5
    (row,) = fitted(line("語語語語"), 5)
    assert str(row) == "語語…"


def test_colour_changes_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    lines = [line(("a.yml", "bold"), f": {TEXT}", hanging=2), line(TEXT)]
    coloured, plain = Terminal(), Terminal()
    show(lines, coloured)
    show(lines, plain, "never")
    assert "\x1b[1m" in coloured.getvalue()
    assert "\x1b" not in plain.getvalue()
    assert ESCAPES.sub("", coloured.getvalue()) == plain.getvalue()


def test_what_a_stream_cannot_hold_is_written_out() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    show([line("“x”")], stream)
    assert stream.buffer.getvalue() == b"\\u201cx\\u201d\n"


def test_a_patch_has_the_colours_of_git_and_no_escapes_of_its_own() -> None:
    patch = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\x1b[31m\n+b\r\n c\n"
    stream = Terminal()
    show_diff(patch, stream)
    rows = stream.getvalue().split("\n")
    assert [next(iter(ESCAPES.findall(row)), "") for row in rows] == [
        *("\x1b[1m", "\x1b[1m", "\x1b[36m", "\x1b[31m", "\x1b[32m", "", "")
    ]
    assert "a\\x1b[31m" in ESCAPES.sub("", rows[3])


def pipelines(folder: Path, files: int) -> list[tuple[Found, Asked]]:
    names = [f"part{number}.yml" for number in range(files - 1)]
    for name in names:
        (folder / name).write_text("")
    (folder / ".gitlab-ci.yml").write_text("include:\n" + "".join(f"  - local: {name}\n" for name in names))
    return [(found, Asked()) for found in discover([folder]) if isinstance(found, Found)]


@pytest.mark.parametrize(
    ("files", "stream", "term", "bar"),
    [
        (51, Terminal(), "xterm", True),
        (50, Terminal(), "xterm", False),
        (51, io.StringIO(), "xterm", False),
        (51, Terminal(), "dumb", False),
    ],
)
def test_a_bar_past_fifty_files_on_a_terminal(
    files: int, stream: io.StringIO, term: str, *, bar: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = pipelines(tmp_path, files)
    assert len(given[0][0].pipeline.files) == files
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", term)
    assert list(progress.watched(given)) == given
    text = ESCAPES.sub("", stream.getvalue())
    assert ("51/51 files" in text) is bar
    if not bar:
        assert text == ""
