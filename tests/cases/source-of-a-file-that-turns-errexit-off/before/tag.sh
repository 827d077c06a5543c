set +e
TAG=2
