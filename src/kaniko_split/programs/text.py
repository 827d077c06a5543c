"""What do the programs do that turn text into other text?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.programs.variables import LISTING, LOCALE
from kaniko_split.source.patterns import Pattern

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_GNU = "GNU coreutils manual, "
_FILTER = Columns(failure=NO, names=LOCALE, prints=YES)
_NAME = Pattern(r"\$(?:\{(\w+)\}|(\w+))")


def _substituted(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See which variables `envsubst '$A $B'` replaces; without that text it replaces all."""
    if not usage.operands or usage.has("-v"):
        return replace(effect, reads_environment=NO) if usage.has("-v") else effect
    names = frozenset(match[1] or match[2] for match in _NAME.finditer(usage.operands[0]))
    # Where the shell has replaced `$A`, nobody can say which names the text has.
    return replace(effect, reads_environment=NO if names else MAYBE, names=effect.names | names)


def _shuffled(usage: Usage, effect: CommandEffect) -> CommandEffect:
    return replace(effect, reads_input=effect.reads_input and not usage.has("-i", "-e"))


ROWS = (
    row(
        "echo",
        raw=True,
        operands="text...",
        can_fail=False,
        failure=NO,
        prints=YES,
        examples=("echo a b", "echo -n a"),
        source="POSIX, echo",
    ),
    row(
        "printf",
        raw=True,
        operands="text...",
        can_fail=False,
        failure=NO,
        prints=YES,
        examples=("printf %s a",),
        source="POSIX, printf",
    ),
    row("yes", raw=True, operands="text...", can_fail=False, failure=NO, prints=YES, source=_GNU + "yes"),
    row(
        "seq",
        "-s,--separator:text -w,--equal-width -f,--format:text",
        "text...",
        examples=("seq 1 3", "seq -s , 3"),
        source=_GNU + "seq",
        like=_FILTER,
    ),
    row(
        "cat",
        "-A,--show-all -b,--number-nonblank -e -E,--show-ends -n,--number -s,--squeeze-blank -t -T,--show-tabs -u "
        "-v,--show-nonprinting",
        "read... else:input",
        examples=("cat a", "cat -n a list.txt", "cat dir/x -"),
        source=_GNU + "cat",
        like=_FILTER,
    ),
    row(
        "tac",
        "-b,--before -r,--regex -s,--separator:text",
        "read... else:input",
        examples=("tac a",),
        source=_GNU + "tac",
        like=_FILTER,
    ),
    row("rev", "-0", "read... else:input", examples=("rev a",), source="util-linux, rev(1)", like=_FILTER),
    row(
        "head",
        "-c,--bytes:text -n,--lines:text -q,--quiet,--silent -v,--verbose -z,--zero-terminated -#",
        "read... else:input",
        examples=("head -n1 a", "head -1 list.txt", "head -c 2 a"),
        source=_GNU + "head",
        like=_FILTER,
    ),
    row(
        "tail",
        "-c,--bytes:text -n,--lines:text -f -F --follow? --retry -q,--quiet,--silent -v,--verbose "
        "-z,--zero-terminated -s,--sleep-interval:text --pid:text -#",
        "read... else:input",
        examples=("tail -n 1 a", "tail -c2 a"),
        source=_GNU + "tail",
        like=_FILTER,
    ),
    row(
        "cut",
        "-b,--bytes:text -c,--characters:text -d,--delimiter:text -f,--fields:text -n --complement "
        "-s,--only-delimited --output-delimiter:text -z,--zero-terminated",
        "read... else:input",
        examples=("cut -d= -f2 a", "cut -c1-3 a"),
        source=_GNU + "cut",
        like=_FILTER,
    ),
    row(
        "paste",
        "-d,--delimiters:text -s,--serial -z,--zero-terminated",
        "read... else:input",
        examples=("paste -sd, a", "paste a list.txt"),
        source=_GNU + "paste",
        like=_FILTER,
    ),
    row(
        "tr",
        "-c,-C,--complement -d,--delete -s,--squeeze-repeats -t,--truncate-set1",
        "text text",
        reads_input=True,
        examples=("tr a-z A-Z", "tr -d x"),
        source=_GNU + "tr",
        like=_FILTER,
    ),
    row(
        "sort",
        "-b,--ignore-leading-blanks -d,--dictionary-order -f,--ignore-case -g,--general-numeric-sort "
        "-i,--ignore-nonprinting -M,--month-sort -h,--human-numeric-sort -n,--numeric-sort -R,--random-sort!chance "
        "--random-source:read -r,--reverse -V,--version-sort -c!check -C!check --check?!check -k,--key:text "
        "-m,--merge -o,--output:new -s,--stable -S,--buffer-size:text -t,--field-separator:text "
        "-T,--temporary-directory:write -u,--unique -z,--zero-terminated --parallel:text --batch-size:text "
        "--sort:text!chance --debug --files0-from:read!list --compress-program:text!everything",
        "read... else:input",
        when={"check": {"failure": YES}, "chance": {"differs": MAYBE}, "list": {"reads_files": True}},
        examples=(
            "sort a",
            "sort -m a list.txt",
            "sort -T dir a",
            "sort --random-source=a -R list.txt",
            "sort -u -o list.txt a",
            "sort -rnk2 list.txt",
            "sort -c a",
        ),
        source=_GNU + "sort",
        failure=NO,
        names=(*LOCALE, "TMPDIR"),
        prints=YES,
    ),
    row(
        "uniq",
        "-c,--count -d,--repeated -D --all-repeated? -f,--skip-fields:text -i,--ignore-case -s,--skip-chars:text "
        "-u,--unique -z,--zero-terminated -w,--check-chars:text --group?",
        "read new else:input",
        examples=("uniq a", "uniq a b", "uniq -c list.txt"),
        source=_GNU + "uniq",
        like=_FILTER,
    ),
    row(
        "comm",
        "-1 -2 -3 --check-order --nocheck-order --output-delimiter:text --total -z",
        "read read",
        examples=("comm -12 a list.txt",),
        source=_GNU + "comm",
        like=_FILTER,
    ),
    row(
        "join",
        "-a:text -e:text -i -j:text -o:text -t:text -v:text -1:text -2:text --header -z --nocheck-order",
        "read read",
        examples=("join a list.txt",),
        source=_GNU + "join",
        like=_FILTER,
    ),
    row(
        "wc",
        "-c,--bytes -m,--chars -l,--lines -w,--words -L,--max-line-length --total:text --files0-from:read!list",
        "read... else:input",
        when={"list": {"reads_files": True}},
        examples=("wc -l a", "wc a list.txt"),
        source=_GNU + "wc",
        like=_FILTER,
    ),
    row(
        "nl",
        "-b:text -d:text -f:text -h:text -i:text -l:text -n:text -p -s:text -v:text -w:text",
        "read... else:input",
        examples=("nl a",),
        source=_GNU + "nl",
        like=_FILTER,
    ),
    row(
        "fold,fmt",
        "-b,--bytes -s,--spaces -w,--width:text -#",
        "read... else:input",
        examples=("fold -w 2 a", "fmt a"),
        source=_GNU + "fold",
        like=_FILTER,
    ),
    row(
        "expand,unexpand",
        "-t,--tabs:text -i,--initial -a,--all --first-only",
        "read... else:input",
        examples=(
            "expand a",
            "unexpand -a a",
        ),
        source=_GNU + "expand",
        like=_FILTER,
    ),
    row(
        "column",
        "-t,--table -s,--separator:text -c,--output-width:text -o,--output-separator:text -n,--table-name:text "
        "-N,--table-columns:text -J,--json -R,--table-right:text",
        "read... else:input",
        examples=("column -t a",),
        source="util-linux, column(1)",
        failure=NO,
        names=LISTING,
        prints=YES,
    ),
    row(
        "split",
        "-a,--suffix-length:text -b,--bytes:text -C:text -d --numeric-suffixes? -l,--lines:text -n,--number:text -x "
        "-e -u --additional-suffix:text --filter:text!everything -t:text --verbose",
        "read text else:input",
        writes_files=True,
        examples=("split -l1 a", "split -n2 list.txt dir/part", "split -b 1 a part"),
        source=_GNU + "split",
        failure=NO,
    ),
    row("csplit", any_options=True, operands="read text...", writes_files=True, failure=NO, source=_GNU + "csplit"),
    row(
        "tee",
        "-a,--append!add -i,--ignore-interrupts -p --output-error?",
        "new...",
        reads_input=True,
        when={"add": {"operands": "write..."}},
        examples=("tee b", "tee b dir/new", "tee -a a list.txt"),
        source=_GNU + "tee",
        like=_FILTER,
    ),
    row(
        "base64,base32",
        "-d,--decode -D -i,--ignore-garbage -w,--wrap:text",
        "read... else:input",
        examples=("base64 -w0 a", "base32 a", "base64 a"),
        source=_GNU + "base64",
        like=_FILTER,
    ),
    row(
        "xxd",
        "-a -b -c,-cols:text -d -E -e -g:text -i,-include -l,-len:text -n:text -o:text -p,-ps,-plain -postscript "
        "-r,-revert -s,-seek:text -u",
        "read new else:input",
        single=True,
        examples=("xxd a", "xxd -p a b"),
        source="xxd(1)",
        like=_FILTER,
    ),
    row(
        "od",
        "-A:text -j:text -N:text -t:text -v -w? -a -b -c -d -f -i -l -o -s -x -S:text",
        "read... else:input",
        examples=("od -c a", "od -An -tx1 a"),
        source=_GNU + "od",
        like=_FILTER,
    ),
    row(
        "hexdump,hd",
        "-b -c -C -d -o -x -v -n:text -s:text -e:text -f:read",
        "read... else:input",
        examples=("hexdump -C a",),
        source="util-linux, hexdump(1)",
        like=_FILTER,
    ),
    row(
        "strings",
        "-a,--all -n,--bytes:text -t,--radix:text -o -f -#",
        "read... else:input",
        source="binutils, strings(1)",
        like=_FILTER,
    ),
    row(
        "iconv",
        "-f,--from-code:text -t,--to-code:text -c -o,--output:new -l,--list -s",
        "read... else:input",
        examples=("iconv -f utf8 -t ascii a", "iconv -f utf8 -t ascii -o b a"),
        source="glibc, iconv(1)",
        like=_FILTER,
    ),
    row(
        "envsubst",
        "-v,--variables",
        "text",
        reads_input=True,
        reads_environment=YES,
        failure=NO,
        prints=YES,
        names=LOCALE,
        refine=_substituted,
        examples=("envsubst", "envsubst '$CANARY'"),
        source="GNU gettext, envsubst",
    ),
    row(
        "shuf",
        "-e,--echo!echo -i,--input-range:text!range -n,--head-count:text -o,--output:new --random-source:read "
        "-r,--repeat -z,--zero-terminated",
        "read else:input",
        when={"echo": {"operands": "text..."}},
        refine=_shuffled,
        differs=YES,
        failure=NO,
        prints=YES,
        names=LOCALE,
        examples=("shuf a", "shuf -e a b", "shuf -n1 -o b a"),
        source=_GNU + "shuf",
    ),
    row("tsort", "", "read else:input", examples=("tsort pairs",), source=_GNU + "tsort", like=_FILTER),
    row(
        "pr",
        any_options=True,
        operands="read... else:input",
        examples=("pr a",),
        source=_GNU + "pr",
        failure=NO,
        names=LOCALE,
        prints=YES,
        differs=YES,
    ),
    row(
        "expr",
        raw=True,
        operands="text...",
        failure=YES,
        names=LOCALE,
        prints=YES,
        examples=("expr 1 + 1",),
        source=_GNU + "expr",
    ),
    row(
        "bc",
        "-l,--mathlib -q,--quiet -s,--standard -w,--warn -i -e:text -f:read",
        "read...",
        reads_input=True,
        failure=NO,
        prints=YES,
        names=("BC_ENV_ARGS", "BC_LINE_LENGTH", "POSIXLY_CORRECT"),
        examples=("bc -q sum",),
        source="GNU bc, bc(1)",
    ),
    row(
        "ts,usleep",
        any_options=True,
        operands="text...",
        reads_input=True,
        differs=YES,
        failure=NO,
        prints=YES,
        source="busybox, ts",
    ),
    row(
        "uuencode,uudecode",
        any_options=True,
        operands="change...",
        reads_input=True,
        writes_files=True,
        failure=NO,
        source="POSIX, uuencode",
    ),
    row(
        "html2text,pandoc,markdown",
        "-o,--output:new -f,--from:text -t,--to:text -s,--standalone",
        "read... else:input",
        failure=NO,
        prints=YES,
        reads_files=True,
        source="pandoc(1)",
    ),
)
