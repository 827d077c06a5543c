#!/bin/sh
mkdir -p /kaniko/.docker
echo "{\"auths\": {\"$CI_REGISTRY\": {\"auth\": \"$AUTH\"}}}" > /kaniko/.docker/config.json
/kaniko/executor --context "$1" --destination "$CI_REGISTRY_IMAGE/$1:${2:-$CI_COMMIT_SHORT_SHA}"
