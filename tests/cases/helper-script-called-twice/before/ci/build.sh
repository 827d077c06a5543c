#!/bin/sh
set -eu
name="$1"
/kaniko/executor --context "$CI_PROJECT_DIR/$name" \
  --destination "$CI_REGISTRY_IMAGE/$name:$CI_COMMIT_SHORT_SHA" --cache=true
