set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
cd "$root"
mkdir -p digests
file="$root/digests/$1.digest"
/kaniko/executor --context "$1" --destination "$CI_REGISTRY_IMAGE/$1" --digest-file "$file"
echo "DIGEST_$1=$(cat "$file")" > "$root/digests/$1.env"
