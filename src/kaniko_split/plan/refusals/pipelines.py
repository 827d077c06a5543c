"""For which reasons in its pipeline can a job not be split?"""

from __future__ import annotations

from textwrap import dedent

from kaniko_split.plan.refusals.code import RefusalCode

CODES = (
    RefusalCode(
        code="job-name-used",
        summary="the job uses its own name (`CI_JOB_NAME` and the like), which differs in each new job",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - mkdir -p "logs/$CI_JOB_NAME"
                - /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/$CI_JOB_NAME/api"
                - /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/$CI_JOB_NAME/web"
            """),
        why="Image names, cache keys and paths that are made from the name would change with it. A variable that the "
        "pipeline makes from the name is in the environment of each build, whether the script mentions it or not. "
        "A command that only prints the name is no reason: each new job prints its own.",
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
        "job whose artifacts it uses. If a check between two builds is the reason, move it before the first build, or "
        "after the last one.",
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
              tools:
                - /kaniko/executor --context lint --destination $CI_REGISTRY_IMAGE/lint
                - /kaniko/executor --context test --destination $CI_REGISTRY_IMAGE/test

            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script: [!reference [.commands, images], !reference [.commands, tools]]
            """),
        why="Commands that stand once for several jobs are divided where they stand, and each job that takes them over "
        "becomes one per image. Here several such places build several images each, or one holds a loop beside other "
        "commands, is taken over in more than one way, or has what another build of the job needs.",
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
                - wget -q https://example.com/built
            more-images:
              extends: .images
              stage: build
              variables: {NAMES: docs help}
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              variables: {NAMES: api web}
              script: !reference [.images, script]
            """),
        why="Which command belongs to which image depends on the variables and the `before_script` of a job. Each "
        "part of the script is written once, so all jobs that have it must agree; only the words of a loop that is "
        "all that they build, with nothing after it, may differ.",
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
        summary="another job uses this job's script through `!reference`, in a way that cannot be divided too",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            nightly-images: # kaniko-split: ignore
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - !reference [images, script]
            """),
        why="After a split no job holds the whole script. A job that runs all of it, and no other build, becomes one "
        "per image too; a job that stays as it is, or builds more, would run only a part of it, or nothing.",
        by_hand="Split both by hand: a hidden job per image with its part of the script, and for each of "
        "the two jobs one job per image that extends it. If the other job needs only a few of the "
        "commands, write these out there.",
    ),
    RefusalCode(
        code="job-aliased",
        summary="the job has a YAML anchor, and other jobs take its script over by it",
        looks_like=dedent("""\
            images: &images
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            nightly-images:
              <<: *images
              rules: [{if: $CI_PIPELINE_SOURCE == "schedule"}]
            """),
        why="The anchor stands for all keys of the job. A split takes the script out of the job, and a job that merges "
        "the anchor and has no `script` of its own would lose its builds.",
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
        "new jobs. With other parents or jobs in between its keys would not be the same, and a comment above its "
        "`extends` would stand above another key.",
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
        summary="the job's name is made with an input, and the names asked for would be the same for each include",
        looks_like=dedent("""\
            # kaniko-split diff --job-name 'build-{image}'
            images: # is "$[[ inputs.name ]]", in a file with `spec: inputs:`
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
            """),
        why="A file with inputs can be included several times, and each time its job has another name. Jobs whose "
        "names do not hold the input would be called the same each time, and GitLab would merge them. The names that "
        "kaniko-split chooses hold it, those of `--template-name` and `--job-name` must hold it too.",
        by_hand="Run kaniko-split without these options, or give names that hold the input: `--template-name "
        "'.$[[ inputs.name ]]'` and `--job-name '$[[ inputs.name ]]-{image}'`.",
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
        code="single-reference",
        summary="another job names this one in a place that takes only one job",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                - /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web
                - ./ci/write-pipeline.sh
              artifacts: {paths: [deployment.yml]}

            deployment:
              stage: deploy
              trigger: {include: [{artifact: deployment.yml, job: images}]}
            """),
        why="After a split several jobs take the place of this one. `environment:on_stop` and the `job` of "
        "`trigger:include:artifact` each take one name. The latter becomes the new job that runs all commands which "
        "may write the file; here no command is known to write it, no job has all of them, or the script is shared.",
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
        "through `!reference` or an input, or may stand in a file that was not read, it could be left behind, and "
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
)
