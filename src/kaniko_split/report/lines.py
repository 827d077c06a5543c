"""What is a line for a person, before it is known whether there is colour and how wide the screen is?"""

from __future__ import annotations

from msgspec import Struct


class Line(Struct, frozen=True, eq=False):
    """One line of text.

    Attributes:
        pieces: Its parts, each with its style as rich names it; the text is safe for a terminal already.
        hanging: Where the screen is narrow, the column at which the rest of it goes on; None for a line that is cut
            off instead, as one of a file is.
    """

    pieces: tuple[tuple[str, str], ...]
    hanging: int | None = None

    def __str__(self) -> str:
        return "".join(text for text, _ in self.pieces)


def line(*pieces: str | tuple[str, str], hanging: int | None = None) -> Line:
    """Return a line of texts, each alone or with its style."""
    return Line(tuple((one, "") if isinstance(one, str) else one for one in pieces), hanging)
