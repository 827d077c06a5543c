if [ "$1" = api ]; then
  /kaniko/executor --context api --destination "$CI_REGISTRY_IMAGE/api" --cache=true
elif [ "$1" = web ]; then
  /kaniko/executor --context web --destination "$CI_REGISTRY_IMAGE/web" --cache=true
else
  echo "nothing to build for $1"
fi
