#!/bin/sh
echo "$CI_COMMIT_SHA" > version.txt
/kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/api"
