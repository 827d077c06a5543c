"""What do git's commands do?"""

from __future__ import annotations

from typing import Unpack

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.roles import in_folder
from kaniko_split.programs.row import Changes, Columns, Refine, Row, Usage, row
from kaniko_split.programs.variables import GIT
from kaniko_split.source.patterns import Pattern

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
# Settings that neither run a program nor send something elsewhere (git-config(1)).
_SAFE_SETTING = Pattern(
    r"(?:user|author|committer|color|advice|safe|init|log|format|status|commit\.gpgsign|tag\.gpgsign|core\.(?:quotepath|"
    r"abbrev|autocrlf|filemode|longpaths|eol)|fetch\.(?:prune|parallel)|pull\.(?:rebase|ff)|push\.default|protocol\.version|"
    r"http\.(?:\S*\.)?(?:sslverify|extraheader|postbuffer|lowspeed\w*))(?:\.\w+)*(?:=.*)?",
    2,
)
_INDEX = (".git/index", ".git/index.lock")
# Where there is no `.git`, git asks whether the folder itself is a repository.
_READS = ("$HOME/.gitconfig", "$HOME/.config/git", ".git", "HEAD", "objects", "refs")
_LOOK = Columns(failure=NO, prints=YES)
# A hook or a filter of the repository may ask a server, and look at any variable (githooks(5), gitattributes(5)).
_CHANGE = Columns(
    failure=MAYBE,
    reads_network=MAYBE,
    reads_environment=MAYBE,
    writes_files=True,
    reads_files=True,
    writes=(".git", "."),
)
_ASK_SERVER = Columns(failure=MAYBE, reads_network=YES)
_VERDICT: Changes = {"failure": YES}


def _settings_are_safe(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """`-c core.pager=…` and its like run a program."""
    values = usage.values("-c")
    return effect if all(_SAFE_SETTING.fullmatch(value) for value in values) else None


def _git(
    name: str,
    options: str = "",
    operands: str = "text...",
    *,
    refine: Refine | None = None,
    examples: tuple[str, ...] = (),
    any_options: bool = False,
    when: dict[str, Changes] | None = None,
    like: Columns | None = None,
    **columns: Unpack[Columns],
) -> Row:
    """Return the row of one of git's commands."""

    def both(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
        safe = _settings_are_safe(usage, effect)
        if safe is None:
            return None
        done = safe if refine is None else refine(usage, safe)
        if done is None:
            return None
        bases = usage.values("-C")
        if not bases:
            return done
        # The folder may be part of the repository of the working directory.
        below = frozenset(in_folder(bases[0], path) for path in done.writes)
        unknown = len(bases) > 1 and bool(done.writes)
        return replace(done, reads_files=True, writes=done.writes | below, writes_files=done.writes_files or unknown)

    shared: Columns = {"reads": _READS, "names": GIT, "reads_folder": True}
    return row(
        f"git {name}",
        options,
        operands,
        any_options=any_options,
        when=when,
        refine=both,
        examples=examples,
        source=f"git-{name.partition(',')[0].partition(' ')[0]}(1)",
        like={**shared, **(like or {})},
        **columns,
    )


def _clone(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """See the folder that `git clone` makes, and a repository that is a path."""
    if not usage.operands or usage.unsure:
        return None
    source = usage.operands[0]
    local = ":" not in source
    if len(usage.operands) > 1:
        target = usage.operands[1]
    else:
        target = source.rstrip("/").removesuffix("/.git").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
        if usage.has("--bare", "--mirror"):
            target = f"{target}.git"
    return replace(
        effect,
        searches=frozenset({source}) if local else frozenset(),
        writes=effect.writes | {target},
        writes_files=False,
        reads_network=NO if local and not source.startswith("$") else YES,
    )


def _diff(usage: Usage, effect: CommandEffect) -> CommandEffect:
    return replace(effect, failure=YES if usage.has("--exit-code", "--quiet", "--check") else NO)


def _config(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """See which file `git config` writes, and whether it says how to log in."""
    words = tuple(word for word in usage.operands if word not in {"set", "unset", "get", "list"})
    key = words[0] if words else ""
    asks = usage.has("--get", "--get-all", "--get-regexp", "-l") or usage.operands[:1] in {("get",), ("list",)}
    writes = not asks and (
        len(words) > 1 or usage.has("--unset", "--unset-all", "--add", "--replace-all", "--remove-section")
    )
    if not writes:
        return replace(effect, prints=YES, failure=MAYBE if words else NO)
    files = usage.values("-f")
    path = files[-1] if files else "$HOME/.gitconfig" if usage.has("--global") else ".git/config"
    if usage.has("--system"):
        path = "/etc/gitconfig"
    login = key.startswith(("credential", "http", "url", "core.askpass", "include", "$"))
    more = frozenset({"$HOME/.config/git/config"}) if usage.has("--global") else frozenset[str]()
    return replace(effect, writes=frozenset({path, f"{path}.lock"}) | more, logs_in=login, failure=NO)


def _archive(usage: Usage, effect: CommandEffect) -> CommandEffect:
    return replace(effect, reads_network=YES if usage.has("--remote") else NO)


def _remote(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """`git remote` and `git remote -v` look; the rest changes the configuration."""
    looks = not usage.operands or usage.operands[0] in {"get-url", "-v"}
    if looks:
        return effect
    return replace(effect, writes=frozenset({".git"}), reads_network=MAYBE, failure=MAYBE)


def _listing(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """Commands that list without an operand, and change the references with one."""
    lists = usage.has("-l", "-a", "-r", "-v", "--show-current", "--contains", "--points-at", "--merged", "--sort", "-n")
    return effect if lists or not usage.operands else replace(effect, writes=frozenset({".git"}), failure=MAYBE)


def _lock(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """`git describe --dirty` looks at all files, and refreshes the index."""
    if usage.has("--dirty", "--broken"):
        return replace(effect, searches=frozenset({"."}), writes=frozenset(_INDEX))
    return effect


_DANGER = "--output:new --ext-diff!everything --textconv!everything "

ROWS = (
    row(
        "git",
        "-C:base -c:text -p,--paginate!everything -P,--no-pager --git-dir:text!everything "
        "--work-tree:text!everything --exec-path?!everything --bare!everything --no-replace-objects "
        "--literal-pathspecs --no-optional-locks -v,--version -h,--help --namespace:text!everything "
        "--config-env:text!everything",
        group=True,
        source="git(1)",
    ),
    _git(
        "status",
        "-s,--short -b,--branch --porcelain? -u,--untracked-files? --ignored? -z -v,--verbose --long --column? "
        "--no-renames --ahead-behind --show-stash --ignore-submodules?",
        "read...",
        searches=(".",),
        writes=_INDEX,
        examples=("git -C repo status", "git -C repo status --porcelain"),
        like=_LOOK,
    ),
    _git(
        "diff",
        _DANGER + "--exit-code --quiet --check --cached --staged --no-index!everything",
        "text...",
        any_options=True,
        searches=(".",),
        writes=_INDEX,
        refine=_diff,
        examples=(
            "git -C repo diff",
            "git -C repo diff --output=o",
            "git diff --cached",
            "git -C repo diff --exit-code",
        ),
        like=_LOOK,
    ),
    _git(
        "log,show,whatchanged,shortlog,reflog",
        _DANGER,
        any_options=True,
        reads_files=False,
        examples=("git -C repo log -1", "git log -1", "git -C repo log --stat -p", "git -C repo show"),
        like=_LOOK,
    ),
    _git(
        "rev-parse,rev-list,merge-base,name-rev,show-ref,for-each-ref,ls-tree,cat-file,diff-tree,var,count-objects,"
        "verify-pack,version,help,show-branch,cherry,range-diff",
        _DANGER + "--verify!verdict -e!verdict --is-ancestor!verdict --exclude-existing",
        any_options=True,
        when={"verdict": _VERDICT},
        examples=("git -C repo rev-parse HEAD", "git -C repo rev-list --count HEAD", "git -C repo ls-tree HEAD"),
        like=_LOOK,
    ),
    _git(
        "ls-files,blame,diff-files,diff-index,check-ignore,check-attr",
        _DANGER + "--error-unmatch!verdict --exit-code!verdict --quiet!verdict",
        "read...",
        any_options=True,
        searches=(".",),
        when={"verdict": _VERDICT},
        examples=("git -C repo ls-files", "git -C repo blame f"),
        like=_LOOK,
    ),
    _git(
        "describe",
        "--tags --all --always --dirty? --broken? --long --abbrev:text --match:text --exclude:text "
        "--exact-match!verdict --contains --candidates:text --first-parent --debug",
        refine=_lock,
        when={"verdict": _VERDICT},
        examples=("git -C repo describe --always", "git -C repo describe --always --dirty"),
        like=_LOOK,
    ),
    _git(
        "branch,tag",
        "-l,--list -a,--all -r,--remotes -v,--verbose --show-current --contains:text --points-at:text --merged "
        "--sort:text -n? -d,--delete -D -f,--force -m:text -a -s!everything -F:read --format:text -u:text -c -M -q",
        "text...",
        refine=_listing,
        examples=("git -C repo branch", "git -C repo tag v1", "git -C repo tag -l"),
        differs=MAYBE,
        like=_LOOK,
    ),
    _git(
        "grep",
        "-n -i -l -L -q -E -F -P -G -w -v -c -h -H -e:text -r --cached --untracked --no-index -I -o",
        "text...",
        searches=(".",),
        failure=YES,
        prints=YES,
        examples=("git -C repo grep x",),
    ),
    _git("remote", "-v,--verbose", refine=_remote, examples=("git -C repo remote -v",), like=_LOOK),
    _git(
        "config",
        "--global --local --system -f,--file:read --get --get-all --get-regexp -l,--list --unset --unset-all --add "
        "--replace-all --remove-section --bool --int --path --type:text -z,--null --name-only --show-origin "
        "--default:text --worktree",
        refine=_config,
        examples=(
            "git config --global user.name x",
            "git config -f c.ini a.b c",
            "git config -l",
            "git -C repo config user.name x",
            "git -C repo config --get user.name",
        ),
        failure=NO,
    ),
    _git(
        "archive",
        "-o,--output:new --format:text --prefix:text -v,--verbose -0 -9 --remote:text -l --worktree-attributes",
        refine=_archive,
        failure=NO,
        prints=YES,
        examples=("git -C repo archive HEAD", "git -C repo archive -o x.tar HEAD"),
    ),
    _git(
        "verify-commit,verify-tag,check-ref-format", "-v,--verbose --raw --branch --normalize", failure=YES, prints=YES
    ),
    _git(
        "ls-remote",
        "-h,--heads,--branches -t,--tags -q,--quiet --exit-code!verdict --refs --sort:text --symref --get-url",
        when={"verdict": _VERDICT},
        prints=YES,
        differs=MAYBE,
        like=_ASK_SERVER,
    ),
    _git(
        "clone",
        "--depth:text -b,--branch:text --single-branch --no-single-branch --recursive --recurse-submodules? "
        "-q,--quiet -v,--verbose --no-checkout -n --bare --mirror --filter:text --shallow-submodules --no-tags "
        "--progress -j,--jobs:text --shallow-since:text -o,--origin:text --sparse -l,--local --no-local "
        "--no-hardlinks -s,--shared",
        "text text",
        refine=_clone,
        differs=MAYBE,
        examples=("git clone repo clone", "git clone --bare repo", "git clone -q repo/.git"),
        failure=MAYBE,
        reads_network=YES,
    ),
    _git(
        "fetch",
        "--all --tags -t -p,--prune --depth:text --unshallow -q,--quiet -f,--force --no-tags -n -v,--verbose "
        "-j,--jobs:text --recurse-submodules? --deepen:text --update-shallow --progress -a --prune-tags",
        writes=(".git",),
        reads_files=True,
        differs=MAYBE,
        like=_ASK_SERVER,
    ),
    _git("pull", any_options=True, reads_network=YES, differs=MAYBE, like=_CHANGE),
    _git(
        "submodule,lfs",
        "",
        any_options=True,
        reads_network=YES,
        differs=MAYBE,
        acts=MAYBE,
        logs_in=True,
        reads_environment=YES,
        like=_CHANGE,
    ),
    _git(
        "init",
        "-q,--quiet --bare -b,--initial-branch:text --template:read!everything --shared?",
        "write",
        writes=(".git",),
        failure=NO,
        examples=("git init new", "git init -q"),
    ),
    # A hook of the repository may send something (githooks(5)).
    _git(
        "commit,merge,rebase,am,cherry-pick,revert,checkout,switch,worktree",
        "-x!everything --exec?!everything",
        any_options=True,
        differs=MAYBE,
        acts=MAYBE,
        like=_CHANGE,
    ),
    _git(
        "restore,reset,clean,stash,apply,rm,mv,add,gc,sparse-checkout,update-index,read-tree,write-tree,checkout-index,"
        "format-patch,bundle,symbolic-ref,update-ref,notes,commit-tree,hash-object,replace,prune,fsck",
        any_options=True,
        differs=MAYBE,
        examples=(
            "git -C repo reset --hard",
            "git -C repo add f",
            "git -C repo clean -fdx",
            "git -C repo stash",
            "git -C repo rm -q f",
            "git -C repo mv f g",
            "git -C repo gc -q",
            "git -C repo format-patch -1",
            "git -C repo bundle create ../x HEAD",
        ),
        like=_CHANGE,
    ),
    _git(
        "push", any_options=True, acts=YES, writes=(".git",), reads_files=True, reads_environment=YES, like=_ASK_SERVER
    ),
    _git(
        "send-email,request-pull,imap-send",
        any_options=True,
        acts=YES,
        reads_files=True,
        reads_environment=YES,
        like=_ASK_SERVER,
    ),
    row("svn,hg,bzr,cvs", everything=True, source="Subversion, svn(1)"),
    row(
        "gitversion,semantic-release,git-chglog,git-cliff,standard-version",
        everything=True,
        source="GitVersion, documentation",
    ),
)
