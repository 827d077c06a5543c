"""What do GitLab's variables for images stand for, in terms of each other?

https://docs.gitlab.com/ci/variables/predefined_variables/: `CI_REGISTRY_IMAGE` is `$CI_REGISTRY/$CI_PROJECT_PATH`, and
`CI_PROJECT_PATH` is `$CI_PROJECT_NAMESPACE/$CI_PROJECT_NAME`. `CI_REGISTRY_IMAGE` is in lower case, and the other two
are so wherever they name an image: a repository has no capitals.
"""

from __future__ import annotations

from kaniko_split.kaniko.expansion import is_expansion, units

_DEFINITIONS = {
    "$CI_REGISTRY_IMAGE": "$CI_REGISTRY/$CI_PROJECT_NAMESPACE/$CI_PROJECT_NAME",
    "$CI_PROJECT_PATH": "$CI_PROJECT_NAMESPACE/$CI_PROJECT_NAME",
}


def canonical(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the units of a text with these variables written out."""
    found: list[str] = []
    for part in parts:
        found.extend(units(_DEFINITIONS[part]) if part in _DEFINITIONS else (part,))
    return tuple(found)


def in_lower_case(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the units of a text with its own characters, but no variables, in lower case."""
    return tuple(part if is_expansion(part) else part.lower() for part in parts)
