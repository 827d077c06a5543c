"""Of which build does a printed line speak?"""

from __future__ import annotations

from collections.abc import Sequence

from kaniko_split.detect.trace import Step
from kaniko_split.plan.labels import image_labels
from kaniko_split.plan.traits import ROOT, label


def spoken_of(steps: Sequence[Step]) -> dict[int, int]:
    """Return the statements that do nothing but print and name one image alone, each with its build, by number."""
    makers = [step for step in steps if step.build is not None]
    labels = image_labels([step.build for step in makers if step.build is not None])
    names = {one: step.number for one, step in zip(labels, makers, strict=True) if one != ROOT and not one.isdigit()}
    found: dict[int, int] = {}
    for step in steps:
        if step.build is None and step.effects.prints:
            said = f"-{label(' '.join(value.text for value in step.values))}-"
            named = [one for one in names if f"-{one}-" in said]
            # `app-debug` speaks of `app` no more than of its `debug`.
            longest = [one for one in named if not any(one != other and f"-{one}-" in f"-{other}-" for other in named)]
            if len(longest) == 1:
                found[step.number] = names[longest[0]]
    return found
