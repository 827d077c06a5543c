"""What do the commands read and write that pack, convert, install, or keep settings?"""

from __future__ import annotations

import posixpath

from kaniko_split.prove.claim import NOTHING, Claim, paths_of, words_in
from kaniko_split.prove.paths import path_in

# They write the files that their words name, or others next to these.
_COMPRESSES = words_in("bzip2 bunzip2 xz unxz lzma unlzma zstd unzstd link unlink fallocate")
# They write the files that their words name, or into the folder that they run in.
_PACKS = words_in("7z ar cpio csplit iconv")
_OUT = words_in("-out -keyout -CAserial -writerand")
_OF_OPENSSL = words_in(
    "base64 dgst enc genpkey genrsa md5 passwd pkcs12 pkcs8 pkey rand req rsa rsautl sha1 sha256 sha512 x509 verify"
)
# The value of such an option is a text.
_TEXTS_OF_OPENSSL = words_in("-K -S -days -iv -k -newkey -pass -passin -passout -salt -subj")
# They install programs, certificates and users: below these folders, and not in the project.
_INSTALLS = words_in(
    """
    apk apt apt-get apt-cache dpkg rpm yum dnf microdnf tdnf zypper update-ca-certificates update-ca-trust
    update-alternatives locale-gen adduser useradd usermod addgroup groupadd
    """
)
# With these they write into the folder that they run in, or one that they are told.
_WRITES_ELSEWHERE = words_in("download source fetch -x -X --extract --vextract")
_SYSTEM = words_in("/bin /etc /home /lib /lib64 /opt /root /run /sbin /tmp /usr /var")
# They change files that no word names: what a patch holds, or where a tool keeps its settings.
_CHANGES = words_in("patch uudecode ssh-add docker-credential-gcr docker-credential-ecr-login")
_SETTINGS = frozenset(
    {
        ("aws", "configure"),
        ("aws", "codeartifact", "login"),
        ("aws", "eks", "update-kubeconfig"),
        ("gcloud", "config"),
        ("helm", "dependency"),
        ("helm", "registry"),
        ("helm", "repo"),
        ("kubectl", "config"),
        ("kubectl", "kustomize"),
        ("oc", "config"),
        ("oc", "kustomize"),
    }
)
# They ask for the name or the address of a host.
_ASKS_HOSTS = words_in("ping dig nslookup getent ssh-keyscan")
# Of these, the version is all that such words ask for.
_HAVE_VERSIONS = words_in(
    """
    node python python3 php ruby perl git openssl docker podman buildah nerdctl helm kubectl terraform tofu jq yq
    curl wget
    """
)
_ASKS_VERSION = frozenset({("--version",), ("-V",), ("-v",), ("version",), ("--help",)})


def tool_claim(name: str, operands: tuple[str, ...], folder: str) -> Claim | None:
    """Return what such a command does at most; None for any other command.

    Args:
        name: The command.
        operands: Its words without the first, symbols in them.
        folder: The folder that it runs in.
    """
    if name in _HAVE_VERSIONS and operands in _ASKS_VERSION:
        return NOTHING
    if name in _COMPRESSES:
        paths = paths_of(operands, folder)
        return Claim(paths, None if paths is None else paths | {posixpath.dirname(path) for path in paths})
    if name in _PACKS:
        paths, here = paths_of(operands, folder), path_in(folder, ".")
        return Claim(paths, None if paths is None or here is None else paths | {here})
    if name == "openssl":
        return _openssl(operands, folder)
    if name in _INSTALLS:
        if _WRITES_ELSEWHERE & {*operands} or any("root" in word for word in operands):
            return Claim(None, None, environment=True)
        # A package may be a file (`apk add ./tool.apk`).
        paths = paths_of(operands, folder)
        return Claim(None if paths is None else paths | _SYSTEM, _SYSTEM, environment=True)
    if name in _CHANGES or {(name, *operands[:1]), (name, *operands[:2])} & _SETTINGS:
        return Claim(None, None, environment=True)
    if name in _ASKS_HOSTS:
        return Claim(paths_of(operands, folder), environment=True)
    return None


def _openssl(operands: tuple[str, ...], folder: str) -> Claim:
    """Return what `openssl` does: it writes what `-out` and its like name."""
    if operands[:1] not in {(name,) for name in _OF_OPENSSL}:
        return Claim(None, None, gates=True, environment=True)
    pairs = list(zip(("", *operands), operands, strict=False))
    written = paths_of(tuple(word for before, word in pairs if before in _OUT), folder)
    # A password may come from elsewhere (`-pass env:NAME`, `-pass file:PATH`).
    elsewhere = any(word.startswith(("env:", "file:", "fd:")) for word in operands)
    read = paths_of(tuple(word for before, word in pairs if before not in _TEXTS_OF_OPENSSL), folder)
    judges = any("verify" in word for word in operands)
    return Claim(None if elsewhere else read, written, gates=judges, environment=elsewhere)
