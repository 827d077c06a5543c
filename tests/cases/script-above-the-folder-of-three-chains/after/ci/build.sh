#!/bin/sh
exec /kaniko/executor --context "$PWD" --dockerfile Dockerfile --destination "$CI_REGISTRY_IMAGE/$1"
