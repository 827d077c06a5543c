"""What is kaniko-split? A codemod that gives each Kaniko image of a GitLab pipeline a job of its own.

`scan`, `plan` and `apply` are its Python interface (docs/python.md). They are imported where they are used first.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaniko_split.api import Applied, Finding, InputError, LeftAlone, apply, plan, scan

__all__ = ["Applied", "Finding", "InputError", "LeftAlone", "__version__", "apply", "plan", "scan"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kaniko_split import api

    return getattr(api, name)


class _Package(ModuleType):
    """Keeps the function `plan` in its place, where Python would put the sub-package of that name."""

    @property
    def plan(self) -> Any:
        from kaniko_split.api import plan

        return plan

    @plan.setter
    def plan(self, module: ModuleType) -> None:
        """Take no notice: the sub-package is imported from by its full name."""


sys.modules[__name__].__class__ = _Package
