"""What do the programs do that pack and unpack?"""

from __future__ import annotations

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.roles import in_folder
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.programs.usage import is_certain

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_QUIET = Columns(failure=NO)
_VALUES_OF_TAR = frozenset("fCTXbgHIKLNVF")
_SUFFIXES = {
    "gzip": ".gz", "gunzip": ".gz", "bzip2": ".bz2", "bunzip2": ".bz2", "xz": ".xz", "unxz": ".xz", "lzma": ".lzma",
    "unlzma": ".lzma", "zstd": ".zst", "unzstd": ".zst", "compress": ".Z", "uncompress": ".Z", "lz4": ".lz4",
}  # fmt: skip


def _tar_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """Rewrite `tar xzf a.tgz`, where the value follows the word of letters (GNU tar, "Old Option Style")."""
    if not words or words[0].startswith("-") or not words[0].isalpha():
        return words
    rest = list(words[1:])
    options: list[str] = []
    values = [letter for letter in words[0] if letter in _VALUES_OF_TAR]
    if len(values) > 1 or (values and words[0][-1] != values[0]):
        # busybox takes the rest of the word for the value, GNU tar the next word.
        return ("--in-either-order",)
    for letter in words[0]:
        options.append(f"-{letter}")
        if letter in _VALUES_OF_TAR and rest:
            options.append(rest.pop(0))
    return (*options, *rest)


def _tar(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """See what `tar` makes of its archive and its members, by its mode."""
    modes = {mark for mark in usage.marks if mark in {"create", "extract", "list", "append", "compare", "remove"}}
    if len(modes) != 1 or usage.unsure:
        return None
    mode = modes.pop()
    base = "."
    for value in usage.values("-C"):
        base = in_folder("" if base == "." else base, value)
    archives = frozenset(path for path in usage.values("-f") if path != "-")
    if any(":" in path for path in archives) and not usage.has("--force-local"):
        return None
    files = frozenset(usage.values("-T", "-X", "-g"))
    members = frozenset(in_folder("" if base == "." else base, word) for word in usage.operands)
    standard = not archives
    if usage.has("-T"):
        effect = replace(effect, reads_files=True)
    if usage.has("--remove-files"):
        effect = replace(effect, writes=effect.writes | members)
    match mode:
        case "create":
            over = frozenset(filter(is_certain, archives))
            # The time of each file is in the archive; with gzip's header, so is that of now.
            return replace(
                effect,
                searches=members,
                reads=files,
                writes=effect.writes | archives | set(usage.values("-g")),
                overwrites=over,
                prints=YES if standard else NO,
                differs=MAYBE,
            )
        case "append" | "remove":
            return replace(
                effect, searches=members, reads=files | archives, writes=effect.writes | archives, reads_input=standard
            )
        case "list":
            return replace(effect, reads=files | archives, reads_input=standard, prints=YES)
        case "compare":
            return replace(
                effect,
                reads=files | archives,
                searches=members or frozenset({base}),
                reads_input=standard,
                prints=YES,
                failure=YES,
            )
        case _:
            # `-O` prints what it takes out.
            printed = usage.has("-O")
            return replace(
                effect,
                reads=files | archives,
                writes=effect.writes if printed else frozenset({base}),
                reads_input=standard,
                prints=YES if printed else NO,
            )


def _packs(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """See the file that a packer makes next to its own, which it removes."""
    suffix = "".join(usage.values("-S"))
    ends = {*_SUFFIXES.values(), *([suffix] if suffix else ()), ".tgz", ".tbz2", ".txz", ".tzst", ".tar"}
    files = frozenset(usage.operands) - {"-"}
    standard = not files or "-" in usage.operands
    if usage.has("-c", "-t", "-l"):
        return replace(
            effect,
            reads=files,
            writes=effect.writes - files,
            reads_input=standard,
            prints=YES,
            differs=NO,
            failure=YES if usage.has("-t") else NO,
        )
    if usage.has("-r"):
        return replace(effect, searches=files or frozenset({"."}), writes=files or frozenset({"."}))
    made = {f"{file}{end}" for file in files for end in ends if not file.endswith(end)}
    made |= {file.removesuffix(end) for file in files for end in ends if file.endswith(end)}
    made |= {f"{file.removesuffix(end)}.tar" for file in files for end in ends if file.endswith(end)}
    unknown = any(not is_certain(file) for file in files)
    return replace(
        effect,
        reads=files | effect.reads,
        writes=effect.writes | files | made,
        reads_input=standard,
        writes_files=effect.writes_files or unknown,
        prints=YES if standard else NO,
    )


def _unzip(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See where `unzip` puts what it takes out."""
    if not usage.operands:
        return effect
    archive = usage.operands[0]
    reads = frozenset({archive} if archive.endswith(".zip") or not is_certain(archive) else {archive, f"{archive}.zip"})
    if usage.has("-l", "-p", "-c", "-t", "-v", "-Z"):
        return replace(effect, reads=reads, prints=YES, failure=YES if usage.has("-t") else NO)
    # Where a file is there already, it asks, and compares nothing else; `-u` compares times.
    asks = not usage.has("-o", "-n")
    folders = frozenset(usage.values("-d")) or frozenset({"."})
    return replace(effect, reads=reads, writes=folders, searches=folders, reads_input=asks)


def _zip(usage: Usage, effect: CommandEffect) -> CommandEffect | None:
    """See the archive that `zip` adds to."""
    if not usage.operands:
        return None
    archive, *members = usage.operands
    places = frozenset(members)
    names = frozenset({archive} if not is_certain(archive) or "." in archive else {archive, f"{archive}.zip"})
    removed = places if usage.has("-m") else frozenset[str]()
    return replace(
        effect,
        reads=names - ({"-"} if archive == "-" else set()),
        searches=places - {"-"},
        writes=(names - {"-"}) | removed,
        reads_input="-" in members or usage.has("-@"),
        reads_files=usage.has("-@"),
        differs=MAYBE,
    )


_PACK = (
    "-c,--stdout,--to-stdout -d,--decompress,--uncompress -f,--force -k,--keep -l,--list -n,--no-name -N,--name "
    "-q,--quiet -r,--recursive -t,--test -v,--verbose -z,--compress -1,--fast -2 -3 -4 -5 -6 -7 -8 -9,--best -# "
    "-e,--extreme -T,--threads:text -0 -S,--suffix:text --rsyncable --rm -F,--format:text -C,--check:text "
    "-M,--memlimit:text -i -p:text --ultra --no-progress"
)

ROWS = (
    row(
        "tar,bsdtar",
        "-c,--create!create -x,--extract,--get!extract -t,--list!list -r,--append!append -u,--update!append "
        "-A,--concatenate!append -d,--diff,--compare!compare --delete!remove -f,--file:text -C,--directory:text "
        "-z,--gzip -j,--bzip2 -J,--xz -Z,--compress --zstd --lzma -a,--auto-compress -v,--verbose "
        "-p,--preserve-permissions -m,--touch -k,--keep-old-files --skip-old-files --overwrite --keep-newer-files "
        "-O,--to-stdout --strip-components:text --strip:text --exclude:text --exclude-vcs --exclude-from:text "
        "-X:text -T,--files-from:text -h,--dereference -P,--absolute-names!everything --owner:text --group:text "
        "--mode:text --mtime:text --sort:text --numeric-owner --no-same-owner -o --no-same-permissions --same-owner "
        "--transform:text --wildcards --no-wildcards --wildcards-match-slash --anchored --no-anchored --ignore-case "
        "--warning:text --no-recursion --one-file-system -l -S,--sparse -g,--listed-incremental:text --remove-files "
        "--force-local --format:text -H:text -b:text --posix --totals? --ignore-failed-read --no-selinux --xattrs "
        "--acls --selinux --null --ignore-zeros -i -n,--seek -U,--unlink-first -w,--interactive --no-xattrs",
        "text...",
        prepare=_tar_words,
        refine=_tar,
        examples=(
            "tar cf b.tar a dir",
            "tar cjf b.tar.bz2 dir",
            "tar --create --file=b.tar --exclude=x dir",
            "tar -cf b.tar -T list.txt",
            "tar uf t.tar a",
            "tar --delete -f t.tar a",
            "tar -xf t.tar --strip-components=0 -C empty a",
            "tar cf b.tar -X list.txt dir",
            "tar -cf b.tar -g snap dir",
            "tar -czf b.tgz -C dir x",
            "tar xf t.tar",
            "tar -xf t.tar -C empty",
            "tar tf t.tar",
            "tar -cf - a",
            "tar rf t.tar list.txt",
            "tar xOf t.tar",
            "tar df t.tar",
            "tar xf t.tar",
            "tar --remove-files -cf b.tar a",
        ),
        source="GNU tar manual",
        failure=NO,
        names=("TAR_OPTIONS", "TAPE", "TZ", "GZIP", "XZ_OPT", "XZ_DEFAULTS", "BZIP2", "POSIXLY_CORRECT"),
    ),
    row(
        "gzip,gunzip,bzip2,bunzip2,xz,unxz,lzma,unlzma,zstd,unzstd,compress,uncompress,lz4,pigz,lzop",
        _PACK,
        "text...",
        refine=_packs,
        names=("GZIP", "XZ_OPT", "XZ_DEFAULTS", "BZIP2", "BZIP", "ZSTD_CLEVEL", "PIGZ"),
        examples=(
            "gzip a",
            "gzip -k -S .z a",
            "xz a",
            "unxz -k a.xz",
            "bunzip2 a.bz2",
            "gzip -dc t.gz",
            "zstd a",
            "gzip -l t.gz",
            "lzma a",
            "gunzip t.gz",
            "gzip -c a",
            "xz -k a",
            "bzip2 a",
            "gzip -r dir",
            "gzip -t t.gz",
        ),
        differs=MAYBE,
        source="gzip(1); xz(1)",
        like=_QUIET,
    ),
    row(
        "zcat,gzcat,bzcat,xzcat,lzcat,zstdcat",
        "-f,--force -q,--quiet -v -k -d -c",
        "read... else:input",
        prints=YES,
        examples=(
            "zcat t.gz",
            "bzcat a.bz2",
            "xzcat a.xz",
        ),
        source="gzip(1)",
        like=_QUIET,
    ),
    row(
        "zip",
        "-r,--recurse-paths -R -q,--quiet -v -j,--junk-paths -m,--move -u,--update -f,--freshen -d,--delete -g "
        "-x,--exclude:text -i,--include:text -X -D -y,--symlinks -T!everything -e -P:text -o -n:text -l -@ -0 -1 -2 "
        "-3 -4 -5 -6 -7 -8 -9 -#",
        "text...",
        refine=_zip,
        names=("ZIPOPT", "ZIP"),
        examples=(
            "zip b.zip a",
            "zip t.zip list.txt",
            "zip - a",
            "zip -d t.zip a",
            "zip -j b dir/x",
            "zip -u t.zip a",
            "zip -rq b dir",
            "zip -m b.zip a",
        ),
        source="zip(1)",
        like=_QUIET,
    ),
    row(
        "unzip",
        "-l -p -c -t -v -Z -o -n -q -d:text -j -u -f -x:text -a -b -C -L -X -V -D -P:text",
        "text...",
        refine=_unzip,
        names=("UNZIP", "UNZIPOPT", "TZ"),
        examples=(
            "unzip -q t.zip",
            "unzip -o t.zip a -d dir",
            "unzip -t t.zip",
            "unzip -n t.zip",
            "unzip t.zip -d empty",
            "unzip -l t.zip",
            "unzip -p t.zip a",
        ),
        source="unzip(1)",
        like=_QUIET,
    ),
    row(
        "cpio",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        failure=NO,
        source="GNU cpio manual",
    ),
    row("ar,ranlib", raw=True, operands="change...", writes_files=True, failure=NO, source="binutils, ar(1)"),
    row(
        "7z,7za,unrar,rpm2cpio,dpkg-deb",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        failure=MAYBE,
        source="7-Zip, command line",
    ),
)
