"""Why can a job not be split, and what can a person do instead?

One entry for each code, in the order of `docs/refusals.md`, which is `all_as_markdown()` word for word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import dedent, fill

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class RefusalCode:
    """One reason for which a job stays as it is.

    Attributes:
        code: The name to look it up by.
        summary: The reason in one sentence without a full stop, to stand after `file:line:column: job: `.
        looks_like: A pipeline in YAML with a job that is refused for this reason.
        why: What would go wrong.
        by_hand: What a person can do.
    """

    code: str
    summary: str
    looks_like: str
    why: str
    by_hand: str


def as_markdown(code: str) -> str:
    """Return the section on `code`.

    Raises:
        KeyError: There is no such code.
    """
    one = REFUSALS[code]
    parts = (
        f"## {one.code}",
        _wrapped(f"{one.summary[0].upper()}{one.summary[1:]}."),
        f"```yaml\n{one.looks_like}```",
        _wrapped(f"**Why it is refused.** {one.why}"),
        _wrapped(f"**By hand.** {one.by_hand}"),
    )
    return "\n\n".join(parts) + "\n"


def all_as_markdown() -> str:
    """Return the whole of `docs/refusals.md`."""
    rows = (f"| [{one.code}](#{one.code}) | {one.summary} |" for one in REFUSALS.values())
    table = "\n".join(("| Code | Reason |", "|---|---|", *rows))
    head = ("# Refusals", *(_wrapped(paragraph) for paragraph in _INTRODUCTION), table)
    return "\n".join(("\n\n".join(head) + "\n", *(as_markdown(code) for code in REFUSALS)))


def _wrapped(prose: str) -> str:
    """Break `prose` into lines, but never inside of what stands between backticks."""
    kept = re.sub(r"`[^`]*`", lambda found: found[0].replace(" ", "\0"), prose)
    lines = fill(kept, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\0", " ")


_INTRODUCTION = (
    (
        "kaniko-split splits a job only where it can prove that every build still runs as it did. Where it "
        "cannot, the job stays as it is, and one line gives the place, the job, the reason and one of the "
        "codes below. `kaniko-split explain CODE` prints the section on one code."
    ),
    (
        "On this page a *build* is one run of `/kaniko/executor`. The *new jobs* are those that a split "
        "would write, and the *template* is the hidden job that they would extend. A job can be refused "
        "for more than one reason, so run kaniko-split again after a change by hand. To leave a job alone "
        "for good, write `# kaniko-split: ignore` at the end of the line with its name."
    ),
    (
        "A job that has to stay in one piece can clean up between its builds. In our tests the next image "
        "was right in every case where the build before it had `--cleanup` and was followed by `rm -rf "
        "/kaniko/[0-9]* /kaniko/stages /kaniko/Dockerfile`. This held for Kaniko 1.24.0 and for the fork "
        "osscontainertools/kaniko at 23 commits after 1.28.3. It relies on folders that the executor uses "
        "internally, and another version may use others."
    ),
)

# What the script does, how the job stands in its pipeline, how the file is written.
_CODES = (
    RefusalCode(
        code="build-in-before-script",
        summary="a build runs in `before_script`, where every new job would run it",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              before_script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
              script:
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="All new jobs share one `before_script`: that of the job, of `default` or of the top level. "
        "Each of them would build that image again, in the same container as its own image.",
        by_hand="Move the build from `before_script` to the start of `script`. Where the `before_script` "
        "comes from `default` or the top level, write a job of its own for that build, because other jobs "
        "run it too.",
    ),
    RefusalCode(
        code="build-in-control-flow",
        summary="several builds stand together in a condition, function, loop or pipe that cannot be divided",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - |
                  if [ -n "$CI_COMMIT_TAG" ]; then
                    /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/api:$CI_COMMIT_TAG"
                    /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/web:$CI_COMMIT_TAG"
                  else
                    /kaniko/executor --context mock --destination "$CI_REGISTRY_IMAGE/mock:latest"
                  fi
            """),
        why="A statement that makes one build goes to its job as a whole, with its conditions and tries. One that "
        "makes several has to be divided. That is possible for a condition that only asks, where each branch builds "
        "the same images, for a loop over known words, and for builds in the background that something waits for; of "
        "other statements a part could run when it did not run before, or its failure could have another effect.",
        by_hand="Write each build as a command by itself, with the condition around it that it needs. A condition on "
        "CI/CD variables can become `rules` of the job. A loop over names can become `parallel:matrix`, which "
        "runs the job once for each of them.",
    ),
    RefusalCode(
        code="turns-depend",
        summary="a build in a loop needs something that an earlier turn of the loop has left",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - number=0
                - |
                  for name in api web; do
                    number=$((number + 1))
                    /kaniko/executor --context "$name" --destination "$CI_REGISTRY_IMAGE/$name:$number"
                  done
            """),
        why="Each turn of the loop becomes a job of its own, which begins anew: a variable, folder or file that an "
        "earlier turn has changed is not there.",
        by_hand="Compute what each turn needs from its own word alone, or before the loop. Write files to a folder "
        "of the turn's own, and go back with `cd -` or `cd ..`, or use `( cd folder && ... )`.",
    ),
    RefusalCode(
        code="dynamic-loop",
        summary="a loop runs a build for each entry of a list that is known only when the job runs",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - |
                  for folder in $(ls -d */); do
                    name="${folder%/}"
                    /kaniko/executor --context "$name" --destination "$CI_REGISTRY_IMAGE/$name"
                  done
            """),
        why="GitLab has to know all jobs when it creates the pipeline. What the loop goes over is known "
        "only later, in the container, so the new jobs cannot be written down.",
        by_hand="If the list seldom changes, write it under `parallel:matrix` and keep one build in the "
        "script. Otherwise let an earlier job write a pipeline with one job per image to a file, keep that "
        "file as an artifact, and start it as a child pipeline with `trigger:include:artifact`.",
    ),
    RefusalCode(
        code="statement-across-items",
        summary="a shell statement begins in one item of the script and ends in another",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - if [ -n "$CI_COMMIT_TAG" ]; then
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
                - fi
            """),
        why="A split gives whole items, or whole statements in an item, to the new jobs. Part of a "
        "statement is no shell script, and a backslash at the end of an item joins it to whatever comes "
        "next.",
        by_hand="Write the whole statement in one item, as a literal block (`- |`). Take away a backslash "
        "at the end of an item.",
    ),
    RefusalCode(
        code="effect-before-builds",
        summary="a command before the first build has an effect outside the job and would run once per image",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - wget -qO- --post-data "text=Building $CI_COMMIT_TAG" "$CHAT_HOOK"
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="What stands before the first build is run by every new job. A message, an upload, a push or a "
        "deployment would then happen once for each image instead of once.",
        by_hand="Move the command to a job of its own in an earlier stage. If the builds must wait for it "
        "and use `needs`, list that job there.",
    ),
    RefusalCode(
        code="effect-in-after-script",
        summary="a command in `after_script` has an effect outside the job and would run once per image",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
              after_script:
                - wget -qO- --post-data "text=Images $CI_JOB_STATUS" "$CHAT_HOOK"
            """),
        why="Every new job has the `after_script`, so the command would run once for each image. GitLab "
        "runs it after a failed script too, so it cannot become the last command of one of the jobs.",
        by_hand="Move the command to a job of its own in a later stage. Give that job `when: always` if it "
        "must run after a failure too, or `when: on_failure` if it must run only then.",
    ),
    RefusalCode(
        code="ends-early",
        summary="a command after the first build can end the script before the later builds or commands run",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - test "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" || exit 0
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="With `exit`, `return` or `exec` the job can stop there and still succeed. In a job of its "
        "own, a later build would no longer be held back by it.",
        by_hand="Write the jobs by hand, and put the condition into the `rules` of those that run only "
        "when it holds. If the condition is known only when the job runs, repeat it at the start of these "
        "jobs.",
    ),
    RefusalCode(
        code="unknown-variables",
        summary="`eval`, `source` or `.` after the first build may change any variable",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/api:$VERSION"
                - . ci/versions.sh
                - /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/web:$VERSION"
            """),
        why="Which variables the later builds get from it cannot be read from the pipeline. Without them, "
        "or with them in the wrong job, an image could be built with other arguments.",
        by_hand="Write the assignments out in the script, such as `VERSION=1.4.2`. If the first build may "
        "have these values too, move the command before it.",
    ),
    RefusalCode(
        code="output-used-later",
        summary="a later build needs a file or value that comes from an earlier build's output",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor -c base -d $CI_REGISTRY_IMAGE/base --digest-file base.digest
                - BASE="$CI_REGISTRY_IMAGE/base@$(cat base.digest)"
                - /kaniko/executor -c app -d $CI_REGISTRY_IMAGE/app --build-arg "BASE=$BASE"
            """),
        why="Each job has a container and a working folder of its own. The file that the first build wrote "
        "would not be there for the second one.",
        by_hand="Write a job for each build. Let the first keep the file with `artifacts:paths`, and list "
        "the first in the `needs` of the second, which then gets the file.",
    ),
    RefusalCode(
        code="output-of-several",
        summary="one command uses what several builds wrote",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api --digest-file api.digest
                - /kaniko/executor -c web -d $CI_REGISTRY_IMAGE/web --digest-file web.digest
                - cat api.digest web.digest > images.txt
              artifacts:
                paths: [images.txt]
            """),
        why="After a split each of these files is in another job. No new job has all of them.",
        by_hand="Write a job for each build that keeps its file with `artifacts:paths`. Move the command "
        "to one more job, with all of them in its `needs`.",
    ),
    RefusalCode(
        code="artifact-of-several",
        summary="several builds share a file that the job keeps as an artifact or in its cache",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor -c api -d $CI_REGISTRY_IMAGE/api --digest-file api.digest
                - echo "api $(cat api.digest)" >> images.txt
                - /kaniko/executor -c web -d $CI_REGISTRY_IMAGE/web --digest-file web.digest
                - echo "web $(cat web.digest)" >> images.txt
              artifacts:
                paths: [images.txt]
            """),
        why="Each new job would keep a file of that name with only its own part in it. Where another job "
        "gets several of them, they overwrite each other and the last one stays.",
        by_hand="Write a job for each build, and give each a file name of its own. If one file with all "
        "parts is wanted, join them in one more job that has the build jobs in its `needs`.",
    ),
    RefusalCode(
        code="value-differs",
        summary="a value that differs each time it is computed, such as a date, is used by several builds",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - TAG=$(date +%Y%m%d-%H%M%S)
                - /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/api:$TAG"
                - /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/web:$TAG"
            """),
        why="Every new job would compute the value for itself. Images that had the same tag or argument "
        "until now would get different ones.",
        by_hand="Use a value that all jobs of a pipeline share, such as `$CI_PIPELINE_IID` or "
        "`$CI_COMMIT_SHORT_SHA`, and `$CI_PIPELINE_CREATED_AT` for a date. Or compute it once in an earlier job, and "
        "hand it on as a variable with `artifacts:reports:dotenv`.",
    ),
    RefusalCode(
        code="job-name-used",
        summary="the job uses `CI_JOB_NAME` or `CI_JOB_NAME_SLUG`, which differs in each new job",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - mkdir -p "logs/$CI_JOB_NAME"
                - /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/$CI_JOB_NAME/api"
                - /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/$CI_JOB_NAME/web"
            """),
        why="The new jobs have names of their own. Image names, cache keys and paths that are made from "
        "the name would change with it.",
        by_hand="Write the name out where it is used, or set it as a variable of your own under "
        "`variables`. Keep `CI_JOB_NAME` only where it is meant to be another name in each job, and then "
        "write the jobs by hand.",
    ),
    RefusalCode(
        code="deploys",
        summary="the job also deploys, creates a release, publishes pages or starts another pipeline",
        looks_like=dedent("""\
            images:
              stage: deploy
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api:stable
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web:stable
              environment:
                name: production
                url: https://shop.example.com
            """),
        why="The keyword (`environment`, `release`, `pages` or `trigger`) would stand in every new job. "
        "GitLab would deploy, release or publish once for each image, and the first time before all images "
        "are there.",
        by_hand="Move the keyword to a job of its own, with a short `script`, that has this job in its "
        "`needs`. If the job only reads variables of the environment, write `action: access` under "
        "`environment`: then it is no deployment.",
    ),
    RefusalCode(
        code="order-not-kept",
        summary="one build has to wait for another one, and here `needs` does not keep that order for certain",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              allow_failure: true
              script:
                - /kaniko/executor --context base --destination $CI_REGISTRY_IMAGE/base
                - /kaniko/executor --context app --destination $CI_REGISTRY_IMAGE/app
                  --build-arg BASE=$CI_REGISTRY_IMAGE/base
            """),
        why="GitLab counts a failed job with `allow_failure` as successful, `when` can start a job after a "
        "failure, and `rules:needs` replaces the job's `needs`. A job with `needs` also gets artifacts "
        "only from the jobs listed there, so all that it uses have to be known, and it does not start "
        "before a manual job among them has run.",
        by_hand="If the second build must not run after a failure of the first, take `allow_failure`, "
        "`when` or `rules:needs` away. If artifacts are the reason, write `needs` in the job, with every "
        "job whose artifacts it uses.",
    ),
    RefusalCode(
        code="too-many-needs",
        summary="a job would list more than 50 jobs in `needs`, and GitLab allows 50",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            report: # t1 to t49 are test jobs
              script: ./report.sh
              needs: [images, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15, t16,
                t17, t18, t19, t20, t21, t22, t23, t24, t25, t26, t27, t28, t29, t30, t31, t32, t33,
                t34, t35, t36, t37, t38, t39, t40, t41, t42, t43, t44, t45, t46, t47, t48, t49]
            """),
        why="A job that waits for this one would have to list all new jobs, and a new job that waits for "
        "another has to list each job whose artifacts it uses. GitLab does not create a pipeline with a job "
        "that needs more jobs than the limit, which is 50 unless an administrator of a self-managed instance "
        "has changed it.",
        by_hand="Put the waiting job into a later stage and take its `needs` away: it then waits for all "
        "jobs of the earlier stages. Or add jobs between them that each need a part of the images, and let "
        "the waiting job need only those.",
    ),
    RefusalCode(
        code="needs-written-twice",
        summary="an entry of the job's `needs` has an anchor, and would have to be written again",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              needs:
                - &first lint
              script:
                - /kaniko/executor -c base -d $CI_REGISTRY_IMAGE/base
                - /kaniko/executor -c app -d $CI_REGISTRY_IMAGE/app --build-arg BASE=$CI_REGISTRY_IMAGE/base

            lint: {stage: build, script: make lint}
            """),
        why="A job whose image is built on another one's gets a `needs` of its own, which repeats the old entries. An "
        "anchor can stand once.",
        by_hand="Take the anchor away, and write the entry out wherever it is used.",
    ),
    RefusalCode(
        code="service-registry",
        summary="an image goes to a registry that is a service of this job and ends with it",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              services:
                - {name: "registry:2", alias: registry}
              script:
                - /kaniko/executor -c base -d registry:5000/base --insecure
                - /kaniko/executor -c app -d $CI_REGISTRY_IMAGE/app --insecure-pull
                  --build-arg BASE=registry:5000/base
            """),
        why="Each job starts services of its own, and they stop when it ends. An image that one new job "
        "pushed there would not be there for the next.",
        by_hand="Push that image to a registry that stays, such as `$CI_REGISTRY_IMAGE`, and take the "
        "service away. If only the second image is wanted, the first can become a stage of the second "
        "one's Dockerfile.",
    ),
    RefusalCode(
        code="script-inherited",
        summary="part of the script stands in another place, and cannot be divided there",
        looks_like=dedent("""\
            .commands:
              images:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - !reference [.commands, images]
                - /kaniko/executor --context docs --destination $CI_REGISTRY_IMAGE/docs
            """),
        why="Commands that stand once for several jobs are divided where they stand, and each job that takes them over "
        "becomes one per image. Here they are only a part of what the job builds, a loop beside other commands, "
        "those of a job that is not hidden, or taken over in more than one way.",
        by_hand="Write all builds in one place: under the `script` of a hidden job that the jobs extend, or in the "
        "job's own `script` if no other job runs them.",
    ),
    RefusalCode(
        code="template-shared",
        summary="another job has the same script and stays as it is",
        looks_like=dedent("""\
            .images:
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            nightly-images: # kaniko-split: ignore
              extends: .images
              stage: build
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - !reference [.images, script]
            """),
        why="The commands stand in one place for both jobs. To divide them there would take them away from the job "
        "that stays.",
        by_hand="See why the other job stays, and change that; or select both. If it is to stay, write its commands "
        "in its own `script`.",
    ),
    RefusalCode(
        code="template-differs",
        summary="the jobs that have the same script would have to divide it in different ways",
        looks_like=dedent("""\
            .images:
              script:
                - for name in $NAMES; do /kaniko/executor -c $name -d $CI_REGISTRY_IMAGE/$name; done
            more-images:
              extends: .images
              stage: build
              variables: {NAMES: docs help}
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              variables: {NAMES: api web}
              script:
                - !reference [.images, script]
            """),
        why="Which command belongs to which image depends on the variables and the `before_script` of a job. Each "
        "part of the script is written once, so all jobs that have it must agree.",
        by_hand="Write the commands in the `script` of the job that is named, so that it is divided by itself.",
    ),
    RefusalCode(
        code="unresolvable",
        summary="what the job extends or refers to cannot be worked out",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              extends: .kaniko # which no file that was read has
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="GitLab would not create this pipeline: a job that is named is nowhere, or names go in a circle. What the "
        "job means is not known.",
        by_hand="Correct the name, or add the `include` of the file that has it, and run kaniko-split again.",
    ),
    RefusalCode(
        code="script-referenced",
        summary="another job uses this job's script through `!reference`, an alias or a merge key",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            nightly-images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              rules: [{if: $CI_PIPELINE_SOURCE == "schedule"}]
              script:
                - !reference [images, script]
            """),
        why="After a split no job holds the whole script. The other job would run only a part of it, or nothing.",
        by_hand="Split both by hand: a hidden job per image with its part of the script, and for each of "
        "the two jobs one job per image that extends it. If the other job needs only a few of the "
        "commands, write these out there.",
    ),
    RefusalCode(
        code="job-aliased",
        summary="the job has a YAML anchor, and other jobs merge or alias it",
        looks_like=dedent("""\
            images: &images
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            warm-cache:
              <<: *images
              image: gcr.io/kaniko-project/warmer:debug
              script: /kaniko/warmer --cache-dir=cache --image=alpine:3.20
            """),
        why="The anchor stands for all keys of the job. A split takes keys out of the job and can add a "
        "`before_script`, and every job that merges the anchor would change with it.",
        by_hand="Write what the jobs have in common in a hidden job, without the script, and let all of "
        "them extend it. Then take the anchor away.",
    ),
    RefusalCode(
        code="job-extended",
        summary="another job extends this one and runs its script, in a way that cannot be divided too",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/api:$TAG"
                - /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/web:$TAG"

            nightly-images:
              extends: [images, .nightly]

            .nightly:
              rules: [{if: $CI_PIPELINE_SOURCE == "schedule"}]
            """),
        why="A job that extends this one and nothing else becomes one per image too, each of which extends one of the "
        "new jobs. With other parents, jobs in between, or an order among the images, its keys would not be the same.",
        by_hand="Move the script to a hidden job that both of them extend, and run kaniko-split again.",
    ),
    RefusalCode(
        code="job-in-several-files",
        summary="the keys of the job stand in several files, which GitLab merges",
        looks_like=dedent("""\
            include:
              - local: ci/images.yml # has a job `images` too, with its image and its rules

            images:
              stage: build
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="GitLab merges jobs of the same name from all included files into one. If only one of the "
        "pieces got new names, the others would be left as a job without a script, or the new jobs without "
        "an image.",
        by_hand="Bring all keys of the job together in one file. Then run kaniko-split again.",
    ),
    RefusalCode(
        code="extends-too-deep",
        summary="the job extends others over eleven levels already, and a template would be one more",
        looks_like=dedent("""\
            .level-10: # extends .level-9, and so on down to .level-1
              tags: [docker]

            images:
              stage: build
              extends: .level-10
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="The new jobs extend the template, which extends what the job did. GitLab follows `extends` over "
        "eleven levels and rejects a pipeline with more.",
        by_hand="Bring two of the levels together, and run kaniko-split again.",
    ),
    RefusalCode(
        code="name-from-inputs",
        summary="the job's name is made with an input, and the new names would be the same for each include",
        looks_like=dedent("""\
            images: # is "$[[ inputs.name ]]", in a file with `spec: inputs:`
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="A file with inputs can be included several times, and each time its job has another name. Jobs whose "
        "names do not hold the input would be called the same each time, and GitLab would merge them.",
        by_hand="Give names that hold the input: `--template-name '.$[[ inputs.name ]]'` and `--job-name "
        "'$[[ inputs.name ]]-{image}'`, or split the job by hand.",
    ),
    RefusalCode(
        code="file-of-two-pipelines",
        summary="a file that would change belongs to another pipeline of the repository as well",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            weekly:
              stage: deploy
              trigger:
                include: ci/weekly.yml # which includes this file again
            """),
        why="Each pipeline has jobs of its own that may extend the job, wait for it or override it. A split that is "
        "right in one of them may be wrong in the other.",
        by_hand="Keep what the two pipelines share in a file without the job, and the job in a file of one of them. "
        "Or split it by hand, and look at both pipelines afterwards.",
    ),
    RefusalCode(
        code="job-may-be-override",
        summary="the job may only override a job of an included file that cannot be read from here",
        looks_like=dedent("""\
            include:
              - project: platform/ci-templates
                file: kaniko.yml

            images:
              stage: build
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="The job has no `image` and no `extends` of its own, so an included file may define the rest "
        "of it under the same name. The new jobs would have other names, and would lose that rest.",
        by_hand="Look at the full configuration in GitLab's pipeline editor. If the job gets keys from the "
        "included file, write these in the job and give it a new name; if not, give the job the `image` "
        "that it runs in.",
    ),
    RefusalCode(
        code="unreadable-script",
        summary="the script is not shell that can be parsed, or one of its items is not text",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - |
                  if [ -d web ]; then
                    /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
                  done
            """),
        why="What the script runs, and where one command ends and the next begins, is not known. GitLab "
        "itself rejects items that are not text, and the shell fails at a syntax error.",
        by_hand="Go to the place in the message and correct it. A command with a colon and a space, such "
        'as `echo "Image: api"`, has to be in single quotes as a whole: without them YAML reads a key and '
        "a value.",
    ),
    RefusalCode(
        code="other-shell",
        summary="the script is for PowerShell, and only scripts for POSIX shells can be divided",
        looks_like=dedent("""\
            images:
              stage: build
              image: $CI_REGISTRY/tools/kaniko-pwsh:7.4
              script:
                - $Tag = $env:CI_COMMIT_SHORT_SHA
                - /kaniko/executor --context api --destination "$env:CI_REGISTRY_IMAGE/api:$Tag"
                - /kaniko/executor --context web --destination "$env:CI_REGISTRY_IMAGE/web:$Tag"
            """),
        why="PowerShell has other rules for variables, quotes and failures. Read as a POSIX shell, the "
        "commands would mean something else.",
        by_hand="Write a hidden job with all keys but the builds, and one job per image that extends it. "
        "Repeat in each job the assignments that its build uses.",
    ),
    RefusalCode(
        code="chain-hides-failure",
        summary="a command in an `&&` chain with a build can fail without ending the job, as commands follow the chain",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - test -f api/Dockerfile && /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="The shell does not stop when a command of a chain fails, unless it is the last of the chain. "
        "The job goes on with the next command and can succeed, while the same chain at the end of a job of its "
        "own would fail that job.",
        by_hand="Where the command is a condition, say so: `if test -f api/Dockerfile; then` and the build. "
        "Otherwise write each command of the chain as an item of its own, without `&&`: a failure then ends the "
        "job, which is usually what is wanted.",
    ),
    RefusalCode(
        code="arguments-without-backslash",
        summary="arguments on lines of their own lack a backslash, so the shell takes them for commands",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - |
                  /kaniko/executor
                    --context api
                    --destination $CI_REGISTRY_IMAGE/api
                  /kaniko/executor
                    --context web
                    --destination $CI_REGISTRY_IMAGE/web
            """),
        why="A literal block (`|`) keeps its line breaks, and to the shell each line is a command. The "
        "executor gets no arguments, and `--context` is taken for the name of a program.",
        by_hand="End every line of a command but the last with a backslash. Or write each command in a "
        "folded block (`>-`) with all lines indented alike: a line that is indented further keeps its line "
        "break.",
    ),
    RefusalCode(
        code="script-in-repository",
        summary="a script of the repository that the job runs makes several builds itself",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - mkdir -p /kaniko/.docker
                - cp "$DOCKER_AUTH_CONFIG_FILE" /kaniko/.docker/config.json
                - ./ci/build-images.sh # runs /kaniko/executor for api/ and for web/
            """),
        why="kaniko-split changes pipeline files only. The builds can go to jobs of their own only when "
        "the script is divided too, and people or other jobs may run it.",
        by_hand="Give the script an argument that says which image to build. Then call it once for each "
        "image in the job, and run kaniko-split again.",
    ),
    RefusalCode(
        code="single-reference",
        summary="another job names this one in a place that takes only one job",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - ./ci/write-deployment.sh > deployment.yml
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
              artifacts: {paths: [deployment.yml]}

            deployment:
              stage: deploy
              trigger: {include: [{artifact: deployment.yml, job: images}]}
            """),
        why="After a split several jobs take the place of this one. `environment:on_stop` and the `job` of "
        "`trigger:include:artifact` each take one name, and which one is meant cannot be known.",
        by_hand="Move what the other job is after, such as the command that writes the artifact, to a job "
        "of its own. Then name that job in the reference.",
    ),
    RefusalCode(
        code="references-unread",
        summary="another job refers to this one in a way that cannot be followed to its end",
        looks_like=dedent("""\
            .needed:
              - &images {job: images, artifacts: false}

            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            deploy:
              stage: deploy
              needs: [*images]
              script: ./deploy.sh
            """),
        why="Every reference to the job has to become one to the new jobs. Where one is aliased, comes "
        "through `!reference` or may stand in a file that was not read, it could be left behind, and "
        "GitLab does not create a pipeline in which a job needs one that is not there.",
        by_hand="Write `needs`, `dependencies` or `extends` out in the job that refers to this one. If the "
        "reference may be in a file of another project, look there first, and then split the job by hand.",
    ),
    RefusalCode(
        code="name-taken",
        summary="the names asked for cannot be given: taken, not allowed, or the same for two images",
        looks_like=dedent("""\
            # kaniko-split diff --job-name 'build-{image}'
            build-api:
              stage: test
              script: make -C api

            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="Each job of a pipeline must have a name of its own, and a few names are reserved. Of two jobs "
        "with one name in a file only one is kept, and jobs with one name in several files become one: a "
        "build would be lost.",
        by_hand="Give another `--template-name` or `--job-name`, with `{image}` in it and with `{job}` if "
        "several jobs are split. Without these options kaniko-split looks for names that are free.",
    ),
    RefusalCode(
        code="anchor-in-script",
        summary="the script holds a YAML anchor that is used elsewhere in the file",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - &login cp "$DOCKER_AUTH_CONFIG_FILE" /kaniko/.docker/config.json
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            docs-image:
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - *login
                - /kaniko/executor --context docs --destination $CI_REGISTRY_IMAGE/docs
            """),
        why="A split moves or copies the commands of the script. An alias must come after its anchor, and "
        "of two anchors with one name it takes the last before it, so the other job could break or run "
        "another command.",
        by_hand="Move the command with the anchor to the `script` of a hidden job. Then use it in both "
        "jobs with `!reference`.",
    ),
    RefusalCode(
        code="flow-layout",
        summary="the job or its script is laid out so that it cannot be cut cleanly, as in brackets with comments",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script: [
                mkdir -p /kaniko/.docker, cp "$DOCKER_AUTH_CONFIG_FILE" /kaniko/.docker/config.json,
                "/kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api", # the API
                "/kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web"]
            """),
        why="kaniko-split moves text as it is written and does not lay it out anew. With several items on "
        "a line, or comments between them, it is not certain which part belongs to which item.",
        by_hand="Write the job and its `script` as blocks, with one `- ` item for each command. Quotes can "
        "stay as they are.",
    ),
    RefusalCode(
        code="rare-line-break",
        summary="the file holds a line break that is neither LF nor CRLF",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - "echo two images:\u2028api and web" # U+2028 stands after the colon
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="YAML takes a single CR, U+0085, U+2028 and U+2029 for line breaks, while most editors and the "
        "shell do not. What is one line to one of them is two to another, so a command or a comment could "
        "be cut in two.",
        by_hand="Replace the character at the place in the message by a space or an ordinary line break. "
        "Such characters usually come with text that was pasted from a chat or a word processor.",
    ),
    RefusalCode(
        code="tab-in-yaml",
        summary="the file has a tab at a place where not all YAML parsers accept one",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - mkdir -p /kaniko/.docker\t# a tab stands before this comment
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="GitLab's parser, libyaml, accepts the tab. kaniko-split reads what it writes with a second "
        "parser too, and that one does not, so the result could not be checked.",
        by_hand="Replace the tab at the place in the message by spaces. It stands outside of any value, so "
        "GitLab reads the file as before.",
    ),
    RefusalCode(
        code="parsers-disagree",
        summary="a second YAML parser does not accept the file, so a change of it could not be checked",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            ...
            ...
            """),
        why="kaniko-split reads what it writes with two parsers, libyaml, as GitLab does, and ruamel.yaml. Where "
        "only one of them accepts the file as it is, nothing can be proved of a change.",
        by_hand="Write the line that the message points at in a plainer way: leave out a second `...`, or put quotes "
        "around a value with unusual characters.",
    ),
)

REFUSALS: dict[str, RefusalCode] = {one.code: one for one in _CODES}
