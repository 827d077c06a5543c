"""Does text from a file stay text in HTML, with nothing of it hidden?"""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaniko_split.report.page.colours import coloured_lines
from kaniko_split.report.page.markup import html_of, plain, prose, shown, statement


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("\u202eevil", "<span class=x>\\u202e</span>evil"),
        ("\x1b[31m", "<span class=x>\\x1b</span>[31m"),
        ("one\ntwo", "one<span class=x>\\n</span>two"),
        ("a\u2028b", "a<span class=x>\\u2028</span>b"),
        ("käse", "käse"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, html: str) -> None:
    assert shown(text) == html


def test_lines_and_tabs_stay_where_they_are_wanted() -> None:
    assert html_of("a\n\tb") == "a\n\tb"
    assert plain("a\n\tb") == "a\\n\\tb"


def test_backticks_become_code() -> None:
    assert prose("`a<b` waits for `c`") == "<code>a&lt;b</code> waits for <code>c</code>"
    assert prose("one ` alone") == "one ` alone"


def test_a_flag_is_not_broken_behind_its_hyphen() -> None:
    assert statement("executor --cache=true x") == "executor <i>--cache=true</i> x"


@given(st.text())
def test_no_markup_comes_from_text(text: str) -> None:
    for html in (shown(text), html_of(text)):
        bare = html.replace("<span class=x>", "").replace("</span>", "")
        assert "<" not in bare
        assert ">" not in bare
    assert unescape(html_of(text)) == text or plain(text) != text


@given(st.text(alphabet=st.sampled_from(list("ab: -#'\"&*!|>[]{},\n\t\u202e\r?@`%\\$")), max_size=60))
def test_colours_lose_nothing(text: str) -> None:
    lines = coloured_lines(text + "\n")
    assert ["".join(piece for _, piece in line) for line in lines] == (text + "\n").split("\n")[:-1]
