for c in x a; do
  cp pangolin $c
  /kaniko/executor --context $c --destination $CI_REGISTRY_IMAGE:$c
done
