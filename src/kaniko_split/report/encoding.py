"""How is a document written as JSON, and read back?"""

from __future__ import annotations

from kaniko_split import __version__
from kaniko_split.report.document import FORMAT, Document


class UnreadableDocumentError(Exception):
    """The bytes are no plan that this version reads; the text says why, and where."""


def to_json(document: Document) -> bytes:
    """Return the document as JSON, indented, in UTF-8, with a line feed at its end."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def from_json(data: bytes) -> Document:
    """Return the document that `to_json` wrote.

    Raises:
        UnreadableDocumentError: It is none, or one of another version.
    """
    import msgspec

    try:
        head = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        kind, number, version = (
            msgspec.json.decode(head[key]) if key in head else None for key in ("kind", "format", "version")
        )
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableDocumentError(f"it is not JSON as `diff --plan` writes it: {error}") from None
    if kind != "plan":
        raise UnreadableDocumentError("it is no plan of kaniko-split; make one with `kaniko-split diff --plan FILE`")
    if number != FORMAT or version != __version__:
        raise UnreadableDocumentError(
            f"it was made by kaniko-split {version}, and this is {__version__}; make it anew with this version"
        )
    try:
        return msgspec.json.decode(data, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableDocumentError(f"it is damaged: {error}") from None
