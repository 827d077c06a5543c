"""What do the programs do that change a file's mode, owner, time or size, or make special files?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Usage, row
from kaniko_split.programs.usage import is_certain

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_GNU = "GNU coreutils manual, "
_QUIET = "-c,--changes -f,--silent,--quiet -v,--verbose --preserve-root --no-preserve-root "
_WALK = "-R,--recursive -H -L -P -h,--no-dereference --dereference "


def _dd(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """See the operands `if=`, `of=` and `conv=` of dd."""
    given = {name: value for name, _, value in (word.partition("=") for word in usage.operands)}
    known = {"if", "of", "bs", "ibs", "obs", "cbs", "count", "skip", "seek", "conv", "status", "iflag", "oflag"}
    if not given.keys() <= known or any("$" in name for name in given):
        return None
    reads = frozenset({given["if"]}) if "if" in given else frozenset[str]()
    writes = frozenset({given["of"]}) if "of" in given else frozenset[str]()
    keeps = "notrunc" in given.get("conv", "") or "$" in given.get("conv", "") or "seek" in given or "oflag" in given
    over = frozenset[str]() if keeps else frozenset(filter(is_certain, writes))
    chance = any(path.startswith(("/dev/random", "/dev/urandom")) for path in reads)
    return replace(
        effect,
        reads=reads,
        writes=writes,
        overwrites=over,
        reads_input="if" not in given,
        differs=YES if chance else NO,
        prints=NO if writes else YES,
    )


def _mode_first(words: tuple[str, ...]) -> tuple[str, ...]:
    """Keep `chmod -x file` from looking like an option: a mode may begin with `-` (POSIX, chmod)."""
    return tuple(
        word[1:]
        if word.startswith("-") and word[1:].strip("rwxXst,+-=ugoa") == "" and word not in {"-", "--"}
        else word
        for word in words
    )


def _folder_of_mktemp(words: tuple[str, ...]) -> tuple[str, ...]:
    """Attach the folder of `-p DIR`, which `--tmpdir` takes only attached."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "-p":
            joined[-1] += word
        else:
            joined.append(word)
    return tuple(joined)


def _made_by_mktemp(usage: Usage) -> frozenset[str]:
    """Return the folders in which a name is made that nobody knows before."""
    return frozenset(word.rpartition("/")[0] or "." for word in usage.operands)


ROWS = (
    row(
        "chmod",
        _QUIET + "-R,--recursive --reference:read!reference",
        "text change...",
        when={"reference": {"operands": "change..."}},
        prepare=_mode_first,
        failure=NO,
        examples=(
            "chmod +x a",
            "chmod -R 755 dir",
            "chmod --reference=a b",
            "chmod -x a",
            "chmod u=rw,go-w a list.txt",
        ),
        source=_GNU + "chmod",
    ),
    row(
        "chown,chgrp",
        _QUIET + _WALK + "--reference:read!reference --from:text",
        "text change...",
        when={"reference": {"operands": "change..."}},
        failure=NO,
        examples=("chown root a", "chgrp root a", "chown -R 0:0 dir"),
        source=_GNU + "chown",
    ),
    row(
        "touch",
        "-a -m -c,--no-create -d,--date:text -t:text -r,--reference:read -h,--no-dereference -f --time:text",
        "write...",
        failure=NO,
        names=("TZ",),
        examples=("touch new", "touch a", "touch -r a b", "touch -d 2020-01-01 a"),
        source=_GNU + "touch",
    ),
    row(
        "truncate",
        "-s,--size:text -c,--no-create -o,--io-blocks -r,--reference:read",
        "change...",
        failure=NO,
        examples=("truncate -s 0 a", "truncate -r a list.txt"),
        source=_GNU + "truncate",
    ),
    row(
        "mktemp",
        "-d,--directory -q,--quiet -u,--dry-run -p,--tmpdir?:write --suffix:text -t",
        "write...",
        failure=NO,
        differs=YES,
        names=("TMPDIR",),
        writes=("/tmp",),  # noqa: S108  # mktemp chooses it
        prints=YES,
        prepare=_folder_of_mktemp,
        refine=lambda usage, effect: replace(effect, writes=effect.writes | _made_by_mktemp(usage)),
        examples=(
            "mktemp",
            "mktemp -d -p dir",
            "mktemp -u",
            "mktemp dir/x.XXXXXX",
            "mktemp -t x.XXXXXX",
            "mktemp -d",
            "mktemp -p dir",
            "mktemp x.XXXXXX",
        ),
        source=_GNU + "mktemp",
    ),
    row(
        "dd",
        raw=True,
        operands="text...",
        refine=_dd,
        failure=NO,
        examples=(
            "dd if=a of=b",
            "dd if=/dev/zero of=a bs=1 count=1 conv=notrunc",
            "dd of=b",
            "dd if=a",
            "dd if=a of=list.txt bs=1 count=1 conv=notrunc",
        ),
        source=_GNU + "dd",
    ),
    row("mkfifo,mknod", "-m,--mode:text -Z", "write...", failure=NO, examples=("mkfifo pipe",), source=_GNU + "mkfifo"),
    row(
        "fallocate",
        "-l,--length:text -o,--offset:text -x,--posix -n,--keep-size",
        "write...",
        failure=NO,
        examples=("fallocate -l 10 a",),
        source="util-linux, fallocate(1)",
    ),
    row("unlink", "", "gone", failure=NO, examples=("unlink a",), source=_GNU + "unlink"),
    row("link", "", "read write", failure=NO, examples=("link a b",), source=_GNU + "link"),
    row(
        "shred",
        "-u?!gone -n:text -z -f -v -x -s:text --remove?!gone",
        "change...",
        failure=NO,
        differs=YES,
        when={"gone": {"operands": "move..."}},
        examples=("shred a", "shred -u a"),
        source=_GNU + "shred",
    ),
    row("sync", "-d,--data -f,--file-system", "read...", failure=NO, examples=("sync", "sync a"), source=_GNU + "sync"),
    row(
        "dos2unix,unix2dos",
        "-u -d -k -q -o -n!everything",
        "change... else:input",
        failure=NO,
        prints=YES,
        examples=("dos2unix a",),
        source="busybox, dos2unix",
    ),
)
