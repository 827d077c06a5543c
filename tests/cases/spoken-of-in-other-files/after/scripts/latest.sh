#!/bin/sh
# the job build-images leaves it there
glab ci artifact main build-images
