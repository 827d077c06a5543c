"""What do the programs do that copy, move, make and remove files?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Changes, Columns, Usage, row

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_GNU = "GNU coreutils manual, "
_COPY = Columns(failure=NO, names=("POSIXLY_CORRECT", "SIMPLE_BACKUP_SUFFIX", "VERSION_CONTROL"))
_KEEP: Changes = {"certain": False}
# `cp -b a b` keeps the old file as `b~`, or under a number.
_BACKUP: Changes = {"certain": False, "writes_files": True, "reads_files": True}
_TARGET = (
    "-t,--target-directory:write!into -T,--no-target-directory!exact -S,--suffix:text!backup -b!backup "
    "--backup?!backup "
)


def _one_source(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """Keep what is surely overwritten only where one source goes to one target."""
    if len(usage.operands) == 2:
        return effect
    return replace(effect, overwrites=effect.overwrites - set(usage.operands[-1:]), overwrites_file=frozenset())


def _into_working_directory(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See the link that `ln -s web/a` makes in the working directory."""
    if len(usage.operands) == 1 and not usage.has("-t"):
        name = usage.operands[0].rstrip("/").rpartition("/")[2]
        return replace(effect, reads=frozenset(usage.operands), writes=frozenset({name}), overwrites_file=frozenset())
    return _one_source(usage, effect)


ROWS = (
    row(
        "cp",
        _TARGET + "-a,--archive!keep -r,-R,--recursive!keep -d -f,--force -i,--interactive!keep -n,--no-clobber!keep "
        "-u!keep --update?!keep -p -P,--no-dereference -L,--dereference -H -v,--verbose -l,--link -s,--symbolic-link "
        "-x,--one-file-system -c -Z --preserve? --no-preserve:text --parents!keep --reflink? --sparse:text "
        "--remove-destination --attributes-only!keep --strip-trailing-slashes",
        "read... target",
        when={"into": {"operands": "read..."}, "exact": {"operands": "read... new"}, "keep": _KEEP, "backup": _BACKUP},
        refine=_one_source,
        examples=(
            "cp a b",
            "cp -b a b",
            "cp -l a c",
            "cp -s a c",
            "cp --parents dir/x empty",
            "cp -rT dir other",
            "cp -t dir a",
            "cp -a dir copy",
            "cp a list.txt dir",
            "cp -T a b",
            "cp -rv dir/. copy",
        ),
        source=_GNU + "cp",
        like=_COPY,
    ),
    row(
        "mv",
        _TARGET + "-f,--force -i,--interactive!keep -n,--no-clobber!keep -u!keep --update?!keep -v,--verbose -Z "
        "--strip-trailing-slashes",
        "move... target",
        when={"into": {"operands": "move..."}, "exact": {"operands": "move... new"}, "keep": _KEEP, "backup": _BACKUP},
        refine=_one_source,
        examples=("mv a c", "mv -b a b", "mv -n a b", "mv -T a b", "mv a list.txt dir", "mv -t dir a", "mv dir other"),
        source=_GNU + "mv",
        like=_COPY,
    ),
    row(
        "install",
        _TARGET + "-c -C,--compare -d,--directory!folder -D!keep -m,--mode:text -o,--owner:text -g,--group:text "
        "-p,--preserve-timestamps -s,--strip!keep -v,--verbose -Z",
        "read... target",
        when={
            "into": {"operands": "read..."},
            "folder": {"operands": "write..."},
            "exact": {"operands": "read... new"},
            "keep": _KEEP,
            "backup": _BACKUP,
        },
        refine=_one_source,
        examples=("install a b", "install -t dir a", "install -d new/x", "install -m 755 a dir", "install -D a new/a"),
        source=_GNU + "install",
        like=_COPY,
    ),
    row(
        "ln",
        _TARGET + "-s,--symbolic -f,--force -n,--no-dereference -i,--interactive!keep -v,--verbose -r,--relative "
        "-L,--logical -P,--physical",
        "read... target",
        when={"into": {"operands": "read..."}, "exact": {"operands": "read... new"}, "keep": _KEEP, "backup": _BACKUP},
        refine=_into_working_directory,
        examples=(
            "ln -s a b",
            "ln -sfn dir link",
            "ln -sb a b",
            "ln a c",
            "ln -sf a list.txt",
            "ln -s dir/x",
            "ln -st dir ../a",
        ),
        source=_GNU + "ln",
        like=_COPY,
    ),
    row(
        "mkdir",
        "-p,--parents -m,--mode:text -v,--verbose -Z",
        "write...",
        failure=NO,
        examples=("mkdir new", "mkdir -p new/x", "mkdir -pm 700 new"),
        source=_GNU + "mkdir",
    ),
    row(
        "rmdir",
        "-p,--parents -v,--verbose --ignore-fail-on-non-empty!keep",
        "gone...",
        failure=NO,
        when={"keep": _KEEP},
        examples=("rmdir empty",),
        source=_GNU + "rmdir",
    ),
    row(
        "rm",
        "-r,-R,--recursive -f,--force!force -i!keep -I!keep --interactive?!keep -v,--verbose -d,--dir "
        "--one-file-system!keep --preserve-root? --no-preserve-root",
        # Without `-f` it fails where there is nothing to remove.
        "move...",
        failure=NO,
        when={"keep": _KEEP, "force": {"operands": "gone..."}},
        examples=("rm a", "rm -d empty", "rm link", "rm -rf dir", "rm -f a missing"),
        source=_GNU + "rm",
    ),
)
