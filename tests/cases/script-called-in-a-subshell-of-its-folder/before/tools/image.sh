#!/bin/sh
name=$1
shift
/kaniko/executor --context . --destination "$CI_REGISTRY_IMAGE/$name" "$@"
