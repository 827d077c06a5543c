"""What does a file of the document hold, before and after?"""

from __future__ import annotations

from itertools import pairwise

from kaniko_split.report.document import File
from kaniko_split.source.text import Source


class ImpossibleEditError(ValueError):
    """An edit reaches beyond the text, or two of them share a character; the text says where."""


def source_before(file: File) -> Source:
    """Return the file as it was read; `write_source` gives its bytes.

    Raises:
        ImpossibleEditError: The document does not hold its text, because nothing is said of it.
    """
    if file.text is None:
        raise ImpossibleEditError(f"{file.path}: the plan does not hold its text")
    return Source(
        path=file.path,
        text=file.text,
        bom=file.bom,
        newline="\r\n" if file.newline == "crlf" else "\n",
        odd_breaks=frozenset(file.odd_breaks),
        final_newline=file.final_newline,
    )


def source_after(file: File) -> Source:
    """Return the file with its edits made; one without edits stays as it is.

    Raises:
        ImpossibleEditError: The document does not hold its text, or an edit does not fit it.
    """
    before = source_before(file)
    _check(file, len(before.text))
    parts: list[str] = []
    odd: set[int] = set()
    length = at = 0
    for edit in file.edits:
        odd.update(one - at + length for one in before.odd_breaks if at <= one < edit.start)
        length += edit.start - at
        odd.update(one + length for one in edit.odd_breaks)
        length += len(edit.text)
        parts += [before.text[at : edit.start], edit.text]
        at = edit.end
    odd.update(one - at + length for one in before.odd_breaks if at <= one)
    text = "".join([*parts, before.text[at:]])
    return Source(before.path, text, before.bom, before.newline, frozenset(odd), before.final_newline)


def _check(file: File, length: int) -> None:
    for edit in file.edits:
        if not 0 <= edit.start <= edit.end <= length:
            raise ImpossibleEditError(f"{file.path}: an edit reaches from {edit.start} to {edit.end}, beyond the text")
    for one, other in pairwise(file.edits):
        if other.start < one.end or (one.start, one.end) == (other.start, other.end):
            raise ImpossibleEditError(f"{file.path}: two edits want the character at {other.start}")
