"""Do the jobs of a drawn graph keep clear of each other, and do its lines lead to the right?"""

from __future__ import annotations

from itertools import combinations

from kaniko_split.report.document import Difference, Graph, GraphJob
from kaniko_split.report.page.drawing import Drawing, drawn
from kaniko_split.source.text import Place


def job(name: str, stage: str, needs: tuple[str, ...] | None = None, difference: Difference = "none") -> GraphJob:
    return GraphJob(name, stage, needs, difference, Place(".gitlab-ci.yml", 1, 1))


def clear(drawing: Drawing) -> bool:
    """Tell whether no two boxes overlap, and all of them lie within the drawing."""
    apart = all(
        one.x + one.width <= other.x or other.x + other.width <= one.x or abs(one.y - other.y) >= 26
        for one, other in combinations(drawing.boxes, 2)
    )
    return apart and all(
        box.x >= 0 and box.x + box.width <= drawing.width and box.y + 26 <= drawing.height for box in drawing.boxes
    )


def test_stages_are_columns_in_order() -> None:
    graph = Graph(("build", "test"), (job("t", "test", ("b",)), job("b", "build", None, "new"), job("c", "build")))
    drawing = drawn(graph)
    places = {box.name: (box.x, box.y) for box in drawing.boxes}
    assert places["b"][0] == places["c"][0] < places["t"][0]
    assert places["b"][1] < places["c"][1]
    assert [one.label for one in drawing.headings] == ["build", "test"]
    assert [line.touched for line in drawing.lines] == [True]
    assert clear(drawing)


def test_a_job_that_waits_within_its_stage_stands_further_right() -> None:
    graph = Graph(("build",), (job("app", "build", ("base",)), job("base", "build"), job("last", "build", ("app",))))
    places = {box.name: box.x for box in drawn(graph).boxes}
    assert places["base"] < places["app"] < places["last"]
    assert clear(drawn(graph))


def test_a_circle_and_a_missing_job_are_drawn() -> None:
    graph = Graph(("a",), (job("x", "a", ("y", "gone")), job("y", "a", ("x",)), job("z", "a", ("z",))))
    assert {box.name for box in drawn(graph).boxes} == {"x", "y", "z"}
    assert len(drawn(graph).lines) == 2


def test_of_many_jobs_those_that_matter_are_drawn_and_the_rest_counted() -> None:
    many = tuple(job(f"unit-{number}", "test") for number in range(40))
    graph = Graph(("test", "deploy"), (*many, job("go", "deploy", ("unit-33",), "changed")))
    drawing = drawn(graph)
    names = {box.name for box in drawing.boxes}
    assert {"unit-33", "go"} <= names
    assert len(names) == 9
    assert [one.label for one in drawing.left_out] == ["and 32 more"]
    assert clear(drawing)


def test_a_long_name_is_cut_in_the_drawing_only() -> None:
    name = "build-" + "very-" * 20 + "long"
    (box,) = drawn(Graph(("build",), (job(name, "build"),))).boxes
    assert box.name == name
    assert len(box.label) < 30
    assert box.label.endswith("…")
