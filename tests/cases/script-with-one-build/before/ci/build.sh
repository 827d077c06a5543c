#!/bin/sh
/kaniko/executor version
/kaniko/executor --context . --destination "$CI_REGISTRY_IMAGE"
