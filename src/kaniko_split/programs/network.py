"""What do the programs do that fetch from servers, or send to them?"""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from kaniko_split.programs.effect import Certainty, CommandEffect
from kaniko_split.programs.row import Columns, Usage, row
from kaniko_split.programs.usage import holds_expansion
from kaniko_split.programs.variables import LOCALE, PROXY
from kaniko_split.source.patterns import Pattern

NO, MAYBE, YES = Certainty.NO, Certainty.MAYBE, Certainty.YES
_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What parts an item of HTTPie into its name and its value; after an `@` that is a file.
_ITEM = Pattern(r"(?:\\.|[^:=@;\\])*(:=@|==@|=@|:@|:=|==|=|@|:|;)(.*)")
_DATA_SIGNS = frozenset({"=", ":=", "@", "=@", ":=@"})
_ASKS = Columns(reads_network=YES, failure=MAYBE)
_SENDS = Columns(reads_network=YES, acts=YES, failure=MAYBE)


def _name_of(url: str) -> str | None:
    """Return the file name that an address ends with; None where it is not known."""
    name = posixpath.basename(url.partition("?")[0].partition("#")[0])
    return None if not name or "://" not in url or any(mark in name for mark in "${}`*[]") else name


def _method(usage: Usage) -> Certainty:
    """Return whether the method of a request changes something."""
    methods = usage.values("-X", "--method")
    if any(holds_expansion(method) for method in methods):
        return MAYBE
    return NO if all(method.upper() in _READING_METHODS for method in methods) else YES


def _httpie(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See which files the items of a request name, whether it changes something, and where its answer goes.

    The first word is the method where letters are all that it has and an address follows; with data it is POST.
    """
    words = usage.operands
    named = len(words) > 1 and words[0].isalpha()
    items = words[2:] if named else words[1:]
    parts = [match for item in items if (match := _ITEM.match(item)) is not None]
    sends = any(match[1] in _DATA_SIGNS for match in parts) or usage.has("--raw")
    sends |= named and words[0].upper() not in _READING_METHODS
    effect = replace(
        effect,
        reads=effect.reads
        | {match[2].partition(";")[0] for match in parts if match[1].endswith("@")}
        | {item for item in items if item.startswith(("$", "`"))},
        acts=YES if sends else effect.acts,
    )
    if usage.has("-d") and not usage.has("-o"):
        # The server may say what the file is called.
        effect = replace(effect, writes_files=True)
    if usage.has("-c"):
        effect = replace(effect, reads=effect.reads | effect.writes, overwrites=frozenset())
    return replace(effect, acts=NO, reads_network=NO) if usage.has("--offline") else effect


def _curl(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See what curl sends, and which files it writes.

    A request without data changes nothing by its method. Where its answer is not kept in a file, it may have been made
    for what it does on the server (a web hook), so it acts MAYBE; the caller may know better where the answer is used.
    """
    urls = (*usage.operands, *usage.values("--url"))
    sends = effect.acts is YES or _method(usage) is YES
    if usage.has("-G") and not usage.has("-T", "-F"):
        sends = _method(usage) is YES
    folder = "".join(usage.values("--output-dir")[-1:])
    outputs = {path for path in usage.values("-o") if path not in {"-", "/dev/null"}}
    unnamed = any("#" in path for path in outputs)
    if usage.has("-O", "-J", "--remote-name-all"):
        names = {_name_of(url) for url in urls}
        unnamed |= None in names or usage.has("-J")
        outputs |= {name for name in names if name is not None}
    outputs = {posixpath.join(folder, path) for path in outputs} | set(usage.values("-D", "-c", "--trace", "--stderr"))
    keeps = usage.has("-C", "-r", "--append") or unnamed or usage.has("-z")
    over = (
        frozenset() if keeps else frozenset(path for path in outputs - set(usage.values("--trace")) if "$" not in path)
    )
    acts = YES if sends else MAYBE if not (outputs or unnamed) or _method(usage) is MAYBE or usage.unsure else NO
    verdict = usage.has("-f", "--fail-with-body") and not (outputs or unnamed)
    return replace(
        effect,
        writes=effect.writes | outputs - {"-"},
        overwrites=frozenset() if usage.unsure else over - {"-"},
        writes_files=effect.writes_files or unnamed,
        acts=acts,
        reads_network=YES if any(not url.startswith("file:") for url in urls) else NO,
        failure=YES if verdict else MAYBE,
        differs=MAYBE,
        prints=NO if outputs or unnamed else YES,
    )


def _wget(usage: Usage, effect: CommandEffect) -> CommandEffect:
    """See which files wget writes: those of `-O`, or the last part of each address below `-P`."""
    sends = effect.acts is YES or _method(usage) is YES
    folder = "".join(usage.values("-P")[-1:])
    outputs = set(usage.values("-O"))
    printed = bool(outputs & {"-", "/dev/stdout"})
    dropped = bool(outputs & {"/dev/null"}) or usage.has("--spider")
    outputs -= {"-", "/dev/stdout", "/dev/null"}
    unnamed = False
    if not usage.has("-O", "--spider"):
        names = {_name_of(url) for url in usage.operands}
        unnamed = (
            None in names or usage.has("-r", "-i", "-x", "--content-disposition", "-p", "-m") or not usage.operands
        )
        # A second file of the same name is called `name.1`.
        outputs = {posixpath.join(folder, f"{name}{end}") for name in names if name is not None for end in ("", ".*")}
    logs = set(usage.values("-o", "-a")) - {"-", "/dev/null", "/dev/stdout", "/dev/stderr"}
    # It looks whether the file that it would write is there, also with `--spider` and `-O -`.
    looks = {posixpath.join(folder, _name_of(url) or "index.html") for url in usage.operands}
    looks |= {f"{path}.tmp" for path in looks} | ({"-"} if printed else set())
    certain = usage.has("-O") and not usage.has("-c") and not usage.unsure
    return replace(
        effect,
        reads=effect.reads | looks,
        reads_files=effect.reads_files or unnamed,
        reads_folder=True,
        writes=effect.writes | outputs | logs,
        overwrites=frozenset(path for path in outputs if "$" not in path) if certain else frozenset(),
        writes_files=effect.writes_files or unnamed,
        acts=YES if sends else MAYBE if printed or dropped or usage.unsure or _method(usage) is MAYBE else NO,
        failure=YES if usage.has("--spider") else MAYBE,
        prints=YES if printed or usage.has("--spider") else NO,
    )


_CURL = (
    "-d,--data,--data-ascii:data!sends --data-binary:data!sends --data-urlencode:data!sends --data-raw:text!sends "
    "--json:data!sends -F,--form:form!sends --form-string:text!sends -T,--upload-file:read!sends -X,--request:text "
    "-o,--output:text -O,--remote-name --remote-name-all -J,--remote-header-name --output-dir:text --create-dirs "
    "-f,--fail --fail-with-body --fail-early -s,--silent -S,--show-error -L,--location --location-trusted "
    "-k,--insecure -i,--include,--show-headers -I,--head -v,--verbose -G,--get -g,--globoff -H,--header:data "
    "-A,--user-agent:text -b,--cookie:read -c,--cookie-jar:text -u,--user:text -U,--proxy-user:text -x,--proxy:text "
    "--noproxy:text -m,--max-time:text --connect-timeout:text --retry:text --retry-delay:text --retry-max-time:text "
    "--retry-connrefused --retry-all-errors -w,--write-out:data -e,--referer:text -E,--cert:read --key:read "
    "--cacert:read --capath:search --cert-type:text --key-type:text -n,--netrc!netrc --netrc-file:read "
    "--netrc-optional!netrc -K,--config:read!everything -q,--disable -C,--continue-at:text -r,--range:text "
    "-z,--time-cond:text -D,--dump-header:text --compressed -#,--progress-bar -Z,--parallel --parallel-max:text "
    "--url:url --resolve:text --interface:text --tlsv1 --tlsv1.2 --tlsv1.3 --tls-max:text --http1.1 -0,--http1.0 "
    "--http2 --http3 -4,--ipv4 -6,--ipv6 -N,--no-buffer --no-progress-meter --oauth2-bearer:text --basic --digest "
    "--ntlm --negotiate --anyauth --aws-sigv4:text --unix-socket:text --limit-rate:text --max-filesize:text "
    "--max-redirs:text -y:text -Y,--speed-limit:text --speed-time:text --proto:text --proto-default:text "
    "--proto-redir:text --post301 --post302 --path-as-is --keepalive-time:text --no-keepalive --ssl --ssl-reqd "
    "--mail-from:text!sends --mail-rcpt:text!sends -Q,--quote:text!sends --ftp-create-dirs!sends -a,--append!sends "
    "--stderr:text --trace:text --trace-ascii:text --remove-on-error --ciphers:text --pinnedpubkey:text -V,--version "
    "--raw --tr-encoding"
)
_WGET = (
    "-O,--output-document:text -P,--directory-prefix:text -o,--output-file:text -a,--append-output:text -q,--quiet "
    "-v,--verbose --no-verbose -c,--continue -N,--timestamping --no-clobber -t,--tries:text -T,--timeout:text "
    "--connect-timeout:text --read-timeout:text --dns-timeout:text -w,--wait:text --waitretry:text "
    "--retry-connrefused --retry-on-http-error:text --retry-on-host-error -S,--server-response --spider "
    "-r,--recursive -l,--level:text --no-parent --no-host-directories --cut-dirs:text --no-directories "
    "-x,--force-directories -i,--input-file:read -A,--accept:text -R,--reject:text -p,--page-requisites -m,--mirror "
    "-k,--convert-links -E --user:text --password:text --http-user:text --http-password:text --header:text "
    "-U,--user-agent:text --referer:text --no-check-certificate --ca-certificate:read --certificate:read "
    "--private-key:read --post-data:text!sends --post-file:read!sends --body-data:text!sends --body-file:read!sends "
    "--method:text --load-cookies:read --save-cookies:new --content-disposition --trust-server-names --no-proxy "
    "-e,--execute:text!everything --progress:text --show-progress --no-cookies --no-cache --no-hsts -4 -6 "
    "--auth-no-challenge --content-on-error --max-redirect:text --limit-rate:text -b,--background!everything "
    "--https-only --secure-protocol:text -Y:text --tls-max:text"
)


def _long_groups(words: tuple[str, ...]) -> tuple[str, ...]:
    """Spell wget's options of two letters out (`-nv`), which no other group may be taken for (wget manual)."""
    names = {"-nv": "--no-verbose", "-nc": "--no-clobber", "-nd": "--no-directories", "-nH": "--no-host-directories",
             "-np": "--no-parent", "-qnv": "-q"}  # fmt: skip
    return tuple(names.get(word, word) for word in words)


_HTTPIE = (
    "-j,--json -f,--form --multipart --boundary:text --raw:text -x,--compress --pretty:text -s,--style:text "
    "--unsorted --sorted --response-charset:text --response-mime:text --format-options:text -p,--print:text "
    "-h,--headers -m,--meta -b,--body -v,--verbose --all -P,--history-print:text -S,--stream -o,--output:new "
    "-d,--download -c,--continue -q,--quiet --session:text!session --session-read-only:text!session "
    "-a,--auth:text -A,--auth-type:text --ignore-netrc --offline --proxy:text -F,--follow --max-redirects:text "
    "--max-headers:text --timeout:text --check-status --path-as-is --chunked --verify:read --ssl:text "
    "--ciphers:text --cert:read --cert-key:read --cert-key-pass:text -I,--ignore-stdin --default-scheme:text "
    "--debug --traceback --help --manual --version"
)

ROWS = (
    row(
        "curl",
        _CURL,
        "url...",
        refine=_curl,
        when={"sends": {"acts": YES}, "netrc": {"reads": ("$HOME/.netrc", "$HOME/.curlrc", "$HOME/.config/curlrc")}},
        reads=(
            "$HOME/.curlrc",
            "$HOME/.config/curlrc",
        ),
        names=(*PROXY, "CURL_HOME", "XDG_CONFIG_HOME", "CURL_CA_BUNDLE", "NETRC", "SSLKEYLOGFILE", "COLUMNS"),
        examples=(
            "curl -s file:///dev/null",
            "curl -sI http://127.0.0.1:9/",
            "curl -sc jar -b list.txt http://127.0.0.1:9/",
            "curl -sfo dir/new --create-dirs http://127.0.0.1:9/x",
            "curl -s --data-urlencode x@a http://127.0.0.1:9/",
            "curl -s --output-dir dir -O http://127.0.0.1:9/new",
            "curl -sXDELETE http://127.0.0.1:9/",
            "curl -sH @a http://127.0.0.1:9/",
            "curl -s --json @ok.json http://127.0.0.1:9/",
            "curl -so b http://127.0.0.1:9/",
            "curl -sX POST -d @a http://127.0.0.1:9/",
            "curl -sO http://127.0.0.1:9/new",
            "curl -sF x=@a http://127.0.0.1:9/",
            "curl -sT a http://127.0.0.1:9/",
            "curl -s -D head http://127.0.0.1:9/",
        ),
        source="curl manual",
        like=_ASKS,
    ),
    row(
        "wget",
        _WGET,
        "url...",
        refine=_wget,
        prepare=_long_groups,
        when={"sends": {"acts": YES}},
        reads=("$HOME/.wgetrc", "$HOME/.netrc"),
        writes=("$HOME/.wget-hsts",),
        names=(*PROXY, *LOCALE, "WGETRC", "SYSTEM_WGETRC"),
        differs=MAYBE,
        examples=(
            "wget -qt1 -O b http://127.0.0.1:9/",
            "wget -q --spider http://127.0.0.1:9/",
            "wget -qO- http://127.0.0.1:9/",
            "wget -q -o log http://127.0.0.1:9/new",
            "wget -q -nc http://127.0.0.1:9/a",
            "wget -q http://127.0.0.1:9/a",
            "wget -qr http://127.0.0.1:9/",
            "wget -qi list.txt",
            "wget -qx http://127.0.0.1:9/new",
            "wget -qt1 http://127.0.0.1:9/new",
            "wget -qt1 -P dir http://127.0.0.1:9/new",
            "wget -qt1 --post-file=a http://127.0.0.1:9/",
        ),
        source="GNU wget manual",
        like=_ASKS,
    ),
    row(
        "http,https,xh,xhs",
        _HTTPIE,
        "text...",
        refine=_httpie,
        when={"session": {"reads_files": True, "writes_files": True}},
        reads=("$HOME/.config/httpie", "$HOME/.config/xh", "$HOME/.netrc"),
        reads_input=True,
        reads_environment=MAYBE,
        source="HTTPie, documentation",
        acts=MAYBE,
        failure=MAYBE,
        reads_network=YES,
        prints=YES,
        differs=MAYBE,
    ),
    row(
        "httpie,lwp-request",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        reads_environment=MAYBE,
        source="lwp-request(1p)",
        acts=MAYBE,
        failure=MAYBE,
        reads_network=YES,
        prints=YES,
        differs=MAYBE,
    ),
    row(
        "ssh,sshpass,mosh,telnet,ftp,sftp,lftp,ftpput,ftpget,tftp,nc,ncat,netcat,socat",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        reads_environment=YES,
        differs=MAYBE,
        source="ssh(1)",
        prints=YES,
        like=_SENDS,
    ),
    row(
        "scp",
        "-r -p -q -C -v -B -3 -4 -6 -O -P:text -i:read -F:read!everything -o:text!option -S:text!everything -l:text "
        "-c:text -J:text",
        "place... placeto",
        when={"option": {"reads_environment": YES, "reads_files": True}},
        names=("HOME", "SSH_AUTH_SOCK"),
        reads=("$HOME/.ssh",),
        writes=("$HOME/.ssh/known_hosts",),
        source="scp(1)",
        failure=MAYBE,
        reads_network=YES,
    ),
    row(
        "rsync",
        "-a,--archive -v,--verbose -r,--recursive -l,--links -L -p,--perms -t,--times -g -o -D -z,--compress -h "
        "-u,--update -n,--dry-run -c,--checksum -q,--quiet -W -x -H -A -X -S -P --partial --progress --delete "
        "--delete-after --delete-excluded --exclude:text --exclude-from:read --include:text --include-from:read "
        "--files-from:read!list --filter:text!list -e,--rsh:text!everything --rsync-path:text --chmod:text "
        "--chown:text --no-perms --no-owner --no-group --no-times --stats --inplace --ignore-existing --existing "
        "--remove-source-files!gone --bwlimit:text --timeout:text --port:text --password-file:read --mkpath "
        "-R,--relative --info:text --no-o --no-g --no-p --omit-dir-times -i --out-format:text",
        "place... placeto",
        when={"list": {"reads_files": True}, "gone": {"reads_files": True, "writes_files": True}},
        names=("HOME", "RSYNC_RSH", "RSYNC_PASSWORD", "USER", "LOGNAME", "RSYNC_PROXY", "SSH_AUTH_SOCK"),
        source="rsync(1)",
        failure=MAYBE,
    ),
    row(
        "mail,mailx,sendmail,mutt,msmtp,swaks,ssmtp",
        any_options=True,
        operands="text...",
        reads_files=True,
        reads_input=True,
        reads_environment=YES,
        differs=MAYBE,
        source="mailx(1)",
        like=_SENDS,
    ),
    row(
        "ping,ping6,traceroute,traceroute6,arping",
        "-c:text -W:text -w:text -i:text -q -4 -6 -n -s:text -t:text",
        "text...",
        failure=YES,
        reads_network=YES,
        differs=YES,
        prints=YES,
        acts=NO,
        source="ping(8)",
    ),
    row(
        "nmap",
        any_options=True,
        operands="text...",
        reads_network=YES,
        failure=MAYBE,
        prints=YES,
        differs=YES,
        reads_files=True,
        writes_files=True,
        names=("HOME",),
        source="nmap(1)",
    ),
    row(
        "dig,host,nslookup,getent,whois,ipcalc",
        any_options=True,
        operands="text...",
        reads_network=YES,
        failure=MAYBE,
        prints=YES,
        differs=MAYBE,
        reads_files=True,
        names=("HOME", "LOCALDOMAIN", "RES_OPTIONS"),
        source="dig(1)",
    ),
    row(
        "ssh-add",
        any_options=True,
        operands="read...",
        logs_in=True,
        reads_input=True,
        reads_files=True,
        failure=MAYBE,
        reads_environment=YES,
        source="ssh-add(1)",
    ),
    row("ssh-agent", any_options=True, everything=True, source="ssh-agent(1)"),
    row(
        "ssh-keyscan",
        "-t:text -p:text -H -T:text -f:read -4 -6 -D -c -v",
        "text...",
        reads_network=YES,
        prints=YES,
        failure=NO,
        differs=MAYBE,
        source="ssh-keyscan(1)",
    ),
    row(
        "glab,gh,release-cli,hub,jira,slack,slackcat,sentry-cli,twine,flit,newman,k6,locust,codecov,sonar-scanner,"
        "datadog-ci,asciinema",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        reads_environment=YES,
        differs=MAYBE,
        logs_in=True,
        acts=MAYBE,
        reads_network=YES,
        failure=MAYBE,
        prints=YES,
        source="GitLab CLI, documentation",
    ),
    row(
        "jf,jfrog,mc,gsutil,rclone,s3cmd,s5cmd,azcopy,ossutil,b2,dvc",
        any_options=True,
        operands="text...",
        reads_files=True,
        writes_files=True,
        reads_input=True,
        reads_environment=YES,
        differs=MAYBE,
        logs_in=True,
        source="rclone, documentation",
        like=_SENDS,
    ),
)
