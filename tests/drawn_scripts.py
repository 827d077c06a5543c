"""Which scripts do the printer's tests draw, and what is to be left of them?

A drawn script's commands are told apart by their numbers, in layouts as people write them. What is left is worked out
from the tree alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from kaniko_split.rewrite.project import leaves
from kaniko_split.shell.nodes import Case, Chain, For, Function, Group, If, Statement, While, nested
from kaniko_split.source.text import Span


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
