#!/bin/sh
exec /kaniko/executor --context "$1" --destination "$CI_REGISTRY_IMAGE/$1"
