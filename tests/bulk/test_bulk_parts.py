"""Do the small rooms of bulk each keep their word?"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from kaniko_split.bulk import committing, contents, journal, results
from kaniko_split.bulk.addresses import BadAddressError, address_of
from kaniko_split.bulk.failures import SkippedError, reason_of
from kaniko_split.bulk.gitlab_api import project_path
from kaniko_split.bulk.journal import Journal, JournalError
from kaniko_split.bulk.merging import merge
from kaniko_split.bulk.pace import Pace, pause_after, seconds_of
from kaniko_split.bulk.pushing import as_one_line, merge_request_in, options_for
from kaniko_split.bulk.settings import BadSettingsError, Settings, check, settings_from
from kaniko_split.bulk.shards import is_in, shard_from
from kaniko_split.bulk.sources import Chosen, Source, in_folders, in_list
from kaniko_split.bulk.status import lines_of


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("https://gitlab.example/group/sub/app.git", "url", "gitlab.example/group/sub/app"),
        ("https://me@gitlab.example:8443/group/app/", "url", "gitlab.example:8443/group/app"),
        ("ssh://git@gitlab.example:2222/group/app.git", "url", "gitlab.example:2222/group/app"),
        ("git@gitlab.example:group/app.git", "url", "gitlab.example/group/app"),
        ("file:///srv/git/app.git", "url", "/srv/git/app"),
        ("checkouts/./app/", "path", "checkouts/app"),
        ("./-odd", "path", "-odd"),
        ("has space/app", "path", "has space/app"),
    ],
)
def test_an_address_is_named_without_its_user_and_ending(text: str, kind: str, name: str) -> None:
    address = address_of(text)
    assert (address.kind, address.name) == (kind, name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-oProxyCommand=x", "begins with a dash"),
        ("--upload-pack=x", "begins with a dash"),
        ("ext::sh -c x", "would run a program"),
        ("fd::3", "would run a program"),
        ("ssh://-oProxyCommand=x/y", "no host that can be reached"),
        ("ssh://-oX@host/y", "user's name begins with a dash"),
        ("-x@host:y", "begins with a dash"),
        ("git@-host:y", "a part of the address begins with a dash"),
        ("git@host:-y", "a part of the address begins with a dash"),
        ("ftp://host/x", "is not fetched from"),
        ("https://host", "no path"),
        ("https://me:word@host/x", "there is a password"),
        ("https://glpat-abcdefgh@host/x", "there is a password"),
        ("https://host/x?private_token=word", "nothing may follow the path"),
        ("https://[host/x", "cannot be read"),
        ("a\x1b[31m", "control characters"),
    ],
)
def test_what_must_not_reach_git_is_told_and_not_shown(text: str, said: str) -> None:
    with pytest.raises(BadAddressError, match=re.escape(said)) as caught:
        address_of(text)
    assert "word" not in str(caught.value).replace("password", "")
    assert "abcdefgh" not in str(caught.value)


def test_a_list_has_comments_and_names_its_wrong_lines(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    lines = io.StringIO(
        f"# all of them\nhttps://h/a.git # with a word\n\n{tmp_path}/plain\n{tmp_path}/none\nhttps://u:secret@h/b\n\x07\n"
    )
    found = list(in_list(lines))
    assert [(one.name, one.problem.partition(": ")[0]) for one in found] == [
        ("h/a", ""),
        (f"{tmp_path}/plain", "line 4 of the list"),
        (f"{tmp_path}/none", "line 5 of the list"),
        ("https://***@h/b", "line 6 of the list"),
        ("?", "line 7 of the list"),
    ]
    assert "secret" not in repr(found)


def test_repositories_are_found_in_folders_and_not_inside_of_others(tmp_path: Path) -> None:
    for name in ("a/.git", "a/inner/.git", "b/c/.git", "node_modules/x/.git"):
        (tmp_path / name).mkdir(parents=True)
    bare = tmp_path / "bare.git"
    for name in ("objects", "refs"):
        (bare / name).mkdir(parents=True)
    (bare / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / "link").symlink_to(tmp_path / "b")
    names = [one.name.removeprefix(f"{tmp_path}/") for one in in_folders([tmp_path])]
    assert names == ["a", "b/c", "bare.git"]
    assert [one.problem for one in in_folders([tmp_path / "none"])] == ["there is no such folder; check the path"]
    (tmp_path / "hollow").mkdir()
    assert [bool(one.problem) for one in in_folders([tmp_path / "hollow"])] == [True]


def test_names_are_chosen_by_regular_expressions() -> None:
    chosen = Chosen((re.compile("^team/"),), (re.compile("legacy"),))
    assert [chosen(name) for name in ("team/a", "other/team/a", "team/legacy-a")] == [True, False, False]


def test_shards_are_a_partition_that_does_not_depend_on_the_others() -> None:
    names = [f"group/app{number}" for number in range(1000)]
    shares = [[name for name in names if is_in(name, (index, 4))] for index in range(1, 5)]
    assert sorted(name for share in shares for name in share) == sorted(names)
    assert all(200 < len(share) < 300 for share in shares)
    assert shard_from(None, {"CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "20"}) == (3, 20)
    assert shard_from("2/5", {"CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "20"}) == (2, 5)
    assert shard_from(None, {}) == (1, 1)
    assert [shard_from(wrong, {}) for wrong in ("0/3", "4/3", "a/b", "3", "")] == [None] * 5


def test_markdown_becomes_one_line_that_git_and_gitlab_take() -> None:
    assert as_one_line("# A\r\n\r\n- b\n") == "# A\\n\\n- b\\n"
    assert as_one_line("tr -d '\\n'") == "tr -d '&#92;n'"
    long = as_one_line("\n".join(["```", *("ü" * 50 for _ in range(2000))]))
    assert len(long.encode()) <= 60_000
    assert long.endswith("it is on the review page.)\\n")
    assert long.count("```") == 2


def test_push_options_hold_no_line_feed() -> None:
    settings = Settings(branch="b", push=True, merge_request=True, message="One\nline\n\nMore", labels=("a b",))
    options = options_for(settings, "main", "x\ny")
    assert options == [
        "merge_request.create",
        "merge_request.target=main",
        "merge_request.title=One",
        "merge_request.description=x\\ny",
        "merge_request.label=a b",
    ]


def test_the_address_of_a_merge_request_is_read_from_what_the_server_says() -> None:
    said = (
        "remote: \nremote: View merge request for x:\nremote:   https://g.example/a/b/-/merge_requests/12\nremote: \n"
    )
    assert merge_request_in(said) == "https://g.example/a/b/-/merge_requests/12"
    assert merge_request_in("To create a merge request, visit:\n https://g.example/a/-/merge_requests/new?x=1") == ""


def test_a_pace_is_kept_and_a_server_is_left_alone() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(10, now=lambda: now[0], sleep=sleep)
    for _ in range(11):
        pace.wait()
    assert now[0] == pytest.approx(1.0)
    pace.hold(5)
    assert pace.held() == pytest.approx(5.0)
    pace.wait()
    assert now[0] == pytest.approx(6.0)


def test_retry_after_is_a_number_or_a_date() -> None:
    assert seconds_of("7", 0) == 7
    assert seconds_of("Thu, 01 Jan 1970 00:00:30 GMT", 10) == 20
    assert seconds_of("Thu, 01 Jan 1970 00:00:30 GMT", 100) == 0
    assert seconds_of("99999999", 0) == 3600
    assert [seconds_of(text, 0) for text in (None, "", "soon", "-3")] == [None] * 4
    assert all(pause_after(tries) <= 120 for tries in range(1, 50))
    assert pause_after(5) > pause_after(1)


@pytest.mark.parametrize(
    ("said", "passing", "reason"),
    [
        (
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 503",
            True,
            "git clone: fatal: unable",
        ),
        (
            "fatal: unable to access 'https://h/x/': The requested URL returned error: 403",
            False,
            "the server denies access",
        ),
        (
            "fatal: could not read Username for 'https://h': terminal prompts disabled",
            False,
            "the server wants credentials",
        ),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", True, "git clone: fatal: unable"),
        ("fatal: write error: No space left on device", False, "there is no space left on the disk"),
        ("", False, "git clone: it ended with code 128"),
    ],
)
def test_what_git_says_becomes_one_sentence(said: str, passing: bool, reason: str) -> None:  # noqa: FBT001
    error = reason_of("clone", 128, said)
    assert error.passing is passing
    assert str(error).startswith(reason)


def test_paths_that_lead_astray_are_known() -> None:
    assert contents.is_harmless("ci/a b.yml")
    wrong = ("", "/etc/passwd", "../x", "a/../x", ".git/config", "a/.GIT/hooks/x", "a//b", "./x", "GIT~1/x")
    assert [contents.is_harmless(path) for path in wrong] == [False] * len(wrong)


def test_only_a_branch_of_ours_is_replaced_and_only_when_asked() -> None:
    ours, theirs = committing.Standing(2, ours=True, done=False), committing.Standing(1, ours=False, done=False)
    for standing, wish in ((ours, "skip"), (theirs, "skip"), (theirs, "replace")):
        with pytest.raises(SkippedError, match="is there already"):
            committing.decide(standing, "x", "replace" if wish == "replace" else "skip")
    committing.decide(ours, "x", "replace")


def test_a_project_is_known_by_its_address_at_one_server_only() -> None:
    assert project_path("https://g.example/a/b.git", "https://g.example") == "a/b"
    assert project_path("https://g.example/gitlab/a/b.git", "https://g.example/gitlab") == "a/b"
    assert project_path("http://g.example/a/b.git", "https://g.example") is None
    assert project_path("https://g.example.evil/a/b.git", "https://g.example") is None
    assert project_path("git@g.example:a/b.git", "https://g.example") is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(push=True), "--push needs --branch"),
        (Settings(branch="b", merge_request=True), "--merge-request needs --push"),
        (Settings(shard=(3, 2)), "--shard"),
        (Settings(jobs=0), "--jobs"),
        (Settings(include=("(",)), "no regular expression"),
        (Settings(gitlab_url="ftp://x"), "--gitlab-url: an address that begins with https://"),
        (Settings(gitlab_url="gitlab.example"), "--gitlab-url: an address that begins with https://"),
        (Settings(message="  "), "the message is empty"),
        (Settings(labels=("a\nb",)), "one line of printable characters"),
    ],
)
def test_options_that_do_not_go_together_are_told(settings: Settings, said: str) -> None:
    with pytest.raises(BadSettingsError, match=re.escape(said)):
        check(settings)


def test_settings_come_back_from_the_journal() -> None:
    settings = Settings(folders=("a",), shard=(2, 3), branch="b", push=True, labels=("x", "y"))
    assert settings_from(settings.as_json()) == settings
    with pytest.raises(BadSettingsError):
        settings_from("nonsense")


def test_a_journal_is_known_by_its_version(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal"):
        Journal(tmp_path)
    (tmp_path / journal.FILE).write_text("nonsense" * 100)
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path)
    book = Journal(tmp_path / "new", make=True)
    book.note("format", "0")
    book.close()
    with pytest.raises(JournalError, match="another version"):
        Journal(tmp_path / "new")


def test_joined_journals_keep_the_row_that_is_further(tmp_path: Path) -> None:
    for name, state in (("one", journal.FAILED), ("two", journal.OPENED)):
        book = Journal(tmp_path / name, make=True)
        book.add([Source("shared", "url", "x"), Source(name, "url", "x")])
        book.set("shared", state=state, merge_request="there" if name == "two" else "")
        book.close()
    for order in (("one", "two"), ("two", "one")):
        book = Journal(tmp_path / "-".join(order), make=True)
        assert merge([tmp_path / name for name in order], book) == 4
        found = {row.source.name: (row.state, row.merge_request) for row in book.rows()}
        book.close()
        assert found == {"shared": ("opened", "there"), "one": ("waiting", ""), "two": ("waiting", "")}


def test_names_that_are_no_utf8_are_kept(tmp_path: Path) -> None:
    book = Journal(tmp_path, make=True)
    book.add([Source("caf\udce9", "checkout", "caf\udce9"), Source("a", "checkout", "a")])
    assert [row.source.where for row in book.rows()] == ["a", "caf\udce9"]
    book.set("caf\udce9", state=journal.SKIPPED, reason="caf\udce9")
    results.write_all(book, tmp_path)
    book.close()
    assert "caf\\udce9" in (tmp_path / "report.csv").read_text()


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    book = Journal(tmp_path, make=True)
    book.add([Source("=HYPERLINK(1)", "url", "x")])
    results.write_all(book, tmp_path)
    book.close()
    assert "'=HYPERLINK(1)" in (tmp_path / "report.csv").read_text()


def test_the_status_of_many_fits_on_a_screen(tmp_path: Path) -> None:
    book = Journal(tmp_path, make=True)
    book.add(Source(f"r{number:04}", "url", "x") for number in range(3000))
    for number in range(300):
        book.set(f"r{number:04}", state=journal.FAILED, reason=f"reason {number % 20}")
    lines = list(lines_of(book))
    book.close()
    assert len(lines) <= 24
    assert lines[0] == "3000 repositories: 300 done, 2700 open"
    assert "          and 14 more reasons; report.csv has them all" in lines
    assert lines[-1] == "`kaniko-split bulk retry` takes the failed ones again"
