#!/bin/bash
V=${V:1.0.1-dev}
/kaniko/executor --context base --destination $CI_REGISTRY_IMAGE/base:$V
