"""Each judge catches the wrong rewrites that it is there for, and lets the right one pass."""

import fcntl
import json
import os
import textwrap
from dataclasses import asdict
from pathlib import Path

import pytest

from judges.judge import CasePair, Complaint, Verdict, judge_all
from judges.resolver import MissingJudgeError

BEFORE = """
    stages: [build, deploy]

    docker:
      stage: build
      image: {name: "gcr.io/kaniko-project/executor:debug", entrypoint: [""]}
      variables:
        LEVEL: high
      script:
        - mkdir -p /kaniko/.docker
        - echo "{\\"auths\\":{\\"$CI_REGISTRY\\":\\"$CI_REGISTRY_USER\\"}}" > /kaniko/.docker/config.json
        - export STAMP=$(cat version.txt)
        - cd api
        - /kaniko/executor -c . -d $CI_REGISTRY_IMAGE/api:$STAMP --digest-file api.digest
        - crane tag $CI_REGISTRY_IMAGE/api@$(cat api.digest) stable
        - cd ..
        - echo "ui $STAMP" > ui/built.txt
        - /kaniko/executor -c ui -d $CI_REGISTRY_IMAGE/ui:$STAMP
        - echo "UI=$STAMP" >> images.env
      artifacts:
        reports:
          dotenv: images.env

    lint:
      stage: build
      script: make lint

    deploy:
      stage: deploy
      needs: [lint, {job: docker, artifacts: true}]
      script: make deploy
"""

AFTER = """
    stages: [build, deploy]

    .build-image:
      stage: build
      image: {name: "gcr.io/kaniko-project/executor:debug", entrypoint: [""]}
      variables:
        LEVEL: high
      before_script:
        - mkdir -p /kaniko/.docker
        - echo "{\\"auths\\":{\\"$CI_REGISTRY\\":\\"$CI_REGISTRY_USER\\"}}" > /kaniko/.docker/config.json
        - export STAMP=$(cat version.txt)
      artifacts:
        reports:
          dotenv: images.env

    build-api:
      extends: .build-image
      script:
        - cd api
        - /kaniko/executor -c . -d $CI_REGISTRY_IMAGE/api:$STAMP --digest-file api.digest
        - crane tag $CI_REGISTRY_IMAGE/api@$(cat api.digest) stable

    build-ui:
      extends: .build-image
      script:
        - echo "ui $STAMP" > ui/built.txt
        - /kaniko/executor -c ui -d $CI_REGISTRY_IMAGE/ui:$STAMP
        - echo "UI=$STAMP" >> images.env

    lint:
      stage: build
      script: make lint

    deploy:
      stage: deploy
      needs: [lint, {job: build-api, artifacts: true}, {job: build-ui, artifacts: true}]
      script: make deploy
"""

UI = "/kaniko/executor -c ui -d $CI_REGISTRY_IMAGE/ui:$STAMP"
API = "/kaniko/executor -c . -d $CI_REGISTRY_IMAGE/api:$STAMP --digest-file api.digest"
CRANE = "        - crane tag $CI_REGISTRY_IMAGE/api@$(cat api.digest) stable\n"
LATER = "/kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api"
LINT = "    lint:\n      stage: build\n      script: make lint\n"
NEEDS = "{job: build-api, artifacts: true}, {job: build-ui, artifacts: true}"

FINISHED_BEFORE = """
    make:
      stage: build
      script: make
      artifacts: {paths: [dist]}

    images:
      stage: test
      script:
        - NOW=$(date +%s)
        - /kaniko/executor -c ui -d $CI_REGISTRY_IMAGE/ui:$NOW
        - /kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api
        - curl --data "both are there" https://hooks.example.com
"""

FINISHED_AFTER = """
    make:
      stage: build
      script: make
      artifacts: {paths: [dist]}

    .build-image:
      stage: test

    build-ui:
      extends: .build-image
      script:
        - NOW=$(date +%s)
        - /kaniko/executor -c ui -d $CI_REGISTRY_IMAGE/ui:$NOW

    build-api:
      extends: .build-image
      script:
        - /kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api

    images:
      extends: .build-image
      needs: [make, build-ui, build-api]
      script:
        - curl --data "both are there" https://hooks.example.com
"""

# What stands in the right rewrite, what a wrong one has in its stead, which judge is to catch it, and a word
# that it is to say.
WRONG = {
    "a lost prelude line": ("        - mkdir -p /kaniko/.docker\n", "", "replay", "build-api"),
    "a changed login": ("$CI_REGISTRY_USER", "$CI_DEPLOY_USER", "replay", "/kaniko/.docker/config.json"),
    "a lost login": ('- echo "{', '- printf "{', "replay", "/kaniko/.docker/config.json"),
    "a need of one alone": (NEEDS, "{job: build-api, artifacts: true}", "resolver", "needs"),
    "a need of the wrong job": ("{job: build-ui, artifacts: true}", "{job: lint}", "resolver", "needs"),
    "a need with a changed key": (NEEDS, NEEDS.replace("true", "false"), "resolver", "needs"),
    "a need of the job that is gone": (NEEDS, "{job: docker, artifacts: true}", "resolver", "docker"),
    "needs in a circle": ("build-api:\n", "build-api:\n      needs: [build-api]\n", "resolver", "circle"),
    "a build twice in a job": (f"- {UI}", f"- {UI}\n        - {UI}", "replay", "still runs 2 builds"),
    "a build in two jobs": (f"- {UI}", f"- {API}\n        - {UI}", "replay", "not as often"),
    "a lost build": (f"- {UI}\n", "- echo gone\n", "replay", "Build lost"),
    "a changed argument": (f"{UI}\n", f"{UI} --cache=true\n", "replay", "arguments differ"),
    "a changed destination": ("IMAGE/ui:$STAMP", "IMAGE/ui:latest", "replay", "arguments differ"),
    "a changed folder": ("- cd api", "- cd ui", "replay", "folder differ"),
    "a lost export": ("- export STAMP", "- STAMP", "replay", "STAMP"),
    "a lost assignment": ("- export STAMP=$(cat version.txt)", "- echo gone", "replay", "arguments differ"),
    "a lost variable of the job": ("      variables:\n        LEVEL: high\n", "", "resolver", "variables"),
    "a changed variable of the job": ("LEVEL: high", "LEVEL: low", "replay", "LEVEL"),
    "a lost file of the context": (
        '- echo "ui $STAMP" > ui/built.txt',
        "- echo gone",
        "replay",
        "ui/built.txt",
    ),
    "a lost line of a report": ('- echo "UI=$STAMP" >> images.env', "- echo gone", "replay", "dotenv"),
    "a lost key": (
        "      artifacts:\n        reports:\n          dotenv: images.env\n",
        "",
        "resolver",
        "artifacts",
    ),
    "another image": ("executor:debug", "executor:latest", "resolver", "image"),
    "another stage": (
        ".build-image:\n      stage: build",
        ".build-image:\n      stage: deploy",
        "resolver",
        "stage",
    ),
    "an untouched job changed": ("script: make lint", "script: make lint -k", "resolver", "'lint'"),
    "an untouched job lost": (LINT, "", "resolver", "lint"),
    "other stages": ("stages: [build, deploy]", "stages: [build, test, deploy]", "resolver", "stages"),
    "an effect twice": (CRANE, CRANE * 2, "replay", "Effect"),
    "an effect lost": (CRANE, "", "replay", "Effect lost"),
    "an effect with another argument": ("stable\n", "newest\n", "replay", "Effect"),
    "a job that fails": ("- cd api\n", "- cd api\n        - exit 3\n", "replay", "ends with status"),
    "a job without a script": ("script: make lint", "tags: [make]", "resolver", "script"),
    "a key that cannot be read": (
        "script: make lint",
        "script: make lint\n      needs: 7",
        "schema",
        "needs",
    ),
    "broken YAML": ("    lint:\n", "    lint: {\n", "schema", "parsed"),
}
WRONG_FINISHED = {
    "an end that waits for one alone": (
        "[make, build-ui, build-api]",
        "[make, build-ui]",
        "resolver",
        "not need",
    ),
    "an end without artifacts": (
        "[make, build-ui, build-api]",
        "[build-ui, build-api]",
        "resolver",
        "artifacts",
    ),
    "a lost end": (
        '- curl --data "both are there" https://hooks.example.com',
        "- echo gone",
        "replay",
        "Effect lost",
    ),
    "one moment become two": (
        f"- {LATER}\n",
        f"- NOW=$(date +%s)\n        - {LATER}:$NOW\n",
        "replay",
        "differ",
    ),
}

GATED_BEFORE = """
    images:
      stage: build
      script:
        - /kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api
        - curl --data "api is there" https://hooks.example.com
        - trivy image $CI_REGISTRY_IMAGE/api
        - test -s version.txt
        - KANIKO_NO_PUSH=true /kaniko/executor -c ui --target test
        - /kaniko/executor -c ui -d $CI_REGISTRY_IMAGE/ui
        - /kaniko/executor -c ui --target debug -d $CI_REGISTRY_IMAGE/debug --build-arg BASE=$CI_REGISTRY_IMAGE/ui
        - grep -q 1 version.txt
"""

GATED_AFTER = """
    .build-image:
      stage: build

    build-api:
      extends: .build-image
      script:
        - /kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api
        - curl --data "api is there" https://hooks.example.com
        - trivy image $CI_REGISTRY_IMAGE/api
        - test -s version.txt

    build-test:
      extends: .build-image
      needs: [build-api]
      script:
        - KANIKO_NO_PUSH=true /kaniko/executor -c ui --target test

    build-ui:
      extends: .build-image
      needs: [build-api, build-test]
      script:
        - /kaniko/executor -c ui -d $CI_REGISTRY_IMAGE/ui

    build-debug:
      extends: .build-image
      needs: [build-api, build-test, build-ui]
      script:
        - /kaniko/executor -c ui --target debug -d $CI_REGISTRY_IMAGE/debug --build-arg BASE=$CI_REGISTRY_IMAGE/ui
        - grep -q 1 version.txt
"""

SENT = '        - curl --data "api is there" https://hooks.example.com\n'
SCANNED = "        - trivy image $CI_REGISTRY_IMAGE/api\n"
GREPPED = "        - grep -q 1 version.txt\n"

# Only a failure shows what is wrong with these.
WRONG_GATED = {
    "a lost gate": ("[build-api, build-test]", "[]", "project/ui`", True),
    "a gate lost for a test build": ("      needs: [build-api]\n", "", "--target test", True),
    "a test build that stops nothing": (", build-test]", "]", "project/ui`", True),
    "a base that is not waited for": ("[build-api, build-test, build-ui]", "[build-api, build-test]", "BASE=", True),
    "a scan that hides its verdict": (SCANNED, SCANNED.replace("\n", " || true\n"), "trivy image", True),
    "a test that hides its verdict": ("- test -s version.txt", "- test -s version.txt || true", "test -s", True),
    "a last check that hides its verdict": (GREPPED, GREPPED.replace("\n", " || true\n"), "no job does", False),
    "a build that hides its failure": ("IMAGE/ui\n\n", "IMAGE/ui || true\n\n", "no job does", False),
    "a message after the gate": (SENT + SCANNED, SCANNED + SENT, "runs before the split, and not after it", False),
    "a check that stops too much": (
        SCANNED + "        - test -s version.txt\n",
        SCANNED + "        - test -s version.txt\n" + GREPPED,
        "runs before the split, and not after it",
        False,
    ),
}


def write(folder: Path, text: str) -> Path:
    for inside in ("api", "ui"):
        (folder / inside).mkdir(parents=True)
        (folder / inside / "Dockerfile").write_text("FROM scratch\n")
    (folder / "version.txt").write_text("1.2\n")
    (folder / ".gitlab-ci.yml").write_text(textwrap.dedent(text))
    return folder


def replaced(text: str, old: str, new: str) -> str:
    assert old in text, f"the right rewrite no longer has {old!r}"
    return text.replace(old, new)


def all_pairs(folder: Path) -> list[CasePair]:
    texts = {
        "right": (BEFORE, AFTER),
        "right and finished": (FINISHED_BEFORE, FINISHED_AFTER),
        "right and gated": (GATED_BEFORE, GATED_AFTER),
    }
    texts |= {name: (BEFORE, replaced(AFTER, old, new)) for name, (old, new, _, _) in WRONG.items()}
    for name, (old, new, _, _) in WRONG_FINISHED.items():
        texts[name] = (FINISHED_BEFORE, replaced(FINISHED_AFTER, old, new))
    for name, (old, new, _, _) in WRONG_GATED.items():
        texts[name] = (GATED_BEFORE, replaced(GATED_AFTER, old, new))
    texts["one moment become two"] = (
        replaced(FINISHED_BEFORE, f"{LATER}\n", f"{LATER}:$NOW\n"),
        texts["one moment become two"][1],
    )
    pairs = [
        CasePair(name, write(folder / name / "before", before), write(folder / name / "after", after))
        for name, (before, after) in texts.items()
    ]
    touched = CasePair(
        "a file that is no pipeline",
        write(folder / "touched" / "before", BEFORE),
        write(folder / "touched" / "after", BEFORE),
    )
    (folder / "touched" / "after" / "api" / "Dockerfile").write_text("FROM busybox\n")
    return [*pairs, touched]


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """Judge all rewrites at once, and once only, however many processes run the tests."""
    folder = tmp_path_factory.mktemp("rewrites")
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp().parent if parallel else folder
    kept = shared / "verdict.json"
    with (shared / "verdict.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            try:
                found = judge_all(all_pairs(folder))
            except MissingJudgeError as missing:
                if os.environ.get("CI") == "true":
                    raise
                pytest.skip(str(missing))
            kept.write_text(json.dumps(asdict(found)))
    read = json.loads(kept.read_text())
    return Verdict(**(read | {"complaints": tuple(Complaint(**entry) for entry in read["complaints"])}))


def said_of(verdict: Verdict, case: str) -> list[Complaint]:
    return [complaint for complaint in verdict.complaints if complaint.case == case]


@pytest.mark.parametrize("case", ["right", "right and finished", "right and gated"])
def test_the_right_rewrite_passes(verdict: Verdict, case: str) -> None:
    assert said_of(verdict, case) == []


@pytest.mark.parametrize("case", [*WRONG, *WRONG_FINISHED])
def test_a_wrong_rewrite_is_caught(verdict: Verdict, case: str) -> None:
    *_, judge, word = (WRONG | WRONG_FINISHED)[case]
    said = said_of(verdict, case)
    assert any(complaint.judge == judge and word in complaint.sentence for complaint in said), said


@pytest.mark.parametrize("case", WRONG_GATED)
def test_a_lost_gate_is_caught_by_a_failure(verdict: Verdict, case: str) -> None:
    *_, word, is_late = WRONG_GATED[case]
    said = said_of(verdict, case)
    assert said
    assert all(complaint.sentence.startswith("When `") for complaint in said), said
    assert any(word in complaint.sentence for complaint in said), said
    if is_late:
        assert any("does not run before the split, and does after it" in complaint.sentence for complaint in said), said


def test_a_changed_file_that_is_no_pipeline_is_caught(verdict: Verdict) -> None:
    assert [complaint.sentence for complaint in said_of(verdict, "a file that is no pipeline")] == [
        "api/Dockerfile is no pipeline and was changed."
    ]


def test_builds_and_jobs_are_counted(verdict: Verdict) -> None:
    assert verdict.cases == len(WRONG) + len(WRONG_FINISHED) + len(WRONG_GATED) + 4
    assert verdict.failures >= 6
    assert f"{verdict.failures} injected failures" in verdict.figures
    assert verdict.builds >= 2
    assert f"{verdict.jobs} jobs" in verdict.figures


def test_a_judge_that_is_missing_says_what_installs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("judges.resolver.PROGRAM", tmp_path / "absent.js")
    with pytest.raises(MissingJudgeError, match="`npm ci` installs it"):
        judge_all([CasePair("any", write(tmp_path / "any", BEFORE))])


def test_a_broken_case_is_a_complaint(tmp_path: Path, verdict: Verdict) -> None:
    assert verdict.cases  # the judges are installed
    broken = judge_all([CasePair("broken", write(tmp_path / "broken", "    job:\n      needs: [absent]\n"))])
    assert {complaint.judge for complaint in broken.complaints} == {"resolver"}
    excused = CasePair("excused", tmp_path / "broken", rejected_by=frozenset({"resolver"}))
    assert judge_all([excused]).complaints == ()
