#!/bin/sh
/kaniko/executor --context "../$1" --destination "$CI_REGISTRY_IMAGE/$1" --cache=true
