"""Do the functions of the Python interface have the types that their users see? mypy reads this; nothing runs it."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import kaniko_split
from kaniko_split import Applied, Finding, apply, plan, scan
from kaniko_split.report.document import Document, JobOutcome


def use(folder: Path) -> None:
    assert_type(scan(folder), tuple[Finding, ...])
    assert_type(scan(folder)[0].outcome, JobOutcome)
    document = plan(str(folder), "other", select=["build-*"], cached_only=True, ci_file=None)
    assert_type(document, Document)
    assert_type(apply(document, folder), Applied)
    assert_type(apply(document).written, tuple[Path, ...])
    assert_type(kaniko_split.plan(), Document)
