"""Do the five rules of `flow` hold: fail closed, leave out only what cannot matter, order, one reading, own proof?"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from conftest import all_cases, run_here
from kaniko_split.flow.changed_names import ANYTHING, names_changed
from kaniko_split.flow.effects import Effects
from kaniko_split.flow.lower import DEEPEST_CALL, MOST_OCCURRENCES, LimitError, lower, lower_sequence
from kaniko_split.flow.occurrence import Shape
from kaniko_split.flow.state import ShellState
from kaniko_split.flow.tables import Variables
from kaniko_split.prove.events import Event, Run
from kaniko_split.prove.names import ANYTHING as ANY_NAME
from kaniko_split.prove.names import names_read, names_written
from kaniko_split.prove.omitted import check_omitted, omitted_events
from kaniko_split.shell.locations import State
from kaniko_split.shell.nodes import Other, Statement
from kaniko_split.shell.parse import parse
from kaniko_split.shell.values import Value
from kaniko_split.source.text import Span

PACKAGE = Path(__file__).parent.parent / "src" / "kaniko_split"
EVERYWHERE = frozenset({State.FILES, State.FOLDER, State.VARIABLES, State.OPTIONS})
FILES = frozenset({State.FILES})
# What a job leaves out of the old script, over all cases; fewer would show that the proof no longer sees them.
LEAST_LEFT_OUT = 1000
# So many omissions and moves are planted in them.
LEAST_PLANTED = 50


def effects_of(script: str) -> Effects:
    return lower_sequence(parse(script).statements, ShellState(script, Variables(), "")).effects


# Rule 1: what nobody wrote down means everything


@pytest.mark.parametrize(
    "command",
    [
        "frobnicate a",
        "cp --frobnicate a b",
        "sed --frobnicate s/a/b/ f",
        "crane frobnicate a",
        "/opt/bin/cp a b",
        "$TOOL a",
        "./tool a",
        "timeout 5 frobnicate a",
        "xargs frobnicate",
        'sh -c "$TEXT"',
    ],
)
def test_rule_1_a_word_in_no_row_means_everything(command: str) -> None:
    done = effects_of(command)
    assert done.reads >= FILES
    assert done.writes >= FILES
    assert done.unknown
    assert not done.overwrites


@pytest.mark.parametrize("command", ["cp $OPTIONS a b", "sed $OPTIONS f", "tar $WORDS"])
def test_rule_1_a_word_that_nobody_knows_may_be_any_file(command: str) -> None:
    done = effects_of(command)
    assert done.reads >= FILES
    assert done.writes >= FILES
    assert not done.prints
    assert not done.overwrites


@pytest.mark.parametrize("command", ["frobnicate", "./tool", 'sh -c "$TEXT"', 'su -c "$TEXT"', "python3 policy.py"])
def test_rule_1_the_failure_of_what_nobody_knows_is_a_verdict(command: str) -> None:
    assert effects_of(command).fails


@pytest.mark.parametrize("command", ["eval $TEXT", ". ./unknown.sh", "source $FILE"])
def test_rule_1_a_text_that_nobody_knows_runs_in_the_shell_and_means_everything(command: str) -> None:
    done = effects_of(command)
    assert done.writes >= EVERYWHERE
    assert done.reads >= EVERYWHERE
    assert done.unknown
    assert done.leaves
    assert done.fails


def test_rule_1_an_unknown_kind_of_syntax_means_everything() -> None:
    statement = Statement(Span(0, 1), Other("FutureClause", (), ()))
    (occurrence,) = lower((statement,), ShellState("x", Variables({"NAME": Value("api")}), "web"))
    done = occurrence.effects
    assert occurrence.shape is Shape.OPAQUE
    assert done.reads >= EVERYWHERE
    assert done.writes >= EVERYWHERE
    assert done.unknown
    assert done.fails
    assert done.leaves
    assert not done.prints
    assert not done.overwrites
    assert "NAME" not in occurrence.after.known
    assert occurrence.after.folder is None
    assert ANYTHING in set(names_changed((statement,)))
    assert ANY_NAME in names_written(statement, {})
    assert ANY_NAME in names_read(statement, {})


def test_rule_1_a_build_within_an_unknown_kind_of_syntax_may_run_any_number_of_times() -> None:
    text = "/kaniko/executor -c api -d r/api"
    statement = Statement(Span(0, len(text)), Other("FutureClause", parse(text).statements, ()))
    (occurrence,) = lower((statement,), ShellState(text, Variables(), ""))
    assert occurrence.builds == float("inf")


@pytest.mark.parametrize(
    "script",
    [
        "\n".join(f"f{number}() {{ f{number + 1}; }}" for number in range(DEEPEST_CALL + 5)) + "\nf0\n",
        "\n".join(f"f{number}() {{ f{number + 1}; f{number + 1}; }}" for number in range(30)) + "\nf0\n",
        ":\n" * (MOST_OCCURRENCES + 1),
    ],
    ids=["calls", "paths", "statements"],
)
def test_rule_1_a_limit_ends_in_an_error(script: str) -> None:
    with pytest.raises(LimitError):
        lower(parse(script).statements, ShellState(script, Variables(), ""))


def test_rule_1_a_limit_ends_in_a_refusal(tmp_path: Path) -> None:
    calls = "; ".join(f"f{number}() {{ f{number + 1}; }}" for number in range(DEEPEST_CALL + 5))
    lines = [f"{calls}; f0", "/kaniko/executor -c api -d r/api", "/kaniko/executor -c web -d r/web"]
    script = "".join(f'    - "{line}"\n' for line in lines)
    (tmp_path / ".gitlab-ci.yml").write_text(f"images:\n  image: kaniko\n  script:\n{script}")
    checked = run_here("check", cwd=tmp_path)
    assert checked.out.endswith(b"1 finding in 1 file, 0 can be split, 1 refused, 0 ignored\n")


NODES = frozenset({"Call", "Declaration", "Chain", "Group", "If", "For", "While", "Case", "Function", "Other", "None"})


def matches_of_nodes() -> Iterator[tuple[str, ast.Match]]:
    """Yield each `match` over the command of a statement, with where it is."""
    for path in (*sorted((PACKAGE / "flow").rglob("*.py")), PACKAGE / "shell" / "nodes.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Match) and ast.unparse(node.subject).rpartition(".")[2] in {"command", "node"}:
                yield f"{path.name}:{node.lineno}", node


def whole_kinds(pattern: ast.pattern) -> Iterator[str]:
    """Yield the kinds of which a pattern takes every node."""
    match pattern:
        case ast.MatchOr(patterns=patterns):
            for one in patterns:
                yield from whole_kinds(one)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            yield from whole_kinds(inner)
        case ast.MatchSingleton(value=None):
            yield "None"
        case ast.MatchClass(cls=cls, kwd_patterns=patterns):
            if all(isinstance(one, ast.MatchAs) and one.pattern is None for one in patterns):
                yield ast.unparse(cls)
        case _:
            return


def test_rule_1_no_match_over_nodes_has_a_silent_default() -> None:
    found = list(matches_of_nodes())
    assert len(found) >= 5
    for where, match in found:
        kinds: set[str] = set()
        for case in match.cases:
            assert not (isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None), (
                f"{where}: `case _` takes kinds of syntax that nobody has thought of"
            )
            if case.guard is None:
                kinds |= set(whole_kinds(case.pattern))
        assert kinds >= NODES, f"{where}: no case takes every {', '.join(sorted(NODES - kinds))}"


# Rules 2 and 3: over all split cases, by the proof alone


@dataclass(frozen=True)
class Replayed:
    """A split of a case as the proof has run it."""

    case: str
    old: Run
    new: Mapping[str, Run]

    def jobs_with_a_build(self) -> Iterator[tuple[str, Run, int]]:
        """Yield each new job with a build: its name, what it runs, and the place of the build in that."""
        for name, run in self.new.items():
            build = next((number for number, event in enumerate(run.events) if event.build is not None), None)
            if build is not None:
                yield name, run, build

    def wrong(self, name: str, run: Run, events: tuple[Event, ...]) -> list[str]:
        """Return what the proof says of a job that runs other commands."""
        return list(check_omitted(self.old, {name: Run(events, run.endings, run.given)}))


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> list[Replayed]:
    """Return every split that the program makes of a case."""
    splits: list[Replayed] = []
    runs: list[tuple[Run, Mapping[str, Run]]] = []

    def recorded(old: Run, new: Mapping[str, Run]) -> Iterator[str]:
        runs.append((old, new))
        return check_omitted(old, new)

    with patch("kaniko_split.prove.jobs.check_omitted", recorded):
        for case in all_cases():
            if not case.splits:
                continue
            runs.clear()
            work = tmp_path_factory.mktemp("case") / "work"
            shutil.copytree(case.before, work, symlinks=True)
            checked = run_here("check", *case.arguments, cwd=work)
            shutil.rmtree(work)
            if b"the split could not be proved" not in checked.out:
                splits += [Replayed(case.folder.name, old, new) for old, new in runs]
    return splits


def test_rule_2_a_job_leaves_out_only_what_cannot_matter_there(replayed: list[Replayed]) -> None:
    """Nothing that a job leaves out changes what it reads; and where it left out more, the proof would say so."""
    left_out = 0
    for split in replayed:
        assert list(check_omitted(split.old, split.new)) == [], split.case
        left_out += sum(len(omitted_events(split.old, run)) for run in split.new.values())
    print(f"{left_out} statements left out, over {len(replayed)} splits")
    assert left_out > LEAST_LEFT_OUT
    planted = 0
    for split in replayed:
        for name, run, build in split.jobs_with_a_build():
            for number in assignments_of_build(run, build):
                # Where another assignment gives it the same value, it does not matter.
                left_out_event, old = run.events[number], split.old.events
                if sum(left_out_event.text == one.text or left_out_event.words == one.words for one in old) == 1:
                    planted += 1
                    shorter = (*run.events[:number], *run.events[number + 1 :])
                    assert split.wrong(name, run, shorter), f"{split.case}: {run.events[number].text}"
    print(f"{planted} planted omissions seen")
    assert planted > LEAST_PLANTED


def assignments_of_build(run: Run, build: int) -> Iterator[int]:
    """Yield the place of each plain assignment of a name that the build's own words have, and nothing else has."""
    for number, event in enumerate(run.events[:build]):
        names = {word.partition("=")[0] for word in event.words[1:]} if event.words[:1] == ("=",) else set[str]()
        if len(names) != 1 or event.guards or event.shells:
            continue
        read = re.search(rf"\$(?:{min(names)}\b|\{{{min(names)}\}})", run.events[build].text) is not None
        if read and not any(min(names) in other.text for other in run.events[number + 1 : build]):
            yield number


def test_rule_3_a_job_runs_its_statements_in_the_old_order(replayed: list[Replayed]) -> None:
    """What moved up to the shared beginning commutes with what it passed; and what a build reads never passes it."""
    for split in replayed:
        wrong = [sentence for sentence in check_omitted(split.old, split.new) if "which came before it" in sentence]
        assert wrong == [], split.case
    planted = 0
    for split in replayed:
        for name, run, build in split.jobs_with_a_build():
            for number in assignments_of_build(run, build):
                # Where another assignment gives it the same value, it does not matter.
                left_out_event, old = run.events[number], split.old.events
                if sum(left_out_event.text == one.text or left_out_event.words == one.words for one in old) == 1:
                    planted += 1
                    event = run.events[number]
                    turned = (
                        *run.events[:number],
                        *run.events[number + 1 : build + 1],
                        event,
                        *run.events[build + 1 :],
                    )
                    assert split.wrong(name, run, turned), f"{split.case}: {event.text}"
    print(f"{planted} planted moves seen")
    assert planted > LEAST_PLANTED


# Rule 4: control flow is understood in one module

CONTROL_FLOW = frozenset({"If", "While", "For", "Case", "Chain", "Function", "Group"})
READERS = frozenset(
    {
        # The package that understands it.
        "flow/lower/statements.py",
        "flow/lower/compounds.py",
        "flow/lower/calls.py",
        "flow/questions.py",  # which branches of a `case` can run
        "flow/exclusive.py",  # which questions cannot all have the answer that leads to a build
        "flow/changed_names.py",  # names by syntax alone
        "flow/loops.py",  # the words of a loop
        "shell/nodes.py",
        "shell/syntax.py",
        "shell/compounds.py",
        "shell/computing.py",
        # Which words of a statement that only prints go to which job: their text is copied.
        "plan/divided_prints.py",
        # The printer copies text.
        "rewrite/cutter.py",
        "rewrite/scalar_splitter.py",
        "rewrite/script_items.py",
        # The proof is a second reading on purpose.
        "prove/names.py",
        "prove/printing.py",
        "prove/replay.py",
    }
)


def readers_of_control_flow() -> Iterator[str]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "kaniko_split.shell.nodes":
                names = {alias.name for alias in node.names}
                if names & CONTROL_FLOW or "*" in names:
                    yield path.relative_to(PACKAGE).as_posix()
        if path == PACKAGE / "shell" / "nodes.py":
            yield "shell/nodes.py"


def test_rule_4_control_flow_is_understood_in_one_module() -> None:
    found = set(readers_of_control_flow())
    print("\n".join(sorted(found)))
    allowed = {name for name in found if name in READERS or name.startswith("prove/")}
    assert found == allowed
    assert found >= READERS, "a module of the list reads no control flow any more"


def test_rule_4_no_module_reads_kinds_of_nodes_by_another_way() -> None:
    """`nodes.If` or a comparison with the name of shfmt's node would pass the test above."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        tree = ast.parse(path.read_text())
        modules = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
        whole = any(node.module == "kaniko_split.shell" and "nodes" in {a.name for a in node.names} for node in modules)
        assert not whole, f"{name} imports the module of all nodes"
        if name not in READERS and not name.startswith("prove/"):
            texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            assert not texts & {"IfClause", "WhileClause", "ForClause", "CaseClause", "BinaryCmd", "FuncDecl"}, name


# Rule 5: the proof shares the syntax tree with the plan, and nothing else

FOREIGN = ("flow", "programs", "report", "commands", "bulk", "api", "cli", "codemod", "configuration")
SHARED_DATA = frozenset(
    {
        "kaniko_split.detect.vocabulary",
        # The plan that is proved, as data.
        "kaniko_split.detect.loops.Loop",
        "kaniko_split.plan.inheritance.Way",
        "kaniko_split.plan.needs.Need",
        "kaniko_split.plan.outcome",
    }
)


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", sorted((PACKAGE / "prove").glob("*.py")), ids=lambda path: path.stem)
def test_rule_5_the_proof_shares_the_syntax_tree_alone(path: Path) -> None:
    for name in imported_names(path):
        package, _, rest = name.partition(".")
        room = rest.partition(".")[0] if package == "kaniko_split" else ""
        assert room not in FOREIGN, f"{path.name} may not know {name}"
        if room in {"detect", "plan"}:
            known = any(name == shared or name.startswith(f"{shared}.") for shared in SHARED_DATA)
            assert known, f"{path.name} may not know {name}"
