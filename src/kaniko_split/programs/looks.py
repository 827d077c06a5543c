"""What do the programs do that look at files, the machine or the time?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.programs.variables import LISTING, LOCALE

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_GNU = "GNU coreutils manual, "
# Where programs are looked for by default; `PATH` itself is the caller's matter.
_PATH = ("/bin", "/sbin", "/usr", "/opt")
# Processes are files there (proc(5)): `kill` changes what `ps` sees.
_PROCESSES = ("/proc",)
_LOOK = Columns(failure=NO, prints=YES, names=LISTING)
_MACHINE = Columns(reads=_PROCESSES, failure=NO, prints=YES, differs=YES, names=LISTING)


def _ls(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """Tell a listing of folders from `ls -d`."""
    if usage.has("-d"):
        return replace(effect, reads=effect.reads | effect.searches, searches=frozenset())
    return effect


def _printenv(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See whether `printenv` names a variable; whether it is set is its exit status.

    All variables together hold the job's name and number (GitLab, "Predefined CI/CD variables").
    """
    names = bool(usage.operands)
    return replace(
        effect,
        reads_environment=NO if names else YES,
        failure=YES if names else NO,
        differs=NO if names else YES,
    )


def _date(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See whether the date is that of now: `-d @0` and `-r file` are the same each time."""
    fixed = any(value.startswith("@") and value[1:].isdigit() for value in usage.values("-d"))
    sets = usage.has("-s") or any(not word.startswith("+") for word in usage.operands)
    return replace(effect, differs=NO if fixed or usage.has("-r") else YES, acts=MAYBE if sets else NO)


ROWS = (
    row(
        "ls,dir,vdir",
        "-a,--all -A,--almost-all -b,--escape -B,--ignore-backups -c!times -C --color? -d,--directory -f -F "
        "--classify? --file-type --format:text --full-time!times -g!times -G,--no-group -h,--human-readable --si -H "
        "-i,--inode!times -I,--ignore:text --hide:text --indicator-style:text -k,--kibibytes -l!times "
        "-L,--dereference -m -n,--numeric-uid-gid!times -N,--literal -o!times -p -q -Q,--quote-name "
        "--quoting-style:text -r,--reverse -R,--recursive -s,--size!times -S --sort:text!times -t!times "
        "--time:text!times --time-style:text -T,--tabsize:text -u!times -U -v -w,--width:text -x -X -Z -1 -e!times "
        "--group-directories-first --block-size:text --author",
        "search... else:search=.",
        # Times, inodes and sizes on disk are those of this clone.
        when={"times": {"differs": MAYBE}},
        refine=_ls,
        examples=(
            "ls",
            "ls -l link",
            "ls -i a",
            "ls *.nothing",
            "ls --full-time a",
            "ls -la dir",
            "ls -d dir",
            "ls -R",
            "ls a missing",
        ),
        source=_GNU + "ls",
        like=_LOOK,
    ),
    row(
        "stat",
        "-L,--dereference -f,--file-system -c,--format:text --printf:text -t,--terse -Z",
        "read...",
        examples=("stat a", "stat link", "stat -L link", "stat -c %s a list.txt"),
        source=_GNU + "stat",
        failure=NO,
        prints=YES,
        differs=MAYBE,
        names=LISTING,
    ),
    row(
        "du",
        "-0 -a,--all -b,--bytes -c,--total -d,--max-depth:text -h,--human-readable -k -l -L -m -P -s,--summarize -S "
        "-x -H -D -B,--block-size:text --apparent-size --exclude:text -t,--threshold:text --time? --si",
        "search... else:search=.",
        differs=MAYBE,
        examples=("du -sh", "du dir"),
        source=_GNU + "du",
        failure=NO,
        prints=YES,
        names=(*LISTING, "DU_BLOCK_SIZE"),
    ),
    row(
        "df",
        "-a,--all -h,--human-readable -H -i,--inodes -k -l -m -P,--portability -T,--print-type -t:text -x:text "
        "-B,--block-size:text --output? --total --sync",
        "read...",
        examples=("df -h", "df ."),
        source=_GNU + "df",
        failure=NO,
        prints=YES,
        differs=YES,
        names=(*LISTING, "DF_BLOCK_SIZE"),
        reads_folder=True,
    ),
    row(
        "file",
        "-b,--brief -i,--mime --mime-type --mime-encoding -L,--dereference -h,--no-dereference -k -z -s -N -n -r "
        "-F,--separator:text -f,--files-from:read!list -m,--magic-file:read -e:text -0",
        "read... else:input",
        when={"list": {"reads_files": True}},
        examples=("file a dir", "file -b --mime-type a"),
        source="file(1)",
        failure=NO,
        prints=YES,
        names=(*LOCALE, "MAGIC", "HOME", "POSIXLY_CORRECT"),
        reads=("$HOME/.magic", "$HOME/.magic.mgc"),
    ),
    row(
        "readlink",
        "-f,--canonicalize -e,--canonicalize-existing -m,--canonicalize-missing -n,--no-newline -q -s -v -z",
        "read...",
        reads_folder=True,
        examples=("readlink -f a", "readlink -f dir/missing", "readlink link"),
        source=_GNU + "readlink",
        like=_LOOK,
    ),
    row(
        "realpath",
        "-e,--canonicalize-existing -m,--canonicalize-missing -L -P -q,--quiet -s,--strip,--no-symlinks -z "
        "--relative-to:read --relative-base:read",
        "read...",
        reads_folder=True,
        examples=("realpath a", "/usr/bin/realpath --relative-to=dir a"),
        source=_GNU + "realpath",
        like=_LOOK,
    ),
    row(
        "basename",
        "-a,--multiple -s,--suffix:text -z,--zero",
        "text...",
        examples=("basename dir/x",),
        source=_GNU + "basename",
        like=_LOOK,
    ),
    row("dirname", "-z,--zero", "text...", examples=("dirname dir/x",), source=_GNU + "dirname", like=_LOOK),
    row(
        "pwd",
        "-L,--logical -P,--physical",
        "",
        reads_folder=True,
        names=("PWD", "POSIXLY_CORRECT"),
        can_fail=False,
        failure=NO,
        prints=YES,
        examples=("pwd",),
        source=_GNU + "pwd",
    ),
    row("pathchk", "-p -P --portability", "read...", failure=YES, examples=("pathchk a",), source=_GNU + "pathchk"),
    row(
        "date",
        "-d,--date:text -f,--file:read -I,--iso-8601? -r,--reference:read -R,--rfc-email --rfc-2822 --rfc-3339:text "
        "-s,--set:text -u,--utc,--universal --debug -D:text -j -v:text",
        "text...",
        refine=_date,
        examples=("date", "date -u +%s", "date -r a", "date -d @0", "date -Iseconds"),
        source=_GNU + "date",
        failure=NO,
        can_fail=False,
        prints=YES,
        names=(*LOCALE, "TZ"),
    ),
    row(
        "pidof,pgrep,lsof",
        any_options=True,
        operands="read...",
        examples=("pgrep sh", "pidof sh"),
        source="procps",
        failure=Certainty.YES,
        like=_MACHINE,
    ),
    row(
        "cal,uptime,w,who,free,vmstat,top,ps,netstat,ss,lsmod,lscpu,lsblk,blkid,iostat",
        "-a -A -e -f -g -h,--human -k -l -L -m -n:text -o:text -p -s -t -u -w -x -r -V -b -1 -4 -6 -T -B",
        "read...",
        examples=("uptime", "free -m", "ps -ef"),
        source="procps; util-linux",
        like=_MACHINE,
    ),
    row(
        "id,whoami,groups,logname,tty,hostid",
        "-u,--user -g,--group -G,--groups -n,--name -r,--real -z,--zero -s,--silent",
        "text...",
        examples=("id -u", "whoami", "groups"),
        source=_GNU + "id",
        like=_LOOK,
    ),
    row(
        "uname,arch,nproc,lsb_release,getconf,dpkg-architecture",
        "-a,--all -s -n!machine -r!machine -v!machine -m,--machine -p -i -o -c,--codename -d -q:text --ignore:text",
        "text...",
        when={"machine": {"differs": MAYBE}},
        differs=MAYBE,
        failure=NO,
        prints=YES,
        names=("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", *LOCALE),
        examples=("uname -m", "nproc", "arch"),
        source=_GNU + "uname",
    ),
    row(
        "hostname",
        "-f,--fqdn -s,--short -i,--ip-address -I -d,--domain",
        "",
        acts=NO,
        failure=NO,
        prints=YES,
        differs=YES,
        reads_network=MAYBE,
        examples=("hostname",),
        source="hostname(1)",
    ),
    row(
        "uuidgen",
        "-r,--random -t,--time -m -s -n:text -N:text",
        "",
        differs=YES,
        failure=NO,
        prints=YES,
        source="util-linux, uuidgen(1)",
    ),
    row(
        "printenv",
        "-0,--null",
        "name...",
        refine=_printenv,
        prints=YES,
        examples=("printenv", "printenv CANARY"),
        source=_GNU + "printenv",
    ),
    row("true", raw=True, operands="text...", can_fail=False, failure=NO, examples=("true",), source="POSIX, true"),
    row(":", raw=True, operands="text...", can_fail=False, failure=NO, source="POSIX, colon"),
    row("false", raw=True, operands="text...", failure=YES, examples=("false",), source="POSIX, false"),
    row("sleep", "", "text...", failure=NO, can_fail=False, examples=("sleep 0",), source="POSIX, sleep"),
    row(
        "which",
        "-a -s",
        "text...",
        failure=YES,
        prints=YES,
        reads=_PATH,
        names=("PATH",),
        examples=("which sh",),
        source="which(1)",
    ),
    row(
        "type",
        "-a -f -p -P -t",
        "text...",
        failure=YES,
        prints=YES,
        reads=_PATH,
        names=("PATH",),
        source="POSIX, type",
    ),
    row("hash", "-r -l -d -t -p:read", "text...", failure=YES, reads=_PATH, names=("PATH",), source="POSIX, hash"),
    row(
        "kill,killall,pkill,skill",
        raw=True,
        operands="text...",
        failure=NO,
        reads=_PROCESSES,
        writes=_PROCESSES,
        source="POSIX, kill",
    ),
    row(
        "clear,stty,tput",
        any_options=True,
        operands="text...",
        failure=NO,
        prints=YES,
        names=("TERM",),
        source="ncurses, clear(1)",
    ),
    row(
        "logger",
        any_options=True,
        operands="text...",
        acts=MAYBE,
        reads_input=True,
        failure=NO,
        reads_files=True,
        source="util-linux, logger(1)",
    ),
)
