"""For which reasons in how its file is written can a job not be split?"""

from __future__ import annotations

from textwrap import dedent

from kaniko_split.plan.refusals.code import RefusalCode

CODES = (
    RefusalCode(
        code="anchor-in-script",
        summary="a command of the script has a YAML anchor and does not stay in one piece before all of its aliases",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
                - &both |
                  /kaniko/executor --context api --destination $CI_REGISTRY_IMAGE/api
                  /kaniko/executor --context web --destination $CI_REGISTRY_IMAGE/web

            nightly-images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script: [*both]
            """),
        why="A split moves or copies the commands of the script. An item with an anchor can move as a whole; if it is "
        "divided, goes to several jobs or has an alias in the same job, the alias would stand for other commands or "
        "come before its anchor.",
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
        "a line and comments between them, it is not certain which comment belongs to which item. A job in braces, "
        "as in JSON, becomes jobs in braces, but not where there is a comment inside of them or where the new jobs "
        "would need `!reference`.",
        by_hand="Write the job and its `script` as blocks, with one `- ` item for each command. Quotes can "
        "stay as they are.",
    ),
    RefusalCode(
        code="needs-written-twice",
        summary="an entry of the job's `needs` would have to be written again, and cannot be copied as it is written",
        looks_like=dedent("""\
            images:
              stage: build
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              needs:
                - !reference [.checks, needs]
              script:
                - /kaniko/executor -c base -d $CI_REGISTRY_IMAGE/base
                - /kaniko/executor -c app -d $CI_REGISTRY_IMAGE/app --build-arg BASE=$CI_REGISTRY_IMAGE/base

            .checks:
              needs: [lint]

            lint: {stage: build, script: make lint}
            """),
        why="A job whose image is built on another one's gets a `needs` of its own, which repeats the old entries. A "
        "`!reference` among them, an entry with an anchor inside, and one of the parallel jobs of a job that is split "
        "too are not copied.",
        by_hand="Write the entry out wherever it is used, without `!reference` or anchor.",
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
              stage:\tbuild
              image: {name: gcr.io/kaniko-project/executor:debug, entrypoint: [""]}
              script:
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
