"""Which words and numbers are GitLab's own?

From GitLab's documentation: "CI/CD YAML syntax reference" (https://docs.gitlab.com/ci/yaml/).
"""

from __future__ import annotations

from kaniko_split.source.patterns import Pattern

# An input, with the functions that it goes through: filled in before anything else is read (https://docs.gitlab.com/ci/inputs/).
INPUT = Pattern(r"\$\[\[.*?\]\]")

# Top-level keys that configure the pipeline and name no job.
GLOBAL_KEYWORDS = frozenset(
    {
        "after_script",
        "before_script",
        "cache",
        "default",
        "image",
        "include",
        "services",
        "spec",
        "stages",
        "types",
        "variables",
        "workflow",
    }
)

# Names that GitLab does not accept for a job ("Unavailable names for jobs"), and `pages`, which deploys.
RESERVED_JOB_NAMES = GLOBAL_KEYWORDS | {"true", "false", "nil", "pages", "pages:deploy"}

# Keys by which a mapping is known for a job.
JOB_KEYWORDS = frozenset(
    {"script", "run", "trigger", "extends", "before_script", "after_script", "stage", "needs", "rules"}
)

# Keys that `default:` may hold and a job inherits ("default").
INHERITED_KEYWORDS = frozenset(
    {
        "after_script",
        "artifacts",
        "before_script",
        "cache",
        "hooks",
        "id_tokens",
        "identity",
        "image",
        "interruptible",
        "retry",
        "services",
        "tags",
        "timeout",
    }
)

# The same for the deprecated way of writing them at the top level ("Globally-defined image, services, ...").
GLOBALLY_DEFINED = ("after_script", "before_script", "cache", "image", "services")

LONGEST_NAME = 255
MOST_NEEDS = 50
DEEPEST_EXTENDS = 11
DEEPEST_REFERENCE = 10
MOST_INCLUDES = 150
