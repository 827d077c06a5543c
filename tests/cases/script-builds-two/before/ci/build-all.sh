#!/usr/bin/env bash
# Builds both images.
/kaniko/executor --context ../api --destination "$CI_REGISTRY_IMAGE/api" --cache
/kaniko/executor --context ../web --destination "$CI_REGISTRY_IMAGE/web" --cache
