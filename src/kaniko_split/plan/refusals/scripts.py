"""For which reasons in its script can a job not be split?"""

from __future__ import annotations

from textwrap import dedent

from kaniko_split.plan.refusals.code import RefusalCode

CODES = (
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
        code="build-in-after-script",
        summary="a build runs in `after_script`, in the container of the builds before it",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
              after_script:
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="GitLab runs `after_script` in the same container, also after a failed or cancelled `script`, and "
        "ignores its failure. A job of its own for that build would wait for the first one, and would fail the "
        "pipeline.",
        by_hand="Move the build to the end of `script`. If it must run after a failure too, write a job of its "
        "own for it, with `when: always`, and with `allow_failure: true` if its failure must stay without effect.",
    ),
    RefusalCode(
        code="run-steps",
        summary="the builds are steps of `run`, which share one container",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              run:
                - name: api
                  script: /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - name: web
                  script: /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="Steps hand outputs and environment variables to the steps after them. kaniko-split divides "
        "`script` only, and does not know what a step needs of the others.",
        by_hand="Write a hidden job with all keys but `run`, and one job per image that extends it. Give each "
        "the steps that its image needs. A job with plain commands alone can use `script`, and kaniko-split "
        "can divide that.",
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
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api &&
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="GitLab's runner prints each item before it runs it, so a command stands between the two parts. In the "
        "body of a condition, loop or group that changes nothing, and such a statement is divided. In a chain, a "
        "condition, a `case` or a quoted text it changes what the statement does, and a backslash at the end of an "
        "item joins it to whatever comes next.",
        by_hand="Write the whole statement in one item, as a literal block (`- |`). Take away a backslash "
        "at the end of an item.",
    ),
    RefusalCode(
        code="chain-hides-failure",
        summary="a command in an `&&` chain with a build can fail without ending the job, as commands follow the chain",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api &&
                  /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
                - kubectl rollout restart deploy/app
            """),
        why="The shell does not stop when a command of a chain fails, unless it is the last of the chain. "
        "The job goes on with the next command and can succeed, while the same command in a job of its own would "
        "fail that job, and whatever waits for it would not run.",
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
        code="effect-before-builds",
        summary="a command before several builds has an effect outside the job and would run once per image",
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
        summary="`eval`, `source` or `.` runs code that cannot be read, and it has no place in one job alone",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/api:$VERSION"
                - . ci/versions.sh
                - /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/web:$VERSION"
                - /kaniko/executor --context docs --destination "$CI_REGISTRY_IMAGE/docs:$VERSION"
            """),
        why="The code may change any variable, end the script and act outside of the job. Only one job may run "
        "it, with all that comes after it and all that it may have seen. Here several jobs would need it, or its "
        "job would lack what came before it.",
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
        by_hand="If the file is a program, or a login such as `/kaniko/.docker/config.json`, write it in "
        "`before_script`, so that every job does: an artifact would publish the login. For any other file, write a "
        "job for each build. Let the first keep the file with `artifacts:paths`, and list the first in the `needs` of "
        "the second, which then gets the file.",
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
        why="After a split each of these files is in another job. No new job has all of them. A command that does "
        "nothing but print them is divided, and each job prints its own part.",
        by_hand="Write a job for each build that keeps its file with `artifacts:paths`. Move the command "
        "to one more job, with all of them in its `needs`. Where the message says that nobody can say what the "
        "command reads, describe its program under `[programs]` in `.kaniko-split.toml`.",
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
        "gets several of them, they overwrite each other and the last one stays. Commands that write the same "
        "file in each of these jobs are no reason.",
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
        "a value. Where the job writes or changes a script that builds, write the builds into the job itself, or keep "
        "the script in the repository.",
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
)
