"""Does the proof break for each kind of wrong split, and hold for the right split beside it?

No judge takes part: the pipelines are written by hand, and only the proof is asked.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
import yaml

from kaniko_split.gitlab.pipeline import Pipeline, PipelineFile
from kaniko_split.prove.jobs import NOTHING_TOLD, Told, check_jobs
from kaniko_split.source.text import read_source
from kaniko_split.tree.compose import compose

API = "/kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api"
WEB = "/kaniko/executor -c web -d $CI_REGISTRY_IMAGE/web"
DOCS = "/kaniko/executor -c docs -d $CI_REGISTRY_IMAGE/docs"


@dataclass(frozen=True)
class Job:
    """A new job: its script, the jobs that it needs, and whether it comes after all builds."""

    script: Sequence[str]
    needs: Sequence[str] | None = None
    finishing: bool = False


Jobs = Mapping[str, Job]


@dataclass(frozen=True)
class Planted:
    """An old script, its right split, a wrong one, and what the proof says of that.

    Attributes:
        old: The old script.
        right: The new jobs as they are right; empty where such a job is not split.
        wrong: The new jobs with an error.
        said: A part of the sentence that names the error.
        keys: What else the old job and the new ones have.
        files: Files of the repository, by name.
        links: Symbolic links of the repository, with what they lead to.
        told: What the reader of the right split is told that it runs once per image.
        left_behind: The files that the reader of the right split is told that a later build no longer finds.
    """

    old: Sequence[str]
    right: Jobs
    wrong: Jobs
    said: str
    keys: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    told: Sequence[str] = ()
    left_behind: frozenset[str] = frozenset()


def two(api: Sequence[str], web: Sequence[str], *, needs: Sequence[str] | None = None) -> Jobs:
    """Return jobs for two images; `needs` is that of the second."""
    return {"build-api": Job(api), "build-web": Job(web, needs)}


def three(api: Sequence[str], web: Sequence[str], docs: Sequence[str]) -> Jobs:
    """Return jobs for three images."""
    return {"build-api": Job(api), "build-web": Job(web), "build-docs": Job(docs)}


def tagged(name: str, tag: str = "$X") -> str:
    """Return a build whose destination ends in a variable."""
    return f"/kaniko/executor -c {name} -d $CI_REGISTRY_IMAGE/{name}:{tag}"


def variable_lost(
    write: str, *, first: str = "X=1", tag: str = "$X", said: str = "", needs: Sequence[str] | None = None
) -> Planted:
    """Return a script whose last build reads what a statement in the middle writes, and a split without it."""
    old = [first, tagged("api", tag), write, tagged("web", tag)]
    right = two([first, tagged("api", tag)], [first, write, tagged("web", tag)], needs=needs)
    wrong = two([first, tagged("api", tag)], [first, tagged("web", tag)])
    return Planted(old, right, wrong, said or f"`build-web` leaves out `{write}`")


PLANTED: dict[str, Planted] = {
    # Files behind descriptors, which `exec` opens for all commands that follow.
    "descriptor-write-lost": Planted(
        [API, "exec 3> web/three.txt", "echo x >&3", "exec 3>&-", WEB],
        two([API], ["exec 3> web/three.txt", "echo x >&3", "exec 3>&-", WEB]),
        two([API], ["exec 3> web/three.txt", "exec 3>&-", WEB]),
        "`build-web` leaves out `echo x >&3`, line 3, which writes $CI_PROJECT_DIR/web/three.txt",
    ),
    "descriptor-write-behind-the-build": Planted(
        [API, "exec 3> web/three.txt", "echo x >&3", WEB],
        two([API], ["exec 3> web/three.txt", "echo x >&3", WEB]),
        two([API], ["exec 3> web/three.txt", WEB, "echo x >&3"]),
        "reads files that were written in another way: $CI_PROJECT_DIR/web/three.txt",
    ),
    "descriptor-not-opened": Planted(
        [API, "exec 3> web/three.txt", "echo x >&3", WEB],
        two([API], ["exec 3> web/three.txt", "echo x >&3", WEB]),
        two([API], ["echo x >&3", WEB]),
        "`build-web` leaves out `exec 3> web/three.txt`, line 2, which changes descriptor 3",
    ),
    "descriptor-opened-in-the-other-job": Planted(
        ["exec 3> web/three.txt", API, "echo x >&3", WEB],
        two([API], ["exec 3> web/three.txt", "echo x >&3", WEB]),
        two(["exec 3> web/three.txt", API], ["echo x >&3", WEB]),
        "changes descriptor 3; `echo x >&3` reads it",
    ),
    "descriptor-opened-on-another-file": Planted(
        [API, "exec 3> web/a", "echo x >&3", "exec 3> docs/b", "echo y >&3", WEB, DOCS],
        three([API], ["exec 3> web/a", "echo x >&3", WEB], ["exec 3> docs/b", "echo y >&3", DOCS]),
        three([API], ["exec 3> web/a", "echo x >&3", WEB], ["exec 3> web/a", "echo y >&3", DOCS]),
        "`echo y >&3` does not find what it found before",
    ),
    "descriptor-copied": Planted(
        [API, "exec 3> web/three.txt", "exec 4>&3", "echo x >&4", WEB],
        two([API], ["exec 3> web/three.txt", "exec 4>&3", "echo x >&4", WEB]),
        two([API], ["exec 3> web/three.txt", "exec 4>&3", WEB]),
        "`build-web` leaves out `echo x >&4`",
    ),
    "descriptor-opened-in-a-folder": Planted(
        [API, "cd web", "exec 3> three.txt", "cd ..", "echo x >&3", WEB],
        two([API], ["cd web", "exec 3> three.txt", "cd ..", "echo x >&3", WEB]),
        two([API], ["cd web", "exec 3> three.txt", "cd ..", WEB]),
        "which writes $CI_PROJECT_DIR/web/three.txt",
    ),
    "descriptor-write-in-a-function": Planted(
        [API, 'say() { echo "$1" >&3; }', "exec 3> web/three.txt", "say x", WEB],
        two([API], ['say() { echo "$1" >&3; }', "exec 3> web/three.txt", "say x", WEB]),
        two([API], ['say() { echo "$1" >&3; }', "exec 3> web/three.txt", WEB]),
        "which writes $CI_PROJECT_DIR/web/three.txt",
    ),
    "descriptor-write-in-a-subshell": Planted(
        [API, "exec 3> web/three.txt", "(echo x; echo y) >&3", WEB],
        two([API], ["exec 3> web/three.txt", "(echo x; echo y) >&3", WEB]),
        two([API], ["exec 3> web/three.txt", "(echo y) >&3", WEB]),
        "`build-web` leaves out `echo x`, line 3, which writes $CI_PROJECT_DIR/web/three.txt",
    ),
    "descriptor-write-in-a-process": Planted(
        [API, "exec 3> web/three.txt", "sh -c 'echo x >&3'", WEB],
        two([API], ["exec 3> web/three.txt", "sh -c 'echo x >&3'", WEB]),
        two([API], ["sh -c 'echo x >&3'", WEB]),
        "changes descriptor 3; `echo x >&3` reads it",
    ),
    "descriptor-of-a-renamed-file": Planted(
        ["exec 3> x.txt", API, "mv x.txt web/x.txt", "echo y >&3", WEB],
        two([API], ["exec 3> x.txt", "mv x.txt web/x.txt", "echo y >&3", WEB]),
        two([API], ["exec 3> x.txt", "mv x.txt web/x.txt", WEB]),
        "`build-web` leaves out `echo y >&3`",
    ),
    "descriptor-of-a-file-that-is-written-again": Planted(
        [API, "exec 3> web/three.txt", "echo a >&3", "echo b > web/three.txt", "echo c >&3", WEB],
        two([API], ["exec 3> web/three.txt", "echo a >&3", "echo b > web/three.txt", "echo c >&3", WEB]),
        two([API], ["exec 3> web/three.txt", "echo b > web/three.txt", "echo c >&3", WEB]),
        "`build-web` leaves out `echo a >&3`",
    ),
    "descriptor-by-its-path": Planted(
        [API, "exec 2> web/err.txt", "echo x > /dev/stderr", WEB],
        two([API], ["exec 2> web/err.txt", "echo x > /dev/stderr", WEB]),
        two([API], ["exec 2> web/err.txt", WEB]),
        "`build-web` leaves out `echo x > /dev/stderr`",
    ),
    "standard-output-not-opened": Planted(
        [API, "exec > web/log.txt", "echo x", WEB],
        two([API], ["exec > web/log.txt", "echo x", WEB]),
        two([API], ["echo x", WEB]),
        "which changes descriptor 1; `echo x` reads it",
    ),
    "standard-output-given-back": Planted(
        [API, "exec 3>&1 > web/log.txt", "echo x", "exec 1>&3 3>&-", WEB, DOCS],
        three([API], ["exec 3>&1 > web/log.txt", "echo x", "exec 1>&3 3>&-", WEB], [DOCS]),
        three([API], ["exec 3>&1 > web/log.txt", "echo x", "exec 1>&3 3>&-", WEB], ["exec 3>&1 > web/log.txt", DOCS]),
        "`build-docs`: the build",
    ),
    "error-output-in-a-log": Planted(
        [API, "exec 2>&1", "ls web | tee web/log.txt", WEB],
        two([API], ["exec 2>&1", "ls web | tee web/log.txt", WEB]),
        two([API], ["ls web | tee web/log.txt", WEB]),
        "which changes descriptor 2",
    ),
    "descriptor-read-on": Planted(
        ["exec 3< tags", "read A <&3", tagged("api", "$A"), "read B <&3", tagged("web", "$B")],
        two(
            ["exec 3< tags", "read A <&3", tagged("api", "$A")],
            ["exec 3< tags", "read A <&3", "read B <&3", tagged("web", "$B")],
        ),
        two(["exec 3< tags", "read A <&3", tagged("api", "$A")], ["exec 3< tags", "read B <&3", tagged("web", "$B")]),
        "`build-web` leaves out `read A <&3`",
    ),
    "descriptor-read-on-by-number": Planted(
        ["exec 3< tags", "read -r -u 3 A", tagged("api", "$A"), "read -ru3 B", tagged("web", "$B")],
        two(
            ["exec 3< tags", "read -r -u 3 A", tagged("api", "$A")],
            ["exec 3< tags", "read -r -u 3 A", "read -ru3 B", tagged("web", "$B")],
        ),
        two(
            ["exec 3< tags", "read -r -u 3 A", tagged("api", "$A")],
            ["exec 3< tags", "read -ru3 B", tagged("web", "$B")],
        ),
        "`build-web` leaves out `read -r -u 3 A`",
    ),
    "standard-input-read-on": Planted(
        ["exec < tags", "read A", tagged("api", "$A"), "read B", tagged("web", "$B")],
        two(["exec < tags", "read A", tagged("api", "$A")], ["exec < tags", "read A", "read B", tagged("web", "$B")]),
        two(["exec < tags", "read A", tagged("api", "$A")], ["exec < tags", "read B", tagged("web", "$B")]),
        "`build-web` leaves out `read A`",
    ),
    "descriptor-that-the-shell-chooses": Planted(
        [API, "exec {fd}> web/three.txt", "echo x >&$fd", WEB],
        two([API], ["exec {fd}> web/three.txt", "echo x >&$fd", WEB]),
        two([API], ["exec {fd}> web/three.txt", WEB]),
        "`build-web` leaves out `echo x >&$fd`",
    ),
    "redirected-group-without-a-part": Planted(
        ["{ echo a; echo b; } > web/list", API, WEB],
        two(["{ echo a; echo b; } > web/list", API], ["{ echo a; echo b; } > web/list", WEB]),
        two(["{ echo a; echo b; } > web/list", API], ["{ echo b; } > web/list", WEB]),
        "`build-web` leaves out `echo a`",
    ),
    "redirected-function-without-a-part": Planted(
        ["list() { echo a; echo b; }", "list > web/list", API, WEB],
        two(
            ["list() { echo a; echo b; }", "list > web/list", API],
            ["list() { echo a; echo b; }", "list > web/list", WEB],
        ),
        two(["list() { echo a; echo b; }", "list > web/list", API], ["list() { echo b; }", "list > web/list", WEB]),
        "`build-web`",
    ),
    # Patterns of the shell, which may match what is written elsewhere.
    "pattern-that-matches-a-write": Planted(
        [API, "echo x > web/gen.txt", "cat */gen.txt > docs/all", WEB, DOCS],
        three([API], ["echo x > web/gen.txt", WEB], ["echo x > web/gen.txt", "cat */gen.txt > docs/all", DOCS]),
        three([API], ["echo x > web/gen.txt", WEB], ["cat */gen.txt > docs/all", DOCS]),
        "`build-docs` leaves out `echo x > web/gen.txt`",
    ),
    "pattern-of-other-names": Planted(
        [API, "echo x > web/n.txt", "echo y > web/n.conf", "cp web/*.conf docs/", WEB, DOCS],
        three(
            [API],
            ["echo x > web/n.txt", "echo y > web/n.conf", WEB],
            ["echo y > web/n.conf", "cp web/*.conf docs/", DOCS],
        ),
        three(
            [API],
            ["echo x > web/n.txt", "echo y > web/n.conf", WEB],
            ["echo x > web/n.txt", "cp web/*.conf docs/", DOCS],
        ),
        "`build-docs` leaves out `echo y > web/n.conf`",
    ),
    "pattern-removed-before-it-is-read": Planted(
        [API, "rm -f web/*.tmp", WEB, DOCS],
        three([API], ["rm -f web/*.tmp", WEB], [DOCS]),
        three([API], [WEB], ["rm -f web/*.tmp", DOCS]),
        "`build-web` leaves out `rm -f web/*.tmp`",
    ),
    "two-patterns-that-meet": Planted(
        [API, "rm -f */a*.txt", "cat web/*1.txt > docs/all", DOCS],
        two([API], ["rm -f */a*.txt", "cat web/*1.txt > docs/all", DOCS]),
        two([API], ["cat web/*1.txt > docs/all", DOCS]),
        "`build-web` leaves out `rm -f */a*.txt`",
    ),
    "pattern-with-brackets": Planted(
        [API, "echo x > web/b1.txt", "cat web/[!a]1.txt > docs/all", DOCS],
        two([API], ["echo x > web/b1.txt", "cat web/[!a]1.txt > docs/all", DOCS]),
        two([API], ["cat web/[!a]1.txt > docs/all", DOCS]),
        "`build-web` leaves out `echo x > web/b1.txt`",
    ),
    "pattern-over-folders": Planted(
        [API, "shopt -s globstar", "echo x > web/a/b/n.txt", "cat web/**/n.txt > docs/all", DOCS],
        two([API], ["shopt -s globstar", "echo x > web/a/b/n.txt", "cat web/**/n.txt > docs/all", DOCS]),
        two([API], ["shopt -s globstar", "cat web/**/n.txt > docs/all", DOCS]),
        "`build-web` leaves out `echo x > web/a/b/n.txt`",
    ),
    "extended-pattern": Planted(
        [API, "shopt -s extglob", "echo x > web/n.txt", "cat web/!(a).txt > docs/all", DOCS],
        two([API], ["shopt -s extglob", "echo x > web/n.txt", "cat web/!(a).txt > docs/all", DOCS]),
        two([API], ["shopt -s extglob", "cat web/!(a).txt > docs/all", DOCS]),
        "`build-web` leaves out `echo x > web/n.txt`",
    ),
    "pattern-that-matches-dots": Planted(
        [API, "shopt -s dotglob", "echo x > web/.env", "cat web/*env > docs/all", DOCS],
        two([API], ["shopt -s dotglob", "echo x > web/.env", "cat web/*env > docs/all", DOCS]),
        two([API], ["shopt -s dotglob", "cat web/*env > docs/all", DOCS]),
        "`build-web` leaves out `echo x > web/.env`",
    ),
    "words-in-braces": Planted(
        [API, "echo x > web/b.txt", "cat web/{a,b}.txt > docs/all", DOCS],
        two([API], ["echo x > web/b.txt", "cat web/{a,b}.txt > docs/all", DOCS]),
        two([API], ["cat web/{a,b}.txt > docs/all", DOCS]),
        "`build-web` leaves out `echo x > web/b.txt`",
    ),
    "pattern-over-a-folder-that-is-copied": Planted(
        [API, "cp -r api/src web/lib", "cat web/*/*.txt > docs/all", DOCS],
        two([API], ["cp -r api/src web/lib", "cat web/*/*.txt > docs/all", DOCS]),
        two([API], ["cat web/*/*.txt > docs/all", DOCS]),
        "`build-web` leaves out `cp -r api/src web/lib`",
    ),
    "pattern-over-a-link": Planted(
        [API, "echo x > web/gen.txt", "cat l*/gen.txt > docs/all", DOCS],
        two([API], ["echo x > web/gen.txt", "cat l*/gen.txt > docs/all", DOCS]),
        two([API], ["cat l*/gen.txt > docs/all", DOCS]),
        "`build-web` leaves out `echo x > web/gen.txt`",
        links={"linked": "web"},
    ),
    "pattern-over-a-link-of-the-script": Planted(
        [API, "ln -s web linked", "echo x > web/gen.txt", "cat l*/gen.txt > docs/all", DOCS],
        two([API], ["ln -s web linked", "echo x > web/gen.txt", "cat l*/gen.txt > docs/all", DOCS]),
        two([API], ["ln -s web linked", "cat l*/gen.txt > docs/all", DOCS]),
        "`build-web` leaves out `echo x > web/gen.txt`",
    ),
    "pattern-of-a-loop": Planted(
        [API, "echo x > web/gen.txt", 'for f in */gen.txt; do echo "$f"; done > docs/list', DOCS],
        two([API], ["echo x > web/gen.txt", 'for f in */gen.txt; do echo "$f"; done > docs/list', DOCS]),
        two([API], ['for f in */gen.txt; do echo "$f"; done > docs/list', DOCS]),
        "`build-web` leaves out `echo x > web/gen.txt`",
    ),
    "pattern-of-an-array": Planted(
        [API, "echo x > web/gen.txt", "found=(*/gen.txt)", 'echo "${found[@]}" > docs/list', DOCS],
        two([API], ["echo x > web/gen.txt", "found=(*/gen.txt)", 'echo "${found[@]}" > docs/list', DOCS]),
        two([API], ["found=(*/gen.txt)", 'echo "${found[@]}" > docs/list', DOCS]),
        "`build-web` leaves out `echo x > web/gen.txt`",
    ),
    "pattern-in-a-variable": Planted(
        ["PAT='*/gen.txt'", API, "echo x > web/gen.txt", "echo $PAT > docs/list", WEB, DOCS],
        three(
            [API],
            ["echo x > web/gen.txt", WEB],
            ["PAT='*/gen.txt'", "echo x > web/gen.txt", "echo $PAT > docs/list", DOCS],
        ),
        three([API], ["echo x > web/gen.txt", WEB], ["PAT='*/gen.txt'", "echo $PAT > docs/list", DOCS]),
        "`build-docs` leaves out `echo x > web/gen.txt`",
    ),
    "pattern-in-the-positional-parameters": Planted(
        [API, "echo x > web/gen.txt", "set -- */gen.txt", 'echo "$@" > docs/list', WEB, DOCS],
        three(
            [API],
            ["echo x > web/gen.txt", WEB],
            ["echo x > web/gen.txt", "set -- */gen.txt", 'echo "$@" > docs/list', DOCS],
        ),
        three([API], ["echo x > web/gen.txt", WEB], ["set -- */gen.txt", 'echo "$@" > docs/list', DOCS]),
        "`build-docs` leaves out `echo x > web/gen.txt`",
    ),
    "pattern-before-a-substitution": Planted(
        [API, "echo x > web/gen.txt", "echo */gen.txt $(id -u) > docs/list", WEB, DOCS],
        three(
            [API], ["echo x > web/gen.txt", WEB], ["echo x > web/gen.txt", "echo */gen.txt $(id -u) > docs/list", DOCS]
        ),
        three([API], ["echo x > web/gen.txt", WEB], ["echo */gen.txt $(id -u) > docs/list", DOCS]),
        "`build-docs` leaves out `echo x > web/gen.txt`",
    ),
    "pattern-in-the-root": Planted(
        [API, "cat /app/*.xml > web/report", WEB],
        {},
        two([API], ["cat /app/*.xml > web/report", WEB]),
        "looks at what another build leaves",
    ),
    "pattern-written-twice": Planted(
        [API, "echo x > web/a.txt", "echo y | tee web/*.txt", WEB],
        two([API], ["echo x > web/a.txt", "echo y | tee web/*.txt", WEB]),
        two([API], ["echo y | tee web/*.txt", WEB]),
        "`build-web` leaves out `echo x > web/a.txt`",
    ),
    # An option that is set already.
    "print-before-an-option-that-is-set-already": Planted(
        ["set -e", 'echo "version: $(cat version.txt)"', API, "set +e", "cp web/a web/b", "set -e", WEB],
        two(
            ['echo "version: $(cat version.txt)"', "set -e", API],
            ['echo "version: $(cat version.txt)"', "set -e", "set +e", "cp web/a web/b", "set -e", WEB],
        ),
        two(
            ['echo "version: $(cat version.txt)"', "set -e", API],
            ['echo "version: $(cat version.txt)"', "set -e", "cp web/a web/b", "set +e", "set -e", WEB],
        ),
        "which came before it and matters to it",
    ),
    # A part of what is printed is lost, or another file is printed.
    "print-without-a-part": Planted(
        [f"{API} --digest-file a", f"{WEB} --digest-file b", "cat a b"],
        two([f"{API} --digest-file a", "cat a"], [f"{WEB} --digest-file b", "cat b"]),
        two([f"{API} --digest-file a", "cat a"], [f"{WEB} --digest-file b"]),
        "no new job runs `cat a b`",
    ),
    "print-of-the-file-of-another-job": Planted(
        [f"{API} --digest-file a", f"{WEB} --digest-file b", "cat a b"],
        two([f"{API} --digest-file a", "cat a"], [f"{WEB} --digest-file b", "cat b"]),
        two([f"{API} --digest-file a", "cat b"], [f"{WEB} --digest-file b", "cat a"]),
        "no new job runs `cat a b`",
    ),
    "print-of-a-changed-file": Planted(
        [f"{API} --digest-file a", "echo x > c", f"{WEB} --digest-file b", "echo y > c", "cat a b c"],
        {},
        two([f"{API} --digest-file a", "cat a"], ["echo x > c", f"{WEB} --digest-file b", "cat b c"]),
        "no new job runs `cat a b c`",
    ),
    "print-with-another-option": Planted(
        [f"{API} --digest-file a", f"{WEB} --digest-file b", "head -n 1 a b"],
        two([f"{API} --digest-file a", "head -n 1 a"], [f"{WEB} --digest-file b", "head -n 1 b"]),
        two([f"{API} --digest-file a", "head -n 1 a"], [f"{WEB} --digest-file b", "head b"]),
        "no new job runs `head -n 1 a b`",
    ),
    "print-that-a-program-takes": Planted(
        [f"{API} --digest-file a", f"{WEB} --digest-file b", "cat a b | mail team@example.com"],
        {},
        two(
            [f"{API} --digest-file a", "cat a | mail team@example.com"],
            [f"{WEB} --digest-file b", "cat b | mail team@example.com"],
        ),
        "`mail team@example.com`",
    ),
    "listing-that-a-program-takes": Planted(
        [f"{API} --digest-file a", f"{WEB} --digest-file b", "ls -1 | mail team@example.com"],
        {},
        two([f"{API} --digest-file a"], [f"{WEB} --digest-file b", "ls -1 | mail team@example.com"]),
        "`mail team@example.com`",
    ),
    # What is made of the image that a build has left is no output of it, whatever the reader is told.
    "file-of-the-left-root-in-a-later-context": Planted(
        [API, "cat /app/version.txt > shop/v.txt", "/kaniko/executor -c . -d $CI_REGISTRY_IMAGE/web"],
        {},
        two([API, "cat /app/version.txt > shop/v.txt"], ["/kaniko/executor -c . -d $CI_REGISTRY_IMAGE/web"]),
        "reads files that were written in another way: $CI_PROJECT_DIR/shop/v.txt",
        left_behind=frozenset({"shop/v.txt"}),
    ),
    "copy-of-a-file-of-the-left-root-in-a-later-context": Planted(
        [API, "cat /app/version.txt > v.txt", "cp v.txt w.txt", "/kaniko/executor -c . -d $CI_REGISTRY_IMAGE/web"],
        {},
        two(
            [API, "cat /app/version.txt > v.txt", "cp v.txt w.txt"],
            ["/kaniko/executor -c . -d $CI_REGISTRY_IMAGE/web"],
        ),
        "reads files that were written in another way",
        left_behind=frozenset({"v.txt", "w.txt"}),
    ),
    # A statement is dropped, moved, doubled.
    "dropped": Planted(
        ["cp VERSION web/", API, WEB],
        two([API], ["cp VERSION web/", WEB]),
        two([API], [WEB]),
        "`build-web` leaves out `cp VERSION web/`, line 1, which writes $CI_PROJECT_DIR/web",
    ),
    "moved": Planted(
        ["echo a > f", "cp f web/", "echo b > f", API, WEB],
        two(["echo a > f", "echo b > f", API], ["echo a > f", "cp f web/", WEB]),
        two([API], ["echo b > f", "cp f web/", WEB]),
        "reads files that were written in another way",
    ),
    "doubled": Planted(
        [API, "curl -d api https://hook.example.com", WEB],
        {
            "build-api": Job([API, "curl -d api https://hook.example.com"]),
            "build-web": Job([WEB], ["build-api"]),
        },
        two(
            [API, "curl -d api https://hook.example.com"],
            ["curl -d api https://hook.example.com", WEB],
            needs=["build-api"],
        ),
        "acts outside of the container and runs 2 times",
    ),
    "effect-lost": Planted(
        [API, "curl -d api https://hook.example.com", WEB],
        {
            "build-api": Job([API, "curl -d api https://hook.example.com"]),
            "build-web": Job([WEB], ["build-api"]),
        },
        two([API], [WEB]),
        "no new job runs `curl -d api https://hook.example.com`",
    ),
    "build-lost": Planted(
        [API, WEB, DOCS], three([API], [WEB], [DOCS]), two([API], [WEB]), "no new job runs the build"
    ),
    "build-doubled": Planted([API, WEB], two([API], [WEB]), two([API, WEB], [WEB]), "which the old job does not run"),
    "never-ran": Planted(
        [API, WEB], two([API], [WEB]), two([API], ["cp x web/", WEB]), "which the old job does not run"
    ),
    "unknown-doubled": Planted(
        [API, "make publish", WEB],
        {},
        {"build-api": Job([API, "make publish"]), "build-web": Job(["make publish", WEB], ["build-api"])},
        "`make publish`, line 2, acts outside of the container and runs 2 times",
    ),
    # A statement runs behind another gate, or a gate is lost.
    "gate-lost": Planted(
        [API, "jq -e .ok ok.json", WEB],
        two([API, "jq -e .ok ok.json"], [WEB], needs=["build-api"]),
        two([API, "jq -e .ok ok.json"], [WEB]),
        "`build-web` no longer waits for `jq -e .ok ok.json`",
    ),
    "gate-kept-in-the-job": Planted(
        [API, "jq -e .ok ok.json", WEB],
        two([API], ["jq -e .ok ok.json", WEB]),
        two([API], [WEB]),
        "`build-web` no longer waits for `jq -e .ok ok.json`",
    ),
    "gate-crane": Planted(
        [API, "crane validate --remote $CI_REGISTRY_IMAGE/api", WEB],
        two([API, "crane validate --remote $CI_REGISTRY_IMAGE/api"], [WEB], needs=["build-api"]),
        two([API, "crane validate --remote $CI_REGISTRY_IMAGE/api"], [WEB]),
        "no longer waits for `crane validate",
    ),
    "gate-by-a-build-without-a-push": Planted(
        ["/kaniko/executor -c test --no-push", WEB],
        {"build-test": Job(["/kaniko/executor -c test --no-push"]), "build-web": Job([WEB], ["build-test"])},
        {"build-test": Job(["/kaniko/executor -c test --no-push"]), "build-web": Job([WEB])},
        "`build-web` no longer waits for `/kaniko/executor -c test --no-push`",
    ),
    "gate-by-the-environment": Planted(
        ["export KANIKO_NO_PUSH=true", "/kaniko/executor -c test", "unset KANIKO_NO_PUSH", WEB],
        {
            "build-test": Job(["export KANIKO_NO_PUSH=true", "/kaniko/executor -c test"]),
            "build-web": Job([WEB], ["build-test"]),
        },
        {"build-test": Job(["export KANIKO_NO_PUSH=true", "/kaniko/executor -c test"]), "build-web": Job([WEB])},
        "no longer waits for `/kaniko/executor -c test`",
    ),
    "gate-by-exit": Planted(
        [API, 'if [ "$CI_COMMIT_BRANCH" = old ]; then exit 1; fi', WEB],
        two([API], ['if [ "$CI_COMMIT_BRANCH" = old ]; then exit 1; fi', WEB]),
        two([API], [WEB]),
        "no longer waits for `exit 1`",
    ),
    "end-with-success-lost": Planted(
        [API, 'if [ "$CI_COMMIT_BRANCH" = old ]; then exit 0; fi', WEB],
        two([API], ['if [ "$CI_COMMIT_BRANCH" = old ]; then exit 0; fi', WEB]),
        two([API], [WEB]),
        "runs under other conditions than before",
    ),
    "gate-pipestatus": Planted(
        ["set +o pipefail", f"{API} | tee api.log", "test ${PIPESTATUS[0]} -eq 0", WEB],
        two(["set +o pipefail", f"{API} | tee api.log", "test ${PIPESTATUS[0]} -eq 0"], ["set +o pipefail", WEB]),
        two(["set +o pipefail", f"{API} | tee api.log"], ["set +o pipefail", "test ${PIPESTATUS[0]} -eq 0", WEB]),
        "does not find what it found before",
    ),
    "behind-a-later-gate": Planted(
        [API, "curl -d built https://hook.example.com", "trivy image app", WEB],
        {},
        {
            "build-api": Job([API, "trivy image app"]),
            "build-web": Job([WEB], ["build-api"]),
            "images": Job(["curl -d built https://hook.example.com"], ["build-api", "build-web"], finishing=True),
        },
        "only after a check that came after it",
    ),
    "blocked-by-a-later-check": Planted(
        [API, WEB, "trivy image app"],
        {
            "build-api": Job([API]),
            "build-web": Job([WEB]),
            "images": Job(["trivy image app"], ["build-api", "build-web"], finishing=True),
        },
        two([API, "trivy image app"], [WEB], needs=["build-api"]),
        "`build-web` waits for `trivy image app`, line 3, which came after its build",
    ),
    # A window of options is opened.
    "window-set-e": Planted(
        ["set +e", "cp api/optional.conf api/app.conf", "set -e", API, WEB],
        two(["set +e", "cp api/optional.conf api/app.conf", "set -e", API], [WEB]),
        two(["set +e", "set -e", "cp api/optional.conf api/app.conf", API], [WEB]),
        "",
    ),
    "window-umask": Planted(
        ["umask 077", "echo x > api/token", "umask 022", API, WEB],
        two(["umask 077", "echo x > api/token", "umask 022", API], ["umask 077", "umask 022", WEB]),
        two(["umask 077", "umask 022", "echo x > api/token", API], ["umask 077", "umask 022", WEB]),
        "reads files that were written in another way",
    ),
    "window-allexport": Planted(
        ["set -a", "FOO=1", "set +a", API, WEB],
        two(["set -a", "FOO=1", "set +a", API], ["set -a", "FOO=1", "set +a", WEB]),
        two(["set -a", "set +a", "FOO=1", API], ["set -a", "FOO=1", "set +a", WEB]),
        "sees other values in its environment: FOO",
    ),
    "failure-passed-over": Planted(
        [f"{API} || true", WEB],
        two([f"{API} || true"], [WEB]),
        two([API], [WEB]),
        "fails in another way",
    ),
    "wait-lost": Planted(
        [f"{API} &", f"{WEB} &", "wait"],
        two([f"{API} &", "wait"], [f"{WEB} &", "wait"]),
        two([f"{API} &", "wait"], [f"{WEB} &"]),
        "`build-web` does not wait for the build",
    ),
    # Needs.
    "needs-circle": Planted(
        [API, WEB],
        two([API], [WEB]),
        {"build-api": Job([API], ["build-web"]), "build-web": Job([WEB], ["build-api"])},
        "the jobs wait for each other in a circle",
    ),
    "job-order": Planted(
        [API, WEB],
        two([API], [WEB], needs=["build-api"]),
        {"build-api": Job([API], ["build-web"]), "build-web": Job([WEB])},
        "`build-api` waits for `build-web`, whose build came after its own",
    ),
    "finishing-job-does-not-wait": Planted(
        [API, WEB, "./deploy.sh"],
        {
            "build-api": Job([API]),
            "build-web": Job([WEB]),
            "images": Job(["./deploy.sh"], ["build-api", "build-web"], finishing=True),
        },
        {
            "build-api": Job([API]),
            "build-web": Job([WEB]),
            "images": Job(["./deploy.sh"], ["build-api"], finishing=True),
        },
        "`images` comes after all builds and does not wait for `build-web`",
    ),
    "unknown-order": Planted(
        [API, WEB, "./ci/smoke.sh"],
        {
            "build-api": Job([API]),
            "build-web": Job([WEB]),
            "images": Job(["./ci/smoke.sh"], ["build-api", "build-web"], finishing=True),
        },
        two([API, "./ci/smoke.sh"], [WEB]),
        "`build-api` runs `./ci/smoke.sh` without waiting for the build",
    ),
    "unknown-source-in-two-jobs": Planted(
        [API, ". ./unknown.env", WEB, DOCS],
        {},
        {
            "build-api": Job([API]),
            "build-web": Job([". ./unknown.env", WEB], ["build-api"]),
            "build-docs": Job([". ./unknown.env", DOCS], ["build-api"]),
        },
        "`build-docs` runs `. ./unknown.env`, which may do anything, and so does another job",
    ),
    "unknown-source-before-an-earlier-build": Planted(
        [API, WEB, 'eval "$SETTINGS"'],
        {
            "build-api": Job([API]),
            "build-web": Job([WEB]),
            "images": Job(['eval "$SETTINGS"'], ["build-api", "build-web"], finishing=True),
        },
        two([API], [WEB, 'eval "$SETTINGS"']),
        "without waiting for the build",
    ),
    # A variable's write is lost.
    "arithmetic": variable_lost("((X+=1))", said="leaves out `((X+=1))`, line 3, which changes X"),
    "arithmetic-in-a-word": variable_lost(": $((X+=1))"),
    "let": variable_lost("let X+=1"),
    "printf-v": variable_lost("printf -v X %s 2"),
    "printf-vX": variable_lost("printf -vX %s 2"),
    "read": variable_lost("read -r X < VERSION"),
    "getopts": variable_lost("getopts ab: X"),
    "mapfile": variable_lost("mapfile -t X < VERSION"),
    "c-style-for": variable_lost("for ((X=1; X<3; X++)); do :; done", said="`build-web`"),
    "for": variable_lost("for X in 1 2 3; do :; done", said="`build-web`"),
    "select": variable_lost("select X in 1 2; do :; done < VERSION", said="`build-web`"),
    "while-read": variable_lost("while read -r X; do :; done < VERSION", said="`build-web`"),
    "assigned-where-unset": variable_lost(": ${X:=2}", first="X="),
    "nameref": variable_lost("declare -n R=X; R=2", said="`build-web`"),
    "unset": variable_lost("unset X"),
    "eval": variable_lost('eval "X=2"', said="`build-web`"),
    "eval-of-an-unknown-text": variable_lost('eval "$(cat vars)"', said="`build-web`", needs=["build-api"]),
    "sourced-file": variable_lost(". ./unknown.env", said="`build-web`", needs=["build-api"]),
    "bash-rematch": variable_lost("[[ $CI_COMMIT_REF_NAME =~ v(.*) ]]", tag="${BASH_REMATCH[1]}", said="`build-web`"),
    "status": Planted(
        ["set +e", API, "true", "false", "X=$?", tagged("web"), "true"],
        two(["set +e", API, "true"], ["set +e", "false", "X=$?", tagged("web"), "true"]),
        two(["set +e", API, "true"], ["set +e", "X=$?", tagged("web"), "true"]),
        "gets `$CI_REGISTRY_IMAGE/web:…` where it got",
    ),
    "ends-with-a-question": Planted(
        ['[ -n "$CI_COMMIT_TAG" ] && echo tag', API, WEB],
        two(['[ -n "$CI_COMMIT_TAG" ] && echo tag', API], [WEB]),
        two([API, '[ -n "$CI_COMMIT_TAG" ] && echo tag'], [WEB]),
        "may end with",
    ),
    "ends-with-what-was-passed-over": Planted(
        ["set +e", API, "true", WEB],
        two(["set +e", API, "true"], ["set +e", WEB]),
        two(["set +e", API], ["set +e", WEB]),
        "fails in another way",
    ),
    "conditions-do-not-exclude-each-other": Planted(
        ['if [ "$A" = 1 ]; then', API, "fi", 'if [ "$B" = 1 ]; then', WEB, "fi"],
        two(['if [ "$A" = 1 ]; then', API, "fi"], ['if [ "$B" = 1 ]; then', WEB, "fi"]),
        {"build-api": Job(['if [ "$A" = 1 ]; then', API, "fi", 'if [ "$B" = 1 ]; then', WEB, "fi"])},
        "`build-api` still runs",
    ),
    "local-default": Planted(
        ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=1", "f api", "T=2", "f web"],
        two(
            ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=1", "f api"],
            ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=2", "f web"],
        ),
        two(
            ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=1", "f api"],
            ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=1", "f web"],
        ),
        "gets `a/web:1` where it got `a/web:2`",
    ),
    "array": variable_lost("X+=(2)", first="X=(1)", tag="${X[1]}"),
    # A read is not seen.
    "environment-of-a-build": Planted(
        ["export T=1", API, "export T=2", WEB],
        two(["export T=1", API], ["export T=2", WEB]),
        two(["export T=1", API], ["export T=1", WEB]),
        "sees other values in its environment: T",
    ),
    "environment-of-a-program": Planted(
        ["export T=1", API, "export T=2", "envsubst < web/in > web/out", "unset T", WEB],
        two(["export T=1", API], ["export T=2", "envsubst < web/in > web/out", "unset T", WEB]),
        two(["export T=1", API], ["export T=1", "envsubst < web/in > web/out", "unset T", WEB]),
        "reads files that were written in another way",
    ),
    "environment-of-the-pipeline": Planted(
        ["V=1", API, "V=2", WEB],
        two(["V=1", API], ["V=2", WEB]),
        two(["V=1", API], ["V=1", WEB]),
        "sees other values in its environment: V",
        {"parallel": {"matrix": [{"V": ["a", "b"]}]}},
    ),
    "login": Planted(
        ["export DOCKER_CONFIG=/builds/login", 'echo "$AUTH" > /builds/login/config.json', API, WEB],
        two(
            ["export DOCKER_CONFIG=/builds/login", 'echo "$AUTH" > /builds/login/config.json', API],
            ["export DOCKER_CONFIG=/builds/login", 'echo "$AUTH" > /builds/login/config.json', WEB],
        ),
        two(
            ["export DOCKER_CONFIG=/builds/login", 'echo "$AUTH" > /builds/login/config.json', API],
            ["export DOCKER_CONFIG=/builds/login", WEB],
        ),
        "which writes /builds/login/config.json",
    ),
    "pattern": Planted(
        ["echo x > api/gen.txt", "echo */gen.txt > web/list.txt", API, WEB],
        two(
            ["echo x > api/gen.txt", "echo */gen.txt > web/list.txt", API],
            ["echo x > api/gen.txt", "echo */gen.txt > web/list.txt", WEB],
        ),
        two(["echo x > api/gen.txt", API], ["echo */gen.txt > web/list.txt", WEB]),
        "`build-web` leaves out `echo x > api/gen.txt`",
    ),
    "find-without-a-path": Planted(
        ["echo x > api/gen.txt", "find -name gen.txt > web/list.txt", API, WEB],
        two(["echo x > api/gen.txt", API], ["echo x > api/gen.txt", "find -name gen.txt > web/list.txt", WEB]),
        two(["echo x > api/gen.txt", API], ["find -name gen.txt > web/list.txt", WEB]),
        "`build-web` leaves out `echo x > api/gen.txt`",
    ),
    "git-status": Planted(
        ["echo x > api/gen.txt", "git status > web/list.txt", API, WEB],
        two(["echo x > api/gen.txt", API], ["echo x > api/gen.txt", "git status > web/list.txt", WEB]),
        two(["echo x > api/gen.txt", API], ["git status > web/list.txt", WEB]),
        "`build-web` leaves out `echo x > api/gen.txt`",
    ),
    # A write is not seen.
    "install-t": Planted(
        ["install -t web VERSION", API, WEB],
        two([API], ["install -t web VERSION", WEB]),
        two([API], [WEB]),
        "leaves out `install -t web VERSION`",
    ),
    "sed-in-place": Planted(
        ["sed -i s/a/b/ web/Dockerfile", API, WEB],
        two([API], ["sed -i s/a/b/ web/Dockerfile", WEB]),
        two([API], [WEB]),
        "which writes $CI_PROJECT_DIR/web/Dockerfile",
    ),
    "symbolic-link-of-the-script": Planted(
        ["ln -s ../web api/site", "cp VERSION api/site/x", API, WEB],
        two(
            ["ln -s ../web api/site", "cp VERSION api/site/x", API],
            ["ln -s ../web api/site", "cp VERSION api/site/x", WEB],
        ),
        two(["ln -s ../web api/site", "cp VERSION api/site/x", API], [WEB]),
        "which writes $CI_PROJECT_DIR/web/x",
    ),
    "symbolic-link-of-the-repository": Planted(
        ["cp VERSION api/site/x", API, WEB],
        two(["cp VERSION api/site/x", API], ["cp VERSION api/site/x", WEB]),
        two(["cp VERSION api/site/x", API], [WEB]),
        "which writes $CI_PROJECT_DIR/web/x",
        links={"api/site": "web"},
    ),
    "unknown-program": Planted(
        ["make generate", API, WEB],
        two(["make generate", API], ["make generate", WEB]),
        two(["make generate", API], [WEB]),
        "leaves out `make generate`, line 1, which may write any file",
        told=["make generate"],
    ),
    "unknown-folder": Planted(
        ['cd "$FOLDER"', "cp VERSION x", 'cd "$CI_PROJECT_DIR"', API, WEB],
        two(
            ['cd "$FOLDER"', "cp VERSION x", 'cd "$CI_PROJECT_DIR"', API],
            ['cd "$FOLDER"', "cp VERSION x", 'cd "$CI_PROJECT_DIR"', WEB],
        ),
        two(['cd "$FOLDER"', "cp VERSION x", 'cd "$CI_PROJECT_DIR"', API], [WEB]),
        "`build-web`",
    ),
    "folder": Planted(
        ["cd api", "/kaniko/executor -c . -d a/api", "cd ..", "cd web", "/kaniko/executor -c . -d a/web"],
        two(["cd api", "/kaniko/executor -c . -d a/api"], ["cd web", "/kaniko/executor -c . -d a/web"]),
        two(["cd api", "/kaniko/executor -c . -d a/api"], ["/kaniko/executor -c . -d a/web"]),
        "runs in $CI_PROJECT_DIR and no longer in $CI_PROJECT_DIR/web",
    ),
    "ifs": Planted(
        ["IFS=,", "L=a,b", "/kaniko/executor -c api -d x $L", WEB],
        two(["IFS=,", "L=a,b", "/kaniko/executor -c api -d x $L"], ["IFS=,", WEB]),
        two(["L=a,b", "/kaniko/executor -c api -d x $L"], [WEB]),
        "`build-api`",
    ),
    "status-of-its-own-build": Planted(
        ["set +e", API, "code=$?", "if [ $code -ne 0 ]; then exit $code; fi", WEB],
        two(["set +e", API, "code=$?", "if [ $code -ne 0 ]; then exit $code; fi"], ["set +e", WEB]),
        two(["set +e", API, "code=$?"], ["set +e", WEB]),
        "no new job runs `exit $code`, line 4, as often as before",
    ),
    "scan-before-its-build": Planted(
        [API, "trivy image --exit-code 1 $CI_REGISTRY_IMAGE/api", WEB],
        two([API, "trivy image --exit-code 1 $CI_REGISTRY_IMAGE/api"], [WEB], needs=["build-api"]),
        two(["trivy image --exit-code 1 $CI_REGISTRY_IMAGE/api", API], [WEB], needs=["build-api"]),
        "`build-api` runs `trivy image --exit-code 1 $CI_REGISTRY_IMAGE/api` before",
    ),
    "output-read-before-its-build": Planted(
        [f"{API} --digest-file d", "echo D=$(cat d) >> build.env", WEB],
        two([f"{API} --digest-file d", "echo D=$(cat d) >> build.env"], [WEB]),
        two(["echo D=$(cat d) >> build.env", f"{API} --digest-file d"], [WEB]),
        "`build-api`",
    ),
    "output-not-kept": Planted(
        [f"{API} --digest-file d", "echo D=$(cat d) >> build.env", WEB],
        two([f"{API} --digest-file d", "echo D=$(cat d) >> build.env"], [WEB]),
        two([f"{API} --digest-file d"], [WEB]),
        "no new job runs `echo D=$(cat d) >> build.env`",
    ),
    "process-number": Planted(
        [f"{API} &", "P=$!", "wait $P", f"{WEB} &", "wait $!"],
        two([f"{API} &", "P=$!", "wait $P"], [f"{WEB} &", "wait $!"]),
        two(["P=$!", f"{API} &", "wait $P"], [f"{WEB} &", "wait $!"]),
        "`build-api`",
    ),
    "question-at-the-end-of-the-script": Planted(
        [f"test -f ok && {API} && {WEB}"],
        two(["test -f ok", API], ["test -f ok", WEB]),
        two(["test -f ok", API], [WEB]),
        "no longer waits for `test -f ok`",
    ),
    "tracing": Planted(
        ['echo "building"', "set -x", API, WEB],
        two(["set -x", 'echo "building"', API], ["set -x", WEB]),
        two(["set -x", API], ["set -x", WEB]),
        'no new job runs `echo "building"`',
    ),
    # After a build the root is the image.
    "left-root": Planted(
        [API, "cp -r /out web/", WEB],
        {},
        two([API], ["cp -r /out web/", WEB]),
        "`build-web`",
    ),
    "left-root-as-a-context": Planted(
        [API, "/kaniko/executor -c dir:///dist -d a/dist"],
        {},
        {"build-api": Job([API]), "build-dist": Job(["/kaniko/executor -c dir:///dist -d a/dist"])},
        "the root of the image before",
    ),
    "leftovers": Planted(
        [API, "ls -la /kaniko/0", WEB],
        two([API, "ls -la /kaniko/0"], [WEB]),
        two([API], ["ls -la /kaniko/0", WEB]),
        "looks at what another build leaves",
    ),
    # Values that differ.
    "fresh-value": Planted(
        ["T=$(openssl rand -hex 4)", tagged("api", "$T"), tagged("web", "$T")],
        {},
        two(["T=$(openssl rand -hex 4)", tagged("api", "$T")], ["T=$(openssl rand -hex 4)", tagged("web", "$T")]),
        "`openssl rand -hex 4` gives another value in each of `build-api`, `build-web`",
    ),
    "name-of-the-job": Planted(
        [tagged("api", "$CI_JOB_NAME"), tagged("web", "$CI_JOB_NAME")],
        {},
        two([tagged("api", "$CI_JOB_NAME")], [tagged("web", "$CI_JOB_NAME")]),
        "gets `$CI_REGISTRY_IMAGE/api:build-api` where it got `$CI_REGISTRY_IMAGE/api:images`",
    ),
    "trap-with-a-script": Planted(
        ["trap ./ci/tell.sh EXIT", API, WEB],
        {},
        two(["trap ./ci/tell.sh EXIT", API], ["trap ./ci/tell.sh EXIT", WEB]),
        "`trap ./ci/tell.sh EXIT`, line 1, acts outside of the container and runs 2 times",
    ),
    # An image waits for its base.
    "base-in-a-build-argument": Planted(
        [API, f"{WEB} --build-arg BASE=$CI_REGISTRY_IMAGE/api"],
        two([API], [f"{WEB} --build-arg BASE=$CI_REGISTRY_IMAGE/api"], needs=["build-api"]),
        two([API], [f"{WEB} --build-arg BASE=$CI_REGISTRY_IMAGE/api"]),
        "`build-web` is built on `${ci_registry}/${ci_project_namespace}/${ci_project_name}/api` and does not wait",
    ),
    "base-by-another-spelling": Planted(
        [API, f"{WEB} --build-arg BASE=$CI_REGISTRY/$CI_PROJECT_PATH/api:$CI_COMMIT_SHA"],
        two([API], [f"{WEB} --build-arg BASE=$CI_REGISTRY/$CI_PROJECT_PATH/api:$CI_COMMIT_SHA"], needs=["build-api"]),
        two([API], [f"{WEB} --build-arg BASE=$CI_REGISTRY/$CI_PROJECT_PATH/api:$CI_COMMIT_SHA"]),
        "and does not wait for `build-api`",
    ),
    "base-in-the-dockerfile": Planted(
        ["/kaniko/executor -c api -d registry.example.com/api:1", WEB],
        two(["/kaniko/executor -c api -d registry.example.com/api:1"], [WEB], needs=["build-api"]),
        two(["/kaniko/executor -c api -d registry.example.com/api:1"], [WEB]),
        "`build-web` is built on `registry.example.com/api` and does not wait for `build-api`",
        files={"web/Dockerfile": "ARG HOST=registry.example.com\nFROM ${HOST}/api:1\nCOPY . /srv\n"},
    ),
    "base-that-is-copied-from": Planted(
        ["/kaniko/executor -c api -d registry.example.com/api:1", WEB],
        two(["/kaniko/executor -c api -d registry.example.com/api:1"], [WEB], needs=["build-api"]),
        two(["/kaniko/executor -c api -d registry.example.com/api:1"], [WEB]),
        "does not wait for `build-api`",
        files={"web/Dockerfile": "FROM alpine\nCOPY --from=registry.example.com/api:1 /out /srv\n"},
    ),
    "base-that-an-argument-names": Planted(
        [API, f"{WEB} --build-arg FROM=$HOST/$NAME/api"],
        two([API], [f"{WEB} --build-arg FROM=$HOST/$NAME/api"], needs=["build-api"]),
        two([API], [f"{WEB} --build-arg FROM=$HOST/$NAME/api"]),
        "does not wait for `build-api`",
    ),
    "argument-that-is-no-image": Planted(
        [API, f"{WEB} --build-arg VERSION=${{CI_COMMIT_SHA%-*}}i --build-arg TITLE=api"],
        two([API], [f"{WEB} --build-arg VERSION=${{CI_COMMIT_SHA%-*}}i --build-arg TITLE=api"]),
        {},
        "",
    ),
    # What a statement sets is in force until it is set anew.
    "option-set-anew": Planted(
        ["set +e", "cp a api/", "set -e", API, WEB],
        two(["set +e", "cp a api/", "set -e", API], ["set -e", WEB]),
        two(["set +e", "cp a api/", "set -e", API], ["set +e", WEB]),
        "`build-web`",
    ),
    "mask-set-anew": Planted(
        ["umask 077", "echo x > api/token", "umask 022", API, WEB],
        two(["umask 077", "echo x > api/token", "umask 022", API], ["umask 022", WEB]),
        two(["umask 077", "echo x > api/token", "umask 022", API], ["umask 077", WEB]),
        "runs with other shell options: umask",
    ),
    "local-of-another-call": Planted(
        ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=1", "f api 2", "f web"],
        two(
            ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=1", "f api 2"],
            ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=1", "f web"],
        ),
        two(
            ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "T=1", "f api 2"],
            ['f() { local T="${2:-$T}"; /kaniko/executor -c $1 -d a/$1:$T; }', "f web"],
        ),
        "`build-web`",
    ),
    "global-of-a-function": Planted(
        ['f() { T="$2"; /kaniko/executor -c $1 -d a/$1:$T; }', "f api 2", "/kaniko/executor -c web -d a/web:$T"],
        {},
        two(
            ['f() { T="$2"; /kaniko/executor -c $1 -d a/$1:$T; }', "f api 2"],
            ["/kaniko/executor -c web -d a/web:$T"],
        ),
        '`build-web` leaves out `T="$2"`',
    ),
    "unset-by-a-variable": Planted(
        ["X=1", tagged("api"), "N=X", "unset $N", tagged("web", "${X:-none}")],
        two(["X=1", tagged("api")], ["N=X", "unset $N", tagged("web", "${X:-none}")]),
        two(["X=1", tagged("api")], ["X=1", "N=X", tagged("web", "${X:-none}")]),
        "leaves out `unset $N`",
    ),
    "words-from-set": Planted(
        ["set -- api web", 'for i; do /kaniko/executor -c "$i" -d "a/$i"; done'],
        two(
            ["i=api", "set -- api web", '/kaniko/executor -c "$i" -d "a/$i"'],
            ["i=web", "set -- api web", '/kaniko/executor -c "$i" -d "a/$i"'],
        ),
        two(
            ["i=api", "set -- api web", '/kaniko/executor -c "$i" -d "a/$i"'],
            ["i=api", "set -- api web", '/kaniko/executor -c "$i" -d "a/$i"'],
        ),
        "`build-web`",
    ),
    "positional-parameter-lost": Planted(
        ["set -- api web", "/kaniko/executor -c $1 -d a/$1", "shift", "/kaniko/executor -c $1 -d a/$1"],
        two(
            ["set -- api web", "/kaniko/executor -c $1 -d a/$1"],
            ["set -- api web", "shift", "/kaniko/executor -c $1 -d a/$1"],
        ),
        two(
            ["set -- api web", "/kaniko/executor -c $1 -d a/$1"],
            ["set -- api web", "/kaniko/executor -c $1 -d a/$1"],
        ),
        "`build-web`",
    ),
    "pattern-in-a-list": Planted(
        ["APPS=api,web", "for a in ${APPS//,/ }; do /kaniko/executor -c $a -d a/$a; done"],
        two(["a=api", "/kaniko/executor -c $a -d a/$a"], ["a=web", "/kaniko/executor -c $a -d a/$a"]),
        two(["a=api", "/kaniko/executor -c $a -d a/$a"], ["a=api,web", "/kaniko/executor -c $a -d a/$a"]),
        "`build-web`",
    ),
    # A check of a build asks that build alone.
    "exit-with-the-status-of-a-build": Planted(
        ["rc=0", f"{API} || rc=$?", "[ $rc -eq 0 ] || exit $rc", f"{WEB} || rc=$?", "[ $rc -eq 0 ] || exit $rc"],
        two(
            ["rc=0", f"{API} || rc=$?", "[ $rc -eq 0 ] || exit $rc"],
            ["rc=0", f"{WEB} || rc=$?", "[ $rc -eq 0 ] || exit $rc"],
        ),
        two(
            ["rc=0", f"{API} || rc=$?", "[ $rc -eq 0 ] || exit $rc"],
            ["rc=0", f"{WEB} || rc=$?"],
        ),
        "no new job runs `exit $rc`",
    ),
    "exit-with-another-status": Planted(
        ["rc=0", "jq -e .ok a.json || rc=$?", API, "[ $rc -eq 0 ] || exit $rc", WEB],
        {},
        two(["rc=0", "jq -e .ok a.json || rc=$?", API, "[ $rc -eq 0 ] || exit $rc"], ["rc=0", WEB]),
        "`build-web`: the build `/kaniko/executor -c web -d $CI_REGISTRY_IMAGE/web` runs under other conditions",
    ),
    "exit-where-a-build-fails": Planted(
        [f"! {API} && exit 1 || true", WEB],
        two([f"! {API} && exit 1 || true"], [WEB]),
        two([f"! {API} || true"], [WEB]),
        "no new job runs `exit 1`",
    ),
    "build-in-a-chain-at-the-end": Planted(
        [f"{API} && test -f ok && {WEB}"],
        two([API, "test -f ok"], [WEB], needs=["build-api"]),
        two([API, "test -f ok"], [WEB]),
        "no longer waits for `test -f ok`",
    ),
    # An effect comes after its checks; a build whose failure is passed over holds up none.
    "finishing-job-behind-a-hidden-failure": Planted(
        [f"{API} && echo built", WEB, "helm upgrade --install app chart"],
        {
            "build-api": Job([f"if {API}; then echo built; fi"]),
            "build-web": Job([WEB]),
            "images": Job(["helm upgrade --install app chart"], ["build-api", "build-web"], finishing=True),
        },
        {
            "build-api": Job([f"{API} && echo built"]),
            "build-web": Job([WEB]),
            "images": Job(["helm upgrade --install app chart"], ["build-api", "build-web"], finishing=True),
        },
        "`images` waits for `/kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api`, whose failure was passed over",
    ),
    "condition-for-a-failure-that-ends": Planted(
        [API, WEB],
        two([API], [WEB]),
        two([f"if {API}; then echo built; fi"], [WEB]),
        "fails in another way",
    ),
    "condition-in-a-link": Planted(
        [f"if [ -f api/Dockerfile ]; then {API}; fi && {WEB}"],
        two([f"if [ -f api/Dockerfile ]; then {API}; fi"], [WEB]),
        two([API], [WEB]),
        "runs under other conditions",
    ),
    "counter-that-a-build-reads": Planted(
        ["C=0", f"{API}:$C", "C=$((C + 1))", f"{WEB}:$C", "C=$((C + 1))"],
        {},
        two(["C=0", f"{API}:$C", "C=$((C + 1))"], ["C=0", f"{WEB}:$C", "C=$((C + 1))"]),
        "`build-web`",
    ),
    "effect-without-its-check": Planted(
        [API, "grep -q ok log", "cosign sign a/api", WEB],
        two([API, "grep -q ok log", "cosign sign a/api"], [WEB], needs=["build-api"]),
        two([API, "cosign sign a/api"], ["grep -q ok log", WEB], needs=["build-api"]),
        "`build-api` runs `cosign sign a/api` without `grep -q ok log`, line 2, before it",
    ),
    "guard-of-one-call": Planted(
        ["f() { [ -d $1 ] || return 1; /kaniko/executor -c $1 -d a/$1; }", "f api", "f web"],
        two(
            ["f() { [ -d $1 ] || return 1; /kaniko/executor -c $1 -d a/$1; }", "f api"],
            ["f() { [ -d $1 ] || return 1; /kaniko/executor -c $1 -d a/$1; }", "f web"],
            needs=["build-api"],
        ),
        two(
            ["f() { [ -d $1 ] || return 1; /kaniko/executor -c $1 -d a/$1; }", "f api"],
            ["f() { [ -d $1 ] || return 1; /kaniko/executor -c $1 -d a/$1; }", "f web"],
        ),
        "`build-web` no longer waits for `return 1`",
    ),
    "waits-for-a-failure-that-was-passed-over": Planted(
        [f"{API} && echo built", WEB],
        two([f"{API} && echo built"], [WEB]),
        two([f"{API} && echo built"], [WEB], needs=["build-api"]),
        "`build-web` waits for `/kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api`, whose failure was passed over",
    ),
    "base-whose-failure-was-passed-over": Planted(
        [f"{API} && echo built", f"{WEB} --build-arg BASE=$CI_REGISTRY_IMAGE/api"],
        two([f"{API} && echo built"], [f"{WEB} --build-arg BASE=$CI_REGISTRY_IMAGE/api"], needs=["build-api"]),
        two([f"{API} && echo built"], [f"{WEB} --build-arg BASE=$CI_REGISTRY_IMAGE/api"]),
        "does not wait for `build-api`",
    ),
    # Who looks at the environment.
    "environment-of-a-scanner": Planted(
        [API, "export TRIVY_SEVERITY=HIGH", "trivy image a/api", WEB],
        two(
            [API, "export TRIVY_SEVERITY=HIGH", "trivy image a/api"],
            ["export TRIVY_SEVERITY=HIGH", WEB],
            needs=["build-api"],
        ),
        two([API, "trivy image a/api"], ["export TRIVY_SEVERITY=HIGH", WEB], needs=["build-api"]),
        "`trivy image a/api` does not find what it found before",
    ),
    "environment-that-a-scanner-does-not-know": Planted(
        ["export CHANNEL=one", API, WEB, "trivy image a/api"],
        {
            "build-api": Job(["export CHANNEL=one", API]),
            "build-web": Job(["export CHANNEL=one", WEB]),
            "images": Job(["trivy image a/api"], ["build-api", "build-web"], finishing=True),
        },
        {},
        "",
    ),
    "name-of-the-job-in-the-environment": Planted(
        [API, WEB],
        {},
        two([API], [WEB]),
        "sees other values in its environment: WHO",
        {"variables": {"WHO": "x-$CI_JOB_NAME"}},
    ),
    # A text for a shell is followed.
    "text-for-a-shell": Planted(
        ['sh -c "/kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api"', WEB],
        two(['sh -c "/kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api"'], [WEB]),
        {"build-all": Job(['sh -c "/kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api"', WEB])},
        "`build-all` still runs",
    ),
    "text-for-a-shell-that-is-not-known": Planted(
        ['sh -c "/kaniko/executor -c api -d $TEXT"', WEB],
        {},
        two(['sh -c "/kaniko/executor -c api -d $TEXT"'], [WEB]),
        "`build-web` leaves out `sh -c",
    ),
    "text-for-script": Planted(
        ['script -qec "/kaniko/executor -c api -d a/api" /dev/null | ts', WEB],
        two(['script -qec "/kaniko/executor -c api -d a/api" /dev/null | ts'], [WEB]),
        two(['script -qc "/kaniko/executor -c api -d a/api" /dev/null | ts'], [WEB]),
        "`build-api`",
    ),
    # Which words of a command name files.
    "data-of-a-request": Planted(
        ["cp VERSION web/", API, WEB, "curl -X POST -d tag=$CI_COMMIT_SHA https://hook.example.com"],
        {
            "build-api": Job([API]),
            "build-web": Job(["cp VERSION web/", WEB]),
            "images": Job(
                ["curl -X POST -d tag=$CI_COMMIT_SHA https://hook.example.com"],
                ["build-api", "build-web"],
                finishing=True,
            ),
        },
        {},
        "",
    ),
    "data-of-a-request-from-a-file": Planted(
        ["cp VERSION web/v", API, WEB, "curl -X POST -d @web/v https://hook.example.com"],
        {},
        {
            "build-api": Job([API]),
            "build-web": Job(["cp VERSION web/v", WEB]),
            "images": Job(
                ["curl -X POST -d @web/v https://hook.example.com"], ["build-api", "build-web"], finishing=True
            ),
        },
        "`images` leaves out `cp VERSION web/v`",
    ),
    "program-of-sed": Planted(
        ['sed -i "s/a/$CI_COMMIT_SHA/" api/Dockerfile', API, 'sed -i "s/a/$CI_COMMIT_SHA/" web/Dockerfile', WEB],
        two(['sed -i "s/a/$CI_COMMIT_SHA/" api/Dockerfile', API], ['sed -i "s/a/$CI_COMMIT_SHA/" web/Dockerfile', WEB]),
        two(['sed -i "s/a/$CI_COMMIT_SHA/" api/Dockerfile', API], [WEB]),
        "leaves out `sed -i",
    ),
    "program-of-sed-that-writes": Planted(
        ["sed -n 's/a/b/w web/out' api/in", API, WEB],
        two(["sed -n 's/a/b/w web/out' api/in", API], ["sed -n 's/a/b/w web/out' api/in", WEB]),
        two(["sed -n 's/a/b/w web/out' api/in", API], [WEB]),
        "`build-web` leaves out `sed -n",
        told=["sed -n 's/a/b/w web/out' api/in"],
    ),
    "find-that-copies": Planted(
        ["find shared -name '*.conf' -exec cp {} web/ \\;", API, WEB],
        two([API], ["find shared -name '*.conf' -exec cp {} web/ \\;", WEB]),
        two([API], [WEB]),
        "`build-web` leaves out `find shared",
    ),
    "xargs-that-copies": Planted(
        ["ls shared | xargs -I@ cp shared/@ web/", API, WEB],
        two([API], ["ls shared | xargs -I@ cp shared/@ web/", WEB]),
        two([API], [WEB]),
        "`build-web` leaves out `xargs",
    ),
    "folder-of-install": Planted(
        ["install -t web api/app.conf", API, WEB],
        two([API], ["install -t web api/app.conf", WEB]),
        two([API], [WEB]),
        "leaves out `install -t web api/app.conf`",
    ),
    "copy-in-a-registry": Planted(
        [API, "crane copy a/api b/api", "/kaniko/executor -c . -d a/all"],
        {
            "build-api": Job([API, "crane copy a/api b/api"]),
            "build-all": Job(["/kaniko/executor -c . -d a/all"], ["build-api"]),
        },
        {"build-api": Job([API]), "build-all": Job(["/kaniko/executor -c . -d a/all"], ["build-api"])},
        "no new job runs `crane copy a/api b/api`",
    ),
    "tag-of-another-image": Planted(
        [API, f"{WEB} --digest-file d", 'crane tag "$CI_REGISTRY_IMAGE/web@$(cat d)" stable'],
        two([API], [f"{WEB} --digest-file d", 'crane tag "$CI_REGISTRY_IMAGE/web@$(cat d)" stable']),
        {
            "build-web": Job([f"{WEB} --digest-file d"]),
            "build-api": Job([API, 'crane tag "$CI_REGISTRY_IMAGE/web@$(cat d)" stable'], ["build-web"]),
        },
        "`build-api`",
    ),
    "deployment": Planted(
        ["cp VERSION web/", API, WEB, "helm upgrade --install app chart"],
        {
            "build-api": Job([API]),
            "build-web": Job(["cp VERSION web/", WEB]),
            "images": Job(["helm upgrade --install app chart"], ["build-api", "build-web"], finishing=True),
        },
        {},
        "",
    ),
    "deployment-of-a-file": Planted(
        ["sed -i s/a/b/ chart/values.yaml", API, WEB, "helm upgrade --install app chart"],
        {},
        {
            "build-api": Job(["sed -i s/a/b/ chart/values.yaml", API]),
            "build-web": Job([WEB]),
            "images": Job(["helm upgrade --install app chart"], ["build-api", "build-web"], finishing=True),
        },
        "`images` leaves out `sed -i s/a/b/ chart/values.yaml`",
    ),
    "login-of-a-registry": Planted(
        ['crane auth login r -u u -p "$P"', API, WEB],
        two(['crane auth login r -u u -p "$P"', API], ['crane auth login r -u u -p "$P"', WEB]),
        two(['crane auth login r -u u -p "$P"', API], [WEB]),
        "`build-web` leaves out `crane auth login",
    ),
    "report-in-a-context": Planted(
        [f"{API} --digest-file d", "echo D=$(cat d) >> build.env", "/kaniko/executor -c . -d a/all"],
        {
            "build-api": Job([f"{API} --digest-file d", "echo D=$(cat d) >> build.env"]),
            "build-all": Job(["/kaniko/executor -c . -d a/all"]),
        },
        {},
        "",
        {"artifacts": {"reports": {"dotenv": "build.env"}}},
    ),
    "digest-in-a-context": Planted(
        [f"{API} --digest-file d", "echo D=$(cat d) >> build.env", "/kaniko/executor -c . -d a/all"],
        {
            "build-api": Job([f"{API} --digest-file d", "echo D=$(cat d) >> build.env"]),
            "build-all": Job(["/kaniko/executor -c . -d a/all"]),
        },
        {
            "build-api": Job([f"{API} --digest-file d", "echo D=$(cat d) >> build.env"]),
            "build-all": Job(["/kaniko/executor -c . -d a/all"]),
        },
        "`build-all` leaves out `echo D=$(cat d) >> build.env`",
        left_behind=frozenset({"build.env"}),
    ),
    # The printer writes `:` for an emptied branch.
    "emptied-branch": Planted(
        ['if [ "$A" = 1 ]; then', API, "else", "ls docs", "fi", WEB],
        two(['if [ "$A" = 1 ]; then', API, "fi"], ['if [ "$A" = 1 ]; then', ":", "else", "ls docs", "fi", WEB]),
        two(['if [ "$A" = 1 ]; then', API, "fi"], ['if [ "$A" = 1 ]; then', ": > web/x", "else", "ls docs", "fi", WEB]),
        "`build-web` runs `: > web/x`",
    ),
    "test-asked-again": Planted(
        ['if [ -n "$A" ]; then', API, "echo in", "fi", WEB],
        two(['if [ -n "$A" ]; then', API, "fi", 'if [ -n "$A" ]; then', "echo in", "fi"], [WEB]),
        two(['if [ -n "$A" ]; then', API, "fi", 'if [ -n "$B" ]; then', "echo in", "fi"], [WEB]),
        "`build-api`",
    ),
    "executor-below-the-folder": Planted(
        ["cd /kaniko", "./executor -c $CI_PROJECT_DIR/api -d a/api", "./executor -c $CI_PROJECT_DIR/web -d a/web"],
        two(
            ["cd /kaniko", "./executor -c $CI_PROJECT_DIR/api -d a/api"],
            ["cd /kaniko", "./executor -c $CI_PROJECT_DIR/web -d a/web"],
        ),
        two(
            ["cd /kaniko", "./executor -c $CI_PROJECT_DIR/api -d a/api"],
            ["./executor -c $CI_PROJECT_DIR/web -d a/web"],
        ),
        "`build-web`",
    ),
    # What the reader is told may run once per image.
    "unknown-in-each-job": Planted(
        [API, "make publish", WEB, DOCS],
        {
            "build-api": Job([API]),
            "build-web": Job(["make publish", WEB], ["build-api"]),
            "build-docs": Job(["make publish", DOCS], ["build-api"]),
        },
        {
            "build-api": Job([API]),
            "build-web": Job(["make publish", WEB], ["build-api"]),
            "build-docs": Job(["make publish", DOCS]),
        },
        "`build-docs` runs `make publish` without waiting for the build",
        told=["make publish"],
    ),
    "unknown-in-a-shared-beginning": Planted(
        ["cd web && npm ci && cd ..", API, "grep -q ok log", WEB],
        two(
            ["cd web && npm ci && cd ..", API, "grep -q ok log"],
            ["cd web && npm ci && cd ..", WEB],
            needs=["build-api"],
        ),
        two(["cd web && npm ci && cd ..", API, "grep -q ok log"], ["cd web && npm ci && cd ..", WEB]),
        "no longer waits for `grep -q ok log`",
        told=["cd web && npm ci && cd .."],
    ),
    "script-of-a-folder-that-is-not-certain": Planted(
        ["cd web && npm ci && cd ..", "./b.sh api", "./b.sh web"],
        two(["cd web && npm ci && cd ..", "./b.sh api"], ["cd web && npm ci && cd ..", "./b.sh web"]),
        two(["cd web && npm ci && cd ..", "./b.sh api"], ["./b.sh web"]),
        "`build-web`",
        files={"b.sh": "#!/bin/sh -e\n/kaniko/executor -c $CI_PROJECT_DIR/$1 -d a/$1\n"},
        told=["cd web && npm ci && cd .."],
    ),
    # Loops, functions and scripts.
    "turn-of-a-loop": Planted(
        ["for s in api web; do /kaniko/executor -c $s -d a/$s; done"],
        two(["s=api", "/kaniko/executor -c $s -d a/$s"], ["s=web", "/kaniko/executor -c $s -d a/$s"]),
        two(["s=api", "/kaniko/executor -c $s -d a/$s"], ["s=docs", "/kaniko/executor -c $s -d a/$s"]),
        "gets `docs` where it got `web`",
    ),
    "loop-over-a-dynamic-list": Planted(
        ["for s in $V; do /kaniko/executor -c $s -d a/$s; done"],
        {},
        two(["s=api", "/kaniko/executor -c $s -d a/$s"], ["s=web", "/kaniko/executor -c $s -d a/$s"]),
        "`build-api`",
        {"variables": {"V": "api web"}, "rules": [{"if": "$X", "variables": {"V": "api"}}]},
    ),
    "script-with-two-builds": Planted(
        ["./b.sh", WEB],
        {},
        two(["./b.sh"], [WEB]),
        "`build-api` still runs",
        files={"b.sh": "#!/bin/sh\n/kaniko/executor -c a -d a\n/kaniko/executor -c b -d b\n"},
    ),
}


def pipeline_of(text: str, planted: Planted) -> Pipeline:
    """Return a pipeline of one file."""
    source = read_source(".gitlab-ci.yml", text.encode())

    def real(name: str) -> str | None:
        for link, target in planted.links.items():
            if name == link or name.startswith(link + "/"):
                return target + name[len(link) :]
            if any(sign in name for sign in "*?[") and fnmatch.fnmatchcase(link, name.split("/", maxsplit=1)[0]):
                return "."
        return name

    return Pipeline((PipelineFile(source.path, source, compose(source.text)),), read=planted.files.get, real=real)


def differences(planted: Planted, jobs: Jobs, told: Told = NOTHING_TOLD) -> list[str]:
    """Return what the proof says of new jobs."""
    before = {"images": {"script": list(planted.old), **planted.keys}}
    after = {
        name: {"script": list(job.script), **planted.keys, **({} if job.needs is None else {"needs": list(job.needs)})}
        for name, job in jobs.items()
    }
    builds = [name for name, job in jobs.items() if not job.finishing]
    finishing = [name for name, job in jobs.items() if job.finishing]
    texts = [yaml.safe_dump(one, sort_keys=False, width=1000) for one in (before, after)]
    old, new = (pipeline_of(text, planted) for text in texts)
    return list(check_jobs(old, new, "images", builds, finishing, told=told))


@pytest.mark.parametrize("planted", [pytest.param(one, id=name) for name, one in PLANTED.items() if one.wrong])
def test_the_proof_breaks_for_a_wrong_split(planted: Planted) -> None:
    found = differences(planted, planted.wrong)
    assert found
    assert any(planted.said in sentence for sentence in found), found


@pytest.mark.parametrize("planted", [pytest.param(one, id=name) for name, one in PLANTED.items() if one.right])
def test_the_right_split_beside_it_is_proved(planted: Planted) -> None:
    assert differences(planted, planted.right, Told(planted.told, planted.left_behind)) == []
