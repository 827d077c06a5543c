"""What do the programs do that have a small language of their own: sed, awk, jq, yq, grep, find?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.awk import awk_program
from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.find import find_effect
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.programs.sed import sed_script
from kaniko_split.programs.variables import LISTING, LOCALE
from kaniko_split.source.patterns import Pattern

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_FILTER = Columns(failure=NO, names=LOCALE, prints=YES)
_ASSIGNMENT = Pattern(r"[A-Za-z_]\w*=.*", 16)
_ENV = Pattern(r"(?:\$ENV\b|(?<![.\w\"$])env\b)(?:\.([A-Za-z_]\w*)|\[\s*\"(\w+)\"\s*\])?")
_OF_YQ = Pattern(r"\b(?:str)?env\(\s*(\w+)\s*\)")
_TIME = Pattern(r"\b(?:now|localtime|mktime|strflocaltime|gmtime|date|shuffle)\b")
_LOADS = Pattern(r"\b(?:import|include|modulemeta|get_search_list|input_filename|\w*load\w*|envsubst|system|eval)\b")
_COMMANDS_OF_YQ = frozenset({"e", "eval", "ea", "eval-all"})


def _sed(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Read the script, which is the first operand, or the values of `-e`."""
    texts = usage.values("-e")
    operands = usage.operands
    if not texts and not usage.has("-f"):
        if not operands:
            return None
        texts, operands = operands[:1], operands[1:]
    script = sed_script("\n".join(texts))
    if script is None:
        return None
    files = frozenset(operands) - {"-"}
    edits = usage.has("-i")
    suffix = "".join(usage.values("-i"))
    if "*" in suffix or "/" in suffix:
        return None
    # `sed -i.bak` leaves a copy; with `*` the suffix is a whole name (GNU sed manual, "-i").
    copies = frozenset(f"{file}{suffix}" for file in files) if suffix and edits else frozenset[str]()
    return replace(
        effect,
        reads=files | script.reads,
        writes=(files if edits else frozenset()) | script.writes | copies,
        reads_input=(not edits and (not files or "-" in operands)) or script.reads_input,
        failure=YES if script.exits else NO,
    )


def _awk(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Read the program, which is the first operand."""
    if not usage.operands:
        return None
    program = awk_program(usage.operands[0])
    if program is None:
        return None
    files = frozenset(word for word in usage.operands[1:] if _ASSIGNMENT.fullmatch(word) is None)
    return replace(
        effect,
        reads=files - {"-"},
        writes=program.writes or frozenset(),
        writes_files=program.writes is None,
        reads_input=not files or "-" in files,
        reads_environment=YES if program.names is None else NO,
        names=effect.names | (program.names or frozenset()),
        differs=YES if program.differs else NO,
        failure=YES if program.exits else NO,
    )


def _jq(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Read the filter, which is the first operand."""
    text = " ".join((*usage.operands[:1], *usage.values("--from-file")))
    if _LOADS.search(text):
        return None
    found = list(_ENV.finditer(text))
    named = frozenset(match[1] or match[2] for match in found if match[1] or match[2])
    verdict = effect.failure is YES or "halt_error" in text or "error" in text
    return replace(
        effect,
        reads_environment=YES if len(named) < len({match[1] or match[2] for match in found}) else NO,
        names=effect.names | named,
        differs=YES if _TIME.search(text) else NO,
        failure=YES if verdict else NO,
        reads_input=effect.reads_input or (len(usage.operands) < 2 and not usage.has("-n")),
    )


def _yq(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Read the expression: mikefarah's yq may have a sub-command before it, and the Python one takes jq's options."""
    operands = usage.operands
    if operands and operands[0] in _COMMANDS_OF_YQ:
        operands = operands[1:]
    done = _jq(replace(usage, operands=operands), effect)
    if done is None:
        return None
    text = " ".join(operands[:1])
    names = frozenset(_OF_YQ.findall(text))
    # The only operand is an expression, or a file that is printed.
    files = frozenset(operands[1:] if len(operands) > 1 or text.startswith((".", "$")) else operands) - {"-"}
    if usage.has("-n"):
        files = frozenset(operands[1:])
    edits = usage.has("-i")
    return replace(
        done,
        reads=effect.reads - frozenset(usage.operands) | files,
        writes=files if edits else frozenset(),
        names=done.names | names,
        reads_environment=NO if names and done.names <= effect.names | names else done.reads_environment,
        reads_input=len(operands) < 2 and not usage.has("-n"),
    )


def _grep(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """Tell files from folders: `grep -r` searches its operands, and the working directory without any."""
    told = usage.has("-e", "-f")
    operands = usage.operands if told else usage.operands[1:]
    places = frozenset(operands) - {"-"}
    # Without an operand, GNU grep searches the working directory, and busybox reads standard input.
    if usage.has("-r", "-R") or "recurse" in usage.values("-d"):
        searches = places or frozenset({"."})
        return replace(
            effect, searches=searches, reads=effect.reads - places, reads_input="-" in operands or not places
        )
    return replace(effect, reads_input="-" in operands or not operands or effect.reads_input)


_JQ = (
    "-n,--null-input -r,--raw-output -j,--join-output -a,--ascii-output -c,--compact-output -C,--color-output "
    "-M,--monochrome-output -S,--sort-keys -s,--slurp -R,--raw-input --tab --indent:text --unbuffered --stream --seq "
    "-e,--exit-status!verdict --arg:text:text --argjson:text:text --slurpfile:text:read --rawfile:text:read "
    "--argfile:text:read --args!args --jsonargs!args "
)
_GREP = (
    "-E,--extended-regexp -F,--fixed-strings -G,--basic-regexp -P,--perl-regexp -e,--regexp:text!told "
    "-f,--file:read!told -i,-y,--ignore-case --no-ignore-case -v,--invert-match -w,--word-regexp -x,--line-regexp "
    "-c,--count --color? --colour? -L,--files-without-match -l,--files-with-matches -m,--max-count:text "
    "-o,--only-matching -q,--quiet,--silent -s,--no-messages -b,--byte-offset -H,--with-filename -h,--no-filename "
    "--label:text -n,--line-number -T,--initial-tab -Z,--null -A,--after-context:text -B,--before-context:text "
    "-C,--context:text -# -a,--text --binary-files:text -D,--devices:text -d,--directories:text --exclude:text "
    "--exclude-from:read --exclude-dir:text -I --include:text -r,--recursive -R,--dereference-recursive "
    "--line-buffered -U,--binary -z,--null-data"
)

ROWS = (
    row(
        "sed",
        "-n,--quiet,--silent -e,--expression:text -f,--file:read!everything -E,-r,--regexp-extended -i,--in-place? "
        "-s,--separate -u,--unbuffered -z,--null-data --posix --sandbox -l,--line-length:text --debug "
        "--follow-symlinks -b,--binary",
        "change...",
        refine=_sed,
        examples=(
            "sed s/a/b/ a",
            "sed -i -e '1i head' a",
            "sed --in-place=.o s/x/y/ a",
            "sed -n s/x/y/pw\\ c a",
            "sed -i p link",
            "sed '$!d' a",
            "sed -s -n p a list.txt",
            "sed -i s/x/y/ a",
            "sed -n '1p;w b' a",
            "sed -i.bak s/x/y/ a",
            "sed -ne 1p -e 's/x/y/w c' a",
            "sed '1r list.txt' a",
            "sed -n /x/= a",
        ),
        source="GNU sed manual",
        like=_FILTER,
    ),
    row(
        "awk,gawk,mawk,nawk",
        "-F,--field-separator:text -v,--assign:text -f,--file:read!everything -e,--source:text!everything",
        "text read...",
        refine=_awk,
        examples=(
            "awk '{print $1}' a",
            "awk '/a>b/ {print}' a",
            "awk 'BEGIN {srand(); print rand()}'",
            "mawk 1 a",
            "awk -F= '{print $2 > \"b\"}' a",
            "awk 'BEGIN {print ENVIRON[\"CANARY\"]}'",
            "awk 'BEGIN {for (k in ENVIRON) print k}'",
            "awk -v x=1 '/a/ {n++} END {exit n}' a",
        ),
        source="GNU awk manual; POSIX, awk",
        like=_FILTER,
    ),
    row(
        "jq",
        _JQ + "-f,--from-file:read!everything -L:read!everything",
        "text read...",
        when={"verdict": {"failure": YES}, "args": {"operands": "text..."}},
        refine=_jq,
        examples=(
            "jq . ok.json",
            "jq --rawfile s a -n '[$s]'",
            "jq -s . ok.json ok.json",
            "jq -e .x ok.json",
            "jq -n env.CANARY",
            "jq -rn '[$ENV]|.[]|keys'",
            "jq --slurpfile s ok.json -n '[$s]'",
        ),
        source="jq manual",
        failure=NO,
        prints=YES,
        names=(*LOCALE, "JQ_COLORS", "NO_COLOR", "HOME"),
        reads=("$HOME/.jq",),
    ),
    row(
        "yq",
        _JQ + "-s!everything -i,--inplace,--in-place -P,--prettyPrint -o,--output-format:text -p,--input-format:text "
        "-N,--no-doc -I:text -y,--yaml-output -Y,--yaml-roundtrip -t,--toml-output -x,--xml-output -w,--width:text "
        "--explicit-start --explicit-end --yml-out-ver:text --unwrapScalar? --split-exp:text!split "
        "--from-file:read!everything --header-preprocess? -D --front-matter:text",
        "change...",
        when={"verdict": {"failure": YES}, "split": {"writes_files": True}},
        refine=_yq,
        examples=("yq .x ok.json", "yq -i -y .x c.yaml", "yq -y .x c.yaml"),
        source="mikefarah/yq manual; kislyuk/yq manual",
        failure=NO,
        prints=YES,
        names=(*LOCALE, "JQ_COLORS", "NO_COLOR", "HOME", "PYTHONPATH", "PYTHONHOME"),
        reads=("$HOME/.jq", "$HOME/.local"),
    ),
    row(
        "grep,egrep,fgrep,zgrep",
        _GREP,
        "text read...",
        when={"told": {"operands": "read..."}},
        refine=_grep,
        failure=YES,
        prints=YES,
        names=(*LOCALE, "GREP_COLORS", "GREP_COLOR", "GREP_OPTIONS", "TERM"),
        examples=(
            "grep x a",
            "grep -rl x .",
            "fgrep -e x list.txt",
            "grep -L x dir/x",
            "zgrep x t.gz",
            "grep --exclude-from=list.txt -r x dir",
            "grep -ri x dir",
            "grep -f a list.txt",
            "grep -qe x a list.txt",
            "egrep -c x a",
            "grep -r x",
        ),
        source="GNU grep manual",
    ),
    row(
        "rg,ag,ack",
        any_options=True,
        operands="text read...",
        refine=lambda usage, effect: replace(effect, searches=frozenset({".", *usage.operands}), reads_input=True),
        failure=YES,
        prints=YES,
        reads_environment=YES,
        reads_files=True,
        source="ripgrep, rg(1)",
    ),
    row(
        "find",
        raw=True,
        operands="text...",
        refine=find_effect,
        failure=NO,
        prints=YES,
        names=LISTING,
        examples=(
            "find . -name a",
            "find dir -fls out",
            "find dir -fprintf out %p",
            "find . -samefile a",
            "find -L . -name x",
            "find . -mtime +1 -print0",
            "find . -newermt 2020-01-01",
            "find dir -type f -exec cp {} empty ;",
            "find -type f",
            "find dir -delete",
            "find dir -newer a",
            "find a dir -fprint b",
            "find dir -exec touch {} +",
            "find . -maxdepth 1 -exec rm -f {} ;",
            "find . -path ./dir -prune -o -print",
        ),
        source="GNU findutils manual, find",
    ),
    row(
        "tree",
        "-a -d -l -f -x -L:text -P:text -I:text --noreport -p -s -h -u -g -D -q -N -i -n -C -J -X -o:new --dirsfirst "
        "-r -t -v --du --prune --gitignore -F",
        "search... else:search=.",
        failure=NO,
        prints=YES,
        names=LISTING,
        examples=("tree -a", "tree dir"),
        source="tree(1)",
    ),
)
