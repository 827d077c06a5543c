"""Does the program do with each case what its folder says, also when the case is written another way?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from conftest import Case, Ran, all_cases, run_here, tree
from kaniko_split.prove.accounting import check_comments
from kaniko_split.source.text import read_source

CASES = all_cases()
SPLITTING = [case for case in CASES if case.splits]
UPDATE = bool(os.environ.get("KANIKO_SPLIT_UPDATE"))


def parameter(case: Case) -> object:
    """Some tests of a case that does not hold yet may pass; that the case itself fails is a test of its own."""
    marks = [pytest.mark.xfail(reason=case.not_yet, strict=False)] if case.not_yet else []
    return pytest.param(case, id=case.folder.name, marks=marks)


cases = pytest.mark.parametrize("case", [parameter(case) for case in CASES])
splitting_cases = pytest.mark.parametrize("case", [parameter(case) for case in SPLITTING])

_REFUSED = re.compile(r"^  left as it is \[(?P<code>[\w-]+)\]: (?P<place>.+?:\d+:\d+): ", re.MULTILINE)


def copied(case: Case, target: Path) -> Path:
    shutil.copytree(case.before, target, symlinks=True)
    return target


def refusals(checked: Ran) -> str:
    return "".join(f"{found['code']} {found['place']}\n" for found in _REFUSED.finditer(checked.out.decode()))


def expected_exit(case: Case) -> int:
    return int(case.text("exit", "1" if case.refuses else "0"))


def update(case: Case, work: Path, checked: Ran, applied: Ran) -> None:
    """Write what the program does now, for a person to read in `git diff`."""
    found = refusals(checked)
    if tree(work) != tree(case.before):
        shutil.rmtree(case.folder / "after", ignore_errors=True)
        shutil.copytree(work, case.folder / "after", symlinks=True)
    if found or case.refuses:
        (case.folder / "refused.txt").write_text(found)
    for name, text in (("stdout", checked.out.decode()), ("stderr", checked.err)):
        if (case.folder / name).is_file():
            (case.folder / name).write_bytes(text.encode())
    if (case.folder / "exit").is_file():
        (case.folder / "exit").write_text(f"{applied.code}\n")


@cases
def test_case(case: Case, tmp_path: Path) -> None:
    check_case(case, tmp_path)


def test_what_holds_is_not_marked_not_yet(tmp_path: Path) -> None:
    for case in CASES:
        if case.not_yet:
            with pytest.raises(AssertionError):
                check_case(case, tmp_path / case.folder.name)


def check_case(case: Case, tmp_path: Path) -> None:
    work = copied(case, tmp_path / "work")
    checked = run_here("check", *case.arguments, cwd=work)
    diffed = run_here("diff", *case.arguments, cwd=work)
    assert tree(work) == tree(case.before), "check and diff write nothing"
    applied = run_here("apply", *case.arguments, cwd=work)
    if UPDATE:
        update(case, work, checked, applied)
    assert "Traceback" not in checked.err + diffed.err + applied.err
    assert tree(work) == tree(case.wanted)
    assert refusals(checked) == case.text("refused.txt")
    assert applied.code == expected_exit(case)
    if expected_exit(case) != 2:
        assert checked.code == int(case.splits or case.refuses)
        assert diffed.code == int(case.splits or case.refuses)
    for name, text in (("stdout", checked.out.decode()), ("stderr", checked.err)):
        if (case.folder / name).is_file():
            assert text == case.text(name)
    patched = copied(case, tmp_path / "patched")
    if diffed.out:
        subprocess.run(["git", "apply", "-"], cwd=patched, input=diffed.out, check=True)
    assert tree(patched) == tree(case.wanted), "the patch says what apply does"


@splitting_cases
def test_a_second_run_changes_nothing(case: Case, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(case.wanted, work, symlinks=True)
    again = run_here("apply", *case.arguments, cwd=work)
    assert tree(work) == tree(case.wanted)
    assert again.code == expected_exit(case)


@splitting_cases
def test_each_comment_is_there_once(case: Case) -> None:
    before, after = tree(case.before), tree(case.wanted)
    for name in before:
        if name.endswith((".yml", ".yaml")):
            pair = (read_source(name, before[name]), read_source(name, after[name]))
            assert list(check_comments(*pair)) == []


def as_windows_saves_it(data: bytes) -> bytes:
    """Give it a byte order mark and CRLF, and take the last line's end."""
    lines = data.replace(b"\r\n", b"\n").removesuffix(b"\n").replace(b"\n", b"\r\n")
    return b"\xef\xbb\xbf" + lines.removeprefix(b"\xef\xbb\xbf")


def twice_as_deep(data: bytes) -> bytes:
    """Double the indentation of every line: two spaces become four."""
    return re.sub(rb"(?m)^ +", lambda found: found[0] * 2, data)


VARIANTS: list[Callable[[bytes], bytes]] = [as_windows_saves_it, twice_as_deep]


class _Loader(yaml.CSafeLoader):
    """Knows GitLab's own tag."""


def _reference(loader: yaml.CSafeLoader, node: yaml.Node) -> object:
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node)


_Loader.add_constructor("!reference", _reference)


def means_something(data: bytes) -> bool:
    try:
        list(yaml.load_all(data, Loader=_Loader))
    except yaml.YAMLError:
        return False
    return True


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.__name__)
@cases
def test_variant(case: Case, variant: Callable[[bytes], bytes], tmp_path: Path) -> None:
    work = copied(case, tmp_path / "work")
    wanted = tree(case.wanted)
    for name, data in tree(work).items():
        if name.endswith((".yml", ".yaml")):
            varied, wanted[name] = variant(data), variant(wanted[name])
            if means_something(data) and not (means_something(varied) and means_something(wanted[name])):
                pytest.skip("the case cannot be written that way: its lists of mappings would not line up")
            if b"\n" in wanted[name] and b"\n" not in varied:
                pytest.skip("the case cannot be written that way: a single line does not show how lines end")
            (work / name).chmod(0o644)
            (work / name).write_bytes(varied)
    applied = run_here("apply", "--quiet", *case.arguments, cwd=work)
    assert tree(work) == wanted
    assert applied.code == expected_exit(case)
