#!/bin/sh
/kaniko/executor --context "$1" --destination "$CI_REGISTRY_IMAGE/$1"
shift
[ $# -eq 0 ] || ./build.sh "$@"
