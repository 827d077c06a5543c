"""What do the programs do that run another command or a text?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.source.patterns import Pattern

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
# What the wrapped command prints and fails with is the caller's to add.
_WRAPS = Columns(failure=NO, prints=NO)
# Where commands are looked for by default; `PATH` itself is the caller's matter.
_PATH = ("/bin", "/sbin", "/usr", "/opt")
_ASSIGNMENT = Pattern(r"[A-Za-z_]\w*\+?=.*", 16)


def _env(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Find the command after the assignments; without one, `env` prints the environment."""
    words = usage.operands
    # A lone `-` is `-i`.
    at = int(words[:1] == ("-",))
    while at < len(words) and _ASSIGNMENT.fullmatch(words[at]):
        at += 1
    if at == len(words):
        # The job's name and number are among it (GitLab, "Predefined CI/CD variables").
        return replace(effect, reads_environment=YES, prints=YES, differs=YES)
    if words[at].startswith(("$", "`")):
        return None
    return replace(effect, runs=words[at:])


def _needs_command(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """A wrapper whose command is not known may run anything."""
    del usage
    return effect if effect.runs else None


def _command(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """`command -v NAME` says where a command is, and runs nothing (POSIX, command)."""
    if usage.has("-v", "-V"):
        return replace(effect, runs=(), reads=frozenset(_PATH), names=frozenset({"PATH"}), failure=YES, prints=YES)
    return _needs_command(usage, effect)


def _xargs(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Add the items, which nobody knows, to the command's words; without a command, `xargs` prints them."""
    words = effect.runs or ("echo",)
    marks = usage.values("-I", "-i", "--replace")
    mark = (marks[-1] or "{}") if marks else ""
    given = tuple(word.replace(mark, "$(item)") for word in words) if mark else (*words, "$(item)")
    return replace(effect, runs=given)


def _time(_: Usage, effect: CommandEffect) -> CommandEffect | None:
    return replace(effect, differs=NO) if effect.runs else None


def _shell(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Without `-c` and a file, a shell runs what it reads from standard input."""
    if usage.has("-s") or not usage.operands or "-" in usage.operands[:1]:
        return None
    return effect


def _su(_: Usage, effect: CommandEffect) -> CommandEffect | None:
    return effect if effect.runs_text is not None else None


ROWS = (
    row(
        "env",
        "-i,--ignore-environment -u,--unset:text -0,--null -C,--chdir:text!everything "
        "-S,--split-string:text!everything -v,--debug --default-signal? --ignore-signal?",
        "text...",
        stops=True,
        refine=_env,
        examples=("env", "env X=1 cat a", "env -i X=1 cp a b", "env -u CANARY cat a", "env -u HOME cat a"),
        source="GNU coreutils manual, env",
        like=_WRAPS,
    ),
    row(
        "timeout",
        "-s,--signal:text -k,--kill-after:text --preserve-status --foreground -v,--verbose -t:text!old",
        "text command",
        stops=True,
        refine=_needs_command,
        when={"old": {"operands": "command"}},
        examples=("timeout 5 cp a b", "timeout -k 1 -s INT 5s cat a"),
        source="GNU coreutils manual, timeout",
        like=_WRAPS,
    ),
    row(
        "nice,ionice,chrt",
        "-n,--adjustment:text -c,--class:text --classdata:text -t,--ignore -p:text -#",
        "command",
        stops=True,
        refine=_needs_command,
        examples=("nice cp a b", "ionice -c 3 cat a", "nice -n 5 cat a"),
        source="GNU coreutils manual, nice",
        like=_WRAPS,
    ),
    row(
        "nohup",
        "",
        "command",
        stops=True,
        refine=_needs_command,
        writes=("nohup.out", "$HOME/nohup.out"),
        examples=("nohup cp a b",),
        source="GNU coreutils manual, nohup",
        like=_WRAPS,
    ),
    row(
        "setsid,linux32,linux64",
        "-c,--ctty -f,--fork -w,--wait",
        "command",
        stops=True,
        refine=_needs_command,
        examples=("setsid cp a b",),
        source="util-linux, setsid(1)",
        like=_WRAPS,
    ),
    row(
        "stdbuf",
        "-i,--input:text -o,--output:text -e,--error:text",
        "command",
        stops=True,
        refine=_needs_command,
        examples=("stdbuf -oL cat a",),
        source="GNU coreutils manual, stdbuf",
        like=_WRAPS,
    ),
    row(
        "unbuffer,catchsegv,tini,dumb-init",
        "-p -s -g -v",
        "command",
        stops=True,
        refine=_needs_command,
        source="expect, unbuffer(1)",
        like=_WRAPS,
    ),
    row(
        "sudo,doas",
        "-E,--preserve-env? -H,--set-home -n,--non-interactive -u,--user:text -g,--group:text -S,--stdin -k -K "
        "-b,--background!everything -A",
        "text...",
        stops=True,
        refine=_env,
        source="sudo(8)",
        like=_WRAPS,
    ),
    row(
        "su,runuser",
        "-c,--command:shell -l,--login -s,--shell:text -m,-p,--preserve-environment",
        "text...",
        refine=_su,
        source="util-linux, su(1)",
        like=_WRAPS,
    ),
    row(
        "gosu,su-exec,setpriv,chpst",
        "",
        "text command",
        stops=True,
        refine=_needs_command,
        source="gosu, README",
        like=_WRAPS,
    ),
    row(
        "script",
        "-c,--command:shell -q,--quiet -e,--return -f,--flush -a,--append",
        "write",
        refine=lambda _, effect: (
            None if effect.runs_text is None else replace(effect, writes=effect.writes or frozenset({"typescript"}))
        ),
        source="util-linux, script(1)",
        failure=NO,
        names=("SHELL",),
        differs=YES,
    ),
    row(
        "time",
        "-p,--portability -f,--format:text -o,--output:new -a,--append -v,--verbose",
        "command",
        stops=True,
        refine=_time,
        examples=("time cp a b",),
        source="POSIX, time",
        like=_WRAPS,
    ),
    row(
        "command,builtin",
        "-p -v!looks -V!looks",
        "command",
        stops=True,
        refine=_command,
        when={"looks": {"operands": "text..."}},
        source="POSIX, command",
        like=_WRAPS,
    ),
    row("exec", "-a:text -c -l", "command", stops=True, refine=_needs_command, source="POSIX, exec", like=_WRAPS),
    row(
        "xargs",
        "-0,--null -a,--arg-file:read -d,--delimiter:text -E:text -e? -I:text -i? --replace? -L,--max-lines:text -l? "
        "-n,--max-args:text -P,--max-procs:text -p!everything -r,--no-run-if-empty -s,--max-chars:text -t,--verbose "
        "-x,--exit --show-limits",
        "command",
        stops=True,
        refine=_xargs,
        reads_input=True,
        runs_often=True,
        examples=(
            "xargs -a list.txt cat",
            "xargs -a list.txt -n1 -P2 rm -f",
            "xargs -L1 echo",
            "xargs -a list.txt touch",
            "xargs -a list.txt -I@ cp @ dir",
            "xargs -n1 rm -f",
        ),
        source="GNU findutils manual, xargs",
        like=_WRAPS,
    ),
    row(
        "watch",
        "-n,--interval:text -d -t -e -g -x -c -b",
        "command",
        stops=True,
        refine=_needs_command,
        runs_often=True,
        differs=YES,
        source="procps, watch(1)",
        failure=MAYBE,
        prints=YES,
    ),
    row(
        "retry",
        any_options=False,
        options="-t,--tries:text -d,--delay:text -n:text -s:text",
        operands="command",
        stops=True,
        refine=_needs_command,
        runs_often=True,
        source="the common wrapper of that name",
        failure=NO,
    ),
    row(
        "flock",
        "-n,--nonblock -x,--exclusive -s,--shared -w,--timeout:text -c:shell -u -o -E:text -v",
        "write command",
        refine=lambda _, effect: effect if effect.runs or effect.runs_text else None,
        stops=True,
        examples=("flock lock cp a b",),
        source="util-linux, flock(1)",
        like=_WRAPS,
    ),
    row(
        "sh,ash,dash,bash,zsh,ksh,mksh",
        "-c!text -e -u -x -v -n -f -a -i!login -l,--login!login -m -b -h -C -p -s -o:text -O:text --posix --norc "
        "--noprofile",
        "script text...",
        stops=True,
        when={"text": {"operands": "shell text..."}, "login": {"reads_files": True}},
        reads_folder=True,
        refine=_shell,
        examples=("sh -c true", "bash -euo pipefail -c true"),
        names=("ENV", "BASH_ENV", "SHELLOPTS", "BASHOPTS", "HOME"),
        source="POSIX, sh; GNU bash manual",
        like=_WRAPS,
    ),
    row(
        "eval",
        raw=True,
        operands="text...",
        refine=lambda usage, effect: replace(effect, runs_text=" ".join(usage.operands)),
        source="POSIX, eval",
        like=_WRAPS,
    ),
    row(
        "parallel,entr,chroot,unshare,nsenter,start-stop-daemon,run-parts,expect,screen,tmux,at,batch,crontab,strace,"
        "ltrace,gdb",
        everything=True,
        source="GNU parallel, parallel(1)",
    ),
)
