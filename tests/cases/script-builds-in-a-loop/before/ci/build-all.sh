#!/bin/bash
set -e

for image in api web; do
  ./ci/build-one.sh "$image"
done
