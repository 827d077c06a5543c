"""Why can a job not be split, and what can a person do instead?

One entry for each code, in the order of `docs/refusals.md`, which is `all_as_markdown()` word for word: what the script
does, how the job stands in its pipeline, how the file is written.
"""

from __future__ import annotations

import re
from textwrap import fill

from kaniko_split.plan.refusals import files, pipelines, scripts
from kaniko_split.plan.refusals.code import RefusalCode

__all__ = ["REFUSALS", "RefusalCode", "all_as_markdown", "as_markdown"]

_WIDTH = 100

REFUSALS: dict[str, RefusalCode] = {one.code: one for one in (*scripts.CODES, *pipelines.CODES, *files.CODES)}

_INTRODUCTION = (
    (
        "kaniko-split splits a job only where it can prove that every build still runs as it did. Where it "
        "cannot, the job stays as it is, and one line gives the place, the job, the reason and one of the "
        "codes below. `kaniko-split explain CODE` prints the section on one code."
    ),
    (
        "On this page a *build* is one run of `/kaniko/executor`. The *new jobs* are those that a split "
        "would write, and the *template* is the hidden job that they would extend. A job can be refused "
        "for more than one reason, so run kaniko-split again after a change by hand. To leave a job alone "
        "for good, write `# kaniko-split: ignore` at the end of the line with its name."
    ),
    (
        "A program that kaniko-split does not know may read and write every file and variable, may be a check, and "
        "may act outside of the container. Some refusals go away when the configuration says what it does "
        "([`[programs]`](configuration.md#programs))."
    ),
    (
        "A job that has to stay in one piece can clean up between its builds. In our tests the next image "
        "was right in every case where the build before it had `--cleanup` and was followed by `rm -rf "
        "/kaniko/[0-9]* /kaniko/stages /kaniko/Dockerfile`. This held for Kaniko 1.24.0 and for the fork "
        "osscontainertools/kaniko at 23 commits after 1.28.3. It relies on folders that the executor uses "
        "internally, and another version may use others."
    ),
)


def as_markdown(code: str) -> str:
    """Return the section on `code`.

    Raises:
        KeyError: There is no such code.
    """
    one = REFUSALS[code]
    parts = (
        f"## {one.code}",
        _wrapped(f"{one.summary[0].upper()}{one.summary[1:]}."),
        f"```yaml\n{one.looks_like}```",
        _wrapped(f"**Why it is refused.** {one.why}"),
        _wrapped(f"**By hand.** {one.by_hand}"),
    )
    return "\n\n".join(parts) + "\n"


def all_as_markdown() -> str:
    """Return the whole of `docs/refusals.md`."""
    rows = (f"| [{one.code}](#{one.code}) | {one.summary} |" for one in REFUSALS.values())
    table = "\n".join(("| Code | Reason |", "|---|---|", *rows))
    head = ("# Refusals", *(_wrapped(paragraph) for paragraph in _INTRODUCTION), table)
    return "\n".join(("\n\n".join(head) + "\n", *(as_markdown(code) for code in REFUSALS)))


def _wrapped(prose: str) -> str:
    """Break `prose` into lines, but never inside of what stands between backticks."""
    kept = re.sub(r"`[^`]*`", lambda found: found[0].replace(" ", "\0"), prose)
    lines = fill(kept, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\0", " ")
