"""Which statements does shfmt's JSON tell of?

Its kinds are those of the Go package `mvdan.cc/sh/v3/syntax`; its offsets are bytes of UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from kaniko_split.shell.arithmetic import arithmetic_uses, names_in_arithmetic
from kaniko_split.shell.nodes import (
    Arithmetic,
    Assignment,
    Call,
    Case,
    Chain,
    Command,
    Declaration,
    For,
    Function,
    Group,
    If,
    Literal,
    Other,
    Parameter,
    Part,
    Redirect,
    Script,
    Statement,
    Substitution,
    While,
    Word,
    nested,
)
from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span

_ESCAPED = Pattern(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = Pattern(r'\\([$`"\\])')
_NAME = Pattern(r"[A-Za-z_]\w*")
_NAME_AND_VALUE = Pattern(r"([A-Za-z_]\w*)(\+?=)")
# What assigns the names that it is told, also where these are quoted.
_DECLARES = frozenset({"declare", "export", "local", "readonly", "typeset"})


class TreeReader:
    """Turns shfmt's JSON for one text into nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offsets: list[int] | None = None
        if not text.isascii():
            self._offsets = []
            for at, char in enumerate(text):
                self._offsets.extend([at] * len(char.encode("utf-8")))
            self._offsets.append(len(text))

    def script(self, tree: dict[str, Any]) -> Script:
        """Return the whole text's statements and comments; `tree` is a node of the kind `File`."""
        comments = sorted(set(self._comments(tree))) if "#" in self._text else ()
        return Script(self._text, self._statements(tree.get("Stmts")), tuple(comments))

    def _at(self, position: dict[str, int]) -> int:
        offset: int = position["Offset"]
        return offset if self._offsets is None else self._offsets[offset]

    def _span(self, node: dict[str, Any]) -> Span:
        return Span(self._at(node["Pos"]), self._at(node["End"]))

    def _comments(self, node: Any) -> Iterator[Span]:
        if isinstance(node, list):
            for part in node:
                yield from self._comments(part)
        elif isinstance(node, dict):
            for key, part in node.items():
                if key.endswith(("Comments", "Last")) and isinstance(part, list):
                    yield from (self._span(comment) for comment in part)
                elif isinstance(part, list) or (isinstance(part, dict) and "Offset" not in part):
                    yield from self._comments(part)

    def _statements(self, nodes: list[dict[str, Any]] | None) -> tuple[Statement, ...]:
        return tuple(self._statement(node) for node in nodes or ())

    def _statement(self, node: dict[str, Any]) -> Statement:
        span = self._span(node)
        semicolon = "Semicolon" in node
        background = bool(node.get("Background"))
        if background:
            # The `&` is no separator: what it parts from the next statement it also says of this one.
            span = Span(span.start, self._at(node["Semicolon"]) + 1)
        elif semicolon:
            parts = [one for one in (node.get("Cmd"), *node.get("Redirs", ())) if one is not None]
            span = Span(span.start, max((self._at(one["End"]) for one in parts), default=span.end))
        redirects = tuple(self._redirect(redirect) for redirect in node.get("Redirs", ()))
        command = node.get("Cmd")
        statement = Statement(
            span,
            self._command(command) if command is not None else None,
            redirects,
            negated=bool(node.get("Negated")),
            background=background,
            ended_by_semicolon=semicolon and not background,
        )
        # The text of a here-document is below the line of its command, also where more than that is on the line.
        inner = (part.span.end for block in nested(statement) for part in block)
        end = max((span.end, *(redirect.span.end for redirect in redirects if redirect.body is not None), *inner))
        return statement if end == span.end else replace(statement, span=Span(span.start, end))

    def _redirect(self, node: dict[str, Any]) -> Redirect:
        body = self._word(node["Hdoc"], quoted=True) if "Hdoc" in node else None
        number = node["N"]["Value"] if "N" in node else ""
        return Redirect(node["Op"], self._word(node["Word"]), self._span(node), body, number)

    def _command(self, node: dict[str, Any]) -> Command:
        match node["Type"]:
            case "CallExpr":
                return _call(self._assignments(node.get("Assigns")), self._words(node.get("Args")))
            case "DeclClause":
                return self._declaration(node)
            case "BinaryCmd":
                return Chain(node["Op"], self._statement(node["X"]), self._statement(node["Y"]))
            case "Block" | "Subshell":
                return Group(self._statements(node.get("Stmts")), subshell=node["Type"] == "Subshell")
            case "IfClause":
                return self._if(node)
            case "ForClause":
                return self._for(node)
            case "WhileClause":
                condition, body = self._statements(node.get("Cond")), self._statements(node.get("Do"))
                return While(condition, body, until=bool(node.get("Until")))
            case "CaseClause":
                return self._case(node)
            case "FuncDecl":
                return _defined(node["Name"]["Value"], self._statement(node["Body"]), self._span(node).start)
            case kind:
                statements, words = tuple(self._inner_statements(node)), tuple(self._inner_words(node))
                counted = node.get("X") if kind == "ArithmCmd" else node.get("Exprs") if kind == "LetClause" else None
                arithmetic = self._arithmetic(counted, self._span(node), quoted=False) if counted is not None else None
                return Other(kind, statements, words, arithmetic, matches=kind == "TestClause" and _matches(node))

    def _declaration(self, node: dict[str, Any]) -> Declaration:
        named = [part for part in node.get("Args", ()) if "Name" in part]
        options = [part["Value"] for part in node.get("Args", ()) if "Name" not in part and "Value" in part]
        return _declared(node["Variant"]["Value"], self._assignments(named), self._words(options))

    def _case(self, node: dict[str, Any]) -> Case:
        items = node.get("Items") or ()
        return Case(
            self._word(node["Word"]),
            branches=tuple(self._statements(item.get("Stmts")) for item in items),
            patterns=tuple(self._words(item.get("Patterns")) for item in items),
            falls_through=tuple(item["Op"] != ";;" for item in items),
        )

    def _if(self, node: dict[str, Any]) -> If:
        otherwise: tuple[Statement, ...] = ()
        if (rest := node.get("Else")) is not None:
            if "Cond" in rest:
                otherwise = (Statement(self._span(rest), self._if(rest)),)
            else:
                otherwise = self._statements(rest.get("Then"))
        return If(self._statements(node.get("Cond")), self._statements(node.get("Then")), otherwise)

    def _for(self, node: dict[str, Any]) -> For:
        loop = node["Loop"]
        body = self._statements(node.get("Do"))
        selects = bool(node.get("Select"))
        if loop.get("Type") == "WordIter":
            items = self._words(loop["Items"]) if "Items" in loop else () if "InPos" in loop else None
            return For(loop["Name"]["Value"], items, body, selects=selects)
        parts = [loop[key] for key in ("Init", "Cond", "Post") if key in loop]
        return For("", None, body, head=self._arithmetic(parts, self._span(loop), quoted=False))

    def _inner_statements(self, node: Any) -> Iterator[Statement]:
        """Find the statements inside a kind of command that has no node of its own."""
        if isinstance(node, dict):
            if "Cmd" in node:
                yield self._statement(node)
                return
            for part in node.values():
                yield from self._inner_statements(part)
        elif isinstance(node, list):
            for part in node:
                yield from self._inner_statements(part)

    def _inner_words(self, node: Any) -> Iterator[Word]:
        if isinstance(node, dict) and "Cmd" not in node:
            if node.get("Type") == "Word":
                yield self._word(node)
                return
            for part in node.values():
                yield from self._inner_words(part)
        elif isinstance(node, list):
            for part in node:
                yield from self._inner_words(part)

    def _assignments(self, nodes: list[dict[str, Any]] | None) -> tuple[Assignment, ...]:
        return tuple(self._assignment(node) for node in nodes or ())

    def _assignment(self, node: dict[str, Any]) -> Assignment:
        value = self._word(node["Value"]) if "Value" in node else None
        elements: tuple[Word, ...] | None = None
        if value is None and "Array" in node:
            items = node["Array"].get("Elems", ())
            words = self._words([item["Value"] for item in items])
            value = Word(self._span(node["Array"]), tuple(part for word in words for part in word.parts))
            elements = words if not any("Index" in item for item in items) else None
        elif value is None and not node.get("Naked"):
            value = Word(Span(self._at(node["End"]), self._at(node["End"])), ())
        appends, is_array = bool(node.get("Append")), "Array" in node
        span = self._span(node)
        index = self._arithmetic(node["Index"], span, quoted=False) if "Index" in node else None
        return Assignment(node["Name"]["Value"], value, span, appends, index is not None, elements, is_array, index)

    def _words(self, nodes: list[dict[str, Any]] | None) -> tuple[Word, ...]:
        return tuple(self._word(node) for node in nodes or ())

    def _word(self, node: dict[str, Any], *, quoted: bool = False) -> Word:
        return Word(self._span(node), tuple(self._parts(node, quoted=quoted)))

    def _parts(self, node: dict[str, Any], *, quoted: bool = False) -> Iterator[Part]:
        for part in node.get("Parts", ()):
            match part["Type"]:
                case "Lit":
                    text = part["Value"].replace("\\\n", "")
                    yield Literal((_ESCAPED_IN_QUOTES if quoted else _ESCAPED).sub(r"\1", text), quoted)
                case "SglQuoted" if not part.get("Dollar"):
                    # The JSON has the placeholder of an input; the text has what the user wrote.
                    span = self._span(part)
                    yield Literal(self._text[span.start + 1 : span.end - 1], quoted=True)
                case "DblQuoted":
                    yield from self._parts(part, quoted=True)
                    if not part.get("Parts"):
                        yield Literal("", quoted=True)
                case "ParamExp":
                    yield self._parameter(part, quoted=quoted)
                case "CmdSubst" | "ProcSubst":
                    yield Substitution(self._span(part), quoted, self._statements(part.get("Stmts")))
                case "ArithmExp":
                    yield self._arithmetic(part.get("X"), self._span(part), quoted=quoted)
                case _:
                    yield Parameter("", self._span(part), quoted, plain=False, assigns=False)

    def _arithmetic(self, node: Any, span: Span, *, quoted: bool) -> Arithmetic:
        """Read an expression, or a list of them: which names it reads, and which it changes (POSIX, 2.6.4)."""
        names = tuple(names_in_arithmetic(node))
        reads, writes = arithmetic_uses(node)
        inner = tuple(self._word(word) for word in _word_nodes(node))
        return Arithmetic(span, quoted, names, bool(writes), reads, writes, inner)

    def _parameter(self, part: dict[str, Any], *, quoted: bool) -> Parameter:
        own = {"Type", "Pos", "End", "Dollar", "Rbrace", "Short", "Param"}
        span = self._span(part)
        name = part["Param"]["Value"] if "Param" in part else ""
        if self._text.startswith("$[[", span.start):
            name = self._text[span.start : span.end]
        expansion = part.get("Exp", {})
        return Parameter(
            name,
            span,
            quoted,
            plain=not set(part) - own and not name.startswith("$[["),
            assigns=expansion.get("Op") in {"=", ":="},
            inner=tuple(self._expansion_words(part)),
            indirect=bool(part.get("Excl")),
            by_prefix="Names" in part,
            operator=_operator(part),
        )

    def _expansion_words(self, part: dict[str, Any]) -> Iterator[Word]:
        for key in ("Exp", "Repl", "Slice", "Index"):
            if key in part:
                for inner in _word_nodes(part[key]):
                    yield self._word(inner)


def _operator(part: dict[str, Any]) -> str:
    """Return the sign behind the name in `${...}`."""
    if "Exp" in part:
        sign: str = part["Exp"]["Op"]
        return sign
    kinds = {"Length": "length", "Width": "width", "Repl": "/", "Slice": ":", "Index": "["}
    return next((sign for key, sign in kinds.items() if part.get(key)), "")


def _matches(node: Any) -> bool:
    """Tell whether a test holds `=~`."""
    if isinstance(node, dict):
        return node.get("Op") == "=~" or any(map(_matches, node.values()))
    return isinstance(node, list) and any(map(_matches, node))


def _call(assignments: tuple[Assignment, ...], words: tuple[Word, ...]) -> Command:
    """Return a simple command; `command export NAME=value` is what it is without `command`."""
    literals = [word.literal for word in words[:2]]
    hidden = 1 if literals[:1] in (["command"], ["builtin"]) else 0
    keyword = literals[hidden] if len(literals) > hidden else None
    if assignments or keyword is None or keyword not in _DECLARES:
        return Call(assignments, words)
    return _declared(keyword, (), words[hidden + 1 :])


def _declared(keyword: str, assignments: tuple[Assignment, ...], words: tuple[Word, ...]) -> Declaration:
    """Return a declaration in which `"NAME=value"` is an assignment too, as it is to the shell."""
    found: list[Assignment] = []
    options: list[Word] = []
    for word in words:
        first = word.parts[0] if word.parts else None
        match = _NAME_AND_VALUE.match(first.text) if isinstance(first, Literal) else None
        bare = _NAME.fullmatch(word.literal or "")
        if match is not None and isinstance(first, Literal):
            rest = first.text[match.end() :]
            parts = (*((Literal(rest, first.quoted),) if rest else ()), *word.parts[1:])
            found.append(Assignment(match[1], Word(word.span, parts), word.span, appends=match[2] == "+="))
        elif bare is not None and keyword != "declare":
            found.append(Assignment(bare[0], None, word.span))
        else:
            options.append(word)
    return Declaration(keyword, (*assignments, *found), tuple(options))


def _defined(name: str, body: Statement, start: int) -> Command:
    """Return the definition of a function, and the chain that it begins.

    shfmt takes all of `f() { ...; } && f` for the body. To a shell that is a compound command (POSIX, "Function
    Definition Command"), and the chain goes on behind it.
    """
    if not isinstance(body.command, Chain):
        return Function(name, body)
    left = body.command.left
    first = Statement(
        Span(start, left.span.end),
        _defined(name, left, start),
        (),
        negated=False,
        background=False,
        ended_by_semicolon=False,
    )
    return replace(body.command, left=first)


def _word_nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "Parts" in node:
            yield node
        else:
            for part in node.values():
                yield from _word_nodes(part)
    elif isinstance(node, list):
        for part in node:
            yield from _word_nodes(part)
