"""Which statements read something, in a way that is easily overlooked?"""

from __future__ import annotations

from generator.kinds.kind import Kind

KINDS = (
    Kind(
        "environment-read",
        head=("export VERSION=1",),
        between=(
            ("export VERSION=2", "envsubst < template.txt > @NEXT/conf"),
            ("envsubst < template.txt > @LAST/conf", "export VERSION=2"),
            ("VERSION=3", "printenv VERSION > @NEXT/v.txt"),
            ("export VERSION=2", "jq -n env.VERSION > @NEXT/v.json"),
            ("VERSION=4", "sh -c 'echo $VERSION' > @NEXT/v.txt"),
            ("VERSION=5", "sh ci/version.sh > @NEXT/v.txt"),
            ("export VERSION=6", "awk 'BEGIN{print ENVIRON[\"VERSION\"]}' > @NEXT/v.txt"),
            ("VERSION=7", "env | grep ^VERSION > @NEXT/v.txt"),
            ("VERSION=8 sh ci/version.sh > @NEXT/v.txt", "VERSION=9"),
            ("VERSION=2", "npm run bundle"),
            ("read -r VERSION < version.txt", "make image"),
        ),
        files={"template.txt": "v=$VERSION\n", "ci/version.sh": '#!/bin/sh\necho "$VERSION"\n'},
    ),
    Kind(
        "environment-from-matrix",
        head=("FLAVOR=x",),
        between=((), ("FLAVOR=y",)),
        own_flag="--build-arg FLAVOR",
        keys={"parallel": {"matrix": [{"FLAVOR": ["a", "b"]}]}},
    ),
    Kind(
        "environment-from-rules",
        between=(("LEVEL=set",), ("LEVEL=$LEVEL-x",)),
        own_flag="--label level=$LEVEL",
        keys={"rules": [{"if": "$CI", "variables": {"LEVEL": "by-rule"}}]},
    ),
    Kind(
        "environment-from-workflow",
        between=(("LEVEL=set",), ("export LEVEL=${LEVEL:-low}",)),
        own_flag="--build-arg LEVEL",
        rest={"workflow": {"rules": [{"if": "$CI", "variables": {"LEVEL": "by-workflow"}}]}},
    ),
    Kind(
        "list-from-matrix",
        body=(("for name in $NAMES; do\n  @BUILD\ndone",),),
        rest={"variables": {"NAMES": "@NAMES"}},
        keys={"parallel": {"matrix": [{"NAMES": ["@NAMES", "extra"]}]}},
    ),
    Kind(
        "whole-tree-read",
        head=("echo x > @FIRST/gen.txt",),
        between=(
            ("find -name gen.txt > @NEXT/list.txt",),
            ("find . -name gen.txt > @NEXT/list.txt",),
            ("git status --porcelain > @NEXT/changes.txt",),
            ("git diff > @NEXT/changes.txt",),
            ("git ls-files > @NEXT/files.txt",),
            ("echo */gen.txt > @NEXT/list.txt",),
            ("ls */gen.txt > @NEXT/list.txt || true",),
            ("cat */gen.txt > @NEXT/all.txt",),
            ("grep -rl x . > @NEXT/list.txt",),
            ("for f in */gen.txt; do echo $f; done > @NEXT/list.txt",),
            ("sort */gen.txt -o @NEXT/sorted.txt",),
            ("md5sum $(ls */gen.txt) > @NEXT/sums.txt",),
            ("cp */gen.txt @NEXT/copied.txt",),
            ("[ -f @FIRST/gen.txt ] && cp @FIRST/gen.txt @NEXT/seen.txt",),
            ("cat @NEXT/../@FIRST/gen.txt > @NEXT/by-way.txt",),
            ("(cd @FIRST && cat gen.txt) > @NEXT/from-subshell.txt",),
            ("cd @FIRST", "cp gen.txt ../@NEXT/", "cd .."),
            ("test -f @FIRST/gen.txt && echo yes > @NEXT/told.txt || echo no > @NEXT/told.txt",),
        ),
    ),
    Kind(
        "local-default",
        body=(
            (
                "TAG=one",
                'build() {\n  name=$1\n  local TAG="${2:-$TAG}"\n  @BUILD --build-arg TAG=$TAG\n}',
                "build @FIRST",
                "TAG=two",
                "build @NEXT",
                "build @LAST",
            ),
        ),
    ),
    Kind(
        "login-in-context",
        head=(
            "mkdir -p @FIRST/.docker",
            "echo '{}' > @FIRST/.docker/config.json",
            "export DOCKER_CONFIG=$PWD/@FIRST/.docker",
        ),
    ),
    Kind(
        "root-of-image",
        head=("mkdir -p /out",),
        between=(
            ("cp -r /out @NEXT/",),
            ("cp /app/report.xml @NEXT/",),
            ("cat /app/version.txt > @NEXT/v.txt",),
            ("tar cf - -C /out . | tar xf - -C @NEXT",),
            ("ls /out",),
            ("sh /app/install.sh > @NEXT/log.txt || true",),
        ),
    ),
    Kind(
        "layers-left",
        between=(
            ("ls -la /kaniko/0",),
            ("rm -r /kaniko/0",),
            ("rm -rf /kaniko/0",),
            ("test -d /kaniko/0",),
            ("rm -rf /kaniko/cache || true", "rm -rf /kaniko/0 || true"),
            ("find /kaniko -maxdepth 1",),
            ("rm -rf /kaniko/[0-9]*",),
        ),
    ),
    Kind(
        "unknown-folder",
        head=("cd @LAST && npm ci && cd ..",),
        between=(
            ("grep -q sha256 @PREVIOUS.digest",),
            ("cp @PREVIOUS.digest @NEXT/",),
            ("cp version.txt @NEXT/",),
        ),
        digests=True,
    ),
    Kind(
        "job-name",
        rest={"variables": {"WHO": "x-$CI_JOB_NAME"}},
        flag="--label by=$WHO",
    ),
    Kind("job-group-name", flag="--label by=$CI_JOB_GROUP_NAME"),
    Kind(
        "differs-each-time",
        head=("V=$(openssl rand -hex 4)",),
        between=((), ("V=$(shuf -i 1-9 -n 1)",), ("V=$(hostname)",), ("V=$CI_JOB_ID",), ("V=$CI_RUNNER_ID",)),
        flag="--build-arg STAMP=$V",
    ),
    Kind("job-id", flag="--label job=$CI_JOB_ID"),
)
