#!/bin/sh
set -eu
if [ $# -lt 1 ]; then
  echo "usage: $0 api|web" >&2
  exit 2
fi

case "$1" in
  api)
    context=services/api
    dockerfile=Dockerfile
    ;;
  web | ui)
    context=services/web
    dockerfile=Dockerfile.prod
    ;;
  *)
    echo "no such image: $1" >&2
    exit 2
    ;;
esac

/kaniko/executor --context "$context" --dockerfile "$dockerfile" --destination "$CI_REGISTRY_IMAGE/$1" --cache=true
