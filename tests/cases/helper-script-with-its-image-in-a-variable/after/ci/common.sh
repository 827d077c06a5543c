# What all scripts use.
build() {
  image=$1
  shift
  /kaniko/executor --context "services/$image" --destination "$PREFIX-$image:$CI_COMMIT_REF_SLUG" "$@"
}
