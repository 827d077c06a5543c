"""Which flags does the executor know, and which of them take a value?

Gathered from `cmd/executor/cmd/root.go` of GoogleContainerTools/kaniko v1.24.0 (archived in June 2025) and of
its maintained fork osscontainertools/kaniko, and from the fork's README ("Additional Flags") where that is
newer. A name that one of them knows counts as known: which executor a job's image holds cannot be told from
the command line.
"""

from __future__ import annotations

_BOOLEAN_IN_ALL = """
    cache cache-copy-layers cache-run-layers cleanup compressed-caching force force-build-metadata
    ignore-var-run insecure insecure-pull log-timestamp no-push no-push-cache push-ignore-immutable-tag-errors
    reproducible single-snapshot skip-default-registry-fallback skip-push-permission-check skip-tls-verify
    skip-tls-verify-pull skip-unused-stages use-new-run
"""
_BOOLEAN_IN_THE_FORK = "dryrun materialize pre-cleanup preserve-context"
_BOOLEAN_OF_2018 = "insecure-skip-tls-verify"
_BOOLEAN_OF_COBRA = "help"

_VALUE_IN_ALL = """
    bucket build-arg cache-dir cache-repo cache-ttl compression compression-level context context-sub-path
    custom-platform destination digest-file dockerfile git ignore-path image-download-retry
    image-fs-extract-retry image-name-tag-with-digest-file image-name-with-digest-file insecure-registry
    kaniko-dir label log-format oci-layout-path push-retry registry-certificate registry-client-cert
    registry-map registry-mirror skip-tls-verify-registry snapshot-mode tar-path target verbosity
"""
_VALUE_IN_THE_FORK = "annotation credential-helpers image-format secret"
_VALUE_AT_CHAINGUARD = "upload-tar upload-tar-retry"
_VALUE_OF_A_LIBRARY = "azure-container-registry-config"
"""A vendored package adds this one to the process-wide flags, which cobra takes over."""

BOOLEAN_FLAGS = frozenset(f"{_BOOLEAN_IN_ALL} {_BOOLEAN_IN_THE_FORK} {_BOOLEAN_OF_2018} {_BOOLEAN_OF_COBRA}".split())
"""Long names whose value may only stand behind `=`; alone they mean true (pflag's `NoOptDefVal`)."""

VALUE_FLAGS = frozenset(f"{_VALUE_IN_ALL} {_VALUE_IN_THE_FORK} {_VALUE_AT_CHAINGUARD} {_VALUE_OF_A_LIBRARY}".split())
"""Long names that take what stands behind `=`, or else the next word, whatever that is."""

RENAMED_FLAGS = {
    "customPlatform": "custom-platform",
    "snapshotMode": "snapshot-mode",
    "tarPath": "tar-path",
    "whitelist-var-run": "ignore-var-run",
}
"""Deprecated spellings, with the names of today; both set the same option."""

SHORTHANDS = {
    "b": "bucket",
    "c": "context",
    "d": "destination",
    "f": "dockerfile",
    "h": "help",
    "v": "verbosity",
}
"""One-letter names. `-v` is the verbosity and takes a value; there is no `--version`, only a sub-command."""

OUTPUT_FLAGS = frozenset(
    {
        "digest-file",
        "image-name-tag-with-digest-file",
        "image-name-with-digest-file",
        "oci-layout-path",
        "tar-path",
    }
)
"""Flags that name a file to write; `oci-layout-path` names a folder."""

BOOLEAN_VALUES = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)
"""The spellings that Go's `strconv.ParseBool` takes; every other one makes the executor fail."""
