"""What does one job do when its script is run in a throw-away copy of its repository?"""

import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from memory import in_memory

HERE = Path(__file__).parent
PROJECT = "builds/group/project"
SECONDS = 10
_SECONDS_WITH_FAILURE = 4
_FOLDERS_AT_HAND = 12
_TOOL_FOLDERS = ("/usr/bin", "/usr/local/bin", "/etc/ssl", "/usr/share", "/var/run/docker.sock")

# All that a script finds on PATH, beside the recorders: nothing that reaches out of the machine.
_TOOLS = """
    [ awk base64 basename cat chmod chown cksum cmp cp cut diff dirname echo env expr false find fold grep
    gzip head id install jq ln ls md5sum mkdir mv nice nl nohup od paste printenv printf pwd readlink realpath rev rm
    rmdir script sed seq sh sha1sum sha256sum sort stat tac tail tar tee test timeout touch tr true truncate uname uniq
    wc whoami xargs
"""
_JUDGING = "awk cmp diff egrep fgrep grep jq md5sum sha1sum sha256sum sha512sum judge_bracket judge_test"
TOOLS = frozenset(_TOOLS.split())
_GUARDED = "chmod chown cp find gzip install ln mkdir mv rm rmdir sort tar tee touch truncate"
_EFFECTS = """
    argocd aws az buildah cosign crane curl docker doctl flux ftp gcloud gh glab gsutil helm http ibmcloud
    kubectl mail manifest-tool nc notation nomad oras podman psql push rclone redis-cli regctl release-cli
    rsync scp sendmail sftp skopeo snyk ssh svn terraform trivy vault wget
"""
EFFECTS = frozenset(_EFFECTS.split())
MOMENTS = ("date", "hostname", "mcookie", "mktemp", "openssl", "pwgen", "shuf", "uuidgen")
MOMENT = re.compile(rb"7777\d{8}")  # what the recorder prints for one of these
COMMANDS = ("git", *sorted(EFFECTS), *MOMENTS)

# The text of `-c` runs in a shell; who runs it is all the same here.
_SU = """\
while [ $# -gt 0 ]; do
  case $1 in
  -c | --command) exec sh -c "$2" ;;
  --command=*) exec sh -c "${1#*=}" ;;
  esac
  shift
done
"""

_ENVSUBST = r"""{
  text = ""
  while (match($0, /\$([A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})/)) {
    name = substr($0, RSTART + 1, RLENGTH - 1); gsub(/[{}]/, "", name)
    text = text substr($0, 1, RSTART - 1) ENVIRON[name]; $0 = substr($0, RSTART + RLENGTH)
  }
  print text $0
}"""

# Paths of the container that are moved into the sandbox. Any other slash belongs to a pattern or an address.
_FOLDERS = """
    app bin build builds busybox cache certs config data etc home kaniko lib mnt opt out output root run
    sbin secrets shared srv src tmp usr var workdir workspace
"""
_BEFORE = r"""(?:^|(?<=[\s=:><(`@,;&|])|(?<=[\s=:><(`@,;&|]["'])|(?<=^["'])|(?<=://)|(?<=\w:-))"""
_CONTAINER_PATH = re.compile(rf"{_BEFORE}/(?=(?:{'|'.join(_FOLDERS.split())})\b(?![.-]))", re.MULTILINE)
_CONTAINER_ROOT = re.compile(r"(?<=\b(?:cd|ls) )/(?=\s|$|[;&|)])")
# What a program reads there after a build is of that image: Kaniko unpacks it into the container's own root.
_OF_IMAGE = re.compile(
    rf"""{_BEFORE}(/(?:app|data|dist|etc|lib|opt|out|output|run|shared|src|srv|usr|var|config)(?:/[\w.@-]+)*)(?=/?["'\s;)]|$)""",
    re.MULTILINE,
)
_SHEBANG = re.compile(rb"#![^\n]*\b(?:ba|da|a)?sh\b")
_LOST_REDIRECT = re.compile(r""">\s*["']?/(?!dev/(?:null|std|fd|tty))(?=\w)|>\s*["']?[^\s"';]*(?:\.\./){4}""")
_BEFORE_COMMAND = "command do elif else env eval exec if nice nohup sudo then time until while xargs"
_COMMAND_WORD = re.compile(
    rf"(?:^|[;&|({{`!]|\b(?:{'|'.join(_BEFORE_COMMAND.split())}|timeout \S+)\b)"
    r"\s*(?:\w+=\S*\s+)*([A-Za-z][\w.-]*)(?![\w=/:.-])",
    re.MULTILINE,
)
_TEST = re.compile(
    r"(?P<before>^\s*|[;&|({`!]\s*|\b(?:if|elif|then|else|while|until|do)\s+)(?P<word>\[|test)(?=[ \t])", re.MULTILINE
)
_SCRIPT_THAT_JUDGES = re.compile(r"assert|audit|check|compare|gate|health|lint|polic|scan|smoke|test|valid|verif")
_BUILTINS = """
    alias bg break case cd command continue do done elif else esac eval exec exit export fg fi for
    function getopts hash if in jobs kill let local read readonly return select set shift source then time
    times trap type ulimit umask unalias unset until wait while
"""


@dataclass(frozen=True)
class Call:
    """One call of a command that is recorded, or whose failure may be a verdict; two of the same kind are equal.

    Attributes:
        name: The command, or the path of a script of the repository.
        folder: The working directory.
        arguments: Its words, with `...` for each value that differs from moment to moment.
    """

    name: str
    folder: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.name, *self.arguments))


@dataclass(frozen=True)
class Run:
    """One job, ready to be run: its lines, what it finds when it starts, and which call fails each time."""

    lines: tuple[str, ...]
    after_lines: tuple[str, ...]
    environment: Mapping[str, str]
    files: Mapping[str, bytes]
    folders: frozenset[str]
    login_folder: bool
    salt: int
    failing: Call | None = None


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
    calls: tuple[Call, ...] = ()


class RefusedError(Exception):
    """A script that cannot be run without a risk to the machine."""


@contextmanager
def toolbox() -> Iterator[Path]:
    """Make what all sandboxes of a run share: `tools/` for `/bin`, and `commands/` before it on PATH."""
    with tempfile.TemporaryDirectory(prefix="toolbox-") as name:
        box = Path(name).resolve()
        tools, commands = box / "tools", box / "commands"
        tools.mkdir()
        commands.mkdir()
        for tool in _TOOLS.split():
            found = shutil.which(tool)
            if found is not None:
                (tools / tool).symlink_to(found)
        (tools / "bash").symlink_to(shutil.which("bash") or "/bin/sh")
        (tools / "sleep").symlink_to("true")
        # A word of the shell in bash and busybox, a program elsewhere.
        (tools / "time").write_text(f'#!{(tools / "sh").resolve()}\n[ "$1" != -p ] || shift\nexec "$@"\n')
        (tools / "time").chmod(0o755)
        (tools / "su").write_text(f"#!{(tools / 'sh').resolve()}\n{_SU}")
        (tools / "su").chmod(0o755)
        (tools / "envsubst").write_text(f"#!{(tools / 'sh').resolve()}\nexec awk '{_ENVSUBST}'\n")
        (tools / "envsubst").chmod(0o755)
        shutil.copy(HERE / "gates.sh", box)
        for script, names in (
            ("recorder", COMMANDS),
            ("guard", _GUARDED.split()),
            ("verdict", _JUDGING.split()),
        ):
            path = box / script
            path.write_text(f"#!{(tools / 'sh').resolve()}\n" + (HERE / f"{script}.sh").read_text())
            path.chmod(0o755)
            for command in names:
                (commands / command).symlink_to(path)
        yield box


def run_job(run: Run, repository: Path, box: Path, shell: Sequence[str]) -> Outcome:
    """Run one job as GitLab's runner does, and tell what it did."""
    with tempfile.TemporaryDirectory(prefix="sandbox-", dir=in_memory()) as name:
        sandbox = Path(name).resolve()
        root = sandbox / "container"
        _furnish(sandbox, run, repository, box)
        environment = {
            "DOCKER_CONFIG": f"{root}/kaniko/.docker/",
            "HOME": f"{root}/root",
            "TMPDIR": str(root / "tmp"),
            **{key: _moved(value, root) for key, value in run.environment.items()},
            "CI_BUILDS_DIR": f"{root}/builds",
            "CI_PROJECT_DIR": f"{root}/{PROJECT}",
            "PATH": ":".join(f"{sandbox}/{part}" for part in ("commands", "words", "tools", "container/kaniko")),
        }
        seconds = SECONDS if run.failing is None else _SECONDS_WITH_FAILURE
        status, errors = _execute(run.lines, root, environment, shell, seconds)
        if run.after_lines and status is not None:
            _execute(run.after_lines, root, environment, shell, seconds)
        names = {str(root): "", str(sandbox): "/sandbox", str(box): "/box"}
        # After a failure a build in the background may still be writing its own; the calls are enough.
        records = [] if run.failing else [_read(path, names) for path in _recorded(sandbox / "records")]
        escapes = sandbox / "escapes"
        return Outcome(
            status=status,
            records=tuple(records),
            files=_files_below(root / PROJECT, names),
            escapes=tuple(escapes.read_text().splitlines()) if escapes.exists() else (),
            errors=errors,
            calls=tuple(_calls(sandbox / "calls", names)),
        )


def _furnish(sandbox: Path, run: Run, repository: Path, box: Path) -> None:
    root = sandbox / "container"
    project = root / PROJECT
    shutil.copytree(repository, project, symlinks=True, ignore=shutil.ignore_patterns(".git", "node_modules", ".venv"))
    for folder in ("kaniko/ssl/certs", "root", "tmp", "workspace"):
        (root / folder).mkdir(parents=True)
    if run.login_folder:
        (root / "kaniko/.docker").mkdir()
    (root / "kaniko/ssl/certs/ca-certificates.crt").write_text("certificates\n")
    (root / "kaniko/executor").symlink_to(box / "recorder")
    for folder in run.folders:
        if not (project / folder).exists():
            (project / folder).mkdir(parents=True)
    for path, content in run.files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(content)
    for number in range(1, _FOLDERS_AT_HAND + 1):
        # The recorder makes more where it needs them, which takes a process.
        (sandbox / "records" / str(number)).mkdir(parents=True)
    (sandbox / "words").mkdir()
    (sandbox / "salt").write_text(f"{run.salt}\n")
    (sandbox / "gates.sh").write_text(f"judge_sandbox={sandbox}\njudge_end='\x1e'\n{(box / 'gates.sh').read_text()}")
    if run.failing is not None:
        wanted = (run.failing.name, run.failing.folder, *run.failing.arguments)
        (sandbox / "failing").write_text("".join(f"{word}\x1f" for word in wanted))
    for name in ("tools", "commands"):
        (sandbox / name).symlink_to(box / name)
    lines = (*run.lines, *run.after_lines, *_move_scripts(project, root))
    of_image = {path for line in lines for path in _OF_IMAGE.findall(line) if not path.startswith(_TOOL_FOLDERS)}
    (sandbox / "of-image").write_text("".join(f"{root}{path}\n" for path in sorted(of_image)))
    if any(re.search(r"/s?bin\b|/busybox\b", line) for line in lines):
        (root / "usr").mkdir()
        for folder in ("bin", "busybox", "sbin", "usr/bin"):
            (root / folder).symlink_to(box / "tools")
    # A program that is not here is recorded too, and succeeds: a compiler, a package manager, make.
    words = {word for line in lines for word in _COMMAND_WORD.findall(line)} - {
        *_BUILTINS.split(),
        "executor",
    }
    for word in words:
        if not (box / "tools" / word).exists() and not (box / "commands" / word).exists():
            (sandbox / "words" / word).symlink_to(box / "recorder")


def _move_scripts(project: Path, root: Path) -> Iterator[str]:
    """Move the container's own paths in the repository's shell scripts, as in the job's own; yield their texts.

    Raises:
        RefusedError: One writes to a path that is not in the sandbox.
    """
    for path in sorted(project.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix != ".sh" and not _SHEBANG.match(content):
            continue
        text = content.decode("utf-8", "surrogateescape")
        if _LOST_REDIRECT.search(_CONTAINER_PATH.sub("", text)):
            raise RefusedError(f"its script {path.name} writes to a path that is not in the sandbox.")
        moved = re.sub(r"\A#! ?(?=/busybox/)", f"#!{root}", _moved(text, root))
        judged = _with_noted_tests(moved, path.relative_to(project).as_posix(), root.parent)
        path.write_bytes(judged.encode("utf-8", "surrogateescape"))
        yield text


def _moved(text: str, root: Path) -> str:
    """Move the container's own paths into the sandbox."""
    return _CONTAINER_ROOT.sub(f"{root}/", _CONTAINER_PATH.sub(f"{root}/", text))


def _with_noted_tests(text: str, name: str, sandbox: Path) -> str:
    """Have a script note each test that it makes, and its own start where its name says that it judges."""
    noted = _TEST.sub(_noted, text)
    judges = _SCRIPT_THAT_JUDGES.search(Path(name).name.lower()) is not None and "executor" not in text
    if noted == text and not judges:
        return text
    head = f". {sandbox}/gates.sh; "
    if judges:
        head += f"judge_call '{name}' \"$@\" || return 1 2> /dev/null || exit 1; "
    if not noted.startswith("#!"):
        return head + "\n" + noted
    first, _, rest = noted.partition("\n")
    return f"{first}\n{head}\n{rest}"


def _noted(found: re.Match[str]) -> str:
    return found["before"] + ("judge_bracket" if found["word"] == "[" else "judge_test")


def _execute(
    lines: Sequence[str], root: Path, environment: Mapping[str, str], shell: Sequence[str], seconds: int
) -> tuple[int | None, str]:
    script = "\n".join(lines)
    if _LOST_REDIRECT.search(_CONTAINER_PATH.sub("", script)):
        raise RefusedError("its script writes to a path that is not in the sandbox.")
    # The runner's own head, but that it asks the shell for pipefail each time, which takes two processes.
    pipefail = "set -o pipefail; " if _has_pipefail(tuple(shell)) else ""
    head = f". {root.parent}/gates.sh\n{pipefail}set -o errexit\nset +o noclobber\n"
    process = subprocess.Popen(
        [*shell, "-c", head + _TEST.sub(_noted, _moved(script, root))],
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
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""
    return process.returncode, errors.replace(str(root), "")


@functools.cache
def _has_pipefail(shell: tuple[str, ...]) -> bool:
    """Tell whether a shell has an option that POSIX came to know in 2024."""
    return subprocess.run([*shell, "-c", "set -o pipefail"], capture_output=True, check=False).returncode == 0


def _calls(path: Path, names: Mapping[str, str]) -> Iterator[Call]:
    if not path.exists():
        return
    text = MOMENT.sub(b"...", _moved_back(path.read_bytes(), names)).decode(errors="replace")
    for line in text.split("\x1e\x1f")[:-1]:
        name, folder, *arguments = line.split("\x1f")[:-1]
        yield Call(name, folder, tuple(arguments))


def _recorded(folder: Path) -> list[Path]:
    """Return the folders that a recorder has taken, in the order in which it did."""
    return [path for path in sorted(folder.iterdir(), key=lambda path: int(path.name)) if any(path.iterdir())]


def _read(folder: Path, names: Mapping[str, str]) -> Record:
    def text(name: str) -> str:
        return _moved_back((folder / name).read_bytes(), names).decode(errors="replace")

    def parts(name: str) -> list[str]:
        return text(name).split("\0")[:-1]

    given, digest = folder / "input", folder / "digest"
    tree = folder / "container"
    environment = "environ" if (folder / "environ").exists() else "environment"
    return Record(
        command=(folder / "name").read_text(),
        arguments=tuple(parts("arguments")),
        folder=text("folder").strip(),
        environment=dict(part.split("=", 1) for part in parts(environment) if "=" in part),
        given=_moved_back(given.read_bytes(), names) if given.exists() else None,
        digest=digest.read_text() if digest.exists() else None,
        files={f"/{path}": content for path, content in _files_below(tree, names, modes=True).items()},
    )


def _moved_back(content: bytes, names: Mapping[str, str]) -> bytes:
    for inside, outside in names.items():
        content = content.replace(inside.encode(), outside.encode())
    return content


def _files_below(folder: Path, names: Mapping[str, str], *, modes: bool = False) -> dict[str, bytes]:
    """Give all files of a folder; with `modes`, an entry more for each whose mode is not the usual one."""
    found: dict[str, bytes] = {}
    waiting = [(str(folder), "")] if folder.is_dir() else []
    while waiting:
        place, above = waiting.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                inside = above + entry.name
                if entry.is_symlink():
                    found[inside] = b"-> " + _moved_back(os.fsencode(Path(entry.path).readlink()), names)
                elif entry.is_dir():
                    waiting.append((entry.path, f"{inside}/"))
                elif entry.is_file():
                    found[inside] = _moved_back(Path(entry.path).read_bytes(), names)
                    if modes and entry.stat().st_mode & 0o777 != 0o644:
                        found[f"{inside} (mode)"] = f"{entry.stat().st_mode & 0o777:o}".encode()
    return found
