"""How many of the scripts that people write are split, shape by shape?

`python -m shapes` prints a row for each shape of `shapes.toml`: its cases, those that a person could divide, how many
of these are split, and with which codes the others are refused.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CASES = HERE / "cases"


@dataclass(frozen=True)
class Shape:
    """A shape, with the names of its cases.

    Attributes:
        name: What it is called.
        dividable: Those that a careful person could divide without asking anybody.
        undividable: Those that nobody divides without a decision, or that are refused on purpose.
        staying: Those in which there is nothing to find.
    """

    name: str
    dividable: tuple[str, ...]
    undividable: tuple[str, ...]
    staying: tuple[str, ...]

    @property
    def cases(self) -> tuple[str, ...]:
        """All of its cases."""
        return (*self.dividable, *self.undividable, *self.staying)

    @property
    def split(self) -> tuple[str, ...]:
        """Those of the dividable ones in which every finding is split."""
        return tuple(case for case in self.dividable if (CASES / case / "after").is_dir() and not codes_of(case))

    @property
    def refused(self) -> Counter[str]:
        """How often each code refuses what a person could divide."""
        return Counter(code for case in self.dividable for code in codes_of(case))


def codes_of(case: str) -> tuple[str, ...]:
    """Return the codes with which a case is refused."""
    file = CASES / case / "refused.txt"
    return tuple(line.split()[0] for line in file.read_text().splitlines() if line.strip()) if file.exists() else ()


def shapes() -> tuple[Shape, ...]:
    """Return all shapes in order."""
    found = tomllib.loads((HERE / "shapes.toml").read_text())["shape"]
    return tuple(
        Shape(one["name"], tuple(one["cases"]), tuple(one["needs-a-person"]), tuple(one["stays"])) for one in found
    )


def main() -> None:
    """Print the table."""
    print(f"{'shape':<62} {'cases':>5} {'dividable':>9} {'split':>5}  refused")
    for one in shapes():
        refused = ", ".join(f"{count} {code}" for code, count in one.refused.most_common())
        print(f"{one.name:<62} {len(one.cases):>5} {len(one.dividable):>9} {len(one.split):>5}  {refused}".rstrip())
    dividable = sum(len(one.dividable) for one in shapes())
    split = sum(len(one.split) for one in shapes())
    print(f"\n{split} of {dividable} dividable cases are split: {split / dividable:.1%}")


if __name__ == "__main__":
    main()
