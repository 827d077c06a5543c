"""Which statements do something outside, once or more often, or may do so?"""

from __future__ import annotations

from generator.kinds.kind import Kind

_SEND = (
    ("curl -sX POST https://hooks.example.com/x > /dev/null",),
    ("curl -sSd x https://hooks.example.com/x",),
    ("curl -s -F file=@version.txt https://hooks.example.com/x",),
    ("wget --post-data=x -qO- https://hooks.example.com/x",),
    ("git push origin HEAD:refs/tags/built",),
    ("http POST hooks.example.com/x",),
    ("kubectl rollout restart deployment/app",),
    ("helm upgrade --install app chart",),
    ("aws s3 cp version.txt s3://bucket/",),
    ("mail -s built team@example.com < version.txt",),
    ("crane tag @IMAGE stable",),
    ("crane copy @IMAGE mirror.example.com/app",),
    ("echo x | curl -T - https://hooks.example.com/x",),
    ("V=$(curl -s -d x https://hooks.example.com/x)", "echo $V"),
    ("if true; then curl -d x https://hooks.example.com/x; fi",),
    ("curl -d x https://hooks.example.com/x || true",),
    ("curl -d x https://hooks.example.com/x &", "wait"),
)
_FILES = {
    "ci/tell.sh": "#!/bin/sh\ncurl -d told https://hooks.example.com/told\n",
    "ci/lib.sh": "tell() { curl -d told https://hooks.example.com/told; }\n",
}

KINDS = (
    Kind("effect-between", between=_SEND, places=True),
    Kind(
        "effect-in-trap",
        head=("trap ./ci/tell.sh EXIT",),
        between=((), ("trap 'curl -d x https://hooks.example.com/x' EXIT",), ("trap - EXIT",)),
        files=_FILES,
    ),
    Kind(
        "effect-in-script",
        between=(("./ci/tell.sh",), ("sh ci/tell.sh",), (". ci/lib.sh", "tell"), (". ./ci/tell.sh",)),
        files=_FILES,
        places=True,
    ),
    Kind(
        "unknown-program",
        between=(
            ("notify built",),
            ("make publish",),
            ("python3 ci/policy.py",),
            ("release-notes --since v1",),
            ("./gradlew publish",),
            ("npm publish",),
            ("mytool @NEXT",),
            ("bundle exec rake images:done",),
        ),
        files={"ci/policy.py": "print('fine')\n"},
        places=True,
    ),
    Kind("unknown-program-at-the-end", tail=("deploy-all --now", "echo done")),
    Kind(
        "same-name-in-report",
        around=(("@BUILD", "echo LAST=$(cat @NEXT.digest) >> images.env"),),
        keys={"artifacts": {"reports": {"dotenv": "images.env"}}},
        digests=True,
    ),
    Kind(
        "report-and-end",
        around=(
            ("@BUILD", "echo D_$CI_PIPELINE_ID=1 >> images.env"),
            ("@BUILD", "echo @VARIABLE=1 >> images.env"),
            ("@BUILD", "echo @VARIABLE=$CI_PIPELINE_ID >> images.env"),
        ),
        tail=("helm upgrade --install app chart",),
        keys={"artifacts": {"reports": {"dotenv": "images.env"}}},
    ),
    Kind(
        "digests-at-the-end",
        tail=('echo "@FIRST $(cat @FIRST.digest) @LAST $(cat @LAST.digest)"',),
        digests=True,
    ),
)
