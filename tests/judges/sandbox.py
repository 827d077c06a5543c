"""What does one job do when its script is run in a throw-away copy of its repository?"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = "builds/group/project"
SECONDS = 10

# All that a script finds on PATH, beside the recorders: nothing that reaches out of the machine.
TOOLS = tuple(
    "[ awk base64 basename cat chmod chown cksum cmp cp cut diff dirname echo env expr false find fold grep gzip head id "
    "jq ln ls md5sum mkdir mv nl od paste printenv printf pwd readlink realpath rev rm rmdir sed seq sh sha1sum sha256sum "
    "sort stat tac tail tar tee test touch tr true truncate uname uniq wc whoami xargs".split()
)
GUARDED = ("chmod", "chown", "cp", "ln", "mkdir", "mv", "rm", "rmdir", "tee", "touch", "truncate")
EFFECTS = frozenset(
    "argocd aws az buildah cosign crane curl docker doctl flux ftp gcloud gh git-push glab gsutil helm http ibmcloud "
    "kubectl mail manifest-tool nc notation nomad oras podman psql push rclone redis-cli regctl release-cli rsync scp "
    "sendmail sftp skopeo snyk ssh svn terraform trivy vault wget".split()
)
MOMENTS = ("date", "hostname", "mktemp", "uuidgen")
COMMANDS = ("git", *sorted(EFFECTS), *MOMENTS)

# Paths of the container that are moved into the sandbox. A slash elsewhere belongs to a pattern, a name or an address.
_FOLDERS = (
    "app bin build builds busybox cache certs config data etc home kaniko lib mnt opt output out root run sbin shared "
    "sbin secrets srv src tmp usr var workdir workspace"
)
_BEFORE = r"""(?:^|(?<=[\s=:><(`@,;&|])|(?<=[\s=:><(`@,;&|]["'])|(?<=^["'])|(?<=://))"""
_CONTAINER_PATH = re.compile(rf"{_BEFORE}/(?=(?:{'|'.join(_FOLDERS.split())})(?![\w.-]))", re.MULTILINE)
_CONTAINER_ROOT = re.compile(r"(?<=\b(?:cd|ls) )/(?=\s|$|[;&|)])")
_LOST_REDIRECT = re.compile(r""">\s*["']?/(?!dev/(?:null|std|fd|tty))(?=\w)|>\s*["']?[^\s"';]*(?:\.\./){4}""")
_WORD = re.compile(r"(?<![\w$./:=@-])[A-Za-z][\w.-]*(?![\w=/:])")
_BUILTINS = frozenset(
    "alias bg break case cd command continue do done elif else esac eval exec exit export fg fi for getopts hash if in "
    "jobs kill let local read readonly return set shift source then times trap type ulimit umask unalias unset until wait "
    "while function select time".split()
)


@dataclass(frozen=True)
class Run:
    """One job, ready to be run: its lines, and what it finds when it starts."""

    job: str
    lines: tuple[str, ...]
    after_lines: tuple[str, ...]
    environment: Mapping[str, str]
    files: Mapping[str, bytes]
    folders: frozenset[str]
    login_folder: bool
    salt: int


@dataclass(frozen=True)
class Record:
    """One call of a recorded command, with all paths as the container would show them."""

    command: str
    arguments: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    given: bytes | None
    digest: str | None
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Outcome:
    """What a job did: `status` is None when it had to be stopped."""

    status: int | None
    records: tuple[Record, ...]
    files: Mapping[str, bytes]
    escapes: tuple[str, ...]
    errors: str


class RefusedError(Exception):
    """A script that cannot be run without a risk to the machine."""


@contextmanager
def toolbox() -> Iterator[Path]:
    """Make the folder that stands for `/bin` in all sandboxes of a run."""
    with tempfile.TemporaryDirectory(prefix="toolbox-") as name:
        folder = Path(name).resolve()
        for tool in TOOLS:
            found = shutil.which(tool)
            if found is not None:
                (folder / tool).symlink_to(found)
        (folder / "bash").symlink_to(shutil.which("bash") or "/bin/sh")
        (folder / "sleep").symlink_to(folder / "true")
        yield folder


def run_job(run: Run, repository: Path, tools: Path, shell: Sequence[str]) -> Outcome:
    """Run one job as GitLab's runner does, and tell what it did."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as name:
        sandbox = Path(name).resolve()
        root = sandbox / "root"
        _furnish(sandbox, run, repository, tools)
        environment = {key: _moved(value, root) for key, value in run.environment.items()}
        environment |= {
            "CI_BUILDS_DIR": f"{root}/builds",
            "CI_PROJECT_DIR": f"{root}/{PROJECT}",
            "DOCKER_CONFIG": f"{root}/kaniko/.docker/",
            "HOME": f"{root}/root",
            "PATH": f"{sandbox}/commands:{tools}:{root}/kaniko",
            "TMPDIR": f"{root}/tmp",
        }
        status, errors = _execute(run.lines, root, environment, shell)
        if run.after_lines and status is not None:
            _execute(run.after_lines, root, environment, shell)
        records = [_read(path, root) for path in sorted((sandbox / "records").iterdir(), key=lambda path: int(path.name))]
        escapes = sandbox / "escapes"
        return Outcome(
            status=status,
            records=tuple(records),
            files=_files_below(root / PROJECT, root),
            escapes=tuple(escapes.read_text().splitlines()) if escapes.exists() else (),
            errors=errors,
        )


def _furnish(sandbox: Path, run: Run, repository: Path, tools: Path) -> None:
    root = sandbox / "root"
    project = root / PROJECT
    shutil.copytree(
        repository, project, symlinks=True, ignore=shutil.ignore_patterns(".git", "node_modules", ".venv")
    )
    for folder in ("records", "commands", "root/kaniko/ssl/certs", "root/root", "root/tmp", "root/usr", "root/workspace"):
        (sandbox / folder).mkdir(parents=True)
    if run.login_folder:
        (root / "kaniko/.docker").mkdir()
    (root / "kaniko/ssl/certs/ca-certificates.crt").write_text("certificates\n")
    for folder in ("bin", "busybox", "sbin", "usr/bin"):
        (root / folder).symlink_to(tools)
    for folder in run.folders:
        (project / folder).mkdir(parents=True, exist_ok=True)
    for path, content in run.files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(content)
    interpreter = (tools / "sh").resolve()
    head = f"#!{interpreter}\nsandbox={shlex.quote(str(sandbox))} tools={shlex.quote(str(tools))} salt={run.salt}\n"
    for name in ("recorder", "guard"):
        (sandbox / name).write_text(head + (HERE / f"{name}.sh").read_text())
        (sandbox / name).chmod(0o755)
    (root / "kaniko/executor").symlink_to(sandbox / "recorder")
    words = {word for line in (*run.lines, *run.after_lines) for word in _WORD.findall(line)}
    for command in (*COMMANDS, *(words - _BUILTINS - {*TOOLS, *COMMANDS, "bash", "sleep", "executor"})):
        (sandbox / "commands" / command).symlink_to(sandbox / "recorder")
    for command in GUARDED:
        (sandbox / "commands" / command).symlink_to(sandbox / "guard")


def _moved(text: str, root: Path) -> str:
    """Move the container's own paths into the sandbox."""
    return _CONTAINER_ROOT.sub(f"{root}/", _CONTAINER_PATH.sub(f"{root}/", text))


def _execute(
    lines: Sequence[str], root: Path, environment: Mapping[str, str], shell: Sequence[str]
) -> tuple[int | None, str]:
    script = "\n".join(lines)
    if _LOST_REDIRECT.search(_CONTAINER_PATH.sub("", script)):
        raise RefusedError("its script writes to a path that is not in the sandbox.")
    # The runner's own head, as it stands in the script that it generates.
    head = "if set -o | grep pipefail > /dev/null; then set -o pipefail; fi; set -o errexit\nset +o noclobber\n"
    process = subprocess.Popen(
        [*shell, "-c", head + _moved(script, root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=root / PROJECT,
        env=dict(environment),
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        _, errors = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""
    return process.returncode, errors.replace(str(root), "")


def _read(folder: Path, root: Path) -> Record:
    def back(text: str) -> str:
        return text.replace(str(root), "")

    def parts(name: str) -> list[str]:
        return [back(part) for part in (folder / name).read_text(errors="replace").split("\0")[:-1]]

    given, digest = folder / "input", folder / "digest"
    tree = folder / "tree"
    return Record(
        command=(folder / "name").read_text(),
        arguments=tuple(parts("arguments")),
        folder=back((folder / "folder").read_text().strip()),
        environment=dict(part.split("=", 1) for part in parts("environment") if "=" in part),
        given=given.read_bytes().replace(os.fsencode(root), b"") if given.exists() else None,
        digest=digest.read_text() if digest.exists() else None,
        files={f"/{path}": content for path, content in _files_below(tree, root).items()} if tree.exists() else {},
    )


def _files_below(folder: Path, root: Path) -> dict[str, bytes]:
    found = {}
    for place, folders, names in os.walk(folder):
        for name in (*names, *folders):
            path = Path(place, name)
            inside = path.relative_to(folder).as_posix()
            if path.is_symlink():
                found[inside] = b"-> " + os.fsencode(path.readlink()).replace(os.fsencode(root), b"")
            elif name in names and path.is_file():
                found[inside] = path.read_bytes().replace(os.fsencode(root), b"")
    return found
