"""Does a script that is too long, too deep or endless lead to a result or a refusal, and never to a build uncounted?

The shapes run at a small size here. `benchmarks/hostile_scripts.py` runs them at full size, with time and memory.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile_shapes import SHAPES, HostileShape, build, pipeline
from kaniko_split.api import plan
from kaniko_split.flow.lower import LimitError, lower
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.tables import Names, SharedTable, Variables
from kaniko_split.plan.obstacles import MOST_STATEMENTS
from kaniko_split.plan.refusals import REFUSALS
from kaniko_split.report.document import JobOutcome
from kaniko_split.shell.locations import File, Location, LocationIndex, State, Variable, may_meet
from kaniko_split.shell.parse import NestedTooDeepError, parse
from kaniko_split.shell.values import MOST_CHARACTERS, MOST_WORDS, Value


def outcome_of(folder: Path, files: dict[str, str]) -> JobOutcome:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    document = plan(folder / ".gitlab-ci.yml", configured=False)
    assert not document.problems
    ((outcome,),) = [pipeline.outcomes for pipeline in document.pipelines]
    return outcome


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_each_shape_is_split_or_refused(shape: HostileShape, tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, dict(shape.files(shape.small)))
    assert outcome.verdict in {"split", "refused", "failed"}
    if outcome.verdict == "refused":
        assert outcome.refused is not None
        assert outcome.refused.code in REFUSALS


@pytest.mark.parametrize(
    "line",
    ["( " * 300 + "true" + " )" * 300, "{ " * 300 + "true" + "; }" * 300, "echo $((" + "(" * 300 + "1" + ")" * 302],
)
def test_what_is_nested_too_deeply_is_counted_and_refused(line: str, tmp_path: Path) -> None:
    # The builds do not show in the text.
    outcome = outcome_of(tmp_path, {".gitlab-ci.yml": pipeline(f'E=/kaniko/exec\n"$E"utor\n{line}\n# executor')})
    assert outcome.verdict == "refused"
    assert outcome.refused is not None
    assert outcome.refused.code == "unreadable-script"


def test_a_limit_is_a_finding_that_is_refused(tmp_path: Path) -> None:
    lines = "\n".join(f"cp a{number} b" for number in range(MOST_STATEMENTS + 1))
    outcome = outcome_of(tmp_path, {".gitlab-ci.yml": pipeline(f"{build('a')}\n{lines}\n{build('b')}")})
    assert outcome.refused is not None
    assert outcome.refused.code == "unreadable-script"


def test_a_parse_that_is_too_deep_is_an_error_of_its_own() -> None:
    with pytest.raises(NestedTooDeepError):
        parse("( " * 1_000 + "true" + " )" * 1_000)


def test_brackets_that_are_quoted_or_closed_are_not_nested() -> None:
    text = "\n".join('echo "if (a) do"; case $x in a) b;; esac; if a; then b; elif c; then d; fi' for _ in range(500))
    assert len(parse(text).statements) == 1_500


def test_paths_that_double_are_followed_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaniko_split.flow.lower.statements.MOST_OCCURRENCES", 500)
    functions = [f"f{number}() {{ f{number + 1}; f{number + 1}; }}" for number in range(40)]
    script = parse("\n".join((*functions, "f40() { true; }", "f0")))
    with pytest.raises(LimitError, match="500"):
        lower(script.statements, ShellState(script.text, Variables(), ""))


@pytest.mark.parametrize("count", [50, 100, 200])
def test_each_statement_is_lowered_once(count: int) -> None:
    script = parse("\n".join(f"export A{number}={number}" for number in range(count)))
    occurrences = lower(script.statements, ShellState(script.text, Variables(), ""))
    assert sum(1 for one in occurrences for _ in one.walk()) == count
    assert len(occurrences[-1].after.known) == count


@pytest.mark.parametrize(
    "text", ["A=x\n" + "A=$A$A\n" * 30, "A=x\n" + 'A="$A$A"\n' * 30, "A=xx\n" + "A=${A//x/xxxxxxxx}\n" * 30]
)
def test_a_value_is_bounded_in_length(text: str) -> None:
    script = parse(text + 'echo "$A"')
    (value,) = lower(script.statements, ShellState(script.text, Variables(), ""))[-1].values[1:]
    assert len(value.text) <= MOST_CHARACTERS
    assert not value.exact


def test_a_list_is_bounded_in_length() -> None:
    script = parse("A=(x)\n" + 'A=("${A[@]}" "${A[@]}")\n' * 30 + 'echo "${A[@]}"')
    values = lower(script.statements, ShellState(script.text, Variables(), ""))[-1].values
    assert len(values) <= MOST_WORDS + 2
    assert not values[-1].exact


def test_a_copy_of_a_table_changes_alone() -> None:
    table = SharedTable({str(number): number for number in range(2_000)})
    copied = table.copy()
    copied["7"] = 0
    del copied["8"]
    table["9"] = 1
    assert (table["7"], table["8"], table["9"], len(table)) == (7, 8, 1, 2_000)
    assert (copied["7"], "8" in copied, copied["9"], len(copied)) == (0, False, 9, 1_999)
    assert {"7", "8", "9"} <= set(table.differing(copied))
    assert len(table.differing(copied)) < 20


def test_variables_know_who_mentions_a_name() -> None:
    known = Variables({"A": Value("$B/x", exact=False), "C": Value("$B", exact=True), "D": Value("${B}", exact=False)})
    assert known.mentioning("B") == ("A", "D")
    known["A"] = Value("plain")
    assert known.mentioning("B") == ("D",)


def test_names_join() -> None:
    one, other = Names(["a", "b"]), Names(["b", "c"])
    assert set(one.joining(other)) == {"a", "b", "c"}
    assert one.adding(["a"]) is one


PLACES: tuple[Location, ...] = (
    *(Variable("A"), Variable("B"), State.FILES, State.FOLDER, State.OPTIONS, State.VARIABLES),
    *map(File, ("a", "a/b", "a/b/c", "ab", ".", "/", "/etc", "/etc/x", "a/*.c", "$X", "$X/b", "$(pwd)/a", "~/.docker")),
)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_index_answers_as_the_comparison_does(place: Location) -> None:
    for held in PLACES:
        assert LocationIndex([held]).meets(place) is may_meet(place, held), held
    index = LocationIndex(PLACES)
    for held in PLACES:
        index.discard(held)
    assert not any(index.meets(one) for one in PLACES)
