"""What do all judges say of one folder of the user's own?

The folder holds `before/` and `after/`; or it is a repository, and then the split is made on a copy of it.
"""

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from judges.judge import CasePair, judge_all
from judges.resolver import MissingJudgeError

WRONG_USAGE = 2


def main() -> int:
    """Judge the folder that the command line names, and say what was found."""
    parser = argparse.ArgumentParser(prog="judges", description=(__doc__ or "").strip())
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    if not folder.is_dir():
        parser.error(f"{folder} is no folder")
    with tempfile.TemporaryDirectory(prefix="judged-") as scratch:
        before, after = folder / "before", folder / "after"
        if not (before.is_dir() and after.is_dir()):
            if importlib.util.find_spec("kaniko_split") is None:
                parser.error("kaniko_split is not installed: `pip install -e .` installs it")
            before, after = folder, Path(scratch, "after")
            shutil.copytree(
                before, after, symlinks=True, ignore=shutil.ignore_patterns(".git", "node_modules", ".venv")
            )
            done = subprocess.run([sys.executable, "-m", "kaniko_split", "apply", str(after)], check=False)
            if done.returncode >= WRONG_USAGE:
                sys.stderr.write("kaniko-split could not read the folder; there is nothing to judge.\n")
                return done.returncode
        try:
            verdict = judge_all([CasePair(folder.resolve().name, before.resolve(), after.resolve())])
        except MissingJudgeError as missing:
            sys.stderr.write(f"{missing}\n")
            return WRONG_USAGE
    for complaint in verdict.complaints:
        print(complaint)
    print(verdict.figures)
    return 1 if verdict.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
