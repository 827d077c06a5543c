/kaniko/executor -c "$1" -d "$CI_REGISTRY_IMAGE/$1" &
