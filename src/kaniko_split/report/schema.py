"""What does the JSON Schema say that every document fits?

`docs/plan.schema.json` and `docs/report.schema.json` are the output of this module, word for word.
"""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from kaniko_split.report.document import Document
from kaniko_split.report.json_report import Report
from kaniko_split.source.patterns import Pattern

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = Pattern(r"^    (?P<name>\w+): (?P<text>.*(?:\n {8,}.*)*)", re.MULTILINE)


def plan_schema() -> str:
    """Return what `diff --plan` writes, as a JSON Schema."""
    return schema_of(Document, "A plan of kaniko-split")


def report_schema() -> str:
    """Return what `--format json` writes, as a JSON Schema."""
    return schema_of(Report, "A report of kaniko-split")


def schema_of(kind: type, title: str) -> str:
    """Return the schema of a struct and all that it holds, as indented JSON.

    The descriptions are those of the docstrings.
    """
    (root,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    known = _structs(kind)
    for name, part in components.items():
        if name in known:
            _describe(part, known[name])
    schema = {"$schema": DIALECT, "title": title, **root, "$defs": dict(sorted(components.items()))}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _describe(part: dict[str, Any], kind: Any) -> None:
    part["description"] = _one_line((kind.__doc__ or "").partition("\n\n")[0])
    part["additionalProperties"] = False
    part["properties"] = {one.name: part["properties"][one.name] for one in fields(kind)}
    part["required"] = list(part["properties"])
    attributes = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    for found in _ATTRIBUTE.finditer(attributes):
        rest = {key: value for key, value in part["properties"][found["name"]].items() if key != "default"}
        part["properties"][found["name"]] = {"description": _one_line(found["text"]), **rest}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _structs(kind: type) -> dict[str, type]:
    """Return every struct that the package describes a document with, by name."""
    modules = (inspect.getmodule(kind), inspect.getmodule(Document))
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Struct)
    }
