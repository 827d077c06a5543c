"""Do imports point backwards along the one line from bytes to report, and nowhere else?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "kaniko_split"

# The rooms in the order in which text passes through them; those of one row do not know each other.
LINE = (
    ("source",),
    ("tree",),
    ("gitlab", "shell", "kaniko", "programs"),
    ("flow",),
    ("detect",),
    ("plan",),
    ("rewrite",),
    ("prove",),
    ("codemod",),
    ("configuration",),
    ("report",),
    ("bulk",),
    ("commands",),
    ("api",),
    ("cli",),
    ("__main__",),
)
PLACE = {room: row for row, rooms in enumerate(LINE) for room in rooms}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "kaniko_split" and parts[1:] and parts[1] in PLACE:
                yield parts[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_backwards(path: Path) -> None:
    here = room_of(path)
    assert here in PLACE, f"{here} has no place in the line"
    for room in imported_rooms(path):
        assert room == here or PLACE[room] < PLACE[here], f"{here} may not know {room}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_answers_one_question(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    assert docstring is not None
    assert docstring.split("\n\n", maxsplit=1)[0].rstrip().endswith("?"), (
        "the first line of the docstring is a question"
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_regular_expression_is_compiled_on_import(path: Path) -> None:
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        calls = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
        assert "re.compile" not in map(ast.unparse, calls), "a run that never asks it pays: take source.patterns"


# What the proof of the scripts may know: the syntax tree, the executor's flags and the pipeline, and nothing that the
# plan is made from. A text that a filter prints is computed from known words alone.
PROOF = (
    "jobs replay loops conditions machine states commands shell_commands scripts printing expansion names builds claim"
    " claims file_claims server_claims httpie operands comparison container events event_names omitted commutation"
    " order bases symbols questions gates divided_prints tool_claims installed redirects descriptors paths"
)
PROOF_MODULES = (*PROOF.split(), "user_programs")
SHARED_WITH_THE_PROOF = ("kaniko_split.prove.", "kaniko_split.kaniko.", "kaniko_split.gitlab.", "kaniko_split.source.")
SHARED_OF_THE_SHELL = {"kaniko_split.shell.nodes", "kaniko_split.shell.parse", "kaniko_split.shell.filters"}


@pytest.mark.parametrize("name", PROOF_MODULES)
def test_the_proof_shares_the_syntax_tree_alone_with_the_plan(name: str) -> None:
    own = {f"kaniko_split.prove.{module}" for module in PROOF_MODULES}
    for node in ast.walk(ast.parse((PACKAGE / "prove" / f"{name}.py").read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("kaniko_split"):
            continue
        modules = {node.module or ""}
        if node.module == "kaniko_split.prove":
            modules = {f"kaniko_split.prove.{alias.name}" for alias in node.names}
        for module in modules:
            if module.startswith("kaniko_split.prove."):
                assert module in own, f"{name} may not know {module}"
            else:
                assert module in SHARED_OF_THE_SHELL or module.startswith(SHARED_WITH_THE_PROOF), (
                    f"{name} may not know {module}"
                )
