"""Which statements between two builds stop the second one where something is wrong?"""

from __future__ import annotations

from generator.kinds.kind import FOLDERS, Kind

_FILES = {
    "ok.json": '{"ok": true}\n',
    "ci/check.sh": "#!/bin/sh\ntest -s version.txt\n",
    "ci/smoke.sh": '#!/bin/sh\ncurl -fsS "https://smoke.example.com/$1"\n',
    "ci/policy.py": "print('fine')\n",
    # Of `1.2.3` and a line feed, which is what version.txt holds.
    "sums": "d82f34ae9aa41bc4a0cb529a1ac0898fed09d6b479fb1cc44cb66c34f15ee84d  version.txt\n",
}
_GATES = (
    ("jq -e .ok ok.json",),
    ("jq -e .ok ok.json > /dev/null",),
    ("jq --exit-status .ok ok.json",),
    ("crane validate --remote @IMAGE",),
    ("skopeo inspect docker://@IMAGE",),
    ("trivy image @IMAGE",),
    ("trivy image --exit-code 1 --severity HIGH @IMAGE",),
    ("cosign verify --key k.pub @IMAGE",),
    ("container-structure-test test --image @IMAGE --config test.yaml",),
    ("test -s version.txt",),
    ("test -s version.txt -a -f ok.json",),
    ('[ "$(cat version.txt)" = 1.2.3 ]',),
    ("grep -q 1 version.txt",),
    ("grep 1 version.txt",),
    ("grep -q 1 version.txt || exit 1",),
    ('grep -q 1 version.txt || { echo "no version"; exit 1; }',),
    ("if ! grep -q 1 version.txt; then exit 1; fi",),
    ("if ! grep -q 1 version.txt; then\n  echo bad\n  exit 1\nfi",),
    ("cmp version.txt version.txt",),
    ("diff -q ok.json ok.json",),
    ("awk '/1/{found=1} END{exit !found}' version.txt",),
    (": ${CI_COMMIT_SHA:?missing}",),
    ("V=$(cat version.txt)", "echo ${V:?missing}"),
    ("[[ -s version.txt ]]",),
    ("[[ $(cat version.txt) == 1.* ]]",),
    ("curl -fsS https://health.example.com/",),
    ("curl --fail https://health.example.com/",),
    ("wget -q --spider https://health.example.com/",),
    ("./ci/check.sh",),
    ("sh ci/check.sh",),
    (". ci/check.sh",),
    ("./ci/smoke.sh @PREVIOUS",),
    ("python3 ci/policy.py check",),
    ("npm test",),
    ("npm run lint",),
    ("make check",),
    ("git diff --exit-code",),
    ("helm lint chart",),
    ("sha256sum -c sums",),
    ("hadolint @NEXT/Dockerfile",),
    ("test -f @NEXT/Dockerfile",),
    ("timeout 5 grep -q 1 version.txt",),
    ("! grep -q missing version.txt",),
    ("grep -q 1 version.txt && echo fine",),
    ("echo 1.2.3 | grep -qf version.txt",),
    ("case $(cat version.txt) in\n  1.*) ;;\n  *) exit 1 ;;\nesac",),
    ("conftest test ok.json",),
    ("kubectl wait --for=condition=ready pod/registry",),
    ('test -n "$CI_COMMIT_SHA" || exit 3',),
)

KINDS = (
    Kind("gate", between=_GATES, files=_FILES, bash=True),
    Kind("gate-twice", between=_GATES, files=_FILES, bash=True, places=True),
    Kind(
        "message-before-gate",
        between=tuple(("curl -d built https://hooks.example.com/built", *gate) for gate in _GATES[:20]),
        files=_FILES,
    ),
    Kind(
        "gate-in-loop",
        body=(
            ("for name in @NAMES; do\n  jq -e .ok $name/ok.json\n  @BUILD\ndone",),
            ("for name in @NAMES; do\n  test -f $name/Dockerfile\n  @BUILD\ndone",),
            ("for name in @NAMES; do\n  @BUILD\n  trivy image $CI_REGISTRY_IMAGE/$name\ndone",),
            ("for name in @NAMES; do\n  grep -q FROM $name/Dockerfile || exit 1\n  @BUILD\ndone",),
            ("for name in @NAMES; do\n  @BUILD\n  ./ci/check.sh $name\ndone",),
        ),
        files={**_FILES, **{f"{name}/ok.json": _FILES["ok.json"] for name in FOLDERS}},
    ),
    Kind(
        "status-of-pipe",
        head=("set +o pipefail",),
        around=(("@BUILD | tee /tmp/build.log", "test ${PIPESTATUS[0]} -eq 0"),),
        bash=True,
    ),
    Kind(
        "exit-with-status",
        head=("rc=0",),
        around=(
            ("@BUILD || rc=$?", "[ $rc -eq 0 ] || exit $rc"),
            ("@BUILD || exit $?",),
            ("@BUILD || rc=$?", "if [ $rc -ne 0 ]; then exit $rc; fi"),
        ),
    ),
    Kind(
        "status-at-the-end",
        head=("failed=0",),
        around=(("@BUILD || failed=1",),),
        tail=("exit $failed",),
    ),
    Kind(
        "test-build",
        between=(
            ("export KANIKO_NO_PUSH=true", "/kaniko/executor -c @NEXT --target test", "unset KANIKO_NO_PUSH"),
            ("KANIKO_NO_PUSH=1 /kaniko/executor -c @NEXT --target test",),
            ("/kaniko/executor --no-push -c @NEXT --target test",),
            ("/kaniko/executor --no-push=true --context @NEXT --target test",),
        ),
        more=1,
    ),
    Kind(
        "check-of-base-at-the-end",
        own_flag="--build-arg BASE=@IMAGE",
        between=((),),
        tail=("trivy image $CI_REGISTRY_IMAGE/@FIRST", "echo done"),
    ),
    Kind(
        "guard",
        around=(("[ -d @NEXT ] && @BUILD",), ("test -f @NEXT/Dockerfile && @BUILD",), ("ls && @BUILD",)),
        tail=("echo done",),
    ),
)
