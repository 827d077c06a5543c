"""Which files may two paths both name, where parts of them are patterns?"""

from __future__ import annotations

import fnmatch
import itertools

import pytest

from kaniko_split.prove.paths import below, folder_before, is_pattern, is_whole, leads_through, meets, path_in

_NAMES = ["".join(letters) for length in range(1, 5) for letters in itertools.product("ab", repeat=length)]
_PATTERNS = ["".join(signs) for length in range(1, 4) for signs in itertools.product("ab*?", repeat=length)]


def test_two_patterns_meet_where_a_name_matches_both() -> None:
    matches = {one: {name for name in _NAMES if fnmatch.fnmatchcase(name, one)} for one in _PATTERNS}
    for one, other in itertools.combinations(_PATTERNS, 2):
        if "?" * 3 in one + other:
            continue
        assert meets(f"/web/{one}", f"/web/{other}") is bool(matches[one] & matches[other]), (one, other)


@pytest.mark.parametrize(
    ("one", "other", "meeting"),
    [
        ("/p/*/gen.txt", "/p/web/gen.txt", True),
        ("/p/*/gen.txt", "/p/web", True),
        ("/p/*/gen.txt", "/p", True),
        ("/p/*/gen.txt", "/p/web/gen.txt/below", True),
        ("/p/*/gen.txt", "/p/web/other.txt", False),
        ("/p/*/gen.txt", "/p/web/src/gen.txt", False),
        ("/p/web/*.conf", "/p/web/a.txt", False),
        ("/p/web/*.conf", "/p/web/.conf", True),
        ("/p/web/*.conf", "/p/api/*.conf", False),
        ("/p/*/a*.txt", "/p/web/*1.txt", True),
        ("/p/web/[ab].txt", "/p/web/c.conf", True),
        ("/", "/p/*", True),
        ("/p/web", "/p/webs", False),
    ],
)
def test_a_pattern_meets_what_it_may_match(one: str, other: str, *, meeting: bool) -> None:
    assert meets(one, other) is meeting
    assert meets(other, one) is meeting


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("*/gen.txt", "/p/*/gen.txt"),
        ("web/./*.tmp", "/p/web/*.tmp"),
        ("web/**/a", "/p/web"),
        ("web/@(a|b)", "/p/web"),
        ("web/{a,b}.txt", "/p/web"),
        ("web/{1..3}.txt", "/p/web"),
        ("web/\x021\x03/*.txt", "/p/web"),
        ("*/\x021\x03.txt", "/p/*"),
        ("*/../a", None),
        ("\x021\x03", None),
    ],
)
def test_what_is_not_known_stands_for_its_folder(text: str, path: str | None) -> None:
    assert path_in("/p", text) == path
    assert not is_whole("/p", text)


def test_a_path_that_is_known_is_whole() -> None:
    assert path_in("/p", "web/../a.txt") == "/p/a.txt"
    assert is_whole("/p", "web/a.txt")
    assert not is_pattern("/p/web/a.txt")


def test_a_pattern_leads_through_the_folders_that_it_may_match() -> None:
    assert leads_through("/p/l*/gen.txt", "/p/linked")
    assert below("/p/l*/gen.txt", "/p/linked") == "/gen.txt"
    assert not leads_through("/p", "/p/linked")
    assert folder_before("/p/web/*/a") == "/p/web"
    assert folder_before("/*/a") == "/"
