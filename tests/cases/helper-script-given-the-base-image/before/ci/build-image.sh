#!/bin/sh
base=""
if [ $# -gt 2 ]; then
  base="--build-arg BASE=$3:$CI_COMMIT_TAG"
fi
/kaniko/executor \
  --cache \
  ${base} \
  --context "$CI_PROJECT_DIR" \
  --dockerfile "$CI_PROJECT_DIR/docker/Dockerfile.$1" \
  --destination "$2:$CI_COMMIT_TAG"
