"""Does a script in YAML read as if the statements that leave it had never been written, whatever its style?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn_scripts import Shape, conditions, pruned, scripts, shapes_of
from kaniko_split.detect.trace import trace
from kaniko_split.gitlab.discovery import Found, from_text
from kaniko_split.gitlab.script import Section, provider, script_items
from kaniko_split.rewrite.lines import text_of
from kaniko_split.rewrite.project import Projection, leaves
from kaniko_split.rewrite.script import ScriptText, script_text
from kaniko_split.rewrite.style import is_plain
from kaniko_split.shell.compounds import is_between_statements, without_comments
from kaniko_split.shell.nodes import Chain, Script, Statement
from kaniko_split.shell.parse import parse
from kaniko_split.source.text import Span

JOB = "images:\n  image: alpine\n  script:\n"


def laid_out(text: str) -> ScriptText:
    """Read the layout of a job with a script, which is the lines of a list."""
    (found,) = from_text((JOB + text).encode())
    assert isinstance(found, Found)
    (job,) = found.pipeline.jobs
    provided = provider(found.pipeline, job, "script")
    assert provided is not None
    assert provided.entry is not None
    items = script_items(found.pipeline, provided, Section.SCRIPT)
    return script_text(job.file, job.mapping, provided.entry, trace(items, {}), 2)


def segments(script: Script, divides: Callable[[], bool]) -> Iterator[str]:
    """Yield the script's text in parts that may be items, each of whole lines.

    A statement at the top begins a part, and so may one of a list in it.
    """
    text, bare = script.text, without_comments(script)
    starts = {0}
    for statement in script.statements:
        span = statement.span
        start = text.rfind("\n", 0, span.start) + 1
        if start >= max(starts):
            starts.add(start)
        line = text.find("\n", span.start, span.end) + 1
        while 0 < line <= span.end:
            if is_between_statements(statement, line, bare) and divides():
                starts.add(line)
            line = text.find("\n", line, span.end) + 1
    for start, end in pairwise(sorted({*starts, len(text)})):
        yield text[start:end]


def styles_for(value: str) -> list[str]:
    """Return the styles that can hold a value."""
    styles = ["literal", "literal", "literal-strip"]
    if "#" in value or "<<" in value:
        return styles
    styles.append("double")
    if "\\" not in value:
        styles.append("folded-lines")
    if "\n" not in value:
        styles += ["single", "folded"]
        styles += ["plain", "plain-lines"] if is_plain(value) else []
    return styles


@st.composite
def written(draw: Callable[..., Any], script: Script) -> str:
    """Draw the lines of a list whose items make up a script."""
    lines = ""
    for segment in segments(script, lambda: draw(st.integers(0, 3)) == 0):
        value = segment.rstrip("\n")
        if not value.strip() or (value.lstrip().startswith("#") and "\n" not in value):
            continue
        style = draw(st.sampled_from(styles_for(value)))
        breaks = value.strip().replace(" ", "\n      ", draw(st.integers(0, 3)))
        match style:
            case "literal" | "literal-strip":
                mark = "|" if style == "literal" else "|-"
                body = "".join(f"      {one}\n" if one else "\n" for one in value.split("\n"))
                first = value.lstrip("\n").split("\n")[0]
                lines += f"    - {mark}{'2' if first.startswith(' ') else ''}\n{body}"
            case "double":
                lines += f"    - {json.dumps(value)}\n"
            case "single":
                lines += "    - '" + value.strip().replace("'", "''") + "'\n"
            case "folded":
                lines += f"    - >-\n      {breaks}\n"
            case "folded-lines":
                body = "\n\n".join(f"      {one.strip()}" for one in value.split("\n") if one.strip())
                lines += f"    - >\n{body}\n"
            case "plain":
                lines += f"    - {value.strip()}\n"
            case "plain-lines":
                lines += f"    - {breaks}\n"
    return lines


def links(statement: Statement) -> Iterator[Statement]:
    command = statement.command
    if isinstance(command, Chain) and command.operator == "&&" and not statement.negated:
        yield from links(command.left)
        yield command.right
    else:
        yield statement


def expected(script: Script, stays: frozenset[Span]) -> tuple[Shape, ...]:
    """Return the shapes that are left; the links of a chain at the top become statements of their own if any leaves."""
    shapes: list[Shape] = []
    for statement in script.statements:
        parts = tuple(links(statement))
        kept = [shape for one in parts if (shape := pruned(one, script.text, stays)) is not None]
        whole = pruned(statement, script.text, stays)
        if len(kept) == len(parts) and whole is not None:
            shapes.append(whole)
        else:
            shapes.extend(kept)
    return tuple(shapes)


def test_what_fills_a_branch_is_written_in_its_own_item_alone() -> None:
    lines = (
        "    - |2\n        if test run021; then\n"
        "    - >\n      run022\n"
        "    - |2\n        else\n"
        "    - |2\n          run023\n        fi\n"
    )
    layout = laid_out(lines)
    script = layout.written.script
    (kept,) = (one.span for one in leaves(script.statements) if script.text[one.span.start :].startswith("run023"))
    text = text_of(layout.source, layout.lines_of(Projection(frozenset({kept})), 4))
    assert text == lines.replace("run022", ":")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_items_hold_what_stays(data: st.DataObject) -> None:
    drawn = data.draw(scripts())
    lines = data.draw(written(parse(drawn.text)))
    if not lines:
        return
    layout = laid_out(lines)
    script = layout.written.script
    decided = conditions(script.statements)
    candidates = [one.span for one in leaves(script.statements) if one.span not in decided]
    random = data.draw(st.randoms(use_true_random=False))
    stays = frozenset(span for span in candidates if random.random() < 0.5)
    if not stays:
        return
    text = text_of(layout.source, layout.lines_of(Projection(stays), 4))
    items = yaml.safe_load(JOB + text)["images"]["script"]
    joined = "".join(item if item.endswith("\n") else item + "\n" for item in items)
    assert shapes_of(parse(joined).statements, joined) == expected(script, stays)
