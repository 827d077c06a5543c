"""Does a script read as if the statements that leave it had never been written?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaniko_split.rewrite.project import InseparableError, Projection, leaves, project, text_of
from kaniko_split.shell.nodes import Case, Chain, For, Function, Group, If, Script, Statement, While, nested
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


# What is drawn: a script whose commands are told apart by their numbers, in layouts as people write them.


@dataclass
class Drawn:
    """A script, its commands' names, and its comments with the command that each stands above or beside."""

    text: str
    comments: dict[str, str]


# A line break in a here-document, whose lines nobody indents.
_BREAK = "\v"


class _Writer:
    """Draws statements; each method returns lines without their indentation."""

    def __init__(self, draw: Callable[[st.SearchStrategy[object]], object]) -> None:
        self._draw = draw
        self._count = 0
        self.comments: dict[str, str] = {}

    def pick(self, *options: str) -> str:
        return str(self._draw(st.sampled_from(options)))

    def name(self) -> str:
        self._count += 1
        return f"run{self._count:03}"

    def statements(self, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(int(self.pick("1", "2", "3"))):
            if lines and self.pick("no", "no", "no", "yes") == "yes":
                lines.append("")
            lines += self.statement(depth)
        return lines

    def statement(self, depth: int) -> list[str]:
        kinds = ["command", "commands", "commented", "chain", "pipe", "heredoc"]
        kinds += ["if", "case", "loop", "group", "function", "one-line"] if depth else []
        kind = self.pick(*kinds)
        return getattr(self, f"_{kind.replace('-', '_')}")(depth)  # type: ignore[no-any-return]

    def _command(self, _: int) -> list[str]:
        return [self.name() + self.pick("", "", " &", ";", " > out", " \\\n  --option")]

    def _commands(self, _: int) -> list[str]:
        names = [self.name() + self.pick("", " a") for _ in range(3)]
        return [self.pick("; ", " & ", ";").join(names)]

    def _commented(self, _: int) -> list[str]:
        name = self.name()
        above, beside = f"# above {name}", f"# beside {name}"
        chosen = self.pick("above", "beside", "both")
        lines: list[str] = []
        if chosen != "beside":
            self.comments[above] = name
            lines.append(above)
        if chosen == "above":
            return [*lines, name]
        self.comments[beside] = name
        return [*lines, f"{name}  {beside}"]

    def _chain(self, depth: int) -> list[str]:
        links = [self.name() for _ in range(int(self.pick("2", "3")))]
        if depth and self.pick("no", "yes") == "yes":
            links[-1] = "{ " + self.name() + "; " + self.name() + "; }"
        text = links[0]
        for link in links[1:]:
            text += self.pick(" && ", " || ", " &&\n  ", " && \\\n  ") + link
        return [text]

    def _pipe(self, _: int) -> list[str]:
        return [f"{self.name()} | {self.name()}"]

    def _heredoc(self, _: int) -> list[str]:
        return [_BREAK.join((f"{self.name()} <<END", "some; text", "END"))]

    def _body(self, depth: int) -> list[str]:
        lines = "\n".join(self.statements(depth - 1)).split("\n")
        return ["  " + line if line else line for line in lines]

    def _if(self, depth: int) -> list[str]:
        lines = [f"if test {self.name()}" + self.pick("; then", "\nthen", "; then  # then"), *self._body(depth)]
        if self.pick("no", "yes") == "yes":
            lines += [f"elif {self.name()}; then", *self._body(depth)]
        if self.pick("no", "yes") == "yes":
            lines += ["else", *self._body(depth)]
        return [*lines, "fi" + self.pick("", " > log")]

    def _case(self, depth: int) -> list[str]:
        lines = ["case $X in"]
        for pattern in ("a | b)", "(c)", "*)"):
            lines += self.pick(
                "\n".join([f"  {pattern}", *self._body(depth), "    ;;"]),
                f"  {pattern} {self.name()} ;;",
                f"  {pattern} {self.name()}; {self.name()} ;;",
                f"  {pattern} ;;",
            ).split("\n")
        return [*lines, "esac"]

    def _loop(self, depth: int) -> list[str]:
        head = self.pick("for x in a b", "while test x", "until test x", "for x")
        return [head + self.pick("; do", "\ndo"), *self._body(depth), "done" + self.pick("", " < list", " &")]

    def _group(self, depth: int) -> list[str]:
        opens, closes = self.pick("{ }", "( )").split()
        return [opens, *self._body(depth), closes]

    def _function(self, depth: int) -> list[str]:
        return [f"f{self.name()}() {{", *self._body(depth), "}"]

    def _one_line(self, _: int) -> list[str]:
        one, two = self.name(), self.name()
        return [
            self.pick(
                f"if test x; then {one}; else {two}; fi",
                f"if test x; then {one}; elif test y; then {two}; {self.name()}; fi",
                f"for x in a; do {one}; {two}; done",
                f"while test x; do {one} & {two}; done",
                f"( {one}; {two} )",
                f"({one}; {two} & )",
                f"{{ {one}; {two} & }}",
                f"{{ {one} & {two}; }}",
                f"case x in a) {one}; {two};; *) {self.name()}; esac",
                f"f{one}() {{ {one}; {two}; }}",
                f"! {one} && {two}",
                f"if test x; then {one}; fi; {two}",
            )
        ]


@st.composite
def scripts(draw: Callable[..., object]) -> Drawn:
    writer = _Writer(draw)
    lines = writer.statements(3)
    return Drawn("\n".join(lines).replace(_BREAK, "\n") + writer.pick("", "\n"), writer.comments)


# What is expected, by the tree alone.

Shape = tuple[object, ...]


def pruned(statement: Statement, text: str, stays: frozenset[Span]) -> Shape | None:
    """Return the shape of a statement without the leaves that leave; None where nothing of it stays."""
    around = (statement.negated, statement.background, tuple(one.operator for one in statement.redirects))

    def several(statements: Sequence[Statement]) -> tuple[Shape, ...]:
        found = (pruned(one, text, stays) for one in statements)
        return tuple(one for one in found if one is not None)

    match statement.command:
        case Chain(operator="&&" | "||" as operator, left=left, right=right):
            shapes = [shape for shape in (pruned(left, text, stays), pruned(right, text, stays)) if shape is not None]
            return ("chain", operator, *shapes) if len(shapes) == 2 else (shapes[0] if shapes else None)
        case If():
            return _pruned_if(statement, text, stays, around)
        case Group(statements=inner, subshell=subshell):
            body = several(inner)
            return ("group", subshell, body, around) if body else None
        case For(body=inner):
            body = several(inner)
            return ("for", body, around) if body else None
        case While(condition=condition, body=inner):
            body = several(inner)
            return ("while", shapes_of(condition, text), body, around) if body else None
        case Case(branches=branches):
            bodies = tuple(map(several, branches))
            return ("case", bodies, around) if any(bodies) else None
        case Function(name=name, body=inner_body):
            shape = pruned(inner_body, text, stays)
            return ("function", name, shape) if shape is not None else None
        case _:
            return ("leaf", " ".join(leaf_text(statement, text).split())) if statement.span in stays else None


def leaf_text(statement: Statement, text: str) -> str:
    return text[statement.span.start : statement.span.end]


def _pruned_if(statement: Statement, text: str, stays: frozenset[Span], around: Shape) -> Shape | None:
    branches: list[tuple[tuple[Shape, ...], tuple[Shape, ...]]] = []

    def several(statements: Sequence[Statement]) -> tuple[Shape, ...]:
        found = (pruned(one, text, stays) for one in statements)
        return tuple(one for one in found if one is not None)

    command: object = statement.command
    while isinstance(command, If):
        branches.append((shapes_of(command.condition, text), several(command.then)))
        following = command.otherwise[0] if command.otherwise else None
        if following is not None and text.startswith("elif", following.span.start):
            command = following.command
        else:
            branches += [((), several(command.otherwise))] if command.otherwise else []
            break
    while branches and not branches[-1][1]:
        branches.pop()
    filled = tuple((condition, body or (("leaf", ":"),)) for condition, body in branches)
    return ("if", filled, around) if filled else None


def shapes_of(statements: Iterable[Statement], text: str) -> tuple[Shape, ...]:
    everything = frozenset(one.span for one in leaves(statements))
    found = (pruned(one, text, everything) for one in statements)
    return tuple(one for one in found if one is not None)


def conditions(statements: Iterable[Statement]) -> frozenset[Span]:
    """Return the spans of the leaves in conditions, which stay with what they decide."""
    found: set[Span] = set()
    for statement in statements:
        if isinstance(statement.command, If | While):
            found |= {one.span for one in leaves(statement.command.condition)}
        for block in nested(statement):
            found |= conditions(block)
    return frozenset(found)


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
    return frozenset(one.span for one in leaves(script.statements))


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
