#!/bin/sh
if [ "$BUILD_BASE" = "true" ]; then
  /kaniko/executor --context base --destination "$CI_REGISTRY_IMAGE/base"
  rm -rf /kaniko/0
fi

/kaniko/executor --context app --destination "$CI_REGISTRY_IMAGE/app" --build-arg BASE="$CI_REGISTRY_IMAGE/base"
