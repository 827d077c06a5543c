"""Does a script read as if the statements that leave it had never been written?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn_scripts import Drawn, conditions, leaf_text, pruned, scripts, shapes_of
from kaniko_split.rewrite.project import InseparableError, Projection, leaves, project, text_of
from kaniko_split.shell.compounds import is_divisible
from kaniko_split.shell.nodes import For, Script, Statement, nested
from kaniko_split.shell.parse import parse
from kaniko_split.source.text import Span


def without(text: str, *words: str, layout: str | None = None, **more: frozenset[Span]) -> str:
    """Return `text` without the commands that have one of `words`; conditions stay with what they decide."""
    script = parse(text)
    decided = conditions(script.statements)
    stays = frozenset(
        one.span
        for one in leaves(script.statements)
        if one.span not in decided and not any(word in leaf_text(one, text).split() for word in words)
    )
    return text_of(script, project(script, Projection(stays, **more), layout))


@settings(max_examples=400, deadline=None)
@given(scripts(), st.randoms(use_true_random=False))
def test_the_text_parses_to_the_tree_without_what_left(drawn: Drawn, random: object) -> None:
    script = parse(drawn.text)
    decided = conditions(script.statements)
    candidates = [one.span for one in leaves(script.statements) if one.span not in decided]
    stays = frozenset(span for span in candidates if random.random() < 0.5)  # type: ignore[attr-defined]
    text = text_of(script, project(script, Projection(stays)))
    found = (pruned(one, drawn.text, stays) for one in script.statements)
    assert shapes_of(parse(text).statements, text) == tuple(one for one in found if one is not None)
    kept = {name for span in stays for name in [drawn.text[span.start : span.end].split()[0].rstrip(";&")]}
    for comment, name in drawn.comments.items():
        assert (comment in text) == (name in kept), comment
    assert "\n\n\n" not in text


@settings(max_examples=50, deadline=None)
@given(scripts())
def test_what_keeps_everything_is_unchanged(drawn: Drawn) -> None:
    script = parse(drawn.text)
    assert text_of(script, project(script, Projection(every(script)))) == drawn.text


def every(script: Script) -> frozenset[Span]:
    return frozenset(wholes(script.statements))


def wholes(statements: Iterable[Statement]) -> Iterator[Span]:
    """Yield the spans of the leaves, and of what has none, such as a `case` of empty branches."""
    for statement in statements:
        if is_divisible(statement) and any(leaves((statement,))):
            for block in nested(statement):
                yield from wholes(block)
        else:
            yield statement.span


def test_a_case_of_empty_branches_is_unchanged() -> None:
    script = parse("case $X in\n  (a) ;;\n  *) ;;\nesac")
    assert text_of(script, project(script, Projection(every(script)))) == script.text


def test_what_keeps_nothing_is_empty() -> None:
    script = parse("a\nb\n")
    assert project(script, Projection(frozenset())) == ()


def folded(text: str) -> tuple[str, str]:
    """Return a text whose lines are folded, but for blank ones, as the shell has it and as it is written."""
    blank = text.replace("\n\n", "\v")
    return blank.replace("\n", " ").replace("\v", "\n "), blank.replace("\v", "\n ")


@pytest.mark.parametrize(
    ("text", "gone", "wanted"),
    [
        ("a; b; c\n", "b", "a; c\n"),
        ("a; b\nc\n", "b", "a\nc\n"),
        ("a & b; c\n", "b", "a & c\n"),
        ("a\n\nb\n\nc\n", "b", "a\n\nc\n"),
        ("a\n\nb\n\nc\n", "a", "b\n\nc\n"),
        ("# of a\na  # beside a\n# of b\nb  # beside b\n# end\n", "a", "# of b\nb  # beside b\n# end\n"),
        ("# of a\na  # beside a\n# of b\nb  # beside b\n# end\n", "b", "# of a\na  # beside a\n"),
        ("a && b && c\n", "b", "a && c\n"),
        ("a &&\n  b ||\n  c\n", "a", "b ||\n  c\n"),
        ("a && # of b\n  b\n", "a", "# of b\n  b\n"),
        ("if x; then a; else b; fi\n", "b", "if x; then a; fi\n"),
        ("if x; then a; else b; fi\n", "a", "if x; then :; else b; fi\n"),
        ("if x; then\n  # of a\n  a\n  c\nelse\n  b\nfi\n", "a c", "if x; then\n  :\nelse\n  b\nfi\n"),
        ("if x; then\n  a\nelif y; then\n  b\nelse\n  c\nfi\n", "b c", "if x; then\n  a\nfi\n"),
        ("if x; then # opens\n\n  a\n\n  b\nfi # closes\n", "a", "if x; then # opens\n  b\nfi # closes\n"),
        ("{ a; b; }\n", "b", "{ a; }\n"),
        ("(a; b)\n", "b", "(a)\n"),
        ("{ a & b & }\n", "b", "{ a & }\n"),
        ("(a; b)\nc\n", "a b", "c\n"),
        ("case x in\n  a) a ;;\n  *)\n    b\n    ;;\nesac\n", "b", "case x in\n  a) a ;;\n  *)\n    ;;\nesac\n"),
        ("f() {\n  a\n\n  # of b\n  b\n}\n", "a", "f() {\n  # of b\n  b\n}\n"),
        ("f() { a; }\nb\n", "a", "b\n"),
        ("while x; do\n  for i in 1; do\n    a\n  done\n  b\ndone\n", "a", "while x; do\n  b\ndone\n"),
        ("a\ncat <<END\nb\nEND\nc\n", "cat", "a\nc\n"),
        ("a | b\nc\n", "c", "a | b\n"),
    ],
)
def test_layout(text: str, gone: str, wanted: str) -> None:
    assert without(text, *gone.split()) == wanted


@pytest.mark.parametrize(
    ("text", "gone", "wanted"),
    [
        ("a;\nb;\nc\n", "b", "a; c "),
        ("a;\nb;\nc", "c", "a; b "),
        ("if x; then\n  a;\n  b;\nfi\n", "b", "if x; then   a; fi "),
        ("if x; then\n  a;\nelse\n  b;\nfi\n", "a", "if x; then   :; else   b; fi "),
        ("if x; then\n  a;\nelse\n  b;\nfi\n", "b", "if x; then   a; fi "),
        ("a\n\nb\n\nc", "b", "a\n c"),
    ],
)
def test_layout_of_folded_lines(text: str, gone: str, wanted: str) -> None:
    shell, layout = folded(text)
    assert without(shell, *gone.split(), layout=layout) == wanted


def test_two_here_documents_of_one_line_are_inseparable() -> None:
    text = "cat <<A; dog <<B\n1\nA\n2\nB\nc\n"
    assert without(text, "cat", "dog") == "c\n"
    with pytest.raises(InseparableError):
        without(text, "cat")


def test_a_loop_is_opened() -> None:
    text = "x\nfor i in a b; do\n  # of a\n  a $i\n\n  for j in c; do\n    b\n  done\ndone\n"
    outer = parse(text).statements[1]
    assert isinstance(outer.command, For)
    opened = frozenset({outer.span, outer.command.body[1].span})
    assert without(text, opened=opened) == "x\n# of a\na $i\n\nb\n"
    assert without(text, "x", opened=opened) == "# of a\na $i\n\nb\n"
    assert without(text, opened=frozenset({outer.span})) == "x\n# of a\na $i\n\nfor j in c; do\n  b\ndone\n"


def test_a_guard_becomes_a_condition() -> None:
    text = "[ -d a ] && a\n[ -d b ] &&\n  b\n[ -d c ] && \\\n  c\n"
    guarded = frozenset(one.span for one in parse(text).statements)
    wanted = "if [ -d a ]; then a; fi\nif [ -d b ]; then\n  b\nfi\nif [ -d c ]; then\n  c\nfi\n"
    assert without(text, guarded=guarded) == wanted


def test_comments_are_shown_as_asked_for() -> None:
    text = "# of a\na\n# of b\nb  # beside b\n"
    script = parse(text)
    of_a, of_b, _ = script.comments
    stays = frozenset({script.statements[1].span})
    assert text_of(script, project(script, Projection(stays, comments=frozenset()))) == "b\n"
    assert (
        text_of(script, project(script, Projection(stays, comments=frozenset({of_a, of_b})))) == "# of a\n# of b\nb\n"
    )
