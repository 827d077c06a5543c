"""What does a request of HTTPie read, write and send?"""

from __future__ import annotations

from kaniko_split.prove.claim import EVERYTHING, Claim, paths_of, words_in
from kaniko_split.prove.paths import path_in
from kaniko_split.prove.symbols import is_known
from kaniko_split.source.patterns import Pattern

# HTTPie, "Options": these take a value, and no file.
_TAKE_TEXT = words_in(
    """
    --boundary --raw --pretty -s --style --response-charset --response-mime --format-options -p --print -P
    --history-print -a --auth -A --auth-type --proxy --max-redirects --max-headers --timeout --ssl --ciphers
    --cert-key-pass --default-scheme
    """
)
_TAKE_FILE = words_in("--verify --cert --cert-key")
_OUTPUTS = words_in("-o --output")
_SWITCHES = words_in(
    """
    --json --form --multipart --compress --unsorted --sorted --headers --meta --body --verbose --all --stream
    --download --continue --quiet --ignore-netrc --offline --follow --check-status --path-as-is --chunked
    --ignore-stdin --debug
    """
)
_SHORT_SWITCHES = frozenset("jfxhmbvSdcqFI")
_ASKING = words_in("get head options")
# HTTPie, "Request items": a name, one of these signs, and a value.
_ITEM = Pattern(r"(?s)([^:=@;\\]*)(:=@|==@|=@|:@|:=|==|=|@|:|;)(.*)")


def httpie_claim(operands: tuple[str, ...], folder: str) -> Claim:
    """Return what a request does at most: everything where one of its options is not known.

    Args:
        operands: The words without the name of the program, symbols in them.
        folder: The folder that it runs in.
    """
    plain: list[str] = []
    read: list[str] = []
    written: list[str] = []
    switches: set[str] = set()
    waiting = list(operands)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            plain.append(word)
        elif name in _TAKE_TEXT | _TAKE_FILE | _OUTPUTS:
            if not equals:
                value = waiting.pop(0) if waiting else ""
            read += [value] if name in _TAKE_FILE else []
            written += [value] if name in _OUTPUTS else []
            switches |= {name}
        elif word in _SWITCHES or (word[1:2] != "-" and {*word[1:]} <= _SHORT_SWITCHES):
            switches |= {word} if word.startswith("--") else {f"-{letter}" for letter in word[1:]}
        else:
            return EVERYTHING
    if not plain or any(not is_known(word[:1]) for word in plain):
        # What only the run gives may be an option.
        return EVERYTHING
    named = len(plain) > 1 and plain[0].isalpha()
    items = [match for item in plain[2 if named else 1 :] if (match := _ITEM.fullmatch(item)) is not None]
    read += [match[3].partition(";")[0] for match in items if match[2].endswith("@")]
    acts = "--raw" in switches or any(match[2] not in {":", ";", "==", "==@", ":@"} for match in items)
    acts |= named and plain[0].lower() not in _ASKING
    into = paths_of(tuple(word for word in written if word not in {"-", "/dev/null"}), folder)
    if switches & {"-d", "--download"} and not written:
        here = path_in(folder, ".")
        into = None if into is None or here is None else into | {here}
    return Claim(paths_of(tuple(read), folder), into, gates=True, acts=acts, environment=True)
