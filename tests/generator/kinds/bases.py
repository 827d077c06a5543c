"""How does a build name the image of another one that it is built on?"""

from __future__ import annotations

from generator.kinds.kind import Kind

_DOCKERFILE = {"@NEXT/Dockerfile": "ARG BASE\nFROM $BASE\nCOPY . /app\n"}

KINDS = (
    Kind("base-by-other-spelling", between=((),), own_flag="--build-arg BASE=@OTHER", files=_DOCKERFILE),
    Kind(
        "base-from-file",
        between=(("B=$(cat base.ref)",), ("read -r B < base.ref",), (". ./base.env",)),
        own_flag="--build-arg BASE=$B",
        files={
            **_DOCKERFILE,
            "base.ref": "registry.example.com/group/project/@PREVIOUS\n",
            "base.env": "B=registry.example.com/group/project/@PREVIOUS\n",
        },
    ),
    Kind(
        "base-by-registry-map",
        between=((),),
        own_flag="--registry-map index.docker.io=$CI_REGISTRY_IMAGE",
        files={"@NEXT/Dockerfile": "FROM @PREVIOUS\nCOPY . /app\n"},
    ),
    Kind(
        "base-in-stage",
        between=((),),
        own_flag="--build-arg FROM=registry.example.com/group/project",
        files={"@NEXT/Dockerfile": "ARG FROM\nFROM scratch\nCOPY --from=$FROM/@PREVIOUS / /base/\n"},
    ),
    Kind(
        "base-of-unknown-destination",
        head=(
            'D="--destination $CI_REGISTRY_IMAGE/base:1"',
            'if [ -n "$CI_COMMIT_TAG" ]; then D="$D --destination $CI_REGISTRY_IMAGE/base:$CI_COMMIT_TAG"; fi',
            "/kaniko/executor --context @FIRST $D",
        ),
        between=((),),
        own_flag="--build-arg BASE=$CI_REGISTRY_IMAGE/base:1",
        files=_DOCKERFILE,
        more=1,
    ),
    Kind(
        "circle",
        head=("mkdir -p tmp",),
        around=(("@BUILD", "echo x > @NEXT/after.txt"),),
        own_flag="--build-arg BASE=@IMAGE",
        between=(("cp @PREVIOUS/after.txt @NEXT/",),),
    ),
)
