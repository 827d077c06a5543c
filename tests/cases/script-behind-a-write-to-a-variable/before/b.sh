/kaniko/executor --context base --destination $CI_REGISTRY_IMAGE/base
