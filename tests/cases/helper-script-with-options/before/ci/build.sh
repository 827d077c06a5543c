#!/bin/sh
while getopts n: option; do
  case $option in
    n) NAME=$OPTARG ;;
  esac
done
mkdir -p digests
echo "$DOCKER_AUTH" | tee /kaniko/.docker/config.json > /dev/null
/kaniko/executor --context "$NAME" --destination "$CI_REGISTRY_IMAGE/$NAME" --digest-file "digests/$NAME.digest"
cat "digests/$NAME.digest"
