#!/bin/sh
/kaniko/executor --context . --dockerfile web/Dockerfile --destination "$CI_REGISTRY_IMAGE/web"
