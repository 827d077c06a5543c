case "$1" in
  api | all) /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/api" ;;
esac
case "$1" in
  web | all) /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/web" ;;
esac
