"""What do the programs do whose exit status is an answer: tests, comparisons, checksums, signatures?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Usage, row
from kaniko_split.programs.usage import may_be_option
from kaniko_split.programs.variables import LOCALE

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_OF_FILE = frozenset(f"-{letter}" for letter in "abcdefghkprsuwxGLNOS")
_OF_TEXT = frozenset({"-n", "-z", "-t", "-v", "-o", "-R"})
_BETWEEN_FILES = frozenset({"-nt", "-ot", "-ef"})
_BETWEEN = frozenset({"=", "==", "!=", "<", ">", "-eq", "-ne", "-gt", "-ge", "-lt", "-le", "=~"})
_JOINTS = frozenset({"-a", "-o", "!", "(", ")"})


def _test(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """Find the files that an expression of `test` looks at (POSIX, test)."""
    words = list(usage.operands)
    if words and words[-1] == "]":
        words.pop()
    reads: set[str] = set()
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else None
        if word in _OF_FILE and following is not None:
            # `-a` also joins: then the word after it is one more file.
            reads.add(following)
        elif word in _BETWEEN_FILES and at and following is not None:
            reads |= {words[at - 1], following}
        elif may_be_option(word) and following is not None and not _is_operand(words, at):
            # `[ $ASK file ]`: the word may be any operator.
            return replace(effect, reads=effect.reads | set(words), reads_files=True)
    reads -= _JOINTS | _BETWEEN
    return replace(effect, reads=effect.reads | reads, prints=NO)


def _is_operand(words: list[str], at: int) -> bool:
    """Tell whether the word at `at` is next to an operator that takes it."""
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    return before in _OF_TEXT | _OF_FILE | _BETWEEN or after in _BETWEEN | _JOINTS | _BETWEEN_FILES


def _diff(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """A comparison of folders reads all that is in them, and `-` is standard input."""
    places = frozenset(usage.operands) - {"-"}
    return replace(effect, searches=places, reads=effect.reads | places, reads_input="-" in usage.operands)


def _checksum(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """`-c` reads the files that a list names."""
    return replace(effect, failure=YES, reads_files=True) if usage.has("-c") else effect


def _openssl(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """See which of openssl's commands draw by chance, verify, or speak to a server."""
    if not usage.operands:
        return None
    name, *rest = usage.operands
    files = frozenset(rest) - {"-"}
    match name:
        case "rand" | "prime" | "genrsa" | "genpkey" | "ecparam" | "dhparam" | "gendsa":
            return replace(effect, differs=YES, reads_input=False)
        case "version" | "ciphers" | "list" | "errstr" | "help":
            return replace(effect, reads_input=False)
        case "dgst" | "sha256" | "sha1" | "sha512" | "md5" | "sha384" | "sha224":
            verdict = usage.has("-verify", "-prverify", "-signature")
            return replace(effect, reads=effect.reads | files, reads_input=not files, failure=YES if verdict else NO)
        case "base64":
            return replace(effect, reads_input=not usage.has("-in"))
        case (
            "enc"
            | "aes-256-cbc"
            | "aes-128-cbc"
            | "passwd"
            | "req"
            | "x509"
            | "pkcs12"
            | "rsautl"
            | "pkeyutl"
            | "cms"
            | "smime"
        ):
            verdict = usage.has("-verify", "-checkend", "-checkhost", "-checkip", "-sigfile")
            return replace(
                effect,
                reads=effect.reads | files,
                reads_input=not usage.has("-in"),
                differs=YES,
                writes_files=name == "req" or usage.has("-CAcreateserial"),
                failure=YES if verdict else MAYBE,
            )
        case "rsa" | "ec" | "pkey" | "dsa" | "asn1parse" | "crl" | "pkcs7" | "pkcs8":
            return replace(effect, reads_input=not usage.has("-in"), differs=YES if name == "pkcs8" else NO)
        case "verify":
            return replace(effect, reads=effect.reads | files, reads_input=not files, failure=YES)
        case "s_client":
            return replace(effect, reads_network=YES, acts=MAYBE, failure=MAYBE, differs=YES)
    return None


def _patch(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See the files that a patch names, which no word does: any below the working directory, and `/tmp`."""
    given = frozenset(usage.values("-i"))
    sources = given or frozenset(usage.operands[1:])
    return replace(
        effect,
        reads=effect.reads | given,
        reads_files=True,
        writes_files=True,
        reads_input=not sources,
    )


_DIFF = (
    "-q,--brief -s,--report-identical-files -c -C:text -u -U:text --unified? --context? -e,--ed -n,--rcs "
    "-y,--side-by-side -W,--width:text --left-column --suppress-common-lines -p -F:text --label:text -L:text -t -T "
    "--tabsize:text -r,--recursive --no-dereference -N,--new-file -x,--exclude:text -X,--exclude-from:read -S:text "
    "-i,--ignore-case -E -Z,--ignore-trailing-space -b,--ignore-space-change -w,--ignore-all-space "
    "-B,--ignore-blank-lines -I:text -a,--text --strip-trailing-cr -d,--minimal --color? --normal --from-file:read "
    "--to-file:read --speed-large-files"
)

ROWS = (
    row(
        "test,[",
        raw=True,
        operands="text...",
        failure=YES,
        refine=_test,
        examples=("test -f a", "test -d dir -a -s a", "test a -nt b", "[ -x a ]", "test -n a", "[ ! -e missing ]"),
        source="POSIX, test",
    ),
    row(
        "diff,colordiff,sdiff,diff3",
        _DIFF,
        "read...",
        failure=YES,
        prints=YES,
        names=(*LOCALE, "TZ"),
        refine=_diff,
        examples=(
            "diff a list.txt",
            "diff --from-file=a b list.txt",
            "sdiff a b",
            "diff3 a b list.txt",
            "diff -ru dir other",
            "diff -q a a",
            "diff a dir",
        ),
        source="GNU diffutils manual, diff",
    ),
    row(
        "cmp",
        "-b,--print-bytes -i,--ignore-initial:text -l,--verbose -n,--bytes:text -s,--quiet,--silent",
        "read read text text else:input",
        failure=YES,
        prints=YES,
        names=LOCALE,
        examples=("cmp a list.txt", "cmp -s a a"),
        source="GNU diffutils manual, cmp",
    ),
    row(
        "md5sum,sha1sum,sha224sum,sha256sum,sha384sum,sha512sum,sha3sum,b2sum,cksum,sum,crc32,shasum",
        "-b,--binary -c,--check -t,--text --tag -z,--zero --ignore-missing --quiet --status -s --strict -w,--warn "
        "-a:text --algorithm:text -l,--length:text --untagged --base64 -r",
        "read... else:input",
        failure=NO,
        prints=YES,
        names=LOCALE,
        refine=_checksum,
        examples=("sha256sum a list.txt", "sha512sum a", "sum a", "sha256sum -c sums", "md5sum a", "cksum a"),
        source="GNU coreutils manual, sha2 utilities",
    ),
    row(
        "openssl",
        "-in:read -out:new -inkey:read -key:read -keyin:read -CAfile:read -CApath:search -cert:read -signkey:read "
        "-sign:read -verify:read -prverify:read -signature:read -config:read -extfile:read -kfile:read -rand:read "
        "-writerand:write -keyout:new -CA:read -CAkey:read -CAserial:write -CAcreateserial -untrusted:read "
        "-pass:text -passin:text -passout:text -subj:text -days:text -md:text -newkey:text -nodes -noenc -new -x509 "
        "-batch -hex -base64 -A -a -d -e -r -binary -c -noout -text -pubout -pubin -pubkey -outform:text "
        "-inform:text -iter:text -pbkdf2 -salt -nosalt -k:text -K:text -iv:text -S:text -sha1 -sha224 -sha256 "
        "-sha384 -sha512 -md5 -fingerprint -subject -issuer -dates -enddate -startdate -serial -checkend:text "
        "-checkhost:text -checkip:text -addext:text -extensions:text -algorithm:text -pkeyopt:text -genkey "
        "-name:text -aes256 -aes128 -aes-256-cbc -aes-128-cbc -des3 -connect:text -servername:text -showcerts "
        "-hmac:text -mac:text -macopt:text -1 -5 -6 -apr1 -stdin -quiet -export -nocerts -nokeys -clcerts -cacerts "
        "-topk8 -nocrypt -req -set_serial:text -purpose:text -verify_return_error -certfile:read -help -2 -3 -z -p "
        "-P -nopad -debug -engine:text!everything",
        "text...",
        single=True,
        refine=_openssl,
        failure=NO,
        prints=YES,
        names=(
            "OPENSSL_CONF",
            "OPENSSL_MODULES",
            "OPENSSL_ENGINES",
            "RANDFILE",
            "HOME",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
        ),
        reads=("$HOME/.rnd",),
        reads_input=True,
        examples=(
            "openssl rand -hex 4",
            "openssl rand -out b 4",
            "openssl req -x509 -newkey rsa:1024 -nodes -keyout k -out c -subj /CN=x -days 1",
            "openssl dgst -sha256 -hmac x a",
            "openssl passwd -6 -salt x y",
            "openssl dgst -sha256 a",
            "openssl base64 -in a -out b",
            "openssl sha256 a",
            "openssl version",
            "openssl genrsa -out key 1024",
            "openssl enc -aes-256-cbc -pbkdf2 -k x -in a -out b",
            "openssl dgst -sha256 -out b a",
        ),
        source="openssl(1)",
    ),
    row(
        "gpg,gpg2,gpgv",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        failure=YES,
        reads_environment=YES,
        differs=YES,
        acts=MAYBE,
        reads_network=MAYBE,
        prints=YES,
        logs_in=True,
        source="gpg(1)",
    ),
    row(
        "ssh-keygen",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        failure=MAYBE,
        differs=YES,
        names=("HOME",),
        reads_environment=MAYBE,
        source="ssh-keygen(1)",
    ),
    row(
        "patch",
        "-p,--strip:text -i,--input:text -d,--directory:base -R,--reverse -N,--forward -s,--quiet,--silent "
        "-f,--force -t,--batch -b,--backup -o,--output:new -r,--reject-file:text -l,--ignore-whitespace "
        "-E,--remove-empty-files -F,--fuzz:text --dry-run -u,--unified -c,--context -n,--normal --verbose --binary "
        "--no-backup-if-mismatch -V:text -B,--prefix:text -z,--suffix:text --merge? --posix -Z -T --follow-symlinks "
        "--read-only:text",
        "change read",
        failure=YES,
        refine=_patch,
        names=(
            *LOCALE,
            "TMPDIR",
            "TZ",
            "PATCH_GET",
            "SIMPLE_BACKUP_SUFFIX",
            "VERSION_CONTROL",
            "TMP",
            "TEMP",
            "QUOTING_STYLE",
        ),
        examples=(
            "patch -p1 -i change.diff",
            "patch -b -p1 -i change.diff",
            "patch -o out a change.diff",
            "patch -d dir -p1 -i ../change.diff",
            "patch a change.diff",
            "patch --dry-run -p1 -i change.diff",
        ),
        source="GNU patch manual",
    ),
)
