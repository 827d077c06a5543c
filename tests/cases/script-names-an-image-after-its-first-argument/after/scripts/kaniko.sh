#!/bin/bash
set -euo pipefail
destination=${1:?which image?}
context=${2:-.}
cd "$context"
/kaniko/executor --context . --dockerfile Dockerfile --destination "$destination" ${CACHE:+--cache=true}
