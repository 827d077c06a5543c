"""What is the review page of a document, as one HTML file?"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from kaniko_split.report.document import Document
from kaniko_split.report.page.command import beginning, cloning
from kaniko_split.report.page.markup import plain, prose, shown, statement
from kaniko_split.report.page.view import Item, View, view_of

_ASSETS = "kaniko_split.report.page"


def page(document: Document, clones: Mapping[str, str] | None = None) -> str:
    """Return the review page: it loads nothing, runs no script but its own, and shows file content as text.

    Args:
        document: What is reviewed.
        clones: The address to clone from of each repository that is on no disk of the reader's, by its name.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(_ASSETS, "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "prose": prose, "plain": plain, "statement": statement}
    view = view_of(document)
    cloned = _cloned(view, clones or {})
    style, script = _asset("page.css"), _asset("page.js")
    return environment.get_template("page.html.j2").render(
        view=view,
        style=Markup(style),  # noqa: S704 (a file of this package)
        script=Markup(script),  # noqa: S704 (likewise)
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=_in_script(_data(view, cloned)),
        everything=_everything(view, cloned),
    )


def _asset(name: str) -> str:
    return files(_ASSETS).joinpath("assets", name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return the source of a Content Security Policy that allows exactly this text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _cloned(view: View, clones: Mapping[str, str]) -> dict[str, str]:
    """Return the command that brings each file's repository to where its path leads; those that are there have none."""
    return {
        item.file: cloning(clones[section.outcome.repository], section.outcome.repository)
        for section in view.sections
        if section.outcome.repository in clones
        for item in section.items
        if item.select is not None
    }


def _data(view: View, cloned: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page's script makes the command line from; the words are quoted already."""
    items = list(_items(view))
    return {
        "clones": cloned,
        "program": beginning(view.document.asked),
        "changes": {item.name: {"select": item.select, "file": item.file, "together": item.together} for item in items},
    }


def _everything(view: View, cloned: Mapping[str, str]) -> str:
    """Return the commands that apply all changes, for a reader without scripts."""
    files = dict.fromkeys(item.file for item in _items(view))
    first = dict.fromkeys(cloned[file] for file in files if file in cloned)
    return "\n".join([*first, " ".join([beginning(view.document.asked), *files])])


def _items(view: View) -> Iterable[Item]:
    """Return what can be applied."""
    return (item for section in view.sections for item in section.items if item.select is not None)


def _in_script(data: dict[str, Any]) -> Markup:
    """Return JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(data, separators=(",", ":"))
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704 (it has no character of HTML's own)
