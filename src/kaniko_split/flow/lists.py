"""Is an entry of a list one word for certain?"""

from __future__ import annotations

from kaniko_split.shell.values import Value
from kaniko_split.source.patterns import Pattern

# A word that is one word whatever its variables hold, as far as GitLab's own hold no blanks.
_WITH_VARIABLES = Pattern(r"(?:[A-Za-z0-9_./:@%+,-]|\$\w+|\$\{\w+\})+")
VARIABLE = Pattern(r"\$\{?(\w+)\}?")
# https://docs.gitlab.com/ci/variables/predefined_variables/: every job has these, with a value.
_NEVER_EMPTY = frozenset(
    {
        *("CI_COMMIT_REF_NAME", "CI_COMMIT_REF_SLUG", "CI_COMMIT_SHA", "CI_COMMIT_SHORT_SHA", "CI_DEFAULT_BRANCH"),
        *("CI_JOB_ID", "CI_JOB_NAME_SLUG", "CI_PIPELINE_ID", "CI_PIPELINE_IID"),
        *("CI_PROJECT_ID", "CI_PROJECT_NAME", "CI_PROJECT_PATH", "CI_PROJECT_PATH_SLUG"),
    }
)


def is_single_word(value: Value) -> bool:
    """Tell whether an entry of a list is one word for certain, also where it is not known which."""
    if value.exact or value.splits:
        return value.exact and not value.splits
    names = set(VARIABLE.findall(value.text))
    filled = VARIABLE.sub("", value.text) or names <= _NEVER_EMPTY
    return bool(filled) and _WITH_VARIABLES.fullmatch(value.text) is not None
