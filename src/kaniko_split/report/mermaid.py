"""How does GitLab draw the graph of a pipeline from text?

Mermaid's flowcharts: https://docs.gitlab.com/user/markdown/#mermaid. GitLab draws a block by itself only up to 2000
characters, so a large pipeline is reduced to the jobs that change and what is joined to them.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaniko_split.report.document import Graph, GraphJob

MOST_CHARACTERS = 2000
_WORDS = {"none": "", "changed": " - changed", "split": " - split", "new": " - new"}


def mermaid_of(graph: Graph) -> tuple[str, bool]:
    """Return the graph as Mermaid's text, and whether jobs that do not change were left out of it."""
    whole = _drawn(graph)
    if len(whole) <= MOST_CHARACTERS:
        return whole, False
    touched = {job.name for job in graph.jobs if job.difference != "none"}
    kept = touched | {
        name
        for job in graph.jobs
        for name in (job.name, *(job.needs or ()))
        if job.name in touched or touched & set(job.needs or ())
    }
    jobs = tuple(job for job in graph.jobs if job.name in kept)
    stages = tuple(stage for stage in graph.stages if any(job.stage == stage for job in jobs))
    return _drawn(Graph(stages, jobs)), len(jobs) < len(graph.jobs)


def _drawn(graph: Graph) -> str:
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    numbers = {job.name: f"j{number}" for number, job in enumerate(graph.jobs)}
    yield "flowchart LR"
    for number, stage in enumerate(graph.stages):
        yield f"  subgraph s{number}[{_quoted(stage)}]"
        for job in graph.jobs:
            if job.stage == stage:
                yield f"    {numbers[job.name]}[{_quoted(job.name + _WORDS[job.difference])}]{_style(job)}"
        yield "  end"
    for job in graph.jobs:
        for name in job.needs or ():
            if name in numbers:
                yield f"  {numbers[name]} --> {numbers[job.name]}"
    waiting = {job.stage for job in graph.jobs if job.needs is None}
    for number, stage in enumerate(graph.stages):
        if number and stage in waiting:
            yield f"  s{number - 1} -.-> s{number}"
    yield "  classDef touched stroke-width:3px"


def _style(job: GraphJob) -> str:
    return "" if job.difference == "none" else ":::touched"


def _quoted(text: str) -> str:
    """Return a label: all but plain characters as numbers, so that a name can neither end it nor be markup."""
    return '"' + "".join(char if _is_plain(char) else f"#{ord(char)};" for char in text) + '"'


def _is_plain(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char in " -_./")
