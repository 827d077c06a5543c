"""Which nodes does a YAML text hold?

Two parsers can answer. libyaml, by way of PyYAML, is the one that GitLab uses and is fast; ruamel.yaml is
written apart from it and reads every text that is rewritten a second time. Both give events, and one builder
makes the nodes, so that the answers can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from kaniko_split.source.patterns import Pattern
from kaniko_split.source.text import Span
from kaniko_split.tree.nodes import Alias, Document, Entry, Mapping, Node, Scalar, Sequence, Style

# GitLab refuses what is nested deeper (`Gitlab::Config::Loader::Yaml`, max_yaml_depth). Aliases count as written out.
DEEPEST = 100

# A configuration that says more than this many values, aliases written out, is an attack or a mistake.
MOST_VALUES = 200_000

# White space before a comment, or at the end of a line.
_IDLE_BLANKS = Pattern(r"[ \t]+(?=#|\n)")
_TOO_DEEP = f"it is nested more than {DEEPEST} levels deep"
_STYLES = {None: Style.PLAIN, "": Style.PLAIN} | {style.value: style for style in Style}


class BrokenYamlError(Exception):
    """The text is not YAML; `offset` is the character at which the parser gave up."""

    def __init__(self, offset: int, problem: str) -> None:
        super().__init__(problem)
        self.offset = offset
        self.problem = problem


class TooMuchYamlError(BrokenYamlError):
    """The text is YAML, of a depth or size that GitLab does not read."""


class TabInYamlError(BrokenYamlError):
    """The text has a tab where libyaml lets one pass and ruamel.yaml does not."""


# A file's old text and its new one are each asked for several times.
@lru_cache(maxsize=8)
def compose(text: str) -> tuple[Document, ...]:
    """Parse `text` with libyaml, as GitLab does; a text that was parsed lately is not parsed again.

    Args:
        text: Decoded text with line feeds, without byte order mark.

    Returns:
        The documents in order, with spans in characters of `text`.

    Raises:
        BrokenYamlError: The text is not YAML, an alias has no anchor, or it is nested too deeply.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(text).documents(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        raise _broken(error, text) from None
    except yaml.reader.ReaderError as error:
        raise BrokenYamlError(error.position, "there is a character that YAML does not allow") from None


def compose_again(text: str) -> tuple[Document, ...]:
    """Parse `text` with ruamel.yaml: the second opinion on what is to be rewritten.

    Raises:
        TabInYamlError: A tab stands where this parser accepts none.
        BrokenYamlError: The text is not YAML to this parser.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLStreamError

    try:
        # typ="safe" because the round-trip loader puts U+0007 into folded values.
        return _Builder(text).documents(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        plain = _without_idle_tabs(text)
        if plain != text:
            return compose_again(plain)
        broken = _broken(error, text)
        tab = text.rfind("\t", 0, broken.offset + 2)
        if tab >= 0 and text.count("\n", tab, broken.offset) <= 1:
            raise TabInYamlError(tab, "there is a tab between the parts of a line") from None
        raise broken from None
    except YAMLStreamError as error:
        raise BrokenYamlError(0, str(error).splitlines()[0]) from None


def _without_idle_tabs(text: str) -> str:
    """Return the text with spaces for the tabs before a comment and at the end of a line, outside of any scalar.

    They part what they are between from nothing (YAML 1.1, section 4.1.1: a comment follows white space).
    """
    from kaniko_split.tree.comments import gaps

    try:
        documents = compose(text)
    except BrokenYamlError:
        return text
    parts, at = list[str](), 0
    for start, end in gaps(text, documents):
        for match in _IDLE_BLANKS.finditer(text[:end], start):
            parts += (text[at : match.start()], match[0].replace("\t", " "))
            at = match.end()
    return "".join((*parts, text[at:]))


def _broken(error: Any, text: str) -> BrokenYamlError:
    """Take the place and the words from a parser's own error; both parsers' errors have the same shape."""
    mark = error.problem_mark or error.context_mark
    problem = ", ".join(part for part in (error.context, error.problem) if part)
    return BrokenYamlError(min(mark.index, len(text)) if mark else 0, problem)


class _Open:
    """A collection whose end has not been seen yet."""

    __slots__ = ("event", "extent", "is_mapping", "nodes")

    def __init__(self, event: Any, *, is_mapping: bool) -> None:
        self.event = event
        self.is_mapping = is_mapping
        self.nodes: list[Node] = []
        self.extent = _Extent(0, 0)


class _Extent(NamedTuple):
    """How many values a node has, and how deep they are nested, with its aliases written out."""

    values: int
    depth: int


class _Builder:
    """Turns the events of either parser into nodes, without recursion, so that depth is ours to bound."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._anchors: dict[str, Node] = {}
        self._extents: dict[str, _Extent] = {}
        self._open: list[_Open] = []

    def documents(self, events: Iterable[Any]) -> tuple[Document, ...]:
        found: list[Document] = []
        root: Node | None = None
        explicit = False
        for event in events:
            node: Node | None = None
            match type(event).__name__:
                case "DocumentStartEvent":
                    root, explicit = None, bool(event.explicit)
                    self._anchors.clear()
                    self._extents.clear()
                case "DocumentEndEvent":
                    found.append(Document(root, explicit))
                case "MappingStartEvent":
                    self._enter(event, is_mapping=True)
                case "SequenceStartEvent":
                    self._enter(event, is_mapping=False)
                case "MappingEndEvent" | "SequenceEndEvent":
                    node = self._leave(event)
                case "ScalarEvent":
                    node = self._scalar(event)
                case "AliasEvent":
                    node = self._alias(event)
            if node is not None:
                if self._open:
                    self._open[-1].nodes.append(node)
                else:
                    root = node
        return tuple(found)

    def _enter(self, event: Any, *, is_mapping: bool) -> None:
        if len(self._open) >= DEEPEST:
            raise TooMuchYamlError(event.start_mark.index, _TOO_DEEP)
        self._open.append(_Open(event, is_mapping=is_mapping))

    def _leave(self, event: Any) -> Node:
        done = self._open.pop()
        start = done.event
        flow = bool(start.flow_style)
        begin = start.start_mark.index
        if flow or not done.nodes:
            end = event.end_mark.index if flow else begin
        else:
            # A block collection's own end mark swallows blank lines and the next key's comment.
            end = max(done.nodes[-1].span.end, begin)
        span = Span(begin, end)
        node: Node
        if done.is_mapping:
            pairs = zip(done.nodes[::2], done.nodes[1::2], strict=True)
            node = Mapping(span, tuple(Entry(*pair) for pair in pairs), flow, _tag(start), start.anchor)
        else:
            node = Sequence(span, tuple(done.nodes), flow, _tag(start), start.anchor)
        self._count(_Extent(done.extent.values + 1, done.extent.depth + 1), begin, start.anchor)
        return self._named(node, start.anchor)

    def _scalar(self, event: Any) -> Node:
        style = _STYLES[event.style]
        span = Span(event.start_mark.index, event.end_mark.index)
        if style.is_block:
            span = Span(span.start, self._block_end(span, event.value))
        self._count(_Extent(1, 0), span.start, event.anchor)
        return self._named(Scalar(span, event.value, style, _tag(event), event.anchor), event.anchor)

    def _alias(self, event: Any) -> Node:
        span = Span(event.start_mark.index, event.end_mark.index)
        if event.anchor not in self._anchors:
            raise BrokenYamlError(span.start, f"found undefined alias '{event.anchor}'")
        self._count(self._extents[event.anchor], span.start, None)
        return Alias(span, event.anchor, self._anchors[event.anchor])

    def _count(self, extent: _Extent, offset: int, anchor: str | None) -> None:
        """Add a finished node to what it stands in; an alias adds all that its anchor holds."""
        if anchor is not None:
            self._extents[anchor] = extent
        if not self._open:
            return
        here = self._open[-1]
        values, depth = here.extent
        here.extent = _Extent(values + extent.values, max(depth, extent.depth))
        if here.extent.values > MOST_VALUES:
            raise TooMuchYamlError(offset, f"its aliases expand to more than {MOST_VALUES} values")
        if len(self._open) + extent.depth > DEEPEST:
            raise TooMuchYamlError(offset, _TOO_DEEP)

    def _named(self, node: Node, anchor: str | None) -> Node:
        if anchor is not None:
            self._anchors[anchor] = node
        return node

    def _block_end(self, span: Span, value: str) -> int:
        """Return the end of a block scalar's last line with content; its mark lies after the blank lines.

        A line of more blanks than the block is indented by has content (YAML 1.1, section 9.3.1).
        """
        lines = self._text[span.start : span.end].split("\n")
        header = lines[0].partition("#")[0]
        if "+" in header:
            return span.end
        first, same = (next((line for line in part if line.strip(" ")), "") for part in (lines[1:], value.split("\n")))
        indent = _spaces(first) - _spaces(same)
        while len(lines) > 1 and not lines[-1].strip(" ") and (not first or len(lines[-1]) <= indent):
            lines.pop()
        return span.start + sum(len(line) for line in lines) + len(lines) - 1


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _tag(event: Any) -> str | None:
    """Return an explicit tag such as `!reference`; both parsers say None where the text has none."""
    tag = getattr(event, "tag", None)
    return None if tag is None else str(tag)
