"""What does `explain` do?"""

from __future__ import annotations

from kaniko_split.commands.options import NOTHING, TROUBLE
from kaniko_split.commands.telling import say, tell


def run_explain(code: str) -> int:
    """Print what a refusal's code means; return the exit code."""
    from difflib import get_close_matches

    from kaniko_split.plan.refusals import REFUSALS, as_markdown

    if code in REFUSALS:
        say(as_markdown(code).rstrip("\n"))
        return NOTHING
    near = get_close_matches(code, REFUSALS, n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"the codes are: {', '.join(REFUSALS)}"
    tell(f"error: there is no code `{code}`; {hint}")
    return TROUBLE
