#!/usr/bin/env sh
. "$CI_PROJECT_DIR/ci/common.sh"
build "$IMAGE" "$@"
