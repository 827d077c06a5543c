"""Which characters leave a script with some of its statements?

A list of statements loses whole lines where it can, and a separator where statements share a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct, field

from kaniko_split.rewrite.layout import Layout
from kaniko_split.rewrite.projection import Cut, Projection, merged
from kaniko_split.shell.compounds import Body, InseparableError, bodies, is_divisible
from kaniko_split.shell.nodes import (
    Case,
    Chain,
    For,
    Function,
    Group,
    If,
    Redirect,
    Script,
    Statement,
    While,
    nested,
    words_of,
)
from kaniko_split.source.text import Span


class Cutter(Struct, eq=False):
    """Finds what leaves a script, statement by statement.

    Attributes:
        script: The script.
        projection: What of it stays.
        lines: Its lines.
        bare: Its text without comments.
        cuts: What leaves it, in no order.
        known: For each statement by identity, whether anything of it stays.
        margins: For each line that moves to the left, by where it begins, how many blanks it loses.
    """

    script: Script
    projection: Projection
    lines: Layout
    bare: str
    cuts: list[Cut] = field(default_factory=list)
    known: dict[int, bool] = field(default_factory=dict)
    margins: dict[int, int] = field(default_factory=dict)

    def keeps(self, statement: Statement) -> bool:
        """Tell whether anything of a statement stays."""
        if id(statement) not in self.known:
            stays = statement.span in self.projection.stays
            inner = (one for block in nested(statement) for one in block)
            # Each is visited, so that the answer for those inside is known as well.
            self.known[id(statement)] = any([stays, *map(self.keeps, inner)])
        return self.known[id(statement)]

    def cut(self, start: int, end: int, inserted: str = "") -> None:
        """Take out the characters from `start` up to `end`."""
        if start < end or inserted:
            self.cuts.append(Cut(start, end, inserted))

    # Statements.

    def visit(self, statement: Statement) -> None:
        """Take out of a statement that stays what leaves it."""
        if statement.span in self.projection.guarded:
            self.guard(statement)
        self.cut_words(statement)
        if statement.span in self.projection.stays or not is_divisible(statement):
            return
        if not isinstance(statement.command, Chain) and not self.keeps_end(statement):
            self.cut_closing_comment(statement)
        match statement.command:
            case Chain(left=left, right=right):
                self.cut_link(statement, left, right)
            case Function(body=body):
                self.visit(body)
            case If():
                self.cut_branches(bodies(statement, self.bare))
            case Case():
                for branch in bodies(statement, self.bare):
                    self.cut_list(branch)
                    if not any(map(self.keeps, branch.statements)):
                        self.empty_case_branch(branch)
            case For() if statement.span in self.projection.opened:
                self.open_loop(statement, bodies(statement, self.bare)[0])
            case Group() | For() | While():
                inner = bodies(statement, self.bare)[0]
                self.cut_list(inner)
                if not any(map(self.keeps, inner.statements)):
                    self.fill(inner)
            case _:
                raise InseparableError(statement.span.start, "this command cannot be divided")

    def cut_words(self, statement: Statement) -> None:
        """Take out of a statement that stays the words that other texts have."""
        for omitted in self.projection.omits if statement.span in self.projection.stays else ():
            if statement.span.contains(omitted):
                self.cut(omitted.start, omitted.end)

    def keeps_end(self, statement: Statement) -> bool:
        """Tell whether the last statement in a compound command stays: comments at its end go with that."""
        if statement.span in self.projection.stays:
            return True
        inner = [one for block in nested(statement) for one in block if not self.is_dropped(one)]
        return bool(inner) and self.keeps_end(inner[-1])

    def is_dropped(self, statement: Statement) -> bool:
        """Tell whether no text keeps anything of a statement."""
        inner = [one for block in nested(statement) for one in block] if is_divisible(statement) else []
        return statement.span in self.projection.dropped or (bool(inner) and all(map(self.is_dropped, inner)))

    def cut_closing_comment(self, statement: Statement) -> None:
        """Take out the comment beside the word that closes a compound command."""
        end = self.lines.line_end(max(statement.span.end - 1, 0))
        beside = next((one for one in self.script.comments if statement.span.end <= one.start < end), None)
        if beside is not None and not self.bare[statement.span.end : end].strip(" \t\n;"):
            self.cut(self.lines.without_blanks(beside.start), beside.end)

    def cut_link(self, whole: Statement, left: Statement, right: Statement) -> None:
        """Take a link out of a chain, its operator with it."""
        kept = self.keeps(left), self.keeps(right)
        if right.span.start < left.span.end and not all(kept):
            raise InseparableError(whole.span.start, "a here-document begins before another command")
        if not kept[0]:
            comment = next((one.start for one in self.script.comments if one.start >= left.span.end), right.span.start)
            self.cut(whole.span.start, min(comment, right.span.start))
        else:
            self.visit(left)
        if not kept[1]:
            self.cut(left.span.end, right.span.end)
        else:
            self.visit(right)

    def guard(self, statement: Statement) -> None:
        """Write `LEFT && RIGHT` as `if LEFT; then RIGHT; fi`, which does not fail where LEFT does."""
        command = statement.command
        plain = not (statement.negated or statement.background or statement.redirects)
        if not isinstance(command, Chain) or command.operator != "&&" or not plain:
            raise InseparableError(statement.span.start, "only a chain with `&&` can be a guard")
        left, right = command.left.span, command.right.span
        if right.start < left.end or any(one.body is not None for one in _redirects(command.right)):
            raise InseparableError(statement.span.start, "a here-document begins before another command")
        self.cut(left.start, left.start, "if ")
        operator = self.bare.find("&&", left.end) + 2
        if self.lines.share_line(operator, right.start):
            self.cut(left.end, right.start, "; then ")
        else:
            continued = self.script.text[operator:].lstrip(" \t").startswith("\\\n")
            self.cut(left.end, self.script.text.find("\\", operator) + 1 if continued else operator, "; then")
        margin = self.lines.text[self.lines.line_start(left.start) : left.start]
        # The line break of a folded text is a blank to the shell.
        alone = self.lines.is_first(left.start) and "\n" in self.script.text[operator : right.start]
        self.cut(right.end, right.end, f"\n{margin}fi" if alone else "; fi")

    # Lists of statements.

    def cut_list(self, body: Body, *, outermost: bool = False) -> None:
        """Take out of a list the statements that leave, where any stays, and visit those that stay."""
        statements = body.statements
        fates = [self.keeps(one) for one in statements]
        if not all(fates):
            self.check_apart(statements, fates)
        if not any(fates):
            return
        for number, statement in enumerate(statements):
            if fates[number]:
                self.visit(statement)
            elif number == 0 or fates[number - 1]:
                stop = next((at for at in range(number, len(statements)) if fates[at]), len(statements))
                self.cut_run(body, number, stop, outermost=outermost)

    def check_apart(self, statements: Sequence[Statement], fates: Sequence[bool]) -> None:
        """Make sure that no statement that leaves shares its characters with one that stays.

        Raises:
            InseparableError: Two here-documents begin on one line, or a here-document before another command.
        """
        for (one, stays), (following, follows) in pairwise(zip(statements, fates, strict=True)):
            if following.span.start < one.span.end and stays != follows:
                raise InseparableError(one.span.start, "a here-document begins before another command")

    def cut_run(self, body: Body, first: int, stop: int, *, outermost: bool) -> None:
        """Take out the statements from `first` up to `stop`, with their comments and what parts them from others."""
        statements = body.statements
        span = Span(statements[first].span.start, statements[stop - 1].span.end)
        before = statements[first - 1].span.end if first else body.opened
        following = statements[stop].span.start if stop < len(statements) else None
        after = following if following is not None else body.closing
        fresh = self.lines.is_first(span.start) and (
            first > 0 or outermost or not self.lines.share_line(before, span.start)
        )
        ended = not self.lines.share_line(span.end, after) or (outermost and following is None)
        lead = self.lead(before, span.start, outermost=outermost and not first) if fresh else span.start
        if fresh and ended:
            end = self.lines.line_end(span.end)
            if following is None:
                # What is said at the end of a list goes with the last statement that any text keeps.
                dropped = all(map(self.is_dropped, statements[first:stop]))
                end = after if outermost else self.lines.line_end(span.end) if dropped else self.lines.line_start(after)
                self.unseparate(before, span.start, ends=outermost or body.ends_statement)
            elif not first:
                # Blank lines at the top of a list parted what left it from the next statement.
                end = self.lines.behind_blank_lines(end, self.lines.line_start(after))
            self.cut(lead, end)
        elif fresh:
            line = self.lines.line_start(after)
            self.cut(lead, line)
            if following is None:
                # The word that closes the list is now alone on the line.
                self.cut(line, after, self.lines.indentation(body.start))
            else:
                self.cut(line + len(self.lines.indentation(after)), after)
        elif first and not ended and self.breaks_line(span.start, after):
            line = self.lines.line_start(after)
            self.cut(before, line - 1)
            self.cut(line + len(self.lines.indentation(after)), after)
        elif following is None:
            self.cut_tail(body, span, before, first=not first, ended=ended)
        elif not ended:
            self.cut(span.start, following)
        elif first:
            self.cut(before, self.comment_end(span.end))
        else:
            self.cut(self.lines.without_blanks(span.start), self.lines.line_end(span.end) - 1)

    def breaks_line(self, start: int, end: int) -> bool:
        """Tell whether the line of `end` begins behind `start`, with a line feed that is one to the shell too."""
        line = self.lines.line_start(end)
        return line > start and self.script.text[line - 1] == "\n"

    def cut_tail(self, body: Body, span: Span, before: int, *, first: bool, ended: bool) -> None:
        """Take out the end of a list that begins within a line."""
        gap = self.bare[span.end : body.closing]
        background = self.script.text[span.end - 1] == "&" or self.script.text[before - 1] == "&"
        parted = body.ends_statement or "\n" in self.script.text[span.end : body.closing] or ";" in gap
        if first or not parted or (background and not body.ends_statement and not ended):
            self.cut(span.start, body.closing)
        elif ended:
            line = self.lines.line_start(body.closing)
            self.cut(before, (line if line > span.end else body.closing) - (line > span.end))
        else:
            self.cut(before, span.end)

    def comment_end(self, offset: int) -> int:
        """Return the end of the line at `offset` where a comment ends it, else `offset`."""
        end = self.lines.line_end(offset)
        behind = self.bare[offset:end].strip()
        beside = not behind and any(offset <= one.start < end for one in self.script.comments)
        return end - (self.lines.text[end - 1] == "\n") if beside else offset

    def lead(self, before: int, start: int, *, outermost: bool) -> int:
        """Return where the comments and blank lines above a statement begin, behind the line of what is before it."""
        if outermost:
            return 0
        return min(self.lines.line_end(before), self.lines.line_start(start))

    def unseparate(self, before: int, start: int, *, ends: bool) -> None:
        """Take out the `;` that parted the last statement that stays from one on the next folded line."""
        gap = self.script.text[before:start]
        if ends and "\n" not in gap and ";" in gap:
            self.cut(before, before + gap.index(";") + 1)

    def fill(self, body: Body) -> None:
        """Put `:` in the place of the statements of a list that may not be empty."""
        first, last = body.statements[0].span, body.statements[-1].span
        inserted = (
            ":;" if self.script.text[last.end - 1] == "&" and self.lines.share_line(last.end, body.closing) else ":"
        )
        if self.lines.is_first(first.start):
            self.cut(self.lead(body.opened, first.start, outermost=False), self.lines.line_start(first.start))
        parted = "\n" in self.script.text[last.end : body.closing]
        end = self.lines.line_start(body.closing) - 1 if parted and self.lines.is_first(body.closing) else last.end
        self.cut(first.start, max(end, last.end), inserted)

    # Compound commands.

    def cut_branches(self, branches: Sequence[Body]) -> None:
        """Take statements out of an `if`, whose conditions stay whole.

        An empty branch at its end goes; in the place of any other one is `:`.
        """
        needed = [any(map(self.keeps, (*one.condition, *one.statements))) for one in branches]
        last = max(number for number, is_needed in enumerate(needed) if is_needed)
        for body in branches[: last + 1]:
            self.cut_list(body)
            if not any(map(self.keeps, body.statements)):
                self.fill(body)
        if last + 1 < len(branches):
            self.cut_branch_ends(branches[last], branches[last + 1], branches[-1].closing)

    def cut_branch_ends(self, kept: Body, gone: Body, closing: int) -> None:
        """Take out the branches from `gone` up to the `fi` at `closing`."""
        before = kept.statements[-1].span.end
        fresh, ends = self.lines.is_first(gone.start), self.lines.is_first(closing)
        if fresh and ends:
            self.cut(self.lead(before, gone.start, outermost=False), self.lines.line_start(closing))
        elif ends:
            self.cut(self.lines.without_blanks(gone.start), self.lines.line_start(closing) - 1)
        else:
            self.cut(gone.start, closing)

    def empty_case_branch(self, body: Body) -> None:
        """Take out all statements of a branch of `case`; its pattern stays, with the `;;` that ends it."""
        if not body.statements:
            return
        first, last = body.statements[0].span, body.statements[-1].span
        if not self.lines.share_line(body.opened, first.start) and self.lines.is_first(body.closing):
            self.cut(self.lead(body.opened, first.start, outermost=False), self.lines.line_start(body.closing))
        elif self.lines.is_first(body.closing):
            self.cut(body.opened, max(self.lines.line_start(body.closing) - 1, last.end))
        else:
            self.cut(body.opened, body.closing, " ")

    def open_loop(self, statement: Statement, body: Body) -> None:
        """Keep the body of a loop without the loop, at the loop's own place."""
        span, first, last = statement.span, body.statements[0].span, body.statements[-1].span
        if statement.redirects or statement.negated or statement.background:
            raise InseparableError(span.start, "more than its words makes the loop what it is")
        self.cut_list(body)
        said = [one.start for one in self.script.comments if span.start < one.start < first.start]
        # A comment beside or below `do` takes the place of the loop's first line.
        self.cut(span.start, min([*said, first.start]))
        if any(last.end <= one.start < body.closing for one in self.script.comments):
            if "\n" not in self.script.text[last.end : body.closing] or not self.lines.is_first(body.closing):
                raise InseparableError(span.start, "a comment is between its body and `done`")
            if self.bare[span.end : self.lines.line_end(span.end)].strip():
                raise InseparableError(span.start, "something is behind `done` on its line")
            self.cut(self.lines.line_start(body.closing), self.lines.line_end(span.end))
        else:
            self.cut(last.end, span.end)
        self.dedent(span, body)

    def dedent(self, loop: Span, body: Body) -> None:
        """Move the lines of a loop's body, but for its first one, to the column of the loop."""
        outer = self.lines.text[self.lines.line_start(loop.start) : loop.start]
        outer = outer[: len(outer) - len(outer.lstrip())]
        begins = [one.span.start for one in body.statements if self.lines.is_first(one.span.start)]
        if not begins or any("\n" in self.script.text[one.start : one.end] for one in _word_spans(body.statements)):
            # The blanks at the beginning of a line may be a part of a word.
            return
        inner = self.lines.text[self.lines.line_start(begins[0]) : begins[0]]
        margin = inner.removeprefix(outer)
        if not inner.startswith(outer) or not margin:
            return
        at = self.lines.line_end(loop.start)
        while at < body.closing:
            line = self.lines.text[at : self.lines.line_end(at)]
            excess = len(line) - len(line.lstrip(" ")) - len(outer)
            lost = len(margin) if line.startswith(inner) else max(0, min(excess, len(margin)))
            # Loops in each other each take their margin.
            self.margins[at] = self.margins.get(at, 0) + lost
            at = self.lines.line_end(at)

    # Comments.

    def finished(self) -> list[Cut]:
        """Return the cuts in order, none sharing a character with another, with the comments as they were asked for."""
        cuts = merged((*self.cuts, *(Cut(at, at + lost) for at, lost in self.margins.items() if lost)))
        if self.projection.comments is None:
            return cuts
        for comment in self.script.comments:
            shown = comment in self.projection.comments
            gone = next((cut for cut in cuts if cut.start <= comment.start < cut.end), None)
            alone = self.lines.is_first(comment.start)
            if shown and gone is not None and alone:
                line = Span(self.lines.line_start(comment.start), self.lines.line_end(comment.end - 1))
                whole = self.lines.line_start(gone.start) == gone.start and not gone.inserted
                if whole and line.end <= gone.end:
                    cuts.remove(gone)
                    cuts += [
                        one for one in (Cut(gone.start, line.start), Cut(line.end, gone.end)) if one.start < one.end
                    ]
            elif not shown and gone is None and alone:
                cuts.append(Cut(self.lines.line_start(comment.start), self.lines.line_end(comment.end - 1)))
            elif not shown and gone is None:
                cuts.append(Cut(self.lines.without_blanks(comment.start), comment.end))
            cuts.sort()
        return merged(cuts)


def _redirects(statement: Statement) -> Iterator[Redirect]:
    yield from statement.redirects
    for block in nested(statement):
        for inner in block:
            yield from _redirects(inner)


def _word_spans(statements: Iterable[Statement]) -> Iterator[Span]:
    for statement in statements:
        yield from (word.span for word in words_of(statement))
        for block in nested(statement):
            yield from _word_spans(block)
