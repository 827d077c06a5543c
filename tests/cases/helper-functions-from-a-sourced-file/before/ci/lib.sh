login() {
  mkdir -p /kaniko/.docker
  echo "$DOCKER_AUTH" > /kaniko/.docker/config.json
}
build() {
  /kaniko/executor --context "$1" --destination "$CI_REGISTRY_IMAGE/$1"
}
